//! Files of records that have expired are removed.
//!
//! It must never remove anything but complete files of records all of which have expired, by what they say
//! themselves. In: files and folders, and a moment. Out: what was removed, by digest, and what was left and
//! why.

#[cfg(test)]
mod tests;

use super::hive::{is_class, is_date};
use super::inspect::{InspectError, format_of, inspect_open, open};
use super::part::{is_same, sync_folder};
use super::{Digested, Error, Inspected};
use crate::flow::Timestamp;
use crate::spelling::{folder_of, reason};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What a purge did.
#[derive(Debug, Default)]
pub struct Purged {
    /// What was removed, or would be.
    pub files: Vec<PurgedFile>,
    /// Files whose time has not come.
    pub not_due: u64,
    /// What was left for another reason.
    pub left: Vec<LeftFile>,
    /// Folders whose change could not be made durable: after a loss of power the files may be back.
    pub unsynced: Vec<Error>,
}

/// A file that was removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurgedFile {
    /// Where it was.
    pub path: PathBuf,
    /// Its bytes, and what they held.
    pub digested: Digested,
    /// When the last of its records expired.
    pub expired: Timestamp,
}

/// Why a file was left.
#[derive(Debug, thiserror::Error)]
pub enum LeftFile {
    /// Nothing is there.
    #[error("no such file or folder: {}: check the path", .0.display())]
    Missing(PathBuf),
    /// It is a link, which is not followed.
    #[error("left: {}: it is a link: name what it leads to", .0.display())]
    Link(PathBuf),
    /// It has no records, or one of them does not say when it expires.
    #[error("left: {}: its records do not all say when they expire: set [retention] before records are written", .0.display())]
    NoExpiry(PathBuf),
    /// It was replaced or changed while it was read.
    #[error("left: {}: it changed while it was read: try again", .0.display())]
    Changed(PathBuf),
    /// It is no file of records, cannot be read, or is damaged.
    #[error(transparent)]
    Unclear(#[from] InspectError),
    /// A folder cannot be read.
    #[error("cannot read the folder ({}): {}: check who may read it", reason(source), path.display())]
    Folder {
        /// Which folder.
        path: PathBuf,
        /// How it failed.
        source: io::Error,
    },
    /// It could not be removed.
    #[error("cannot remove ({}): {}: check who may write to its folder", reason(source), path.display())]
    NotRemoved {
        /// Which file.
        path: PathBuf,
        /// How it failed.
        source: io::Error,
    },
}

/// Removes the files of records, all of whose records expire at that moment or before: those that are named,
/// and those in the folders that are named (of folders there, only in those by date and class). With `dry`, only says which.
#[must_use]
pub fn purge(paths: &[PathBuf], before: Timestamp, dry: bool) -> Purged {
    let mut purged = Purged::default();
    // A file of each folder in which one was removed.
    let mut folders = BTreeMap::new();
    for path in paths {
        for file in purged.candidates(path) {
            match remove_if_expired(&file, before, dry) {
                Ok(None) => purged.not_due += 1,
                Ok(Some(removed)) => {
                    purged.files.push(removed);
                    folders.insert(folder_of(&file).to_owned(), file);
                }
                // Seen by two of the paths, or removed by somebody else just now.
                Err(LeftFile::Unclear(InspectError::Unreadable { source, .. }))
                    if source.kind() == io::ErrorKind::NotFound => {}
                Err(left) => purged.left.push(left),
            }
        }
    }
    if !dry {
        let synced = folders.values().map(|file| sync_folder(file));
        purged.unsynced = synced.filter_map(Result::err).collect();
    }
    purged
}

impl Purged {
    /// The files that a path names, by name.
    fn candidates(&mut self, path: &Path) -> Vec<PathBuf> {
        let left = match path.symlink_metadata() {
            Ok(there) if there.is_symlink() => LeftFile::Link(path.to_owned()),
            Ok(there) if there.is_dir() => match files_in(path) {
                Ok(files) => return files,
                Err(source) => LeftFile::Folder {
                    path: path.to_owned(),
                    source,
                },
            },
            Ok(_) => return vec![path.to_owned()],
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                LeftFile::Missing(path.to_owned())
            }
            Err(source) => LeftFile::Unclear(InspectError::Unreadable {
                path: path.to_owned(),
                source,
            }),
        };
        self.left.push(left);
        Vec::new()
    }
}

/// Files of records in a folder, by their names, and in folders by date and class in it. Links are none.
fn files_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let (path, kind) = (entry.path(), entry.file_type()?);
            let is_part = |name: &str| is_date(name) || is_class(name);
            if kind.is_file() && format_of(&path).is_some() {
                files.push(path);
            } else if kind.is_dir() && entry.file_name().to_str().is_some_and(is_part) {
                folders.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Removes a file if all of its records have expired; nothing if its time has not come.
fn remove_if_expired(
    path: &Path,
    before: Timestamp,
    dry: bool,
) -> Result<Option<PurgedFile>, LeftFile> {
    let (file, format) = open(path)?;
    let Inspected { digested, expires } = inspect_open(&file, format, path)?;
    let Some(expired) = expires else {
        return Err(LeftFile::NoExpiry(path.to_owned()));
    };
    if expired > before {
        return Ok(None);
    }
    let same = file.metadata().and_then(|ours| {
        let there = path.symlink_metadata()?;
        Ok(is_same(&ours, &there) && there.len() == digested.length)
    });
    if !same.unwrap_or(false) {
        return Err(LeftFile::Changed(path.to_owned()));
    }
    if !dry {
        fs::remove_file(path).map_err(|source| LeftFile::NotRemoved {
            path: path.to_owned(),
            source,
        })?;
    }
    Ok(Some(PurgedFile {
        path: path.to_owned(),
        digested,
        expired,
    }))
}
