//! Complete files of records, read back: what their bytes are, what they hold, and when that expires.
//!
//! It must never take anything else for a file of records. In: a path. Out: [`Inspected`], or what is wrong.

use super::Format;
use super::digest::{Digest, Digested};
use super::lines::{LINE, Reader, Sums, ZSTD};
use crate::flow::Timestamp;
use crate::spelling::reason;
use rustix::fs::OFlags;
use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// A file of records that was read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspected {
    /// Its bytes, and what they hold.
    pub digested: Digested,
    /// When the last of its records expires; nothing if one of them never does, or there is none.
    pub expires: Option<Timestamp>,
}

/// Why a file tells nothing.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// Its name is not that of a complete file of records, or it is no file.
    #[error("not a file of records: {}: name files that end in .jsonl, .csv, conn.log, these with .zst, .ipfix or .parquet", .0.display())]
    Other(PathBuf),
    /// It cannot be read.
    #[error("cannot read ({}): {}: check who may read it", reason(source), path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// How it failed.
        source: io::Error,
    },
    /// It is of a format that this program was not built with.
    #[error("cannot be read by this program, built without parquet: {}: use the packaged one, or build with --all-features", .0.display())]
    NotBuiltIn(PathBuf),
    /// It is not whole, or not ours.
    #[error("damaged ({what}): {}: look into it", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
}

/// The format that a complete file of records has by its name: `*.jsonl`, `*.csv` or `*.conn.log`, packed or
/// not, `*.ipfix`, `*.parquet`, and those that were moved aside (`*.jsonl.7`). Which of the formats of one JSON
/// object a line it is, its first line tells.
#[must_use]
pub(super) fn format_of(path: &Path) -> Option<Format> {
    let name = path.file_name().and_then(OsStr::to_str)?;
    if name
        .strip_suffix(".parquet")
        .is_some_and(|stem| !stem.is_empty())
    {
        return Some(Format::Parquet);
    }
    let name = match name.rsplit_once('.') {
        Some((before, number))
            if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) =>
        {
            before
        }
        Some(_) | None => name,
    };
    let name = name.strip_suffix(".zst").unwrap_or(name);
    // Zeek's own name, and ours.
    if name == "conn.log" || name.ends_with(".conn.log") {
        return Some(Format::ZeekConn);
    }
    let (stem, ending) = name.rsplit_once('.')?;
    // One ending for both kinds of IPFIX, which are read alike.
    let formats = [Format::Jsonl, Format::Csv, Format::Ipfix];
    let format = formats.into_iter().find(|format| format.id() == ending);
    format.filter(|_| !stem.is_empty())
}

/// Opens a file of records by its name, not through a link.
pub(super) fn open(path: &Path) -> Result<(File, Format), InspectError> {
    let format = format_of(path).ok_or_else(|| InspectError::Other(path.to_owned()))?;
    Ok((open_any(path)?, format))
}

/// Opens a file, not through a link.
fn open_any(path: &Path) -> Result<File, InspectError> {
    let unreadable = |source| InspectError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let there = path.symlink_metadata().map_err(unreadable)?;
    if !there.is_file() {
        return Err(InspectError::Other(path.to_owned()));
    }
    OpenOptions::new()
        .read(true)
        .custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed())
        .open(path)
        .map_err(unreadable)
}

/// Reads a file of records to its end, and every record in it.
///
/// # Errors
/// [`InspectError`].
pub fn inspect(path: &Path) -> Result<Inspected, InspectError> {
    let (file, format) = open(path)?;
    inspect_open(&file, format, path)
}

/// As [`inspect`], of a file whose format is known, whatever its name.
pub(super) fn inspect_as(path: &Path, format: Format) -> Result<Inspected, InspectError> {
    inspect_open(&open_any(path)?, format, path)
}

/// As [`inspect`], of a file that is open.
pub(super) fn inspect_open(
    file: &File,
    format: Format,
    path: &Path,
) -> Result<Inspected, InspectError> {
    if format == Format::Parquet {
        return inspect_parquet(file, path);
    }
    let mut raw = BufReader::with_capacity(128 << 10, Hashing(file, Digest::default()));
    let read = (|| {
        if matches!(format, Format::Ipfix | Format::IpfixUniflow) {
            let sums = super::ipfix::read(&mut raw)?;
            return Ok((false, sums.map(|sums| (format, sums))));
        }
        let packed = raw.fill_buf()?.starts_with(&ZSTD);
        let lines = if packed {
            let text = zstd::stream::read::Decoder::with_buffer(&mut raw)?;
            read_lines(format, &mut BufReader::new(text))
        } else {
            read_lines(format, &mut raw)
        };
        Ok((packed, lines?))
    })();
    let (packed, lines) = read.map_err(|source: io::Error| {
        // What no frame of ours looks like.
        let torn = matches!(
            source.kind(),
            io::ErrorKind::UnexpectedEof | io::ErrorKind::Other
        );
        let path = path.to_owned();
        if torn {
            let what = "its compression is torn".to_owned();
            InspectError::Damaged { path, what }
        } else {
            InspectError::Unreadable { path, source }
        }
    })?;
    let (format, sums) = lines.map_err(|line| InspectError::Damaged {
        path: path.to_owned(),
        what: match format {
            Format::Ipfix | Format::IpfixUniflow => {
                format!("message {line} is none of ours, or half of one")
            }
            _ => format!("line {line} is no record, or half of one"),
        },
    })?;
    let Hashing(_, mut digest) = raw.into_inner();
    digest.count(&sums.holds);
    let ending = if packed { ".zst" } else { "" };
    Ok(Inspected {
        digested: digest.complete(&format!("{}{ending}", format.id())),
        expires: sums.expires(),
    })
}

#[cfg(feature = "parquet")]
use super::parquet::inspect_open as inspect_parquet;

#[cfg(not(feature = "parquet"))]
fn inspect_parquet(_: &File, path: &Path) -> Result<Inspected, InspectError> {
    Err(InspectError::NotBuiltIn(path.to_owned()))
}

/// Reads to the end, or to the first line that is no record: its number.
fn read_lines(format: Format, from: &mut impl BufRead) -> io::Result<Result<(Format, Sums), u64>> {
    let mut sums = Sums::default();
    let mut reader = Reader::new(format);
    let mut text = Vec::new();
    for number in 1.. {
        text.clear();
        from.by_ref().take(LINE).read_until(b'\n', &mut text)?;
        if text.is_empty() {
            break;
        }
        let line = text.strip_suffix(b"\n").map(std::str::from_utf8);
        let good = line.and_then(|line| reader.add(line.ok()?, &mut sums));
        if good.is_none() {
            return Ok(Err(number));
        }
    }
    Ok(Ok((reader.format(), sums)))
}

/// A file, and the digest of what was read of it.
struct Hashing<'a>(&'a File, Digest);

impl Read for Hashing<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let Self(file, digest) = self;
        let read = file.read(to)?;
        digest.add(to.get(..read).unwrap_or_default());
        Ok(read)
    }
}
