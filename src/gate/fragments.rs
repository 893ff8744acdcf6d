//! What a later fragment inherits from its first: its fate, and if it was admitted, its flow
//! (rules §4).
//!
//! The memory is keyed by a secret-keyed hash; of an excluded first fragment only the reason is kept.
//! It is bounded by count, first in first out, so that what it holds depends on the last
//! [`FRAGMENT_CAPACITY`] first fragments only: two ranges of a capture, walked apart, join exactly
//! unless a fragment of the later one had its first in the earlier one, and that is noticed.

use super::policy::Policy;
use super::rule::{Admitted, Excluded};
use crate::decode::{Fragment, Headers, IpVersion, Layer};
use crate::fate::Reason;
use crate::time::{NANOS_PER_SEC, Timestamp};
use foldhash::quality::FixedState;
use hashbrown::HashMap;
use std::collections::VecDeque;
use std::hash::{BuildHasher, Hasher};

/// How long a first fragment is believed, in nanoseconds of packet time (rules §4). It is forgotten when
/// [`FRAGMENT_CAPACITY`] later ones have come.
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

/// The first and the last of some moments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first.
    pub from: Timestamp,
    /// The last.
    pub to: Timestamp,
}

impl Span {
    /// From the first of both to the last of both.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self {
            from: self.from.min(other.from),
            to: self.to.max(other.to),
        }
    }

    fn widen(span: &mut Option<Self>, seen: Timestamp) {
        let moment = Self {
            from: seen,
            to: seen,
        };
        *span = Some(span.map_or(moment, |span| span.with(moment)));
    }
}

/// When there were fragments, in packet time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FragmentTimes {
    /// First fragments.
    pub firsts: Option<Span>,
    /// Later fragments whose fate could be another, had this memory begun earlier: what it does not hold
    /// may have been remembered then. At most [`FRAGMENT_MEMORY`] from a first fragment of before.
    pub unsure: Option<Span>,
}

impl FragmentTimes {
    /// Those of both.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        let both = |one: Option<Span>, other: Option<Span>| match (one, other) {
            (Some(one), Some(other)) => Some(one.with(other)),
            (one, other) => one.or(other),
        };
        Self {
            firsts: both(self.firsts, other.firsts),
            unsure: both(self.unsure, other.unsure),
        }
    }
}

#[derive(Clone, Copy)]
struct First {
    seen: Timestamp,
    number: u64,
    /// An earlier memory may know of a bar on this key, which this one does not.
    may_hide: bool,
    /// How much of the datagram it holds.
    end: u16,
    /// What it says follows. In IPv6 others of the datagram may say something else (RFC 8200 §4.5), though
    /// none does unless it is of another datagram, whose own first was not seen.
    next: u8,
    /// What later fragments become part of; nothing where it was excluded.
    admitted: Option<Admitted>,
    /// When and why the last first fragment of this key was excluded: identifications come again, and
    /// which first a later fragment belongs to cannot be known.
    barred: Option<(Timestamp, Reason)>,
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
    /// Keys remembered without knowing of one before, while an earlier range's memory would still have
    /// counted.
    opened: Vec<u64>,
    times: FragmentTimes,
    /// Fates are of no interest here, but for what they leave in the memory.
    looks_back: bool,
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
            opened: Vec::new(),
            times: FragmentTimes::default(),
            looks_back: false,
        }
    }

    /// From here on only what is remembered counts, until the times are taken.
    pub fn look_back(&mut self) {
        self.looks_back = true;
    }

    /// When there were fragments since this was last asked.
    pub fn take_times(&mut self) -> FragmentTimes {
        self.looks_back = false;
        std::mem::take(&mut self.times)
    }

    /// The verdict on a packet with fragments in it: a later one takes its first's.
    pub(super) fn inherit_all(
        &mut self,
        headers: &Headers,
        verdict: Result<Admitted, Excluded>,
        policy: &Policy,
    ) -> Result<Admitted, Excluded> {
        let mut verdict = verdict;
        for (depth, layer) in headers.layers().iter().enumerate() {
            if let Fragment::Later { id, at, next } = layer.fragment {
                let key = self.key(depth, layer, id);
                verdict = self.inherit(headers, layer, (key, at, next), verdict, policy);
            }
        }
        verdict
    }

    /// Remembers the first fragments in a packet with its fate.
    pub(super) fn remember_all(&mut self, headers: &Headers, verdict: &Result<Admitted, Excluded>) {
        for (depth, layer) in headers.layers().iter().enumerate() {
            if let Fragment::First { id, end, next } = layer.fragment {
                let fate = verdict.map_err(|excluded| excluded.reason);
                let key = self.key(depth, layer, id);
                self.remember(key, headers.seen(), (end, next), fate);
            }
        }
    }

    fn inherit(
        &mut self,
        headers: &Headers,
        layer: &Layer,
        (key, at, next): (u64, u16, u8),
        own: Result<Admitted, Excluded>,
        policy: &Policy,
    ) -> Result<Admitted, Excluded> {
        // Its own layer has already excluded it: nothing to inherit, and nothing to look up.
        let own = own?;
        let recent = |seen: Timestamp| seen.distance(headers.seen()) <= FRAGMENT_MEMORY;
        let first = self.firsts.get(&key);
        let is_unsure = match first {
            None => self.inserted < FRAGMENT_CAPACITY as u64,
            Some(first) => first.may_hide,
        };
        if is_unsure && (!self.looks_back || headers.layers().iter().any(is_first)) {
            Span::widen(&mut self.times.unsure, headers.seen());
        }
        if let Some((_, reason)) = first
            .and_then(|first| first.barred)
            .filter(|(seen, _)| recent(*seen))
        {
            return Err(Excluded::of(headers, reason));
        }
        match first.filter(|first| recent(first.seen)) {
            // It writes over what the first was judged by, or would have, had it come before.
            Some(first) if at < first.end => Err(Excluded::of(headers, Reason::Fragment)),
            Some(first) if next != first.next => Err(Excluded::of(headers, Reason::Fragment)),
            // What was inside the first may be authorised no more, if it was of another time.
            Some(First {
                admitted: Some(admitted),
                seen,
                ..
            }) if policy.holds_at(*seen) => Ok(own.as_part_of(admitted)),
            _ => {
                self.note_missed(key);
                if may_carry_ip(layer) || may_quote(layer.protocol, at) {
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

    fn remember(
        &mut self,
        key: u64,
        seen: Timestamp,
        (end, next): (u16, u8),
        fate: Result<Admitted, Reason>,
    ) {
        let number = self.inserted;
        let known = self.firsts.get(&key);
        let barred = match fate {
            Ok(_) => known.and_then(|first| first.barred),
            Err(reason) => Some((seen, reason)),
        };
        let opens = known.is_none() && number < FRAGMENT_CAPACITY as u64;
        // A bar of its own is the latest there is, whatever was before.
        let may_hide = fate.is_ok() && (opens || known.is_some_and(|first| first.may_hide));
        if opens {
            self.opened.push(key);
        }
        Span::widen(&mut self.times.firsts, seen);
        self.inserted += 1;
        let first = First {
            seen,
            number,
            may_hide,
            end,
            next,
            admitted: fate.ok(),
            barred,
        };
        self.firsts.insert(key, first);
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
        let barred = |key: &u64| {
            let first = earlier.firsts.get(key);
            first.is_some_and(|first| first.barred.is_some())
        };
        if too_many || self.missed.iter().any(known) || self.opened.iter().any(barred) {
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

const fn is_first(layer: &Layer) -> bool {
    matches!(layer.fragment, Fragment::First { .. })
}

/// Whether a fragment without its first may hide IP. What an IPv6 fragment other than the first says
/// follows proves nothing: receivers take the first one's word (RFC 8200 §4.5).
const fn may_carry_ip(layer: &Layer) -> bool {
    match layer.pair.version {
        IpVersion::V4 => carries_ip(layer.protocol),
        IpVersion::V6 => true,
    }
}

/// Protocols under which a fragment without its first may hide IP: UDP (tunnels over it), IGMP (registers of
/// the first PIM), IPIP, 6in4, SDRP, GRE, DSR, AH, Swipe, NHRP (errors), minimal encapsulation, SKIP, AX.25,
/// YIPS, EtherIP, encapsulation header, PIM, IPComp, L2TPv3, UTI, PIPE, UDP-Lite, MPLS, wrapped ESP, ROHC,
/// Ethernet, AGGFRAG, NSH; IPv6 extension headers behind which anything may follow.
const fn carries_ip(protocol: u8) -> bool {
    matches!(
        protocol,
        0 | 2
            | 4
            | 17
            | 41
            | 42
            | 43
            | 44
            | 47
            | 48
            | 51
            | 53
            | 54
            | 55
            | 57
            | 60
            | 93
            | 94
            | 97
            | 98
            | 103
            | 108
            | 115
            | 120
            | 131
            | 135
            | 136
            | 137
            | 139
            | 140
            | 141
            | 142
            | 143
            | 144
            | 145
    )
}

/// Whether a fragment that begins there may hold addresses quoted by an ICMP error, of a tunnel's inside
/// too: errors are kept below 576 bytes in IPv4 (RFC 1812 §4.3.2.3), and what is cut for want of room is
/// as long as an Ethernet frame.
const fn may_quote(protocol: u8, at: u16) -> bool {
    matches!(protocol, 1 | 58) && at < 576
}
