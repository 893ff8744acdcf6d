//! Guesses where a record begins, so that several lanes can start inside one file.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::MAX_CAPTURED;
use super::pcap::{FILE_HEADER, PcapFormat};
use crate::time::NANOS_PER_SEC;

/// How far a beginning is searched, in bytes: four records of the largest size.
const SEARCH: usize = 1024 * 1024;

/// Records that must follow each other plausibly. *Guessed*: each one leaves to chance about one
/// position in 2⁴⁰ of random bytes; only a capture carried inside packets could imitate sixteen.
const CHAIN: usize = 16;

/// Neighbouring packets are closer than this, in seconds.
const DAY: u32 = 86_400;

/// Nothing on a wire is longer, in bytes (jumbograms and offloaded super-frames included).
const MAX_WIRE: u32 = 16 * 1024 * 1024;

/// The first offset at or after `from` (and before `from` + 1 MiB) where a chain of sixteen plausible
/// records begins, or a shorter one that ends exactly where the file (`size` bytes) does.
///
/// It is a guess. Who uses it as the start of a range must see the range before it end there.
///
/// # Errors
///
/// Those of reading the file.
pub fn find_record_start(
    file: &File,
    format: &PcapFormat,
    size: u64,
    from: u64,
) -> io::Result<Option<u64>> {
    if from <= FILE_HEADER as u64 {
        return Ok((size > FILE_HEADER as u64).then_some(FILE_HEADER as u64));
    }
    let mut block = vec![0; SEARCH + 64 * 1024];
    let there = read_at(file, &mut block, from)?;
    block.truncate(there);
    let look = Look {
        file,
        format,
        size,
        from,
        block: &block,
    };
    for at in 0..SEARCH.min(block.len()) {
        let offset = from + at as u64;
        if look.plausible(offset)? {
            return Ok(Some(offset));
        }
    }
    Ok(None)
}

struct Look<'a> {
    file: &'a File,
    format: &'a PcapFormat,
    size: u64,
    from: u64,
    /// The file from `from` on.
    block: &'a [u8],
}

impl Look<'_> {
    fn plausible(&self, start: u64) -> io::Result<bool> {
        let mut offset = start;
        let mut last = None;
        for _ in 0..CHAIN {
            if offset == self.size {
                return Ok(last.is_some());
            }
            let Some(head) = self.head(offset)? else {
                return Ok(false);
            };
            let record = self.format.record(self.format.big_endian, head);
            let units = NANOS_PER_SEC / self.format.unit;
            let near = last.is_none_or(|last: u32| record.seconds.abs_diff(last) <= DAY);
            let most = self.format.snap_len.clamp(65_535, MAX_CAPTURED);
            let sane = u64::from(record.fraction) < units
                && record.captured <= most
                && record.captured <= record.wire
                && (1..=MAX_WIRE).contains(&record.wire);
            if !near || !sane {
                return Ok(false);
            }
            last = Some(record.seconds);
            offset += self.format.record_header() as u64 + u64::from(record.captured);
        }
        // The last of the chain must end inside the file too.
        Ok(offset <= self.size)
    }

    /// The beginning of the record header at `offset`, from memory where it is there.
    fn head(&self, offset: u64) -> io::Result<Option<[u8; 16]>> {
        let at = usize::try_from(offset - self.from).unwrap_or(usize::MAX);
        if let Some(head) = self.block.get(at..).and_then(<[u8]>::first_chunk) {
            return Ok(Some(*head));
        }
        let mut head = [0; 16];
        Ok((read_at(self.file, &mut head, offset)? == head.len()).then_some(head))
    }
}

/// Reads until `out` is full or the file ends.
pub(super) fn read_at(file: &File, out: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(room) = out.get_mut(filled..).filter(|room| !room.is_empty()) {
        match file.read_at(room, offset + filled as u64) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
