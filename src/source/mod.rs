//! Reads captures and lends out frames, one at a time, in file order.
//!
//! It must never keep, copy or log a frame's bytes. In: files, folders, standard input, in any
//! supported container. Out: [`Frame`]s, and how the reading ended.

use crate::time::Timestamp;

/// A link-layer header type, in the numbering of the LINKTYPE_ registry (pcap, pcapng).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkType(pub u32);

/// One captured frame, borrowed for the length of a call.
///
/// No `Debug`: its bytes may belong to an excluded packet.
#[derive(Clone, Copy)]
pub struct Frame<'a> {
    /// Packet time.
    pub seen: Timestamp,
    /// Length of the frame on the wire in bytes, as the capture claims it; usually not below the
    /// number of captured bytes, but nothing enforces that.
    pub wire_len: u32,
    /// How the bytes begin.
    pub link: LinkType,
    /// The captured bytes.
    pub bytes: &'a [u8],
}
