//! Tunnels: an IP packet goes in, an IP packet comes out.

use super::extensions::authentication;
use super::link::ethernet;
use super::packet::{Ends, Kind, Pdu, ip, udp};
use super::rng::Rng;

/// Every way in which one IP packet can carry another here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum Wrap {
    /// IP straight in IP: IPIP, 6in4, 4in6 or 6in6, by the versions of the two.
    Ip,
    Gre,
    GreKeyed,
    /// With checksum, key and sequence number.
    GreFull,
    /// GRE that carries an Ethernet frame.
    GreBridged,
    Erspan1,
    Erspan2,
    Erspan3,
    Vxlan,
    VxlanGpe,
    Geneve,
    GeneveOptions,
    /// Geneve that carries an Ethernet frame.
    GeneveBridged,
    Gtpu,
    GtpuExtension,
    /// IPv6 only; IPv4 in it is put in IPv6 first.
    Teredo,
    /// With authentication and origin indication in front.
    TeredoIndicated,
    L2tp,
    L2tpSequenced,
    /// L2TPv3 over UDP: what its session carries cannot be told from the packet.
    L2tpv3,
    /// L2TPv3 over IP (115), likewise.
    L2tpv3Ip,
    /// IP in an authentication header.
    Ah,
    Etherip,
    MplsInUdp,
    MplsInIp,
}

impl Wrap {
    /// All of them.
    pub const ALL: [Self; 25] = [
        Self::Ip,
        Self::Gre,
        Self::GreKeyed,
        Self::GreFull,
        Self::GreBridged,
        Self::Erspan1,
        Self::Erspan2,
        Self::Erspan3,
        Self::Vxlan,
        Self::VxlanGpe,
        Self::Geneve,
        Self::GeneveOptions,
        Self::GeneveBridged,
        Self::Gtpu,
        Self::GtpuExtension,
        Self::Teredo,
        Self::TeredoIndicated,
        Self::L2tp,
        Self::L2tpSequenced,
        Self::L2tpv3,
        Self::L2tpv3Ip,
        Self::Ah,
        Self::Etherip,
        Self::MplsInUdp,
        Self::MplsInIp,
    ];

    /// Whether rules §4 lets a sensor look inside: not into L2TPv3 without its session.
    #[must_use]
    pub const fn is_transparent(self) -> bool {
        !matches!(self, Self::L2tpv3 | Self::L2tpv3Ip)
    }

    /// Puts the IP packet `inner` into a tunnel between `outer`. `macs` are those of a bridged frame
    /// in between (receiver, sender).
    #[must_use]
    pub fn wrap(self, outer: Ends, macs: [u8; 12], inner: Pdu, rng: &mut Rng) -> Pdu {
        // A sending port as tunnel ends choose it: from the dynamic range, by flow.
        let port = 49_152 + (rng.next() % 16_384) as u16;
        let id = rng.next() as u32;
        let bridged = |inner: Pdu| ethernet(macs, inner);
        let over_udp = |to: u16, payload: &[u8]| udp(outer, port, to, payload);
        let carried = match self {
            Self::Ip => inner,
            Self::Gre => gre(Gre::default(), inner),
            Self::GreKeyed => gre(
                Gre {
                    key: Some(id),
                    ..Gre::default()
                },
                inner,
            ),
            Self::GreFull => gre(
                Gre {
                    check: true,
                    key: Some(id),
                    sequence: Some(7),
                },
                inner,
            ),
            Self::GreBridged => gre(Gre::default(), bridged(inner)),
            Self::Erspan1 => erspan1(&bridged(inner)),
            Self::Erspan2 => erspan2(id, &bridged(inner)),
            Self::Erspan3 => erspan3(id, &bridged(inner)),
            Self::Vxlan => over_udp(4_789, &vxlan(id, &bridged(inner))),
            Self::VxlanGpe => over_udp(4_790, &vxlan_gpe(id, &inner)),
            Self::Geneve => over_udp(6_081, &geneve(id, &[], &inner)),
            Self::GeneveOptions => {
                let options = [1, 2, 0x80, 1, 0, 0, 0, 9, 0, 1, 2, 0];
                over_udp(6_081, &geneve(id, &options, &inner))
            }
            Self::GeneveBridged => over_udp(6_081, &geneve(id, &[], &bridged(inner))),
            Self::Gtpu => udp(outer, 2_152, 2_152, &gtpu(id, false, &inner)),
            Self::GtpuExtension => udp(outer, 2_152, 2_152, &gtpu(id, true, &inner)),
            Self::Teredo | Self::TeredoIndicated => {
                let inner = match inner.kind {
                    Kind::Ipv6 => inner,
                    _ => ip(Ends::new(TEREDO_ENDS[0], TEREDO_ENDS[1]), inner),
                };
                over_udp(3_544, &teredo(self == Self::TeredoIndicated, port, &inner))
            }
            Self::L2tp => udp(outer, 1_701, 1_701, &l2tp(id, false, &inner)),
            Self::L2tpSequenced => udp(outer, 1_701, 1_701, &l2tp(id, true, &inner)),
            Self::L2tpv3 => udp(outer, 1_701, 1_701, &l2tpv3(Some([0, 3, 0, 0]), id, &inner)),
            Self::L2tpv3Ip => Pdu::new(Kind::Protocol(115), l2tpv3(None, id, &inner)),
            Self::Ah => authentication(id, 1, inner),
            Self::Etherip => bridged(inner).behind(Kind::Protocol(97), &[0x30, 0]),
            Self::MplsInUdp => over_udp(6_635, &mpls(&[id & 0xf_ffff], inner).bytes),
            Self::MplsInIp => mpls(&[id & 0xf_ffff], inner),
        };
        ip(outer, carried)
    }
}

/// Native IPv6 ends abroad (DE, US) for IPv4 that has to be put in IPv6 first.
const TEREDO_ENDS: [std::net::Ipv6Addr; 2] = [
    std::net::Ipv6Addr::new(0x2003, 0x400, 0, 0, 0, 0, 0, 0x51),
    std::net::Ipv6Addr::new(0x2630, 0, 0, 0, 0, 0, 0, 0x52),
];

/// Optional fields of a GRE header (RFC 2784, RFC 2890).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub struct Gre {
    pub check: bool,
    pub key: Option<u32>,
    pub sequence: Option<u32>,
}

/// A GRE packet.
#[must_use]
pub fn gre(fields: Gre, inner: Pdu) -> Pdu {
    let ether_type = inner.kind.ether_type();
    gre_typed(fields, ether_type, inner)
}

fn gre_typed(fields: Gre, ether_type: u16, inner: Pdu) -> Pdu {
    let flags = u16::from(fields.check) << 15
        | u16::from(fields.key.is_some()) << 13
        | u16::from(fields.sequence.is_some()) << 12;
    let mut header = flags.to_be_bytes().to_vec();
    header.extend_from_slice(&ether_type.to_be_bytes());
    if fields.check {
        header.extend_from_slice(&[0; 4]);
    }
    for word in [fields.key, fields.sequence].into_iter().flatten() {
        header.extend_from_slice(&word.to_be_bytes());
    }
    let mut packet = inner.behind(Kind::Protocol(47), &header);
    if fields.check {
        let check = super::packet::checksum(&packet.bytes);
        packet.bytes[4..6].copy_from_slice(&check.to_be_bytes());
    }
    packet
}

fn erspan1(frame: &Pdu) -> Pdu {
    gre_typed(Gre::default(), 0x88be, frame.clone())
}

fn erspan2(id: u32, frame: &Pdu) -> Pdu {
    let session = (id & 0x3ff) as u16;
    let mut bytes = vec![
        0x10,
        0x64,
        0x18 | (session >> 8) as u8,
        session as u8,
        0,
        0,
        0,
        7,
    ];
    bytes.extend_from_slice(&frame.bytes);
    let fields = Gre {
        sequence: Some(id),
        ..Gre::default()
    };
    gre_typed(fields, 0x88be, Pdu::new(Kind::Ethernet, bytes))
}

fn erspan3(id: u32, frame: &Pdu) -> Pdu {
    // Version 2, then timestamp, and O set: a platform subheader of 8 bytes follows.
    let mut bytes = vec![0x20, 0x64, 0, 5, 0, 0, 1, 0, 0, 0, 0x00, 0x01];
    bytes.extend_from_slice(&[0x0c, 0, 0, 0, 0, 0, 0, 1]);
    bytes.extend_from_slice(&frame.bytes);
    let fields = Gre {
        sequence: Some(id),
        ..Gre::default()
    };
    gre_typed(fields, 0x22eb, Pdu::new(Kind::Ethernet, bytes))
}

/// Bits of a network identifier in its three bytes and a reserved one.
const fn vni(id: u32) -> [u8; 4] {
    (id << 8).to_be_bytes()
}

fn vxlan(id: u32, frame: &Pdu) -> Vec<u8> {
    [&[8, 0, 0, 0], vni(id).as_slice(), &frame.bytes].concat()
}

fn vxlan_gpe(id: u32, inner: &Pdu) -> Vec<u8> {
    let next = match inner.kind {
        Kind::Ipv4 => 1,
        Kind::Ipv6 => 2,
        _ => 3,
    };
    [&[0x0c, 0, 0, next], vni(id).as_slice(), &inner.bytes].concat()
}

fn geneve(id: u32, options: &[u8], inner: &Pdu) -> Vec<u8> {
    let [high, low] = inner.kind.ether_type().to_be_bytes();
    let words = (options.len() / 4) as u8;
    [
        &[words, 0, high, low],
        vni(id).as_slice(),
        options,
        &inner.bytes,
    ]
    .concat()
}

fn gtpu(teid: u32, extension: bool, inner: &Pdu) -> Vec<u8> {
    // Sequence number, N-PDU number and the type of the first extension; then a PDU session
    // container (3GPP TS 38.415) of one word.
    let optional: &[u8] = if extension {
        &[0, 1, 0, 0x85, 1, 0, 9, 0]
    } else {
        &[]
    };
    let [high, low] = ((optional.len() + inner.bytes.len()) as u16).to_be_bytes();
    let flags = if extension { 0x36 } else { 0x30 };
    [
        &[flags, 255, high, low],
        teid.to_be_bytes().as_slice(),
        optional,
        &inner.bytes,
    ]
    .concat()
}

fn teredo(indicated: bool, port: u16, inner: &Pdu) -> Vec<u8> {
    if !indicated {
        return inner.bytes.clone();
    }
    let [high, low] = (!port).to_be_bytes();
    // Authentication without identifier and value: nonce and confirmation; then the origin, obfuscated
    // (the inverse of zeros, so that no address stands here).
    let authentication = [0, 1, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0];
    let origin = [0, 0, high, low, 0xff, 0xff, 0xff, 0xff];
    [&authentication, origin.as_slice(), &inner.bytes].concat()
}

fn l2tp(id: u32, sequenced: bool, inner: &Pdu) -> Vec<u8> {
    let framed = ppp(true, inner.clone());
    let ids = id.to_be_bytes();
    if !sequenced {
        return [&[0, 2], ids.as_slice(), &framed.bytes].concat();
    }
    // Length, sequence numbers and an offset of two bytes of padding.
    let [high, low] = ((16 + framed.bytes.len()) as u16).to_be_bytes();
    let numbers = [0, 1, 0, 1, 0, 2, 0xaa, 0xaa];
    [
        &[0x4a, 2, high, low],
        ids.as_slice(),
        &numbers,
        &framed.bytes,
    ]
    .concat()
}

fn l2tpv3(header: Option<[u8; 4]>, session: u32, inner: &Pdu) -> Vec<u8> {
    let header = header.as_ref().map_or(&[][..], <[u8; 4]>::as_slice);
    // Session 0 would be a control message.
    [header, (session | 1).to_be_bytes().as_slice(), &inner.bytes].concat()
}

/// A PPP frame, with or without address and control.
#[must_use]
pub fn ppp(addressed: bool, inner: Pdu) -> Pdu {
    let [high, low] = match inner.kind {
        Kind::Ipv4 => 0x0021u16,
        Kind::Ipv6 => 0x0057,
        Kind::Mpls => 0x0281,
        // Echoes and other link control.
        _ => 0xc021,
    }
    .to_be_bytes();
    let header: &[u8] = if addressed {
        &[0xff, 3, high, low]
    } else {
        &[high, low]
    };
    inner.behind(Kind::Ppp, header)
}

/// A label stack in front of `inner`, outermost first.
#[must_use]
pub fn mpls(labels: &[u32], inner: Pdu) -> Pdu {
    let mut header = Vec::with_capacity(labels.len() * 4);
    for (index, label) in labels.iter().enumerate() {
        let bottom = u32::from(index + 1 == labels.len());
        header.extend_from_slice(&((label & 0xf_ffff) << 12 | bottom << 8 | 61).to_be_bytes());
    }
    inner.behind(Kind::Mpls, &header)
}

/// What a WireGuard data message looks like (type 4), for an opaque tunnel over UDP.
#[must_use]
pub fn wireguard(receiver: u32, counter: u64, sealed: &[u8]) -> Vec<u8> {
    let mut bytes = vec![4, 0, 0, 0];
    bytes.extend_from_slice(&receiver.to_le_bytes());
    bytes.extend_from_slice(&counter.to_le_bytes());
    bytes.extend_from_slice(sealed);
    bytes
}
