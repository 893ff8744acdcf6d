//! The unpacked byte stream of an input: told by its first bytes, unpacked in constant memory.
//!
//! One layer of compression is undone. Memory: 32 KiB window for gzip, at most 128 MiB for zstd (its
//! format's usual limit; 8 MiB up to level 19), at most about 13 MiB for lz4.

use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use lz4_flex::frame::FrameDecoder;

use super::end::{Compression, Fault};
use super::gzip::Gzip;
use super::window::{Input, InputError};

/// Packed bytes held between the operating system and a decoder.
const PACKED_BUFFER: usize = 128 * 1024;

/// A read that meets corrupt data loses what it unpacked so far, so zstd is asked for little at a
/// time: this bounds the loss and costs less than a tenth of the unpacking.
const ZSTD_STEP: usize = 2 * 1024;

/// Enough to hand over; waiting for more would only delay frames that come through a pipe.
const ENOUGH: usize = 64 * 1024;

/// What the first bytes of an input say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Plain,
    Packed(Compression),
    /// Known, but not undone here.
    Foreign(&'static str),
}

impl Packing {
    pub(super) fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Self::Packed(Compression::Gzip),
            // A skippable frame may come first (pzstd writes one).
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => {
                Self::Packed(Compression::Zstd)
            }
            [0x04, 0x22, 0x4d, 0x18, ..] => Self::Packed(Compression::Lz4),
            [0x02, 0x21, 0x4c, 0x18, ..] => Self::Foreign("legacy lz4"),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Foreign("xz"),
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Self::Foreign("bzip2"),
            [b'P', b'K', 3, 4, ..] => Self::Foreign("zip"),
            _ => Self::Plain,
        }
    }
}

/// What is known of the bytes that came from the operating system; shared with the decoders.
#[derive(Default)]
struct Tap {
    taken: AtomicU64,
    failed: AtomicBool,
}

/// The input as it is, from its first byte on.
struct Raw {
    bytes: io::Chain<Cursor<Vec<u8>>, Box<dyn Read + Send>>,
    tap: Arc<Tap>,
}

impl Read for Raw {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.bytes.read(out) {
                Ok(count) => {
                    self.tap.taken.fetch_add(count as u64, Ordering::Relaxed);
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.tap.failed.store(true, Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
    }
}

/// An input's unpacked bytes.
pub(super) struct Stream {
    decoder: Decoder,
    tap: Arc<Tap>,
    compression: Option<Compression>,
    /// An error met after some bytes of the same read, told at the next.
    pending: Option<InputError>,
}

enum Decoder {
    Plain(Raw),
    Gzip(Box<Gzip<BufReader<Raw>>>),
    Zstd(Box<zstd::Decoder<'static, BufReader<Raw>>>),
    Lz4(Box<Lz4>),
}

/// Why there is no stream.
pub(super) enum Unopened {
    Foreign(&'static str),
    Failed(io::Error),
}

impl Stream {
    /// Reads up to six bytes to see how the input is packed.
    pub(super) fn new(mut input: Box<dyn Read + Send>) -> Result<Self, Unopened> {
        let mut head = Vec::with_capacity(6);
        input
            .by_ref()
            .take(6)
            .read_to_end(&mut head)
            .map_err(Unopened::Failed)?;
        let packing = Packing::of(&head);
        let tap = Arc::new(Tap::default());
        let raw = Raw {
            bytes: Cursor::new(head).chain(input),
            tap: Arc::clone(&tap),
        };
        let buffered = |raw| BufReader::with_capacity(PACKED_BUFFER, raw);
        let (decoder, compression) = match packing {
            Packing::Plain => (Decoder::Plain(raw), None),
            Packing::Packed(compression) => (
                match compression {
                    Compression::Gzip => Decoder::Gzip(Box::new(Gzip::new(buffered(raw)))),
                    Compression::Zstd => Decoder::Zstd(Box::new(
                        zstd::Decoder::with_buffer(buffered(raw)).map_err(Unopened::Failed)?,
                    )),
                    Compression::Lz4 => Decoder::Lz4(Box::new(Lz4::new(buffered(raw)))),
                },
                Some(compression),
            ),
            Packing::Foreign(method) => return Err(Unopened::Foreign(method)),
        };
        Ok(Self {
            decoder,
            tap,
            compression,
            pending: None,
        })
    }

    pub(super) const fn compression(&self) -> Option<Compression> {
        self.compression
    }

    /// Bytes taken from the input so far, as packed as they are.
    pub(super) fn taken(&self) -> u64 {
        self.tap.taken.load(Ordering::Relaxed)
    }

    /// Whose fault an error is: the operating system's, or the packed data's.
    fn judge(&self, error: io::Error) -> InputError {
        if self.compression.is_none() || self.tap.failed.load(Ordering::Relaxed) {
            InputError::Failed(error)
        } else if error.kind() == io::ErrorKind::UnexpectedEof {
            InputError::Damaged(Fault::CutStream)
        } else {
            InputError::Damaged(Fault::CorruptStream)
        }
    }
}

impl Input for Stream {
    fn read(&mut self, out: &mut [u8]) -> Result<usize, InputError> {
        if let Decoder::Plain(raw) = &mut self.decoder {
            return raw.read(out).map_err(InputError::Failed);
        }
        if let Some(error) = self.pending.take() {
            return Err(error);
        }
        let mut filled = 0;
        while filled < ENOUGH {
            let Some(room) = out.get_mut(filled..).filter(|room| !room.is_empty()) else {
                break;
            };
            let step = room.len().min(ZSTD_STEP);
            let result = match &mut self.decoder {
                Decoder::Plain(raw) => raw.read(room),
                Decoder::Gzip(gzip) => gzip.read(room),
                Decoder::Zstd(zstd) => zstd.read(room.get_mut(..step).unwrap_or_default()),
                Decoder::Lz4(lz4) => lz4.read(room),
            };
            match result {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) => {
                    let error = self.judge(error);
                    if filled == 0 {
                        return Err(error);
                    }
                    self.pending = Some(error);
                    break;
                }
            }
        }
        Ok(filled)
    }
}

/// LZ4 frames, one after the other.
///
/// The decoder returns 0 both at the end of a frame and at the end of its input, cut or not; only
/// whether the input had ended tells which.
struct Lz4 {
    frame: Option<FrameDecoder<Watched>>,
}

struct Watched {
    packed: BufReader<Raw>,
    ended: bool,
}

impl Read for Watched {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.packed.read(out)?;
        self.ended |= count == 0 && !out.is_empty();
        Ok(count)
    }
}

impl Lz4 {
    fn new(packed: BufReader<Raw>) -> Self {
        Self {
            frame: Some(FrameDecoder::new(Watched {
                packed,
                ended: false,
            })),
        }
    }
}

impl Read for Lz4 {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some(frame) = &mut self.frame else {
                return Ok(0);
            };
            let count = frame.read(out)?;
            if count > 0 {
                return Ok(count);
            }
            if frame.get_ref().ended {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            // A decoder for each frame: one that is used again keeps the last frame's buffers.
            let Some(mut watched) = self.frame.take().map(FrameDecoder::into_inner) else {
                return Ok(0);
            };
            if watched.packed.fill_buf()?.is_empty() {
                return Ok(0);
            }
            self.frame = Some(FrameDecoder::new(watched));
        }
    }
}
