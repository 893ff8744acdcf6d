//! SIGHUP: the configuration, the lists, the authorisations and the geo databases are read again; all of it
//! serves, or none.

use super::renewal::Renewal;
use crate::config::Config;
use crate::export::Terms;
use crate::geo::Table;
use crate::pipeline::{Authorities, Failure, FailureKind, geo_settings, terms};
use std::path::Path;
use std::sync::Arc;

/// How the settings are read again, from where they were read before.
pub struct Reread<'a> {
    /// Their file, if they come from one.
    pub file: Option<&'a Path>,
    /// Reads it, and puts over it what was typed.
    pub load: &'a dyn Fn() -> Result<Config, Failure>,
}

/// The settings in force, and how they are read again.
pub(super) struct Settings<'a> {
    pub config: Config,
    pub table: Arc<Table>,
    pub authorities: Authorities,
    /// Under what is recorded.
    pub terms: Arc<Terms>,
    pub reread: &'a Reread<'a>,
}

/// What a reload found.
pub(super) enum Found {
    /// The same as before, byte for byte.
    Nothing,
    /// Something else to judge by.
    New(Box<Renewal>),
}

impl<'a> Settings<'a> {
    pub(super) fn new(
        config: &Config,
        table: &Arc<Table>,
        authorities: Authorities,
        terms: Arc<Terms>,
        reread: &'a Reread<'a>,
    ) -> Self {
        Self {
            config: config.clone(),
            table: Arc::clone(table),
            authorities,
            terms,
            reread,
        }
    }

    /// Reads, builds and verifies everything beside what is in force, and keeps it. After an error the
    /// old settings are still in force.
    ///
    /// # Errors
    /// What is wrong, or what cannot be changed while a sensor runs.
    pub(super) fn reload(&mut self) -> Result<Found, Failure> {
        let config = (self.reread.load)()?;
        if let Some(key) = fixed_key_that_differs(&self.config, &config) {
            return Err(Failure::new(
                FailureKind::Configuration,
                format!("`{key}` cannot change while the sensor runs"),
                "reload",
                "restart it to change that; [geo], [gate] and [authorisation] can change",
            ));
        }
        let mut authorities = Authorities::load(&config, &config.capture.interfaces)?;
        let table = Table::build(&geo_settings(&config))
            .map_err(|error| Failure::line(FailureKind::Configuration, error.to_string()))?;
        // The age from which it is too old decides no place and is not in the digest.
        let same = table.digest() == self.table.digest()
            && authorities.are_as(&self.authorities)
            && config.geo.max_age == self.config.geo.max_age;
        // Pseudonyms are others under other authorisations, and only then is their key read again.
        let other = authorities.joined_ids() != self.terms.authorisation;
        let terms = other.then(|| terms(&config, &authorities)).transpose()?;
        self.config = config;
        if same {
            return Ok(Found::Nothing);
        }
        authorities.go_on_counting(&self.authorities);
        self.authorities = authorities;
        self.table = Arc::new(table);
        if let Some(terms) = terms {
            self.terms = Arc::new(terms);
        }
        Ok(Found::New(Box::new(Renewal {
            table: Arc::clone(&self.table),
            policy: self.authorities.policy(&self.table),
            terms: Arc::clone(&self.terms),
        })))
    }
}

/// The first section or key that differs and is built into the running sensor.
fn fixed_key_that_differs(old: &Config, new: &Config) -> Option<&'static str> {
    // Full patterns, without `..`: a setting that is forgotten here does not compile.
    let Config {
        sensor,
        state,
        profile,
        geo: _,
        authorisation: _,
        authorisations: _,
        flow,
        export,
        ledger,
        retention,
        pseudonym,
        replay: _,
        capture,
        metrics,
    } = old;
    let differs = [
        (*sensor != new.sensor, "sensor"),
        (*state != new.state, "state"),
        (*profile != new.profile, "profile"),
        (*flow != new.flow, "[flow]"),
        (*export != new.export, "[export]"),
        (*ledger != new.ledger, "[ledger]"),
        (*retention != new.retention, "[retention]"),
        (*pseudonym != new.pseudonym, "[pseudonym]"),
        (*capture != new.capture, "[capture]"),
        (*metrics != new.metrics, "[metrics]"),
    ];
    let first = differs.into_iter().find(|(differs, _)| *differs);
    first.map(|(_, key)| key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_into_a_running_sensor_cannot_change() {
        let old = Config::default();
        let mut new = old.clone();
        new.geo.max_age = crate::config::MaxAge::Never;
        new.authorisation.foreign_domestic = false;
        new.replay.lanes = 7;
        assert_eq!(fixed_key_that_differs(&old, &new), None);
        new.capture.snaplen = 1_500;
        assert_eq!(fixed_key_that_differs(&old, &new), Some("[capture]"));
        new.sensor = "other".to_owned();
        assert_eq!(fixed_key_that_differs(&old, &new), Some("sensor"));
    }

    #[cfg(feature = "embedded-geo")]
    fn default_settings<'a>(reread: &'a Reread<'a>) -> Settings<'a> {
        let config = Config::default();
        Settings {
            table: Arc::new(Table::build(&geo_settings(&config)).unwrap()),
            authorities: Authorities::load(&config, &[]).unwrap(),
            terms: Arc::default(),
            config,
            reread,
        }
    }

    #[test]
    #[cfg(feature = "embedded-geo")]
    fn a_reload_finds_nothing_something_or_an_error_and_keeps_the_old_on_that() {
        let list = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(list.path(), "192.0.2.0/24\n").unwrap();
        let reread = || {
            let mut config = Config::default();
            config.geo.domestic_lists = vec![list.path().to_owned()];
            Ok(config)
        };
        let reread = Reread {
            file: None,
            load: &reread,
        };
        let mut settings = default_settings(&reread);
        let before = *settings.table.digest();
        assert!(matches!(settings.reload(), Ok(Found::New(_))));
        let after = *settings.table.digest();
        assert_ne!(before, after);
        assert!(matches!(settings.reload(), Ok(Found::Nothing)));
        std::fs::write(list.path(), "192.0.2.0/24\n198.51.100.300/32\n").unwrap();
        let Err(error) = settings.reload() else {
            panic!("took a broken list");
        };
        assert_eq!(error.kind(), FailureKind::Configuration);
        assert_eq!(*settings.table.digest(), after);
        std::fs::write(list.path(), "198.51.100.0/24\n").unwrap();
        assert!(matches!(settings.reload(), Ok(Found::New(_))));
    }

    #[test]
    #[cfg(feature = "embedded-geo")]
    fn other_authorisations_are_other_terms() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/authorisation/signed");
        let keys = std::fs::read_to_string(folder.join("keys.txt")).unwrap();
        let reread = || {
            let mut config = Config::default();
            config.authorisations.files = vec![folder.join("example.toml")];
            config.authorisations.keys = keys.lines().map(|key| key.parse().unwrap()).collect();
            config.authorisations.threshold = 2;
            Ok(config)
        };
        let reread = Reread {
            file: None,
            load: &reread,
        };
        let mut settings = default_settings(&reread);
        let Ok(Found::New(renewal)) = settings.reload() else {
            panic!("found nothing new");
        };
        assert_eq!(renewal.terms.authorisation, "example-2026-1");
        assert_eq!(settings.terms.authorisation, "example-2026-1");
    }
}
