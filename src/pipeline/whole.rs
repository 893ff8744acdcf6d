//! Files of a run, beside its records, that have their names only when they are whole.

use crate::spelling::folder_of;
use std::fs::File;
use std::io;
use std::path::Path;
use tempfile::NamedTempFile;

/// Makes a file durable, if these are all the bytes that were written to it: a system may have said so of a
/// write, and not done it.
///
/// # Errors
/// As the file system's, or that it is of another length.
pub(super) fn sync(file: &File, length: u64) -> io::Result<()> {
    if file.metadata()?.len() != length {
        return Err(io::Error::other("not as long as what was written to it"));
    }
    file.sync_all()
}

/// Makes a file of [its folder](folder_of), of so many bytes, durable under its name in place of what was there.
///
/// # Errors
/// As [`sync`]. The file is gone then, unless its folder alone could not be made durable.
pub(super) fn complete(file: NamedTempFile, length: u64, path: &Path) -> io::Result<()> {
    sync(file.as_file(), length)?;
    file.persist(path).map_err(|failed| failed.error)?;
    File::open(folder_of(path))?.sync_all()
}
