//! IPv6 (RFC 8200) and its extension headers.

use super::headers::{Fragment, Headers, IpVersion, Layer, MAX_EXTENSION_HEADERS, Pair, SidePair};
use super::path::Tunnel;
use super::stop::{Header, Stop};
use super::transport::{AUTHENTICATION, ESP, TCP};
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

/// One IPv6 layer (RFC 8200 §3) with its extension headers (§4).
pub(super) fn ipv6<'a>(view: View<'a>, headers: &mut Headers) -> Step<'a> {
    let header = header(view)?;
    let next = header.next_header().0;
    let body = view.skip(40);
    let length = match (usize::from(header.payload_length()), next) {
        (0, HOP_BY_HOP) => jumbo(body).unwrap_or(0),
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
    extensions(next, layer.pair, body.clip(length), headers)
}

/// Steps over extension headers in any order (RFC 8200 §4.1 asks receivers to), at most
/// [`MAX_EXTENSION_HEADERS`]. The layer's protocol follows along.
fn extensions<'a>(next: u8, pair: Pair, body: View<'a>, headers: &mut Headers) -> Step<'a> {
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
            ROUTING => routing(header, pair, headers)?,
            DESTINATION => home_address(header, pair, headers)?,
            AUTHENTICATION if header.bytes.len() == length => {
                headers.path_mut().push_tunnel(Tunnel::Ah);
                headers.settle_path();
            }
            FRAGMENT if fragment(header, headers) => {
                set_protocol(headers, following);
                return Err(Stop::LaterFragment);
            }
            _ => {}
        }
        if header.bytes.len() < length {
            set_protocol(headers, following);
            return Err(beyond(next, following, length, rest));
        }
        next = following;
        rest = rest.skip(length);
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
/// nothing can follow, and where TCP or the like follows, no IP can: the layers there are decide. What
/// of its addresses is there has been judged.
fn beyond(number: u8, following: u8, length: usize, rest: View<'_>) -> Stop {
    let listed = matches!(number, ROUTING | DESTINATION);
    let harmless = matches!(following, TCP | ESP | NO_NEXT | 33 | 132 | 136);
    if rest.wire < length || (harmless && !listed) {
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
    let length = option(body.clip((usize::from(length) + 1) * 8), 0xc2, 4)?;
    let length = u32::from_be_bytes(*length.first_chunk()?);
    Some(usize::try_from(length).unwrap_or(usize::MAX))
}

/// The first option of this type and length in an options header (RFC 8200 §4.2).
fn option(header: View<'_>, wanted: u8, length: usize) -> Option<&[u8]> {
    let mut rest = header.tail(2);
    while let [kind, after @ ..] = rest {
        // Pad1 is the one option without a length.
        if *kind == 0 {
            rest = after;
            continue;
        }
        let (size, after) = after.split_first()?;
        let (data, after) = after.split_at_checked(usize::from(*size))?;
        if *kind == wanted && data.len() == length {
            return Some(data);
        }
        rest = after;
    }
    None
}

/// Notes a fragment header (RFC 8200 §4.5); `true` where it is not the first fragment.
fn fragment(header: View<'_>, headers: &mut Headers) -> bool {
    let id = header.u32(4).unwrap_or(0);
    let later = header.u16(2).is_some_and(|offset| offset >> 3 != 0);
    if let Some(layer) = headers.innermost_mut() {
        layer.fragment = if later {
            Fragment::Later { id }
        } else {
            Fragment::First { id }
        };
    }
    later
}

/// Every address of a routing header is judged as the receiver: type 0 (RFC 2460 §4.4), type 2
/// (RFC 6275 §6.4), type 3 (RFC 6554 §3) and type 4, segment routing (RFC 8754 §2).
fn routing(header: View<'_>, pair: Pair, headers: &mut Headers) -> Result<(), Stop> {
    let Some([_, _, kind, _left, fifth, sixth, ..]) = header.first::<8>() else {
        return Ok(());
    };
    let addresses = header.tail(8).as_chunks::<16>().0;
    let count = match kind {
        0 => addresses.len(),
        2 => 1,
        // What follows the segments are options.
        4 => usize::from(*fifth) + 1,
        3 => return compressed_route(header, (*fifth, *sixth), pair, headers),
        _ => 0,
    };
    for address in addresses.iter().take(count) {
        routed(
            Pair {
                dst: u128::from_be_bytes(*address),
                ..pair
            },
            headers,
        )?;
    }
    Ok(())
}

/// RFC 6554 §3: addresses without the prefix that they share with the destination.
fn compressed_route(
    header: View<'_>,
    (elided, padding): (u8, u8),
    pair: Pair,
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
            return Err(Stop::Malformed(Header::Extension));
        };
        let kept = u32::try_from(length * 8).unwrap_or(0);
        let prefix = pair.dst.unbounded_shr(kept).unbounded_shl(kept);
        let suffix = suffix
            .iter()
            .fold(0, |sum, byte| sum << 8 | u128::from(*byte));
        routed(
            Pair {
                dst: prefix | suffix,
                ..pair
            },
            headers,
        )?;
        rest = after;
    }
    Ok(())
}

/// The home address option (RFC 6275 §6.3): the sender's address where it is at home.
fn home_address(header: View<'_>, pair: Pair, headers: &mut Headers) -> Result<(), Stop> {
    let home = option(header, 0xc9, 16).and_then(|home| home.first_chunk());
    match home {
        Some(home) => routed(
            Pair {
                src: u128::from_be_bytes(*home),
                ..pair
            },
            headers,
        ),
        None => Ok(()),
    }
}

fn routed(pair: Pair, headers: &mut Headers) -> Result<(), Stop> {
    if headers.push_side_pair(pair, SidePair::Routed) {
        Ok(())
    } else {
        Err(Stop::TooManyExtensions)
    }
}
