//! What a later fragment inherits from its first: its fate, and if it was admitted, its flow
//! (RULES §4).
//!
//! The memory is keyed by a secret-keyed hash; of an excluded first fragment only the reason is kept.
//! It is bounded by count, first in first out, so that what it holds depends on the last
//! [`FRAGMENT_CAPACITY`] first fragments only: two ranges of a capture, walked apart, join exactly
//! unless a fragment of the later one had its first in the earlier one, and that is noticed.

use super::rule::{Admitted, Excluded};
use crate::decode::{Fragment, Headers, IpVersion, Layer};
use crate::fate::Reason;
use crate::time::{NANOS_PER_SEC, Timestamp};
use foldhash::quality::FixedState;
use hashbrown::HashMap;
use std::collections::VecDeque;
use std::hash::{BuildHasher, Hasher};

/// How long a first fragment is remembered, in nanoseconds of packet time (RULES §4).
pub const FRAGMENT_MEMORY: u64 = 30 * NANOS_PER_SEC;
/// How many first fragments are remembered at most. *Guessed*: 30 s of 2 000 fragmented datagrams a
/// second; about 8 MiB a lane when full.
pub const FRAGMENT_CAPACITY: usize = 1 << 16;

/// What the memory of an earlier range means for a range that was walked without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeamVerdict {
    /// Nothing would have ended otherwise.
    Holds,
    /// A later fragment of this range may have its first in the earlier one: walk it again from there.
    WalkAgain,
}

#[derive(Clone, Copy)]
struct First {
    seen: Timestamp,
    number: u64,
    fate: Result<Admitted, Reason>,
}

/// The memory of first fragments.
pub struct Fragments {
    secret: u64,
    firsts: HashMap<u64, First, FixedState>,
    /// (number, key) of every insertion that may still be remembered, oldest first.
    order: VecDeque<(u64, u64)>,
    inserted: u64,
    /// Keys that were asked for in vain while an earlier range's memory would still have counted.
    missed: Vec<u64>,
    missed_too_many: bool,
}

impl Fragments {
    /// An empty memory. `secret` is drawn once a run and given to every lane.
    #[must_use]
    pub fn new(secret: u64) -> Self {
        Self {
            secret,
            firsts: HashMap::with_hasher(FixedState::with_seed(secret)),
            order: VecDeque::new(),
            inserted: 0,
            missed: Vec::new(),
            missed_too_many: false,
        }
    }

    /// Settles a packet with fragments in it: first ones are remembered with their fate, a later one
    /// takes its first's.
    pub(super) fn settle(
        &mut self,
        headers: &Headers,
        verdict: Result<Admitted, Excluded>,
    ) -> Result<Admitted, Excluded> {
        let mut verdict = verdict;
        for (depth, layer) in headers.layers().iter().enumerate() {
            if let Fragment::Later { id } = layer.fragment {
                verdict = self.inherit(headers, layer, self.key(depth, layer, id), verdict);
            }
        }
        for (depth, layer) in headers.layers().iter().enumerate() {
            if let Fragment::First { id } = layer.fragment {
                let fate = verdict.map_err(|excluded| excluded.reason);
                self.remember(self.key(depth, layer, id), headers.seen(), fate);
            }
        }
        verdict
    }

    fn inherit(
        &mut self,
        headers: &Headers,
        layer: &Layer,
        key: u64,
        own: Result<Admitted, Excluded>,
    ) -> Result<Admitted, Excluded> {
        // Its own layer has already excluded it: nothing to inherit, and nothing to look up.
        let own = own?;
        let first = self
            .firsts
            .get(&key)
            .filter(|first| first.seen.distance(headers.seen()) <= FRAGMENT_MEMORY);
        match first {
            Some(first) => match &first.fate {
                Ok(admitted) => Ok(own.as_part_of(admitted)),
                Err(reason) => Err(Excluded::of(headers, *reason)),
            },
            None => {
                self.note_missed(key);
                if carries_ip(layer.protocol) {
                    Err(Excluded::of(headers, Reason::Fragment))
                } else {
                    Ok(own)
                }
            }
        }
    }

    fn note_missed(&mut self, key: u64) {
        if self.inserted >= FRAGMENT_CAPACITY as u64 {
            // An earlier range's memory would have been forgotten by now.
        } else if self.missed.len() < FRAGMENT_CAPACITY {
            self.missed.push(key);
        } else {
            self.missed_too_many = true;
        }
    }

    fn remember(&mut self, key: u64, seen: Timestamp, fate: Result<Admitted, Reason>) {
        let number = self.inserted;
        self.inserted += 1;
        self.firsts.insert(key, First { seen, number, fate });
        self.order.push_back((number, key));
        self.forget_oldest();
    }

    fn forget_oldest(&mut self) {
        while self.order.len() > FRAGMENT_CAPACITY {
            if let Some((number, key)) = self.order.pop_front()
                && self
                    .firsts
                    .get(&key)
                    .is_some_and(|first| first.number == number)
            {
                self.firsts.remove(&key);
            }
        }
    }

    /// Whether this range, walked with an empty memory, would have ended the same after `earlier`.
    #[must_use]
    pub fn seam(&self, earlier: &Self) -> SeamVerdict {
        let known = |key: &u64| earlier.firsts.contains_key(key);
        let too_many = self.missed_too_many && !earlier.firsts.is_empty();
        if too_many || self.missed.iter().any(known) {
            SeamVerdict::WalkAgain
        } else {
            SeamVerdict::Holds
        }
    }

    /// An empty memory with the same secret.
    #[must_use]
    pub fn empty(&self) -> Self {
        Self::new(self.secret)
    }

    /// Becomes the memory of both ranges one after the other. Only where the later one's
    /// [`Fragments::seam`] holds.
    pub fn absorb(&mut self, later: Self) {
        let shift = self.inserted;
        for (key, first) in later.firsts {
            let number = first.number + shift;
            self.firsts.insert(key, First { number, ..first });
        }
        for (number, key) in later.order {
            self.order.push_back((number + shift, key));
        }
        self.inserted += later.inserted;
        self.forget_oldest();
    }

    /// Addresses, protocol and identification of the fragmented layer, hashed with the secret. In IPv6
    /// the protocol is left out: a first and a later fragment may name different ones (RFC 8200 §4.5).
    fn key(&self, depth: usize, layer: &Layer, id: u32) -> u64 {
        let mut hasher = FixedState::with_seed(self.secret).build_hasher();
        let protocol = match layer.pair.version {
            IpVersion::V4 => layer.protocol,
            IpVersion::V6 => 0,
        };
        hasher.write_u64(
            u64::from(id) << 32
                | (depth as u64) << 16
                | u64::from(layer.pair.version as u8) << 8
                | u64::from(protocol),
        );
        hasher.write_u128(layer.pair.src);
        hasher.write_u128(layer.pair.dst);
        hasher.finish()
    }
}

/// Protocols under which a fragment without its first may hide IP: UDP (tunnels over it), IPIP, 6in4,
/// GRE, AH, YIPS, EtherIP, encapsulation header, PIM, L2TPv3, MPLS, Ethernet; IPv6 extension headers
/// behind which anything may follow; routing, hop-by-hop, destination options.
const fn carries_ip(protocol: u8) -> bool {
    matches!(
        protocol,
        0 | 4
            | 17
            | 41
            | 43
            | 44
            | 47
            | 51
            | 60
            | 94
            | 97
            | 98
            | 103
            | 108
            | 115
            | 135
            | 136
            | 137
            | 139
            | 140
            | 143
    )
}
