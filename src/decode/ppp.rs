//! PPP in all its framings, PPPoE, and Cisco HDLC.

use super::headers::Headers;
use super::path::Tunnel;
use super::stop::{Carrier, Header, NotIp, Stop};
use super::view::View;
use super::walk::{Kind, Step};

/// PPPoE session packets (RFC 2516 §4); its discovery has another EtherType.
pub(super) fn pppoe<'a>(view: View<'a>, headers: &mut Headers) -> Step<'a> {
    let [_, code, _, _, high, low] = *view.need::<6>(Header::Pppoe)?;
    if code != 0 {
        return Err(Stop::NotIp(NotIp::PppoeControl));
    }
    headers.path_mut().push_tunnel(Tunnel::Pppoe);
    let length = usize::from(u16::from_be_bytes([high, low]));
    Ok((Kind::Ppp, headers.clip(view.skip(6), length)))
}

/// PPP (RFC 1661 §2), with or without the address and control bytes of RFC 1662, the protocol field
/// compressed or not.
pub(super) fn ppp(view: View<'_>) -> Step<'_> {
    // Captures called PPP hold Cisco HDLC on some systems; its address bytes are no PPP protocol.
    if let Some([0x0f | 0x8f, 0, _, _]) = view.first() {
        return Ok((Kind::CiscoHdlc, view));
    }
    let view = match view.first() {
        Some([0xff, 0x03]) => view.skip(2),
        _ => view,
    };
    let [first] = *view.need::<1>(Header::Ppp)?;
    let (number, view) = if first & 1 == 1 {
        (u16::from(first), view.skip(1))
    } else {
        let bytes = *view.need::<2>(Header::Ppp)?;
        (u16::from_be_bytes(bytes), view.skip(2))
    };
    match number {
        0x0021 => Ok((Kind::Ipv4, view)),
        0x0057 => Ok((Kind::Ipv6, view)),
        0x0281 | 0x0283 => Ok((Kind::Mpls, view)),
        // Compressed or bundled IP: Van Jacobson (RFC 1144), multilink (RFC 1990), bridging
        // (RFC 3518), header compression (RFC 2509, 3241), compressed datagrams (RFC 1962).
        0x002d | 0x002f | 0x003d | 0x0031 | 0x0061 | 0x0063 | 0x0065 | 0x0067 | 0x0069 | 0x0003
        | 0x0005 | 0x00fb | 0x00fd | 0x2063 | 0x2065 | 0x2067 | 0x2069 => {
            Err(Stop::NotDecoded(Carrier::Other))
        }
        // Encrypted datagrams (RFC 1968).
        0x0053 | 0x0055 => Err(Stop::Opaque),
        0x4000.. => Err(Stop::NotIp(NotIp::PppControl)),
        // OSI, XNS, DECnet, AppleTalk, IPX, Vines, NetBIOS, SNA; spanning tree.
        0x0023 | 0x0025 | 0x0027 | 0x0029 | 0x002b | 0x0035 | 0x003f | 0x004b | 0x004d | 0x0201
        | 0x0203 | 0x0205 | 0x0207 => Err(Stop::NotIp(NotIp::Other)),
        // Multiplexing (RFC 3153), and what we do not know.
        _ => Err(Stop::NotIp(NotIp::EtherType)),
    }
}

/// Captures of serial lines: PPP unless the address byte is Cisco's.
pub(super) fn serial(view: View<'_>) -> Step<'_> {
    match view.first() {
        Some([0x0f | 0x8f, _]) => cisco_hdlc(view),
        _ => ppp(view),
    }
}

/// Cisco HDLC: address, control, EtherType.
pub(super) fn cisco_hdlc(view: View<'_>) -> Step<'_> {
    let [_, _, high, low] = *view.need::<4>(Header::Ppp)?;
    match u16::from_be_bytes([high, low]) {
        // OSI; other small numbers are nobody's.
        0x00fe => Err(Stop::NotIp(NotIp::Other)),
        0..=1500 => Err(Stop::NotIp(NotIp::EtherType)),
        number => Ok((Kind::EtherType(number), view.skip(4))),
    }
}
