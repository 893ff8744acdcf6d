//! pcapng: sections of either byte order, interfaces with their own link types and clocks.
//!
//! Source: draft-ietf-opsawg-pcapng. Unknown blocks are skipped; anything that contradicts itself
//! ends the file as damaged, at the block where it does.

use std::ops::ControlFlow;

use super::end::Fault;
use super::interface::Interface;
use super::window::{Input, Stop, Window};
use super::{Frame, MAX_CAPTURED};
use crate::time::Timestamp;

/// Block types.
const SECTION: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const OBSOLETE_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;

/// The first four bytes of every pcapng file, the same in both byte orders.
pub(super) const MAGIC: [u8; 4] = SECTION.to_be_bytes();

/// Type, length and (in a section header) byte-order magic.
const BLOCK_HEADER: usize = 12;

/// Blocks up to this length are read whole; the largest packet with room for its options fits.
const WHOLE: usize = 512 * 1024;

/// What is kept of a longer block: the largest packet and its fixed fields.
const KEPT: usize = MAX_CAPTURED as usize + 64;

/// *Guessed*: far above any capture known, and bounds the memory of a file of nothing but interfaces.
const MAX_INTERFACES: usize = 65_536;

/// The byte order of a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ByteOrder {
    Little,
    Big,
}

impl ByteOrder {
    #[inline(always)]
    pub(super) const fn u16(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::Little => u16::from_le_bytes(bytes),
            Self::Big => u16::from_be_bytes(bytes),
        }
    }

    #[inline(always)]
    pub(super) const fn u32(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        }
    }

    pub(super) const fn i64(self, bytes: [u8; 8]) -> i64 {
        match self {
            Self::Little => i64::from_le_bytes(bytes),
            Self::Big => i64::from_be_bytes(bytes),
        }
    }
}

/// What the blocks so far have said about the blocks to come.
pub(super) struct Section {
    order: ByteOrder,
    interfaces: Vec<Interface>,
}

/// A block: its type, and its body without the lengths around it.
struct Block<'a> {
    kind: u32,
    /// The body, or the beginning of a body that is too long to hold.
    body: &'a [u8],
    /// The whole body's length in bytes.
    length: u64,
}

impl Section {
    pub(super) const fn new() -> Self {
        Self {
            order: ByteOrder::Little,
            interfaces: Vec::new(),
        }
    }

    /// Delivers the packets of every block.
    #[inline]
    pub(super) fn walk<I: Input, F>(&mut self, window: &mut Window<I>, deliver: &mut F) -> Stop
    where
        F: FnMut(&Frame<'_>) -> ControlFlow<()>,
    {
        loop {
            if !window.fill(BLOCK_HEADER) {
                let have = window.filled().len() as u64;
                if have == 0 {
                    return window.finish();
                }
                return window.cut(Fault::CutBlockHeader {
                    have,
                    need: BLOCK_HEADER as u64,
                });
            }
            let Some(header) = window.filled().first_chunk::<BLOCK_HEADER>() else {
                return window.finish();
            };
            let (kind, length) = match self.begin(*header) {
                Ok(begun) => begun,
                Err(fault) => return window.damaged(fault),
            };
            let size = length as usize;
            if size > WHOLE {
                if let Some(stop) = self.long_block(window, kind, length, deliver) {
                    return stop;
                }
                continue;
            }
            if !window.fill(size) {
                let have = window.filled().len() as u64;
                return window.cut(Fault::CutBlock {
                    have,
                    need: u64::from(length),
                });
            }
            let block = window.filled().get(..size).unwrap_or_default();
            let delivered = self
                .whole_block(kind, length, block)
                .map(|frame| match frame {
                    Some(frame) => deliver(&frame),
                    None => ControlFlow::Continue(()),
                });
            match delivered {
                Ok(flow) => {
                    window.consume(size);
                    pad(window, length);
                    if flow.is_break() {
                        return Stop::Stopped;
                    }
                }
                Err(fault) => return window.damaged(fault),
            }
        }
    }

    /// Reads a block's type and total length; a section header sets the byte order first.
    #[inline]
    fn begin(&mut self, header: [u8; BLOCK_HEADER]) -> Result<(u32, u32), Fault> {
        let [k0, k1, k2, k3, n0, n1, n2, n3, order @ ..] = header;
        if [k0, k1, k2, k3] == MAGIC {
            self.order = match order {
                [0x4d, 0x3c, 0x2b, 0x1a] => ByteOrder::Little,
                [0x1a, 0x2b, 0x3c, 0x4d] => ByteOrder::Big,
                _ => return Err(Fault::ByteOrder),
            };
            self.interfaces.clear();
        }
        let length = self.order.u32([n0, n1, n2, n3]);
        if (length as usize) < BLOCK_HEADER {
            return Err(Fault::BlockLength { length });
        }
        Ok((self.order.u32([k0, k1, k2, k3]), length))
    }

    #[inline]
    fn whole_block<'a>(
        &mut self,
        kind: u32,
        length: u32,
        block: &'a [u8],
    ) -> Result<Option<Frame<'a>>, Fault> {
        let Some((rest, trailer)) = block.split_last_chunk::<4>() else {
            return Err(Fault::BlockLength { length });
        };
        self.check_trailer(length, *trailer)?;
        let body = rest.get(8..).unwrap_or_default();
        self.packet(&Block {
            kind,
            body,
            length: body.len() as u64,
        })
    }

    fn check_trailer(&self, length: u32, trailer: [u8; 4]) -> Result<(), Fault> {
        let trailing = self.order.u32(trailer);
        if trailing == length {
            Ok(())
        } else {
            Err(Fault::TrailingLength { length, trailing })
        }
    }

    /// A block too long to hold: keeps what a packet can need of it, streams over the rest, and
    /// delivers only once the length at its end agrees.
    #[cold]
    fn long_block<I: Input, F>(
        &mut self,
        window: &mut Window<I>,
        kind: u32,
        length: u32,
        deliver: &mut F,
    ) -> Option<Stop>
    where
        F: FnMut(&Frame<'_>) -> ControlFlow<()>,
    {
        let total = u64::from(length);
        let start = window.offset();
        let cut = |window: &mut Window<I>| {
            let have = window.offset() + window.filled().len() as u64 - start;
            Some(window.cut(Fault::CutBlock { have, need: total }).at(start))
        };
        if !window.fill(KEPT) {
            return cut(window);
        }
        let kept = window.filled().get(8..KEPT).unwrap_or_default().to_vec();
        if !window.skip(total - 4) || !window.fill(4) {
            return cut(window);
        }
        let trailer = window
            .filled()
            .first_chunk::<4>()
            .copied()
            .unwrap_or_default();
        if let Err(fault) = self.check_trailer(length, trailer) {
            return Some(window.damaged(fault).at(start));
        }
        match self.packet(&Block {
            kind,
            body: &kept,
            length: total - 12,
        }) {
            Ok(frame) => {
                window.consume(4);
                pad(window, length);
                match frame.map(|frame| deliver(&frame)) {
                    Some(ControlFlow::Break(())) => Some(Stop::Stopped),
                    Some(ControlFlow::Continue(())) | None => None,
                }
            }
            Err(fault) => Some(window.damaged(fault).at(start)),
        }
    }

    /// What a block says: a packet, something about packets to come, or nothing to us.
    #[inline]
    fn packet<'a>(&mut self, block: &Block<'a>) -> Result<Option<Frame<'a>>, Fault> {
        let kind = block.kind;
        let short = Fault::ShortBlock { kind };
        let order = self.order;
        match kind {
            ENHANCED_PACKET | OBSOLETE_PACKET => {
                let (fixed, rest) = block.body.split_first_chunk::<20>().ok_or(short)?;
                let [
                    i0,
                    i1,
                    i2,
                    i3,
                    h0,
                    h1,
                    h2,
                    h3,
                    t0,
                    t1,
                    t2,
                    t3,
                    c0,
                    c1,
                    c2,
                    c3,
                    w0,
                    w1,
                    w2,
                    w3,
                ] = *fixed;
                // The obsolete block has 16 bits of interface and 16 of drops in the same place.
                let number = if kind == ENHANCED_PACKET {
                    order.u32([i0, i1, i2, i3])
                } else {
                    u32::from(order.u16([i0, i1]))
                };
                let interface = self.interface(number)?;
                let captured = order.u32([c0, c1, c2, c3]);
                let bytes = captured_bytes(rest, block.length - 20, captured)?;
                let ticks = u64::from(order.u32([h0, h1, h2, h3])) << 32
                    | u64::from(order.u32([t0, t1, t2, t3]));
                Ok(Some(Frame {
                    seen: interface.clock.at(ticks),
                    wire_len: order.u32([w0, w1, w2, w3]),
                    link: interface.link,
                    bytes,
                }))
            }
            SIMPLE_PACKET => {
                // Always of the first interface, without a time.
                let interface = self.interface(0)?;
                let (wire, rest) = block.body.split_first_chunk::<4>().ok_or(short)?;
                let wire_len = order.u32(*wire);
                let captured = match interface.snap_len {
                    0 => wire_len,
                    snap_len => wire_len.min(snap_len),
                };
                let bytes = captured_bytes(rest, block.length - 4, captured)?;
                Ok(Some(Frame {
                    seen: Timestamp::ZERO,
                    wire_len,
                    link: interface.link,
                    bytes,
                }))
            }
            INTERFACE => {
                let interface = Interface::parse(order, block.body).ok_or(short)?;
                if self.interfaces.len() >= MAX_INTERFACES {
                    return Err(Fault::TooManyInterfaces);
                }
                self.interfaces.push(interface);
                Ok(None)
            }
            SECTION => {
                let fixed = block.body.first_chunk::<16>().ok_or(short)?;
                let [_, _, _, _, v0, v1, ..] = *fixed;
                match order.u16([v0, v1]) {
                    1 => Ok(None),
                    major => Err(Fault::Version { major }),
                }
            }
            _ => Ok(None),
        }
    }

    #[inline]
    fn interface(&self, number: u32) -> Result<&Interface, Fault> {
        self.interfaces
            .get(number as usize)
            .ok_or(Fault::UnknownInterface {
                interface: number,
                described: self.interfaces.len() as u32,
            })
    }
}

/// The captured bytes at the beginning of `rest`, in a block with `have` bytes of room for them.
#[inline]
fn captured_bytes(rest: &[u8], have: u64, captured: u32) -> Result<&[u8], Fault> {
    if u64::from(captured) > have {
        return Err(Fault::BeyondBlock { captured, have });
    }
    if captured > MAX_CAPTURED {
        return Err(Fault::Oversized { captured });
    }
    rest.get(..captured as usize)
        .ok_or(Fault::BeyondBlock { captured, have })
}

/// Steps over the padding after a block whose length is not a multiple of four, where the stream
/// has it all; where it has not, what is there is judged as the next block.
#[inline]
fn pad<I: Input>(window: &mut Window<I>, length: u32) {
    let padding = (length.wrapping_neg() & 3) as usize;
    if padding > 0 && window.fill(padding) {
        window.consume(padding);
    }
}
