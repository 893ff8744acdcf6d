//! What lies before a part: read again for what is remembered of its fragments, and for nothing else.

use super::head::Seconds;
use crate::gate::FRAGMENT_MEMORY;
use crate::lane::Lane;
use crate::pipeline::job::Read;
use crate::pipeline::walk::{Unit, walk};
use crate::source::{self, Frame, Input};
use crate::time::{NANOS_PER_SEC, Timestamp};
use std::ops::{ControlFlow, Range};

/// How far is looked back, in nanoseconds of packet time: as far as a fragment is remembered, and some
/// disorder.
const FAR: u64 = FRAGMENT_MEMORY + 10 * NANOS_PER_SEC;

/// The place of the first input that is to be read before a part. `merge` finds out whether it was far
/// enough; here it is only chosen well.
pub(super) fn begin(reads: &[Read], part: &Range<usize>) -> usize {
    let first = |read: &Read| read.to_read().and_then(first_seen);
    let own = reads.get(part.clone()).unwrap_or_default();
    let Some(seen) = own.iter().find_map(first) else {
        return part.start;
    };
    let before = reads.get(..part.start).unwrap_or_default();
    let mut from = part.start;
    for (place, read) in before.iter().enumerate().rev() {
        match first(read) {
            // Of another time.
            Some(begin) if begin > seen && begin.distance(seen) > FAR => break,
            Some(begin) => {
                from = place;
                if begin.distance(seen) > FAR {
                    break;
                }
            }
            None => {}
        }
    }
    from
}

/// Takes a lane over these inputs for what it remembers of fragments. The moments for which even that may
/// be too little, if there are any.
pub(super) fn look_back(reads: &[Read], lane: &mut Lane) -> Option<Seconds> {
    let mut dropped = Vec::new();
    let mut unsure = None;
    for input in reads.iter().filter_map(Read::to_read) {
        lane.look_back();
        let walked = walk(&Unit::Whole(input.clone()), lane, &mut |lane, _, _| {
            lane.flows().take_ended(&mut dropped);
            dropped.clear();
        });
        let span = walked.fragments.unsure.map(Seconds::of);
        unsure = match (unsure, span) {
            (Some(one), Some(other)) => Some(Seconds::with(one, other)),
            (one, other) => one.or(other),
        };
    }
    unsure
}

/// Time of the first frame of an input.
fn first_seen(input: &Input) -> Option<Timestamp> {
    let mut reader = source::open(input).ok()?;
    let mut seen = None;
    let _ = reader.read(|frame: &Frame<'_>| {
        seen = Some(frame.seen);
        ControlFlow::Break(())
    });
    seen
}
