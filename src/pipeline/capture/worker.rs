//! One lane and its socket, on a thread of its own. It shares nothing with the others but the table.

use super::clock::{now, wall};
use super::queue::{Held, Outlet};
use super::stop::{Budget, Stop};
use crate::flow::{Ended, Paths};
use crate::lane::Lane;
use crate::source::{Drops, LiveError, LiveHandle};
use crate::tally::{Count, Tally};
use crate::time::{NANOS_PER_SEC, Timestamp};
use std::thread;
use std::time::{Duration, Instant};

/// Frames between two looks at the clock.
const READ: usize = 8_192;

/// Between two takings of records and readings of counters.
const TICK: Duration = Duration::from_secs(1);

/// On a quiet wire packet time goes on this far behind the wall clock: what the kernel has not handed
/// over yet is never older. *Guessed*: twenty times [`LiveHandle::LATENCY`].
const BEHIND: u64 = NANOS_PER_SEC;

/// After the end was asked for, how long the queue may stay full before the last records are shed.
const PATIENCE: Duration = Duration::from_secs(6);

/// A lane that captures.
pub(super) struct Worker<'a> {
    handle: LiveHandle,
    lane: Lane,
    outlet: Outlet,
    stop: &'a Stop,
    budget: &'a Budget,
    frames: Count,
    drops: Drops,
    /// No frame that is still to come is much older.
    moment: Timestamp,
    /// Reused for every taking of records.
    ended: Vec<Ended>,
}

/// What a lane did.
pub(super) struct Worked {
    /// Kept open until every lane has stopped: the kernel gives the flows of a socket that is closed to
    /// the others.
    #[expect(dead_code, reason = "kept for its `Drop`")]
    pub handle: LiveHandle,
    pub frames: Count,
    pub tally: Tally,
    /// Records that the queue took.
    pub sent: Held,
    /// Records that it did not.
    pub shed: Held,
    pub evicted: u64,
    pub drops: Drops,
    /// Why it ended, unless it was asked to.
    pub trouble: Option<LiveError>,
}

impl<'a> Worker<'a> {
    pub(super) fn new(
        handle: LiveHandle,
        lane: Lane,
        outlet: Outlet,
        stop: &'a Stop,
        budget: &'a Budget,
    ) -> Self {
        Self {
            handle,
            lane,
            outlet,
            stop,
            budget,
            frames: Count::default(),
            drops: Drops::default(),
            moment: Timestamp::ZERO,
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
        let mut trouble = self.capture().err();
        self.stop.ask();
        let patience = now() + PATIENCE;
        if let Err(error) = self.drain() {
            trouble.get_or_insert(error);
        }
        let Self {
            handle,
            lane,
            mut outlet,
            frames,
            drops,
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
            handle,
            frames,
            tally,
            sent,
            shed,
            evicted: totals.evicted,
            drops,
            trouble,
        }
    }

    fn capture(&mut self) -> Result<(), LiveError> {
        let mut tick = now() + TICK;
        while !self.stop.is_asked() {
            let before = wall();
            let granted = self.budget.take(READ);
            let read = self.read(granted)?;
            self.budget.give_back(granted - read);
            if self.budget.is_spent() {
                return Ok(());
            }
            if read == 0 {
                let quiet = before.nanos().saturating_sub(BEHIND);
                self.moment = self.moment.max(Timestamp::from_nanos(quiet));
            }
            let late = now() >= tick;
            if late {
                tick = now() + TICK;
                self.drops = self.handle.drops()?;
            }
            if late || read == READ {
                pass_time(&mut self.lane, self.moment);
                self.lane.flows().take_ended(&mut self.ended);
                let end = self.lane.flows().clock();
                self.outlet.hand_over(&mut self.ended, end, None);
            }
            if read < READ {
                self.handle.wait(2 * LiveHandle::LATENCY)?;
            }
        }
        Ok(())
    }

    /// Lets nothing more in, and reads what is in the ring. It ends: no more can come.
    fn drain(&mut self) -> Result<(), LiveError> {
        let refused = self.handle.refuse_more();
        // The last block of the ring is handed over by then.
        let quiet: Instant = now() + 2 * LiveHandle::LATENCY;
        let mut result = Ok(());
        loop {
            // A frame beyond the limit stays where it is.
            let granted = self.budget.take(READ);
            // What was captured before an interface went away can still be read.
            let read = self.read(granted).unwrap_or_else(|error| {
                result = Err(error);
                0
            });
            self.budget.give_back(granted - read);
            let at = now();
            if read == 0 && at >= quiet || refused.is_err() && at >= quiet + PATIENCE {
                break;
            }
            if read == 0 {
                thread::sleep(LiveHandle::LATENCY / 5);
            }
        }
        self.drops = self.handle.drops().unwrap_or(self.drops);
        refused.and(result)
    }

    /// Takes frames down the road; how many.
    fn read(&mut self, at_most: usize) -> Result<usize, LiveError> {
        if at_most == 0 {
            return Ok(0);
        }
        let Self {
            handle,
            lane,
            frames,
            moment,
            ..
        } = self;
        let mut latest = *moment;
        let read = handle.read(at_most, |frame| {
            frames.packets += 1;
            frames.bytes += u64::from(frame.wire_len);
            latest = latest.max(frame.seen);
            lane.feed(frame);
        });
        *moment = latest;
        read
    }
}

/// Lets packet time pass where no packet does it: flows end early that would end the same, and no record
/// depends on it. Time never goes back by it.
fn pass_time(lane: &mut Lane, moment: Timestamp) {
    let flows = lane.flows();
    if moment > flows.clock() {
        flows.advance(moment);
    }
}
