//! The whole road, without a thread, a clock or a file: frames in, fates out, records behind.
//!
//! Live capture, replay, tests, benches and fuzzing all drive the same [`Lane`]. A lane shares nothing
//! but the immutable table.

use crate::decode::{Headers, Pair, Undecodable, decode};
use crate::fate::{Fate, NetworkGroup, ProtocolGroup};
use crate::flow::{self, Ended, FlowTable, Held, Side};
use crate::gate::{
    Admitted, Authorisation, Excluded, FragmentTimes, Fragments, Gate, IpVersion, PairVerdict,
    Policy, SeamVerdict,
};
use crate::geo::Table;
use crate::locate::{Ends, Located, ends, locate, locate_each};
use crate::source::Frame;
use crate::tally::{Count, Counts, Intervals, Tally};
use std::sync::Arc;

/// What a lane needs to be built: the same for every lane of a run.
#[derive(Clone)]
pub struct Settings {
    /// Where every address is.
    pub table: Arc<Table>,
    /// What may pass.
    pub policy: Policy,
    /// How flows are cut into records.
    pub flow: flow::Settings,
}

/// Frames that are decoded, then located, then judged together: their look-ups wait for memory at the
/// same time, not one after the other.
const BATCH: usize = 64;

/// One lane of the road.
pub struct Lane {
    table: Arc<Table>,
    /// Decoded frames, of which the first `held` wait to be judged.
    batch: Box<[Headers; BATCH]>,
    held: usize,
    gate: Gate,
    flows: FlowTable,
    tally: Tally,
    /// Frames that came, counted before anything is known of them.
    frames: Count,
    cut: Cut,
}

/// What the lane had counted when its present interval began.
struct Cut {
    tally: Tally,
    frames: Count,
    /// Of the present interval, in nanoseconds of packet time.
    begin: u64,
    /// Nanoseconds; the greatest number where nothing is counted by interval.
    width: u64,
    intervals: Option<Intervals>,
}

impl Cut {
    /// Nothing counted yet; by intervals of a width, or by none.
    fn new(width: Option<u64>) -> Self {
        let intervals = width.map(Intervals::new);
        Self {
            tally: Tally::default(),
            frames: Count::default(),
            begin: 0,
            width: intervals.as_ref().map_or(u64::MAX, Intervals::width),
            intervals,
        }
    }
}

impl Lane {
    /// A lane that has seen nothing.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let fragments = Fragments::new(settings.flow.seed);
        Self {
            table: Arc::clone(&settings.table),
            batch: Box::new([const { Headers::new() }; BATCH]),
            held: 0,
            gate: Gate::new(settings.policy.clone(), fragments),
            flows: FlowTable::new(&settings.flow),
            tally: Tally::default(),
            frames: Count::default(),
            cut: Cut::new(None),
        }
    }

    /// Counts by interval of packet time too, of so many nanoseconds. Before the first frame only.
    pub fn count_by(&mut self, width: u64) {
        self.cut = Cut::new(Some(width));
    }

    /// The lane of a later range (from 1) of the same run, to be absorbed by the lane before it.
    #[must_use]
    pub fn for_range(&self, nth: u32) -> Self {
        Self {
            table: Arc::clone(&self.table),
            batch: Box::new([const { Headers::new() }; BATCH]),
            held: 0,
            gate: Gate::new(self.gate.policy().clone(), self.gate.fragments().empty()),
            flows: self.flows.for_range(nth),
            tally: Tally::default(),
            frames: Count::default(),
            cut: Cut::new(self.cut.intervals.as_ref().map(Intervals::width)),
        }
    }

    /// This lane, with what another remembers of fragments: one that walked what comes before, and whose
    /// fates count elsewhere. Before the first frame only.
    #[must_use]
    pub fn after(mut self, mut before: Self) -> Self {
        before.settle();
        let policy = self.gate.policy().clone();
        self.gate = Gate::new(policy, before.gate.into_fragments());
        self
    }

    /// From here on only what is remembered of fragments counts, until [`Lane::take_fragment_times`].
    pub fn look_back(&mut self) {
        self.gate.fragments_mut().look_back();
    }

    /// When there were fragments since this was last asked.
    pub fn take_fragment_times(&mut self) -> FragmentTimes {
        self.settle();
        self.gate.fragments_mut().take_times()
    }

    /// Takes one frame down the road, together with those that come next to it.
    #[inline(always)]
    pub fn feed(&mut self, frame: &Frame<'_>) {
        self.arrive(frame);
        // Below its length: `settle` empties a full batch.
        let headers = &mut self.batch[self.held % BATCH];
        match decode(frame, headers) {
            Ok(()) => {
                self.held += 1;
                if self.held == BATCH {
                    self.settle();
                }
            }
            Err(undecodable) => {
                turn_back(undecodable, &self.gate, &mut self.tally);
            }
        }
    }

    /// Takes one frame down the road, after all before it, and says how it ended.
    pub fn pass(&mut self, frame: &Frame<'_>) -> Fate {
        self.arrive(frame);
        self.settle();
        let [headers, ..] = &mut *self.batch;
        match decode(frame, headers) {
            Ok(()) => judge_alone(
                headers,
                &self.table,
                &mut self.gate,
                &mut self.flows,
                &mut self.tally,
            ),
            Err(undecodable) => turn_back(undecodable, &self.gate, &mut self.tally),
        }
    }

    /// Counts a frame that is nothing but that yet.
    #[inline(always)]
    fn arrive(&mut self, frame: &Frame<'_>) {
        let seen = frame.seen.nanos();
        if seen.wrapping_sub(self.cut.begin) >= self.cut.width {
            self.turn_to(seen);
        }
        self.frames.packets += 1;
        self.frames.bytes += u64::from(frame.wire_len);
    }

    /// Goes over to the interval of a moment. What waits belongs to the one before.
    #[cold]
    fn turn_to(&mut self, seen: u64) {
        self.close_interval();
        if let Some(intervals) = &self.cut.intervals {
            self.cut.begin = intervals.begin_of(seen);
        }
    }

    /// Puts what was counted in the present interval with the others.
    fn close_interval(&mut self) {
        let counts = self.counts_since_cut();
        if let Some(intervals) = &mut self.cut.intervals {
            intervals.add(self.cut.begin, &counts);
            self.cut.width = intervals.width();
        }
    }

    /// What was counted since this was last asked, up to the last frame. Not with [`Lane::count_by`],
    /// which asks for itself.
    pub fn counts_since_cut(&mut self) -> Counts {
        self.settle();
        let frames = Count {
            packets: self.frames.packets - self.cut.frames.packets,
            bytes: self.frames.bytes - self.cut.frames.bytes,
        };
        let counts = Counts::between(&self.cut.tally, &self.tally, frames);
        self.cut.tally.clone_from(&self.tally);
        self.cut.frames = self.frames;
        counts
    }

    /// What was counted by interval, if [`Lane::count_by`] asked for it. Begins anew.
    pub fn take_intervals(&mut self) -> Option<Intervals> {
        self.close_interval();
        let width = self.cut.intervals.as_ref()?.width();
        self.cut.intervals.replace(Intervals::new(width))
    }

    /// Judges what waits.
    #[inline(never)]
    fn settle(&mut self) {
        let Self {
            table,
            batch,
            held,
            gate,
            flows,
            tally,
            frames: _,
            cut: _,
        } = self;
        if *held == BATCH {
            locate_each(batch, table, |located| {
                judge(located, gate, flows, tally);
            });
        } else {
            for headers in batch.iter().take(*held) {
                judge_alone(headers, table, gate, flows, tally);
            }
        }
        *held = 0;
    }

    /// The frames of this lane so far, by fate.
    #[must_use]
    pub fn tally(&mut self) -> &Tally {
        self.settle();
        &self.tally
    }

    /// The flows of the frames so far.
    pub fn flows(&mut self) -> &mut FlowTable {
        self.settle();
        self.flows.flush();
        &mut self.flows
    }

    /// Judges by another table and policy from the next frame on. Every record of this lane ends, and
    /// must pass again: what could be domestic by either of the two is recalled (rules §5). What passes
    /// waits to be taken, and is to be rendered by the table of before.
    pub fn renew(&mut self, table: Arc<Table>, policy: Policy) -> Held {
        self.settle();
        self.flows.flush();
        let recalled = self
            .flows
            .end_epoch(|ended| passes_again(ended, &table, &policy));
        self.gate.renew(policy);
        self.table = table;
        recalled
    }

    /// Whether `later`, which walked the next range of the same capture on its own, ended every frame
    /// and record as this lane would have. If not, this lane must walk that range itself.
    #[must_use]
    pub fn accepts(&mut self, later: &mut Self) -> bool {
        self.settle();
        later.settle();
        let seam = later.gate.fragments().seam(self.gate.fragments());
        seam == SeamVerdict::Holds && self.flows.fits(&mut later.flows)
    }

    /// Becomes what this lane would be, had it walked the range of `later` itself. Only where
    /// [`Lane::accepts`] says so.
    pub fn absorb(&mut self, mut later: Self) {
        self.settle();
        later.settle();
        self.close_interval();
        later.close_interval();
        self.flows.absorb(later.flows);
        self.tally += &later.tally;
        self.frames += later.frames;
        if let (Some(intervals), Some(more)) = (&mut self.cut.intervals, later.cut.intervals) {
            intervals.absorb(more);
            self.cut.width = intervals.width();
        }
        self.cut.tally.clone_from(&self.tally);
        self.cut.frames = self.frames;
        self.gate
            .fragments_mut()
            .absorb(later.gate.into_fragments());
    }

    /// Ends every open flow and hands over what the lane counted.
    #[must_use]
    pub fn finish(mut self) -> (FlowTable, Tally) {
        self.settle();
        self.flows.flush();
        (self.flows, self.tally)
    }
}

/// Where the ends of a record are, in the direction from one side to the other.
fn ends_of(ended: &Ended, from: Side, to: Side, table: &Table) -> Ends {
    let pair = Pair {
        version: ended.version(),
        src: from.address,
        dst: to.address,
    };
    ends(&pair, table)
}

/// Whether a record that comes from elsewhere could be of this table and policy: its class is that of its ends,
/// and a direction that has packets may pass at some time. Of layers outside the innermost it says nothing.
#[must_use]
pub fn could_give(ended: &Ended, table: &Table, policy: &Policy) -> bool {
    let (src, dst) = (ended.src(), ended.dst());
    let ends = ends_of(ended, src, dst, table);
    let verdict = Policy::judge_pair(ends.src, ends.dst, Authorisation::ALL);
    let may_pass = |from, to| {
        let verdict = Policy::judge_pair(from, to, policy.ever());
        matches!(verdict, PairVerdict::Admit(_))
    };
    verdict == PairVerdict::Admit(ended.class())
        && (src.packets == 0 || may_pass(ends.src, ends.dst))
        && (dst.packets == 0 || may_pass(ends.dst, ends.src))
}

/// Whether every packet of a record would be admitted, as far as the record tells: at the time of its first
/// packet and of its last. It keeps the pair of the innermost layer only: where others were judged too,
/// nothing can be proved any more.
fn passes_again(ended: &Ended, table: &Table, policy: &Policy) -> bool {
    let passes = |from: Side, to: Side| {
        let ends = ends_of(ended, from, to, table);
        let admits = |seen| {
            let verdict = policy.verdict_at(seen, ends.src, ends.dst);
            matches!(verdict, PairVerdict::Admit(_))
        };
        from.packets == 0 || (admits(ended.start()) && admits(ended.end()))
    };
    ended.marks() & Admitted::BY_MORE_PAIRS == 0
        && passes(ended.src(), ended.dst())
        && passes(ended.dst(), ended.src())
}

#[inline(never)]
fn judge_alone(
    headers: &Headers,
    table: &Table,
    gate: &mut Gate,
    flows: &mut FlowTable,
    tally: &mut Tally,
) -> Fate {
    judge(&locate(headers, table), gate, flows, tally)
}

#[inline(always)]
fn judge(located: &Located<'_>, gate: &mut Gate, flows: &mut FlowTable, tally: &mut Tally) -> Fate {
    if located.headers().transport().opens_tcp() {
        return judge_opening(located, gate, flows, tally);
    }
    judge_one(located, gate, flows, tally)
}

/// Apart, since few packets open a connection, and only of those the fate is asked for twice.
#[inline(never)]
fn judge_opening(
    located: &Located<'_>,
    gate: &mut Gate,
    flows: &mut FlowTable,
    tally: &mut Tally,
) -> Fate {
    let fate = judge_one(located, gate, flows, tally);
    if let Some(layer) = located.headers().innermost()
        && ProtocolGroup::of(layer.protocol) == ProtocolGroup::Tcp
    {
        tally.count_opening(fate, network(layer.pair.version));
    }
    fate
}

#[inline(always)]
fn judge_one(
    located: &Located<'_>,
    gate: &mut Gate,
    flows: &mut FlowTable,
    tally: &mut Tally,
) -> Fate {
    match gate.judge_usual(located) {
        Some(Ok(pass)) => admit(&pass.admitted(), flows, tally),
        Some(Err(excluded)) => count_excluded(excluded, tally),
        None => judge_any(located, gate, flows, tally),
    }
}

#[inline]
const fn network(version: IpVersion) -> NetworkGroup {
    match version {
        IpVersion::V4 => NetworkGroup::V4,
        IpVersion::V6 => NetworkGroup::V6,
    }
}

#[inline(never)]
fn judge_any(
    located: &Located<'_>,
    gate: &mut Gate,
    flows: &mut FlowTable,
    tally: &mut Tally,
) -> Fate {
    match gate.judge_any(located) {
        Ok(admitted) => admit(&admitted, flows, tally),
        Err(excluded) => count_excluded(excluded, tally),
    }
}

#[inline(always)]
fn admit(admitted: &Admitted, flows: &mut FlowTable, tally: &mut Tally) -> Fate {
    // Only what is admitted moves the packet clock: excluded traffic changes no record.
    flows.advance(admitted.seen());
    flows.add(admitted);
    count_admitted(admitted, tally)
}

#[cold]
fn turn_back(undecodable: Undecodable, gate: &Gate, tally: &mut Tally) -> Fate {
    count_excluded(gate.turn_back(undecodable), tally)
}

#[inline]
fn count_admitted(admitted: &Admitted, tally: &mut Tally) -> Fate {
    let fate = Fate::Admitted(admitted.class());
    let network = network(admitted.version());
    let protocol = ProtocolGroup::of(admitted.protocol());
    tally.count(fate, network, protocol, admitted.wire_len());
    fate
}

#[inline]
fn count_excluded(excluded: Excluded, tally: &mut Tally) -> Fate {
    let Excluded {
        reason,
        wire_len,
        network,
        protocol,
    } = excluded;
    let fate = Fate::Excluded(reason);
    tally.count(fate, network, protocol, wire_len);
    fate
}
