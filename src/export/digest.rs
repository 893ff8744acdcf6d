//! Outputs by their bytes: what tells later whether a file is the one that was written.

use super::Written;
use crate::spelling::hex;
use sha2::{Digest as _, Sha256};

/// A complete output: its bytes, and what they hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digested {
    /// The format's id; with `.zst` behind it where it is packed.
    pub format: String,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
    /// Its length in bytes.
    pub length: u64,
    /// Records in it.
    pub records: u64,
    /// Packets in these.
    pub packets: u64,
    /// Wire bytes of these packets.
    pub wire_bytes: u64,
}

/// A digest while its output grows.
#[derive(Default)]
pub(super) struct Digest {
    hash: Sha256,
    length: u64,
    holds: Written,
}

impl Digest {
    /// Begins one where it is wanted: it takes its time.
    pub(super) fn wanted(wanted: bool) -> Option<Self> {
        wanted.then(Self::default)
    }

    /// These bytes were written.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
        self.length += bytes.len() as u64;
    }

    /// These records were among them.
    pub(super) fn count(&mut self, records: &Written) {
        self.holds += *records;
    }

    /// The output is complete.
    pub(super) fn complete(self, format: &str) -> Digested {
        Digested {
            format: format.to_owned(),
            sha256: hex(&self.hash.finalize()),
            length: self.length,
            records: self.holds.records,
            packets: self.holds.packets,
            wire_bytes: self.holds.wire_bytes,
        }
    }
}
