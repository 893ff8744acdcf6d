//! Reads captures and interfaces and lends out frames, one at a time, in the order of the file or of
//! arrival.
//!
//! It must never keep, copy or log a frame's bytes. In: files, folders, standard input, in any
//! supported container; interfaces. Out: [`Frame`]s, and how the reading ended.
//!
//! ```text
//!   files ─▶ Input ─▶ open ─▶ Reader ──read(deliver)──▶ Frame, Frame, … ─▶ End
//!                             stream (unpacked ahead) ─▶ window (one reused buffer)
//!                             ─▶ pcap | pcapng
//!   interface ─▶ LiveHandle ──read(deliver)──▶ Frame, Frame, …
//!            PcapFile ─▶ PcapRange ──read(deliver)──▶ the same frames, in parts
//! ```
//!
//! Containers are told by content, never by name. Reading has four ends, kept apart in [`End`]:
//! complete, stopped by the callback, damaged (everything whole before the damage was delivered),
//! and failed (the operating system gave an error).

mod ahead;
mod end;
mod error;
mod files;
mod gzip;
mod interface;
#[cfg(feature = "live")]
mod live;
mod lz4;
mod pcap;
mod pcapng;
mod range;
mod reader;
mod resync;
mod stream;
#[cfg(test)]
mod synth;
#[cfg(test)]
mod tests;
mod window;
mod zstd;

pub use end::{Compression, Damage, End, Fault};
pub use error::OpenError;
pub use files::{Input, Inputs, expand};
#[cfg(feature = "live")]
pub use live::{
    Drops, LinkChange, LinkWatch, LiveError, LiveHandle, LiveSettings, interfaces, link_name,
};
pub use pcap::PcapFormat;
pub use range::{PcapFile, PcapRange, RangeEnd, RangeReader};
pub use reader::{Reader, open};
pub use resync::find_record_start;

use crate::time::Timestamp;

/// The largest number of captured bytes in a frame that is believed, *given* by libpcap's
/// `MAXIMUM_SNAPLEN`; a record that claims more ends its file as damaged.
pub const MAX_CAPTURED: u32 = 262_144;

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
