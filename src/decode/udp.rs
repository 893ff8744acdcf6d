//! UDP, and what well-known ports or the content say is a tunnel inside.

use super::headers::{Fragment, Headers, Layer, Transport};
use super::path::Tunnel;
use super::stop::{Carrier, Header, NotIp, Stop};
use super::transport;
use super::view::View;
use super::walk::{Kind, Step};
use super::{udp_tunnels as tunnels, udp_tunnels_odd as more};

/// Whether a datagram between these ports is left to the general path by the fast one: a tunnel, or
/// encrypted in a way that takes more than QUIC's one bit to tell. A test holds the two together.
#[inline]
pub(super) fn is_special(src: u16, dst: u16) -> bool {
    // Ports are random: a dozen comparisons would be guessed wrong often, this one hardly ever.
    (may_be_special(src) | may_be_special(dst)) && is_special_indeed(src, dst)
}

#[inline(never)]
fn is_special_indeed(src: u16, dst: u16) -> bool {
    is_tunnel(src, dst) || SEALED.contains(&src) || SEALED.contains(&dst)
}

const AT_EITHER: [u16; 11] = [
    1701, 2152, 3544, 4341, 5072, 5247, 2268, 3386, 434, 3653, 12222,
];
const AT_RECEIVER: [u16; 9] = [4789, 8472, 4790, 6081, 6635, 4754, 6080, 4342, 37008];
const SEALED: [u16; 2] = [4500, 51820];

/// Whether one of these ports is a tunnel's.
#[inline]
fn is_tunnel(src: u16, dst: u16) -> bool {
    AT_EITHER.contains(&src) || AT_EITHER.contains(&dst) || AT_RECEIVER.contains(&dst)
}

/// The low ten bits of all of these ports.
const SPECIAL: [u64; 16] = with(with(with([0; 16], &AT_EITHER), &AT_RECEIVER), &SEALED);

/// The bits, and those of these ports.
const fn with(mut bits: [u64; 16], ports: &[u16]) -> [u64; 16] {
    let mut nth = 0;
    while nth < ports.len() {
        bits[ports[nth] as usize / 64 % 16] |= 1 << (ports[nth] % 64);
        nth += 1;
    }
    bits
}

#[inline]
const fn may_be_special(port: u16) -> bool {
    SPECIAL[port as usize / 64 % 16] >> (port % 64) & 1 != 0
}

/// Whether a datagram between these ports is QUIC, by its fixed bit (RFC 9000 §17). `length` is what
/// the UDP header says; `inside` may be longer.
#[inline]
pub(super) fn is_quic(src: u16, dst: u16, length: u16, inside: &[u8]) -> bool {
    // A length that UDP cannot have does not clip.
    ((src == 443) | (dst == 443))
        & (length != 8)
        & inside.first().is_some_and(|first| first & 0x40 != 0)
}

/// UDP (RFC 768). Its length clips the payload, unless it is one that UDP cannot have, or of a tunnel.
pub(super) fn udp<'a>(view: View<'a>, headers: &mut Headers) -> Step<'a> {
    if !transport::ports(view, headers) {
        return Err(unread(false, view, headers));
    }
    let (src, dst) = {
        let transport = headers.transport();
        (transport.src_port, transport.dst_port)
    };
    let Some(length) = view
        .first()
        .map(|[_, _, _, _, high, low, _, _]| usize::from(u16::from_be_bytes([*high, *low])))
    else {
        return Err(unread(is_tunnel(src, dst), view, headers));
    };
    // Some tunnel ends go by the IP length alone: one of UDP that ends before the packet does must not
    // hide what they read.
    let inside = if length >= 8 && !is_tunnel(src, dst) {
        headers.clip(view, length)
    } else {
        view
    };
    // A length that UDP cannot have says nothing: then the datagram is as long as what carries it.
    let length = if length >= 8 { length } else { view.wire };
    descend((src, dst), length, inside.skip(8), headers)
}

/// UDP-Lite (RFC 3828 §3.1) has the header of UDP, with the length of what the checksum covers; CAPWAP runs
/// over it in IPv6 (RFC 5415 §3.1).
pub(super) fn lite<'a>(view: View<'a>, headers: &mut Headers) -> Step<'a> {
    if !transport::ports(view, headers) {
        return Err(unread(false, view, headers));
    }
    let Transport {
        src_port, dst_port, ..
    } = headers.transport();
    if view.bytes.len() < 8 {
        return Err(unread(is_tunnel(src_port, dst_port), view, headers));
    }
    descend((src_port, dst_port), view.wire, view.skip(8), headers)
}

/// What the ports, or the content, say is inside.
fn descend<'a>(
    (src, dst): (u16, u16),
    length: usize,
    inside: View<'a>,
    headers: &mut Headers,
) -> Step<'a> {
    match (src, dst) {
        (_, 4789 | 8472) => tunnels::vxlan(inside, headers),
        (_, 4790) => tunnels::vxlan_gpe(inside, headers),
        (_, 6081) => tunnels::geneve(inside, headers),
        (2152, _) | (_, 2152) => tunnels::gtp_u(inside, headers),
        (3544, _) | (_, 3544) => tunnels::teredo(inside, headers),
        (1701, _) | (_, 1701) => tunnels::l2tp(inside, headers),
        // MPLS in UDP (RFC 7510), GRE in UDP (RFC 8086).
        (_, 6635) => Ok((Kind::Mpls, inside)),
        (_, 4341) => tunnels::lisp(inside, headers, true),
        (4341, _) => tunnels::lisp(inside, headers, false),
        (_, 4754) => Ok((Kind::Gre, inside)),
        (5072, _) | (_, 5072) => tunnels::ayiya(inside, headers),
        // CAPWAP data (RFC 5415 §4.1) begins with version 0 and type 0: it carries users' frames.
        (5247, _) | (_, 5247) if inside.u8(0) == Some(0) => Err(Stop::NotDecoded(Carrier::Other)),
        (5247, _) | (_, 5247) if inside.is_cut(1) => Err(Stop::Truncated(Header::Other)),
        (12222, _) | (_, 12222) if more::may_be_lwapp(inside) => {
            Err(Stop::NotDecoded(Carrier::Other))
        }
        (12222, _) | (_, 12222) if inside.is_cut(10) => Err(Stop::Truncated(Header::Other)),
        (3653, _) | (_, 3653) => more::tsp(inside, headers),
        (_, 6080) => more::gue(inside, headers),
        (2268, _) | (_, 2268) => more::amt(inside, headers),
        (3386, _) | (_, 3386) => more::gtp_0(inside, headers),
        (434, _) | (_, 434) => more::mobile_ip(inside, headers),
        (_, 4342) => more::lisp_control(inside, headers),
        (_, 37008) => more::tzsp(inside),
        _ if may_be_teredo_peer(length, inside, headers) => Err(Stop::Truncated(Header::Teredo)),
        _ if is_teredo_peer(length, inside.bytes) => {
            headers.path_mut().push_tunnel(Tunnel::Teredo);
            Ok((Kind::Ipv6, inside))
        }
        // ESP in UDP: an SPI that is not 0 (RFC 3948 §2.2); 0 marks key exchange.
        (4500, _) | (_, 4500) if inside.bytes.len() >= 8 && inside.u32(0) != Some(0) => {
            transport::esp(inside, headers)
        }
        (4500, _) | (_, 4500)
            if inside.is_cut(8)
                && inside.u32(0) != Some(0)
                && !is_left_short(headers.before_cut(inside).saturating_sub(8), headers) =>
        {
            Err(Stop::Truncated(Header::Other))
        }
        _ => Err(ending(src, dst, inside.bytes)),
    }
}

/// Why nothing follows a header that is not all there.
fn unread(is_tunnel: bool, datagram: View<'_>, headers: &Headers) -> Stop {
    if is_tunnel || !is_left_short(headers.before_cut(datagram), headers) {
        datagram.absent(8, Header::Other)
    } else {
        Stop::Transport
    }
}

/// Whether a datagram that begins there, and of which the capture holds too little to see a tunnel in it,
/// is judged by the layers there are: one behind the shortest headers, where a short snap length cuts all
/// alike. One that lies deeper was put there, and a first fragment ends where its sender likes: what
/// follows cannot be known.
pub(super) fn is_left_short(begin: usize, headers: &Headers) -> bool {
    /// Ethernet, two tags, IPv6.
    const SHORTEST: usize = 14 + 2 * 4 + 40;
    begin <= SHORTEST && !headers.layers().iter().any(is_first)
}

/// Teredo between peers runs on whatever ports their NATs chose (RFC 4380 §5.2.3). It is known by an
/// IPv6 packet that fits the datagram (trailers may follow, RFC 6081 §2.3) and has an end in 2001::/32.
pub(super) fn is_teredo_peer(length: usize, inside: &[u8]) -> bool {
    let Some(header) = inside.first_chunk::<40>() else {
        return false;
    };
    let [first, _, _, _, high, low, _, _, a, b, c, d, rest @ ..] = header;
    let [_, _, _, _, _, _, _, _, _, _, _, _, e, f, g, h, ..] = rest;
    let teredo = [0x20, 0x01, 0, 0];
    first >> 4 == 6
        && ([*a, *b, *c, *d] == teredo || [*e, *f, *g, *h] == teredo)
        && length >= 48 + usize::from(u16::from_be_bytes([*high, *low]))
}

/// Whether what was captured may be the beginning of one that was cut before its addresses.
fn may_be_teredo_peer(length: usize, inside: View<'_>, headers: &Headers) -> bool {
    let fills = |inside: u16| length >= 48 + usize::from(inside);
    let begins = match inside.nibble() {
        Some(nibble) => nibble == 6,
        None => !is_left_short(headers.before_cut(inside).saturating_sub(8), headers),
    };
    inside.is_cut(40) && begins && inside.u16(4).is_none_or(fills)
}

pub(super) fn is_first(layer: &Layer) -> bool {
    matches!(layer.fragment, Fragment::First { .. })
}

/// Why there is nothing below a datagram that is no tunnel: it is encrypted, or just data.
fn ending(src: u16, dst: u16, inside: &[u8]) -> Stop {
    let between = |port| src == port || dst == port;
    let opaque = match inside {
        // QUIC: the fixed bit (RFC 9000 §17).
        [first, ..] if between(443) => first & 0x40 != 0,
        // WireGuard: types 1 to 4 and three bytes of 0.
        [1..=4, 0, 0, 0, ..] => between(51820),
        _ => false,
    };
    if opaque {
        Stop::Opaque
    } else {
        Stop::Transport
    }
}

/// What tunnels say among themselves.
pub(super) const CONTROL: Stop = Stop::NotIp(NotIp::TunnelControl);
