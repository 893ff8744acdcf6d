//! Row 30: what a power cut may leave, by the order of the calls.

use crate::traced::{Bench, SINKS};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What a call does to a file.
#[derive(Debug)]
enum Step {
    Written(PathBuf),
    Durable(PathBuf),
    Named(PathBuf, PathBuf),
}

/// The text in quotes, and in angle brackets, of a line of strace.
fn between(line: &str, open: char, close: char) -> Vec<&str> {
    let mut rest = line;
    let mut found = Vec::new();
    while let Some((_, behind)) = rest.split_once(open)
        && let Some((inside, behind)) = behind.split_once(close)
    {
        found.push(inside);
        rest = behind;
    }
    found
}

fn step(name: &str, line: &str) -> Option<Step> {
    let opened = || between(line, '<', '>').first().map(PathBuf::from);
    match name {
        "write" | "pwrite64" | "ftruncate" => opened().map(Step::Written),
        "fsync" | "fdatasync" => opened().map(Step::Durable),
        "rename" | "renameat" | "renameat2" | "link" | "linkat" => {
            let names = between(line, '"', '"');
            let [from, to] = names[..] else { return None };
            Some(Step::Named(from.into(), to.into()))
        }
        _ => None,
    }
}

/// A name as the log has it for files that are open: from the root on, without detours.
fn absolute(work: &Path, name: &Path) -> PathBuf {
    let parts = work.join(name);
    parts
        .components()
        .filter(|part| !matches!(part, std::path::Component::CurDir))
        .collect()
}

#[test]
fn row_30_every_output_is_durable_before_its_name_and_entries_before_what_signs_them() {
    let Some(bench) = Bench::new() else { return };
    for sink in SINKS {
        let (threads, _) = bench.without(sink);
        let work = bench.work();
        let what = sink.name;
        let mut named = 0;
        for calls in threads {
            // Written since they were made durable; folders with a name that is not.
            let (mut dirty, mut unsynced) = (BTreeSet::new(), BTreeSet::new());
            for call in calls.iter().filter(|call| call.is_ours) {
                match step(&call.name, &call.line) {
                    Some(Step::Written(file)) => {
                        // What an entry of a ledger says of a file of records must be so already.
                        let is_entry = file.starts_with(work.join("books"))
                            || file.starts_with(work.join("new"));
                        let is_pending = unsynced.contains(&work) && is_entry;
                        assert!(!is_pending, "{what}: {file:?} before the name is durable");
                        dirty.insert(file);
                    }
                    Some(Step::Durable(file)) => {
                        dirty.remove(&file);
                        unsynced.remove(&file);
                    }
                    Some(Step::Named(from, to)) => {
                        let [from, to] = [from, to].map(|name| absolute(&work, &name));
                        assert!(!dirty.contains(&from), "{what}: {to:?} before its bytes");
                        let is_checkpoint = to.ends_with("checkpoint");
                        assert!(
                            !is_checkpoint || unsynced.is_empty(),
                            "{what}: a checkpoint before {unsynced:?}"
                        );
                        unsynced.insert(to.parent().unwrap().to_owned());
                        named += 1;
                    }
                    None => {}
                }
            }
            assert!(unsynced.is_empty(), "{what}: names in {unsynced:?}");
        }
        assert!(named > 0, "{what}");
    }
}
