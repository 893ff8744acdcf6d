//! Walks a frame's headers from the outside in.
//!
//! It must never read another layer's bytes as addresses because of a wrong length, and never let a
//! byte of payload out. In: a [`Frame`]. Out: [`Headers`], or [`Undecodable`] where not even one IP
//! layer was reached.

mod ethernet;
mod fast;
mod gre;
mod headers;
mod ipv4;
mod ipv6;
mod link;
mod link_odd;
mod mpls;
mod path;
mod ppp;
mod stop;
mod transport;
mod udp;
mod udp_tunnels;
mod udp_tunnels_odd;
mod view;
mod walk;
mod wifi;

pub use headers::{
    Fragment, Headers, IpVersion, Layer, MAX_EXTENSION_HEADERS, MAX_IP_LAYERS, MAX_SIDE_PAIRS,
    Pair, SidePair, Transport,
};
pub use path::{MAX_TUNNELS, MAX_VLANS, Path, Tunnel};
pub use stop::{Carrier, Header, NotIp, Stop};

use crate::source::{Frame, LinkType};
use view::View;

/// Whether frames of this link type are decoded at all.
#[must_use]
pub fn knows(link: LinkType) -> bool {
    // Of a link type that it knows, it misses the header.
    let nothing = link::link(link, View::new(&[], 0), &mut Headers::default());
    !matches!(nothing, Err(Stop::UnsupportedLink))
}

/// A frame in which no IP layer was reached: there is nothing to locate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undecodable {
    /// Where the descent ended.
    pub stop: Stop,
    /// Length of the frame on the wire, in bytes.
    pub wire_len: u32,
}

/// Decodes one frame into `headers`, overwriting what they held.
///
/// # Errors
/// [`Undecodable`] where no IP layer was reached.
#[inline(always)]
pub fn decode(frame: &Frame<'_>, headers: &mut Headers) -> Result<(), Undecodable> {
    if fast::decode(frame, headers) {
        return Ok(());
    }
    general(frame, headers)
}

/// Decodes one frame as [`decode`] does, but never in the one pass of the usual frame; for tests and
/// benchmarks that compare the two.
///
/// # Errors
/// [`Undecodable`] where no IP layer was reached.
#[doc(hidden)]
#[inline(never)]
pub fn general(frame: &Frame<'_>, headers: &mut Headers) -> Result<(), Undecodable> {
    headers.begin(frame.seen, frame.wire_len, frame.bytes.len());
    let stop = walk::walk(frame.link, View::new(frame.bytes, frame.wire_len), headers);
    headers.finish(stop);
    if headers.layers().is_empty() {
        return Err(Undecodable {
            stop,
            wire_len: frame.wire_len,
        });
    }
    Ok(())
}
