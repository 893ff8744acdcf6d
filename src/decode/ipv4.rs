//! IPv4 (RFC 791).

use super::headers::{Fragment, Headers, IpVersion, Layer, Pair, SidePair};
use super::stop::{Header, Stop};
use super::view::View;
use super::walk::{Kind, Step};
use etherparse::Ipv4HeaderSlice;

/// Checks an IPv4 header: version 4, whole, not shorter than it says, and a total length that holds
/// it (in a quote it may have been changed). A wrong checksum does not change whose packet it is.
fn header<'a>(view: View<'a>, headers: &Headers) -> Result<Ipv4HeaderSlice<'a>, Stop> {
    let [first, _, high, low, ..] = *view.need::<20>(Header::Ipv4)?;
    let length = usize::from(first & 0x0f) * 4;
    let total = usize::from(u16::from_be_bytes([high, low]));
    let is_short = total != 0 && total < length && headers.quotes() == 0;
    if first >> 4 != 4 || length < 20 || is_short {
        return Err(Stop::Malformed(Header::Ipv4));
    }
    Ipv4HeaderSlice::from_slice(view.bytes).map_err(|_| view.short(length, Header::Ipv4))
}

/// Source and destination of an IPv4 header.
pub(super) fn pair(header: &Ipv4HeaderSlice<'_>) -> Pair {
    Pair {
        version: IpVersion::V4,
        src: u128::from(u32::from_be_bytes(header.source())),
        dst: u128::from(u32::from_be_bytes(header.destination())),
    }
}

/// The pair of a quoted header, where its addresses are there.
pub(super) fn quoted_pair(view: View<'_>) -> Option<Pair> {
    let [
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        s0,
        s1,
        s2,
        s3,
        d0,
        d1,
        d2,
        d3,
    ] = *view.first()?;
    Some(Pair {
        version: IpVersion::V4,
        src: u128::from(u32::from_be_bytes([s0, s1, s2, s3])),
        dst: u128::from(u32::from_be_bytes([d0, d1, d2, d3])),
    })
}

/// One IPv4 layer (RFC 791 §3.1).
pub(super) fn ipv4<'a>(view: View<'a>, headers: &mut Headers) -> Step<'a> {
    let header = match header(view, headers) {
        Ok(header) => header,
        Err(stop) => return Err(cut_quote(view, stop, headers)),
    };
    // Segmentation offload writes a length of 0; the frame then says how much there is.
    let total = match usize::from(header.total_len()) {
        0 => view.wire,
        _ if headers.quotes() > 0 => view.wire,
        total => total,
    };
    let id = u32::from(header.identification());
    let held = total.saturating_sub(header.slice().len());
    let next = header.protocol().0;
    let fragment = match (header.fragments_offset().value(), header.more_fragments()) {
        (0, false) => Fragment::Whole,
        (0, true) => Fragment::First {
            id,
            end: u16::try_from(held).unwrap_or(u16::MAX),
            next,
        },
        (offset, _) => Fragment::Later {
            id,
            at: offset * 8,
            next,
        },
    };
    let pair = pair(&header);
    let layer = Layer {
        pair,
        protocol: next,
        ip_len: u32::try_from(total).unwrap_or(u32::MAX),
        fragment,
    };
    if !headers.push_layer(layer) {
        return Err(Stop::TooManyLayers);
    }
    source_routes(header.options(), pair, headers)?;
    if let Fragment::Later { .. } = fragment {
        return Err(Stop::LaterFragment);
    }
    let inside = view.clip(total).skip(header.slice().len());
    // What a first fragment does not hold is in the later ones; what a quote does not hold is nowhere.
    let inside = match fragment {
        Fragment::First { .. } if headers.quotes() == 0 => inside.continued(),
        _ => inside,
    };
    Ok((Kind::Protocol(next), inside))
}

/// A header of which a quote holds only the beginning is judged by what is there.
#[cold]
fn cut_quote(view: View<'_>, stop: Stop, headers: &mut Headers) -> Stop {
    let Some(pair) = quoted_pair(view) else {
        return stop;
    };
    if headers.quotes() == 0 || view.nibble() != Some(4) {
        return stop;
    }
    let layer = Layer {
        pair,
        protocol: view.u8(9).unwrap_or(0),
        ip_len: 0,
        fragment: Fragment::Whole,
    };
    if !headers.push_layer(layer) {
        return Stop::TooManyLayers;
    }
    let listed = source_routes(view.tail(20), pair, headers);
    // The options go on where the capture, or a first fragment, does not.
    let length = view.u8(0).map_or(0, |first| usize::from(first & 0x0f) * 4);
    if view.bytes.len() < length.min(view.wire) {
        return Stop::Truncated(Header::Ipv4);
    }
    listed.err().unwrap_or(stop)
}

/// Loose and strict source routes (RFC 791 §3.1, options 131 and 137) not yet used up, and lists of
/// receivers: every listed address is judged as the receiver. Options that contradict themselves are left alone: the header's
/// own addresses stand.
fn source_routes(options: &[u8], pair: Pair, headers: &mut Headers) -> Result<(), Stop> {
    let mut rest = options;
    while let [kind, after @ ..] = rest {
        match (kind, after) {
            (0, _) => break,
            (1, _) => rest = after,
            (kind, [length, ..]) => {
                if *length < 2 {
                    break;
                }
                // One that is longer than the header is read as far as that goes.
                let (option, next) = rest
                    .split_at_checked(usize::from(*length))
                    .unwrap_or((rest, &[]));
                match (kind, option) {
                    (131 | 137, [_, _, pointer, route @ ..])
                        if usize::from(*pointer) + 3 <= usize::from(*length) =>
                    {
                        listed(route, pair, headers)?;
                    }
                    // To several receivers (RFC 1770).
                    (149, [_, _, receivers @ ..]) => listed(receivers, pair, headers)?,
                    _ => {}
                }
                rest = next;
            }
            _ => break,
        }
    }
    Ok(())
}

fn listed(route: &[u8], pair: Pair, headers: &mut Headers) -> Result<(), Stop> {
    for address in route.as_chunks::<4>().0 {
        let dst = u128::from(u32::from_be_bytes(*address));
        if !headers.push_side_pair(Pair { dst, ..pair }, SidePair::Routed) {
            return Err(Stop::TooManyExtensions);
        }
    }
    Ok(())
}
