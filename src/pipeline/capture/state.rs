//! The lock on a sensor's own folder: one running sensor at a time.

use crate::pipeline::{Failure, FailureKind};
use crate::spelling::reason;
use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::process::geteuid;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
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
    /// [`FailureKind::Busy`] where another sensor holds it; [`FailureKind::Permission`] where what has the lock's
    /// name is no file of this user's own; otherwise what kept it from being locked.
    pub(super) fn take(folder: &Path) -> Result<Self, Failure> {
        let mut builder = fs::DirBuilder::new();
        let made = builder.recursive(true).mode(0o700).create(folder);
        let path = folder.join(Self::NAME);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).mode(0o600);
        // What a link leads to is not ours to write to, and a pipe would wait for its other end.
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        options.custom_flags(flags.bits() as i32);
        let opened = made.and_then(|()| options.open(&path));
        let checked = opened.and_then(|file| Ok((is_own(&file, folder)?, file)));
        let (is_own, mut file) = checked.map_err(|error| {
            // So says the system of a link.
            if error.raw_os_error() == Some(Errno::LOOP.raw_os_error()) {
                return not_own(&path);
            }
            let kind = match error.kind() {
                std::io::ErrorKind::PermissionDenied => FailureKind::Permission,
                _ => FailureKind::Output,
            };
            let what = format!("cannot lock the state folder ({})", reason(&error));
            let place = folder.display().to_string();
            Failure::new(kind, what, place, "give this user a folder of its own")
        })?;
        if !is_own {
            return Err(not_own(&path));
        }
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

/// Whether it is a plain file with this one name, of this user or of whoever owns the folder.
fn is_own(file: &File, folder: &Path) -> std::io::Result<bool> {
    let found = file.metadata()?;
    let owners = [geteuid().as_raw(), fs::metadata(folder)?.uid()];
    Ok(found.is_file() && found.nlink() == 1 && owners.contains(&found.uid()))
}

fn not_own(path: &Path) -> Failure {
    Failure::new(
        FailureKind::Permission,
        "the lock of the state folder is no plain file of this user's own",
        path.display().to_string(),
        "see who put it there, and remove it",
    )
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
    fn nothing_is_written_to_what_the_lock_s_name_leads_to() {
        use std::os::unix::fs::symlink;
        let root = tempfile::tempdir().unwrap();
        let other = root.path().join("other");
        fs::write(&other, "something of somebody's").unwrap();
        let folder = root.path().join("state");
        fs::create_dir(&folder).unwrap();
        let lock = folder.join(StateLock::NAME);
        let refused = || {
            let Err(refused) = StateLock::take(&folder) else {
                panic!("locked");
            };
            assert_eq!(refused.kind(), FailureKind::Permission, "{refused}");
            assert!(refused.to_string().contains("no plain file"), "{refused}");
            fs::remove_file(&lock).unwrap();
        };
        symlink(&other, &lock).unwrap();
        refused();
        symlink("/dev/null", &lock).unwrap();
        refused();
        fs::hard_link(&other, &lock).unwrap();
        refused();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &lock,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RWXU,
            0,
        )
        .unwrap();
        refused();
        let text = fs::read_to_string(&other).unwrap();
        assert_eq!(text, "something of somebody's");
        assert!(StateLock::take(&folder).is_ok());
        // The folder itself may be a link, as systemd makes it.
        symlink(&folder, root.path().join("link")).unwrap();
        assert!(StateLock::take(&root.path().join("link")).is_ok());
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
