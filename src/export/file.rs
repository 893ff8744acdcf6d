//! Where rendered records go: a file that appears only when it is complete, or standard output.

use super::digest::{Digest, Digested};
use super::part::{Part, failed, in_use, sync_folder, temporary};
use super::{Error, RunContext, csv, render};
use crate::flow::Ended;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// Records rendered at a time.
const BATCH: usize = 512;

/// Between two tries to write to a pipe that is full and does not wait.
const FULL: Duration = Duration::from_millis(10);

/// A format of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line.
    Jsonl,
    /// RFC 4180.
    Csv,
    /// Nothing is written; records are counted.
    Null,
}

impl Format {
    /// The text in files, flags and output.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Null => "null",
        }
    }

    /// The ending of file names.
    pub(super) const fn ending(self) -> &'static str {
        self.id()
    }

    /// The name of the file in a folder that was given as output.
    const fn file_name(self) -> &'static str {
        match self {
            Self::Jsonl => "flows.jsonl",
            Self::Csv => "flows.csv",
            Self::Null => "flows.null",
        }
    }
}

/// What was written, for the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Written {
    /// Records.
    pub records: u64,
    /// Packets in them.
    pub packets: u64,
    /// IP bytes of these packets.
    pub bytes: u64,
    /// Wire bytes of these packets.
    pub wire_bytes: u64,
    /// Records of TCP in which an end acknowledges: both ends spoke, whether that was seen or not.
    pub answered: u64,
    /// Of these, those in which one end only was seen.
    pub one_way: u64,
    /// The reader of standard output went away before the end: what it did not take is counted as
    /// written, since nobody wanted it.
    pub closed: bool,
}

impl Written {
    /// Counts records.
    pub fn count(&mut self, records: &[Ended]) {
        self.records += records.len() as u64;
        for ended in records {
            self.packets += ended.packets();
            self.bytes += ended.bytes();
            self.wire_bytes += ended.wire_bytes();
            if ended.acknowledges() {
                self.answered += 1;
                self.one_way += u64::from(ended.is_one_way());
            }
        }
    }
}

impl std::ops::AddAssign for Written {
    fn add_assign(&mut self, more: Self) {
        let Self {
            records,
            packets,
            bytes,
            wire_bytes,
            answered,
            one_way,
            closed,
        } = more;
        self.records += records;
        self.packets += packets;
        self.bytes += bytes;
        self.wire_bytes += wire_bytes;
        self.answered += answered;
        self.one_way += one_way;
        self.closed |= closed;
    }
}

enum Sink {
    Nothing,
    Stdout,
    /// A pipe or device: written straight, nothing to rename.
    Special(PathBuf, File),
    Closed,
    File(Part),
}

/// An output that is being written. Dropped before [`Self::finish`], it leaves no file.
pub struct Output {
    format: Format,
    sink: Sink,
    buffer: Vec<u8>,
    written: Written,
    /// Where it is wanted: of what was taken, in whole pieces.
    digest: Option<Digest>,
}

impl Output {
    /// Opens an output: `-` is standard output, a folder (existing, or with `/` at the end) gets
    /// `flows.jsonl` or `flows.csv`, anything else is a file. The file appears under its name when
    /// it is complete; until then it is `NAME.tmp`. Mode 0600. With `digest`, [`Self::finish`] tells the digest
    /// of what was written.
    ///
    /// # Errors
    /// [`Error::Output`] or [`Error::Stdout`].
    pub fn open(target: &Path, format: Format, digest: bool) -> Result<Self, Error> {
        let sink = match format {
            Format::Null => Sink::Nothing,
            Format::Jsonl | Format::Csv if target.as_os_str() == "-" => Sink::Stdout,
            Format::Jsonl | Format::Csv => open_file(target, format)?,
        };
        let mut output = Self {
            format,
            sink,
            buffer: Vec::new(),
            written: Written::default(),
            digest: Digest::wanted(digest && format != Format::Null),
        };
        if format == Format::Csv {
            output.put(csv::HEADER.as_bytes())?;
        }
        Ok(output)
    }

    /// Renders records and writes them, numbered on from those before.
    ///
    /// # Errors
    /// [`Error::Output`] or [`Error::Stdout`].
    pub fn write(&mut self, records: &[Ended], run: &RunContext<'_>) -> Result<(), Error> {
        for batch in records.chunks(BATCH) {
            let mut buffer = std::mem::take(&mut self.buffer);
            buffer.clear();
            render(self.format, batch, self.written.records, run, &mut buffer);
            let mut counts = Written::default();
            counts.count(batch);
            let result = self.write_rendered(&buffer, &counts);
            self.buffer = buffer;
            result?;
        }
        Ok(())
    }

    /// Writes what [`render`](super::render) made of these records, elsewhere. All of it or, in a
    /// file, nothing: after an error it holds what it held before, and may be written to again.
    ///
    /// # Errors
    /// [`Error::Output`] or [`Error::Stdout`].
    pub fn write_rendered(&mut self, rendered: &[u8], counts: &Written) -> Result<(), Error> {
        self.put(rendered)?;
        self.written += *counts;
        if let Some(digest) = self.digest() {
            digest.count(counts);
        }
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.put_somewhere(bytes)?;
        if let Some(digest) = self.digest() {
            digest.add(bytes);
        }
        Ok(())
    }

    /// The digest, if it is wanted and somebody still reads.
    fn digest(&mut self) -> Option<&mut Digest> {
        self.digest.as_mut().filter(|_| !self.written.closed)
    }

    fn put_somewhere(&mut self, bytes: &[u8]) -> Result<(), Error> {
        match &mut self.sink {
            Sink::Nothing | Sink::Closed => Ok(()),
            Sink::File(part) => part.append(bytes),
            Sink::Special(path, file) => match write_all(file, bytes) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.close(),
                result => result.map_err(failed("write to", path)),
            },
            Sink::Stdout => match write_all(&mut io::stdout().lock(), bytes) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.close(),
                result => result.map_err(|source| Error::Stdout { source }),
            },
        }
    }

    fn close(&mut self) -> Result<(), Error> {
        self.sink = Sink::Closed;
        self.written.closed = true;
        Ok(())
    }

    /// What was written so far.
    #[must_use]
    pub const fn written(&self) -> Written {
        self.written
    }

    /// Whether nobody reads any more: the rest need not be rendered.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        self.written.closed
    }

    /// Makes the output durable and gives the file its name. What was written; and its digest, if it is
    /// wanted: where the reader of a stream went away, of what it took before that.
    ///
    /// # Errors
    /// [`Error::Output`] or [`Error::Stdout`].
    pub fn finish(mut self) -> Result<(Written, Option<Digested>), Error> {
        match &mut self.sink {
            Sink::Nothing | Sink::Closed | Sink::Special(..) => {}
            Sink::Stdout => match io::stdout().lock().flush() {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.close()?,
                result => result.map_err(|source| Error::Stdout { source })?,
            },
            Sink::File(part) => {
                part.sync()?;
                let path = part.path();
                fs::rename(part.temporary(), path).map_err(failed("rename to its name", path))?;
                // The file has its name; only then is there nothing to remove on failure.
                sync_folder(path)?;
                self.sink = Sink::Nothing;
            }
        }
        let digest = self.digest.take();
        let digested = digest.map(|digest| digest.complete(self.format.id()));
        Ok((self.written, digested))
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Sink::File(part) = &self.sink {
            part.remove();
        }
    }
}

/// Whether what is written there goes somewhere else at once: to standard output, a pipe or a device,
/// or nowhere.
pub(super) fn is_stream(target: &Path, format: Format) -> bool {
    format == Format::Null || target.as_os_str() == "-" || is_special(target)
}

fn is_special(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir())
}

fn open_file(target: &Path, format: Format) -> Result<Sink, Error> {
    let folder = target.is_dir() || target.as_os_str().as_encoded_bytes().ends_with(b"/");
    let path = if folder {
        target.join(format.file_name())
    } else {
        target.to_owned()
    };
    if is_special(&path) {
        let file = OpenOptions::new()
            .write(true)
            .open(&path)
            .map_err(failed("open", &path))?;
        return Ok(Sink::Special(path, file));
    }
    let temporary = temporary(&path);
    refuse_if_in_use(&temporary)?;
    // What a killed run left; if it is a link, the link goes and not what it points to.
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(failed("remove", &temporary)(error));
        }
        _ => {}
    }
    Part::create(path).map(Sink::File)
}

/// Whether a run that is still going writes this file: taking its name away would let it name a file
/// that is not its own, and not whole.
fn refuse_if_in_use(temporary: &Path) -> Result<(), Error> {
    if !fs::symlink_metadata(temporary).is_ok_and(|there| there.is_file()) {
        return Ok(());
    }
    match File::open(temporary).map(|file| file.try_lock()) {
        Ok(Err(TryLockError::WouldBlock)) => Err(in_use(temporary)),
        // Nobody's; or a file system without locks; or not for us to read, which removing it will tell.
        Ok(Ok(()) | Err(TryLockError::Error(_))) | Err(_) => Ok(()),
    }
}

/// Writes all of it, and waits where a pipe that is full says so instead of waiting itself: half a
/// record is worse than a late one.
fn write_all(to: &mut impl Write, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match to.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::sleep(FULL),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes three bytes at every third call; else it is interrupted or full.
    #[derive(Default)]
    struct Reluctant {
        calls: u32,
        taken: Vec<u8>,
    }

    impl Write for Reluctant {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.calls += 1;
            match self.calls % 3 {
                0 => {
                    let some = bytes.get(..3).unwrap_or(bytes);
                    self.taken.extend_from_slice(some);
                    Ok(some.len())
                }
                1 => Err(io::ErrorKind::Interrupted.into()),
                _ => Err(io::ErrorKind::WouldBlock.into()),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn row_33_a_pipe_gets_whole_records_however_it_takes_them() {
        let mut pipe = Reluctant::default();
        write_all(&mut pipe, b"{\"seq\":0}\n").unwrap();
        assert_eq!(pipe.taken, b"{\"seq\":0}\n");
    }
}
