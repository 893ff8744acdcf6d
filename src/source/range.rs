//! Parts of one plain classic pcap file, so that several lanes can walk it.
//!
//! A range is right only if the one before it ended exactly where it starts; the starts are guesses.
//! ```text
//!   walk all ranges, each on its own ─▶ compare each end with the next start ─▶ walk again, from the
//!   true end on, every range whose start was wrong
//! ```

use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use super::end::{Damage, End};
use super::pcap::{FILE_HEADER, PcapFormat};
use super::resync::{find_record_start, read_at};
use super::window::{Input, InputError, Stop, Window};
use super::{Frame, OpenError};

/// A plain classic pcap in a regular file: the only container that can be read in parts.
#[derive(Debug, Clone)]
pub struct PcapFile {
    file: Arc<File>,
    format: PcapFormat,
    size: u64,
}

impl PcapFile {
    /// Opens `path`; none if it is anything but an uncompressed classic pcap with a whole header in
    /// a regular file (then [`open`](super::open) reads it, or says why not).
    ///
    /// # Errors
    ///
    /// What cannot be opened or read.
    pub fn open(path: &Path) -> Result<Option<Self>, OpenError> {
        // Looked at before it is opened: opening a pipe would take the first bytes from `open`.
        let metadata = std::fs::metadata(path).map_err(|error| OpenError::at(path, error))?;
        if !metadata.is_file() {
            return Ok(None);
        }
        let file = File::open(path).map_err(|error| OpenError::at(path, error))?;
        Self::from_file(file).map_err(|error| OpenError::at(path, error))
    }

    /// As [`open`](Self::open), of a file that is open already and can be read at any offset.
    ///
    /// # Errors
    ///
    /// Those of reading its header and size.
    pub fn from_file(file: File) -> io::Result<Option<Self>> {
        let size = file.metadata()?.len();
        let mut header = [0; FILE_HEADER];
        if read_at(&file, &mut header, 0)? < FILE_HEADER {
            return Ok(None);
        }
        let format = PcapFormat::parse(&header);
        Ok(format.map(|format| Self {
            file: Arc::new(file),
            format,
            size,
        }))
    }

    /// The file's size in bytes when it was opened.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// What its header says.
    #[must_use]
    pub const fn format(&self) -> &PcapFormat {
        &self.format
    }

    /// Cuts the file into at most `parts` ranges of about the same size, in order. The first starts
    /// at the first record, each ends where the next starts, the last has no limit. Where no start
    /// can be guessed, ranges are fewer and longer; there is always one.
    ///
    /// # Errors
    ///
    /// Those of reading the file.
    pub fn split(&self, parts: u64) -> io::Result<Vec<PcapRange>> {
        let first = FILE_HEADER as u64;
        let mut starts = vec![first];
        let share = (self.size.saturating_sub(first) / parts.max(1)).max(1);
        for part in 1..parts {
            let from = first.saturating_add(share.saturating_mul(part));
            if from >= self.size {
                break;
            }
            let found = find_record_start(&self.file, &self.format, self.size, from)?;
            if let Some(start) = found.filter(|start| starts.last().is_none_or(|last| start > last))
            {
                starts.push(start);
            }
        }
        let limits = starts.iter().skip(1).copied().chain([u64::MAX]);
        Ok(starts
            .iter()
            .zip(limits)
            .map(|(start, limit)| self.range(*start, limit))
            .collect())
    }

    /// The records whose headers begin at `start` or after, and before `limit` (offsets in bytes;
    /// `u64::MAX` is no limit). A record must begin at `start`.
    #[must_use]
    pub fn range(&self, start: u64, limit: u64) -> PcapRange {
        PcapRange {
            file: Arc::clone(&self.file),
            format: self.format,
            start,
            limit,
        }
    }
}

/// Records of a classic pcap file, from one offset to another.
#[derive(Debug, Clone)]
pub struct PcapRange {
    file: Arc<File>,
    format: PcapFormat,
    /// Offset in bytes of the first record header.
    pub start: u64,
    /// Records whose headers begin here or later are another range's.
    pub limit: u64,
}

/// How the walk of a range ended.
#[derive(Debug)]
#[must_use = "the next range is right only if it starts at `offset`"]
pub struct RangeEnd {
    /// The end. Complete if every record before the limit was delivered.
    pub end: End,
    /// Offset in bytes of the first record header not delivered: at or after the limit, at the end
    /// of the file, or where the damage begins.
    pub offset: u64,
}

impl PcapRange {
    /// Lends the frames of the range to `deliver`, as [`Reader::read`](super::Reader::read) does.
    #[inline]
    pub fn read<F>(&self, deliver: F) -> RangeEnd
    where
        F: FnMut(&Frame<'_>) -> ControlFlow<()>,
    {
        let mut reader = self.reader();
        let end = reader.read(deliver);
        RangeEnd {
            end,
            offset: reader.offset(),
        }
    }

    /// A reader at the start of the range.
    #[must_use]
    pub fn reader(&self) -> RangeReader<'_> {
        let input = At {
            file: &self.file,
            offset: self.start,
        };
        RangeReader {
            window: Window::new(input, self.start),
            range: self,
        }
    }
}

/// Reads a range, with pauses.
pub struct RangeReader<'r> {
    window: Window<At<'r>>,
    range: &'r PcapRange,
}

impl RangeReader<'_> {
    /// Lends the frames that are left to `deliver`; goes on behind the last one where it broke.
    #[inline]
    pub fn read<F>(&mut self, mut deliver: F) -> End
    where
        F: FnMut(&Frame<'_>) -> ControlFlow<()>,
    {
        let PcapRange { format, limit, .. } = self.range;
        match format.walk(&mut self.window, *limit, &mut deliver) {
            Stop::Complete => End::Complete,
            Stop::Stopped => End::Stopped,
            Stop::Damaged { fault, offset } => End::Damaged(Damage {
                offset,
                compression: None,
                fault,
            }),
            Stop::Failed(error) => End::Failed(error),
        }
    }

    /// Offset in bytes of the first record header not delivered.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.window.offset()
    }
}

/// A file from an offset on, without moving the position that other ranges share.
struct At<'a> {
    file: &'a File,
    offset: u64,
}

impl Input for At<'_> {
    fn read(&mut self, out: &mut [u8]) -> Result<usize, InputError> {
        loop {
            match self.file.read_at(out, self.offset) {
                Ok(count) => {
                    self.offset += count as u64;
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(InputError::Failed(error)),
            }
        }
    }
}
