//! Folders by date and class, and the names of files in them: `date=2026-11-22/class=foreign_foreign/part-tokyo-0000.parquet`.

use crate::export::Error;
use crate::export::hive::{is_class, is_date};
use crate::export::part::{Part, failed, mode_in, sync_folder};
use crate::export::rotated::rename_new;
use crate::flow::{Class, Timestamp};
use crate::spelling::folder_of;
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// How often a name is chosen anew that somebody else took meanwhile. *Guessed*.
const TRIES: u32 = 16;

const NANOS_PER_DAY: u64 = 86_400_000_000_000;

/// Where files of a folder go.
pub(super) struct Tree {
    root: PathBuf,
    /// What the names of our files begin with.
    stem: String,
}

/// A folder of it: a day, in days since 1970, and a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Leaf {
    pub(super) day: u64,
    class: Class,
}

impl Leaf {
    /// Of a record.
    pub(super) fn of(start: Timestamp, class: Class) -> Self {
        Self {
            day: start.nanos() / NANOS_PER_DAY,
            class,
        }
    }

    /// The only one, where there are no folders.
    pub(super) const ONLY: Self = Self {
        day: 0,
        class: Class::ForeignForeign,
    };

    fn names(self) -> (String, String) {
        let mut day = Timestamp::from_nanos(self.day * NANOS_PER_DAY).to_string();
        day.truncate(10);
        (format!("date={day}"), format!("class={}", self.class.id()))
    }
}

impl Tree {
    pub(super) fn new(root: &Path, sensor: &str) -> Self {
        // Names of sensors are checked elsewhere; nothing of a folder may come in here all the same.
        let is_safe = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let sensor: String = sensor
            .chars()
            .map(|c| if is_safe(c) { c } else { '_' })
            .collect();
        let sensor = if sensor.is_empty() {
            "unnamed"
        } else {
            &sensor
        };
        Self {
            root: root.to_owned(),
            stem: format!("part-{sensor}-"),
        }
    }

    /// Makes the folder itself, where it is not there.
    ///
    /// # Errors
    /// [`Error::Output`].
    pub(super) fn make(&self) -> Result<(), Error> {
        if self.root.is_dir() {
            return Ok(());
        }
        let made = DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.root);
        made.map_err(failed("create the folder", &self.root))
    }

    /// Removes what killed runs of this sensor left: without its footer nobody can read it. How many files.
    pub(super) fn sweep(&self) -> u64 {
        let below = |folder: &Path, is_ours: fn(&str) -> bool| -> Vec<PathBuf> {
            let found = fs::read_dir(folder).into_iter().flatten().flatten();
            let named = found.filter(|entry| entry.file_name().to_str().is_some_and(is_ours));
            named.map(|entry| entry.path()).collect()
        };
        let leaves = below(&self.root, is_date)
            .into_iter()
            .flat_map(|date| below(&date, is_class));
        let files = leaves.flat_map(|leaf| below(&leaf, |name| name.ends_with(".parquet.tmp")));
        let ours = files.filter(|path| self.number(&path.with_extension("")).is_some());
        ours.map(|path| u64::from(remove_if_left(&path))).sum()
    }

    /// Begins a file in a folder, behind those that are there.
    ///
    /// # Errors
    /// [`Error::Output`].
    pub(super) fn begin(&self, leaf: Leaf) -> Result<Part, Error> {
        let mut tries = 0;
        loop {
            let created = self
                .folder(leaf)
                .and_then(|folder| Part::create(self.next_in(&folder)));
            tries += 1;
            match created {
                // Somebody took the name, or the folder away.
                Err(Error::Output { source, .. })
                    if tries < TRIES
                        && matches!(
                            source.kind(),
                            io::ErrorKind::AlreadyExists | io::ErrorKind::NotFound
                        ) => {}
                created => return created,
            }
        }
    }

    /// Gives a file its name, or the next that is free: no file is ever replaced.
    ///
    /// # Errors
    /// [`Error::Output`]: it has its temporary name.
    pub(super) fn name(&self, from: &Path, path: &Path) -> Result<PathBuf, Error> {
        let mut path = path.to_owned();
        let mut tries = 0;
        loop {
            tries += 1;
            match rename_new(from, &path) {
                Ok(()) => return Ok(path),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && tries < TRIES => {
                    path = self.next_in(folder_of(&path));
                }
                Err(error) => return Err(failed("rename to its name", &path)(error)),
            }
        }
    }

    /// A folder, made where it is not there, for whom the folder above it is.
    fn folder(&self, leaf: Leaf) -> Result<PathBuf, Error> {
        let (date, class) = leaf.names();
        let mut folder = self.root.clone();
        for name in [date, class] {
            let mode = if mode_in(&folder) == 0o640 {
                0o750
            } else {
                0o700
            };
            folder.push(name);
            match DirBuilder::new().mode(mode).create(&folder) {
                Ok(()) => sync_folder(&folder)?,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed("create the folder", &folder)(error)),
            }
        }
        Ok(folder)
    }

    /// The name behind the last, so that names stay in the order of time.
    fn next_in(&self, folder: &Path) -> PathBuf {
        let there = fs::read_dir(folder).into_iter().flatten().flatten();
        let numbers = there.filter_map(|entry| {
            let path = entry.path();
            let is_temporary = path.extension().is_some_and(|ending| ending == "tmp");
            let path = if is_temporary {
                path.with_extension("")
            } else {
                path
            };
            self.number(&path)
        });
        let next = numbers.max().map_or(0, |last| last.saturating_add(1));
        folder.join(format!("{}{next:04}.parquet", self.stem))
    }

    /// The number in a name that we gave.
    fn number(&self, path: &Path) -> Option<u64> {
        let name = path.file_name()?.to_str()?;
        let number = name.strip_prefix(&self.stem)?.strip_suffix(".parquet")?;
        let is_number = number.len() >= 4 && number.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| number.parse().ok())?
    }
}

/// Removes a file unless a run holds it.
fn remove_if_left(path: &Path) -> bool {
    debug_assert!(path.extension().is_some_and(|ending| ending == "tmp"));
    if !path.symlink_metadata().is_ok_and(|there| there.is_file()) {
        return false;
    }
    match File::open(path).map(|file| file.try_lock().map(|()| file)) {
        Ok(Err(TryLockError::WouldBlock)) | Err(_) => false,
        Ok(Ok(_) | Err(TryLockError::Error(_))) => fs::remove_file(path).is_ok(),
    }
}
