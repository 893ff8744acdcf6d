//! Builds packets from the inside out: every function takes what a header carries and returns it with
//! the header in front, lengths and checksums right. What has to be wrong is made wrong afterwards.

pub use super::transport::{Tcp, echo, esp, flags, icmp, icmp_error, sctp, tcp, udp};
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
    pub(super) fn pseudo_sum(self, protocol: u8, length: usize) -> u64 {
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
pub(super) fn sum(bytes: &[u8]) -> u64 {
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

pub(super) const fn fold(mut total: u64) -> u16 {
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
}
