//! GRE and what it carries: ERSPAN, WCCP, PPTP, bridged Ethernet.

use super::headers::{Headers, IpVersion, Pair, SidePair};
use super::path::Tunnel;
use super::stop::{Carrier, Header, NotIp, Stop};
use super::view::View;
use super::walk::{self, Kind, Step};
use super::{ethernet, mpls};

const CHECKSUM: u16 = 0x8000;
const ROUTING: u16 = 0x4000;
const KEY: u16 = 0x2000;
const SEQUENCE: u16 = 0x1000;
const ACKNOWLEDGMENT: u16 = 0x0080;

/// GRE version 0 (RFC 2784 §2, 2890 §2, and 1701 for routing) and version 1 (RFC 2637 §4.1).
pub(super) fn gre<'a>(view: View<'a>, headers: &mut Headers) -> Step<'a> {
    let [a, b, c, d] = *view.need::<4>(Header::Gre)?;
    let (flags, number) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
    let field = |flag: u16| if flags & flag != 0 { 4 } else { 0 };
    match flags & 7 {
        0 => {
            let fixed = 4 + field(CHECKSUM | ROUTING) + field(KEY) + field(SEQUENCE);
            let length = if flags & ROUTING == 0 {
                fixed
            } else {
                source_routes(view, fixed, headers)?
            };
            if view.bytes.len() < length {
                return Err(view.short(length, Header::Gre));
            }
            headers.path_mut().push_tunnel(match number {
                0x88be | 0x22eb => Tunnel::Erspan,
                0x883e => Tunnel::Wccp,
                _ => Tunnel::Gre,
            });
            let fields = Fields {
                any: length > 4,
                sequence: flags & SEQUENCE != 0,
            };
            payload(number, fields, view.skip(length), headers)
        }
        // Ethernet over IP of some routers: frame length and identifier in the key, then the frame.
        1 if number == 0x6400 && flags & KEY != 0 => {
            view.need::<8>(Header::Gre)?;
            headers.path_mut().push_tunnel(Tunnel::Gre);
            Ok((Kind::Ethernet, view.skip(8)))
        }
        // PPTP: without a sequence number, and anything behind it, it only acknowledges.
        1 if number == 0x880b
            && flags & SEQUENCE == 0
            && view.wire <= 4 + field(KEY) + field(ACKNOWLEDGMENT) =>
        {
            Err(Stop::NotIp(NotIp::TunnelControl))
        }
        1 => {
            let length = 4 + field(KEY) + field(SEQUENCE) + field(ACKNOWLEDGMENT);
            if view.bytes.len() < length {
                return Err(view.short(length, Header::Gre));
            }
            if number != 0x880b {
                return Err(Stop::NotDecoded(Carrier::Gre));
            }
            headers.path_mut().push_tunnel(Tunnel::Pptp);
            Ok((Kind::Ppp, view.skip(length)))
        }
        _ => Err(Stop::NotDecoded(Carrier::Gre)),
    }
}

/// What is in a GRE header beside its first four bytes.
#[derive(Clone, Copy)]
pub(super) struct Fields {
    /// Anything.
    pub(super) any: bool,
    pub(super) sequence: bool,
}

/// Source route entries (RFC 1701) of family, offset, length and route, ended by an empty one. Every address
/// is judged as the receiver; of other families it is not known where they lead.
fn source_routes(view: View<'_>, start: usize, headers: &mut Headers) -> Result<usize, Stop> {
    /// *Guessed*: no one has been seen to use any.
    const MAX_ROUTES: usize = 32;
    let mut at = start;
    for _ in 0..MAX_ROUTES {
        let Some([family_high, family_low, _, length]) = view.tail(at).first_chunk() else {
            return Err(view.short(at + 4, Header::Gre));
        };
        let route = view.skip(at + 4).clip(usize::from(*length)).bytes;
        at += 4 + usize::from(*length);
        let own = headers.innermost().map(|layer| layer.pair);
        match ([*family_high, *family_low], *length, own) {
            ([0, 0], 0, _) => return Ok(at),
            ([8, 0], _, Some(own)) if own.version == IpVersion::V4 => {
                for address in route.as_chunks::<4>().0 {
                    let dst = u128::from(u32::from_be_bytes(*address));
                    if !headers.push_side_pair(Pair { dst, ..own }, SidePair::Routed) {
                        return Err(Stop::TooManyExtensions);
                    }
                }
            }
            _ => return Err(Stop::NotDecoded(Carrier::Gre)),
        }
    }
    Err(Stop::Malformed(Header::Gre))
}

/// What a GRE protocol type announces: Ethernet's numbers, with a few of its own.
pub(super) fn payload<'a>(
    number: u16,
    fields: Fields,
    view: View<'a>,
    headers: &mut Headers,
) -> Step<'a> {
    match number {
        // ERSPAN I has no header, and nothing in that of GRE; the others have a sequence number. Some go by the
        // one, some by the other.
        0x88be if !fields.any => Ok((Kind::Ethernet, view)),
        0x88be if !fields.sequence => {
            let second = view.skip(8);
            match (ethernet::leads_to_ip(view), ethernet::leads_to_ip(second)) {
                (true, _) => {
                    walk::also(Kind::Ethernet, second, headers)?;
                    Ok((Kind::Ethernet, view))
                }
                (false, true) => Ok((Kind::Ethernet, second)),
                (false, false) => Err(Stop::NotDecoded(Carrier::Gre)),
            }
        }
        0x88be | 0x22eb => erspan(number, view, headers),
        // Cisco MetaData, with the next type in front of it here.
        0x8909 if matches!(view.first(), Some([0x08, 0x00] | [0x86, 0xdd])) => {
            Ok((Kind::Ip, view.skip(8)))
        }
        // WCCP: version 2 has a redirect header of four bytes, version 1 has none. What reads as both
        // is judged as both, and is what it reads best as.
        0x883e if view.nibble() == Some(4) => {
            let (first, second) = (view, view.skip(4));
            if second.nibble() != Some(4) {
                return Ok((Kind::Ipv4, first));
            }
            let (is, may_be) = if mpls::is_packet(first) {
                (first, second)
            } else {
                (second, first)
            };
            walk::also(Kind::Ipv4, may_be, headers)?;
            Ok((Kind::Ipv4, is))
        }
        0x883e => Ok((Kind::Ipv4, view.skip(4))),
        // Keepalives: a GRE header with nothing in it, on its way back.
        _ if view.wire == 0 => Err(Stop::NotIp(NotIp::TunnelControl)),
        // OSI (IS-IS between routers).
        0x00fe => ethernet::osi(view),
        0..=1500 => Err(Stop::NotDecoded(Carrier::Gre)),
        // Numbers that we do not know may be someone's way to carry IP.
        _ => match ethernet::ether_type(number, view, headers) {
            Err(Stop::NotIp(NotIp::EtherType)) => Err(Stop::NotDecoded(Carrier::Gre)),
            step => step,
        },
    }
}

/// ERSPAN with a header. Some receivers go by its version, others by the number in front of it: where those
/// do not agree, it is judged as both.
fn erspan<'a>(number: u16, view: View<'a>, headers: &mut Headers) -> Step<'a> {
    view.need::<8>(Header::Erspan)?;
    let second = (Kind::Ethernet, view.skip(8));
    match (number, view.nibble()) {
        (0x88be, Some(0 | 1)) => Ok(second),
        (0x22eb, Some(0 | 2)) => erspan_3(view),
        (_, Some(1)) => {
            let (kind, inside) = erspan_3(view)?;
            walk::also(kind, inside, headers)?;
            Ok(second)
        }
        (_, Some(2)) => {
            walk::also(second.0, second.1, headers)?;
            erspan_3(view)
        }
        _ => Err(Stop::NotDecoded(Carrier::Gre)),
    }
}

/// ERSPAN III: twelve bytes, eight more with bit O, and a frame type of Ethernet or IP.
fn erspan_3(view: View<'_>) -> Step<'_> {
    let [.., kind, options] = *view.need::<12>(Header::Erspan)?;
    let length = if options & 1 == 0 { 12 } else { 20 };
    if view.bytes.len() < length {
        return Err(view.short(length, Header::Erspan));
    }
    let inside = view.skip(length);
    if kind >> 2 & 0x1f == 2 {
        Ok((Kind::Ip, inside))
    } else {
        Ok((Kind::Ethernet, inside))
    }
}
