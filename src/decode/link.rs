//! The link types that captures usually have.

use super::headers::Headers;
use super::stop::{Header, NotIp, Stop};
use super::view::View;
use super::walk::{Kind, Step};
use super::{gre, link_odd, ppp, wifi};
use crate::source::LinkType;

/// Decodes the link header.
///
/// Numbers are those of the LINKTYPE_ registry, and the DLT_ values 12 and 14 that some systems
/// write for raw IP.
pub(super) fn link<'a>(link: LinkType, view: View<'a>, headers: &mut Headers) -> Step<'a> {
    match link.0 {
        1 => Ok((Kind::Ethernet, view)),
        0 | 108 => null(view),
        12 | 14 | 101 => Ok((Kind::Ip, view)),
        228 => Ok((Kind::Ipv4, view)),
        229 => Ok((Kind::Ipv6, view)),
        113 => linux_sll(view, headers),
        276 => linux_sll2(view, headers),
        9 => Ok((Kind::Ppp, view)),
        50 => ppp::serial(view),
        51 => Ok((Kind::Pppoe, view)),
        104 => Ok((Kind::CiscoHdlc, view)),
        // One byte of direction first.
        166 | 204 => Ok((Kind::Ppp, view.skip(1))),
        105 => Ok((Kind::Wifi { padded: false }, view)),
        127 => wifi::radiotap(view),
        119 | 163 => wifi::prism(view),
        192 => wifi::ppi(view),
        219 => Ok((Kind::Mpls, view)),
        _ => link_odd::link(link, view),
    }
}

/// BSD loopback (LINKTYPE_NULL, LINKTYPE_LOOP): an address family in the byte order of whoever
/// captured, or of the network. Families are small, so a large value is one read the wrong way round.
fn null(view: View<'_>) -> Step<'_> {
    let bytes = *view.need::<4>(Header::Link)?;
    let family = match u32::from_le_bytes(bytes) {
        little @ 0..=0xffff => little,
        _ => u32::from_be_bytes(bytes),
    };
    match family {
        2 => Ok((Kind::Ipv4, view.skip(4))),
        // AF_INET6 of Linux, Windows, the BSDs and macOS.
        10 | 23 | 24 | 28 | 30 => Ok((Kind::Ipv6, view.skip(4))),
        _ => Err(Stop::NotIp(NotIp::Other)),
    }
}

/// Linux cooked capture (LINKTYPE_LINUX_SLL).
fn linux_sll<'a>(view: View<'a>, headers: &mut Headers) -> Step<'a> {
    let [_, _, hardware_high, hardware_low, .., high, low] = *view.need::<16>(Header::Link)?;
    cooked(
        u16::from_be_bytes([hardware_high, hardware_low]),
        u16::from_be_bytes([high, low]),
        view.skip(16),
        headers,
    )
}

/// Linux cooked capture, second form (LINKTYPE_LINUX_SLL2).
fn linux_sll2<'a>(view: View<'a>, headers: &mut Headers) -> Step<'a> {
    let [high, low, _, _, _, _, _, _, hardware_high, hardware_low, ..] =
        *view.need::<20>(Header::Link)?;
    cooked(
        u16::from_be_bytes([hardware_high, hardware_low]),
        u16::from_be_bytes([high, low]),
        view.skip(20),
        headers,
    )
}

/// What a cooked capture carries depends on the device's hardware type (ARPHRD_) first.
fn cooked<'a>(hardware: u16, number: u16, view: View<'a>, headers: &mut Headers) -> Step<'a> {
    match (hardware, number) {
        // A GRE device: the protocol is GRE's, which differs from Ethernet's in a few numbers.
        (778, _) => {
            let fields = gre::Fields {
                any: false,
                sequence: false,
            };
            gre::payload(number, fields, view, headers)
        }
        // Netlink; 802.11 devices, whose frames begin in ways that the header does not tell.
        (824 | 801..=804, _) => Err(Stop::NotIp(NotIp::Other)),
        (_, 4) => Ok((Kind::Llc, view)),
        // Novell raw frames, loopback tests, CAN and other values that are no EtherTypes.
        (_, 0..0x600) => Err(Stop::NotIp(NotIp::Other)),
        _ => Ok((Kind::EtherType(number), view)),
    }
}
