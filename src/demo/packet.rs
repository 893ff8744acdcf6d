//! Builds packets from the inside out: every function takes what a header carries and returns it with
//! the header in front, lengths and checksums right. What has to be wrong is made wrong afterwards.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What the bytes of a [`Pdu`] begin with; the header put in front names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something that follows an IP header, by its IANA number.
    Protocol(u8),
    /// An IPv4 header.
    Ipv4,
    /// An IPv6 header.
    Ipv6,
    /// An Ethernet header.
    Ethernet,
    /// An MPLS label stack.
    Mpls,
    /// A PPP protocol field.
    Ppp,
    /// Anything else that has an `EtherType`.
    EtherType(u16),
}

impl Kind {
    /// The `EtherType` that announces it.
    #[must_use]
    pub const fn ether_type(self) -> u16 {
        match self {
            Self::Ipv4 => 0x0800,
            Self::Ipv6 => 0x86dd,
            Self::Ethernet => 0x6558,
            Self::Mpls => 0x8847,
            Self::Ppp => 0x880b,
            Self::EtherType(number) => number,
            // The local experimental type: a bare transport header has no EtherType.
            Self::Protocol(_) => 0x88b5,
        }
    }

    /// The IP protocol number that announces it.
    #[must_use]
    pub const fn protocol(self) -> u8 {
        match self {
            Self::Protocol(number) => number,
            Self::Ipv4 => 4,
            Self::Ipv6 => 41,
            Self::Ethernet => 143,
            Self::Mpls => 137,
            // Reserved for experiments (RFC 3692).
            Self::Ppp | Self::EtherType(_) => 253,
        }
    }
}

/// Bytes, and what they begin with.
#[derive(Clone, PartialEq, Eq)]
pub struct Pdu {
    /// What the bytes begin with.
    pub kind: Kind,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl Pdu {
    /// Bytes that begin with `kind`.
    #[must_use]
    pub const fn new(kind: Kind, bytes: Vec<u8>) -> Self {
        Self { kind, bytes }
    }

    /// The same bytes behind a header, which is of another kind.
    pub(super) fn behind(self, kind: Kind, header: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(header.len() + self.bytes.len());
        bytes.extend_from_slice(header);
        bytes.extend_from_slice(&self.bytes);
        Self { kind, bytes }
    }
}

/// Sender and receiver of one IP layer. Where the versions differ, the IPv4 end is written as
/// IPv4-mapped IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    /// Sender.
    pub src: IpAddr,
    /// Receiver.
    pub dst: IpAddr,
}

impl Ends {
    /// From `src` to `dst`.
    #[must_use]
    pub fn new(src: impl Into<IpAddr>, dst: impl Into<IpAddr>) -> Self {
        Self {
            src: src.into(),
            dst: dst.into(),
        }
    }

    /// The other direction.
    #[must_use]
    pub const fn reversed(self) -> Self {
        Self {
            src: self.dst,
            dst: self.src,
        }
    }

    /// Both as IPv4, if both are.
    #[must_use]
    pub const fn v4(self) -> Option<(Ipv4Addr, Ipv4Addr)> {
        match (self.src, self.dst) {
            (IpAddr::V4(src), IpAddr::V4(dst)) => Some((src, dst)),
            _ => None,
        }
    }

    /// Both as IPv6.
    #[must_use]
    pub const fn v6(self) -> (Ipv6Addr, Ipv6Addr) {
        (to_v6(self.src), to_v6(self.dst))
    }

    /// Whether the layer is IPv6.
    #[must_use]
    pub const fn is_v6(self) -> bool {
        self.v4().is_none()
    }

    /// Sum of the pseudo-header of RFC 9293 §3.1 or RFC 8200 §8.1.
    fn pseudo_sum(self, protocol: u8, length: usize) -> u64 {
        let addresses = match self.v4() {
            Some((src, dst)) => sum(&src.octets()) + sum(&dst.octets()),
            None => sum(&self.v6().0.octets()) + sum(&self.v6().1.octets()),
        };
        addresses + u64::from(protocol) + length as u64
    }
}

const fn to_v6(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    }
}

/// Sum of big-endian 16-bit words, an odd byte padded (RFC 1071).
fn sum(bytes: &[u8]) -> u64 {
    let mut words = bytes.chunks_exact(2);
    let mut total = 0;
    for word in &mut words {
        total += u64::from(word[0]) << 8 | u64::from(word[1]);
    }
    match words.remainder() {
        [last] => total + (u64::from(*last) << 8),
        _ => total,
    }
}

const fn fold(mut total: u64) -> u16 {
    while total > 0xffff {
        total = (total & 0xffff) + (total >> 16);
    }
    !(total as u16)
}

/// The internet checksum of some bytes (RFC 1071).
#[must_use]
pub fn checksum(bytes: &[u8]) -> u16 {
    fold(sum(bytes))
}

/// One IP header; what a field cannot say in the version of its ends is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ip {
    /// Sender and receiver.
    pub ends: Ends,
    /// Time to live or hop limit.
    pub ttl: u8,
    /// IPv4 identification.
    pub id: u16,
    /// IPv4 fragment offset in units of 8 bytes.
    pub offset: u16,
    /// IPv4 more-fragments flag.
    pub more: bool,
    /// IPv4 options, at most 40 bytes; padded to a multiple of four.
    pub options: Vec<u8>,
}

impl Ip {
    /// A usual header.
    #[must_use]
    pub const fn new(ends: Ends) -> Self {
        Self {
            ends,
            ttl: 57,
            id: 0,
            offset: 0,
            more: false,
            options: Vec::new(),
        }
    }

    /// With these IPv4 options.
    #[must_use]
    pub fn options(mut self, options: &[u8]) -> Self {
        self.options = options[..options.len().min(40)].to_vec();
        self.options
            .resize(self.options.len().next_multiple_of(4), 0);
        self
    }

    /// The header in front of what it carries.
    #[must_use]
    pub fn carry(&self, inner: Pdu) -> Pdu {
        let protocol = inner.kind.protocol();
        let Some((src, dst)) = self.ends.v4() else {
            let (src, dst) = self.ends.v6();
            let mut header = [0; 40];
            header[0] = 0x60;
            header[4..6].copy_from_slice(&(inner.bytes.len() as u16).to_be_bytes());
            header[6] = protocol;
            header[7] = self.ttl;
            header[8..24].copy_from_slice(&src.octets());
            header[24..40].copy_from_slice(&dst.octets());
            return inner.behind(Kind::Ipv6, &header);
        };
        let header_len = 20 + self.options.len();
        let mut header = vec![0; header_len];
        header[0] = 0x40 | (header_len / 4) as u8;
        let total = (header_len + inner.bytes.len()) as u16;
        header[2..4].copy_from_slice(&total.to_be_bytes());
        header[4..6].copy_from_slice(&self.id.to_be_bytes());
        let fragment = u16::from(self.more) << 13 | self.offset;
        header[6..8].copy_from_slice(&fragment.to_be_bytes());
        header[8] = self.ttl;
        header[9] = protocol;
        header[12..16].copy_from_slice(&src.octets());
        header[16..20].copy_from_slice(&dst.octets());
        header[20..].copy_from_slice(&self.options);
        let check = checksum(&header);
        header[10..12].copy_from_slice(&check.to_be_bytes());
        inner.behind(Kind::Ipv4, &header)
    }
}

/// A usual IP header in front of `inner`.
#[must_use]
pub fn ip(ends: Ends, inner: Pdu) -> Pdu {
    Ip::new(ends).carry(inner)
}

/// TCP flag bits (RFC 9293 §3.1).
#[allow(missing_docs, reason = "the names are the documentation")]
pub mod flags {
    pub const FIN: u8 = 1;
    pub const SYN: u8 = 2;
    pub const RST: u8 = 4;
    pub const PSH: u8 = 8;
    pub const ACK: u8 = 16;
}

/// Fields of a TCP header that a conversation moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub struct Tcp {
    pub src_port: u16,
    pub dst_port: u16,
    pub seq: u32,
    pub ack: u32,
    pub flags: u8,
}

/// A TCP segment; a SYN announces a segment size.
#[must_use]
pub fn tcp(ends: Ends, tcp: Tcp, payload: &[u8]) -> Pdu {
    let options: &[u8] = if tcp.flags & flags::SYN == 0 {
        &[]
    } else {
        &[2, 4, 0x05, 0xb4, 4, 2, 1, 1]
    };
    let header_len = 20 + options.len();
    let mut bytes = Vec::with_capacity(header_len + payload.len());
    bytes.extend_from_slice(&tcp.src_port.to_be_bytes());
    bytes.extend_from_slice(&tcp.dst_port.to_be_bytes());
    bytes.extend_from_slice(&tcp.seq.to_be_bytes());
    bytes.extend_from_slice(&tcp.ack.to_be_bytes());
    bytes.extend_from_slice(&[
        (header_len as u8 / 4) << 4,
        tcp.flags,
        0xfa,
        0xf0,
        0,
        0,
        0,
        0,
    ]);
    bytes.extend_from_slice(options);
    bytes.extend_from_slice(payload);
    seal(ends, 6, 16, bytes)
}

/// A UDP datagram.
#[must_use]
pub fn udp(ends: Ends, src_port: u16, dst_port: u16, payload: &[u8]) -> Pdu {
    let mut bytes = Vec::with_capacity(8 + payload.len());
    bytes.extend_from_slice(&src_port.to_be_bytes());
    bytes.extend_from_slice(&dst_port.to_be_bytes());
    bytes.extend_from_slice(&((8 + payload.len()) as u16).to_be_bytes());
    bytes.extend_from_slice(&[0, 0]);
    bytes.extend_from_slice(payload);
    seal(ends, 17, 6, bytes)
}

/// An ICMP or `ICMPv6` message, whichever belongs to the ends. `rest` is the header's second word.
#[must_use]
pub fn icmp(ends: Ends, kind: u8, code: u8, rest: u32, body: &[u8]) -> Pdu {
    let mut bytes = vec![kind, code, 0, 0];
    bytes.extend_from_slice(&rest.to_be_bytes());
    bytes.extend_from_slice(body);
    if ends.is_v6() {
        return seal(ends, 58, 2, bytes);
    }
    let check = checksum(&bytes);
    bytes[2..4].copy_from_slice(&check.to_be_bytes());
    Pdu::new(Kind::Protocol(1), bytes)
}

/// An echo request, or its reply.
#[must_use]
pub fn echo(ends: Ends, reply: bool, id: u16, seq: u16, body: &[u8]) -> Pdu {
    let kind = match (ends.is_v6(), reply) {
        (false, false) => 8,
        (false, true) => 0,
        (true, false) => 128,
        (true, true) => 129,
    };
    icmp(ends, kind, 0, u32::from(id) << 16 | u32::from(seq), body)
}

/// An ICMP error that quotes a packet: its IPv4 header and 8 bytes, or as much IPv6 as fits 1280.
#[must_use]
pub fn icmp_error(ends: Ends, kind: u8, code: u8, quoted: &Pdu) -> Pdu {
    let most = match quoted.kind {
        Kind::Ipv4 => 28,
        _ => 1_232,
    };
    let kept = quoted.bytes.len().min(most);
    icmp(ends, kind, code, 0, &quoted.bytes[..kept])
}

/// Writes the transport checksum at `at`; a UDP sum of 0 is sent as all ones.
fn seal(ends: Ends, protocol: u8, at: usize, mut bytes: Vec<u8>) -> Pdu {
    let mut check = fold(ends.pseudo_sum(protocol, bytes.len()) + sum(&bytes));
    if check == 0 && protocol == 17 {
        check = 0xffff;
    }
    bytes[at..at + 2].copy_from_slice(&check.to_be_bytes());
    Pdu::new(Kind::Protocol(protocol), bytes)
}

/// An SCTP packet with one DATA chunk (RFC 9260).
#[must_use]
pub fn sctp(src_port: u16, dst_port: u16, tag: u32, payload: &[u8]) -> Pdu {
    let mut bytes = Vec::with_capacity(28 + payload.len());
    bytes.extend_from_slice(&src_port.to_be_bytes());
    bytes.extend_from_slice(&dst_port.to_be_bytes());
    bytes.extend_from_slice(&tag.to_be_bytes());
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(&[0, 3]);
    bytes.extend_from_slice(&((16 + payload.len()) as u16).to_be_bytes());
    bytes.extend_from_slice(&[0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]);
    bytes.extend_from_slice(payload);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    let check = crc32c(&bytes);
    bytes[8..12].copy_from_slice(&check.to_le_bytes());
    Pdu::new(Kind::Protocol(132), bytes)
}

/// CRC-32C, bit by bit: SCTP packets are few here.
fn crc32c(bytes: &[u8]) -> u32 {
    let mut crc = !0u32;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = crc >> 1 ^ if crc & 1 == 1 { 0x82f6_3b78 } else { 0 };
        }
    }
    !crc
}

/// An ESP packet: what it carries cannot be told.
#[must_use]
pub fn esp(spi: u32, seq: u32, sealed: &[u8]) -> Pdu {
    let mut bytes = spi.to_be_bytes().to_vec();
    bytes.extend_from_slice(&seq.to_be_bytes());
    bytes.extend_from_slice(sealed);
    Pdu::new(Kind::Protocol(50), bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v4() -> Ends {
        Ends::new(Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(198, 51, 100, 2))
    }

    #[test]
    fn an_ipv4_header_sums_to_nothing() {
        let packet = Ip::new(v4())
            .options(&[7, 7, 4, 0, 0, 0, 0])
            .carry(udp(v4(), 1, 2, b"abc"));
        assert_eq!(checksum(&packet.bytes[..28]), 0);
        assert_eq!(packet.bytes[0], 0x47);
        assert_eq!(packet.bytes[2..4], [0, 28 + 11]);
    }

    #[test]
    fn transport_checksums_hold_over_both_versions() {
        let v6 = Ends::new(Ipv6Addr::LOCALHOST, Ipv4Addr::new(192, 0, 2, 9));
        for ends in [v4(), v6] {
            for (protocol, pdu) in [
                (17, udp(ends, 53, 53, b"odd")),
                (
                    6,
                    tcp(
                        ends,
                        Tcp {
                            flags: flags::SYN,
                            ..Tcp::default()
                        },
                        b"xyz",
                    ),
                ),
            ] {
                assert_eq!(
                    fold(ends.pseudo_sum(protocol, pdu.bytes.len()) + sum(&pdu.bytes)),
                    0
                );
            }
        }
        let ping = echo(v6, false, 1, 2, b"ping");
        assert_eq!(
            fold(v6.pseudo_sum(58, ping.bytes.len()) + sum(&ping.bytes)),
            0
        );
    }

    #[test]
    fn the_sctp_checksum_is_the_castagnoli_crc() {
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    }
}
