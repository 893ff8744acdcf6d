//! Where rendered records go: a file that appears only when it is complete, or standard output.

use super::{Error, RunContext, csv, render};
use crate::flow::Ended;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Records rendered at a time.
const BATCH: usize = 512;

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
        }
    }
}

enum Sink {
    Nothing,
    Stdout,
    /// A pipe or device: written straight, nothing to rename.
    Special(PathBuf, File),
    Closed,
    File {
        path: PathBuf,
        temporary: PathBuf,
        file: File,
        /// Bytes that were written whole.
        whole: u64,
    },
}

/// An output that is being written. Dropped before [`Self::finish`], it leaves no file.
pub struct Output {
    format: Format,
    sink: Sink,
    buffer: Vec<u8>,
    written: Written,
}

impl Output {
    /// Opens an output: `-` is standard output, a folder (existing, or with `/` at the end) gets
    /// `flows.jsonl` or `flows.csv`, anything else is a file. The file appears under its name when
    /// it is complete; until then it is `NAME.tmp`. Mode 0600; 0640 in a
    /// folder that hands its group on (set-group-id), which was set up for its group to read.
    ///
    /// # Errors
    /// [`Error::Output`] or [`Error::Stdout`].
    pub fn open(target: &Path, format: Format) -> Result<Self, Error> {
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
        self.written.records += counts.records;
        self.written.packets += counts.packets;
        self.written.bytes += counts.bytes;
        self.written.wire_bytes += counts.wire_bytes;
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        match &mut self.sink {
            Sink::Nothing | Sink::Closed => Ok(()),
            Sink::File {
                temporary,
                file,
                whole,
                ..
            } => match file.write_all(bytes) {
                Ok(()) => {
                    *whole += bytes.len() as u64;
                    Ok(())
                }
                Err(error) => {
                    // Where even this fails, half a line stands at the end, and the next error or
                    // `finish` tells of the disk.
                    let _ = file
                        .set_len(*whole)
                        .and_then(|()| file.seek(SeekFrom::Start(*whole)));
                    Err(failed("write to", temporary)(error))
                }
            },
            Sink::Special(path, file) => match file.write_all(bytes) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.close(),
                result => result.map_err(failed("write to", path)),
            },
            Sink::Stdout => match io::stdout().lock().write_all(bytes) {
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

    /// Bytes in the file; 0 where it is none.
    #[must_use]
    pub const fn len(&self) -> u64 {
        match &self.sink {
            Sink::File { whole, .. } => *whole,
            Sink::Nothing | Sink::Stdout | Sink::Special(..) | Sink::Closed => 0,
        }
    }

    /// Whether nothing is in the file, or it is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether nobody reads any more: the rest need not be rendered.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        self.written.closed
    }

    /// Makes the output durable and gives the file its name.
    ///
    /// # Errors
    /// [`Error::Output`] or [`Error::Stdout`].
    pub fn finish(mut self) -> Result<Written, Error> {
        match &self.sink {
            Sink::Nothing | Sink::Closed | Sink::Special(..) => {}
            Sink::Stdout => match io::stdout().lock().flush() {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.close()?,
                result => result.map_err(|source| Error::Stdout { source })?,
            },
            Sink::File {
                path,
                temporary,
                file,
                ..
            } => {
                file.sync_all().map_err(failed("sync", temporary))?;
                fs::rename(temporary, path).map_err(failed("rename to its name", path))?;
                let folder = folder_of(path);
                // The file has its name; only then is there nothing to remove on failure.
                let synced = File::open(folder).and_then(|folder| folder.sync_all());
                synced.map_err(failed("sync the folder of the output", path))?;
                self.sink = Sink::Nothing;
            }
        }
        Ok(self.written)
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Sink::File { temporary, .. } = &self.sink {
            // Nothing more can be done about a failure on the way out.
            let _ = fs::remove_file(temporary);
        }
    }
}

fn open_file(target: &Path, format: Format) -> Result<Sink, Error> {
    let folder = target.is_dir() || target.as_os_str().as_encoded_bytes().ends_with(b"/");
    let path = if folder {
        target.join(format.file_name())
    } else {
        target.to_owned()
    };
    if fs::metadata(&path).is_ok_and(|there| !there.is_file() && !there.is_dir()) {
        let file = OpenOptions::new()
            .write(true)
            .open(&path)
            .map_err(failed("open", &path))?;
        return Ok(Sink::Special(path, file));
    }
    let mut temporary = path.clone().into_os_string();
    temporary.push(".tmp");
    let temporary = PathBuf::from(temporary);
    refuse_if_in_use(&temporary)?;
    // What a killed run left; if it is a link, the link goes and not what it points to.
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(failed("remove", &temporary)(error));
        }
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode_in(folder_of(&path)));
    let file = options
        .open(&temporary)
        .map_err(failed("create", &temporary))?;
    // Held until the file is closed: another run that wants the same name gives way.
    if let Err(TryLockError::WouldBlock) = file.try_lock() {
        return Err(in_use(&temporary));
    }
    Ok(Sink::File {
        path,
        temporary,
        file,
        whole: 0,
    })
}

/// The mode of a new file in a folder.
#[cfg(unix)]
fn mode_in(folder: &Path) -> u32 {
    const SET_GROUP_ID: u32 = 0o2000;
    let mode = |there: fs::Metadata| std::os::unix::fs::MetadataExt::mode(&there);
    match fs::metadata(folder).map(mode) {
        Ok(mode) if mode & SET_GROUP_ID != 0 => 0o640,
        Ok(_) | Err(_) => 0o600,
    }
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

fn in_use(temporary: &Path) -> Error {
    let source = io::Error::new(io::ErrorKind::AlreadyExists, "in use");
    failed("write to", temporary)(source)
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Output { what, path, source }
}
