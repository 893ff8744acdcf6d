//! The lock on a sensor's own folder: one running sensor at a time.

use crate::pipeline::{Failure, FailureKind};
use crate::spelling::reason;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

/// Held for as long as the sensor runs; the system lets go of it when the process ends, in whatever way.
pub(super) struct StateLock {
    #[expect(dead_code, reason = "kept for its `Drop`")]
    file: File,
}

impl StateLock {
    /// The name of the locked file in the folder; it holds the number of the process.
    pub(super) const NAME: &'static str = "lock";

    /// Makes the folder if it is not there, and locks it.
    ///
    /// # Errors
    /// [`FailureKind::Busy`] where another sensor holds it; otherwise what kept it from being locked.
    pub(super) fn take(folder: &Path) -> Result<Self, Failure> {
        let mut builder = fs::DirBuilder::new();
        let made = builder.recursive(true).mode(0o700).create(folder);
        let path = folder.join(Self::NAME);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).mode(0o600);
        let opened = made.and_then(|()| options.open(&path));
        let mut file = opened.map_err(|error| {
            let kind = match error.kind() {
                std::io::ErrorKind::PermissionDenied => FailureKind::Permission,
                _ => FailureKind::Output,
            };
            let what = format!("cannot lock the state folder ({})", reason(&error));
            let place = folder.display().to_string();
            Failure::new(kind, what, place, "give this user a folder of its own")
        })?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                // Only for the message.
                let _ = (&file).take(32).read_to_string(&mut text);
                let process = text.trim();
                let by = match process.parse::<u32>() {
                    Ok(process) => format!("state folder in use by process {process}"),
                    Err(_) => "state folder in use by another sensor".to_owned(),
                };
                let place = folder.display().to_string();
                let hint = "end that sensor, or give this one another --state";
                return Err(Failure::new(FailureKind::Busy, by, place, hint));
            }
            Err(TryLockError::Error(error)) => {
                let what = format!("cannot lock the state folder ({})", reason(&error));
                let place = folder.display().to_string();
                let hint = "choose a file system that can lock";
                return Err(Failure::new(FailureKind::Output, what, place, hint));
            }
        }
        // For people; the lock itself needs no content.
        let _ = file
            .set_len(0)
            .and_then(|()| writeln!(file, "{}", std::process::id()));
        Ok(Self { file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_58_a_folder_is_locked_once_and_free_again_afterwards() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("made/on/the/way");
        let first = StateLock::take(&folder).unwrap();
        let text = fs::read_to_string(folder.join(StateLock::NAME)).unwrap();
        assert_eq!(text, format!("{}\n", std::process::id()));
        let Err(refused) = StateLock::take(&folder) else {
            panic!("locked twice");
        };
        assert_eq!(refused.kind(), FailureKind::Busy);
        assert!(
            refused
                .to_string()
                .contains(&format!("process {}", std::process::id()))
        );
        drop(first);
        // What a sensor that is gone left there says nothing.
        fs::write(folder.join(StateLock::NAME), "999999999999\n").unwrap();
        assert!(StateLock::take(&folder).is_ok());
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let Err(refused) = StateLock::take(Path::new("/proc/none/here")) else {
            panic!("locked");
        };
        assert!(
            refused.to_string().contains(": /proc/none/here: "),
            "{refused}"
        );
    }
}
