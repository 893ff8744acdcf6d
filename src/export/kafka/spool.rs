//! Records that wait on the disk while no broker takes them.
//!
//! In files without names: they are this process's alone, and go with it, whatever ends it. First in, first
//! out, in files of bounded size, so that what was read gives its room back. No clock, no broker.

use crate::export::{Error, Written};
use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

/// Bytes before each record: its length, packets, bytes, wire bytes, and two bits.
const HEAD: usize = 4 + 8 + 8 + 8 + 1;

/// Bytes read or written at a time.
const CHUNK: usize = 256 << 10;

/// Of the whole spool, in one file.
const SHARE: u64 = 16;

/// A queue on the disk.
pub(super) struct Spool {
    folder: PathBuf,
    /// Bytes that may be on the disk and in `tail`.
    limit: u64,
    files: VecDeque<Segment>,
    /// Records behind those in the files, and what they hold.
    tail: Vec<u8>,
    tail_holds: Written,
    /// Of the first file: what was read of it and not taken; the first `taken` bytes are done with.
    head: Vec<u8>,
    taken: usize,
}

/// A line, and what it holds.
pub(super) type Spooled<'a> = (&'a [u8], Written);

struct Segment {
    file: File,
    length: u64,
    /// Bytes that were read into the head.
    read: u64,
    /// What its records hold that were not taken yet.
    holds: Written,
}

impl Spool {
    pub(super) const fn new(folder: PathBuf, limit: u64) -> Self {
        Self {
            folder,
            limit,
            files: VecDeque::new(),
            tail: Vec::new(),
            tail_holds: ZERO,
            head: Vec::new(),
            taken: 0,
        }
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        let in_files = self.files.iter().any(|file| file.holds.records > 0);
        !in_files && self.tail.is_empty()
    }

    /// Bytes that it takes up; those of a file until all of it was read.
    pub(super) fn bytes(&self) -> u64 {
        let files: u64 = self.files.iter().map(|file| file.length).sum();
        files + self.tail.len() as u64
    }

    /// Takes a record, if there is room.
    pub(super) fn append(&mut self, line: &[u8], holds: &Written) -> bool {
        let length = (HEAD + line.len()) as u64;
        let Ok(of_line) = u32::try_from(line.len()) else {
            return false;
        };
        if self.bytes() + length > self.limit {
            return false;
        }
        self.tail.extend_from_slice(&of_line.to_le_bytes());
        for number in [holds.packets, holds.bytes, holds.wire_bytes] {
            self.tail.extend_from_slice(&number.to_le_bytes());
        }
        let bits = (holds.answered & 1) | (holds.one_way & 1) << 1;
        self.tail.push(bits as u8);
        self.tail.extend_from_slice(line);
        self.tail_holds += *holds;
        true
    }

    /// Brings to the disk what was taken.
    ///
    /// # Errors
    /// What is lost, and why.
    pub(super) fn flush(&mut self) -> Result<(), (Written, Error)> {
        if self.tail.is_empty() {
            return Ok(());
        }
        let result = self.write();
        let holds = std::mem::take(&mut self.tail_holds);
        self.tail.clear();
        self.tail.shrink_to(CHUNK);
        result.map_err(|source| {
            let error = Error::Output {
                what: "spool in",
                path: self.folder.clone(),
                source,
            };
            (holds, error)
        })
    }

    fn write(&mut self) -> io::Result<()> {
        let share = (self.limit / SHARE).max(CHUNK as u64);
        if self.files.back().is_none_or(|file| file.length >= share) {
            self.files.push_back(Segment::new(&self.folder)?);
        }
        let Some(file) = self.files.back_mut() else {
            return Ok(());
        };
        // Written at a place: what a failed write left is written over.
        file.file.write_all_at(&self.tail, file.length)?;
        file.length += self.tail.len() as u64;
        file.holds += self.tail_holds;
        Ok(())
    }

    /// The first record, without taking it.
    ///
    /// # Errors
    /// What cannot be read back is lost, and is told with the reason. The next call goes on behind it.
    pub(super) fn first(&mut self) -> Result<Option<Spooled<'_>>, (Written, Error)> {
        if self.length().is_none() {
            self.fill()?;
        }
        let Some(length) = self.length() else {
            return Ok(None);
        };
        let record = self.head.get(self.taken..).unwrap_or_default();
        let line = record.get(HEAD..HEAD + length).unwrap_or_default();
        Ok(Some((line, holds_of(record))))
    }

    /// Done with the first record.
    pub(super) fn take_first(&mut self) {
        let Some(length) = self.length() else { return };
        let record = self.head.get(self.taken..).unwrap_or_default();
        if let Some(file) = self.files.front_mut() {
            file.holds = file.holds.less(&holds_of(record));
        }
        self.taken += HEAD + length;
    }

    /// The length of the first line, if all of it is in the head.
    fn length(&self) -> Option<usize> {
        let record = self.head.get(self.taken..)?;
        let length = u32::from_le_bytes(*record.first_chunk()?) as usize;
        (record.len() >= HEAD + length).then_some(length)
    }

    /// Reads on, until a whole record is there or nothing is left. No record goes on in another file.
    fn fill(&mut self) -> Result<(), (Written, Error)> {
        self.flush()?;
        while self.length().is_none() {
            self.head.drain(..self.taken);
            self.taken = 0;
            let Some(file) = self.files.front_mut() else {
                return Ok(());
            };
            if file.read < file.length
                && let Err(source) = file.read_on(&mut self.head)
            {
                let holds = file.holds;
                self.drop_first();
                let path = self.folder.clone();
                let what = "read back the spool in";
                return Err((holds, Error::Output { what, path, source }));
            }
            if self.length().is_none() && self.files.front().is_some_and(Segment::is_read) {
                self.drop_first();
            }
        }
        Ok(())
    }

    fn drop_first(&mut self) {
        self.files.pop_front();
        self.head = Vec::new();
    }
}

impl Segment {
    fn new(folder: &Path) -> io::Result<Self> {
        Ok(Self {
            file: tempfile::tempfile_in(folder)?,
            length: 0,
            read: 0,
            holds: ZERO,
        })
    }

    const fn is_read(&self) -> bool {
        self.read == self.length
    }

    /// Reads the next piece behind what is in `head`.
    fn read_on(&mut self, head: &mut Vec<u8>) -> io::Result<()> {
        let wanted = (self.length - self.read).min(CHUNK as u64) as usize;
        let before = head.len();
        head.resize(before + wanted, 0);
        let piece = head.get_mut(before..).unwrap_or_default();
        self.file.read_exact_at(piece, self.read)?;
        self.read += wanted as u64;
        Ok(())
    }
}

const ZERO: Written = Written {
    records: 0,
    packets: 0,
    bytes: 0,
    wire_bytes: 0,
    answered: 0,
    one_way: 0,
    closed: false,
};

/// What a record holds, from the bytes before it.
fn holds_of(record: &[u8]) -> Written {
    let number = |at: usize| {
        let bytes = record.get(at..).and_then(<[u8]>::first_chunk);
        bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes))
    };
    let bits = u64::from(record.get(HEAD - 1).copied().unwrap_or_default());
    Written {
        records: 1,
        packets: number(4),
        bytes: number(12),
        wire_bytes: number(20),
        answered: bits & 1,
        one_way: bits >> 1,
        closed: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(number: u64) -> Written {
        Written {
            records: 1,
            packets: number,
            bytes: 2 * number,
            wire_bytes: 3 * number,
            answered: number % 2,
            one_way: u64::from(number % 4 == 3),
            closed: false,
        }
    }

    fn line(number: u64) -> Vec<u8> {
        let mut line = format!("{{\"seq\":{number}}}").into_bytes();
        line.resize(500, b' ');
        line
    }

    /// Takes records until there is no room, from this one on; gives the first that did not fit.
    fn fill(spool: &mut Spool, from: u64) -> u64 {
        let next = (from..).find(|number| {
            let fits = spool.append(&line(*number), &of(*number));
            if number % 7 == 0 {
                spool.flush().map_err(|(_, error)| error).unwrap();
            }
            !fits
        });
        next.unwrap()
    }

    fn take(spool: &mut Spool, expected: u64) {
        let first = spool.first().map_err(|(_, error)| error).unwrap();
        assert_eq!(first, Some((line(expected).as_slice(), of(expected))));
        spool.take_first();
    }

    #[test]
    fn what_goes_in_comes_out_in_order_within_its_bound_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let limit = 8 << 20;
        let mut spool = Spool::new(folder.path().to_owned(), limit);
        assert!(spool.is_empty());
        let (mut next, mut taken) = (fill(&mut spool, 0), 0);
        assert!(spool.bytes() <= limit && spool.bytes() > limit - 1_000);
        // What was read makes room, though not at once.
        for share in [2, 3, 5] {
            let until = taken + (next - taken) / share;
            while taken < until {
                take(&mut spool, taken);
                taken += 1;
            }
            let before = next;
            next = fill(&mut spool, next);
            assert!(next > before && spool.bytes() <= limit);
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        while taken < next {
            assert!(!spool.is_empty());
            take(&mut spool, taken);
            taken += 1;
        }
        assert!(spool.is_empty());
        assert!(spool.first().map_err(|(_, error)| error).unwrap().is_none());
        assert_eq!(spool.bytes(), 0);
    }

    #[test]
    fn what_the_disk_does_not_take_is_told_as_lost() {
        let mut spool = Spool::new("/nowhere".into(), 1 << 20);
        assert!(spool.append(b"{}", &of(3)) && spool.append(b"{}", &of(4)));
        let (lost, error) = spool.flush().unwrap_err();
        assert_eq!((lost.records, lost.packets), (2, 7));
        assert!(error.to_string().contains("/nowhere"), "{error}");
        assert!(spool.is_empty());
    }
}
