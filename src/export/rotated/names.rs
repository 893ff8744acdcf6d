//! What the files of a live run are called. None is ever replaced.

use super::super::Error;
use super::super::part::failed;
use crate::flow::Timestamp;
use crate::spelling::{folder_of, temporary};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Tries to find a name that nobody takes in between.
const TRIES: u32 = 100;

/// Where files go.
pub(super) enum Names {
    /// Into a folder: named by time, to the second, and numbered within it.
    Folder(PathBuf),
    /// To one path: the last file that was completed has it, those before are numbered.
    One(PathBuf),
}

impl Names {
    /// A name for a file that is begun at that time: in a folder, one that is free.
    pub(super) fn begin(&self, at: Timestamp, ending: &str) -> PathBuf {
        match self {
            Self::Folder(folder) => Stem::of(at, ending).free_in(folder),
            Self::One(path) => path.clone(),
        }
    }

    /// Gives a file the name, or where there is such a file already: in a folder, takes the next
    /// number; else moves the other aside. The name that it has now.
    ///
    /// # Errors
    /// [`Error::Output`]: it has the name that it had.
    pub(super) fn give(&self, file: &Path, name: &Path) -> Result<PathBuf, Error> {
        let mut path = name.to_owned();
        for _ in 0..TRIES {
            match rename_new(file, &path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed("rename to its name", &path)(error)),
                Ok(()) => return Ok(path),
            }
            match (self, Stem::parse(&path)) {
                (Self::Folder(folder), Some(stem)) => path = stem.free_in(folder),
                (Self::One(_), _) if !path.is_dir() => move_aside(&path)?,
                _ => path = numbered(name),
            }
        }
        Err(failed("rename to its name", &path)(
            io::ErrorKind::AlreadyExists.into(),
        ))
    }
}

/// `flows-20251122T054900Z-`, and `.jsonl` or the like.
pub(super) struct Stem {
    time: String,
    ending: String,
}

impl Stem {
    fn of(at: Timestamp, ending: &str) -> Self {
        let time: String = at
            .to_string()
            .chars()
            .take_while(|letter| *letter != '.')
            .filter(|letter| !matches!(letter, '-' | ':'))
            .collect();
        Self {
            time,
            ending: ending.to_owned(),
        }
    }

    /// Of a name that we gave.
    pub(super) fn parse(path: &Path) -> Option<Self> {
        let rest = path.file_name()?.to_str()?.strip_prefix("flows-")?;
        let (time, rest) = rest.split_once("Z-")?;
        let (number, ending) = rest.split_once('.')?;
        let is_number = number.len() >= 4 && number.bytes().all(|byte| byte.is_ascii_digit());
        let mut like = time.bytes().zip(b"00000000T000000");
        let is_time = time.len() == 15
            && like.all(|(byte, like)| match like {
                b'0' => byte.is_ascii_digit(),
                _ => byte == *like,
            });
        (is_number && is_time).then(|| Self {
            time: time.to_owned(),
            ending: ending.to_owned(),
        })
    }

    fn free_in(&self, folder: &Path) -> PathBuf {
        let Self { time, ending } = self;
        let mut number = 0;
        loop {
            let path = folder.join(format!("flows-{time}Z-{number:04}.{ending}"));
            if !is_taken(&path) && !is_taken(&temporary(&path)) {
                return path;
            }
            number += 1;
        }
    }
}

fn is_taken(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// The next of `NAME.1`, `NAME.2` and so on: behind the last, so that they stay in the order of time.
pub(super) fn numbered(path: &Path) -> PathBuf {
    let with = |number: u64| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{number}"));
        PathBuf::from(name)
    };
    let number_of = |name: &OsStr| -> Option<u64> {
        let mut prefix: OsString = path.file_name()?.to_owned();
        prefix.push(".");
        let name = name.as_encoded_bytes();
        let number = name.strip_prefix(prefix.as_encoded_bytes())?;
        std::str::from_utf8(number).ok()?.parse().ok()
    };
    let last = fs::read_dir(folder_of(path))
        .into_iter()
        .flatten()
        .filter_map(|entry| number_of(&entry.ok()?.file_name()))
        .max();
    with(last.unwrap_or(0).saturating_add(1))
}

fn move_aside(path: &Path) -> Result<(), Error> {
    let aside = numbered(path);
    match rename_new(path, &aside) {
        Ok(()) => {
            tracing::warn!(
                "kept: {}: it was {} before",
                aside.display(),
                path.display()
            );
            Ok(())
        }
        // Somebody was quicker: then the next look finds it so.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::AlreadyExists | io::ErrorKind::NotFound
            ) =>
        {
            Ok(())
        }
        Err(error) => Err(failed("move aside", path)(error)),
    }
}

/// Renames where nothing is in the way.
pub(in crate::export) fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // A file system that cannot do so in one step.
        Err(Errno::INVAL | Errno::NOSYS) if is_taken(to) => {
            Err(io::ErrorKind::AlreadyExists.into())
        }
        Err(Errno::INVAL | Errno::NOSYS) => fs::rename(from, to),
        result => Ok(result?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_we_gave_are_ours() {
        let is_ours = |name: &str| Stem::parse(Path::new(name)).is_some();
        assert!(is_ours("a/flows-20251122T054900Z-0000.jsonl"));
        assert!(is_ours("flows-20251122T054900Z-12345.csv.zst.tmp"));
        for other in [
            "flows.jsonl",
            "flows-mine.jsonl",
            "flows-20251122T054900Z.jsonl",
            "flows-20251122T054900Z-1.jsonl",
            "flows-2025-11-22T0549Z-0000.jsonl",
            "flows-20251122T054900Z-0000",
        ] {
            assert!(!is_ours(other), "{other}");
        }
    }

    #[test]
    fn numbers_stay_in_the_order_of_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f.jsonl");
        assert_eq!(numbered(&path), folder.path().join("f.jsonl.1"));
        for name in ["f.jsonl.7", "f.jsonl.x", "g.jsonl.9", "f.jsonl.tmp"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(numbered(&path), folder.path().join("f.jsonl.8"));
    }
}
