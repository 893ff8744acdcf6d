//! MPLS label stacks with what they carry, and the network service header.

use super::headers::Headers;
use super::path::Tunnel;
use super::stop::{Carrier, Header, NotIp, Stop};
use super::view::View;
use super::walk::{Kind, Step};

/// Labels of one stack stepped over at most. *Guessed*: deep segment-routed stacks have ten.
const MAX_LABELS: usize = 32;

/// An MPLS label stack (RFC 3032 §2.1). Nothing says what it carries: the first nibble of the
/// payload must (RFC 4928 §3).
pub(super) fn mpls<'a>(view: View<'a>, headers: &mut Headers) -> Step<'a> {
    let mut inside = view;
    let mut bottom = false;
    for _ in 0..MAX_LABELS {
        let [_, _, third, _] = *inside.need::<4>(Header::Mpls)?;
        inside = inside.skip(4);
        bottom = third & 1 == 1;
        if bottom {
            break;
        }
    }
    if !bottom {
        return Err(Stop::TooManyLayers);
    }
    headers.path_mut().push_tunnel(Tunnel::Mpls);
    let nibble = inside.nibble().ok_or(inside.short(1, Header::Mpls))?;
    match nibble {
        4 => Ok((Kind::Ipv4, inside)),
        6 => Ok((Kind::Ipv6, inside)),
        // The associated channel (RFC 4385 §5): BFD, ping, not users' traffic.
        1 => Err(Stop::NotIp(NotIp::TunnelControl)),
        // An Ethernet pseudowire (RFC 4448 §4), with a control word or without.
        0 if inside.wire >= 18 => Ok((Kind::Ethernet, inside.skip(4))),
        _ if inside.wire >= 14 => Ok((Kind::Ethernet, inside)),
        _ => Err(Stop::NotIp(NotIp::Other)),
    }
}

/// The network service header (RFC 8300 §2.2).
pub(super) fn nsh<'a>(view: View<'a>, headers: &mut Headers) -> Step<'a> {
    let [_, length, _, next, ..] = *view.need::<8>(Header::Nsh)?;
    let length = usize::from(length & 0x3f) * 4;
    if length < 8 {
        return Err(Stop::Malformed(Header::Nsh));
    }
    if view.bytes.len() < length {
        return Err(view.short(length, Header::Nsh));
    }
    let kind = match next {
        1 => Kind::Ipv4,
        2 => Kind::Ipv6,
        3 => Kind::Ethernet,
        4 => Kind::Nsh,
        5 => Kind::Mpls,
        _ => return Err(Stop::NotDecoded(Carrier::Other)),
    };
    headers.path_mut().push_tunnel(Tunnel::Nsh);
    Ok((kind, view.skip(length)))
}
