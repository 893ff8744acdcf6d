//! Edits of a ledger by somebody who has its folder, or its key: each is found, and the first entry that
//! is not what it was is named where one was touched.

use crate::made::{Numbers, append, files, folder, key, lay, open, run};
use sekisho::ledger::{Event, Moment, Verification, VerifyOptions, verify};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

type Files = BTreeMap<PathBuf, Vec<u8>>;

const EDITS: u64 = 1000;
const SIZE: usize = 712;

/// A ledger, what it was before its last entries, and what else there is to check it with.
struct Made {
    events: Vec<(Option<Moment>, Event)>,
    now: Files,
    before: Files,
    options: VerifyOptions,
}

fn made() -> Made {
    let events = [run(1, 0, 200), run(2, 1000, 150)].concat();
    assert_eq!(events.len(), SIZE);
    let work = folder();
    append(work.path(), &events[..406], 64);
    let mut before = files(work.path());
    append(work.path(), &events[406..], 64);
    let mut now = files(work.path());
    now.remove(Path::new("lock"));
    before.remove(Path::new("lock"));
    let options = VerifyOptions {
        key: Some(key(1).verifier()),
        since: Some(now[Path::new("checkpoint")].clone()),
        records: vec![],
    };
    Made {
        events,
        now,
        before,
        options,
    }
}

fn check(files: &Files, options: &VerifyOptions) -> Verification {
    let work = folder();
    lay(work.path(), files);
    verify(work.path(), options).unwrap().1
}

/// The index of the first entry, and where each entry with its length begins in a bundle.
fn starts(name: &Path, bundle: &[u8]) -> (u64, Vec<usize>) {
    let mut starts = vec![0];
    let mut at = 0;
    while at < bundle.len() {
        at += 2 + usize::from(u16::from_be_bytes([bundle[at], bundle[at + 1]]));
        starts.push(at);
    }
    (first_entry(name), starts)
}

/// The first entry of a bundle or of a tile of leaf hashes.
fn first_entry(name: &Path) -> u64 {
    let number = name
        .components()
        .nth(2)
        .unwrap()
        .as_os_str()
        .to_str()
        .unwrap();
    number.trim_end_matches(".p").parse::<u64>().unwrap() * 256
}

/// The entry that a byte of a file is about.
fn entry_at(name: &Path, bytes: &[u8], at: usize) -> Option<u64> {
    if name.starts_with("tile/entries") {
        let (first, starts) = starts(name, bytes);
        Some(first + starts.partition_point(|start| *start <= at) as u64 - 1)
    } else if name.starts_with("tile/0") {
        Some(first_entry(name) + at as u64 / 32)
    } else if name.starts_with("tile/1") {
        Some(at as u64 / 32 * 256)
    } else {
        None
    }
}

fn any_file(files: &Files, numbers: &mut Numbers) -> PathBuf {
    files
        .keys()
        .nth(numbers.below(files.len() as u64) as usize)
        .unwrap()
        .clone()
}

fn any_bundle(files: &Files, numbers: &mut Numbers) -> PathBuf {
    loop {
        let name = any_file(files, numbers);
        if name.starts_with("tile/entries") {
            return name;
        }
    }
}

/// Changes the files; the entry that is named first, where one is touched.
fn edit(made: &Made, files: &mut Files, numbers: &mut Numbers) -> (&'static str, Option<u64>) {
    let name = any_file(files, numbers);
    let bytes = files[&name].clone();
    let at = numbers.below(bytes.len() as u64) as usize;
    let touched = entry_at(&name, &bytes, at);
    let first = entry_at(&name, &bytes, 0);
    match numbers.below(11) {
        0..=2 => {
            files.get_mut(&name).unwrap()[at] ^= 1 << numbers.below(8);
            ("byte", touched)
        }
        3 => {
            files.remove(&name);
            ("file gone", first)
        }
        4 => {
            files.get_mut(&name).unwrap().truncate(at);
            // A tile is refused as a whole by its length.
            let is_bundle = name.starts_with("tile/entries");
            ("cut", if is_bundle { touched } else { first })
        }
        5 => {
            files.get_mut(&name).unwrap().push(b'\n');
            let end = name.starts_with("tile/entries").then(|| {
                let (first, starts) = starts(&name, &bytes);
                first + starts.len() as u64 - 1
            });
            ("byte more", end.or(first))
        }
        6 => {
            let name = any_bundle(files, numbers);
            let (first, starts) = starts(&name, &files[&name]);
            let last = starts.len() as u64 - 1;
            let (one, other) = (numbers.below(last), numbers.below(last));
            let (low, high) = (one.min(other) as usize, one.max(other) as usize);
            let part = |index: usize| files[&name][starts[index]..starts[index + 1]].to_vec();
            let mut parts: Vec<Vec<u8>> = (0..last as usize).map(part).collect();
            if low == high {
                parts.remove(low);
                files.insert(name, parts.concat());
                return ("entry gone", Some(first + low as u64));
            }
            parts.swap(low, high);
            files.insert(name, parts.concat());
            ("entries swapped", Some(first + low as u64))
        }
        7 => {
            let other = any_file(files, numbers);
            let theirs = files[&other].clone();
            if theirs == bytes {
                files.remove(&name);
                return ("file gone", first);
            }
            files.insert(name, theirs);
            files.insert(other, bytes);
            ("files swapped", None)
        }
        8 => {
            let other = PathBuf::from(format!("tile/entries/{:03}", 4 + numbers.below(90)));
            files.insert(other, bytes);
            ("file more", None)
        }
        9 => {
            files.clone_from(&made.before);
            if numbers.below(2) == 0 {
                // Only the signature: the entries behind it look as if they were new.
                files.clone_from(&made.now);
                let name = PathBuf::from("checkpoint");
                files.insert(name.clone(), made.before[&name].clone());
                return ("checkpoint rolled back", None);
            }
            ("rolled back", Some(406))
        }
        _ => {
            let mut events = made.events.clone();
            let gone = numbers.below(SIZE as u64) as usize;
            events.remove(gone);
            let is_own = numbers.below(2) == 0;
            let work = folder();
            let (mut ledger, _) = open(work.path(), &key(if is_own { 1 } else { 2 }));
            // As many as before, so that only the hashes can tell.
            events.push(made.events[0].clone());
            for (at, event) in events {
                ledger.append(at, event).unwrap();
            }
            ledger.commit().unwrap();
            *files = crate::made::files(work.path());
            files.remove(Path::new("lock"));
            (
                if is_own {
                    "written anew"
                } else {
                    "of another key"
                },
                None,
            )
        }
    }
}

#[test]
fn row_44_every_one_of_a_thousand_edits_is_found_and_named() {
    let made = made();
    assert_eq!(check(&made.now, &made.options).findings, []);
    let mut kinds = BTreeMap::<&str, u64>::new();
    for seed in 0..EDITS {
        let mut numbers = Numbers::new(seed);
        let mut files = made.now.clone();
        let (kind, expected) = edit(&made, &mut files, &mut numbers);
        *kinds.entry(kind).or_default() += 1;
        assert_ne!(files, made.now, "edit {seed} ({kind}) changes nothing");
        let found = check(&files, &made.options);
        assert!(!found.holds(), "edit {seed} ({kind}) is not found");
        if let Some(expected) = expected {
            let first = found.findings[0].clone();
            assert_eq!(
                first.index,
                Some(expected),
                "edit {seed} ({kind}): {:?}",
                found.findings
            );
        }
    }
    assert!(
        kinds.len() >= 11 && kinds.values().all(|times| *times > 20),
        "{kinds:?}"
    );
}

#[test]
fn without_key_and_older_checkpoint_a_ledger_only_agrees_with_itself() {
    let made = made();
    let alone = VerifyOptions::default();
    assert_eq!(check(&made.before, &alone).findings, []);
    let behind = check(&made.before, &made.options);
    assert_eq!(
        behind.findings[0].what,
        "entry is missing: the older checkpoint is over 712"
    );
    let work = folder();
    let (mut ledger, _) = open(work.path(), &key(2));
    for (at, event) in &made.events {
        ledger.append(*at, event.clone()).unwrap();
    }
    ledger.commit().unwrap();
    drop(ledger);
    let other = files(work.path());
    assert_eq!(check(&other, &alone).findings, []);
    let whats = |options: &VerifyOptions| -> Vec<String> {
        let found = check(&other, options).findings;
        found.into_iter().map(|finding| finding.what).collect()
    };
    let swapped = VerifyOptions {
        since: None,
        ..made.options.clone()
    };
    assert_eq!(
        whats(&swapped),
        [
            "key.pub is another key than the one given",
            "checkpoint is not signed by the key"
        ]
    );
    let since = VerifyOptions {
        key: None,
        ..made.options.clone()
    };
    assert_eq!(whats(&since), ["older checkpoint is not signed by the key"]);
}
