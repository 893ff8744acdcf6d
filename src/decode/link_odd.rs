//! Link types that are seldom seen and cheap to step over: what old media, firewalls and converters
//! left in archives.

use super::stop::{Header, NotIp, Stop};
use super::view::View;
use super::walk::{Kind, Step};
use crate::source::LinkType;

/// Decodes a rare link header, or says that the link type is not decoded.
pub(super) fn link(link: LinkType, view: View<'_>) -> Step<'_> {
    match link.0 {
        6 => token_ring(view),
        8 => fixed::<16>(Kind::Ip, view),
        10 => fddi(view),
        11 => Ok((Kind::Llc, view)),
        107 => frame_relay(view),
        109 => fixed::<12>(Kind::Ip, view),
        117 => pflog(view),
        122 => fixed::<16>(Kind::Llc, view),
        123 => sun_atm(view),
        138 => apple_1394(view),
        239 => nflog(view),
        240 => fixed::<4>(Kind::Ethernet, view),
        _ => Err(Stop::UnsupportedLink),
    }
}

/// A header of fixed length that says nothing: SLIP with direction (16), OpenBSD enc (12), IP over
/// Fibre Channel (16), Hilscher netANALYZER (4).
fn fixed<const N: usize>(kind: Kind, view: View<'_>) -> Step<'_> {
    view.need::<N>(Header::Link)?;
    Ok((kind, view.skip(N)))
}

/// Token Ring (IEEE 802.5 §3), with its source-routing field.
fn token_ring(view: View<'_>) -> Step<'_> {
    let header = view.need::<14>(Header::Link)?;
    let [_, frame_control, .., source, _, _, _, _, _] = header;
    if frame_control >> 6 != 1 {
        return Err(Stop::NotIp(NotIp::Other));
    }
    let routing = if source & 0x80 == 0 {
        0
    } else {
        let [.., control, _] = *view.need::<16>(Header::Link)?;
        usize::from(control & 0x1f)
    };
    Ok((Kind::Llc, view.skip(14 + routing)))
}

/// FDDI (ISO 9314-2): only asynchronous LLC frames carry IP.
fn fddi(view: View<'_>) -> Step<'_> {
    let [frame_control, ..] = *view.need::<13>(Header::Link)?;
    if frame_control & 0xf0 != 0x50 {
        return Err(Stop::NotIp(NotIp::Other));
    }
    Ok((Kind::Llc, view.skip(13)))
}

/// SunATM: the low nibble of the first byte is the traffic type, 2 for LLC.
fn sun_atm(view: View<'_>) -> Step<'_> {
    let [flags, ..] = *view.need::<4>(Header::Link)?;
    if flags & 0x0f != 2 {
        return Err(Stop::NotIp(NotIp::Other));
    }
    Ok((Kind::Llc, view.skip(4)))
}

/// IP over IEEE 1394 as macOS captures it.
fn apple_1394(view: View<'_>) -> Step<'_> {
    let [.., high, low] = *view.need::<18>(Header::Link)?;
    let number = u16::from_be_bytes([high, low]);
    Ok((Kind::EtherType(number), view.skip(18)))
}

/// OpenBSD pf log: the first byte is its length before padding to four.
fn pflog(view: View<'_>) -> Step<'_> {
    let [length, ..] = *view.need::<4>(Header::Link)?;
    let length = usize::from(length).next_multiple_of(4);
    if length < 28 {
        return Err(Stop::Malformed(Header::Link));
    }
    if view.bytes.len() < length {
        return Err(view.short(length, Header::Link));
    }
    Ok((Kind::Ip, view.skip(length)))
}

/// Linux netfilter log: attributes of type, length and value in the byte order of little-endian
/// hosts; attribute 9 is the packet.
fn nflog(view: View<'_>) -> Step<'_> {
    /// *Guessed*: the kernel writes about ten.
    const MAX_ATTRIBUTES: usize = 64;
    let [family, ..] = *view.need::<4>(Header::Link)?;
    let mut rest = view.skip(4);
    for _ in 0..MAX_ATTRIBUTES {
        let Some([low, high, type_low, type_high]) = rest.first() else {
            break;
        };
        let length = usize::from(u16::from_le_bytes([*low, *high]));
        if length < 4 {
            return Err(Stop::Malformed(Header::Link));
        }
        if u16::from_le_bytes([*type_low, *type_high]) == 9 {
            let packet = rest.clip(length).skip(4);
            return match family {
                2 => Ok((Kind::Ipv4, packet)),
                10 => Ok((Kind::Ipv6, packet)),
                _ => Err(Stop::NotIp(NotIp::Other)),
            };
        }
        rest = rest.skip(length.next_multiple_of(4));
    }
    Err(Stop::NotIp(NotIp::Other))
}

/// Frame relay (Q.922 addresses of two to four bytes) with RFC 2427 or Cisco encapsulation.
fn frame_relay(view: View<'_>) -> Step<'_> {
    let address = view.bytes.iter().take(4).position(|byte| byte & 1 == 1);
    let header = address.map_or(4, |last| last + 1);
    let view = view.skip(header);
    let [control, next] = *view.need::<2>(Header::Link)?;
    if control != 3 {
        return match u16::from_be_bytes([control, next]) {
            0..=1500 => Err(Stop::NotIp(NotIp::Other)),
            number => Ok((Kind::EtherType(number), view.skip(2))),
        };
    }
    // A pad byte of 0 aligns what follows to an even offset.
    let view = view.skip(if next == 0 { 2 } else { 1 });
    let [protocol] = *view.need::<1>(Header::Link)?;
    let view = view.skip(1);
    match (protocol, view.first()) {
        (0xcc, _) => Ok((Kind::Ipv4, view)),
        (0x8e, _) => Ok((Kind::Ipv6, view)),
        (0x80, Some([0, 0, 0, high, low])) => {
            let number = u16::from_be_bytes([*high, *low]);
            Ok((Kind::EtherType(number), view.skip(5)))
        }
        // Bridged Ethernet, with a frame check sequence (1) or without (7).
        (0x80, Some([0, 0x80, 0xc2, 0, 1 | 7])) => Ok((Kind::Ethernet, view.skip(5))),
        _ => Err(Stop::NotIp(NotIp::Other)),
    }
}
