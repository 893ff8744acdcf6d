//! A file that is written under a temporary name until it is complete.
//!
//! It holds whole pieces only, whatever a write did: what a failed one left is cut off before anything
//! else is done with the file.

use super::Error;
use crate::spelling::{folder_of, temporary};
use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// A file under its temporary name. Dropped, it stays there.
pub(super) struct Part {
    path: PathBuf,
    temporary: PathBuf,
    file: File,
    /// Bytes that were written whole.
    whole: u64,
    /// Behind them there may be a piece that was not.
    torn: bool,
}

/// What became of a file under our hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is as it was written, under its temporary name.
    Ours,
    /// It has another name now.
    Moved,
    /// It has no name any more.
    Removed,
    /// It is shorter or longer than it was written.
    Altered,
}

impl Part {
    /// Begins `NAME.tmp`, which must not be there: `NAME` is given when it is complete. Mode 0600, or
    /// 0640 in a folder that hands its group on.
    ///
    /// # Errors
    /// [`Error::Output`].
    pub(super) fn create(path: PathBuf) -> Result<Self, Error> {
        let temporary = temporary(&path);
        let file = create_private(&temporary)?;
        // Held until the file is closed: another run that wants the same name gives way.
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            return Err(in_use(&temporary));
        }
        Ok(Self {
            path,
            temporary,
            file,
            whole: 0,
            torn: false,
        })
    }

    /// Its name when it is complete.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Its name until then.
    pub(super) fn temporary(&self) -> &Path {
        &self.temporary
    }

    /// Bytes that were written whole.
    pub(super) const fn len(&self) -> u64 {
        self.whole
    }

    /// Writes all of it at the end, or nothing.
    ///
    /// # Errors
    /// [`Error::Output`]: it holds what it held before, or will before anything else is done with it.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.mend()?;
        self.torn = true;
        if let Err(error) = self.file.write_all(bytes) {
            // Where even this fails, it is tried again before the next use.
            let _ = self.mend();
            return Err(failed("write to", &self.temporary)(error));
        }
        self.whole += bytes.len() as u64;
        self.torn = false;
        Ok(())
    }

    /// Cuts off what a failed write left.
    ///
    /// # Errors
    /// [`Error::Output`]: it is still there.
    pub(super) fn mend(&mut self) -> Result<(), Error> {
        if self.torn {
            self.file
                .set_len(self.whole)
                .and_then(|()| self.file.seek(SeekFrom::Start(self.whole)))
                .map_err(failed("cut", &self.temporary))?;
            self.torn = false;
        }
        Ok(())
    }

    /// Makes what was written durable.
    ///
    /// # Errors
    /// [`Error::Output`]: nobody knows what of it is on the disk. Asked again, the system would say yes
    /// all the same.
    pub(super) fn sync(&mut self) -> Result<(), Error> {
        self.mend()?;
        let check = self.file.metadata().and_then(|there| {
            if there.len() == self.whole {
                return Ok(());
            }
            Err(io::Error::other("not as long as what was written to it"))
        });
        check
            .and_then(|()| self.file.sync_all())
            .map_err(failed("sync", &self.temporary))
    }

    /// What became of it. Where this cannot be found out, the next write tells.
    pub(super) fn standing(&self) -> Standing {
        let Ok(ours) = self.file.metadata() else {
            return Standing::Ours;
        };
        if is_unlinked(&ours) {
            return Standing::Removed;
        }
        match fs::symlink_metadata(&self.temporary) {
            Ok(there) if !is_same(&ours, &there) => Standing::Moved,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Standing::Moved,
            Ok(_) | Err(_) if !self.torn && ours.len() != self.whole => Standing::Altered,
            Ok(_) | Err(_) => Standing::Ours,
        }
    }

    /// Takes it away. Nothing more can be done about a failure.
    pub(super) fn remove(&self) {
        let _ = fs::remove_file(&self.temporary);
    }
}

/// Creates a file where there is none. Nobody else may read it, but the group of a folder that hands its
/// group on (set-group-id): such a folder was set up for its group.
pub(super) fn create_private(path: &Path) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode_in(folder_of(path)));
    options.open(path).map_err(failed("create", path))
}

/// The mode of a new file in a folder.
#[cfg(unix)]
pub(super) fn mode_in(folder: &Path) -> u32 {
    const SET_GROUP_ID: u32 = 0o2000;
    let mode = |there: Metadata| std::os::unix::fs::MetadataExt::mode(&there);
    match fs::metadata(folder).map(mode) {
        Ok(mode) if mode & SET_GROUP_ID != 0 => 0o640,
        Ok(_) | Err(_) => 0o600,
    }
}

/// Makes the names in the folder of a file durable.
pub(super) fn sync_folder(path: &Path) -> Result<(), Error> {
    let synced = File::open(folder_of(path)).and_then(|folder| folder.sync_all());
    synced.map_err(failed("sync the folder of the output", path))
}

/// Another run writes to this file.
pub(super) fn in_use(temporary: &Path) -> Error {
    let source = io::Error::new(io::ErrorKind::AlreadyExists, "in use");
    failed("write to", temporary)(source)
}

pub(super) fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Output { what, path, source }
}

#[cfg(unix)]
fn is_unlinked(file: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(file) == 0
}

#[cfg(not(unix))]
fn is_unlinked(_: &Metadata) -> bool {
    false
}

/// Whether both are of one file.
#[cfg(unix)]
pub(super) fn is_same(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// Whether both are of one file: not known here.
#[cfg(not(unix))]
pub(super) fn is_same(_: &Metadata, _: &Metadata) -> bool {
    true
}
