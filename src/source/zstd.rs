//! Zstandard frames, one after the other, a block at a time.
//!
//! A call of the decoder that meets corrupt data does not say what it unpacked before. So none is
//! given more than one step of the format, and every block before the corruption comes out.
//! Source: RFC 8878.

use std::io::{self, BufRead, Read};

use zstd::stream::raw::{Decoder, InBuffer, Operation, OutBuffer};

/// The magic number, and the byte that tells how long the header of the frame is.
const FRAME_START: usize = 5;

/// A block's header, which the decoder asks for together with the block before it.
const BLOCK_HEADER: usize = 3;

/// Unpacks a sequence of frames. `UnexpectedEof` means cut; any other error that is not of the input,
/// corrupt.
pub(super) struct Zstd<R> {
    packed: R,
    decoder: Decoder<'static>,
    /// How much the decoder asks for; 0 between two frames.
    asked: usize,
    /// The last call filled its room, so the decoder may hold more.
    full: bool,
}

impl<R: BufRead> Zstd<R> {
    pub(super) fn new(packed: R) -> io::Result<Self> {
        Ok(Self {
            packed,
            decoder: Decoder::new()?,
            asked: 0,
            full: false,
        })
    }

    /// Bytes up to the end of the next step.
    const fn step(&self) -> usize {
        match self.asked {
            0 => FRAME_START,
            // Without the header, whose corruption would take the block along.
            asked if asked > BLOCK_HEADER => asked - BLOCK_HEADER,
            asked => asked,
        }
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let step = self.step();
            let ahead = if self.full {
                &[]
            } else {
                self.packed.fill_buf()?
            };
            if ahead.is_empty() && !self.full {
                return match self.asked {
                    0 => Ok(0),
                    _ => Err(io::ErrorKind::UnexpectedEof.into()),
                };
            }
            let mut input = InBuffer::around(ahead.get(..step).unwrap_or(ahead));
            let mut output = OutBuffer::around(out);
            self.asked = self.decoder.run(&mut input, &mut output)?;
            let (used, count) = (input.pos(), output.pos());
            self.packed.consume(used);
            self.full = count == out.len() && self.asked != 0;
            if count > 0 {
                return Ok(count);
            }
        }
    }
}
