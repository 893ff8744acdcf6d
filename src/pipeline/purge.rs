//! Deletions into the ledger. A running sensor holds its ledger: for it they are left in a folder there,
//! and it enters them at the end of the interval.

use super::keeper::Keeper;
use super::whole::sync;
use super::{Failure, FailureKind, entries};
use crate::config::Config;
use crate::ledger::{Event, Mode, Moment, Purge, Purged, Start, Stop, Totals};
#[cfg(feature = "live")]
use crate::spelling::reason;
use crate::time::Timestamp;
use std::fs;
#[cfg(feature = "live")]
use std::io::Read as _;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::Path;
#[cfg(feature = "live")]
use std::path::PathBuf;

/// The folder in that of the ledger.
const INBOX: &str = "inbox";

/// The longest deletion that is taken from there, in bytes: more than [`FILES`] take.
#[cfg(feature = "live")]
const LONGEST: u64 = 64 << 10;

/// Deletions that are taken from there at a time; the others wait. *Guessed*: of 400 000 files.
#[cfg(feature = "live")]
const AT_ONCE: usize = 1_000;

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

/// Deletions that wait, oldest first, and their files: all of them fit into the ledger. Whatever else is there
/// under such a name is set aside, and that is said.
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
    let mut waiting = Vec::new();
    for path in paths.into_iter().take(AT_ONCE) {
        match deletion(&path) {
            Some(event) => waiting.push((path, event)),
            None => set_aside(&path),
        }
    }
    waiting
}

/// The deletion in a file; nothing if it is none, or does not fit into one entry.
#[cfg(feature = "live")]
fn deletion(path: &Path) -> Option<Event> {
    // Neither behind a link, nor from what has no end.
    path.symlink_metadata().ok().filter(fs::Metadata::is_file)?;
    let mut bytes = Vec::new();
    let file = fs::File::open(path).ok()?;
    file.take(LONGEST + 1).read_to_end(&mut bytes).ok()?;
    if bytes.len() as u64 > LONGEST {
        return None;
    }
    let Ok(Event::Purge(purge)) = serde_json::from_slice(&bytes) else {
        return None;
    };
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let is_digest = |text: &str| text.len() == 64 && text.bytes().all(is_digit);
    let fits = purge.files.len() <= FILES && purge.files.iter().all(|file| is_digest(&file.sha256));
    fits.then_some(Event::Purge(purge))
}

/// Out of the way, for whoever runs the sensor to look at.
#[cfg(feature = "live")]
fn set_aside(path: &Path) {
    let aside = path.with_extension("bad");
    match fs::rename(path, &aside) {
        Ok(()) => tracing::warn!(
            "no deletion that fits into the ledger, and not entered: {aside:?}: see who may write there"
        ),
        Err(error) => tracing::warn!(
            "no deletion that fits into the ledger ({}): {path:?}: remove it",
            reason(&error)
        ),
    }
}

#[cfg(test)]
#[cfg(feature = "live")]
mod tests {
    use super::*;

    fn purge(files: usize, sha256: &str) -> Event {
        let file = Purged {
            sha256: sha256.to_owned(),
            length: u64::MAX,
        };
        Event::Purge(Purge {
            expired_before: Moment(Timestamp::from_nanos(u64::MAX)),
            files: vec![file; files],
        })
    }

    #[test]
    fn what_is_left_for_the_sensor_fits_into_its_ledger_and_the_rest_is_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        prepare(folder.path()).unwrap();
        let inbox = folder.path().join(INBOX);
        let digest = "0f".repeat(32);
        let most = purge(FILES, &digest);
        leave(
            &inbox,
            Timestamp::from_nanos(5),
            std::slice::from_ref(&most),
        )
        .unwrap();
        let put = |name: &str, bytes: &[u8]| fs::write(inbox.join(name), bytes).unwrap();
        let json = |event: &Event| serde_json::to_vec(event).unwrap();
        put("many.json", &json(&purge(FILES + 1, &digest)));
        put("long.json", &json(&purge(1, &"a".repeat(70_000))));
        put("short.json", &json(&purge(1, "a")));
        put("other.json", &json(&Event::Aborted {}));
        put("torn.json", b"{");
        put(
            "blanks.json",
            &[json(&purge(1, &digest)), vec![b' '; LONGEST as usize]].concat(),
        );
        std::os::unix::fs::symlink("/dev/zero", inbox.join("link.json")).unwrap();
        put("none.tmp", b"");
        let found = waiting(folder.path());
        let events: Vec<&Event> = found.iter().map(|(_, event)| event).collect();
        assert_eq!(events, [&most]);
        let names = fs::read_dir(&inbox).unwrap().flatten();
        let bad = names.filter(|entry| entry.path().extension().is_some_and(|it| it == "bad"));
        assert_eq!(bad.count(), 7);
        // And it does fit.
        let key =
            crate::ledger::Key::load_or_create(&folder.path().join("key"), "sekisho/a").unwrap();
        let (mut ledger, _) =
            crate::ledger::Ledger::open(&folder.path().join("books"), &key).unwrap();
        let at = Some(Moment(Timestamp::from_nanos(u64::MAX)));
        assert!(ledger.append(at, most).is_ok());
        assert_eq!(waiting(folder.path()).len(), 1);
    }
}
