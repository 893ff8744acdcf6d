//! What a check of a ledger found.

use serde::Serialize;

/// The outcome of a check, as far as it came.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Verification {
    /// The ledger's name: the first line of its checkpoints.
    pub origin: String,
    /// Entries that were read.
    pub entries: u64,
    /// Of these, how many are under a signature that holds.
    pub signed: u64,
    /// The tree's root over all entries, in base64 as in checkpoints.
    pub root: String,
    /// The key that signed, as a C2SP verifier key.
    pub key: String,
    /// What is wrong, the first bad index first; nothing, if all holds.
    pub findings: Vec<Finding>,
}

impl Verification {
    /// Whether nothing is wrong.
    #[must_use]
    pub const fn holds(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The entry, where it is one.
    pub index: Option<u64>,
    /// What is wrong with it, in one line.
    pub what: String,
}
