//! Deletions into the ledger. A running sensor holds its ledger: for it they are left in a folder there,
//! and it enters them at the end of the interval.

use super::keeper::Keeper;
use super::whole::sync;
use super::{Failure, FailureKind, entries};
use crate::config::Config;
use crate::ledger::{Event, Mode, Moment, Purge, Purged, Start, Stop, Totals};
use crate::time::Timestamp;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::Path;
#[cfg(feature = "live")]
use std::path::PathBuf;

/// The folder in that of the ledger.
const INBOX: &str = "inbox";

/// The longest deletion that is taken from there, in bytes. *Guessed*: more than a ledger's entry holds.
#[cfg(feature = "live")]
const LONGEST: u64 = 1 << 20;

/// Files that one entry names at most: it must stay below 64 KiB.
const FILES: usize = 400;

/// When deletions are in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entered {
    /// They are.
    Now,
    /// When the sensor that runs ends its interval.
    Later,
}

/// Enters files that were removed `at` a moment, since they had expired `before` another.
///
/// # Errors
/// Where the ledger cannot be written.
pub fn enter_purge(
    config: &Config,
    at: Timestamp,
    before: Timestamp,
    files: &[Purged],
) -> Result<Entered, Failure> {
    let events = files.chunks(FILES).map(|files| {
        Event::Purge(Purge {
            expired_before: Moment(before),
            files: files.to_vec(),
        })
    });
    let events: Vec<Event> = events.collect();
    match Keeper::open(config) {
        Ok(Some(mut keeper)) => {
            let mut all = vec![Event::Start(Start {
                mode: Mode::Purge,
                version: env!("CARGO_PKG_VERSION").to_owned(),
                sensor: config.sensor.clone(),
                interval_secs: config.ledger.interval_secs,
                interfaces: Vec::new(),
                inputs: 0,
            })];
            all.push(entries::configured(config));
            all.extend(events);
            all.push(Event::Stop(Stop {
                totals: Totals::default(),
                balanced: true,
            }));
            keeper.begin(Some(at), &[], all)?;
            Ok(Entered::Now)
        }
        Ok(None) => Ok(Entered::Now),
        Err(failure) if failure.kind() == FailureKind::Busy => {
            let folder = config.ledger.folder.as_deref().unwrap_or(Path::new("."));
            leave(&folder.join(INBOX), at, &events)
                .map_err(|error| cannot_leave(folder, &error))?;
            Ok(Entered::Later)
        }
        Err(failure) => Err(failure),
    }
}

fn cannot_leave(folder: &Path, error: &io::Error) -> Failure {
    Failure::new(
        FailureKind::Output,
        format!("cannot leave the deletion for the sensor that runs ({error})"),
        folder.display().to_string(),
        "files are removed, and the ledger does not say so: check who may write there",
    )
}

/// Makes the folder in that of the ledger: by the sensor itself, which must be able to remove files there.
pub(super) fn prepare(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder
        .recursive(true)
        .mode(0o700)
        .create(folder.join(INBOX))
}

/// Writes deletions as files of their own, each whole or not there.
fn leave(inbox: &Path, at: Timestamp, events: &[Event]) -> io::Result<()> {
    for (number, event) in events.iter().enumerate() {
        let mut file = tempfile::Builder::new().suffix(".tmp").tempfile_in(inbox)?;
        let bytes = serde_json::to_vec(event)?;
        file.write_all(&bytes)?;
        // The folder is its reader's alone, who may be another user than this one.
        let readable = fs::Permissions::from_mode(0o644);
        file.as_file().set_permissions(readable)?;
        sync(file.as_file(), bytes.len() as u64)?;
        let name = format!("{}-{}-{number}.json", at.nanos(), std::process::id());
        file.persist(inbox.join(name)).map_err(|e| e.error)?;
    }
    fs::File::open(inbox)?.sync_all()
}

/// Deletions that wait, oldest first, and their files.
#[cfg(feature = "live")]
pub(super) fn waiting(folder: &Path) -> Vec<(PathBuf, Event)> {
    let Ok(found) = fs::read_dir(folder.join(INBOX)) else {
        return Vec::new();
    };
    let paths = found.flatten().map(|entry| entry.path());
    let mut paths: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .collect();
    paths.sort();
    let read = |path: PathBuf| {
        let length = path.symlink_metadata().ok().filter(fs::Metadata::is_file)?;
        let bytes = (length.len() <= LONGEST).then(|| fs::read(&path).ok())??;
        // Nothing else is taken from there.
        match serde_json::from_slice(&bytes) {
            Ok(event @ Event::Purge(_)) => Some((path, event)),
            Ok(_) | Err(_) => None,
        }
    };
    paths.into_iter().filter_map(read).collect()
}
