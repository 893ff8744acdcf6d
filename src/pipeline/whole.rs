//! Files of a run, beside its records, that have their names only when they are whole.

use std::fs::File;
use std::io;
use std::path::Path;
use tempfile::NamedTempFile;

/// The folder that a file is in.
pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Makes a file of [`folder_of`] durable, under its name in place of what was there.
///
/// # Errors
/// As the file system's. The file is gone then, unless its folder alone could not be made durable.
pub(super) fn complete(file: NamedTempFile, path: &Path) -> io::Result<()> {
    file.as_file().sync_all()?;
    file.persist(path).map_err(|failed| failed.error)?;
    File::open(folder_of(path))?.sync_all()
}
