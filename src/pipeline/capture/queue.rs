//! From lanes to the writer: a queue of fixed length. Capture never waits for it.

use super::clock::now;
use crate::flow::Ended;
use crate::time::Timestamp;
use crossbeam_channel::{Receiver, SendTimeoutError, Sender, TrySendError, bounded};
use std::time::Instant;

/// Records in a batch at most.
pub(super) const BATCH: usize = 4_096;

/// Batches that wait at most: about 40 MB. *Guessed*: ten seconds of 26 000 ended flows a second.
const LENGTH: usize = 64;

/// Records that ended in one lane.
pub(super) struct Batch {
    /// The number of the lane.
    pub lane: usize,
    /// At most [`BATCH`].
    pub records: Vec<Ended>,
    /// How far the packet clock of the lane had come.
    pub end: Timestamp,
}

/// Records that were not written, and what they held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Shed {
    pub records: u64,
    pub packets: u64,
    pub wire_bytes: u64,
}

impl Shed {
    /// What a batch holds.
    pub(super) fn of(records: &[Ended]) -> Self {
        let mut shed = Self::default();
        for ended in records {
            shed.records += 1;
            shed.packets += ended.packets();
            shed.wire_bytes += ended.wire_bytes();
        }
        shed
    }
}

impl std::ops::AddAssign for Shed {
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

/// The end of the queue that a lane holds.
#[derive(Clone)]
pub(super) struct Outlet {
    lane: usize,
    queue: Sender<Batch>,
    shed: Shed,
}

/// The queue, and a function that makes the lanes' ends of it.
pub(super) fn queue() -> (impl Fn(usize) -> Outlet, Receiver<Batch>) {
    let (sender, receiver) = bounded(LENGTH);
    let outlet = move |lane| Outlet {
        lane,
        queue: sender.clone(),
        shed: Shed::default(),
    };
    (outlet, receiver)
}

impl Outlet {
    /// Hands over records, and leaves the vector empty. Where the queue is full until `patience` is
    /// over (nothing: at once), they are counted as shed.
    pub(super) fn hand_over(
        &mut self,
        records: &mut Vec<Ended>,
        end: Timestamp,
        patience: Option<Instant>,
    ) {
        while !records.is_empty() {
            let rest = records.split_off(records.len().min(BATCH));
            let batch = Batch {
                lane: self.lane,
                records: std::mem::replace(records, rest),
                end,
            };
            let refused = match patience {
                None => self
                    .queue
                    .try_send(batch)
                    .err()
                    .map(TrySendError::into_inner),
                Some(until) => {
                    let sent = self.queue.send_deadline(batch, until.max(now()));
                    sent.err().map(SendTimeoutError::into_inner)
                }
            };
            if let Some(batch) = refused {
                self.shed += Shed::of(&batch.records);
            }
        }
    }

    /// What was shed so far.
    pub(super) const fn shed(&self) -> Shed {
        self.shed
    }
}
