//! The descent: one header after another, each naming the next, within a fixed number of steps.

use super::headers::{Fragment, Headers};
use super::stop::{Carrier, NotIp, Stop};
use super::view::View;
use super::{ethernet, gre, ipv4, ipv6, link, mpls, ppp, transport, wifi};
use crate::source::LinkType;

/// Headers stepped into at most. *Guessed*: four full IP layers with tunnels and tags between them
/// need about thirty.
const MAX_STEPS: usize = 64;

/// What the bytes of a [`View`] begin with.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Link(LinkType),
    Ethernet,
    EtherType(u16),
    Llc,
    Ip,
    Ipv4,
    Ipv6,
    Protocol(u8),
    Gre,
    Mpls,
    Nsh,
    Pppoe,
    Ppp,
    CiscoHdlc,
    Wifi { padded: bool },
}

/// One step of the descent: what follows and where it lies, or why nothing does.
pub(super) type Step<'a> = Result<(Kind, View<'a>), Stop>;

/// Descends from the link layer until something ends it; every IP layer on the way is in `headers`.
pub(super) fn walk(link: LinkType, frame: View<'_>, headers: &mut Headers) -> Stop {
    descend(Kind::Link(link), frame, headers)
}

/// Likewise from any header on.
pub(super) fn descend(kind: Kind, view: View<'_>, headers: &mut Headers) -> Stop {
    let (mut kind, mut view) = (kind, view);
    for _ in 0..MAX_STEPS {
        match step(kind, view, headers) {
            Ok(next) => (kind, view) = next,
            Err(stop) => return stop,
        }
    }
    Stop::TooManyLayers
}

/// Packets quoted in one another at most. *Guessed*: errors about errors are never sent (RFC 1122
/// §3.2.2), but have been seen.
pub(super) const MAX_QUOTES: u8 = 3;

/// Judges what may be read in a second way by that reading, too: its pairs count as quoted ones do.
#[cold]
pub(super) fn also(kind: Kind, view: View<'_>, headers: &mut Headers) -> Result<(), Stop> {
    if headers.quotes() >= MAX_QUOTES {
        return Err(Stop::TooManyLayers);
    }
    let mut inside = headers.quoted();
    let stop = descend(kind, view, &mut inside);
    for layer in inside.layers() {
        transport::quoted(layer.pair, headers)?;
        // What its other fragments hold is not known.
        if layer.fragment != Fragment::Whole {
            return Err(Stop::NotDecoded(Carrier::Other));
        }
    }
    for (pair, _) in inside.side_pairs() {
        transport::quoted(*pair, headers)?;
    }
    match stop {
        Stop::Truncated(_)
        | Stop::TooManyLayers
        | Stop::TooManyExtensions
        | Stop::NotDecoded(_) => Err(stop),
        Stop::NotIp(NotIp::EtherType | NotIp::Llc) if !inside.layers().is_empty() => {
            Err(Stop::NotDecoded(Carrier::Other))
        }
        // Nonsense: then it is what the first reading says.
        _ => Ok(()),
    }
}

fn step<'a>(kind: Kind, view: View<'a>, headers: &mut Headers) -> Step<'a> {
    match kind {
        Kind::Link(link) => link::link(link, view, headers),
        Kind::Ethernet => ethernet::ethernet(view),
        Kind::EtherType(number) => ethernet::ether_type(number, view, headers),
        Kind::Llc => ethernet::llc(view),
        Kind::Ip => transport::ip(view),
        Kind::Ipv4 => ipv4::ipv4(view, headers),
        Kind::Ipv6 => ipv6::ipv6(view, headers),
        Kind::Protocol(number) => transport::protocol(number, view, headers),
        Kind::Gre => gre::gre(view, headers),
        Kind::Mpls => mpls::mpls(view, headers),
        Kind::Nsh => mpls::nsh(view, headers),
        Kind::Pppoe => ppp::pppoe(view, headers),
        Kind::Ppp => ppp::ppp(view),
        Kind::CiscoHdlc => ppp::cisco_hdlc(view),
        Kind::Wifi { padded } => wifi::wifi(view, padded),
    }
}
