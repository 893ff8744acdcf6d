//! LZ4 frames, one after the other.

use std::io::{self, BufRead, Read};

use lz4_flex::frame::FrameDecoder;

/// Unpacks a sequence of frames. `UnexpectedEof` means cut; any other error that is not of the input,
/// corrupt.
///
/// The decoder returns 0 both at the end of a frame and at the end of its input, cut or not; only
/// whether the input had ended tells which.
pub(super) struct Lz4<R: Read> {
    frame: Option<FrameDecoder<Watched<R>>>,
}

struct Watched<R> {
    packed: R,
    ended: bool,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.packed.read(out)?;
        self.ended |= count == 0 && !out.is_empty();
        Ok(count)
    }
}

impl<R: BufRead> Lz4<R> {
    pub(super) fn new(packed: R) -> Self {
        Self {
            frame: Some(FrameDecoder::new(Watched {
                packed,
                ended: false,
            })),
        }
    }
}

impl<R: BufRead> Read for Lz4<R> {
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
