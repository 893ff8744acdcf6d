//! gzip members, one after the other, over raw inflate.
//!
//! flate2's own reader throws away what it inflated in the call that meets corrupt data; here every
//! byte before the corruption comes out. Source: RFC 1952.

use std::io::{self, BufRead, Read};

use flate2::{Crc, Decompress, FlushDecompress, Status};

/// Header flags (RFC 1952, 2.3.1).
const CHECKSUM: u8 = 1 << 1;
const EXTRA: u8 = 1 << 2;
const NAME: u8 = 1 << 3;
const COMMENT: u8 = 1 << 4;
const RESERVED: u8 = 0xe0;

/// Unpacks a sequence of gzip members. `UnexpectedEof` means cut, `InvalidData` corrupt.
pub(super) struct Gzip<R> {
    packed: R,
    inflate: Decompress,
    check: Crc,
    stage: Stage,
    /// The last call of inflate filled its room, so it may hold more.
    full: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Header,
    Next,
    Body,
    Trailer,
    Ended,
    Corrupt,
}

impl<R: BufRead> Gzip<R> {
    pub(super) fn new(packed: R) -> Self {
        Self {
            packed,
            inflate: Decompress::new(false),
            check: Crc::new(),
            stage: Stage::Header,
            full: false,
        }
    }

    fn bytes<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.packed.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn header(&mut self) -> io::Result<()> {
        let [id1, id2, method, flags, ..] = self.bytes::<10>()?;
        if [id1, id2, method] != [0x1f, 0x8b, 8] || flags & RESERVED != 0 {
            return Err(corrupt());
        }
        if flags & EXTRA != 0 {
            let length = u64::from(u16::from_le_bytes(self.bytes()?));
            io::copy(&mut self.packed.by_ref().take(length), &mut io::sink())?;
        }
        for text in [NAME, COMMENT] {
            if flags & text != 0 {
                self.packed.skip_until(0)?;
            }
        }
        if flags & CHECKSUM != 0 {
            self.bytes::<2>()?;
        }
        self.inflate.reset(false);
        self.check.reset();
        Ok(())
    }

    /// Whether another member follows. Zeros after the last one are padding, as for gzip(1).
    fn another(&mut self) -> io::Result<bool> {
        let mut padded = false;
        loop {
            let ahead = self.packed.fill_buf()?;
            let zeros = ahead.iter().take_while(|byte| **byte == 0).count();
            if ahead.is_empty() {
                return Ok(false);
            }
            if zeros < ahead.len() {
                return if padded || zeros > 0 {
                    Err(corrupt())
                } else {
                    Ok(true)
                };
            }
            padded = true;
            self.packed.consume(zeros);
        }
    }

    /// One call of inflate: how much came out, and the stage that follows.
    fn body(&mut self, out: &mut [u8]) -> io::Result<(usize, Stage)> {
        let held = self.full;
        let ahead = if held { &[] } else { self.packed.fill_buf()? };
        let at_end = ahead.is_empty() && !held;
        let (input_before, output_before) = (self.inflate.total_in(), self.inflate.total_out());
        let status = self.inflate.decompress(ahead, out, FlushDecompress::None);
        let used = (self.inflate.total_in() - input_before) as usize;
        let count = (self.inflate.total_out() - output_before) as usize;
        self.packed.consume(used);
        self.check.update(out.get(..count).unwrap_or_default());
        self.full = count == out.len();
        let stage = match status {
            Ok(Status::StreamEnd) => Stage::Trailer,
            Ok(_) if count > 0 || used > 0 || held => Stage::Body,
            Ok(_) if at_end => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(_) | Err(_) => Stage::Corrupt,
        };
        Ok((count, stage))
    }

    fn trailer(&mut self) -> io::Result<()> {
        let [a, b, c, d, e, f, g, h] = self.bytes()?;
        let (sum, length) = (
            u32::from_le_bytes([a, b, c, d]),
            u32::from_le_bytes([e, f, g, h]),
        );
        // `amount` counts modulo 2³², as the trailer does.
        if (sum, length) == (self.check.sum(), self.check.amount()) {
            Ok(())
        } else {
            Err(corrupt())
        }
    }
}

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.stage {
                Stage::Header => {
                    self.header()?;
                    self.stage = Stage::Body;
                }
                Stage::Next => {
                    self.stage = if self.another()? {
                        Stage::Header
                    } else {
                        Stage::Ended
                    };
                }
                Stage::Body => {
                    let (count, stage) = self.body(out)?;
                    self.stage = stage;
                    if count > 0 {
                        return Ok(count);
                    }
                }
                Stage::Trailer => {
                    self.trailer()?;
                    self.stage = Stage::Next;
                }
                Stage::Ended => return Ok(0),
                Stage::Corrupt => return Err(corrupt()),
            }
        }
    }
}

fn corrupt() -> io::Error {
    io::ErrorKind::InvalidData.into()
}
