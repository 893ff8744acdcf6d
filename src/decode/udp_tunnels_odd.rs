//! Tunnels over UDP that are seldom seen: what they carry by design must not pass unjudged.

use super::headers::Headers;
use super::path::Tunnel;
use super::stop::{Carrier, Header, Stop};
use super::udp::CONTROL;
use super::udp_tunnels::cut;
use super::view::View;
use super::walk::{self, Kind, Step};

/// GUE (draft-ietf-intarea-gue §3): variant 0 names a protocol, variant 1 is the IP packet itself.
pub(super) fn gue<'a>(view: View<'a>, headers: &mut Headers) -> Step<'a> {
    if matches!(view.nibble(), Some(4 | 6)) {
        headers.path_mut().push_tunnel(Tunnel::Gue);
        return Ok((Kind::Ip, view));
    }
    let Some([first, protocol, _, _]) = view.first() else {
        return Err(cut(view, 4, Header::Other, |start| match start {
            [first, ..] => first >> 6 < 2,
            [] => true,
        }));
    };
    let length = 4 + usize::from(first & 0x1f) * 4;
    match first >> 5 {
        0 if view.bytes.len() < length => Err(view.absent(length, Header::Other)),
        0 => {
            headers.path_mut().push_tunnel(Tunnel::Gue);
            inner_protocol(*protocol, view.skip(length))
        }
        // The control bit.
        1 => Err(CONTROL),
        _ => Err(Stop::Transport),
    }
}

/// What a protocol number announces where no IP header is. Receivers go on with the one around all this, so
/// extension headers lead on as well.
fn inner_protocol(number: u8, view: View<'_>) -> Step<'_> {
    match number {
        0 | 43 | 44 | 60 | 135 | 139 | 140 => Err(Stop::NotDecoded(Carrier::Other)),
        _ => Ok((Kind::Protocol(number), view)),
    }
}

/// IPv6 in UDP as tunnel brokers set it up (RFC 5572 §3): their own messages begin otherwise.
pub(super) fn tsp<'a>(view: View<'a>, headers: &mut Headers) -> Step<'a> {
    match view.nibble() {
        Some(6) if view.wire >= 40 => {
            headers.path_mut().push_tunnel(Tunnel::SixInFour);
            Ok((Kind::Ipv6, view))
        }
        Some(_) => Err(Stop::Transport),
        None => Err(view.absent(40, Header::Other)),
    }
}

/// Whether this may be data of LWAPP (RFC 5412 §3), the forerunner of CAPWAP: version 0, and not control. Some
/// send a hardware address first; there the length must fit as well.
pub(super) fn may_be_lwapp(view: View<'_>) -> bool {
    let is_data = |view: View<'_>| view.u8(0).is_some_and(|first| first & 0xc4 == 0);
    let behind = view.skip(6);
    let fits = |length| 6 + usize::from(length) == behind.wire;
    is_data(view) || is_data(behind) && behind.u16(2).is_some_and(fits)
}

/// Automatic multicast tunnelling (RFC 7450 §5.1): queries and updates (4, 5) carry membership
/// messages with their IP headers, data (6) the packets.
pub(super) fn amt<'a>(view: View<'a>, headers: &mut Headers) -> Step<'a> {
    let Some(kind) = view.u8(0) else {
        return Err(view.absent(1, Header::Other));
    };
    let length = match kind {
        4 | 5 => 12,
        6 => 2,
        _ => return Err(Stop::Transport),
    };
    if view.bytes.len() <= length {
        return Err(view.absent(length + 1, Header::Other));
    }
    headers.path_mut().push_tunnel(Tunnel::Amt);
    Ok((Kind::Ip, view.skip(length)))
}

/// GTP of the first generation (3GPP TS 09.60 §9): twenty bytes, then the user's packet in type 255.
pub(super) fn gtp_0<'a>(view: View<'a>, headers: &mut Headers) -> Step<'a> {
    let Some([flags, kind]) = view.first() else {
        return Err(view.absent(2, Header::Gtpu));
    };
    // Charging (GTP') has the same port and not the bit.
    if flags & 0xf0 != 0x10 || *kind != 255 {
        return Err(Stop::Transport);
    }
    if view.bytes.len() <= 20 {
        return Err(view.absent(21, Header::Gtpu));
    }
    headers.path_mut().push_tunnel(Tunnel::Gtpu);
    Ok((Kind::Ip, view.skip(20)))
}

/// Mobile IP through NATs (RFC 3519 §3.3): type 4 carries what its second byte names.
pub(super) fn mobile_ip<'a>(view: View<'a>, headers: &mut Headers) -> Step<'a> {
    match view.first() {
        None => Err(view.absent(4, Header::Other)),
        Some([4, protocol, _, _]) => {
            headers.path_mut().push_tunnel(Tunnel::MobileIp);
            inner_protocol(*protocol, view.skip(4))
        }
        Some(_) => Err(Stop::Transport),
    }
}

/// Encapsulated control messages of LISP (RFC 9301 §5.8): type 8 carries a request as a packet between two
/// ends, whose pair is judged; what goes from here to there is the message.
pub(super) fn lisp_control<'a>(view: View<'a>, headers: &mut Headers) -> Step<'a> {
    match view.first() {
        None => Err(view.absent(4, Header::Other)),
        // Behind authentication data whose length is not here.
        Some([first, _, _, _]) if first & 0xf8 == 0x88 => Err(Stop::NotDecoded(Carrier::Other)),
        Some([first, _, _, _]) if first >> 4 == 8 => {
            walk::also(Kind::Ip, view.skip(4), headers)?;
            Err(CONTROL)
        }
        Some(_) => Err(Stop::Transport),
    }
}

/// TZSP: frames that a sniffer sends on, of version 1 and types 0 and 1, behind tagged fields.
pub(super) fn tzsp(view: View<'_>) -> Step<'_> {
    match view.first() {
        None => Err(view.absent(2, Header::Other)),
        Some([1, 0 | 1]) => Err(Stop::NotDecoded(Carrier::Other)),
        Some(_) => Err(Stop::Transport),
    }
}
