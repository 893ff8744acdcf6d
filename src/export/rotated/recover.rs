//! What a run left that was killed: files without their names, perhaps with half a record at the end.
//!
//! What is whole gets its name; what is not is put aside, byte for byte. A file that another run writes
//! is left alone.

use super::super::lines::ZSTD;
use super::super::part::{create_private, failed, in_use, is_same, sync_folder};
use super::super::{Error, Format, ipfix};
use super::names::{Names, Stem, numbered};
use crate::spelling::temporary;
use rustix::fs::OFlags;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use zstd::stream::raw::{Decoder, InBuffer, Operation as _, OutBuffer};

/// Bytes read at a time.
const CHUNK: usize = 128 << 10;

/// How much of the end of a text is looked at. *Guessed*: what a disk has not got yet when the power
/// goes was written in the last half minute.
const TAIL: u64 = 256 << 20;

/// The first bytes of an IPFIX message: its version. No text begins like that.
const IPFIX: [u8; 2] = [0, 10];

/// Recovers what was left in a folder, and says so: the files that have their names now. What cannot be
/// recovered stays as it is.
pub(super) fn in_folder(names: &Names, folder: &Path) -> Vec<PathBuf> {
    let mut left: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "tmp"))
        .map(|path| path.with_extension(""))
        .filter(|path| Stem::parse(path).is_some())
        .collect();
    left.sort();
    let mut recovered = Vec::new();
    for path in left {
        match recover(names, &path) {
            Ok(named) => recovered.extend(named),
            // Another run is at it.
            Err(Left::InUse) => {}
            Err(Left::Failed(error)) => tracing::warn!("not recovered: {error}"),
        }
    }
    recovered
}

/// Recovers what was left where a file is to be begun, and says so: the file that has its name now.
///
/// # Errors
/// [`Error::Output`]: it is still there, or another run writes it.
pub(super) fn before(names: &Names, path: &Path) -> Result<Option<PathBuf>, Error> {
    recover(names, path).map_err(|left| match left {
        Left::InUse => in_use(&temporary(path)),
        Left::Failed(error) => error,
    })
}

enum Left {
    InUse,
    Failed(Error),
}

impl From<Error> for Left {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

fn recover(names: &Names, path: &Path) -> Result<Option<PathBuf>, Left> {
    let temporary = temporary(path);
    let Some(mut file) = open(&temporary)? else {
        return Ok(None);
    };
    let len = file.metadata().map_err(failed("read", &temporary))?.len();
    let held = measure(&mut file, len).map_err(failed("read", &temporary))?;
    let torn = len.saturating_sub(held.whole);
    if torn > 0 {
        put_aside(&mut file, held.whole, path)?;
    }
    let cut = file.set_len(held.whole).and_then(|()| file.sync_all());
    cut.map_err(failed("cut", &temporary))?;
    let path = if held.records {
        names.give(&temporary, path)?
    } else {
        fs::remove_file(&temporary).map_err(failed("remove", &temporary))?;
        path.to_owned()
    };
    sync_folder(&path)?;
    let name = path.display();
    match (held.records, torn) {
        (false, 0) => {}
        (true, 0) => tracing::warn!("recovered: {name}: nothing was torn"),
        (true, _) => {
            tracing::warn!("recovered: {name}: {torn} bytes of a torn record put aside");
        }
        (false, _) => {
            tracing::warn!("nothing to recover: {name}: {torn} bytes of a torn record put aside");
        }
    }
    Ok(held.records.then_some(path))
}

/// Opens and locks a file that was left; nothing where there is none.
fn open(temporary: &Path) -> Result<Option<File>, Left> {
    let there = match fs::symlink_metadata(temporary) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        there => there.map_err(failed("read", temporary))?,
    };
    if there.is_symlink() {
        // None of ours. The link goes, and not what it points to.
        fs::remove_file(temporary).map_err(failed("remove", temporary))?;
        return Ok(None);
    }
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed())
        .open(temporary)
        .map_err(failed("open", temporary))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(Left::InUse),
        Err(TryLockError::Error(error)) => return Err(failed("lock", temporary)(error).into()),
    }
    // Another run may have recovered it just now.
    let still = fs::symlink_metadata(temporary).and_then(|now| Ok((now, file.metadata()?)));
    Ok(still
        .is_ok_and(|(now, ours)| is_same(&now, &ours))
        .then_some(file))
}

/// What a file holds.
#[derive(Debug, PartialEq, Eq)]
struct Holds {
    /// Bytes up to the end of the last whole record, or of the last whole frame.
    whole: u64,
    /// Whether there is a record in them.
    records: bool,
}

fn measure(file: &mut File, len: u64) -> io::Result<Holds> {
    let mut start = Vec::new();
    file.rewind()?;
    file.by_ref()
        .take(longest_header() as u64 + 1)
        .read_to_end(&mut start)?;
    if start.starts_with(&ZSTD) {
        return whole_frames(file);
    }
    if start.starts_with(&IPFIX) {
        file.rewind()?;
        let (whole, records) = ipfix::measure(&mut BufReader::with_capacity(CHUNK, file))?;
        return Ok(Holds { whole, records });
    }
    let mut whole = whole_lines(file, len.saturating_sub(TAIL))?;
    if whole.is_none() && len > TAIL {
        whole = whole_lines(file, 0)?;
    }
    let whole = whole.unwrap_or(0);
    Ok(Holds {
        whole,
        records: whole > 0 && !is_header_alone(whole, &start),
    })
}

/// Bytes of the longest header of a format.
fn longest_header() -> usize {
    let headers = Format::ALL.map(|format| format.header().len());
    headers.into_iter().max().unwrap_or(0)
}

/// Whether a text of so many bytes, with this begin, is the header of a format, or some lines of it, and nothing
/// else.
fn is_header_alone(whole: u64, start: &[u8]) -> bool {
    Format::ALL.iter().any(|format| {
        let header = format.header().as_bytes();
        let part = header.get(..whole as usize);
        part.is_some_and(|part| start.get(..part.len()) == Some(part))
    })
}

/// Where the last line that is whole ends, from somewhere on: before any byte that a disk made up.
fn whole_lines(file: &mut File, from: u64) -> io::Result<Option<u64>> {
    let mut at = file.seek(SeekFrom::Start(from))?;
    let mut whole = None;
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = match file.read(&mut chunk) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        let text = chunk.get(..read).unwrap_or_default();
        let good = text.iter().position(|byte| *byte == 0).unwrap_or(read);
        let lines = text.get(..good).unwrap_or_default();
        if let Some(end) = lines.iter().rposition(|byte| *byte == b'\n') {
            whole = Some(at + end as u64 + 1);
        }
        if read == 0 || good < read {
            return Ok(whole);
        }
        at += read as u64;
    }
}

/// Where the last frame ends that can be unpacked.
fn whole_frames(file: &mut File) -> io::Result<Holds> {
    file.rewind()?;
    let mut packed = BufReader::with_capacity(CHUNK, file);
    let mut decoder = Decoder::new()?;
    let mut text = vec![0; CHUNK];
    let (mut at, mut whole) = (0, 0);
    let (mut unpacked, mut start) = (0, Vec::new());
    let mut records = false;
    loop {
        let ahead = packed.fill_buf()?;
        if ahead.is_empty() {
            break;
        }
        let mut input = InBuffer::around(ahead);
        let mut output = OutBuffer::around(text.as_mut_slice());
        let Ok(asked) = decoder.run(&mut input, &mut output) else {
            break;
        };
        let (used, count) = (input.pos(), output.pos());
        packed.consume(used);
        at += used as u64;
        unpacked += count as u64;
        let missing = longest_header().saturating_sub(start.len());
        let text = text.get(..count).unwrap_or_default();
        start.extend(text.iter().take(missing));
        if asked == 0 {
            whole = at;
            records = unpacked > 0 && !is_header_alone(unpacked, &start);
        } else if used == 0 && count == 0 {
            break;
        }
    }
    Ok(Holds { whole, records })
}

/// Puts what is behind the whole records into `NAME.torn`, for its owner only: it is part of a record.
fn put_aside(file: &mut File, whole: u64, path: &Path) -> Result<(), Error> {
    let mut aside = path.as_os_str().to_owned();
    aside.push(".torn");
    let mut aside = PathBuf::from(aside);
    if aside.symlink_metadata().is_ok() {
        aside = numbered(&aside);
    }
    let mut to = create_private(&aside)?;
    file.seek(SeekFrom::Start(whole))
        .and_then(|_| io::copy(file, &mut to))
        .and_then(|_| to.sync_all())
        .map_err(|error| {
            // Nothing was cut off yet.
            let _ = fs::remove_file(&aside);
            failed("write to", &aside)(error)
        })
}
