//! What a check of a ledger found.

use serde::Serialize;
use std::collections::BTreeMap;

/// The outcome of a check, as far as it came.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Verification {
    /// The ledger's name: the first line of its checkpoints.
    pub origin: String,
    /// Entries that were read.
    pub entries: u64,
    /// Of these, how many are under a signature that holds.
    pub signed: u64,
    /// Entries that are under none, by kind: nobody's word, and counted nowhere. They are being written, or were
    /// when the process was killed; others are a finding.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub unsigned: BTreeMap<&'static str, u64>,
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

/// Findings as they come.
#[derive(Debug, Default)]
pub(super) struct Findings {
    list: Vec<Finding>,
    /// Those that were not kept.
    more: u64,
}

/// As many as anybody reads.
const MOST: usize = 1000;

impl Findings {
    /// About an entry.
    pub(super) fn add(&mut self, index: u64, what: String) {
        self.push(Some(index), what);
    }

    /// About the whole.
    pub(super) fn add_whole(&mut self, what: String) {
        self.push(None, what);
    }

    fn push(&mut self, index: Option<u64>, what: String) {
        if self.list.len() < MOST {
            self.list.push(Finding { index, what });
        } else {
            self.more += 1;
        }
    }

    /// In the order of the entries; what is about the whole comes last.
    pub(super) fn sorted(mut self) -> Vec<Finding> {
        self.list
            .sort_by_key(|finding| finding.index.unwrap_or(u64::MAX));
        if self.more > 0 {
            let what = format!("further findings that are not listed: {}", self.more);
            self.list.push(Finding { index: None, what });
        }
        self.list
    }
}
