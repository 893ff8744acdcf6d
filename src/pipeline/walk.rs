//! Takes one lane over one unit of input: a whole capture, or a range of one.

use crate::gate::FragmentTimes;
use crate::lane::Lane;
use crate::source::{self, Damage, End, Frame, Input, OpenError, PcapRange};
use crate::tally::Count;
use std::io;
use std::ops::ControlFlow;

/// Frames between two reports to the tick.
const TICK: u64 = 1 << 16;

/// What one lane walks without looking up.
#[derive(Debug, Clone)]
pub(super) enum Unit {
    /// A capture from beginning to end.
    Whole(Input),
    /// Part of a plain classic pcap.
    Range(PcapRange),
}

/// How the walk of a unit ended.
#[derive(Debug)]
pub(super) struct Walked {
    /// Frames that the source delivered, counted apart from the lane's fates.
    pub frames: Count,
    /// Offset of the first record not delivered; for the join of ranges.
    pub offset: u64,
    /// Nothing, or what was wrong with the input.
    pub trouble: Option<Trouble>,
    /// When there were fragments.
    pub fragments: FragmentTimes,
}

/// What was wrong with an input.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It could not be opened: nothing of it was read.
    Unopened(OpenError),
    /// It is cut or contradicts itself: everything whole before the damage was read.
    Damaged(Damage),
    /// The operating system could not read on.
    Failed(io::Error),
}

/// Walks `unit` with `lane`. `tick` is called now and then, and at the end, with the bytes of input
/// and the frames since the last call.
pub(super) fn walk(
    unit: &Unit,
    lane: &mut Lane,
    tick: &mut dyn FnMut(&mut Lane, u64, u64),
) -> Walked {
    match unit {
        Unit::Range(range) => walk_range(range, lane, tick),
        Unit::Whole(input) => walk_whole(input, lane, tick),
    }
}

fn walk_range(
    range: &PcapRange,
    lane: &mut Lane,
    tick: &mut dyn FnMut(&mut Lane, u64, u64),
) -> Walked {
    let mut reader = range.reader();
    let mut frames = Count::default();
    loop {
        let before = (reader.offset(), frames.packets);
        let end = reader.read(|frame| deliver(frame, lane, &mut frames));
        tick(lane, reader.offset() - before.0, frames.packets - before.1);
        let trouble = match end {
            End::Stopped => continue,
            End::Complete => None,
            End::Damaged(damage) => Some(Trouble::Damaged(damage)),
            End::Failed(error) => Some(Trouble::Failed(error)),
        };
        return Walked {
            frames,
            offset: reader.offset(),
            trouble,
            fragments: lane.take_fragment_times(),
        };
    }
}

fn walk_whole(input: &Input, lane: &mut Lane, tick: &mut dyn FnMut(&mut Lane, u64, u64)) -> Walked {
    let mut frames = Count::default();
    let mut reader = match source::open(input) {
        Ok(reader) => reader,
        Err(error) => {
            return Walked {
                frames,
                offset: 0,
                trouble: Some(Trouble::Unopened(error)),
                fragments: FragmentTimes::default(),
            };
        }
    };
    loop {
        let before = (reader.taken(), frames.packets);
        let end = reader.read(|frame| deliver(frame, lane, &mut frames));
        tick(lane, reader.taken() - before.0, frames.packets - before.1);
        let trouble = match end {
            End::Stopped => continue,
            End::Complete => None,
            End::Damaged(damage) => Some(Trouble::Damaged(damage)),
            End::Failed(error) => Some(Trouble::Failed(error)),
        };
        return Walked {
            frames,
            offset: reader.offset(),
            trouble,
            fragments: lane.take_fragment_times(),
        };
    }
}

#[inline]
fn deliver(frame: &Frame<'_>, lane: &mut Lane, frames: &mut Count) -> ControlFlow<()> {
    frames.packets += 1;
    frames.bytes += u64::from(frame.wire_len);
    lane.feed(frame);
    if frames.packets.is_multiple_of(TICK) {
        ControlFlow::Break(())
    } else {
        ControlFlow::Continue(())
    }
}
