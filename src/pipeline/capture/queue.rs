//! From lanes to the writer: a queue of fixed length. Capture never waits for it.

use super::clock::now;
use crate::export::Terms;
use crate::flow::{Ended, Held};
use crate::geo::Table;
use crate::time::Timestamp;
use crossbeam_channel::{Receiver, SendTimeoutError, Sender, TrySendError, bounded};
use std::sync::Arc;
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
    /// What they hold.
    pub holds: Held,
    /// How far the packet clock of the lane had come.
    pub end: Timestamp,
    /// What their ends were located by.
    pub table: Arc<Table>,
    /// Under what they were collected.
    pub terms: Arc<Terms>,
}

/// The end of the queue that a lane holds.
#[derive(Clone)]
pub(super) struct Outlet {
    lane: usize,
    queue: Sender<Batch>,
    table: Arc<Table>,
    terms: Arc<Terms>,
    sent: Held,
    shed: Held,
}

/// The queue, and a function that makes the lanes' ends of it.
pub(super) fn queue(
    table: &Arc<Table>,
    terms: &Arc<Terms>,
) -> (impl Fn(usize) -> Outlet + use<>, Receiver<Batch>) {
    let (sender, receiver) = bounded(LENGTH);
    let (table, terms) = (Arc::clone(table), Arc::clone(terms));
    let outlet = move |lane| Outlet {
        lane,
        queue: sender.clone(),
        table: Arc::clone(&table),
        terms: Arc::clone(&terms),
        sent: Held::default(),
        shed: Held::default(),
    };
    (outlet, receiver)
}

impl Outlet {
    /// What is handed over from now on was located by this table, and collected under these terms.
    pub(super) fn renew(&mut self, table: Arc<Table>, terms: Arc<Terms>) {
        self.table = table;
        self.terms = terms;
    }

    /// Hands over records, and leaves the vector empty. Where the queue is full until `patience` is
    /// over (nothing: at once), they are counted as shed.
    pub(super) fn hand_over(
        &mut self,
        records: &mut Vec<Ended>,
        end: Timestamp,
        patience: Option<Instant>,
    ) {
        // In batches of their own size: what waits in the queue holds no more memory than it needs.
        let mut rest = records.drain(..);
        loop {
            let batch: Vec<Ended> = rest.by_ref().take(BATCH).collect();
            if batch.is_empty() {
                return;
            }
            let holds = Held::of(&batch);
            let batch = Batch {
                lane: self.lane,
                records: batch,
                holds,
                end,
                table: Arc::clone(&self.table),
                terms: Arc::clone(&self.terms),
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
            if refused.is_some() {
                self.shed += holds;
            } else {
                self.sent += holds;
            }
        }
    }

    /// What the queue took, and what was shed.
    pub(super) const fn counts(&self) -> (Held, Held) {
        (self.sent, self.shed)
    }
}
