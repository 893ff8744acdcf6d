//! One reused buffer between an input and the walkers, so that a frame is lent without a copy.

use std::io;

use super::end::Fault;

/// *Measured*: 64 to 512 KiB read equally fast; 2 MiB is 15–30 % slower (leaves the L2 cache).
const BUFFER: usize = 256 * 1024;

/// Bytes in stream order.
pub(super) trait Input {
    /// Fills a beginning of `out`, which is not empty, and says how much; 0 is the end.
    fn read(&mut self, out: &mut [u8]) -> Result<usize, InputError>;
}

/// Why an input cannot go on.
pub(super) enum InputError {
    /// What it holds cannot be unpacked further.
    Damaged(Fault),
    /// The operating system said no.
    Failed(io::Error),
}

/// A stretch of the stream in memory: what was read and not yet consumed.
pub(super) struct Window<I> {
    input: I,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Stream offset of `buffer[start]`.
    offset: u64,
    /// Set once the input has no more: cleanly or with an error.
    ended: Option<Result<(), InputError>>,
}

/// Why a walk over a window came back.
pub(super) enum Stop {
    /// The stream ended between two records.
    Complete,
    /// The callback broke.
    Stopped,
    /// What is wrong, and the stream offset of the record or block that is.
    Damaged { fault: Fault, offset: u64 },
    /// The operating system said no.
    Failed(io::Error),
}

impl Stop {
    /// Moves damage to the offset where the damaged block begins.
    pub(super) fn at(self, offset: u64) -> Self {
        match self {
            Self::Damaged { fault, .. } => Self::Damaged { fault, offset },
            Self::Complete | Self::Stopped | Self::Failed(_) => self,
        }
    }
}

impl<I: Input> Window<I> {
    /// A window at `offset` of the stream that `input` continues.
    pub(super) fn new(input: I, offset: u64) -> Self {
        Self {
            input,
            buffer: vec![0; BUFFER],
            start: 0,
            end: 0,
            offset,
            ended: None,
        }
    }

    pub(super) const fn input(&self) -> &I {
        &self.input
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.buffer.capacity()
    }

    /// Stream offset of the first byte not consumed.
    #[inline]
    pub(super) const fn offset(&self) -> u64 {
        self.offset
    }

    /// What was read and not yet consumed.
    #[inline]
    pub(super) fn filled(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Forgets the first `count` filled bytes.
    #[inline]
    pub(super) fn consume(&mut self, count: usize) {
        let count = count.min(self.end - self.start);
        self.start += count;
        self.offset += count as u64;
    }

    /// Reads until `need` bytes are filled; false if the stream ends before.
    ///
    /// The buffer grows only to `need`, which callers bound; it is never sized by the data alone.
    #[inline]
    pub(super) fn fill(&mut self, need: usize) -> bool {
        self.end - self.start >= need || self.fill_slowly(need)
    }

    #[cold]
    fn fill_slowly(&mut self, need: usize) -> bool {
        if self.ended.is_some() {
            return false;
        }
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.buffer.len() < need {
            self.buffer.resize(need, 0);
        }
        while self.end < need {
            let Some(room) = self.buffer.get_mut(self.end..) else {
                return false;
            };
            match self.input.read(room) {
                Ok(0) => self.ended = Some(Ok(())),
                Ok(count) => {
                    self.end += count;
                    continue;
                }
                Err(error) => self.ended = Some(Err(error)),
            }
            return false;
        }
        true
    }

    /// Consumes `count` bytes without holding them; false if the stream ends before.
    pub(super) fn skip(&mut self, mut count: u64) -> bool {
        while count > 0 {
            if !self.fill(1) {
                return false;
            }
            let step = self
                .filled()
                .len()
                .min(usize::try_from(count).unwrap_or(usize::MAX));
            self.consume(step);
            count -= step as u64;
        }
        true
    }

    /// The stream ended with nothing left over: cleanly, or for a reason of the input's own.
    pub(super) fn finish(&mut self) -> Stop {
        self.because(Stop::Complete)
    }

    /// The stream ended inside something. If the input says why, that is the fault.
    pub(super) fn cut(&mut self, fault: Fault) -> Stop {
        self.because(self.damaged(fault))
    }

    /// What begins at the window's offset contradicts itself.
    pub(super) const fn damaged(&self, fault: Fault) -> Stop {
        Stop::Damaged {
            fault,
            offset: self.offset,
        }
    }

    fn because(&mut self, otherwise: Stop) -> Stop {
        match &mut self.ended {
            None | Some(Ok(())) => otherwise,
            Some(Err(InputError::Damaged(fault))) => Stop::Damaged {
                fault: *fault,
                offset: self.offset,
            },
            Some(Err(InputError::Failed(error))) => {
                // An io::Error cannot be cloned; asked twice, the second answer keeps the kind.
                let kind = error.kind();
                Stop::Failed(std::mem::replace(error, kind.into()))
            }
        }
    }
}
