//! IPv6 (RFC 8200) and its extension headers.

use super::headers::{Fragment, Headers, IpVersion, Layer, MAX_EXTENSION_HEADERS, Pair, SidePair};
use super::path::Tunnel;
use super::stop::{Carrier, Header, Stop};
use super::transport::{AUTHENTICATION, TCP};
use super::udp;
use super::view::View;
use super::walk::{Kind, Step};
use etherparse::Ipv6HeaderSlice;

const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const NO_NEXT: u8 = 59;
const DESTINATION: u8 = 60;
const MOBILITY: u8 = 135;
const HIP: u8 = 139;
const SHIM6: u8 = 140;

/// Checks an IPv6 header: version 6 and whole.
pub(super) fn header(view: View<'_>) -> Result<Ipv6HeaderSlice<'_>, Stop> {
    Ipv6HeaderSlice::from_slice(view.bytes).map_err(|_| match view.nibble() {
        Some(6) | None => view.short(40, Header::Ipv6),
        Some(_) if view.bytes.len() < 40 => view.short(40, Header::Ipv6),
        Some(_) => Stop::Malformed(Header::Ipv6),
    })
}

/// Source and destination of an IPv6 header.
pub(super) fn pair(header: &Ipv6HeaderSlice<'_>) -> Pair {
    Pair {
        version: IpVersion::V6,
        src: u128::from_be_bytes(header.source()),
        dst: u128::from_be_bytes(header.destination()),
    }
}

/// The pair of a quoted header, where its addresses are there.
pub(super) fn quoted_pair(view: View<'_>) -> Option<Pair> {
    let [_, _, _, _, _, _, _, _, addresses @ ..] = view.first::<40>()?;
    Some(Pair {
        version: IpVersion::V6,
        src: u128::from_be_bytes(*addresses.first_chunk()?),
        dst: u128::from_be_bytes(*addresses.last_chunk()?),
    })
}

/// One IPv6 layer (RFC 8200 §3) with its extension headers (§4).
pub(super) fn ipv6<'a>(view: View<'a>, headers: &mut Headers) -> Step<'a> {
    let header = header(view)?;
    let next = header.next_header().0;
    let body = view.skip(40);
    let length = match (usize::from(header.payload_length()), next) {
        // Not only jumbograms: receivers take a length of 0 before options as all there is, too.
        (0, HOP_BY_HOP) => jumbo(body).unwrap_or(body.wire),
        (0, NO_NEXT) => 0,
        // Segmentation offload writes a length of 0; the frame then says how much there is.
        (0, _) => body.wire,
        (length, _) => length,
    };
    let layer = Layer {
        pair: pair(&header),
        protocol: next,
        ip_len: u32::try_from(length).unwrap_or(u32::MAX).saturating_add(40),
        fragment: Fragment::Whole,
    };
    if !headers.push_layer(layer) {
        return Err(Stop::TooManyLayers);
    }
    let own = Own {
        pair: layer.pair,
        since: headers.side_pairs().len(),
    };
    extensions(next, own, headers.clip(body, length), headers)
}

/// A layer's own ends, and the number of side pairs before its first.
#[derive(Clone, Copy)]
struct Own {
    pair: Pair,
    since: usize,
}

/// Steps over extension headers in any order (RFC 8200 §4.1 asks receivers to), at most
/// [`MAX_EXTENSION_HEADERS`]. The layer's protocol follows along.
fn extensions<'a>(next: u8, own: Own, body: View<'a>, headers: &mut Headers) -> Step<'a> {
    let (mut next, mut rest) = (next, body);
    for _ in 0..=MAX_EXTENSION_HEADERS {
        set_protocol(headers, next);
        let (following, length) = match next {
            // RFC 6275 §6.1.1, 7401 §5.1, 5533 §5.3: control, behind which nothing may follow.
            MOBILITY | HIP | SHIM6 if rest.u8(0) == Some(NO_NEXT) => return Err(Stop::Transport),
            HOP_BY_HOP | ROUTING | DESTINATION | MOBILITY | HIP | SHIM6 => {
                let [following, length, ..] = *fixed::<8>(rest, Header::Extension)?;
                (following, (usize::from(length) + 1) * 8)
            }
            FRAGMENT => {
                let [following, ..] = *fixed::<8>(rest, Header::Extension)?;
                (following, 8)
            }
            AUTHENTICATION => {
                let [following, length, ..] = *fixed::<12>(rest, Header::Authentication)?;
                (following, (usize::from(length) + 2) * 4)
            }
            _ => return Ok((Kind::Protocol(next), rest)),
        };
        let header = rest.clip(length);
        match next {
            ROUTING => routing(header, own, headers)?,
            DESTINATION => home_addresses(header, own, headers)?,
            AUTHENTICATION if header.bytes.len() == length => {
                headers.path_mut().push_tunnel(Tunnel::Ah);
                headers.settle_path();
            }
            FRAGMENT if fragment(header, rest.wire, headers) => {
                set_protocol(headers, following);
                return Err(Stop::LaterFragment);
            }
            _ => {}
        }
        if header.bytes.len() < length {
            set_protocol(headers, following);
            let is_pieced = headers.layers().iter().any(udp::is_first);
            return Err(beyond(next, following, length, is_pieced, rest));
        }
        rest = rest.skip(length);
        // What a first fragment does not hold is in the later ones.
        let more = next == FRAGMENT && header.u16(2).is_some_and(|field| field & 1 == 1);
        if more && headers.quotes() == 0 {
            rest = rest.continued();
        }
        next = following;
    }
    Err(Stop::TooManyExtensions)
}

/// The fixed part of an extension header. A packet that ends in it carries nothing behind it.
fn fixed<const N: usize>(rest: View<'_>, header: Header) -> Result<&[u8; N], Stop> {
    match rest.first() {
        Some(bytes) => Ok(bytes),
        None => Err(rest.absent(N, header)),
    }
}

/// Why the chain ends in a header that goes on beyond the end. Where the packet itself ends there,
/// nothing can follow, and where TCP or the like follows, no IP does as a rule: the layers there are decide. A
/// first fragment is no such end: its sender chose it. What of its addresses was captured has been judged.
fn beyond(number: u8, following: u8, length: usize, is_pieced: bool, rest: View<'_>) -> Stop {
    let listed = matches!(number, ROUTING | DESTINATION);
    let harmless = following == NO_NEXT || (!is_pieced && matches!(following, TCP | 33 | 132));
    let unseen = listed && rest.bytes.len() < rest.wire;
    if !unseen && (rest.wire < length || (harmless && !listed)) {
        Stop::Transport
    } else if number == AUTHENTICATION {
        Stop::Truncated(Header::Authentication)
    } else {
        Stop::Truncated(Header::Extension)
    }
}

fn set_protocol(headers: &mut Headers, protocol: u8) {
    if let Some(layer) = headers.innermost_mut() {
        layer.protocol = protocol;
    }
}

/// The jumbo payload option (RFC 2675 §2) in a hop-by-hop header.
fn jumbo(body: View<'_>) -> Option<usize> {
    let [_, length, ..] = *body.first::<8>()?;
    let options = body.clip((usize::from(length) + 1) * 8).tail(2);
    let length = option(options, 0xc2, 4)?.0;
    let length = u32::from_be_bytes(*length.first_chunk()?);
    // A shorter one is not valid, and clips nothing.
    usize::try_from(length)
        .ok()
        .filter(|length| *length > usize::from(u16::MAX))
}

/// The first of these options (RFC 8200 §4.2) of this type and length, and what follows it.
fn option(options: &[u8], wanted: u8, length: usize) -> Option<(&[u8], &[u8])> {
    let mut rest = options;
    while let [kind, after @ ..] = rest {
        // Pad1 is the one option without a length.
        if *kind == 0 {
            rest = after;
            continue;
        }
        let (size, after) = after.split_first()?;
        let (data, after) = after.split_at_checked(usize::from(*size))?;
        if *kind == wanted && data.len() == length {
            return Some((data, after));
        }
        rest = after;
    }
    None
}

/// Notes a fragment header (RFC 8200 §4.5); `true` where it is not the first fragment.
fn fragment(header: View<'_>, wire: usize, headers: &mut Headers) -> bool {
    let id = header.u32(4).unwrap_or(0);
    let at = header.u16(2).unwrap_or(0) & !7;
    let next = header.u8(0).unwrap_or(NO_NEXT);
    if let Some(layer) = headers.innermost_mut() {
        layer.fragment = if at == 0 {
            let end = u16::try_from(wire.saturating_sub(8)).unwrap_or(u16::MAX);
            Fragment::First { id, end, next }
        } else {
            Fragment::Later { id, at, next }
        };
    }
    at != 0
}

/// Every address of a routing header is judged as the receiver: type 0 (RFC 2460 §4.4), type 2
/// (RFC 6275 §6.4), type 3 (RFC 6554 §3) and type 4, segment routing (RFC 8754 §2).
fn routing(header: View<'_>, own: Own, headers: &mut Headers) -> Result<(), Stop> {
    let Some([_, _, kind, left, fifth, sixth, ..]) = header.first::<8>() else {
        return Ok(());
    };
    let addresses = header.tail(8).as_chunks::<16>().0;
    let count = match kind {
        0 => addresses.len(),
        2 => 1,
        // What follows the segments are options.
        4 => usize::from(*fifth.max(left)) + 1,
        3 => return compressed_route(header, (*fifth, *sixth), own, headers),
        // Receivers step over one that is used up, whatever it is; where else it leads is not known.
        _ if *left != 0 => return Err(Stop::NotDecoded(Carrier::Other)),
        _ => 0,
    };
    for address in addresses.iter().take(count) {
        let dst = u128::from_be_bytes(*address);
        routed(Pair { dst, ..own.pair }, own, headers)?;
    }
    Ok(())
}

/// RFC 6554 §3: addresses without the prefix that they share with the destination.
fn compressed_route(
    header: View<'_>,
    (elided, padding): (u8, u8),
    own: Own,
    headers: &mut Headers,
) -> Result<(), Stop> {
    let each = 16 - usize::from(elided >> 4);
    let last = 16 - usize::from(elided & 0x0f);
    let mut rest = header.tail(8);
    rest = rest
        .get(..rest.len().saturating_sub(usize::from(padding >> 4)))
        .unwrap_or_default();
    while !rest.is_empty() {
        let length = if rest.len() <= last { last } else { each };
        let Some((suffix, after)) = rest.split_at_checked(length) else {
            // The rest was sent, and not captured: the header ends beyond what is there.
            return if header.wire > header.bytes.len() {
                Ok(())
            } else {
                Err(Stop::Malformed(Header::Extension))
            };
        };
        let kept = u32::try_from(length * 8).unwrap_or(0);
        let prefix = own.pair.dst.unbounded_shr(kept).unbounded_shl(kept);
        let suffix = suffix
            .iter()
            .fold(0, |sum, byte| sum << 8 | u128::from(*byte));
        let dst = prefix | suffix;
        routed(Pair { dst, ..own.pair }, own, headers)?;
        rest = after;
    }
    Ok(())
}

/// The home address option (RFC 6275 §6.3): the sender's address where it is at home. There should be
/// one; all that there are, are judged.
fn home_addresses(header: View<'_>, own: Own, headers: &mut Headers) -> Result<(), Stop> {
    let mut rest = header.tail(2);
    while let Some((home, after)) = option(rest, 0xc9, 16) {
        if let Some(home) = home.first_chunk() {
            let src = u128::from_be_bytes(*home);
            routed(Pair { src, ..own.pair }, own, headers)?;
        }
        rest = after;
    }
    Ok(())
}

/// Notes a routed pair, and each end of it with the other ends of this layer: two hosts that are both
/// away from home name one home in an option and the other in a routing header.
fn routed(pair: Pair, own: Own, headers: &mut Headers) -> Result<(), Stop> {
    let before = headers.side_pairs().len();
    note(pair, headers)?;
    for at in own.since..before {
        let Some((other, _)) = headers.side_pairs().get(at).copied() else {
            break;
        };
        let crossed = if pair.src == own.pair.src {
            Pair {
                src: other.src,
                ..pair
            }
        } else {
            Pair {
                dst: other.dst,
                ..pair
            }
        };
        if crossed != pair && crossed != own.pair && crossed != other {
            note(crossed, headers)?;
        }
    }
    Ok(())
}

fn note(pair: Pair, headers: &mut Headers) -> Result<(), Stop> {
    if headers.push_side_pair(pair, SidePair::Routed) {
        Ok(())
    } else {
        Err(Stop::TooManyExtensions)
    }
}
