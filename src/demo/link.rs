//! Link layers: tags, sessions, and the frames of every link type that the sensor reads.

use super::encap::{mpls, ppp};
use super::packet::{Kind, Pdu};
use crate::source::LinkType;

/// Receiver and sender of frames on the demonstration's mirror port: two routers, locally administered.
pub const MACS: [u8; 12] = [0x02, 0x5e, 0, 0, 0, 0x01, 0x02, 0x5e, 0, 0, 0, 0x02];

/// An Ethernet II frame. `macs`: receiver, sender.
#[must_use]
pub fn ethernet(macs: [u8; 12], inner: Pdu) -> Pdu {
    let mut header = [0; 14];
    header[..12].copy_from_slice(&macs);
    header[12..].copy_from_slice(&inner.kind.ether_type().to_be_bytes());
    inner.behind(Kind::Ethernet, &header)
}

/// A VLAN tag of this type (0x8100, 0x88a8 …) in front of `inner`.
#[must_use]
pub fn vlan(tag_type: u16, id: u16, inner: Pdu) -> Pdu {
    let mut header = [0; 4];
    header[..2].copy_from_slice(&(id & 0x0fff).to_be_bytes());
    header[2..].copy_from_slice(&inner.kind.ether_type().to_be_bytes());
    inner.behind(Kind::EtherType(tag_type), &header)
}

/// A `PPPoE` session packet around `inner`.
#[must_use]
pub fn pppoe(session: u16, inner: Pdu) -> Pdu {
    let framed = ppp(false, inner);
    let mut header = vec![0x11, 0];
    header.extend_from_slice(&session.to_be_bytes());
    header.extend_from_slice(&(framed.bytes.len() as u16).to_be_bytes());
    framed.behind(Kind::EtherType(0x8864), &header)
}

/// An 802.3 frame with LLC and SNAP around `inner`.
#[must_use]
pub fn snap(macs: [u8; 12], inner: Pdu) -> Pdu {
    let [high, low] = inner.kind.ether_type().to_be_bytes();
    let body = inner.behind(Kind::Ethernet, &[0xaa, 0xaa, 3, 0, 0, 0, high, low]);
    let mut header = [0; 14];
    header[..12].copy_from_slice(&macs);
    header[12..].copy_from_slice(&(body.bytes.len() as u16).to_be_bytes());
    body.behind(Kind::Ethernet, &header)
}

/// Ways to put an IP packet on a link; several share a link type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum Link {
    Ethernet,
    Vlan,
    /// 802.1ad outside, 802.1Q inside.
    Qinq,
    /// Two tags of 802.1Q inside a provider's.
    VlanStack,
    Mpls,
    /// Three labels.
    MplsStack,
    /// A pseudowire: Ethernet behind a control word.
    MplsEthernet,
    Pppoe,
    VlanPppoe,
    Snap,
    Sll,
    Sll2,
    Raw,
    /// LINKTYPE_IPV4 or LINKTYPE_IPV6, by the packet.
    RawVersion,
    Null,
    Loop,
    Ppp,
    PppSerial,
    PppoeLink,
    Wifi,
    Radiotap,
    RadiotapQos,
}

impl Link {
    /// All of them.
    pub const ALL: [Self; 22] = [
        Self::Ethernet,
        Self::Vlan,
        Self::Qinq,
        Self::VlanStack,
        Self::Mpls,
        Self::MplsStack,
        Self::MplsEthernet,
        Self::Pppoe,
        Self::VlanPppoe,
        Self::Snap,
        Self::Sll,
        Self::Sll2,
        Self::Raw,
        Self::RawVersion,
        Self::Null,
        Self::Loop,
        Self::Ppp,
        Self::PppSerial,
        Self::PppoeLink,
        Self::Wifi,
        Self::Radiotap,
        Self::RadiotapQos,
    ];

    /// The frame, and the type of its link. `macs`: receiver, sender.
    #[must_use]
    pub fn frame(self, macs: [u8; 12], packet: Pdu) -> (LinkType, Vec<u8>) {
        let number = match self {
            Self::Sll => 113,
            Self::Sll2 => 276,
            Self::Raw => 101,
            Self::RawVersion => {
                if packet.kind == Kind::Ipv6 {
                    229
                } else {
                    228
                }
            }
            Self::Null => 0,
            Self::Loop => 108,
            Self::Ppp => 9,
            Self::PppSerial => 50,
            Self::PppoeLink => 51,
            Self::Wifi => 105,
            Self::Radiotap | Self::RadiotapQos => 127,
            _ => 1,
        };
        (LinkType(number), self.bytes(macs, packet))
    }

    fn bytes(self, macs: [u8; 12], packet: Pdu) -> Vec<u8> {
        let sender = [macs[6], macs[7], macs[8], macs[9], macs[10], macs[11]];
        let framed = match self {
            Self::Ethernet => ethernet(macs, packet),
            Self::Vlan => ethernet(macs, vlan(0x8100, 101, packet)),
            Self::Qinq => ethernet(macs, vlan(0x88a8, 2_001, vlan(0x8100, 101, packet))),
            Self::VlanStack => {
                let tagged = vlan(0x8100, 30, vlan(0x8100, 31, packet));
                ethernet(macs, vlan(0x9100, 29, tagged))
            }
            Self::Mpls => ethernet(macs, mpls(&[16_001], packet)),
            Self::MplsStack => ethernet(macs, mpls(&[16_001, 24_012, 299_776], packet)),
            Self::MplsEthernet => {
                // Control word: a nibble of 0 tells it from IP (RFC 4385).
                let carried = ethernet(macs, packet).behind(Kind::Ethernet, &[0; 4]);
                ethernet(macs, mpls(&[16_001, 90], carried))
            }
            Self::Pppoe => ethernet(macs, pppoe(0x0a51, packet)),
            Self::VlanPppoe => ethernet(macs, vlan(0x8100, 7, pppoe(0x0a52, packet))),
            Self::Snap => snap(macs, packet),
            Self::Sll => sll(sender, packet),
            Self::Sll2 => sll2(sender, packet),
            Self::Raw | Self::RawVersion => packet,
            Self::Null | Self::Loop => family(self == Self::Loop, packet),
            Self::Ppp | Self::PppSerial => ppp(true, packet),
            Self::PppoeLink => pppoe(0x0a53, packet),
            Self::Wifi => wifi(macs, false, packet),
            Self::Radiotap => wifi(macs, false, packet).behind(Kind::Ethernet, &RADIOTAP),
            Self::RadiotapQos => wifi(macs, true, packet).behind(Kind::Ethernet, &RADIOTAP),
        };
        framed.bytes
    }
}

/// A radiotap header without fields.
const RADIOTAP: [u8; 8] = [0, 0, 8, 0, 0, 0, 0, 0];

/// Linux cooked capture: to us, over Ethernet.
fn sll(sender: [u8; 6], packet: Pdu) -> Pdu {
    let [high, low] = packet.kind.ether_type().to_be_bytes();
    let mut header = vec![0, 0, 0, 1, 0, 6];
    header.extend_from_slice(&sender);
    header.extend_from_slice(&[0, 0, high, low]);
    packet.behind(Kind::Ethernet, &header)
}

fn sll2(sender: [u8; 6], packet: Pdu) -> Pdu {
    let [high, low] = packet.kind.ether_type().to_be_bytes();
    let mut header = vec![high, low, 0, 0, 0, 0, 0, 3, 0, 1, 0, 6];
    header.extend_from_slice(&sender);
    header.extend_from_slice(&[0, 0]);
    packet.behind(Kind::Ethernet, &header)
}

/// NULL (little-endian, as most captures have it) or LOOP (big-endian): an address family.
fn family(big_endian: bool, packet: Pdu) -> Pdu {
    let number: u32 = if packet.kind == Kind::Ipv6 { 30 } else { 2 };
    let header = if big_endian {
        number.to_be_bytes()
    } else {
        number.to_le_bytes()
    };
    packet.behind(Kind::Ethernet, &header)
}

/// An unprotected 802.11 data frame from an access point, with or without quality of service.
fn wifi(macs: [u8; 12], qos: bool, packet: Pdu) -> Pdu {
    let [high, low] = packet.kind.ether_type().to_be_bytes();
    let mut header = vec![if qos { 0x88 } else { 0x08 }, 2, 0, 0];
    header.extend_from_slice(&macs);
    header.extend_from_slice(&macs[6..]);
    header.extend_from_slice(&[0x10, 0]);
    if qos {
        header.extend_from_slice(&[0, 0]);
    }
    header.extend_from_slice(&[0xaa, 0xaa, 3, 0, 0, 0, high, low]);
    packet.behind(Kind::Ethernet, &header)
}
