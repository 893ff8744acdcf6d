//! Records, counted, and what they hold: for books in which each of them is in one place.

use super::ended::Ended;
use std::ops::AddAssign;

/// Records, and the packets in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Held {
    /// Records.
    pub records: u64,
    /// Packets in them.
    pub packets: u64,
    /// Wire bytes of these.
    pub wire_bytes: u64,
}

impl Held {
    /// What these records hold.
    #[must_use]
    pub fn of(records: &[Ended]) -> Self {
        let mut held = Self::default();
        for ended in records {
            held.count(ended);
        }
        held
    }

    /// What it holds more than it held before.
    #[must_use]
    pub const fn since(self, before: Self) -> Self {
        Self {
            records: self.records - before.records,
            packets: self.packets - before.packets,
            wire_bytes: self.wire_bytes - before.wire_bytes,
        }
    }

    /// One more.
    pub fn count(&mut self, ended: &Ended) {
        self.records += 1;
        self.packets += ended.packets();
        self.wire_bytes += ended.wire_bytes();
    }
}

impl AddAssign for Held {
    fn add_assign(&mut self, other: Self) {
        let Self {
            records,
            packets,
            wire_bytes,
        } = other;
        self.records += records;
        self.packets += packets;
        self.wire_bytes += wire_bytes;
    }
}
