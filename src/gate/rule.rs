//! The rule over a whole packet, and the proof of having passed it.

use super::policy::{Authorisation, PairVerdict, Policy};
use crate::decode::{
    Fragment, Headers, IpVersion, Layer, NotIp, Path, SidePair, Stop, Transport, Undecodable,
};
use crate::fate::{Class, NetworkGroup, ProtocolGroup, Reason};
use crate::locate::Located;
use crate::time::Timestamp;

/// A packet that passed the gate: the only thing that a flow table accepts.
///
/// It cannot be built anywhere else:
///
/// ```compile_fail,E0451
/// use sekisho::gate::Admitted;
/// fn forge(passed: Admitted) -> Admitted {
///     Admitted { wire_len: 0, ..passed }
/// }
/// ```
///
/// while a packet that passed may be read by anybody:
///
/// ```
/// use sekisho::gate::Admitted;
/// fn read(passed: &Admitted) -> u32 {
///     passed.wire_len()
/// }
/// ```
#[derive(Clone, Copy)]
pub struct Admitted {
    seen: Timestamp,
    src: u128,
    dst: u128,
    wire_len: u32,
    ip_len: u32,
    transport: Transport,
    version: IpVersion,
    protocol: u8,
    class: Class,
    marks: u8,
    path: Path,
}

impl Admitted {
    /// Mark: the capture cut the packet before the end of what its record needs (ports).
    pub const TRUNCATED: u8 = 1;
    /// Mark: the packet is a fragment.
    pub const FRAGMENT: u8 = 2;
    /// Mark: what it carries is encrypted, and was judged by its own ends.
    pub const OPAQUE: u8 = 4;
    /// Mark: it was judged by more than the pair of its innermost layer, and a record keeps no other.
    /// Not shown in records: it tells that they cannot be judged again.
    pub const BY_MORE_PAIRS: u8 = 8;

    /// The one constructor. Its callers are the rule below, and what passed it. `more_pairs`: that mark,
    /// or nothing.
    #[inline(always)]
    fn new(headers: &Headers, layer: &Layer, class: Class, more_pairs: u8) -> Self {
        let transport = headers.transport();
        let mut marks = more_pairs;
        if layer.fragment != Fragment::Whole {
            marks |= Self::FRAGMENT;
        }
        if headers.stop() == Stop::Opaque {
            marks |= Self::OPAQUE;
        }
        if transport.has == 0
            && matches!(layer.protocol, 1 | 6 | 17 | 33 | 58 | 132 | 136)
            && headers.stop() == Stop::Transport
        {
            marks |= Self::TRUNCATED;
        }
        Self {
            seen: headers.seen(),
            src: layer.pair.src,
            dst: layer.pair.dst,
            wire_len: headers.wire_len(),
            ip_len: layer.ip_len,
            transport,
            version: layer.pair.version,
            protocol: layer.protocol,
            class,
            marks,
            path: *headers.path(),
        }
    }

    /// This packet as part of the flow that its first fragment belongs to: the flow's identity, its
    /// own time and lengths.
    pub(super) const fn as_part_of(self, first: &Self) -> Self {
        Self {
            seen: self.seen,
            wire_len: self.wire_len,
            ip_len: self.ip_len,
            src: first.src,
            dst: first.dst,
            transport: Transport {
                tcp_flags: 0,
                has: first.transport.has & !Transport::TCP_FLAGS,
                ..first.transport
            },
            version: first.version,
            protocol: first.protocol,
            class: first.class,
            marks: first.marks | self.marks & Self::BY_MORE_PAIRS | Self::FRAGMENT,
            path: first.path,
        }
    }

    /// A packet for the tests of the stages behind the gate; no other build has this door.
    #[cfg(test)]
    #[expect(clippy::too_many_arguments, reason = "it is the list of the fields")]
    pub(crate) fn for_test(
        seen: Timestamp,
        version: IpVersion,
        protocol: u8,
        (src, dst): (u128, u128),
        transport: Transport,
        (ip_len, wire_len): (u32, u32),
        (class, marks): (Class, u8),
        path: Path,
    ) -> Self {
        Self {
            seen,
            src,
            dst,
            wire_len,
            ip_len,
            transport,
            version,
            protocol,
            class,
            marks,
            path,
        }
    }

    /// Packet time.
    #[inline]
    #[must_use]
    pub const fn seen(&self) -> Timestamp {
        self.seen
    }

    /// Sender of the innermost layer; IPv4 in the low 32 bits.
    #[inline]
    #[must_use]
    pub const fn src(&self) -> u128 {
        self.src
    }

    /// Receiver of the innermost layer; IPv4 in the low 32 bits.
    #[inline]
    #[must_use]
    pub const fn dst(&self) -> u128 {
        self.dst
    }

    /// IP version of the innermost layer.
    #[inline]
    #[must_use]
    pub const fn version(&self) -> IpVersion {
        self.version
    }

    /// IANA protocol number of the innermost layer.
    #[inline]
    #[must_use]
    pub const fn protocol(&self) -> u8 {
        self.protocol
    }

    /// Transport of the innermost layer.
    #[inline]
    #[must_use]
    pub const fn transport(&self) -> Transport {
        self.transport
    }

    /// Frame length on the wire, in bytes.
    #[inline]
    #[must_use]
    pub const fn wire_len(&self) -> u32 {
        self.wire_len
    }

    /// IP total length of the innermost layer, in bytes.
    #[inline]
    #[must_use]
    pub const fn ip_len(&self) -> u32 {
        self.ip_len
    }

    /// Class of this packet's direction.
    #[inline]
    #[must_use]
    pub const fn class(&self) -> Class {
        self.class
    }

    /// The marks of this packet: [`Self::TRUNCATED`], [`Self::FRAGMENT`], [`Self::OPAQUE`],
    /// [`Self::BY_MORE_PAIRS`].
    #[inline]
    #[must_use]
    pub const fn marks(&self) -> u8 {
        self.marks
    }

    /// Tags and tunnels it came through.
    #[inline]
    #[must_use]
    pub const fn path(&self) -> &Path {
        &self.path
    }
}

/// What is left of a packet that was turned back: counts, and nothing that tells whose it was.
///
/// It has no place for an address:
///
/// ```compile_fail,E0560
/// use sekisho::gate::{Excluded, NetworkGroup, ProtocolGroup, Reason};
/// let excluded = Excluded {
///     reason: Reason::DomesticPair,
///     wire_len: 60,
///     network: NetworkGroup::V4,
///     protocol: ProtocolGroup::Tcp,
///     src: 0x0a00_0001,
/// };
/// ```
///
/// ```
/// use sekisho::gate::{Excluded, NetworkGroup, ProtocolGroup, Reason};
/// let excluded = Excluded {
///     reason: Reason::DomesticPair,
///     wire_len: 60,
///     network: NetworkGroup::V4,
///     protocol: ProtocolGroup::Tcp,
/// };
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Excluded {
    /// Why.
    pub reason: Reason,
    /// Frame length on the wire, in bytes.
    pub wire_len: u32,
    /// IP version of the innermost layer that was reached.
    pub network: NetworkGroup,
    /// Coarse protocol of that layer.
    pub protocol: ProtocolGroup,
}

impl Excluded {
    pub(super) fn of(headers: &Headers, reason: Reason) -> Self {
        let (network, protocol) = groups(headers);
        Self {
            reason,
            wire_len: headers.wire_len(),
            network,
            protocol,
        }
    }
}

fn groups(headers: &Headers) -> (NetworkGroup, ProtocolGroup) {
    match headers.innermost() {
        None => (NetworkGroup::None, ProtocolGroup::None),
        Some(layer) => (
            match layer.pair.version {
                IpVersion::V4 => NetworkGroup::V4,
                IpVersion::V6 => NetworkGroup::V6,
            },
            ProtocolGroup::of(layer.protocol),
        ),
    }
}

/// A usual packet that passed the gate, still in its headers: [`Admitted`] is made of it where it is
/// needed, and not copied on the way. Like that, it cannot be built anywhere else.
///
/// ```compile_fail,E0451
/// use sekisho::gate::Pass;
/// fn forge<'h>(passed: &Pass<'h>, headers: &'h sekisho::decode::Headers) -> Pass<'h> {
///     Pass { headers, ..*passed }
/// }
/// ```
///
/// ```
/// use sekisho::gate::{Admitted, Pass};
/// fn make(passed: &Pass<'_>) -> Admitted {
///     passed.admitted()
/// }
/// ```
pub struct Pass<'h> {
    headers: &'h Headers,
    layer: &'h Layer,
    class: Class,
}

impl Pass<'_> {
    /// The packet, by itself.
    #[inline(always)]
    #[must_use]
    pub fn admitted(&self) -> Admitted {
        Admitted::new(self.headers, self.layer, self.class, 0)
    }
}

/// Judges the usual packet, of one layer with nothing beside it, by the ends of that; nothing if it is
/// not so simple. It decides nothing differently from [`judge`], and copies less.
#[inline(always)]
pub(super) fn judge_usual<'h>(
    located: &Located<'h>,
    policy: &Policy,
) -> Option<Result<Pass<'h>, Excluded>> {
    let headers = located.headers();
    let layer = headers.only_layer()?;
    let ends = located.outermost();
    Some(match policy.verdict(ends.src, ends.dst) {
        PairVerdict::Admit(class) => Ok(Pass {
            headers,
            layer,
            class,
        }),
        PairVerdict::Exclude(reason) => Err(Excluded::of(headers, reason)),
    })
}

/// Judges a packet by every IP layer that it carries and by the pairs beside them (rules §2, §4):
/// admitted if and only if each of them is. Pure: the same located headers and policy give the same
/// verdict. `classes` becomes every class that an admitted packet could belong to, in any layer.
pub(super) fn judge(
    located: &Located<'_>,
    policy: &Policy,
    classes: &mut Authorisation,
) -> Result<Admitted, Excluded> {
    let headers = located.headers();
    // The first in the order of rules §5 decides; a certain domestic pair is the first of all.
    let mut worst: Option<Reason> = reason_of_stop(headers.stop(), true);
    let mut exclude = |reason: Reason| worst = Some(worst.map_or(reason, |old| old.min(reason)));
    let mut innermost = None;
    for (depth, (layer, ends)) in headers.layers().iter().zip(located.layers()).enumerate() {
        let verdict = policy.verdict(ends.src, ends.dst);
        match verdict {
            PairVerdict::Admit(class) => {
                *classes = classes.or(Authorisation::of(class));
                innermost = Some((layer, class));
            }
            PairVerdict::Exclude(_) if depth == 0 && located.softwire() => {}
            PairVerdict::Exclude(reason) if depth == 0 => exclude(reason),
            PairVerdict::Exclude(reason) => exclude(reason_inside(reason, Reason::TunnelDomestic)),
        }
    }
    for (ends, kind) in located.side_pairs() {
        match (policy.verdict(ends.src, ends.dst), kind) {
            (PairVerdict::Admit(class), SidePair::Routed) => {
                *classes = classes.or(Authorisation::of(class));
            }
            (PairVerdict::Admit(_), SidePair::Quoted)
            // What an error quotes went the other way, in a class of its own: only what could be
            // domestic–domestic or is no address at all keeps the error back.
            | (
                PairVerdict::Exclude(Reason::ClassNotAuthorised | Reason::NoAuthorisation),
                SidePair::Quoted,
            ) => {}
            (PairVerdict::Exclude(reason), SidePair::Routed) => exclude(reason),
            (PairVerdict::Exclude(reason), SidePair::Quoted) => {
                exclude(reason_inside(reason, Reason::QuotedDomestic));
            }
        }
    }
    match (worst, innermost) {
        (None, Some((layer, class))) => {
            let is_alone = headers.layers().len() == 1 && headers.side_pairs().is_empty();
            let more_pairs = if is_alone { 0 } else { Admitted::BY_MORE_PAIRS };
            Ok(Admitted::new(headers, layer, class, more_pairs))
        }
        (Some(reason), _) => Err(Excluded::of(headers, reason)),
        // No layer at all: decode does not hand this over, and it proves nothing.
        (None, None) => Err(Excluded::of(headers, Reason::Malformed)),
    }
}

/// The reason for a pair that is not the outermost: what could be domestic is named by where it was
/// found; what is certain, or wrong by itself, keeps its name.
const fn reason_inside(reason: Reason, could_be_domestic: Reason) -> Reason {
    match reason {
        Reason::Unlocated | Reason::SourceDisagreement | Reason::Anycast | Reason::NonGlobal => {
            could_be_domestic
        }
        _ => reason,
    }
}

/// The reason in where the descent ended: what was not reached, but could be IP, cannot be proved not
/// domestic. `has_layer`: an IP layer was reached before.
const fn reason_of_stop(stop: Stop, has_layer: bool) -> Option<Reason> {
    match stop {
        // Not known to be something other than IP.
        Stop::NotIp(NotIp::EtherType | NotIp::Llc) if has_layer => Some(Reason::TooDeep),
        Stop::Transport | Stop::LaterFragment | Stop::Opaque | Stop::NotIp(_) => None,
        Stop::UnsupportedLink => Some(Reason::UnsupportedLink),
        Stop::Truncated(_) => Some(Reason::Truncated),
        Stop::Malformed(_) => Some(Reason::Malformed),
        Stop::TooManyLayers | Stop::TooManyExtensions | Stop::NotDecoded(_) => {
            Some(Reason::TooDeep)
        }
    }
}

/// Turns back a frame in which no IP layer was reached.
pub(super) const fn turn_back(undecodable: Undecodable) -> Excluded {
    let reason = match reason_of_stop(undecodable.stop, false) {
        Some(reason) => reason,
        None => Reason::NonIp,
    };
    Excluded {
        reason,
        wire_len: undecodable.wire_len,
        network: NetworkGroup::None,
        protocol: ProtocolGroup::None,
    }
}

/// Whether a layer is a fragment, first or later.
pub(super) fn is_fragment(layer: &Layer) -> bool {
    layer.fragment != Fragment::Whole
}
