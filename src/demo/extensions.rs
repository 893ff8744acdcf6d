//! IPv6 extension headers, IPv4 options and fragments.

use super::packet::{Ends, Ip, Kind, Pdu};
use std::net::{Ipv4Addr, Ipv6Addr};

/// An options header (hop-by-hop is 0, destination options 60), padded to a multiple of eight.
#[must_use]
pub fn options_header(protocol: u8, options: &[u8], inner: Pdu) -> Pdu {
    let mut header = vec![inner.kind.protocol(), 0];
    header.extend_from_slice(options);
    match header.len().next_multiple_of(8) - header.len() {
        0 => {}
        1 => header.push(0),
        missing => {
            header.extend_from_slice(&[1, (missing - 2) as u8]);
            header.resize(header.len() + missing - 2, 0);
        }
    }
    header[1] = (header.len() / 8 - 1) as u8;
    inner.behind(Kind::Protocol(protocol), &header)
}

/// Hop-by-hop options with a router alert (RFC 2711).
#[must_use]
pub fn hop_by_hop(inner: Pdu) -> Pdu {
    options_header(0, &[5, 2, 0, 0], inner)
}

/// Destination options with nothing but padding.
#[must_use]
pub fn destination_options(inner: Pdu) -> Pdu {
    options_header(60, &[], inner)
}

/// Destination options with a home address (RFC 6275 §6.3): the sender's other address.
#[must_use]
pub fn home_address(home: Ipv6Addr, inner: Pdu) -> Pdu {
    let mut option = vec![1, 2, 0, 0, 0xc9, 16];
    option.extend_from_slice(&home.octets());
    options_header(60, &option, inner)
}

/// A routing header: type 0 (RFC 2460), 2 (RFC 6275) or 4 (RFC 8754), with its address list as on the
/// wire.
#[must_use]
pub fn routing(kind: u8, segments_left: u8, addresses: &[Ipv6Addr], inner: Pdu) -> Pdu {
    let last = (addresses.len() as u8).saturating_sub(1);
    let mut header = vec![
        inner.kind.protocol(),
        (addresses.len() * 2) as u8,
        kind,
        segments_left,
    ];
    header.extend_from_slice(&[if kind == 4 { last } else { 0 }, 0, 0, 0]);
    for address in addresses {
        header.extend_from_slice(&address.octets());
    }
    inner.behind(Kind::Protocol(43), &header)
}

/// A fragment header; `offset` in units of 8 bytes.
#[must_use]
pub fn fragment_header(id: u32, offset: u16, more: bool, protocol: u8, part: &[u8]) -> Pdu {
    let mut bytes = vec![protocol, 0];
    bytes.extend_from_slice(&(offset << 3 | u16::from(more)).to_be_bytes());
    bytes.extend_from_slice(&id.to_be_bytes());
    bytes.extend_from_slice(part);
    Pdu::new(Kind::Protocol(44), bytes)
}

/// An authentication header (RFC 4302) with a 96-bit check value.
#[must_use]
pub fn authentication(spi: u32, seq: u32, inner: Pdu) -> Pdu {
    let mut header = vec![inner.kind.protocol(), 4, 0, 0];
    header.extend_from_slice(&spi.to_be_bytes());
    header.extend_from_slice(&seq.to_be_bytes());
    header.extend_from_slice(&[0x5a; 12]);
    inner.behind(Kind::Protocol(51), &header)
}

/// A control header after which nothing follows: mobility (135), HIP (139) or shim6 (140).
#[must_use]
pub fn control_header(protocol: u8) -> Pdu {
    Pdu::new(
        Kind::Protocol(protocol),
        vec![59, 1, 1, 0, 0, 0, 0, 1, 1, 4, 0, 0, 0, 0, 0, 0],
    )
}

/// IPv4 loose (131) or strict (137) source route through `hops`, of which `used` are behind it.
#[must_use]
pub fn source_route(kind: u8, hops: &[Ipv4Addr], used: u8) -> Vec<u8> {
    let mut option = vec![1, kind, (3 + hops.len() * 4) as u8, 4 + used * 4];
    for hop in hops {
        option.extend_from_slice(&hop.octets());
    }
    option
}

/// Cuts what an IP packet carries into fragments of at most `size` bytes (rounded down to a multiple
/// of eight, at least one), in order.
#[must_use]
pub fn fragments(ends: Ends, id: u32, inner: &Pdu, size: usize) -> Vec<Pdu> {
    let size = (size / 8 * 8).max(8);
    let count = inner.bytes.len().div_ceil(size);
    let parts = inner.bytes.chunks(size).enumerate();
    parts
        .map(|(index, part)| {
            let (offset, more) = ((index * size / 8) as u16, index + 1 < count);
            if ends.is_v6() {
                let body = fragment_header(id, offset, more, inner.kind.protocol(), part);
                return Ip::new(ends).carry(body);
            }
            let mut header = Ip::new(ends);
            (header.id, header.offset, header.more) = (id as u16, offset, more);
            header.carry(Pdu::new(inner.kind, part.to_vec()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::packet::udp;

    #[test]
    fn option_headers_fill_whole_words() {
        for count in 0..20 {
            let inner = Pdu::new(Kind::Protocol(59), vec![]);
            let header = options_header(60, &vec![0; count], inner).bytes;
            assert_eq!(header.len() % 8, 0);
            assert_eq!(header.len(), (usize::from(header[1]) + 1) * 8);
        }
    }

    #[test]
    fn fragments_add_up_to_what_was_cut() {
        let ends = Ends::new(Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(192, 0, 2, 2));
        let whole = udp(ends, 1, 2, &[7; 100]);
        let parts = fragments(ends, 9, &whole, 47);
        assert_eq!(parts.len(), 3);
        let joined: Vec<u8> = parts
            .iter()
            .flat_map(|part| part.bytes[20..].to_vec())
            .collect();
        assert_eq!(joined, whole.bytes);
        assert_eq!(parts[1].bytes[6..8], [0x20, 5]);
        assert_eq!(parts[2].bytes[6..8], [0, 10]);
    }
}
