//! One lane and its sockets, one on each interface, on a thread of its own. It shares nothing with the
//! others but the table.

use super::bookkeeper::{Cut, Cuts, Notes};
use super::clock::now;
use super::lengths::Lengths;
use super::packet_time::PacketTime;
use super::queue::Outlet;
use super::renewal::{Renewal, Renewals};
use super::stop::{Budget, Stop};
use crate::flow::{Ended, Held, Paths};
use crate::lane::Lane;
use crate::ledger::Event;
use crate::metrics::{Board, Delivered, LaneFigures, Lost};
use crate::source::{Drops, LiveError, LiveHandle};
use crate::tally::{Count, Tally};
use crate::time::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Frames of one interface between two looks at the others and at the clock.
const READ: usize = 8_192;

/// Frames in one reading from which more are left to gather before the next, if they came in about the
/// time that is left to those. *Measured*: below, it is fewer wake-ups to wait for each block of the ring.
const MANY: usize = 1_024;

/// Between two takings of records and readings of counters.
const TICK: Duration = Duration::from_secs(1);

/// After the end was asked for, how long the queue may stay full before the last records are shed.
const PATIENCE: Duration = Duration::from_secs(6);

/// What lanes are told, and what they tell.
pub(super) struct Shared {
    pub stop: Stop,
    pub budget: Budget,
    pub renewals: Renewals,
    /// Counts up, by lane, as long as it goes on.
    pub beats: Vec<AtomicU64>,
    pub board: Arc<Board>,
    pub lengths: Lengths,
    pub cuts: Cuts,
    /// If a ledger is kept.
    pub notes: Option<Notes>,
}

/// A lane that captures.
pub(super) struct Worker<'a> {
    number: usize,
    shared: &'a Shared,
    /// One for each interface, in their order.
    handles: Vec<LiveHandle>,
    gathering: Duration,
    frames: Vec<Count>,
    drops: Vec<Drops>,
    lane: Lane,
    outlet: Outlet,
    moment: PacketTime,
    renewals: u64,
    recalled: Held,
    clock_steps: u64,
    /// The interval of the ledger that goes on, and what was told of those before.
    cut: u64,
    told: Told,
    begun: Instant,
    waited: Duration,
    /// Reused for every taking of records.
    ended: Vec<Ended>,
}

/// What the ledger knows of a lane: sums.
#[derive(Default)]
struct Told {
    kernel_dropped: u64,
    shed: Held,
    recalled: Held,
}

/// What a lane did.
pub(super) struct Worked {
    /// Kept open until every lane has stopped: the kernel gives the frames of a socket that is closed to
    /// the others.
    #[expect(dead_code, reason = "kept for its `Drop`")]
    pub handles: Vec<LiveHandle>,
    /// By interface.
    pub frames: Vec<Count>,
    /// By interface.
    pub drops: Vec<Drops>,
    pub tally: Tally,
    /// Records that the queue took.
    pub sent: Held,
    /// Records that it did not.
    pub shed: Held,
    pub recalled: Held,
    pub evicted: u64,
    pub clock_steps: u64,
    /// Why it ended, unless it was asked to: at which interface, and how.
    pub trouble: Option<(usize, LiveError)>,
}

impl<'a> Worker<'a> {
    pub(super) fn new(
        number: usize,
        handles: Vec<LiveHandle>,
        lane: Lane,
        outlet: Outlet,
        shared: &'a Shared,
    ) -> Self {
        Self {
            number,
            shared,
            frames: vec![Count::default(); handles.len()],
            drops: vec![Drops::default(); handles.len()],
            gathering: handles
                .iter()
                .map(LiveHandle::gathering)
                .min()
                .unwrap_or_default(),
            handles,
            lane,
            outlet,
            moment: PacketTime::new(),
            renewals: 0,
            recalled: Held::default(),
            clock_steps: 0,
            cut: 0,
            told: Told::default(),
            begun: now(),
            waited: Duration::ZERO,
            ended: Vec::new(),
        }
    }

    /// The paths that the records of this lane name.
    pub(super) fn paths(&mut self) -> Paths {
        self.lane.flows().paths()
    }

    /// Captures until the end is asked for or nothing can be read any more, then reads what was
    /// captured until then, and ends every flow.
    pub(super) fn run(mut self) -> Worked {
        self.begun = now();
        let mut trouble = self.capture().err();
        self.shared.stop.ask();
        let patience = now() + PATIENCE;
        if let Err(error) = self.drain() {
            trouble.get_or_insert(error);
        }
        self.publish();
        self.tell(self.cut);
        let Self {
            handles,
            frames,
            drops,
            lane,
            mut outlet,
            recalled,
            clock_steps,
            mut ended,
            ..
        } = self;
        let (flows, tally) = lane.finish();
        let end = flows.clock();
        let (totals, _, live) = flows.end(&mut ended);
        outlet.hand_over(&mut ended, end, Some(patience));
        let mut open = live.iter();
        loop {
            ended.extend(open.by_ref().take(super::queue::BATCH));
            if ended.is_empty() {
                break;
            }
            outlet.hand_over(&mut ended, end, Some(patience));
        }
        let (sent, shed) = outlet.counts();
        Worked {
            handles,
            frames,
            drops,
            tally,
            sent,
            shed,
            recalled,
            evicted: totals.evicted,
            clock_steps,
            trouble,
        }
    }

    fn capture(&mut self) -> Result<(), (usize, LiveError)> {
        let mut tick = now() + TICK;
        let mut read_at = now();
        while !self.shared.stop.is_asked() {
            if let Some(beats) = self.shared.beats.get(self.number) {
                beats.fetch_add(1, Ordering::Relaxed);
            }
            if let Some(renewal) = self.shared.renewals.newer_than(&mut self.renewals) {
                self.renew(renewal);
            }
            if let Some(number) = self.shared.cuts.newer_than(self.cut) {
                // More than one only if this thread did not get a processor for so long.
                while self.cut < number {
                    self.tell(self.cut);
                    self.cut += 1;
                }
            }
            let most = self.read_all()?;
            if self.shared.budget.is_spent() {
                return Ok(());
            }
            let at = now();
            let gathers = most >= MANY && at < read_at + self.gathering * 3 / 2;
            if most > 0 {
                read_at = at;
            }
            let late = at >= tick;
            if late {
                tick = now() + TICK;
                self.tick()?;
            }
            if late || most == READ {
                self.take_records();
            }
            if most < READ {
                let begun = now();
                if gathers {
                    thread::sleep(self.gathering);
                } else {
                    LiveHandle::wait(&self.handles, LiveHandle::LATENCY)
                        .map_err(|error| (0, error))?;
                }
                self.waited += begun.elapsed();
            }
        }
        Ok(())
    }

    /// From the next frame on by another table. What ended by the one before leaves first.
    fn renew(&mut self, renewal: Renewal) {
        let Renewal { table, policy } = renewal;
        self.recalled += self.lane.renew(Arc::clone(&table), policy);
        self.take_records();
        self.outlet.renew(table);
        self.shared.renewals.took(self.renewals);
    }

    /// Tells the ledger what this lane did in the interval that it was in.
    fn tell(&mut self, number: u64) {
        let Some(notes) = &self.shared.notes else {
            return;
        };
        // What an interface drops by itself, each lane's handle counts alike: the first one tells.
        let by_itself = self.drops.iter().map(|drops| drops.interface);
        let by_itself: u64 = by_itself.filter(|_| self.number == 0).sum();
        let by_kernel: u64 = self.drops.iter().map(|drops| drops.kernel).sum();
        let (_, shed) = self.outlet.counts();
        let now = Told {
            kernel_dropped: by_kernel + by_itself,
            shed,
            recalled: self.recalled,
        };
        let before = std::mem::replace(&mut self.told, now);
        let cut = Cut {
            counts: self.lane.counts_since_cut(),
            kernel_dropped: self.told.kernel_dropped - before.kernel_dropped,
            shed: self.told.shed.since(before.shed),
            recalled: self.told.recalled.since(before.recalled),
        };
        notes.cut(number, cut);
    }

    /// Once in a while: counters that wrap, and time where no frame moves it.
    fn tick(&mut self) -> Result<(), (usize, LiveError)> {
        for (at, handle) in self.handles.iter_mut().enumerate() {
            let drops = handle.drops().map_err(|error| (at, error))?;
            if let Some(slot) = self.drops.get_mut(at) {
                *slot = drops;
            }
        }
        if let Some(nanos) = self.moment.was_set_back() {
            self.clock_steps += 1;
            // Of one clock, which all lanes have.
            if let (Some(notes), 0) = (&self.shared.notes, self.number) {
                notes.event(Event::ClockStep { nanos });
            }
            self.lane.flows().restart_clock();
        }
        // Flows end early that would end the same, and no record depends on it.
        let moment = self.moment.quiet();
        let flows = self.lane.flows();
        if moment > flows.clock() {
            flows.advance(moment);
        }
        self.publish();
        Ok(())
    }

    /// Shows what was done so far. The tally and the frames are of the same moment.
    fn publish(&mut self) {
        let counts = self.frames.iter().zip(&self.drops);
        let interfaces = counts.map(|(frames, drops)| Delivered {
            frames: *frames,
            kernel_dropped: drops.kernel,
            interface_dropped: drops.interface,
        });
        let (_, shed) = self.outlet.counts();
        let tally = self.lane.tally().clone();
        let flows = self.lane.flows();
        let figures = LaneFigures {
            tally,
            interfaces: interfaces.collect(),
            busy: self.begun.elapsed().saturating_sub(self.waited),
            flows_open: flows.live() as u64,
            flows_capacity: flows.settings().max_flows as u64,
            evicted: flows.totals().evicted,
            recalled: self.recalled.records,
            recalled_packets: self.recalled.packets,
            shed: Lost {
                records: shed.records,
                packets: shed.packets,
            },
            last_packet: self.moment.latest(),
        };
        self.shared.board.publish_lane(self.number, figures);
    }

    fn take_records(&mut self) {
        let flows = self.lane.flows();
        flows.take_ended(&mut self.ended);
        let end = flows.clock();
        self.outlet.hand_over(&mut self.ended, end, None);
    }

    /// Lets nothing more in, and reads what is in the rings. It ends: no more can come.
    fn drain(&mut self) -> Result<(), (usize, LiveError)> {
        let refused = self.handles.iter().map(LiveHandle::refuse_more);
        // All of them, whatever becomes of the first.
        let refused: Vec<Result<(), LiveError>> = refused.collect();
        let is_open = refused.iter().any(Result::is_err);
        // The last block of a ring is handed over by then.
        let quiet: Instant = now() + 2 * LiveHandle::LATENCY;
        let mut result = Ok(());
        loop {
            // What was captured before an interface went away can still be read.
            let read = self.read_all().unwrap_or_else(|error| {
                result = Err(error);
                0
            });
            let at = now();
            if read == 0 && at >= quiet || is_open && at >= quiet + PATIENCE {
                break;
            }
            if read == 0 {
                thread::sleep(LiveHandle::LATENCY / 5);
            }
        }
        for (handle, drops) in self.handles.iter_mut().zip(&mut self.drops) {
            *drops = handle.drops().unwrap_or(*drops);
        }
        let refused = refused.into_iter().enumerate();
        let refused = refused.filter_map(|(at, result)| result.err().map(|error| (at, error)));
        refused.into_iter().next().map_or(result, Err)
    }

    /// Takes what is there down the road, an interface at a time; the most frames of one of them.
    fn read_all(&mut self) -> Result<usize, (usize, LiveError)> {
        let mut most = 0;
        let mut result = Ok(());
        for at in 0..self.handles.len() {
            match self.read(at) {
                Ok(read) => most = most.max(read),
                // The others are read all the same: this may be the last time.
                Err(error) => result = result.and(Err((at, error))),
            }
        }
        result.map(|()| most)
    }

    fn read(&mut self, at: usize) -> Result<usize, LiveError> {
        let budget = &self.shared.budget;
        // A frame beyond the limit stays where it is.
        let granted = budget.take(READ);
        let (Some(handle), Some(count), true) = (
            self.handles.get_mut(at),
            self.frames.get_mut(at),
            granted > 0,
        ) else {
            return Ok(0);
        };
        let mut latest = Timestamp::ZERO;
        let mut longest = 0;
        let lane = &mut self.lane;
        let read = handle.read(granted, |frame| {
            count.packets += 1;
            count.bytes += u64::from(frame.wire_len);
            latest = latest.max(frame.seen);
            longest = longest.max(frame.wire_len);
            lane.feed(frame);
        });
        self.shared.lengths.saw(at, longest);
        budget.give_back(granted - *read.as_ref().unwrap_or(&0));
        if latest > Timestamp::ZERO {
            self.moment.saw(latest);
        }
        read
    }
}
