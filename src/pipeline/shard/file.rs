//! The file of a shard: pieces of records, then what it says of its run, then a digest of all of it.
//!
//! ```text
//!   magic            16 bytes, with the version of this layout
//!   pieces           137 bytes each, by flow, those of a flow in capture order
//!   head             JSON
//!   length of head   8 bytes, little-endian
//!   SHA-256          32 bytes, over everything before it
//! ```
//!
//! Whatever is read is bounded by the length of the file, and nothing of it is believed before the digest
//! was found right. A digest is no signature: what it guards against is a torn or mixed-up file.

use super::head::Head;
use crate::flow::{ENDED_LEN, Ended};
use crate::pipeline::{Failure, FailureKind, whole};
use crate::spelling::{folder_of, reason};
use crate::time::Timestamp;
use sha2::{Digest as _, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

const MAGIC: [u8; 16] = *b"sekisho.shard.1\n";
const LENGTH: u64 = 8;
const DIGEST: u64 = 32;
const BUFFER: usize = 1 << 18;

/// Where a shard goes.
pub(super) enum Target {
    Stdout,
    File(PathBuf),
}

/// Where its bytes go meanwhile.
enum Sink {
    Stdout,
    /// A pipe or a device.
    Special(File),
    /// Gets its name when it is complete; removed if it never is.
    File(NamedTempFile),
}

/// A shard file that is being written.
pub(super) struct Writer {
    target: Target,
    out: BufWriter<Sink>,
    digest: Sha256,
    /// Bytes so far.
    length: u64,
}

impl Writer {
    /// Begins one. The file appears under its name when it is complete; mode 0600.
    pub(super) fn create(target: Target) -> Result<Self, Failure> {
        let sink = match &target {
            Target::Stdout => Ok(Sink::Stdout),
            Target::File(path) => begin(path),
        };
        let sink = sink.map_err(|error| cannot_write(&target, &error))?;
        let mut writer = Self {
            target,
            out: BufWriter::with_capacity(BUFFER, sink),
            digest: Sha256::new(),
            length: 0,
        };
        writer.put(&MAGIC)?;
        Ok(writer)
    }

    /// Adds a piece.
    pub(super) fn piece(&mut self, piece: &Ended) -> Result<(), Failure> {
        self.put(&piece.to_bytes())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.digest.update(bytes);
        self.length += bytes.len() as u64;
        let written = self.out.write_all(bytes);
        written.map_err(|error| cannot_write(&self.target, &error))
    }

    /// Completes it: durable, and under its name.
    pub(super) fn finish(mut self, head: &Head) -> Result<(), Failure> {
        let text = serde_json::to_vec(head)
            .map_err(|error| cannot_write(&self.target, &io::Error::from(error)))?;
        self.put(&text)?;
        self.put(&(text.len() as u64).to_le_bytes())?;
        let Self {
            target,
            mut out,
            digest,
            length,
        } = self;
        let length = length + DIGEST;
        let complete = || -> io::Result<()> {
            out.write_all(&digest.finalize())?;
            match (out.into_inner()?, &target) {
                (Sink::File(file), Target::File(path)) => whole::complete(file, length, path),
                (Sink::Stdout, _) => io::stdout().lock().flush(),
                (Sink::Special(mut file), _) => file.flush(),
                (Sink::File(_), Target::Stdout) => Ok(()),
            }
        };
        complete().map_err(|error| cannot_write(&target, &error))
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout => io::stdout().lock().write(bytes),
            Self::Special(file) => file.write(bytes),
            Self::File(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout => io::stdout().lock().flush(),
            Self::Special(file) => file.flush(),
            Self::File(file) => file.flush(),
        }
    }
}

fn begin(path: &Path) -> io::Result<Sink> {
    if path.metadata().is_ok_and(|there| !there.is_file()) {
        return OpenOptions::new().write(true).open(path).map(Sink::Special);
    }
    let name = path.file_name().unwrap_or_default();
    // A name of its own: another attempt at the same shard may be at work beside this one.
    tempfile::Builder::new()
        .prefix(
            &[name.as_encoded_bytes(), b"."]
                .concat()
                .escape_ascii()
                .to_string(),
        )
        .suffix(".tmp")
        .tempfile_in(folder_of(path))
        .map(Sink::File)
}

fn cannot_write(target: &Target, error: &io::Error) -> Failure {
    let kind = match error.kind() {
        io::ErrorKind::PermissionDenied => FailureKind::Permission,
        _ => FailureKind::Output,
    };
    let place = match target {
        Target::Stdout => "standard output".to_owned(),
        Target::File(path) => path.display().to_string(),
    };
    let what = format!("cannot write the shard ({})", reason(error));
    Failure::new(kind, what, place, "check its folder and the space there")
}

/// A shard file that is whole, and what it says of its run.
pub(in crate::pipeline) struct ShardFile {
    path: PathBuf,
    pub head: Head,
    /// Length of the file, in bytes.
    pub length: u64,
}

impl ShardFile {
    /// Reads all of a file, and whether it is what was written.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let cannot_read = |error: io::Error| cannot_read(path, &error);
        let file = File::open(path).map_err(cannot_read)?;
        let there = file.metadata().map_err(cannot_read)?;
        if !there.is_file() {
            return Err(foreign(path));
        }
        let length = there.len();
        let mut file = BufReader::with_capacity(BUFFER, file);
        let mut magic = [0; MAGIC.len()];
        let is_ours = file.read_exact(&mut magic).is_ok() && magic == MAGIC;
        if !is_ours {
            return Err(foreign(path));
        }
        let head = Self::check(&mut file, length).map_err(cannot_read)?;
        let head = head.ok_or_else(|| damaged(path))?;
        Ok(Self {
            path: path.to_owned(),
            head,
            length,
        })
    }

    /// Whether this file begins as a shard does.
    pub(in crate::pipeline) fn is_at(path: &Path) -> bool {
        let mut magic = [0; MAGIC.len()];
        path.is_file()
            && File::open(path).is_ok_and(|mut file| file.read_exact(&mut magic).is_ok())
            && magic == MAGIC
    }

    /// The head, if the digest holds and the lengths add up.
    fn check(file: &mut BufReader<File>, length: u64) -> io::Result<Option<Head>> {
        let magic = MAGIC.len() as u64;
        let Some(covered) = length
            .checked_sub(DIGEST)
            .filter(|end| *end >= magic + LENGTH)
        else {
            return Ok(None);
        };
        let mut digest = Sha256::new_with_prefix(MAGIC);
        let copied = io::copy(
            &mut file.by_ref().take(covered - magic),
            &mut Hashing(&mut digest),
        )?;
        let mut told = Vec::new();
        file.by_ref().take(DIGEST + 1).read_to_end(&mut told)?;
        if copied != covered - magic || told != *digest.finalize() {
            return Ok(None);
        }
        let mut len = [0; LENGTH as usize];
        file.seek(SeekFrom::Start(covered - LENGTH))?;
        file.read_exact(&mut len)?;
        let pieces = (covered - LENGTH)
            .checked_sub(u64::from_le_bytes(len))
            .and_then(|end| end.checked_sub(magic))
            .filter(|pieces| pieces % ENDED_LEN as u64 == 0);
        let Some(pieces) = pieces else {
            return Ok(None);
        };
        file.seek(SeekFrom::Start(magic + pieces))?;
        let mut text = Vec::new();
        file.by_ref()
            .take(u64::from_le_bytes(len))
            .read_to_end(&mut text)?;
        let head: Option<Head> = serde_json::from_slice(&text).ok();
        let counted = pieces / ENDED_LEN as u64;
        Ok(head.filter(|head| head.records == counted && head.is_sound()))
    }

    /// Reads its pieces, in order.
    pub(in crate::pipeline) fn pieces(
        &self,
        mut give: impl FnMut(Ended) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let cannot_read = |error: io::Error| cannot_read(&self.path, &error);
        let file = File::open(&self.path).map_err(cannot_read)?;
        let mut file = BufReader::with_capacity(BUFFER, file);
        let begin = SeekFrom::Start(MAGIC.len() as u64);
        file.seek(begin).map_err(cannot_read)?;
        let paths = self.head.paths.len();
        let (from, to) = self.head.flows.seen.unwrap_or_default();
        let moments = Timestamp::from_nanos(from)..=Timestamp::from_nanos(to);
        let mut before = None;
        for _ in 0..self.head.records {
            let mut bytes = [0; ENDED_LEN];
            file.read_exact(&mut bytes).map_err(cannot_read)?;
            let piece = Ended::from_bytes(&bytes).filter(|piece| {
                let path = piece.path();
                piece.is_sound()
                    && moments.contains(&piece.start())
                    && moments.contains(&piece.end())
                    && (path.to_bits() < paths as u32 || path == crate::flow::PathId::NOT_KEPT)
                    && before <= Some(piece.key())
            });
            let piece = piece.ok_or_else(|| damaged(&self.path))?;
            before = Some(piece.key());
            give(piece)?;
        }
        Ok(())
    }

    /// That what it says cannot be.
    pub(in crate::pipeline) fn damaged(&self) -> Failure {
        damaged(&self.path)
    }

    /// For messages.
    pub(in crate::pipeline) fn place(&self) -> String {
        self.path.display().to_string()
    }
}

/// Writes into a digest.
struct Hashing<'a>(&'a mut Sha256);

impl Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn foreign(path: &Path) -> Failure {
    let hint = "give files that `sekisho replay --shard` of this version wrote";
    let place = path.display().to_string();
    Failure::new(FailureKind::NotACapture, "not a shard", place, hint)
}

fn damaged(path: &Path) -> Failure {
    let hint = "make it again with `sekisho replay --shard`";
    let place = path.display().to_string();
    Failure::new(
        FailureKind::NotACapture,
        "shard is torn or altered",
        place,
        hint,
    )
}

fn cannot_read(path: &Path, error: &io::Error) -> Failure {
    let kind = match error.kind() {
        io::ErrorKind::NotFound => FailureKind::NoInput,
        io::ErrorKind::PermissionDenied => FailureKind::Permission,
        io::ErrorKind::UnexpectedEof => return damaged(path),
        _ => FailureKind::Output,
    };
    let what = format!("cannot read the shard ({})", reason(error));
    let hint = "check its path, and that this user may read it";
    Failure::new(kind, what, path.display().to_string(), hint)
}
