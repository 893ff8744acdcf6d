//! Makes traffic: seeded, believable, of every class and encapsulation, for demonstrations and tests.
//!
//! It must never read a capture or a clock: the same seed gives the same bytes everywhere. In: a seed
//! and a size. Out: frames, or captures of them.
//!
//! [`packet`], [`transport`], [`extensions`], [`encap`] and [`link`] build frames from the inside out; [`places`] has
//! the hosts; [`scene`] and [`odd`] the conversations; [`traffic`] spreads them over packet time;
//! [`capture`] writes files; [`trace`] makes the mixes that speed is measured on.

pub mod capture;
pub mod encap;
pub mod extensions;
pub mod link;
pub mod odd;
pub mod packet;
pub mod places;
pub mod rng;
pub mod scene;
pub mod trace;
pub mod traffic;
pub mod transport;

pub use traffic::Traffic;

use crate::source::{Frame, LinkType};
use crate::time::Timestamp;

/// A frame that owns its bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnedFrame {
    /// Packet time.
    pub seen: Timestamp,
    /// Length on the wire, in bytes.
    pub wire_len: u32,
    /// How the bytes begin.
    pub link: LinkType,
    /// The captured bytes.
    pub bytes: Vec<u8>,
}

impl OwnedFrame {
    /// A frame captured whole.
    #[must_use]
    pub const fn whole(seen: Timestamp, link: LinkType, bytes: Vec<u8>) -> Self {
        Self {
            seen,
            wire_len: bytes.len() as u32,
            link,
            bytes,
        }
    }

    /// The same frame as a capture with this snap length has it.
    #[must_use]
    pub fn cut(mut self, snap_len: usize) -> Self {
        self.bytes.truncate(snap_len);
        self
    }

    /// The frame as the road reads it.
    #[must_use]
    pub fn lend(&self) -> Frame<'_> {
        Frame {
            seen: self.seen,
            wire_len: self.wire_len,
            link: self.link,
            bytes: &self.bytes,
        }
    }
}
