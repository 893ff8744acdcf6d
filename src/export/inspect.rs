//! Complete files of records, read back: what their bytes are, what they hold, and when that expires.
//!
//! It must never take anything else for a file of records. In: a path. Out: [`Inspected`], or what is wrong.

use super::digest::{Digest, Digested};
use super::{Format, Written, reason};
use crate::flow::Timestamp;
use rustix::fs::OFlags;
use serde::Deserialize;
use std::borrow::Cow;
use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// No line of ours is longer, in bytes.
const LINE: u64 = 64 << 10;

/// The first bytes of a Zstandard frame.
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

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
    #[error("not a file of records: {}: name files that end in .jsonl, .csv, these with .zst, or .parquet", .0.display())]
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

/// The format that a complete file of records has by its name: `*.jsonl` or `*.csv`, packed or not, and
/// those that were moved aside (`*.jsonl.7`); or `*.parquet`.
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
    let (stem, ending) = name.rsplit_once('.')?;
    let formats = [Format::Jsonl, Format::Csv];
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
    let lines = lines.map_err(|line| InspectError::Damaged {
        path: path.to_owned(),
        what: format!("line {line} is no record, or half of one"),
    })?;
    let Hashing(_, mut digest) = raw.into_inner();
    digest.count(&lines.holds);
    let ending = if packed { ".zst" } else { "" };
    Ok(Inspected {
        digested: digest.complete(&format!("{}{ending}", format.id())),
        expires: lines.expires.flatten(),
    })
}

#[cfg(feature = "parquet")]
use super::parquet::inspect_open as inspect_parquet;

#[cfg(not(feature = "parquet"))]
fn inspect_parquet(_: &File, path: &Path) -> Result<Inspected, InspectError> {
    Err(InspectError::NotBuiltIn(path.to_owned()))
}

/// What the lines of a file say.
#[derive(Default)]
struct Lines {
    holds: Written,
    /// Nothing before the first record; nothing in it once a record never expires.
    expires: Option<Option<Timestamp>>,
}

/// What a line says, as far as it matters here.
#[derive(Deserialize)]
struct Line<'a> {
    src_packets: u64,
    dst_packets: u64,
    src_wire_bytes: u64,
    dst_wire_bytes: u64,
    #[serde(borrow, default)]
    expires_at: Option<Cow<'a, str>>,
}

/// Reads to the end, or to the first line that is no record: its number.
fn read_lines(format: Format, from: &mut impl BufRead) -> io::Result<Result<Lines, u64>> {
    let mut lines = Lines::default();
    let mut header = None;
    let mut text = Vec::new();
    for number in 1.. {
        text.clear();
        from.by_ref().take(LINE).read_until(b'\n', &mut text)?;
        if text.is_empty() {
            break;
        }
        let good = (|| {
            let text = std::str::from_utf8(text.strip_suffix(b"\n")?).ok()?;
            if format == Format::Jsonl {
                return lines.add(&serde_json::from_str(text).ok()?);
            }
            let cells = cells(text.strip_suffix('\r')?)?;
            match &header {
                Some(header) => lines.add(&row(header, &cells)?),
                None => {
                    header = Some(Header::of(&cells)?);
                    Some(())
                }
            }
        })();
        if good.is_none() {
            return Ok(Err(number));
        }
    }
    Ok(Ok(lines))
}

impl Lines {
    fn add(&mut self, line: &Line<'_>) -> Option<()> {
        let expires = match line.expires_at.as_deref() {
            None | Some("") => None,
            Some(text) => Some(Timestamp::parse_rfc3339(text)?),
        };
        // The latest so far; a record that never expires is later than any.
        self.expires = Some(match self.expires {
            None => expires,
            Some(before) => before.zip(expires).map(|(before, now)| before.max(now)),
        });
        self.holds.records += 1;
        self.holds.packets += line.src_packets.checked_add(line.dst_packets)?;
        self.holds.wire_bytes += line.src_wire_bytes.checked_add(line.dst_wire_bytes)?;
        Some(())
    }
}

/// Which cells of a row are asked for.
struct Header {
    width: usize,
    counts: [usize; 4],
    expires_at: Option<usize>,
}

impl Header {
    fn of(names: &[Cow<'_, str>]) -> Option<Self> {
        let find = |wanted: &str| names.iter().position(|name| name == wanted);
        Some(Self {
            width: names.len(),
            counts: [
                find("src_packets")?,
                find("dst_packets")?,
                find("src_wire_bytes")?,
                find("dst_wire_bytes")?,
            ],
            expires_at: find("expires_at"),
        })
    }
}

fn row<'a>(header: &Header, cells: &'a [Cow<'_, str>]) -> Option<Line<'a>> {
    if cells.len() != header.width {
        return None;
    }
    let count = |at: usize| cells.get(at)?.parse().ok();
    let [src_packets, dst_packets, src_wire_bytes, dst_wire_bytes] = header.counts.map(count);
    let expires_at = header.expires_at.and_then(|at| cells.get(at));
    Some(Line {
        src_packets: src_packets?,
        dst_packets: dst_packets?,
        src_wire_bytes: src_wire_bytes?,
        dst_wire_bytes: dst_wire_bytes?,
        expires_at: expires_at.map(|text| Cow::Borrowed(text.as_ref())),
    })
}

/// The cells of a line (RFC 4180); nothing if a quotation mark has no partner.
fn cells(line: &str) -> Option<Vec<Cow<'_, str>>> {
    let mut cells = Vec::new();
    let mut rest = line;
    loop {
        let (cell, behind) = match rest.strip_prefix('"') {
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                let (cell, behind) = rest.split_at(end);
                (Cow::Borrowed(cell), behind)
            }
            Some(quoted) => {
                let mut cell = String::new();
                let mut quoted = quoted;
                loop {
                    let (part, behind) = quoted.split_once('"')?;
                    cell.push_str(part);
                    match behind.strip_prefix('"') {
                        None => break (Cow::Owned(cell), behind),
                        Some(behind) => {
                            cell.push('"');
                            quoted = behind;
                        }
                    }
                }
            }
        };
        cells.push(cell);
        match behind.strip_prefix(',') {
            Some(behind) => rest = behind,
            None => return behind.is_empty().then_some(cells),
        }
    }
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
