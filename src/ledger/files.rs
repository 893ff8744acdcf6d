//! Files of a ledger: read without following links and never more than they may hold; written so that
//! after a kill or a power cut each is there as a whole or not at all.

use super::error::Error;
use crate::spelling::temporary;
use rustix::fs::OFlags;
use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// Files that are written side by side, so that the disk is waited for once.
const AT_ONCE: usize = 64;

/// Files that are to be written: their names below a folder, and what is in them.
pub(super) type Files = Vec<(PathBuf, Vec<u8>)>;

/// Opens a plain file to read: no link, no folder, nothing that waits.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits() as i32)
        .open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "no plain file"))
    }
}

/// All of a plain file.
///
/// # Errors
/// `InvalidInput` if it is none, or longer than `longest` bytes.
pub(super) fn read(path: &Path, longest: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(longest.min(16 * 1024));
    open(path)?
        .take(longest as u64 + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() > longest {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "file too long"));
    }
    Ok(bytes)
}

/// All of a plain file below `root`, to which no link leads.
///
/// # Errors
/// As [`read`], and `InvalidInput` where a folder on the way is none.
pub(super) fn read_below(root: &Path, name: &Path, longest: usize) -> io::Result<Vec<u8>> {
    straight(root, name)?;
    read(&root.join(name), longest)
}

/// Whether a plain file of that name is below `root`, and no link leads to it.
pub(super) fn is_there(root: &Path, name: &Path) -> bool {
    let path = root.join(name);
    straight(root, name).is_ok() && path.symlink_metadata().is_ok_and(|found| found.is_file())
}

/// Whether all between `root` and a file are folders, so far as they are there: links could lead in circles,
/// and a few files be read without end.
fn straight(root: &Path, name: &Path) -> io::Result<()> {
    let mut folder = root.to_owned();
    for part in name.parent().into_iter().flat_map(Path::components) {
        folder.push(part);
        match folder.symlink_metadata() {
            Ok(found) if found.is_dir() => {}
            Ok(_) => {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidInput,
                    "no plain folder",
                ));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The same as [`read`], where a file that is not there is no error.
pub(super) fn read_if_there(path: &Path, longest: usize) -> io::Result<Option<Vec<u8>>> {
    match read(path, longest) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// What an error was met at.
pub(super) fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::File { what, path, source }
}

/// Makes a folder and those above it, each only for its owner.
pub(super) fn make_folder(path: &Path) -> Result<(), Error> {
    if path.is_dir() {
        return Ok(());
    }
    let missing = path.ancestors().take_while(|folder| !folder.exists());
    let missing = missing
        .filter(|folder| !folder.as_os_str().is_empty())
        .count();
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(failed("create the folder", path))?;
    // The name of each new folder stands in the one above it.
    for folder in path.ancestors().skip(1).take(missing) {
        let is_here = folder.as_os_str().is_empty();
        let folder = if is_here { Path::new(".") } else { folder };
        match File::open(folder) {
            Ok(open) => open.sync_all().map_err(failed("write to", folder))?,
            // Its owner may let us add to it and not look into it.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
            Err(error) => return Err(failed("write to", folder)(error)),
        }
    }
    Ok(())
}

fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Gives a file below `root` its name. When this returns, that outlasts a power cut.
pub(super) fn rename(root: &Path, from: &str, to: &str) -> Result<(), Error> {
    let path = root.join(from);
    fs::rename(&path, root.join(to)).map_err(failed("rename", &path))?;
    sync_folder(root).map_err(failed("write to", root))
}

/// Makes a file that is only its owner's, in place of one that an earlier process may have left there: that
/// could be another user's, or have been open to others.
pub(super) fn create_anew(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    Ok(file)
}

/// Makes a file durable, if these are all the bytes that were written to it: a system may have said so of a
/// write, and not done it.
///
/// # Errors
/// As the system says, or that it is of another length.
pub(super) fn sync(file: &File, length: usize) -> io::Result<()> {
    if file.metadata()?.len() != length as u64 {
        return Err(io::Error::other("not as long as what was written to it"));
    }
    file.sync_all()
}

/// Writes files below `root`, which is there. When this returns they have their names and outlast a power
/// cut; names are given in the order of the list. A failure leaves nothing under temporary names.
pub(super) fn write(root: &Path, files: &[(PathBuf, Vec<u8>)]) -> Result<(), Error> {
    let result = write_all(root, files);
    if result.is_err() {
        for (name, _) in files {
            // Most of them are not there. On a disk that is full, what is takes what others need.
            let _ = fs::remove_file(temporary(&root.join(name)));
        }
    }
    result
}

fn write_all(root: &Path, files: &[(PathBuf, Vec<u8>)]) -> Result<(), Error> {
    let mut touched = BTreeSet::new();
    for some in files.chunks(AT_ONCE) {
        let mut open = Vec::with_capacity(some.len());
        for (name, bytes) in some {
            let path = root.join(name);
            make_parents(root, name, &mut touched)?;
            let temporary = temporary(&path);
            let mut file = create_anew(&temporary).map_err(failed("create", &temporary))?;
            file.write_all(bytes).map_err(failed("write", &temporary))?;
            open.push((file, bytes.len(), temporary, path));
        }
        for (file, length, temporary, _) in &open {
            sync(file, *length).map_err(failed("write", temporary))?;
        }
        for (_, _, temporary, path) in &open {
            fs::rename(temporary, path).map_err(failed("rename", temporary))?;
        }
    }
    for folder in touched.iter().rev() {
        sync_folder(folder).map_err(failed("write to", folder))?;
    }
    Ok(())
}

/// Makes the folders between `root` and a file, and notes those whose content changes.
fn make_parents(root: &Path, name: &Path, touched: &mut BTreeSet<PathBuf>) -> Result<(), Error> {
    let mut folder = root.to_owned();
    let parents = name.parent().into_iter().flat_map(Path::components);
    for part in parents {
        let inner = folder.join(part);
        match DirBuilder::new().mode(0o700).create(&inner) {
            Ok(()) => {
                touched.insert(folder);
            }
            // A link would lead what is written to somewhere else.
            Err(error)
                if error.kind() == io::ErrorKind::AlreadyExists
                    && inner.symlink_metadata().is_ok_and(|found| found.is_dir()) => {}
            Err(error) => return Err(failed("create the folder", &inner)(error)),
        }
        folder = inner;
    }
    touched.insert(folder);
    Ok(())
}

/// The widths of the files in a folder of partial tiles; what else is in it is left out.
pub(super) fn widths(root: &Path, folder: &Path) -> io::Result<Vec<usize>> {
    let mut found = Vec::new();
    let inside = folder.join("0");
    let entries = match straight(root, &inside).and_then(|()| fs::read_dir(root.join(folder))) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let name = entry?.file_name();
        let width = name.to_str().and_then(|name| {
            let width: usize = name.parse().ok()?;
            ((1..256).contains(&width) && width.to_string() == name).then_some(width)
        });
        found.extend(width);
    }
    found.sort_unstable();
    Ok(found)
}
