//! Ethernet, its tags, and 802.2 LLC/SNAP.

use super::headers::Headers;
use super::path::Tunnel;
use super::stop::{Carrier, Header, NotIp, Stop};
use super::view::View;
use super::walk::{Kind, Step};
use etherparse::SingleVlanHeaderSlice;

/// Values up to here are lengths of an 802.3 frame, not types (IEEE 802.3 §3.2.6).
const MAX_LENGTH: u16 = 1500;

/// Ethernet II or 802.3 (IEEE 802.3 §3.1.1), without the frame check sequence.
pub(super) fn ethernet(view: View<'_>) -> Step<'_> {
    let [.., high, low] = *view.need::<14>(Header::Link)?;
    let number = u16::from_be_bytes([high, low]);
    Ok((Kind::EtherType(number), view.skip(14)))
}

/// What an EtherType, or an 802.3 length, announces. Tags lead to the next type.
pub(super) fn ether_type<'a>(number: u16, view: View<'a>, headers: &mut Headers) -> Step<'a> {
    match number {
        0..=MAX_LENGTH => ieee_802_3(number, view, headers),
        0x0800 => Ok((Kind::Ipv4, view)),
        0x86dd => Ok((Kind::Ipv6, view)),
        0x8100 | 0x88a8 | 0x9100 | 0x9200 | 0x9300 => vlan(view, headers),
        0x8847 | 0x8848 => Ok((Kind::Mpls, view)),
        0x8864 => Ok((Kind::Pppoe, view)),
        0x880b => Ok((Kind::Ppp, view)),
        0x6558 => Ok((Kind::Ethernet, view)),
        0x894f => Ok((Kind::Nsh, view)),
        // 802.1ah: a service tag, then the customer's frame.
        0x88e7 => {
            view.need::<18>(Header::Link)?;
            headers.path_mut().push_tunnel(Tunnel::Pbb);
            Ok((Kind::Ethernet, view.skip(4)))
        }
        // Cisco FabricPath: a tag with a hop count, then the customer's frame.
        0x8903 => {
            view.need::<16>(Header::Link)?;
            Ok((Kind::Ethernet, view.skip(2)))
        }
        // VN-Tag; 802.1BR E-Tag; Cisco MetaData: the next type is in the tag's last two bytes.
        0x8926 => tag(6, view),
        0x893f | 0x8909 => tag(8, view),
        0x88e5 => macsec(view),
        0x8863 => Err(Stop::NotIp(NotIp::PppoeControl)),
        0x0806 | 0x8035 => Err(Stop::NotIp(NotIp::Arp)),
        0x88cc => Err(Stop::NotIp(NotIp::Lldp)),
        0x2001 => Err(nhrp(view)),
        // EAPOL, IPX, CFM, PTP, slow protocols, flow control, MRP, CDP, loopback, TRILL IS-IS.
        0x888e | 0x8137 | 0x8902 | 0x88f7 | 0x8809 | 0x8808 | 0x88f5 | 0x88f6 | 0x2000 | 0x9000
        | 0x22f4 => Err(Stop::NotIp(NotIp::Other)),
        _ => Err(Stop::NotIp(NotIp::EtherType)),
    }
}

/// An 802.1Q or 802.1ad tag; only the 12 bits of the identifier are named.
fn vlan<'a>(view: View<'a>, headers: &mut Headers) -> Step<'a> {
    let tag =
        SingleVlanHeaderSlice::from_slice(view.bytes).map_err(|_| view.short(4, Header::Vlan))?;
    headers.path_mut().push_vlan(tag.vlan_identifier().value());
    Ok((Kind::EtherType(tag.ether_type().0), view.skip(4)))
}

fn tag(length: usize, view: View<'_>) -> Step<'_> {
    let number = view
        .u16(length - 2)
        .ok_or(view.short(length, Header::Link))?;
    Ok((Kind::EtherType(number), view.skip(length)))
}

/// NHRP (RFC 2332 §5.2): requests and replies are about addresses; errors, and what others added (redirects
/// among them), quote packets.
pub(super) fn nhrp(view: View<'_>) -> Stop {
    match view.u8(17) {
        Some(1..=6) => Stop::NotIp(NotIp::Other),
        Some(_) => Stop::NotDecoded(Carrier::Other),
        None => view.absent(18, Header::Other),
    }
}

/// MACsec (IEEE 802.1AE §9.3). With integrity only, the frame lies open behind the tag. The 16 bytes of
/// check value at the end are not cut off: where a length lies, they are not there.
fn macsec(view: View<'_>) -> Step<'_> {
    let [control, ..] = *view.need::<6>(Header::Link)?;
    match control & 0x0c {
        0 => {}
        // Changed, but not encrypted: a cipher suite that is not known (§9.5).
        0x04 => return Err(Stop::NotDecoded(Carrier::Other)),
        _ => return Err(Stop::Opaque),
    }
    let tag = if control & 0x20 != 0 { 14 } else { 6 };
    let number = view.u16(tag).ok_or(view.short(tag + 2, Header::Link))?;
    Ok((Kind::EtherType(number), view.skip(tag + 2)))
}

/// An 802.3 frame: the type field is the length of what follows, and cuts off the padding.
fn ieee_802_3<'a>(length: u16, view: View<'a>, headers: &Headers) -> Step<'a> {
    let view = headers.clip(view, usize::from(length));
    if view.bytes.starts_with(&[0xff, 0xff]) {
        // Novell's raw 802.3: IPX without an LLC header.
        return Err(Stop::NotIp(NotIp::Other));
    }
    Ok((Kind::Llc, view))
}

/// 802.2 LLC (IEEE 802.2 §3.2), with SNAP (RFC 1042).
pub(super) fn llc(view: View<'_>) -> Step<'_> {
    let header = *view.need::<3>(Header::Llc)?;
    match header {
        [0xaa, 0xaa, 0x03] => snap(view),
        // SAP 6 is ARPANET IP (RFC 1042): rare, but it is IP.
        [0x06, 0x06, _] => Ok((Kind::Ip, view.skip(3))),
        [0xfe, 0xfe, 0x03] => osi(view.skip(3)),
        // Spanning tree, OSI, NetBIOS, IPX, SNA, global.
        [0x42 | 0xfe | 0xf0 | 0xe0 | 0x04 | 0xff, _, _] => Err(Stop::NotIp(NotIp::Other)),
        _ => Err(Stop::NotIp(NotIp::Llc)),
    }
}

/// What a network layer protocol identifier announces (ISO/IEC TR 9577; RFC 2427 §4.1, 2364 §4).
pub(super) fn osi(view: View<'_>) -> Step<'_> {
    let [identifier] = *view.need::<1>(Header::Llc)?;
    let inside = view.skip(1);
    match identifier {
        0xcc => Ok((Kind::Ipv4, inside)),
        0x8e => Ok((Kind::Ipv6, inside)),
        0xcf => Ok((Kind::Ppp, inside)),
        // CLNP, ES-IS, IS-IS.
        0x81..=0x83 => Err(Stop::NotIp(NotIp::Other)),
        _ => Err(Stop::NotIp(NotIp::Llc)),
    }
}

/// Whether this reads as an Ethernet frame that leads to IP, or to something that may.
pub(super) fn leads_to_ip(view: View<'_>) -> bool {
    let (Some(number), nibble) = (view.u16(12), view.u8(14).map(|byte| byte >> 4)) else {
        return false;
    };
    match number {
        0x0800 => nibble == Some(4),
        0x86dd => nibble == Some(6),
        0..=MAX_LENGTH => matches!(
            view.tail(14),
            [0xaa | 0xfe, 0xaa | 0xfe, 0x03, ..] | [0x06, 0x06, ..]
        ),
        0x8100 | 0x88a8 | 0x9100 | 0x9200 | 0x9300 | 0x8847 | 0x8848 | 0x8864 | 0x880b | 0x6558
        | 0x894f | 0x88e7 | 0x8903 | 0x8926 | 0x893f | 0x8909 | 0x88e5 => true,
        _ => false,
    }
}

fn snap(view: View<'_>) -> Step<'_> {
    let [_, _, _, organisation @ .., high, low] = *view.need::<8>(Header::Llc)?;
    let number = u16::from_be_bytes([high, low]);
    // RFC 1042's own code, and the bridge-tunnel encapsulation of IEEE 802.1H.
    if matches!(organisation, [0, 0, 0 | 0xf8]) && number > MAX_LENGTH {
        return Ok((Kind::EtherType(number), view.skip(8)));
    }
    match (organisation, number) {
        // Cisco's own: CDP, CGMP, VTP, DTP, PAgP, UDLD, PVST+. Others of its numbers hold whole frames
        // (in its trunks, the two bytes are a tag).
        ([0, 0, 0x0c], 0x2000 | 0x2001 | 0x2003 | 0x2004 | 0x0104 | 0x0111 | 0x010b)
        // AppleTalk.
        | ([0x08, 0, 0x07], 0x809b) => Err(Stop::NotIp(NotIp::Other)),
        _ => Err(Stop::NotIp(NotIp::Llc)),
    }
}
