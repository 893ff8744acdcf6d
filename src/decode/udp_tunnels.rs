//! Tunnels over UDP.
//!
//! A port alone proves nothing: a datagram in which the tunnel's fixed header is not, or is another's,
//! is only UDP and judged by its own ends. Where the capture, or a first fragment, ends before the
//! addresses behind it, that is [`Stop::Truncated`]: it may have been the tunnel (rules §4).

use super::ethernet;
use super::headers::Headers;
use super::path::Tunnel;
use super::stop::{Carrier, Header, NotIp, Stop};
use super::udp::CONTROL;
use super::view::View;
use super::walk::{Kind, Step};

/// VXLAN (RFC 7348 §5): flag I says that there is a network identifier, and a frame.
pub(super) fn vxlan<'a>(view: View<'a>, headers: &mut Headers) -> Step<'a> {
    let Some([flags, _, _, next, _, _, _, _]) = view.first() else {
        // Whatever flags there are: without flag I, what follows decides.
        return Err(view.absent(8, Header::Vxlan));
    };
    // Some speak VXLAN-GPE on VXLAN's port: flag P. Receivers of VXLAN ignore that flag (RFC 7348 §5), so
    // where nobody knows what is next, a frame is one.
    let is_known = matches!(next, 1..=5);
    if flags & 0x04 != 0 && (is_known || *next != 0 && !ethernet::leads_to_ip(view.skip(8))) {
        return vxlan_gpe(view, headers);
    }
    // Without flag I it should be dropped; who does not look reads the frame.
    if flags & 0x08 == 0 {
        if view.wire <= 8 {
            return Err(Stop::Transport);
        }
        let is_empty = matches!(view.first(), Some([0, 0, 0, 0, _, _, _, 0]));
        if view.is_cut(26) {
            return Err(Stop::Truncated(Header::Vxlan));
        }
        if !is_empty && !ethernet::leads_to_ip(view.skip(8)) {
            return Err(Stop::Transport);
        }
    }
    headers.path_mut().push_tunnel(Tunnel::Vxlan);
    Ok((Kind::Ethernet, view.skip(8)))
}

/// VXLAN-GPE (draft-ietf-nvo3-vxlan-gpe §3): the next protocol counts with flag P; without, it is
/// VXLAN, though some senders forget the flag.
pub(super) fn vxlan_gpe<'a>(view: View<'a>, headers: &mut Headers) -> Step<'a> {
    let Some([flags, _, _, next, _, _, _, _]) = view.first() else {
        return Err(view.absent(8, Header::Vxlan));
    };
    let kind = match (flags & 0x04, next) {
        (_, 1) => Kind::Ipv4,
        (_, 2) => Kind::Ipv6,
        (_, 3) | (0, 0 | 5..) => Kind::Ethernet,
        (_, 4) => Kind::Nsh,
        _ => return Err(Stop::NotDecoded(Carrier::Other)),
    };
    headers.path_mut().push_tunnel(Tunnel::VxlanGpe);
    Ok((kind, view.skip(8)))
}

/// Geneve (RFC 8926 §3.4), version 0.
pub(super) fn geneve<'a>(view: View<'a>, headers: &mut Headers) -> Step<'a> {
    let Some([first, flags, high, low, _, _, _, _]) = view.first() else {
        return Err(cut(view, 8, Header::Geneve, |start| match start {
            [first, ..] => first >> 6 == 0,
            [] => true,
        }));
    };
    if first >> 6 != 0 {
        return Err(Stop::Transport);
    }
    let length = 8 + usize::from(first & 0x3f) * 4;
    if view.bytes.len() < length {
        return Err(view.short(length, Header::Geneve));
    }
    // Control messages may be IP packets, too: only what is not known is left alone in them.
    let unknown = if flags & 0x80 != 0 {
        CONTROL
    } else {
        Stop::NotDecoded(Carrier::Geneve)
    };
    let number = u16::from_be_bytes([*high, *low]);
    headers.path_mut().push_tunnel(Tunnel::Geneve);
    if number <= 1500 {
        return Err(unknown);
    }
    match ethernet::ether_type(number, view.skip(length), headers) {
        Err(Stop::NotIp(NotIp::EtherType)) => Err(unknown),
        step => step,
    }
}

/// GTP-U (3GPP TS 29.281 §5.1), with extension headers (§5.2); only type 255 carries users' packets.
pub(super) fn gtp_u<'a>(view: View<'a>, headers: &mut Headers) -> Step<'a> {
    /// *Guessed*: a handful are defined.
    const MAX_EXTENSIONS: usize = 16;
    let Some([flags, kind, _, _, _, _, _, _]) = view.first() else {
        return Err(cut(view, 8, Header::Gtpu, |start| match start {
            [flags, 255, ..] | [flags] => flags & 0xf0 == 0x30,
            [_, ..] => false,
            [] => true,
        }));
    };
    // Version 1, and not the charging protocol GTP'.
    if flags & 0xf0 != 0x30 {
        return Err(Stop::Transport);
    }
    if *kind != 255 {
        return Err(CONTROL);
    }
    let mut inside = view.skip(8);
    if flags & 0x07 != 0 {
        let [_, _, _, next] = *inside.need::<4>(Header::Gtpu)?;
        inside = inside.skip(4);
        let mut next = if flags & 0x04 != 0 { next } else { 0 };
        for _ in 0..MAX_EXTENSIONS {
            if next == 0 {
                break;
            }
            let [units] = *inside.need::<1>(Header::Gtpu)?;
            let length = usize::from(units) * 4;
            let last = length.checked_sub(1).ok_or(Stop::Malformed(Header::Gtpu))?;
            next = inside.u8(last).ok_or(inside.short(length, Header::Gtpu))?;
            inside = inside.skip(length);
        }
        if next != 0 {
            return Err(Stop::Malformed(Header::Gtpu));
        }
    }
    match inside.nibble() {
        Some(4 | 6) => {
            headers.path_mut().push_tunnel(Tunnel::Gtpu);
            Ok((Kind::Ip, inside))
        }
        // Ethernet or PPP of a session whose kind was agreed elsewhere.
        Some(_) => Err(Stop::NotDecoded(Carrier::Other)),
        None => Err(inside.absent(1, Header::Gtpu)),
    }
}

/// Teredo (RFC 4380 §5.1.1): an authentication (0, 1) and an origin (0, 0) indication may come first.
pub(super) fn teredo<'a>(view: View<'a>, headers: &mut Headers) -> Step<'a> {
    let mut inside = view;
    // One of each, in this order; in the other order, or again, they would hide what follows as well.
    for _ in 0..4 {
        match inside.first() {
            Some([0, 1, client, secret]) => {
                inside = inside.skip(13 + usize::from(*client) + usize::from(*secret));
            }
            Some([0, 0, _, _]) => inside = inside.skip(8),
            _ => break,
        }
    }
    match inside.nibble() {
        // Another indication, of which the capture holds only the beginning, where a packet still fits.
        Some(0) if inside.bytes.len() < 4 => Err(inside.absent(40, Header::Teredo)),
        Some(6) if inside.bytes.len() >= 40 => {
            headers.path_mut().push_tunnel(Tunnel::Teredo);
            Ok((Kind::Ipv6, inside))
        }
        Some(6) | None => Err(inside.absent(40, Header::Teredo)),
        // A fifth indication.
        Some(_) if matches!(inside.first(), Some([0, 0 | 1])) => Err(Stop::TooManyLayers),
        Some(_) => Err(Stop::Transport),
    }
}

/// L2TP over UDP: version 2 (RFC 2661 §3.1) carries PPP; version 3 (RFC 3931 §4.1.2) what its session
/// agreed.
pub(super) fn l2tp<'a>(view: View<'a>, headers: &mut Headers) -> Step<'a> {
    let Some([first, second, _, _, _, _]) = view.first() else {
        return Err(cut(view, 6, Header::L2tp, |start| match start {
            // The first bit says control; in L2F it does not.
            [first, second, ..] => match second & 0x0f {
                1 => true,
                2 | 3 => first & 0x80 == 0,
                _ => false,
            },
            _ => true,
        }));
    };
    let flags = u16::from_be_bytes([*first, *second]);
    let is_control = flags & 0x8000 != 0;
    match flags & 0x0f {
        2 | 3 if is_control => return Err(CONTROL),
        2 => {}
        3 => return Err(Stop::NotDecoded(Carrier::L2tpv3)),
        // L2F (RFC 2341 §4.2), its forerunner on the same port: protocol 1 is its own, others are users'.
        1 if view.u8(2) == Some(1) => return Err(CONTROL),
        1 => return Err(Stop::NotDecoded(Carrier::Other)),
        _ => return Err(Stop::Transport),
    }
    let mut length = 6;
    if flags & 0x4000 != 0 {
        length += 2;
    }
    if flags & 0x0800 != 0 {
        length += 4;
    }
    if flags & 0x0200 != 0 {
        let offset = view
            .u16(length)
            .ok_or(view.short(length + 2, Header::L2tp))?;
        length += 2 + usize::from(offset);
    }
    if view.bytes.len() <= length {
        return Err(view.absent(length + 1, Header::L2tp));
    }
    headers.path_mut().push_tunnel(Tunnel::L2tp);
    Ok((Kind::Ppp, view.skip(length)))
}

/// LISP data (RFC 9300 §5.1): eight bytes, then IP. Answers go to any port, so there only what looks
/// like IP is taken for it.
pub(super) fn lisp<'a>(view: View<'a>, headers: &mut Headers, to_port: bool) -> Step<'a> {
    if view.bytes.len() < 28 {
        return Err(view.absent(28, Header::Other));
    }
    // Flag P (RFC 9305 §3): the last byte before the instance says what follows. Others ignore it.
    let says_ip = match view.first() {
        Some([flags, _, _, next]) => flags & 0x04 == 0 || matches!(next, 1 | 2),
        None => false,
    };
    if !says_ip && ethernet::leads_to_ip(view.skip(8)) {
        return Err(Stop::NotDecoded(Carrier::Other));
    }
    match view.skip(8).nibble() {
        Some(4 | 6) => {
            headers.path_mut().push_tunnel(Tunnel::Lisp);
            Ok((Kind::Ip, view.skip(8)))
        }
        _ if to_port => Err(Stop::NotDecoded(Carrier::Other)),
        _ => Err(Stop::Transport),
    }
}

/// AYIYA (draft-massar-v6ops-ayiya-02 §3), obsolete since 2017 but in archives.
pub(super) fn ayiya<'a>(view: View<'a>, headers: &mut Headers) -> Step<'a> {
    let Some([identity, signature, operation, next, _, _, _, _]) = view.first() else {
        return Err(cut(view, 8, Header::Other, |start| match start {
            [_, _, operation, ..] => operation & 0x0f == 1,
            _ => true,
        }));
    };
    let length = 8 + (1 << (identity >> 4)) + usize::from(signature >> 4) * 4;
    if operation & 0x0f != 1 {
        return Err(Stop::Transport);
    }
    if view.bytes.len() < length {
        return Err(view.absent(length, Header::Other));
    }
    let kind = match next {
        41 => Kind::Ipv6,
        4 => Kind::Ipv4,
        // Nothing: it is asked whether the other end lives.
        59 => return Err(Stop::Transport),
        _ => return Err(Stop::NotDecoded(Carrier::Other)),
    };
    headers.path_mut().push_tunnel(Tunnel::Ayiya);
    Ok((kind, view.skip(length)))
}

/// Why there is nothing behind a fixed header of `count` bytes that is not all there: it was cut off,
/// unless what there is of it shows that it is none, or none that carries users' packets.
pub(super) fn cut(
    view: View<'_>,
    count: usize,
    header: Header,
    may_be: impl Fn(&[u8]) -> bool,
) -> Stop {
    if may_be(view.bytes) {
        view.absent(count, header)
    } else {
        Stop::Transport
    }
}
