//! `sekisho purge`: files of records whose time is over are removed.

use std::fmt::Write as _;
use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use super::args::{GateFlags, PlaceFlags, PurgeArgs, ReplayFlags, RunFlags};
use super::exit::Exit;
use super::flags;
use super::number::{bytes, grouped};
use super::talk::{Problem, Talk, escaped};
use crate::export::{self, InspectError, LeftFile, Purged};
use crate::ledger;
use crate::pipeline::{self, Entered};
use crate::time::Timestamp;

pub(super) fn run(args: &PurgeArgs, talk: &mut Talk) -> Result<Exit, Problem> {
    flags::listen(&args.talk);
    let place = PlaceFlags {
        config: args.config.clone(),
        ..PlaceFlags::default()
    };
    let run = RunFlags {
        ledger: args.ledger.clone(),
        ledger_key: args.ledger_key.clone(),
        ..RunFlags::default()
    };
    let how = flags::How::Replay(ReplayFlags::default());
    let config = flags::config(place, GateFlags::default(), run, how)?;
    let before = match &args.before {
        None => now(),
        Some(text) => moment(text).ok_or_else(|| {
            Problem::new(
                Exit::Usage,
                "not a time",
                text,
                "give --before 2026-11-22 or 2026-11-22T05:49:00Z (UTC)",
            )
        })?,
    };
    let purged = export::purge(&args.paths, before, args.dry_run);
    // What was done is done, whoever reads of it: it is entered before anything is said.
    let entered = if args.dry_run || purged.files.is_empty() {
        Ok(Entered::Now)
    } else {
        let files: Vec<ledger::Purged> = purged.files.iter().map(entered).collect();
        pipeline::enter_purge(&config, now(), before, &files)
    };
    let told = talk.result(&table(&purged, args.dry_run));
    for left in &purged.left {
        talk.say(&left.to_string());
    }
    for error in &purged.unsynced {
        talk.say(&error.to_string());
    }
    if entered? == Entered::Later {
        talk.say("the sensor that runs enters this in its ledger at the end of its interval");
    }
    told?;
    Ok(verdict(&purged))
}

fn entered(file: &export::PurgedFile) -> ledger::Purged {
    ledger::Purged {
        sha256: file.digested.sha256.clone(),
        length: file.digested.length,
    }
}

/// What was removed, and the sum.
fn table(purged: &Purged, dry: bool) -> String {
    let names = purged.files.iter();
    let names: Vec<String> = names
        .map(|file| escaped(&file.path.display().to_string()))
        .collect();
    let width = names.iter().map(|name| name.chars().count()).max();
    let width = width.unwrap_or(0).max("file".len());
    let mut out = String::new();
    // Writing into a String cannot fail.
    if !names.is_empty() {
        let head = ("file", "records", "bytes", "expired");
        let _ = writeln!(
            out,
            "{:width$} {:>13} {:>8}  {}",
            head.0, head.1, head.2, head.3
        );
    }
    let (mut records, mut length) = (0, 0);
    for (name, file) in names.iter().zip(&purged.files) {
        let digested = &file.digested;
        records += digested.records;
        length += digested.length;
        let _ = writeln!(
            out,
            "{name:width$} {:>13} {:>8}  {}",
            grouped(digested.records),
            bytes(digested.length),
            file.expired
        );
    }
    let did = if dry { "would be removed" } else { "removed" };
    let _ = write!(
        out,
        "{did}: {}, {} records, {}",
        files(purged.files.len() as u64),
        grouped(records),
        bytes(length)
    );
    if purged.not_due > 0 {
        let _ = write!(out, "; not expired: {}", files(purged.not_due));
    }
    out.push('\n');
    out
}

fn files(count: u64) -> String {
    match count {
        1 => "1 file".to_owned(),
        many => format!("{} files", grouped(many)),
    }
}

/// The worst thing that is true.
fn verdict(purged: &Purged) -> Exit {
    let of_error = |error: &io::Error| match error.kind() {
        io::ErrorKind::PermissionDenied => Exit::Permission,
        _ => Exit::Output,
    };
    let of_left = |left: &LeftFile| match left {
        LeftFile::NotRemoved { source, .. } => of_error(source),
        LeftFile::Missing(_) => Exit::NoInput,
        LeftFile::Folder { .. }
        | LeftFile::Unclear(
            InspectError::Damaged { .. }
            | InspectError::Unreadable { .. }
            | InspectError::NotBuiltIn(_),
        ) => Exit::Damaged,
        LeftFile::Unclear(InspectError::Other(_))
        | LeftFile::Link(_)
        | LeftFile::NoExpiry(_)
        | LeftFile::Changed(_) => Exit::Done,
    };
    let unsynced = purged.unsynced.iter().map(|_| Exit::Output);
    let worst = purged.left.iter().map(of_left).chain(unsynced);
    worst.max_by_key(|exit| *exit as u8).unwrap_or(Exit::Done)
}

/// A day, or a time of one, in UTC.
fn moment(text: &str) -> Option<Timestamp> {
    let full = match text.len() {
        10 => format!("{text}T00:00:00.000000000Z"),
        20 => format!("{}.000000000Z", text.strip_suffix('Z')?),
        _ => text.to_owned(),
    };
    Timestamp::parse_rfc3339(&full)
}

/// The wall clock's time.
#[expect(
    clippy::disallowed_methods,
    reason = "what has expired depends on when it is asked"
)]
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let since = since.unwrap_or_default();
    Timestamp::from_parts(since.as_secs(), u64::from(since.subsec_nanos()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    #[test]
    fn a_day_is_its_first_moment() {
        let whole = "2026-11-22T00:00:00.000000000Z";
        for text in ["2026-11-22", "2026-11-22T00:00:00Z", whole] {
            assert_eq!(moment(text).unwrap().to_string(), whole);
        }
        for text in [
            "",
            "2026-11-31",
            "2026-11-22T00:00:00",
            "tomorrow",
            "22/11/2026",
        ] {
            assert_eq!(moment(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_with_what_was_left_decides_the_exit_code() {
        let path = || PathBuf::from("a.jsonl");
        let of = |left: Vec<LeftFile>| {
            let left = Purged {
                left,
                ..Purged::default()
            };
            verdict(&left)
        };
        assert_eq!(of(vec![]), Exit::Done);
        assert_eq!(
            of(vec![LeftFile::NoExpiry(path()), LeftFile::Link(path())]),
            Exit::Done
        );
        let damaged = || {
            LeftFile::from(InspectError::Damaged {
                path: path(),
                what: "torn".to_owned(),
            })
        };
        assert_eq!(
            of(vec![damaged(), LeftFile::NoExpiry(path())]),
            Exit::Damaged
        );
        let source = io::ErrorKind::PermissionDenied.into();
        let kept = LeftFile::NotRemoved {
            path: path(),
            source,
        };
        assert_eq!(of(vec![kept, damaged()]), Exit::Permission);
    }
}
