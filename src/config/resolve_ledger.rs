//! What section `[ledger]` means.

use super::Ledger;
use super::error::Error;
use super::layer::LedgerLayer;
use super::resolve::From;

/// The longest interval, in seconds: a day.
const LONGEST: u64 = 86_400;

impl From<'_> {
    /// Resolves the section.
    pub(super) fn ledger(self, layer: LedgerLayer, default: Ledger) -> Result<Ledger, Error> {
        let LedgerLayer {
            folder,
            interval,
            key,
        } = layer;
        let named = |given: &super::Given<String>| !given.value.is_empty();
        Ok(Ledger {
            folder: match folder.filter(named) {
                Some(given) => Some(self.path(&given)?),
                None => default.folder,
            },
            interval_secs: self.number(
                interval,
                "interval",
                1..=LONGEST,
                " seconds",
                default.interval_secs,
            )?,
            key: match key.filter(named) {
                Some(given) => Some(self.path(&given)?),
                None => default.key,
            },
        })
    }
}
