//! Where rendered records go: a file that appears only when it is complete, or standard output.

use super::digest::{Digest, Digested};
use super::part::{Part, failed, in_use, sync_folder};
use super::rotated::Figures;
use super::{
    Collector, Error, Format, Opening, Rendered, RunContext, Target, Totals, open_collector, render,
};
use crate::flow::{Ended, Timestamp};
use crate::spelling::temporary;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// Records rendered at a time.
const BATCH: usize = 512;

/// Between two tries to write to a pipe that is full and does not wait.
const FULL: Duration = Duration::from_millis(10);

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

#[cfg(feature = "kafka")]
impl Written {
    /// What one record holds.
    pub(super) fn of(ended: &Ended) -> Self {
        let mut written = Self::default();
        written.count(std::slice::from_ref(ended));
        written
    }

    /// The rest, without these.
    pub(super) fn less(mut self, these: &Self) -> Self {
        let Self {
            records,
            packets,
            bytes,
            wire_bytes,
            answered,
            one_way,
            closed: _,
        } = these;
        for (number, less) in [
            (&mut self.records, records),
            (&mut self.packets, packets),
            (&mut self.bytes, bytes),
            (&mut self.wire_bytes, wire_bytes),
            (&mut self.answered, answered),
            (&mut self.one_way, one_way),
        ] {
            *number = number.saturating_sub(*less);
        }
        self
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
    Collector(Box<dyn Collector>),
}

/// What became of an output that is finished.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Finished {
    /// What was written.
    pub written: Written,
    /// What was handed over and is nowhere.
    pub lost: Written,
    /// Where they are wanted, the digests of what was written: of a stream whose reader went away, of what it
    /// took before that.
    pub digested: Vec<Digested>,
}

/// An output that is being written. Dropped before [`Self::finish`], it leaves no file.
pub struct Output {
    format: Format,
    sink: Sink,
    buffer: Rendered,
    written: Written,
    /// Where it is wanted: of what was taken, in whole pieces.
    digest: Option<Digest>,
}

impl Output {
    /// Opens an output: `-` is standard output, anything else a file. The file appears under its name when
    /// it is complete; until then it is `NAME.tmp`. Mode 0600. With `digest`, [`Self::finish`] tells the digest
    /// of what was written.
    ///
    /// # Errors
    /// [`Error::Output`] or [`Error::Stdout`].
    pub fn open(target: impl Into<Target>, format: Format, digest: bool) -> Result<Self, Error> {
        Self::open_as(&Opening {
            digest,
            ..Opening::new(target, format)
        })
    }

    /// Likewise, with all that is known; also what is no file of text.
    ///
    /// # Errors
    /// [`Error::Output`], [`Error::Stdout`], [`Error::Collector`] or [`Error::NoCollector`].
    pub fn open_as(opening: &Opening) -> Result<Self, Error> {
        let format = opening.format;
        let sink = match (format, &opening.target) {
            (Format::Null, _) => Sink::Nothing,
            (_, Target::Stdout) if format.is_text() => Sink::Stdout,
            (_, Target::Path(path)) if format.is_text() => open_file(path)?,
            _ => Sink::Collector(open_collector(opening)?),
        };
        let is_text = !matches!(sink, Sink::Nothing | Sink::Collector(_));
        let mut output = Self {
            format,
            sink,
            buffer: Rendered::default(),
            written: Written::default(),
            digest: Digest::wanted(opening.digest && is_text),
        };
        if is_text {
            output.put(format.header().as_bytes())?;
        }
        Ok(output)
    }

    /// Opens a file, or standard output, for bytes that are no text.
    ///
    /// # Errors
    /// [`Error::Output`] or [`Error::NoCollector`].
    pub(super) fn open_bytes(opening: &Opening) -> Result<Self, Error> {
        let sink = match &opening.target {
            Target::Stdout => Sink::Stdout,
            Target::Path(path) => open_file(path)?,
            Target::Udp(_) | Target::Tcp(_) | Target::Kafka(_) => {
                return Err(Error::NoCollector {
                    target: opening.target.to_string(),
                });
            }
        };
        Ok(Self {
            format: opening.format,
            sink,
            buffer: Rendered::default(),
            written: Written::default(),
            digest: Digest::wanted(opening.digest),
        })
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
    pub fn write_rendered(&mut self, rendered: &Rendered, counts: &Written) -> Result<(), Error> {
        match &mut self.sink {
            Sink::Collector(collector) => {
                collector.take(rendered, counts, Timestamp::ZERO)?;
                self.written.closed |= collector.figures().written.closed;
            }
            _ => self.put(&rendered.bytes)?,
        }
        self.count(counts);
        Ok(())
    }

    /// Writes these bytes, which are records already. As [`Self::write_rendered`].
    ///
    /// # Errors
    /// [`Error::Output`] or [`Error::Stdout`].
    pub(super) fn write_bytes(&mut self, bytes: &[u8], counts: &Written) -> Result<(), Error> {
        self.put(bytes)?;
        self.count(counts);
        Ok(())
    }

    fn count(&mut self, counts: &Written) {
        self.written += *counts;
        if let Some(digest) = self.digest() {
            digest.count(counts);
        }
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
            Sink::Nothing | Sink::Closed | Sink::Collector(_) => Ok(()),
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

    /// What the run counted, before its end, for whoever is told.
    ///
    /// # Errors
    /// [`Error::Output`].
    pub fn note(&mut self, totals: &Totals) -> Result<(), Error> {
        match &mut self.sink {
            Sink::Collector(collector) => collector.note(totals, Timestamp::ZERO),
            _ => Ok(()),
        }
    }

    /// Makes the output durable and gives the file its name.
    ///
    /// # Errors
    /// [`Error::Output`] or [`Error::Stdout`].
    pub fn finish(mut self) -> Result<Finished, Error> {
        match std::mem::replace(&mut self.sink, Sink::Nothing) {
            Sink::Nothing | Sink::Closed | Sink::Special(..) => {}
            Sink::Stdout => match io::stdout().lock().flush() {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.close()?,
                result => result.map_err(|source| Error::Stdout { source })?,
            },
            Sink::File(mut part) => {
                let named = (|| {
                    part.sync()?;
                    let path = part.path();
                    fs::rename(part.temporary(), path).map_err(failed("rename to its name", path))
                })();
                if let Err(error) = named {
                    part.remove();
                    return Err(error);
                }
                sync_folder(part.path())?;
            }
            Sink::Collector(collector) => {
                let (Figures { written, lost, .. }, digested, error) = collector.finish();
                return error.map_or(
                    Ok(Finished {
                        written,
                        lost,
                        digested,
                    }),
                    Err,
                );
            }
        }
        let digest = self.digest.take();
        let digested = digest.map(|digest| digest.complete(self.format.id()));
        Ok(Finished {
            written: self.written,
            lost: Written::default(),
            digested: digested.into_iter().collect(),
        })
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
pub(super) fn is_stream(target: &Target, format: Format) -> bool {
    let path = target.path();
    format == Format::Null || path.is_none_or(is_special)
}

pub(super) fn is_special(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir())
}

fn open_file(path: &Path) -> Result<Sink, Error> {
    if is_special(path) {
        let file = OpenOptions::new()
            .write(true)
            .open(path)
            .map_err(failed("open", path))?;
        return Ok(Sink::Special(path.to_owned(), file));
    }
    begin_file(path).map(Sink::File)
}

/// Begins a file that is replaced as a whole, in the place of what a killed run left.
pub(super) fn begin_file(path: &Path) -> Result<Part, Error> {
    let temporary = temporary(path);
    refuse_if_in_use(&temporary)?;
    // What a killed run left; if it is a link, the link goes and not what it points to.
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(failed("remove", &temporary)(error));
        }
        _ => {}
    }
    Part::create(path.to_owned())
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
