//! Keeps the ledger of a live run, on a thread of its own: capture never waits for it.
//!
//! Control says where an interval ends; each lane says what it counted until it saw that, at most one wait
//! of its own later. An interval is written when every lane has. Without its ledger a sensor collects
//! nothing: where it cannot be written, the run is asked to end.

use super::clock::wall;
use super::stop::Stop;
use crate::flow::Held;
use crate::ledger::{Drop as Lost, DropCause, Event, Recall, Stop as Stopped};
use crate::pipeline::entries;
use crate::pipeline::keeper::Keeper;
use crate::pipeline::{Failure, FailureKind};
use crate::tally::Counts;
use crate::time::Timestamp;
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// How long the last entries may take to be written.
const COMPLETION: Duration = Duration::from_secs(3);

/// What a lane did in an interval.
#[derive(Default)]
pub(super) struct Cut {
    pub counts: Counts,
    pub kernel_dropped: u64,
    pub shed: Held,
    pub recalled: Held,
}

enum Note {
    /// An interval of this number ended; so much had been lost at the output by then.
    Boundary(u64, Timestamp, Held),
    Cut(u64, Cut),
    Event(Timestamp, Box<Event>),
    End(Timestamp, Box<Stopped>),
}

/// Where everyone says what the ledger should know.
#[derive(Clone)]
pub(super) struct Notes(Sender<Note>);

impl Notes {
    /// Something happened.
    pub(super) fn event(&self, event: Event) {
        self.send(Note::Event(wall(), Box::new(event)));
    }

    /// A lane's part of the interval of this number.
    pub(super) fn cut(&self, number: u64, cut: Cut) {
        self.send(Note::Cut(number, cut));
    }

    fn send(&self, note: Note) {
        // The other end is there until the run ends.
        let _ = self.0.send(note);
    }
}

/// The number of the interval that goes on, for lanes to look at.
#[derive(Default)]
pub(super) struct Cuts(AtomicU64);

impl Cuts {
    /// The next interval begins.
    pub(super) fn next(&self, notes: &Notes, lost: Held) {
        let number = self.0.fetch_add(1, Ordering::AcqRel);
        notes.send(Note::Boundary(number, wall(), lost));
    }

    /// The number, if it is not this one.
    #[inline]
    pub(super) fn newer_than(&self, number: u64) -> Option<u64> {
        let now = self.0.load(Ordering::Acquire);
        (now != number).then_some(now)
    }
}

/// The ledger of a run that goes on.
pub(super) struct Bookkeeper {
    pub notes: Notes,
    done: Receiver<Result<(), Failure>>,
}

impl Bookkeeper {
    /// Starts it. `from` is when the first interval begins.
    pub(super) fn start(keeper: Keeper, lanes: usize, from: Timestamp, stop: Stop) -> Self {
        let (send, notes) = unbounded();
        let (give, done) = bounded(1);
        let mut working = Working {
            keeper,
            lanes,
            from,
            pending: BTreeMap::new(),
            lost: Held::default(),
            dropped: 0,
            told: (0, 0),
        };
        // Not joined: what it waits for may never come.
        thread::spawn(move || {
            let result = working.run(&notes);
            if result.is_err() {
                stop.ask();
            }
            let _ = give.send(result);
            // Nobody waits for room here, and nobody finds the other end gone.
            while notes.recv().is_ok() {}
        });
        Self {
            notes: Notes(send),
            done,
        }
    }

    /// The run is over: the last files, the last interval, and the sums.
    ///
    /// # Errors
    /// What could not be written, now or before.
    pub(super) fn end(self, exports: Vec<Event>, stopped: Stopped) -> Result<(), Failure> {
        let Self { notes, done } = self;
        exports.into_iter().for_each(|event| notes.event(event));
        notes.send(Note::End(wall(), Box::new(stopped)));
        done.recv_timeout(COMPLETION).unwrap_or_else(|_| {
            Err(Failure::new(
                FailureKind::Output,
                "the ledger was not written to its end",
                "its disk does not answer",
                "check it; the next run notes that this one broke off",
            ))
        })
    }
}

/// What lanes did in one interval.
#[derive(Default)]
struct Pending {
    sum: Cut,
    lanes: usize,
    end: Option<(Timestamp, Held)>,
}

struct Working {
    keeper: Keeper,
    lanes: usize,
    from: Timestamp,
    pending: BTreeMap<u64, Pending>,
    /// At the output, so far.
    lost: Held,
    /// What entries say so far of what was dropped, and of records and packets that were lost.
    dropped: u64,
    told: (u64, u64),
}

impl Working {
    fn run(&mut self, notes: &Receiver<Note>) -> Result<(), Failure> {
        while let Ok(note) = notes.recv() {
            match note {
                Note::Boundary(number, at, lost) => {
                    self.pending.entry(number).or_default().end = Some((at, lost));
                }
                Note::Cut(number, cut) => self.add(number, cut),
                Note::Event(at, event) => {
                    self.keeper.note(Some(at), *event)?;
                    self.keeper.commit()?;
                }
                Note::End(at, stopped) => return self.finish(at, *stopped),
            }
            while let Some(first) = self.pending.first_entry()
                && first.get().lanes >= self.lanes
                && let Some((at, lost)) = first.get().end
            {
                let sum = first.remove().sum;
                self.write(at, sum, lost)?;
                self.keeper.enter_purges(at)?;
                self.keeper.commit()?;
            }
        }
        Ok(())
    }

    fn add(&mut self, number: u64, cut: Cut) {
        let Cut {
            counts,
            kernel_dropped,
            shed,
            recalled,
        } = cut;
        let pending = self.pending.entry(number).or_default();
        pending.lanes += 1;
        pending.sum.counts += &counts;
        pending.sum.kernel_dropped += kernel_dropped;
        pending.sum.shed += shed;
        pending.sum.recalled += recalled;
    }

    /// An interval, and what was lost or recalled in it.
    fn write(&mut self, to: Timestamp, sum: Cut, lost: Held) -> Result<(), Failure> {
        let Cut {
            counts,
            kernel_dropped,
            shed,
            recalled,
        } = sum;
        // A clock that was set back makes an interval of no length, never one that overlaps.
        let to = to.max(self.from);
        let from = std::mem::replace(&mut self.from, to);
        let interval = entries::interval(from.nanos(), to.nanos(), &counts, kernel_dropped);
        self.keeper.note(Some(to), interval)?;
        if recalled.records > 0 {
            let recall = Recall {
                records: recalled.records,
                packets: recalled.packets,
                bytes: recalled.wire_bytes,
            };
            self.keeper.note(Some(to), Event::Recall(recall))?;
        }
        self.dropped += kernel_dropped;
        let before = std::mem::replace(&mut self.lost, lost);
        let records = shed.records + lost.records.saturating_sub(before.records);
        let packets = shed.packets + lost.packets.saturating_sub(before.packets);
        self.lose(to, records, packets)
    }

    fn lose(&mut self, at: Timestamp, records: u64, packets: u64) -> Result<(), Failure> {
        if records > 0 {
            self.told.0 += records;
            self.told.1 += packets;
            let lost = Lost {
                cause: DropCause::Output,
                packets,
                records,
            };
            self.keeper.note(Some(at), Event::Drop(lost))?;
        }
        Ok(())
    }

    /// What lanes counted since the last boundary that they saw, and the sums.
    fn finish(&mut self, at: Timestamp, stopped: Stopped) -> Result<(), Failure> {
        let (_, mut last) = self.pending.pop_last().unwrap_or_default();
        while let Some((_, pending)) = self.pending.pop_first() {
            let (to, lost) = pending.end.unwrap_or((at, self.lost));
            self.write(to, pending.sum, lost)?;
        }
        // Counters were read once more since, and nothing is waited for any more: the rest is the last
        // interval's.
        let totals = &stopped.totals;
        last.sum.kernel_dropped = totals.kernel_dropped.saturating_sub(self.dropped);
        self.write(at, last.sum, self.lost)?;
        let records = totals.lost_records.saturating_sub(self.told.0);
        let packets = totals.lost.packets.saturating_sub(self.told.1);
        self.lose(at, records, packets)?;
        self.keeper.enter_purges(at)?;
        self.keeper.note(Some(at), Event::Stop(stopped))?;
        self.keeper.commit()
    }
}
