//! Transport headers, ICMP messages and what they quote.

use super::packet::{Ends, Kind, Pdu, checksum, fold, sum};

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
    use std::net::{Ipv4Addr, Ipv6Addr};

    fn v4() -> Ends {
        Ends::new(Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(198, 51, 100, 2))
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
