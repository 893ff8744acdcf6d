//! The bytes still to be read, with two ends: where the capture ends and where the packet does.

use super::stop::{Header, Stop};

/// What is left of a frame from some header on, clipped to every length declared around it.
///
/// `wire` is how many bytes there were before a snap length cut them, never less than those captured.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) wire: usize,
}

impl<'a> View<'a> {
    /// A whole frame. Some files claim wire lengths below the captured ones; those are not believed.
    #[inline]
    pub(super) fn new(bytes: &'a [u8], wire_len: u32) -> Self {
        let wire = usize::try_from(wire_len).unwrap_or(usize::MAX);
        Self {
            bytes,
            wire: wire.max(bytes.len()),
        }
    }

    /// What follows the first `count` bytes; nothing, where there are fewer.
    #[inline]
    pub(super) fn skip(self, count: usize) -> Self {
        Self {
            bytes: self.bytes.get(count..).unwrap_or_default(),
            wire: self.wire.saturating_sub(count),
        }
    }

    /// At most the first `count` bytes.
    #[inline]
    pub(super) fn clip(self, count: usize) -> Self {
        Self {
            bytes: self.bytes.get(..count).unwrap_or(self.bytes),
            wire: self.wire.min(count),
        }
    }

    /// The first part of a datagram: what follows it was sent, in other fragments.
    #[inline]
    pub(super) fn continued(self) -> Self {
        Self {
            wire: self.wire.max(usize::from(u16::MAX)),
            ..self
        }
    }

    /// The captured bytes from `at` on, none beyond the end.
    #[inline]
    pub(super) fn tail(self, at: usize) -> &'a [u8] {
        self.bytes.get(at..).unwrap_or_default()
    }

    /// The first `N` bytes.
    #[inline]
    pub(super) fn first<const N: usize>(self) -> Option<&'a [u8; N]> {
        self.bytes.first_chunk()
    }

    /// The first `N` bytes of a header that must be there.
    #[inline]
    pub(super) fn need<const N: usize>(self, header: Header) -> Result<&'a [u8; N], Stop> {
        self.bytes
            .first_chunk()
            .ok_or_else(|| self.short(N, header))
    }

    /// Why `count` bytes of a header are not there: cut off, or never sent.
    #[cold]
    pub(super) fn short(self, count: usize, header: Header) -> Stop {
        if self.wire >= count {
            Stop::Truncated(header)
        } else {
            Stop::Malformed(header)
        }
    }

    /// Whether `count` bytes were sent, but not all of them captured.
    #[inline]
    pub(super) fn is_cut(self, count: usize) -> bool {
        self.bytes.len() < count && self.wire >= count
    }

    /// Why there is nothing behind a header of `count` bytes that is not all there: the capture cut
    /// it off, or the packet ends, and the layers there are decide.
    #[inline]
    pub(super) fn absent(self, count: usize, header: Header) -> Stop {
        if self.is_cut(count) {
            Stop::Truncated(header)
        } else {
            Stop::Transport
        }
    }

    /// One byte.
    #[inline]
    pub(super) fn u8(self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    /// Two bytes in network order.
    #[inline]
    pub(super) fn u16(self, at: usize) -> Option<u16> {
        self.tail(at).first_chunk().copied().map(u16::from_be_bytes)
    }

    /// Four bytes in network order.
    #[inline]
    pub(super) fn u32(self, at: usize) -> Option<u32> {
        self.tail(at).first_chunk().copied().map(u32::from_be_bytes)
    }

    /// Four bytes in little-endian order.
    #[inline]
    pub(super) fn u32_le(self, at: usize) -> Option<u32> {
        self.tail(at).first_chunk().copied().map(u32::from_le_bytes)
    }

    /// The version nibble of an IP header.
    #[inline]
    pub(super) fn nibble(self) -> Option<u8> {
        self.bytes.first().map(|byte| byte >> 4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_move_together() {
        let frame = View::new(&[1, 2, 3, 4], 10);
        assert_eq!((frame.skip(3).bytes.len(), frame.skip(3).wire), (1, 7));
        assert_eq!((frame.skip(6).bytes.len(), frame.skip(6).wire), (0, 4));
        assert_eq!((frame.clip(7).bytes.len(), frame.clip(7).wire), (4, 7));
        assert_eq!((frame.clip(2).bytes.len(), frame.clip(2).wire), (2, 2));
        assert_eq!(frame.skip(99).wire, 0);
    }

    #[test]
    fn a_wire_length_below_the_captured_one_is_not_believed() {
        assert_eq!(View::new(&[0; 8], 3).wire, 8);
    }

    #[test]
    fn cut_and_lying_are_told_apart() {
        let frame = View::new(&[0; 4], 10);
        assert_eq!(frame.short(8, Header::Gre), Stop::Truncated(Header::Gre));
        assert_eq!(frame.short(11, Header::Gre), Stop::Malformed(Header::Gre));
        assert!(frame.is_cut(8) && !frame.is_cut(4) && !frame.is_cut(11));
    }
}
