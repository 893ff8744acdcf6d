//! What decoding leaves of a frame: owned header fields and no payload.

use super::path::Path;
use super::stop::Stop;
use super::view::View;
use crate::time::Timestamp;

/// IP layers judged at most (rules §4).
pub const MAX_IP_LAYERS: usize = 4;
/// IPv6 extension headers stepped over at most in one layer (rules §4).
pub const MAX_EXTENSION_HEADERS: usize = 8;
/// Pairs beside the layers' own (routing headers, home addresses, ICMP quotes) judged at most.
/// *Guessed*: more than this in one packet is not traffic but an attempt.
pub const MAX_SIDE_PAIRS: usize = 16;
/// IP version of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum IpVersion {
    /// IPv4.
    V4 = 4,
    /// IPv6.
    V6 = 6,
}

/// Source and destination of one direction. IPv4 addresses are in the low 32 bits.
///
/// No `Debug`: it may belong to an excluded packet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// Of both addresses.
    pub version: IpVersion,
    /// Sender.
    pub src: u128,
    /// Receiver.
    pub dst: u128,
}

impl Pair {
    /// The placeholder of slots that are not in use.
    pub(super) const NONE: Self = Self {
        version: IpVersion::V4,
        src: 0,
        dst: 0,
    };
}

/// Whether a layer is a fragment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fragment {
    /// Not fragmented (an IPv6 atomic fragment counts as its only fragment, [`Fragment::First`]).
    Whole,
    /// The first fragment: the transport header is here.
    First {
        /// Identification (16 bits in IPv4, 32 in IPv6).
        id: u32,
        /// How many bytes of the datagram it holds, at most 65,535: later fragments begin there, or
        /// overlap it.
        end: u16,
        /// What the header that names the fragment says follows (IANA number).
        next: u8,
    },
    /// A later fragment: what it carries is only known from its first.
    Later {
        /// Identification.
        id: u32,
        /// Where in the datagram it begins, in bytes.
        at: u16,
        /// What the header that names the fragment says follows.
        next: u8,
    },
}

/// One IP layer.
#[derive(Clone, Copy)]
pub struct Layer {
    /// Its ends, from its own header.
    pub pair: Pair,
    /// IANA number of what follows, behind extension headers and AH.
    pub protocol: u8,
    /// Total length in bytes as IPFIX octetDeltaCount: the IPv4 total length, or 40 + the IPv6
    /// payload length (jumbo option honoured); taken from the frame where the header says 0.
    pub ip_len: u32,
    /// Whether it is a fragment.
    pub fragment: Fragment,
}

/// Transport of the innermost layer. What was not captured or does not exist is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Transport {
    /// Source port of TCP, UDP, SCTP, DCCP, UDP-Lite.
    pub src_port: u16,
    /// Destination port.
    pub dst_port: u16,
    /// TCP flags octet (RFC 9293 §3.1), if [`Transport::TCP_FLAGS`] is in `has`.
    pub tcp_flags: u8,
    /// ICMP type, if [`Transport::ICMP`] is in `has`.
    pub icmp_type: u8,
    /// ICMP code, likewise.
    pub icmp_code: u8,
    /// Which of the fields were captured.
    pub has: u8,
}

impl Transport {
    /// Ports were captured.
    pub const PORTS: u8 = 1;
    /// TCP flags were captured.
    pub const TCP_FLAGS: u8 = 2;
    /// ICMP type and code were captured.
    pub const ICMP: u8 = 4;

    /// Whether a TCP connection is asked for: SYN without ACK (RFC 9293 §3.1). Flags are 0 where there is
    /// no TCP.
    #[inline]
    #[must_use]
    pub const fn opens_tcp(self) -> bool {
        self.tcp_flags & 0x12 == 0x02
    }
}

/// Why a pair beside the layers' own is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SidePair {
    /// An address of a routing header, segment list, source route or home-address option, in place
    /// of the header's own.
    Routed,
    /// The header quoted by an ICMP error. Never exported.
    Quoted,
}

/// Every IP layer of a frame, outside in, with the innermost transport.
///
/// One value is used again for every frame of a lane, so that the usual frame writes one layer only.
/// It has no lifetime: payload cannot leave `decode`. No `Debug`: it may belong to an excluded packet.
///
/// ```compile_fail,E0107
/// fn borrow<'payload>(_: &sekisho::decode::Headers<'payload>) {}
/// ```
///
/// ```compile_fail,E0277
/// fn print(headers: &sekisho::decode::Headers) -> String {
///     format!("{headers:?}")
/// }
/// ```
///
/// while it lives as long as anybody likes:
///
/// ```
/// fn keep(headers: sekisho::decode::Headers) -> Box<dyn std::any::Any + 'static> {
///     Box::new(headers)
/// }
/// ```
// In this order, so that the usual frame touches two cache lines.
#[repr(C, align(64))]
pub struct Headers {
    seen: Timestamp,
    wire_len: u32,
    layer_count: u8,
    side_pair_count: u8,
    /// See [`Headers::only_layer`].
    is_usual: bool,
    transport: Transport,
    stop: Stop,
    path: Path,
    /// How much of the path leads to the innermost layer; the rest leads to something that is not IP.
    settled: (u8, u8),
    /// How many ICMP errors quote these headers.
    quotes: u8,
    /// How many bytes of the frame were captured; in a quote more than there can be.
    captured: usize,
    layers: [Layer; MAX_IP_LAYERS],
    side_pairs: [(Pair, SidePair); MAX_SIDE_PAIRS],
}

const _: () = assert!(std::mem::offset_of!(Headers, layers) == 64 && size_of::<Layer>() == 64);

impl Default for Headers {
    fn default() -> Self {
        Self::new()
    }
}

impl Headers {
    /// Headers of nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            seen: Timestamp::ZERO,
            wire_len: 0,
            layers: [Layer {
                pair: Pair::NONE,
                protocol: 0,
                ip_len: 0,
                fragment: Fragment::Whole,
            }; MAX_IP_LAYERS],
            layer_count: 0,
            side_pairs: [(Pair::NONE, SidePair::Routed); MAX_SIDE_PAIRS],
            side_pair_count: 0,
            is_usual: false,
            transport: Transport {
                src_port: 0,
                dst_port: 0,
                tcp_flags: 0,
                icmp_type: 0,
                icmp_code: 0,
                has: 0,
            },
            path: Path::DIRECT,
            settled: (0, 0),
            quotes: 0,
            captured: usize::MAX,
            stop: Stop::Transport,
        }
    }

    /// Headers of the packet that an error in these ones quotes.
    pub(super) const fn quoted(&self) -> Self {
        let mut quoted = Self::new();
        quoted.quotes = self.quotes.saturating_add(1);
        quoted
    }

    /// How many ICMP errors quote these headers, one inside the other.
    pub(super) const fn quotes(&self) -> u8 {
        self.quotes
    }

    /// How far into the frame a header begins that the capture cut off.
    pub(super) fn before_cut(&self, header: View<'_>) -> usize {
        self.captured.saturating_sub(header.bytes.len())
    }

    /// Clips to the length that a header declares. Not in a quote: senders quote headers that they have
    /// changed, some with lengths in their own byte order, and what was quoted is there all the same.
    pub(super) fn clip<'a>(&self, view: View<'a>, length: usize) -> View<'a> {
        if self.quotes == 0 {
            view.clip(length)
        } else {
            view
        }
    }

    /// Packet time of the frame.
    #[must_use]
    pub const fn seen(&self) -> Timestamp {
        self.seen
    }

    /// Length of the frame on the wire, in bytes.
    #[must_use]
    pub const fn wire_len(&self) -> u32 {
        self.wire_len
    }

    /// The IP layers, outermost first; empty only where decoding failed before the first.
    #[must_use]
    pub fn layers(&self) -> &[Layer] {
        &self.layers[..usize::from(self.layer_count)]
    }

    /// The layer of the usual packet: the only one, whole, nothing beside it, nothing left undecoded.
    #[inline]
    #[must_use]
    pub const fn only_layer(&self) -> Option<&Layer> {
        let [layer, ..] = &self.layers;
        if self.is_usual { Some(layer) } else { None }
    }

    /// The innermost layer, whose ends the record has.
    #[must_use]
    pub fn innermost(&self) -> Option<&Layer> {
        self.layers().last()
    }

    /// Pairs to judge beside the layers' own.
    #[must_use]
    pub fn side_pairs(&self) -> &[(Pair, SidePair)] {
        &self.side_pairs[..usize::from(self.side_pair_count)]
    }

    /// Transport of the innermost layer.
    #[must_use]
    pub const fn transport(&self) -> Transport {
        self.transport
    }

    /// Tags and tunnels on the way to the innermost layer.
    #[must_use]
    pub const fn path(&self) -> &Path {
        &self.path
    }

    /// Where the descent ended, and why.
    #[must_use]
    pub const fn stop(&self) -> Stop {
        self.stop
    }

    /// Makes the value ready for the next frame; fields behind the counts stay as they are.
    pub(super) fn begin(&mut self, seen: Timestamp, wire_len: u32, captured: usize) {
        self.seen = seen;
        self.wire_len = wire_len;
        self.captured = captured;
        self.layer_count = 0;
        self.side_pair_count = 0;
        self.is_usual = false;
        self.transport = Transport::default();
        self.path.clear();
        self.settled = (0, 0);
        self.stop = Stop::Transport;
    }

    /// All of [`Headers::begin`] and one layer in one go: the usual frame.
    #[inline]
    pub(super) fn begin_plain(
        &mut self,
        (seen, wire_len): (Timestamp, u32),
        layer: Layer,
        transport: Transport,
        stop: Stop,
    ) {
        self.seen = seen;
        self.wire_len = wire_len;
        self.layers[0] = layer;
        self.layer_count = 1;
        self.side_pair_count = 0;
        self.is_usual = true;
        self.transport = transport;
        self.path.clear();
        self.stop = stop;
    }

    /// Adds a layer inside the others; the transport header is still to come, and the path so far
    /// leads here. `false`: there are already [`MAX_IP_LAYERS`].
    #[must_use]
    pub(super) fn push_layer(&mut self, layer: Layer) -> bool {
        let Some(slot) = self.layers.get_mut(usize::from(self.layer_count)) else {
            return false;
        };
        *slot = layer;
        self.layer_count += 1;
        self.transport = Transport::default();
        self.settle_path();
        true
    }

    /// Adds a pair to judge. `false`: there are already [`MAX_SIDE_PAIRS`].
    #[must_use]
    pub(super) fn push_side_pair(&mut self, pair: Pair, kind: SidePair) -> bool {
        let Some(slot) = self.side_pairs.get_mut(usize::from(self.side_pair_count)) else {
            return false;
        };
        *slot = (pair, kind);
        self.side_pair_count += 1;
        true
    }

    pub(super) fn innermost_mut(&mut self) -> Option<&mut Layer> {
        let count = usize::from(self.layer_count);
        self.layers[..count].last_mut()
    }

    pub(super) fn transport_mut(&mut self) -> &mut Transport {
        &mut self.transport
    }

    pub(super) fn path_mut(&mut self) -> &mut Path {
        &mut self.path
    }

    /// Keeps the path so far, even where no further layer follows.
    pub(super) fn settle_path(&mut self) {
        self.settled = self.path.counts();
    }

    /// Ends the descent: what was entered without finding IP is taken off the path again.
    pub(super) fn finish(&mut self, stop: Stop) {
        self.path.cut(self.settled);
        self.stop = stop;
        self.is_usual = match self.layers() {
            [layer] => {
                layer.fragment == Fragment::Whole
                    && self.side_pair_count == 0
                    && matches!(stop, Stop::Transport | Stop::Opaque)
            }
            _ => false,
        };
    }
}
