//! MPLS label stacks with what they carry, and the network service header.

use super::ethernet;
use super::headers::Headers;
use super::path::Tunnel;
use super::stop::{Carrier, Header, NotIp, Stop};
use super::view::View;
use super::walk::{self, Kind, Step};

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
    // Hardware addresses may begin with any nibble: what can also be read as an Ethernet frame with
    // IP in it, and not so well as what the nibble says, is taken for one, or for nothing.
    let plain = ethernet::leads_to_ip(inside);
    let behind_word = ethernet::leads_to_ip(inside.skip(4));
    let serial = match nibble {
        4 | 6 => None,
        0 => serial_packet(inside).or_else(|| serial_packet(inside.skip(4))),
        _ => serial_packet(inside),
    };
    match serial {
        Some(Serial::Packet(packet)) => walk::also(Kind::Ip, packet, headers)?,
        Some(Serial::Marked) => return Err(Stop::NotDecoded(Carrier::Other)),
        None => {}
    }
    match nibble {
        4 | 6 if plain && !is_packet(inside) => Err(Stop::NotDecoded(Carrier::Other)),
        4 | 6 => {
            // Addresses can be chosen so that a frame has the checksum of a packet: judged as both.
            if plain {
                walk::also(Kind::Ethernet, inside, headers)?;
            }
            Ok((Kind::Ip, inside))
        }
        // Cut where a frame behind a control word would tell that it is one.
        0 if plain && !behind_word && inside.is_cut(4 + 17) => Err(Stop::Truncated(Header::Mpls)),
        1 if plain && matches!(inside.u16(2), Some(0x0021 | 0x0057)) => {
            Err(Stop::NotDecoded(Carrier::Other))
        }
        1 if plain => Ok((Kind::Ethernet, inside)),
        1 if inside.is_cut(15) => Err(Stop::Truncated(Header::Mpls)),
        1 => channel(inside),
        // An Ethernet pseudowire (RFC 4448 §4), with a control word or without.
        0 if plain && behind_word => Err(Stop::NotDecoded(Carrier::Other)),
        // Neither leads to IP. A word begins with two bytes of 0 (RFC 4448 §4.6); else it may be a frame without
        // one, of a type that is not known.
        0 if !plain && !behind_word && inside.u16(0) != Some(0) => {
            Err(Stop::NotDecoded(Carrier::Other))
        }
        0 if inside.wire >= 18 && !plain => Ok((Kind::Ethernet, inside.skip(4))),
        // BIER (RFC 8296 §2.1.2) begins with a 5, and its numbers may look like a frame's.
        5 if !plain => Err(Stop::NotDecoded(Carrier::Other)),
        _ if inside.wire >= 14 => Ok((Kind::Ethernet, inside)),
        _ => Err(Stop::NotIp(NotIp::Other)),
    }
}

/// What a pseudowire of a serial line may carry.
enum Serial<'a> {
    /// A packet, by its checksum or length.
    Packet(View<'a>),
    /// What stands before says that a packet follows, and it may be one that is cut, or whose length lies.
    Marked,
}

/// The packet in what pseudowires of serial lines carry: PPP (RFC 4618), HDLC, frame relay (RFC 4619), ATM with
/// LLC (RFC 4717), IP behind a word. Hardware addresses may look like those, a packet by its checksum or length
/// hardly.
fn serial_packet(view: View<'_>) -> Option<Serial<'_>> {
    let (before, is_marked) = match view.bytes {
        [0xff, 0x03, 0x00, 0x21 | 0x57, ..] | [0x0f | 0x8f, _, 0x08, 0x00, ..] => (4, true),
        [0x0f | 0x8f, _, 0x86, 0xdd, ..] => (4, true),
        [0xff, 0x03, 0x21 | 0x57, ..] => (3, true),
        // No group of hardware addresses begins with these; with 0 many senders' do.
        [0x03, 0xcc | 0x8e, ..] => (2, true),
        [0x00, 0x21 | 0x57, ..] => (2, !ethernet::leads_to_ip(view)),
        [0x21 | 0x57, ..] => (1, true),
        [0xaa, 0xaa, 0x03, 0, 0, 0, 0x08, 0, ..] | [0xaa, 0xaa, 0x03, 0, 0, 0, 0x86, 0xdd, ..] => {
            (8, true)
        }
        [0x40..=0x4f | 0x60..=0x6f, ..] => (0, false),
        _ => return None,
    };
    let packet = view.skip(before);
    match packet.nibble() {
        Some(4 | 6) if is_packet(packet) || fits(packet) => Some(Serial::Packet(packet)),
        Some(4 | 6) | None if is_marked => Some(Serial::Marked),
        _ => None,
    }
}

/// Whether this may be an IPv6 packet with something behind it, as in what is quoted or lies open in ESP.
fn fits(view: View<'_>) -> bool {
    let length = view.u16(4).map(|length| 40 + usize::from(length));
    view.nibble() == Some(6) && length.is_some_and(|length| length <= view.wire)
}

/// The associated channel (RFC 4385 §5): BFD, ping, not users' traffic, but it may come as IP.
fn channel(view: View<'_>) -> Step<'_> {
    match view.u16(2) {
        Some(0x0021) => Ok((Kind::Ipv4, view.skip(4))),
        Some(0x0057) => Ok((Kind::Ipv6, view.skip(4))),
        // Numbers of the registry (RFC 5586 §10) whose messages hold no packet. Management and signalling
        // (RFC 5718) do, and of others it is not known.
        Some(0x0007 | 0x000a..=0x000e | 0x0022..=0x0028 | 0x0058) => {
            Err(Stop::NotIp(NotIp::TunnelControl))
        }
        _ => Err(Stop::NotDecoded(Carrier::Other)),
    }
}

/// Whether this is an IP packet by more than its first nibble: the checksum, or a fitting length.
pub(super) fn is_packet(view: View<'_>) -> bool {
    let (Some(first), Some(length)) = (view.u8(0), view.u16(4)) else {
        return false;
    };
    if first >> 4 == 6 {
        return view.wire == 40 + usize::from(length);
    }
    let header = view.bytes.get(..usize::from(first & 0x0f) * 4);
    let sum = header.unwrap_or_default().as_chunks::<2>().0;
    let sum: u32 = sum
        .iter()
        .map(|word| u32::from(u16::from_be_bytes(*word)))
        .sum();
    sum != 0 && sum.is_multiple_of(0xffff)
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
