//! What may pass: the classes of `[gate]`, and section `[authorisation]`.

use super::Authorisations;
use super::error::Error;
use super::given::{Given, Origin};
use super::keys::nearest;
use super::layer::AuthorisationLayer;
use super::resolve::From;
use crate::authorisation::{BadKey, Key};
use crate::gate::{Authorisation, Class};

impl From<'_> {
    /// The classes of `[gate] authorize`.
    pub(super) fn authorisation(
        self,
        given: Given<Vec<Given<String>>>,
    ) -> Result<Authorisation, Error> {
        let mut authorisation = Authorisation::NONE;
        for class in given.value {
            match class.value.as_str() {
                "foreign_foreign" => authorisation.foreign_foreign = true,
                "foreign_domestic" => authorisation.foreign_domestic = true,
                "domestic_foreign" => authorisation.domestic_foreign = true,
                "domestic_domestic" => {
                    return Err(self.forbid(
                        &class.origin,
                        "domestic_domestic can never be authorised",
                        "remove it: traffic between two ends at home is excluded whatever the settings",
                    ));
                }
                "foreign_undetermined" | "undetermined_foreign" => {
                    return Err(self.refuse(
                        &class.origin,
                        format!("`{}` is not authorised by itself", class.value),
                        "authorise every class it could be: foreign_foreign and the one with home",
                    ));
                }
                other => {
                    let known = [
                        Class::ForeignForeign.id(),
                        Class::ForeignDomestic.id(),
                        Class::DomesticForeign.id(),
                    ];
                    let hint = nearest(other, known).map_or_else(
                        || format!("known: {}", known.join(", ")),
                        |near| format!("did you mean `{near}`?"),
                    );
                    return Err(self.refuse(
                        &class.origin,
                        format!("unknown class `{other}`"),
                        hint,
                    ));
                }
            }
        }
        Ok(authorisation)
    }

    /// Resolves the section. What the files say is read when a run begins.
    pub(super) fn authorisations(
        self,
        layer: AuthorisationLayer,
        default: &Authorisations,
    ) -> Result<Authorisations, Error> {
        let AuthorisationLayer {
            files,
            keys,
            threshold,
        } = layer;
        let place = files.as_ref().map(|given| given.origin.clone());
        let files = self.paths(files)?;
        let mut found: Vec<Key> = Vec::new();
        for given in keys.map(|given| given.value).unwrap_or_default() {
            let key: Key = given.value.parse().map_err(|bad: BadKey| {
                self.refuse(
                    &given.origin,
                    format!("`{}` is no key", given.value),
                    bad.hint(),
                )
            })?;
            if found.iter().any(|other| other.is_same_as(&key)) {
                return Err(self.refuse(
                    &given.origin,
                    format!("key {} stands twice", key.id()),
                    "list it once: one key counts once",
                ));
            }
            found.push(key);
        }
        let threshold_place = threshold.as_ref().map(|given| given.origin.clone());
        let threshold =
            self.number(threshold, "threshold", 1..=32, "", default.threshold as u64)? as usize;
        // Of the last one that was given: defaults contradict nothing.
        let origin = threshold_place
            .or(place)
            .unwrap_or(Origin::Flag("defaults"));
        if !files.is_empty() && found.len() < threshold {
            return Err(self.forbid(
                &origin,
                format!(
                    "too few keys are listed, {} where {threshold} must sign",
                    found.len()
                ),
                "list the public keys in `keys` of [authorisation]",
            ));
        }
        Ok(Authorisations {
            files,
            keys: found,
            threshold,
        })
    }
}
