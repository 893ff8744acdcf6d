//! Whether the pieces of all shards join to what one run over all inputs would have given.
//!
//! They do wherever each packet had in its shard the fate that one run would have given it, and one run
//! would have evicted nothing. Whether two neighbouring packets of a flow belong to one record depends
//! on those two packets and on what the records on either side hold, so it does not matter where the
//! pieces were cut. What can differ:
//!
//! - A shard does not know of first fragments that lie further back than it looked. It knows when it could
//!   have needed one; and the shards before know when there were any.
//! - One run's table has more flows than any shard's. It holds at most those of the shard at hand and what is
//!   left of those before, which leaves at the same moments of packet time as in their own tables, unless a
//!   capture lies so far back in time that the clock stands still.

use super::head::{Head, InputHead, Seconds};
use crate::flow::{SLACK, Settings};
use crate::time::Timestamp;

/// Pairs of inputs that are compared at most. *Guessed*: a second.
const COMPARED: u64 = 1 << 28;

/// Why joining cannot be shown to be exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pipeline) enum Doubt {
    /// One run's table could have been full.
    FullTable,
    /// A fragment could have had its first in captures further back.
    Fragment,
}

impl Doubt {
    pub(in crate::pipeline) const fn reason(self) -> &'static str {
        match self {
            Self::FullTable => "its flow table could have been full",
            Self::Fragment => "a fragment may belong to one far before it",
        }
    }
}

/// Why joining shards, in order, cannot be shown to be exact; nothing where it is.
pub(super) fn doubt(shards: &[&Head], settings: &Settings) -> Option<Doubt> {
    let settings = settings.in_range();
    if !tables_have_room(shards, &settings) {
        return Some(Doubt::FullTable);
    }
    (!fragments_are_known(shards)).then_some(Doubt::Fragment)
}

fn tables_have_room(shards: &[&Head], settings: &Settings) -> bool {
    let seen = shards
        .iter()
        .filter_map(|head| Some((head, head.flows.seen?)));
    // A shard that is alone was one run.
    if seen.clone().count() <= 1 {
        return true;
    }
    let most = settings.max_flows as u64;
    let mut clock = 0;
    // Flows of shards before that may still be open: when the last was seen, how many.
    let mut left: Vec<(u64, u64)> = Vec::new();
    for (head, (earliest, latest)) in seen {
        let flows = &head.flows;
        let gone = settings.gone_before(Timestamp::from_nanos(clock)).nanos();
        left.retain(|(last, _)| *last >= gone);
        let others = left
            .iter()
            .fold(0u64, |sum, (_, open)| sum.saturating_add(*open));
        // The clock may stand still: then nothing leaves before it goes on, and nobody knows when.
        let is_late = earliest.saturating_add(SLACK) < clock;
        let (own, last, open) = if is_late {
            (head.records, u64::MAX, head.records)
        } else {
            (flows.peak, latest, flows.live)
        };
        if flows.evicted > 0 || others.saturating_add(own) > most {
            return false;
        }
        left.push((last, open));
        clock = clock.max(latest);
    }
    true
}

fn fragments_are_known(shards: &[&Head]) -> bool {
    let inputs: Vec<&InputHead> = shards.iter().flat_map(|head| &head.part).collect();
    // From the first input up to each one: all moments of first fragments.
    let mut all: Option<Seconds> = None;
    let mut up_to = vec![None];
    for input in &inputs {
        all = match (all, input.firsts) {
            (Some(all), Some(firsts)) => Some(all.with(firsts)),
            (all, firsts) => all.or(firsts),
        };
        up_to.push(all);
    }
    let mut compared = 0;
    shards.iter().all(|head| {
        let from = usize::try_from(head.look_back.from).unwrap_or(usize::MAX);
        let Some(firsts) = up_to.get(from).copied().flatten() else {
            return true;
        };
        let unsure = head.part.iter().map(|input| input.unsure);
        unsure
            .chain([head.look_back.unsure])
            .flatten()
            .filter(|unsure| unsure.reaches(firsts))
            .all(|unsure| {
                let before = inputs.get(..from).unwrap_or_default();
                compared += before.len() as u64;
                let mut firsts = before.iter().filter_map(|input| input.firsts);
                compared <= COMPARED && !firsts.any(|firsts| unsure.reaches(firsts))
            })
    })
}
