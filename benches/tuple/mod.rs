//! Who talks with whom in a frame, by our decoder and by etherparse's lax slicing.

use etherparse::{LaxNetSlice, LaxSlicedPacket, TransportSlice};
use sekisho::decode::{Headers, Transport, decode};
use sekisho::source::Frame;

/// Addresses (IPv4 in the low 32 bits), protocol and ports; zeros where there are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Tuple {
    src: u128,
    dst: u128,
    protocol: u8,
    ports: [u16; 2],
}

impl Tuple {
    /// Some number that needs all of it.
    pub(crate) fn digest(self) -> u64 {
        (self.src ^ self.dst) as u64
            ^ u64::from(self.ports[0])
            ^ u64::from(self.ports[1]) << 16
            ^ u64::from(self.protocol) << 32
    }
}

#[inline]
pub(crate) fn ours(frame: &Frame<'_>, headers: &mut Headers) -> Tuple {
    if decode(frame, headers).is_err() {
        return Tuple::default();
    }
    let Some(layer) = headers.innermost() else {
        return Tuple::default();
    };
    let transport = headers.transport();
    let ports = if transport.has & Transport::PORTS != 0 {
        [transport.src_port, transport.dst_port]
    } else {
        [0; 2]
    };
    Tuple {
        src: layer.pair.src,
        dst: layer.pair.dst,
        protocol: layer.protocol,
        ports,
    }
}

#[inline]
pub(crate) fn lax(bytes: &[u8]) -> Tuple {
    let Ok(packet) = LaxSlicedPacket::from_ethernet(bytes) else {
        return Tuple::default();
    };
    let (src, dst, protocol) = match &packet.net {
        Some(LaxNetSlice::Ipv4(slice)) => (
            u128::from(u32::from_be_bytes(slice.header().source())),
            u128::from(u32::from_be_bytes(slice.header().destination())),
            slice.payload().ip_number,
        ),
        Some(LaxNetSlice::Ipv6(slice)) => (
            u128::from_be_bytes(slice.header().source()),
            u128::from_be_bytes(slice.header().destination()),
            slice.payload().ip_number,
        ),
        _ => return Tuple::default(),
    };
    let ports = match &packet.transport {
        Some(TransportSlice::Udp(udp)) => [udp.source_port(), udp.destination_port()],
        Some(TransportSlice::Tcp(tcp)) => [tcp.source_port(), tcp.destination_port()],
        _ => [0; 2],
    };
    Tuple {
        src,
        dst,
        protocol: protocol.0,
        ports,
    }
}
