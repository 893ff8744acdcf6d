//! The unpacked byte stream of an input: told by its first bytes, unpacked in constant memory.
//!
//! One layer of compression is undone, on a thread of its own. Memory: 1 MiB of buffers, and
//! a window of 32 KiB for gzip, at most 128 MiB for zstd (its format's usual limit; 8 MiB up to level
//! 19), at most about 13 MiB for lz4.

use std::io::{self, BufReader, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::ahead::Ahead;
use super::end::{Compression, Fault};
use super::gzip::Gzip;
use super::lz4::Lz4;
use super::window::{Input, InputError};
use super::zstd::Zstd;

/// Packed bytes held between the operating system and an unpacker. *Measured*: 128 KiB, where more
/// blocks of zstd are cut in two and put together again, makes a replay about a twentieth slower.
const PACKED_BUFFER: usize = 512 * 1024;

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

/// What is known of the bytes that came from the operating system; shared with the thread that unpacks.
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
    bytes: Bytes,
    tap: Arc<Tap>,
}

enum Bytes {
    Plain(Raw),
    Unpacked(Ahead, Compression),
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
        let bytes = match packing {
            Packing::Plain => Bytes::Plain(raw),
            Packing::Packed(compression) => {
                let ahead = ahead(compression, raw, Arc::clone(&tap)).map_err(Unopened::Failed)?;
                Bytes::Unpacked(ahead, compression)
            }
            Packing::Foreign(method) => return Err(Unopened::Foreign(method)),
        };
        Ok(Self { bytes, tap })
    }

    pub(super) const fn compression(&self) -> Option<Compression> {
        match self.bytes {
            Bytes::Plain(_) => None,
            Bytes::Unpacked(_, compression) => Some(compression),
        }
    }

    /// Bytes taken from the input so far, as packed as they are.
    pub(super) fn taken(&self) -> u64 {
        self.tap.taken.load(Ordering::Relaxed)
    }
}

impl Input for Stream {
    fn read(&mut self, out: &mut [u8]) -> Result<usize, InputError> {
        match &mut self.bytes {
            Bytes::Plain(raw) => raw.read(out).map_err(InputError::Failed),
            Bytes::Unpacked(ahead, _) => ahead.read(out),
        }
    }
}

/// Undoes `compression`. Each read gives what is there, and every byte before an error.
pub(super) fn unpacker(
    compression: Compression,
    packed: impl Read + Send + 'static,
) -> io::Result<Box<dyn Read + Send>> {
    let packed = BufReader::with_capacity(PACKED_BUFFER, packed);
    Ok(match compression {
        Compression::Gzip => Box::new(Gzip::new(packed)),
        Compression::Zstd => Box::new(Zstd::new(packed)?),
        Compression::Lz4 => Box::new(Lz4::new(packed)),
    })
}

fn ahead(compression: Compression, raw: Raw, tap: Arc<Tap>) -> io::Result<Ahead> {
    Ahead::new(unpacker(compression, raw)?, move |error| {
        // Whose fault it is: the operating system's, or the packed data's.
        if tap.failed.load(Ordering::Relaxed) {
            InputError::Failed(error)
        } else if error.kind() == io::ErrorKind::UnexpectedEof {
            InputError::Damaged(Fault::CutStream)
        } else {
            InputError::Damaged(Fault::CorruptStream)
        }
    })
}
