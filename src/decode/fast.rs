//! The usual frame in one pass: Ethernet with at most two tags, IPv4 without options or IPv6 without
//! extension headers, whole, with TCP or UDP that is no tunnel, as far as it is needed in the capture.
//!
//! Everything else is left to the general path, before anything is written. It decides nothing
//! differently: a property test compares every field of both.

use super::headers::{Fragment, Headers, IpVersion, Layer, Pair, Transport};
use super::stop::Stop;
use super::transport::{STT_PORT, TCP, UDP};
use super::udp;
use crate::source::Frame;

/// LINKTYPE_ETHERNET.
const ETHERNET: u32 = 1;

/// Decodes the frame, or says `false` and leaves `headers` as they were.
#[inline(always)]
pub(super) fn decode(frame: &Frame<'_>, headers: &mut Headers) -> bool {
    if frame.link.0 != ETHERNET {
        return false;
    }
    let Some((ethernet, rest)) = frame.bytes.split_first_chunk::<14>() else {
        return false;
    };
    let [.., high, low] = ethernet;
    match u16::from_be_bytes([*high, *low]) {
        0x0800 => ipv4(frame, rest, &[], headers),
        0x86dd => ipv6(frame, rest, &[], headers),
        0x8100 | 0x88a8 => tagged(frame, rest, headers),
        _ => false,
    }
}

#[inline(never)]
fn tagged(frame: &Frame<'_>, rest: &[u8], headers: &mut Headers) -> bool {
    let Some(([a, b, high, low], rest)) = rest.split_first_chunk() else {
        return false;
    };
    let outer = u16::from_be_bytes([a & 0x0f, *b]);
    match u16::from_be_bytes([*high, *low]) {
        0x0800 => return ipv4(frame, rest, &[outer], headers),
        0x86dd => return ipv6(frame, rest, &[outer], headers),
        0x8100 => {}
        _ => return false,
    }
    let Some(([a, b, high, low], rest)) = rest.split_first_chunk() else {
        return false;
    };
    let inner = u16::from_be_bytes([a & 0x0f, *b]);
    match u16::from_be_bytes([*high, *low]) {
        0x0800 => ipv4(frame, rest, &[outer, inner], headers),
        0x86dd => ipv6(frame, rest, &[outer, inner], headers),
        _ => false,
    }
}

#[inline(always)]
fn ipv4(frame: &Frame<'_>, bytes: &[u8], vlans: &[u16], headers: &mut Headers) -> bool {
    let Some((header, payload)) = bytes.split_first_chunk::<20>() else {
        return false;
    };
    let [
        0x45,
        _,
        t0,
        t1,
        _,
        _,
        f0,
        f1,
        _,
        protocol,
        _,
        _,
        s0,
        s1,
        s2,
        s3,
        d0,
        d1,
        d2,
        d3,
    ] = *header
    else {
        return false;
    };
    let total = u16::from_be_bytes([t0, t1]);
    // More fragments, or an offset.
    if u16::from_be_bytes([f0, f1]) & 0x3fff != 0 {
        return false;
    }
    let Some(length) = usize::from(total).checked_sub(20) else {
        return false;
    };
    let layer = Layer {
        pair: Pair {
            version: IpVersion::V4,
            src: u128::from(u32::from_be_bytes([s0, s1, s2, s3])),
            dst: u128::from(u32::from_be_bytes([d0, d1, d2, d3])),
        },
        protocol,
        ip_len: u32::from(total),
        fragment: Fragment::Whole,
    };
    finish(
        frame,
        layer,
        payload.get(..length).unwrap_or(payload),
        vlans,
        headers,
    )
}

#[inline(always)]
fn ipv6(frame: &Frame<'_>, bytes: &[u8], vlans: &[u16], headers: &mut Headers) -> bool {
    let Some((header, payload)) = bytes.split_first_chunk::<40>() else {
        return false;
    };
    let [first, _, _, _, l0, l1, protocol, _, addresses @ ..] = header;
    let (Some(src), Some(dst)) = (addresses.first_chunk(), addresses.last_chunk()) else {
        return false;
    };
    let length = u16::from_be_bytes([*l0, *l1]);
    // A length of 0 needs the frame's.
    if first >> 4 != 6 || length == 0 {
        return false;
    }
    let layer = Layer {
        pair: Pair {
            version: IpVersion::V6,
            src: u128::from_be_bytes(*src),
            dst: u128::from_be_bytes(*dst),
        },
        protocol: *protocol,
        ip_len: 40 + u32::from(length),
        fragment: Fragment::Whole,
    };
    let payload = payload.get(..usize::from(length)).unwrap_or(payload);
    finish(frame, layer, payload, vlans, headers)
}

/// Reads the transport header, and only then writes.
#[inline(always)]
fn finish(
    frame: &Frame<'_>,
    layer: Layer,
    payload: &[u8],
    vlans: &[u16],
    headers: &mut Headers,
) -> bool {
    let mut stop = Stop::Transport;
    let transport = match layer.protocol {
        TCP => {
            let Some([s0, s1, d0, d1, _, _, _, _, _, _, _, _, _, flags]) = payload.first_chunk()
            else {
                return false;
            };
            let dst_port = u16::from_be_bytes([*d0, *d1]);
            if dst_port == STT_PORT {
                return false;
            }
            Transport {
                src_port: u16::from_be_bytes([*s0, *s1]),
                dst_port,
                tcp_flags: *flags,
                has: Transport::PORTS | Transport::TCP_FLAGS,
                ..Transport::default()
            }
        }
        UDP => {
            let Some(([s0, s1, d0, d1, l0, l1, _, _], inside)) = payload.split_first_chunk() else {
                return false;
            };
            let src_port = u16::from_be_bytes([*s0, *s1]);
            let dst_port = u16::from_be_bytes([*d0, *d1]);
            // A first nibble of 6 may be Teredo between peers.
            let teredo = inside.first().is_some_and(|byte| byte >> 4 == 6);
            if teredo || udp::is_special(src_port, dst_port) {
                return false;
            }
            if udp::is_quic(src_port, dst_port, u16::from_be_bytes([*l0, *l1]), inside) {
                stop = Stop::Opaque;
            }
            Transport {
                src_port,
                dst_port,
                has: Transport::PORTS,
                ..Transport::default()
            }
        }
        _ => return false,
    };
    headers.begin_plain((frame.seen, frame.wire_len), layer, transport, stop);
    for vlan in vlans {
        headers.path_mut().push_vlan(*vlan);
    }
    true
}
