//! Adds admitted packets to bidirectional flows and says where one record ends and the next begins.
//!
//! It must never see a frame or an excluded packet, never read a clock, and never let a record depend
//! on anything but its own packets. In: [`Admitted`], packet by packet, and
//! their times. Out: [`Ended`] records, in no particular order.
//!
//! # The rules
//!
//! A **flow** is a bidirectional key: IP version, protocol, and the two (address, port) ends. ICMP
//! has ports 0. VLAN tags and tunnels are not in the key; a record shows those of its first packet.
//!
//! A **record** is a run of consecutive packets (in capture order) of one flow. Consecutive packets
//! p, q belong to one record if and only if
//!
//! 1. |q.seen − p.seen| < idle,
//! 2. ⌊p.seen / active⌋ = ⌊q.seen / active⌋: absolute slots of packet time since the epoch,
//! 3. not: q is a TCP SYN without ACK, and p is not a packet with SYN set.
//!
//! This looks at those two packets only, so it is *associative*: two neighbouring pieces of a flow
//! join if and only if the same test holds between the last packet of one and the first of the other
//! (`boundary`). (Whether the *record so far* held anything but SYNs would not be: of ACK, SYN-ACK,
//! SYN the last two join or not by what came before.) Records are therefore the same whether a capture was
//! walked in one go or in ranges ([`FlowTable::absorb`]), and whatever else happened in the table.
//!
//! **Timers only emit early what would end the same.** When the packet clock (the latest time of any
//! admitted packet so far; excluded ones move nothing) crosses a multiple of S = max(1 s, min(idle, active) / 8), everything that nothing
//! can continue any more, with 10 s to spare for disorder ([`SLACK`]), leaves the table (`sweep`).
//! Where a capture is out of order by more than that, the table says so ([`FlowTable::disordered`])
//! and pieces that were let go too early are joined afterwards by the same rule ([`Ended::join`]).
//!
//! **The end of a record** is named from the record alone and the run's last moment
//! ([`Ended::end_reason`]): evicted; else the end of TCP (a RST, a FIN from both sides, or a new SYN
//! that superseded it within both timeouts); else the earlier of last + idle and the end of its active slot if the run got
//! that far; else the end of the input. (Time going back ends a record too; it is then named by the
//! same deadlines.)
//!
//! **When the country table or the policy is replaced** (live capture only) every record ends, and is
//! judged again by what is in force then (`epoch`): what would not pass any more is recalled, and never
//! leaves the table.
//!
//! **Capacity** is fixed. A new flow that finds the table full evicts a sixteenth of it: half-open
//! flows first (TCP with nothing but SYNs, or a single packet), then the oldest, ties by key. The
//! order depends on the set of entries, never on where they lie. Evicted records are exported.

mod atlas;
mod boundary;
mod ended;
mod entry;
mod epoch;
mod held;
mod index;
mod join;
mod key;
mod live;
mod pages;
mod paths;
mod prefetch;
mod slab;
mod sweep;
mod table;

#[cfg(test)]
mod flood;
#[cfg(test)]
mod measure;
#[cfg(test)]
pub(crate) mod tests;

pub use atlas::Atlas;
pub use ended::{ENDED_LEN, EndReason, Ended, Initiator, Side};
pub use held::Held;
pub use key::Key;
pub use live::Live;
pub use paths::{MAX_PATHS, PathId, PathList, Paths};
pub use table::{FlowTable, Memory, Totals};

pub use crate::gate::{Admitted, Class, IpVersion, Path, Transport, Tunnel};
pub use crate::geo::{CountryCode, Place};
pub use crate::time::Timestamp;

use crate::time::NANOS_PER_SEC;
use boundary::Rule;

/// How far a frame may lie behind the latest one, in nanoseconds of packet time, before the capture
/// counts as out of order. *Guessed*: several queues of one interface differ by milliseconds.
pub const SLACK: u64 = 10 * NANOS_PER_SEC;

/// What a flow table is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Two packets this far apart are in two records: nanoseconds, at least 1 (0 counts as 1).
    pub idle: u64,
    /// No record spans a multiple of this: nanoseconds since the epoch, at least 1 (0 counts as 1).
    pub active: u64,
    /// Live flows at most, from 1 to 2³² − 3 (anything else counts as the nearest of these).
    pub max_flows: usize,
    /// Secret of this run for the hash of keys. Records do not depend on it.
    pub seed: u64,
}

impl Settings {
    /// The settings with every value in its range.
    #[must_use]
    pub fn in_range(self) -> Self {
        Self {
            idle: self.idle.max(1),
            active: self.active.max(1),
            max_flows: self.max_flows.clamp(1, index::MAX_ENTRIES),
            seed: self.seed,
        }
    }

    /// When the packet clock has come to `clock`, no table holds a record any more whose last packet was
    /// seen before this.
    #[must_use]
    pub fn gone_before(&self, clock: Timestamp) -> Timestamp {
        let rule = Rule::new(self);
        let moment = clock.nanos() - clock.nanos() % rule.sweep_interval();
        Timestamp::from_nanos(rule.swept_before(moment))
    }
}
