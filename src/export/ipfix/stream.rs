//! What messages over a network have in common: where they go, their books and their digest.

use crate::export::digest::Digest;
use crate::export::{Digested, Error, Figures, Opening, Written};
use std::io;

/// What was sent.
pub(super) struct Stream {
    /// Where to, for messages.
    pub(super) target: String,
    pub(super) figures: Figures,
    digest: Option<Digest>,
    /// How it is called in the ledger.
    format: String,
}

impl Stream {
    pub(super) fn new(opening: &Opening, transport: &str) -> Self {
        Self {
            target: opening.target.to_string(),
            figures: Figures::default(),
            digest: Digest::wanted(opening.digest),
            format: format!("{}+{transport}", opening.format.id()),
        }
    }

    /// How something that was tried with the collector failed.
    pub(super) fn failed(&self, what: &'static str, source: io::Error) -> Error {
        Error::Collector {
            what,
            target: self.target.clone(),
            source,
        }
    }

    /// A message went out.
    pub(super) fn sent(&mut self, message: &[u8], holds: &Written) {
        self.figures.failing = false;
        self.figures.written += *holds;
        self.figures.bytes += message.len() as u64;
        if let Some(digest) = &mut self.digest {
            digest.add(message);
            digest.count(holds);
        }
    }

    /// A message did not.
    pub(super) fn lost(&mut self, holds: &Written) {
        self.figures.failing = true;
        self.figures.lost += *holds;
    }

    /// A message went out that nobody took.
    pub(super) fn take_back(&mut self, holds: &Written) {
        let written = &mut self.figures.written;
        written.records = written.records.saturating_sub(holds.records);
        written.packets = written.packets.saturating_sub(holds.packets);
        written.bytes = written.bytes.saturating_sub(holds.bytes);
        written.wire_bytes = written.wire_bytes.saturating_sub(holds.wire_bytes);
        written.answered = written.answered.saturating_sub(holds.answered);
        written.one_way = written.one_way.saturating_sub(holds.one_way);
        self.lost(holds);
    }

    /// The end. No error is left to tell.
    pub(super) fn finish(self) -> (Figures, Vec<Digested>, Option<Error>) {
        let digest = self.digest.map(|digest| digest.complete(&self.format));
        (self.figures, digest.into_iter().collect(), None)
    }
}

/// What a message of tests holds.
#[cfg(test)]
pub(super) const ONE: Written = Written {
    records: 1,
    packets: 2,
    bytes: 3,
    wire_bytes: 4,
    answered: 0,
    one_way: 1,
    closed: false,
};
