//! What the sections about records mean: how long they are kept, and what stands for addresses in them.

use super::error::Error;
use super::layer::{PseudonymLayer, RetentionLayer};
use super::resolve::From;
use super::{Pseudonym, Retention};
use crate::export::PseudonymMode;

/// A hundred years.
const DAYS: u64 = 36_500;

impl From<'_> {
    pub(super) fn retention(
        self,
        layer: RetentionLayer,
        default: Retention,
    ) -> Result<Retention, Error> {
        let RetentionLayer { days } = layer;
        let default = u64::from(default.days);
        let days = self.number(days, "days", 0..=DAYS, " days", default)?;
        Ok(Retention { days: days as u32 })
    }

    pub(super) fn pseudonym(
        self,
        layer: PseudonymLayer,
        default: &Pseudonym,
    ) -> Result<Pseudonym, Error> {
        let PseudonymLayer { mode, key } = layer;
        let key = key.filter(|given| !given.value.is_empty());
        let path = key.as_ref().map(|given| self.path(given)).transpose()?;
        let resolved = match &mode {
            None => default.mode,
            Some(given) => self.choice(
                given,
                "mode",
                &[
                    PseudonymMode::None,
                    PseudonymMode::Deterministic,
                    PseudonymMode::Prefix,
                ],
                PseudonymMode::id,
            )?,
        };
        match (&mode, &key) {
            (Some(given), None) if resolved != PseudonymMode::None => Err(self.forbid(
                &given.origin,
                "pseudonyms need a key",
                "name its file as `key` in [pseudonym]",
            )),
            // Somebody meant to have pseudonyms.
            (None, Some(given)) => Err(self.forbid(
                &given.origin,
                "a key without a mode",
                "choose a `mode` in [pseudonym]",
            )),
            _ => Ok(Pseudonym {
                mode: resolved,
                key: path,
            }),
        }
    }
}

impl Pseudonym {
    /// Whether the profile `statutory` may run with this: it writes no address of an end at home.
    ///
    /// # Errors
    /// Where addresses would be written as they are.
    pub fn suits_statutory(&self) -> Result<(), Error> {
        match self.mode {
            PseudonymMode::Deterministic | PseudonymMode::Prefix => Ok(()),
            PseudonymMode::None => Err(Error::new(
                "the profile statutory writes no address of an end at home",
                "[pseudonym]".to_owned(),
                "choose a `mode` and name a `key` there",
            )),
        }
    }
}
