//! Tables and lists, read as a whole and no further than is sensible.

use super::Error;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// The longest file, in bytes. *Guessed*: several times the largest public table.
const LONGEST: u64 = 1 << 30;

/// Of what has no length of its own, a pipe or a device.
const LONGEST_STREAM: u64 = 64 << 20;

/// All of it.
///
/// # Errors
/// Where it cannot be read, or is too long.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let unreadable = |source| Error::Unreadable {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(unreadable)?;
    let found = file.metadata().map_err(unreadable)?;
    let longest = if found.is_file() {
        LONGEST
    } else {
        LONGEST_STREAM
    };
    let mut bytes = Vec::new();
    if found.len() <= longest {
        bytes.reserve_exact(found.len() as usize);
        let mut file = file.take(longest + 1);
        file.read_to_end(&mut bytes).map_err(unreadable)?;
    }
    if found.len().max(bytes.len() as u64) > longest {
        return Err(Error::TooLong {
            path: path.to_owned(),
            longest,
        });
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_end_is_refused() {
        let refused = read(Path::new("/dev/zero")).unwrap_err().to_string();
        assert_eq!(
            refused,
            "longer than 64 MiB: /dev/zero: give a shorter file"
        );
        assert!(read(Path::new("/dev/null")).unwrap().is_empty());
        // It takes no room.
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(LONGEST + 1).unwrap();
        let refused = read(file.path()).unwrap_err().to_string();
        assert!(refused.starts_with("longer than 1024 MiB: "), "{refused}");
        let folder = tempfile::tempdir().unwrap();
        let refused = read(folder.path()).unwrap_err().to_string();
        assert!(refused.contains("name a file, not a folder"), "{refused}");
    }
}
