//! Whether files of records are those of the ledger: found by SHA-256, all there, none more. Their names
//! are never told: people write addresses in them.

use super::entry::{Entry, Event, Export};
use super::error::Error;
use super::files::{self, failed};
use super::verdict::Findings;
use crate::spelling::hex;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Folders inside each other that are looked into.
const DEEPEST: usize = 8;

/// A file, by what is in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Content {
    sha256: String,
    length: u64,
}

pub(super) fn check(
    ledger: &Path,
    paths: &[PathBuf],
    entries: &[Entry],
    findings: &mut Findings,
) -> Result<(), Error> {
    // How many lines each has, and how often it is there.
    let mut there = BTreeMap::<Content, (u64, u64)>::new();
    for path in list(ledger, paths)? {
        let (content, lines) = look(&path)?;
        there.entry(content).or_insert((lines, 0)).1 += 1;
    }
    let purges = entries.iter().filter_map(|entry| match &entry.event {
        Event::Purge(purge) => Some(&purge.files),
        _ => None,
    });
    let mut purged = BTreeMap::<Content, u64>::new();
    for file in purges.flatten() {
        let content = Content {
            sha256: file.sha256.clone(),
            length: file.length,
        };
        *purged.entry(content).or_default() += 1;
    }
    let mut known = BTreeMap::<Content, Known>::new();
    for (index, entry) in (0..).zip(entries) {
        let Event::Export(export) = &entry.event else {
            continue;
        };
        // Counted and not written: there is no file.
        if export.format == "null" {
            continue;
        }
        let content = Content {
            sha256: export.sha256.clone(),
            length: export.length,
        };
        match there.get(&content) {
            Some((lines, _)) if lines_of(export).is_some_and(|wanted| wanted != *lines) => {
                let records = export.records;
                let what = format!("file of records has {lines} lines for {records} records");
                findings.add(index, what);
            }
            // What went over a network is there only if somebody kept it.
            None if !purged.contains_key(&content) && !export.is_stream() => {
                let what = format!("file of records is missing: sha256 {}", content.sha256);
                findings.add(index, what);
            }
            _ => {}
        }
        let is_stream = export.is_stream();
        let known = known.entry(content).or_default();
        known.last = index;
        known.exports += 1;
        known.is_stream |= is_stream;
    }
    let was_killed = entries
        .iter()
        .any(|entry| matches!(entry.event, Event::CrashRecovered(_)));
    for (content, (_, times)) in &there {
        let Content { sha256, length } = content;
        let Some(known) = known.get(content) else {
            let mut what =
                format!("file of records is not in the ledger: sha256 {sha256}, {length} bytes");
            if was_killed {
                what += " (a replay that is killed may leave one: replay anew, and remove it)";
            }
            findings.add_whole(what);
            continue;
        };
        // Who received it may keep it as often as he likes.
        let purged = purged.get(content).copied().unwrap_or(0);
        if *times <= known.exports.saturating_sub(purged) || known.is_stream {
            continue;
        }
        let what = if purged > 0 {
            format!("file of records was purged, and is still there: sha256 {sha256}")
        } else {
            format!("file of records is there more often than it was exported: sha256 {sha256}")
        };
        findings.add(known.last, what);
    }
    Ok(())
}

/// What entries say of a content.
#[derive(Debug, Default)]
struct Known {
    /// The last entry that exports it.
    last: u64,
    exports: u64,
    is_stream: bool,
}

/// Lines that a file with so many records has; nothing, where it is packed.
fn lines_of(export: &Export) -> Option<u64> {
    match export.format.as_str() {
        "jsonl" | "zeek-conn-json" | "ecs" | "ocsf-4001" | "eve-flow" => Some(export.records),
        "csv" => export.records.checked_add(1),
        // With the seven lines of its header.
        "zeek-conn" => export.records.checked_add(7),
        _ => None,
    }
}

/// All plain files, without those that are being written and those of the ledger itself.
fn list(ledger: &Path, paths: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let ledger = ledger.canonicalize().ok();
    let mut files = Vec::new();
    let mut folders = Vec::new();
    for path in paths {
        let found = path.metadata().map_err(failed("read records", path))?;
        if found.is_dir() {
            let path = path.canonicalize().map_err(failed("read records", path))?;
            folders.push((path, 0));
        } else {
            // Links are followed only where they were named.
            files.push(path.canonicalize().map_err(failed("read records", path))?);
        }
    }
    while let Some((folder, depth)) = folders.pop() {
        if ledger.is_some() && folder.canonicalize().ok() == ledger {
            continue;
        }
        for found in folder.read_dir().map_err(failed("read records", &folder))? {
            let found = found.map_err(failed("read records", &folder))?;
            let path = found.path();
            let kind = found.file_type().map_err(failed("read records", &path))?;
            let is_unfinished = path.extension().is_some_and(|ending| ending == "tmp");
            if kind.is_dir() && depth < DEEPEST {
                folders.push((path, depth + 1));
            } else if kind.is_file() && !is_unfinished {
                files.push(path);
            }
        }
    }
    // Named twice, it is there once.
    files.sort();
    files.dedup();
    Ok(files)
}

/// What is in a file, and how many lines that is.
fn look(path: &Path) -> Result<(Content, u64), Error> {
    let mut file = files::open(path).map_err(failed("read records", path))?;
    let (mut hash, mut length, mut lines) = (Sha256::new(), 0_u64, 0_u64);
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let read = match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(failed("read records", path)(error)),
        };
        let some = &buffer[..read];
        hash.update(some);
        length += read as u64;
        lines += some.iter().filter(|byte| **byte == b'\n').count() as u64;
    }
    let sha256 = hex(&hash.finalize());
    Ok((Content { sha256, length }, lines))
}
