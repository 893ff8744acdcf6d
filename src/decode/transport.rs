//! What an IP layer carries: ports, ICMP with the packet that it quotes, AH, or the next layer.

use super::headers::{Fragment, Headers, IpVersion, Layer, Pair, SidePair, Transport};
use super::path::Tunnel;
use super::stop::{Carrier, Header, NotIp, Stop};
use super::view::View;
use super::walk::{Kind, Step};
use super::{ethernet, ipv4, ipv6, mpls, udp, walk};

pub(super) const ICMP: u8 = 1;
pub(super) const TCP: u8 = 6;
pub(super) const UDP: u8 = 17;
pub(super) const ESP: u8 = 50;
pub(super) const AUTHENTICATION: u8 = 51;
const UDP_LITE: u8 = 136;
/// Stateless transport tunnelling (draft-davie-stt §4): frames in what looks like TCP to this port.
pub(super) const STT_PORT: u16 = 7471;
const ICMPV6: u8 = 58;
const REDIRECT: u8 = 137;

/// IP of either version, by the first nibble.
pub(super) fn ip(view: View<'_>) -> Step<'_> {
    match view.nibble() {
        Some(4) => Ok((Kind::Ipv4, view)),
        Some(6) => Ok((Kind::Ipv6, view)),
        Some(_) => Err(Stop::Malformed(Header::Other)),
        None => Err(view.short(1, Header::Other)),
    }
}

/// What an IANA protocol number announces. `view` is clipped to the layer's payload.
pub(super) fn protocol<'a>(number: u8, view: View<'a>, headers: &mut Headers) -> Step<'a> {
    let version = headers.innermost().map(|layer| layer.pair.version);
    let tunnel = |headers: &mut Headers, tunnel| headers.path_mut().push_tunnel(tunnel);
    match number {
        TCP => tcp(view, headers),
        UDP => udp::udp(view, headers),
        // SCTP and DCCP begin with ports as well (RFC 9260 §3.1, 4340 §5.1).
        132 | 33 => {
            ports(view, headers);
            Err(Stop::Transport)
        }
        UDP_LITE => udp::lite(view, headers),
        ICMP | ICMPV6 => icmp(number, view, headers),
        4 => {
            tunnel(
                headers,
                match version {
                    Some(IpVersion::V6) => Tunnel::FourInSix,
                    Some(IpVersion::V4) | None => Tunnel::Ipip,
                },
            );
            Ok((Kind::Ipv4, view))
        }
        41 => {
            tunnel(
                headers,
                match version {
                    Some(IpVersion::V6) => Tunnel::SixInSix,
                    Some(IpVersion::V4) | None => Tunnel::SixInFour,
                },
            );
            Ok((Kind::Ipv6, view))
        }
        47 => Ok((Kind::Gre, view)),
        ESP => esp(view, headers),
        // NHRP without GRE (RFC 2332 §5).
        54 => Err(ethernet::nhrp(view)),
        AUTHENTICATION => authentication(view, headers),
        97 => {
            // EtherIP (RFC 3378 §3).
            view.need::<2>(Header::Other)?;
            tunnel(headers, Tunnel::Etherip);
            Ok((Kind::Ethernet, view.skip(2)))
        }
        103 => pim(view, headers),
        108 => Err(Stop::NotDecoded(Carrier::Ipcomp)),
        115 => l2tpv3(view),
        // MPLS in IP (RFC 4023 §4.1); Ethernet behind a segment list (RFC 8986 §4.9).
        137 => Ok((Kind::Mpls, view)),
        143 => Ok((Kind::Ethernet, view)),
        // Minimal encapsulation (RFC 2004), KA9Q IPIP, RFC 1241: they carry IP, and nobody uses them.
        55 | 94 | 98 => Err(Stop::NotDecoded(Carrier::Other)),
        141 => wrapped_esp(view),
        2 => igmp(view),
        // SDRP (RFC 1940), DSR (RFC 4728), SKIP, AX.25, Swipe, UTI, PIPE, ROHC (RFC 5858), AGGFRAG (RFC 9347), NSH
        // (RFC 9491): likewise, where there is room for a packet.
        42 | 48 | 53 | 57 | 93 | 120 | 131 | 142 | 144 | 145 if view.wire >= 20 => {
            Err(Stop::NotDecoded(Carrier::Other))
        }
        _ => Err(Stop::Transport),
    }
}

/// Reads the ports; `false` where they were not captured.
pub(super) fn ports(view: View<'_>, headers: &mut Headers) -> bool {
    let Some([a, b, c, d]) = view.first() else {
        return false;
    };
    let transport = headers.transport_mut();
    transport.src_port = u16::from_be_bytes([*a, *b]);
    transport.dst_port = u16::from_be_bytes([*c, *d]);
    transport.has |= Transport::PORTS;
    true
}

/// TCP (RFC 9293 §3.1). The flags alone are taken where the rest of the header is cut off.
fn tcp<'a>(view: View<'a>, headers: &mut Headers) -> Step<'a> {
    let has_ports = ports(view, headers);
    // No sender of TCP makes first fragments as short as that.
    if !has_ports && headers.layers().iter().any(udp::is_first) {
        return Err(view.absent(4, Header::Other));
    }
    if let Some(flags) = view.u8(13) {
        let transport = headers.transport_mut();
        transport.tcp_flags = flags;
        transport.has |= Transport::TCP_FLAGS;
    }
    if headers.transport().dst_port == STT_PORT {
        return Err(stt(view));
    }
    Err(Stop::Transport)
}

/// Whether a segment to the port of STT holds its header of 18 bytes and a frame. Segments behind the first
/// of a large frame have no header, and no addresses.
#[cold]
fn stt(view: View<'_>) -> Stop {
    const BEFORE_FRAME: usize = 20 + 18;
    let frame = view.skip(BEFORE_FRAME);
    if view.is_cut(BEFORE_FRAME + 15) {
        Stop::Truncated(Header::Other)
    } else if ethernet::leads_to_ip(frame) {
        Stop::NotDecoded(Carrier::Other)
    } else {
        Stop::Transport
    }
}

/// ICMP (RFC 792) and ICMPv6 (RFC 4443): type and code, and for errors the quoted packet's pair.
fn icmp<'a>(number: u8, view: View<'a>, headers: &mut Headers) -> Step<'a> {
    let Some([kind, code]) = view.first() else {
        return Err(view.absent(2, Header::Other));
    };
    let transport = headers.transport_mut();
    (transport.icmp_type, transport.icmp_code) = (*kind, *code);
    transport.has |= Transport::ICMP;
    let is_error = match number {
        // Unreachable, source quench, redirect, time exceeded, parameter problem, and the disused
        // conversion errors (RFC 1475) and security failures (RFC 2521).
        ICMP => matches!(kind, 3 | 4 | 5 | 11 | 12 | 31 | 40),
        // RFC 4443 §2.1: all types below 128 are errors.
        _ => *kind < 128,
    };
    if is_error {
        quote(view.skip(8), headers)?;
    } else if (number, *kind) == (ICMPV6, REDIRECT) {
        redirect(view, headers)?;
    }
    Err(Stop::Transport)
}

/// A redirect (RFC 4861 §4.5) is no error by its number, and quotes the packet that it is about in an
/// option, behind two addresses.
fn redirect(view: View<'_>, headers: &mut Headers) -> Result<(), Stop> {
    const REDIRECTED: u8 = 4;
    /// *Guessed*: three are defined for it.
    const MAX_OPTIONS: usize = 8;
    let mut options = view.skip(40);
    for _ in 0..MAX_OPTIONS {
        let Some([kind, units]) = options.first() else {
            return ends_here(options.absent(2, Header::Other));
        };
        let length = usize::from(*units) * 8;
        match *kind {
            // Whatever length it says: what was quoted is there.
            REDIRECTED => return quote(options.skip(8), headers),
            _ if length == 0 => return Err(Stop::Malformed(Header::Other)),
            _ => options = options.skip(length),
        }
    }
    Err(Stop::TooManyExtensions)
}

/// The packet that an ICMP error quotes is judged by its pair, whatever else its header says: some
/// senders quote what they have changed. What the quote itself carries is judged as well.
fn quote(view: View<'_>, headers: &mut Headers) -> Result<(), Stop> {
    let pair = match view.nibble() {
        Some(4) => ipv4::quoted_pair(view),
        Some(6) => ipv6::quoted_pair(view),
        Some(_) => return Ok(()),
        None => return ends_here(view.absent(20, Header::Other)),
    };
    let Some(pair) = pair else {
        let length = if view.nibble() == Some(4) { 20 } else { 40 };
        return ends_here(view.absent(length, Header::Other));
    };
    quoted(pair, headers)?;
    if headers.quotes() >= walk::MAX_QUOTES {
        return Err(Stop::TooManyLayers);
    }
    let mut inside = headers.quoted();
    let stop = walk::descend(Kind::Ip, view, &mut inside);
    for layer in inside.layers().iter().skip(1) {
        quoted(layer.pair, headers)?;
    }
    for (pair, _) in inside.side_pairs() {
        quoted(*pair, headers)?;
    }
    match stop {
        Stop::Truncated(_) | Stop::TooManyLayers | Stop::TooManyExtensions => Err(stop),
        // A first fragment ends where its sender likes: here, before it shows what the quote is of.
        Stop::Transport if headers.layers().iter().any(udp::is_first) && !shows_ports(&inside) => {
            Err(Stop::Truncated(Header::Other))
        }
        // Errors quote little: where there is no room for two IP headers, nothing is hidden.
        Stop::NotDecoded(_) | Stop::NotIp(NotIp::EtherType | NotIp::Llc) if view.wire >= 40 => {
            Err(Stop::NotDecoded(Carrier::Other))
        }
        // A fragment of a tunnel, that may hold the addresses inside.
        Stop::LaterFragment
            if view.wire >= 40 && inside.layers().iter().any(is_later_of_tunnel) =>
        {
            Err(Stop::NotDecoded(Carrier::Other))
        }
        _ => Ok(()),
    }
}

/// Whether ports are there, where they belong.
fn shows_ports(headers: &Headers) -> bool {
    let has_ports = headers.transport().has & Transport::PORTS != 0;
    has_ports
        || headers
            .innermost()
            .is_none_or(|layer| !matches!(layer.protocol, TCP | UDP))
}

fn is_later_of_tunnel(layer: &Layer) -> bool {
    let is_later = matches!(layer.fragment, Fragment::Later { .. });
    is_later && !matches!(layer.protocol, TCP | ESP | ICMP | ICMPV6 | 132 | 33)
}

/// A quote that holds nothing more is no reason; one that was cut off is.
fn ends_here(stop: Stop) -> Result<(), Stop> {
    match stop {
        Stop::Transport => Ok(()),
        stop => Err(stop),
    }
}

pub(super) fn quoted(pair: Pair, headers: &mut Headers) -> Result<(), Stop> {
    if headers.push_side_pair(pair, SidePair::Quoted) {
        Ok(())
    } else {
        Err(Stop::TooManyExtensions)
    }
}

/// The authentication header (RFC 4302 §2) in IPv4 is stepped over as in IPv6.
fn authentication<'a>(view: View<'a>, headers: &mut Headers) -> Step<'a> {
    let Some([next, length, ..]) = view.first::<12>() else {
        return Err(view.absent(12, Header::Authentication));
    };
    let length = (usize::from(*length) + 2) * 4;
    if let Some(layer) = headers.innermost_mut() {
        layer.protocol = *next;
    }
    if view.bytes.len() < length {
        return Err(view.absent(length, Header::Authentication));
    }
    headers.path_mut().push_tunnel(Tunnel::Ah);
    headers.settle_path();
    Ok((Kind::Protocol(*next), view.skip(length)))
}

/// ESP (RFC 4303 §2) is encrypted as a rule, and judged by its own ends. With NULL encryption (RFC 2410, 4543)
/// a packet lies open in it, behind eight bytes or sixteen, and nothing says so: what reads as one is judged.
pub(super) fn esp<'a>(view: View<'a>, headers: &mut Headers) -> Step<'a> {
    const SHOWS: usize = 16 + 60;
    let begin = headers.before_cut(view);
    if view.bytes.len() < view.wire.min(SHOWS) && !udp::is_left_short(begin, headers) {
        return Err(Stop::Truncated(Header::Other));
    }
    let is_all_there = headers.quotes() == 0 && !headers.layers().iter().any(udp::is_first);
    for before in [8, 16] {
        let inside = view.skip(before);
        if lies_open(inside, is_all_there) {
            walk::also(Kind::Ip, inside, headers)?;
        }
    }
    Err(Stop::Opaque)
}

/// Whether this reads as a packet, with a trailer of ESP behind it where all is there. Sealed bytes do by
/// chance, as IPv6 in one of twenty thousand, as IPv4 hardly ever.
fn lies_open(view: View<'_>, is_all_there: bool) -> bool {
    /// Padding, two bytes, and a check value. *Guessed*: SHA-512 cut to its half is the longest in use.
    const TRAILER: std::ops::RangeInclusive<usize> = 2..=255 + 2 + 32;
    match (view.nibble(), view.u16(4), view.u8(6)) {
        (Some(4), _, _) => {
            let length = view.u8(0).map_or(0, |first| usize::from(first & 0x0f) * 4);
            let is_cut = !is_all_there && (20..length).contains(&view.bytes.len());
            is_cut || mpls::is_packet(view)
        }
        (Some(6), Some(length), Some(next)) => {
            let trailer = view.wire.checked_sub(40 + usize::from(length));
            let fits = trailer.is_some_and(|trailer| TRAILER.contains(&trailer));
            is_usual(next) && (fits || !is_all_there)
        }
        _ => false,
    }
}

/// Protocols that follow an IPv6 header, the tunnels among them.
const fn is_usual(next: u8) -> bool {
    matches!(
        next,
        0..=4 | 6 | 17 | 33 | 41..=44 | 47..=51 | 53..=60 | 89 | 93..=98 | 103 | 108 | 112 | 115 | 120
            | 131..=145
    )
}

/// Wrapped ESP (RFC 5840 §2): a flag says whether what is in it is encrypted at all.
fn wrapped_esp(view: View<'_>) -> Step<'_> {
    match view.first() {
        Some([_, _, _, flags]) if flags & 0x20 != 0 => Err(Stop::Opaque),
        Some(_) => Err(Stop::NotDecoded(Carrier::Other)),
        None => Err(view.absent(4, Header::Other)),
    }
}

/// The first version of PIM was of IGMP, and registered packets as the second does.
fn igmp(view: View<'_>) -> Step<'_> {
    match view.first() {
        Some([0x14, 1]) => Err(Stop::NotDecoded(Carrier::Other)),
        Some([_, _]) => Err(Stop::Transport),
        None => Err(view.absent(2, Header::Other)),
    }
}

/// PIM registers (RFC 7761 §4.9.3) carry the multicast packet that they announce; null registers
/// its header, which names a pair as well.
fn pim<'a>(view: View<'a>, headers: &mut Headers) -> Step<'a> {
    match view.first() {
        None => return Err(view.absent(8, Header::Other)),
        Some([0x21, _, _, _, _, _, _, _]) => {}
        _ => return Err(Stop::Transport),
    }
    // Shorter than any packet: a register that carries none.
    if view.bytes.len() < 28 {
        return Err(view.absent(28, Header::Other));
    }
    headers.path_mut().push_tunnel(Tunnel::PimRegister);
    Ok((Kind::Ip, view.skip(8)))
}

/// L2TPv3 over IP (RFC 3931 §4.1.1): session 0 is control; what a data session carries was agreed
/// there and cannot be seen.
fn l2tpv3(view: View<'_>) -> Step<'_> {
    match view.u32(0) {
        Some(0) => Err(Stop::NotIp(NotIp::TunnelControl)),
        _ => Err(Stop::NotDecoded(Carrier::L2tpv3)),
    }
}
