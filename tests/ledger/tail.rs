//! Entries behind the last checkpoint: those of a writer that was cut off are signed already or no entries at
//! all, and nobody else's are ever taken for a sensor's.

use crate::made::{append, files, findings, folder, key, lay, open, run};
use sekisho::ledger::{Error, Event, Ledger, Overview, VerifyOptions, verify};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

type Files = BTreeMap<PathBuf, Vec<u8>>;

const BEFORE: usize = 46;

/// A ledger of one run, and what it is after another one, over several bundles and in one commit.
fn made() -> (Files, Files, u64) {
    let work = folder();
    append(work.path(), &run(1, 0, 20), 1000);
    let before = files(work.path());
    let more = run(2, 1000, 400);
    append(work.path(), &more, 10_000);
    let all = (BEFORE + more.len()) as u64;
    (before, files(work.path()), all)
}

fn options() -> VerifyOptions {
    VerifyOptions {
        key: Some(key(1).verifier()),
        ..VerifyOptions::default()
    }
}

fn name(text: &str) -> PathBuf {
    text.into()
}

#[test]
fn a_writer_that_is_cut_off_anywhere_leaves_all_that_it_committed_and_nothing_unsigned() {
    let (before, after, all) = made();
    let mut state = before.clone();
    let mut states = vec![state.clone()];
    state.insert(name("checkpoint.next"), after[&name("checkpoint")].clone());
    states.push(state.clone());
    let is_bundle = |path: &&PathBuf| path.starts_with("tile/entries");
    let bundles: Vec<_> = after.keys().filter(is_bundle).collect();
    assert_eq!(bundles.len(), 4);
    let tiles = after.keys().filter(|path| !is_bundle(path));
    let tiles: Vec<_> = tiles.filter(|path| path.starts_with("tile")).collect();
    for path in bundles.iter().chain(&tiles) {
        state.insert((*path).clone(), after[*path].clone());
        states.push(state.clone());
    }
    let mut wholes = 0;
    for (number, state) in states.iter().enumerate() {
        let work = folder();
        lay(work.path(), state);
        let (entries, found) = verify(work.path(), &options()).unwrap();
        assert_eq!(found.findings, [], "{number}");
        let is_whole = number > bundles.len();
        wholes += u64::from(is_whole);
        let expected = if is_whole { all } else { BEFORE as u64 };
        assert_eq!(entries.len() as u64, expected, "{number}");
        assert_eq!(found.signed, expected, "{number}");
        assert_eq!(found.unsigned.is_empty(), found.entries == expected);
        let (mut ledger, opened) = open(work.path(), &key(1));
        assert_eq!(opened.entries, expected, "{number}");
        assert!(opened.is_ended);
        let now = files(work.path());
        let wanted = if is_whole { &after } else { &before };
        assert!(now == *wanted, "{number}");
        ledger.append(None, Event::ClockStep { nanos: 1 }).unwrap();
        ledger.commit().unwrap();
        drop(ledger);
        assert_eq!(findings(work.path(), &options()), Vec::<String>::new());
    }
    assert!(wholes > 3);
}

#[test]
fn what_nothing_signed_is_found_not_counted_and_never_adopted() {
    let (before, after, all) = made();
    let counted = {
        let work = folder();
        lay(work.path(), &before);
        Overview::of(&verify(work.path(), &options()).unwrap().0)
    };
    let other = {
        let work = folder();
        let (mut ledger, _) = open(work.path(), &key(2));
        for (at, event) in [run(1, 0, 20), run(2, 1000, 400)].concat() {
            ledger.append(at, event).unwrap();
        }
        ledger.commit().unwrap();
        drop(ledger);
        files(work.path())[Path::new("checkpoint")].clone()
    };
    for next in [None, Some(other), Some(before[&name("checkpoint")].clone())] {
        let mut forged = after.clone();
        forged.insert(name("checkpoint"), before[&name("checkpoint")].clone());
        if let Some(next) = next {
            forged.insert(name("checkpoint.next"), next);
        }
        let work = folder();
        lay(work.path(), &forged);
        let options = VerifyOptions {
            since: Some(before[&name("checkpoint")].clone()),
            ..options()
        };
        let found = findings(work.path(), &options);
        assert_eq!(
            found,
            [
                "46 entries that nothing signed, which are nobody's word: 806 (1 authority, \
                 1 configured, 400 export, 1 geo, 400 interval, 1 policy, 1 start, 1 stop)"
            ]
        );
        let (entries, found) = verify(work.path(), &options).unwrap();
        assert_eq!((found.entries, found.signed), (all, BEFORE as u64));
        assert_eq!(found.unsigned["stop"], 1);
        assert_eq!(Overview::of(&entries), counted);
        let refused = Ledger::open(work.path(), &key(1)).unwrap_err();
        assert!(matches!(refused, Error::Damaged { .. }), "{refused}");
        assert!(refused.to_string().contains("entries that nothing signed"));
        let mut now = files(work.path());
        now.remove(Path::new("lock"));
        forged.remove(Path::new("lock"));
        assert!(now == forged);
    }
}

/// Where a writer was cut off, somebody else may have put something in place of what it wrote.
#[test]
fn what_is_put_in_place_of_what_was_being_written_goes_with_it() {
    let (before, after, _) = made();
    let mut forged = before.clone();
    forged.insert(name("checkpoint.next"), after[&name("checkpoint")].clone());
    let bundle = &before[&name("tile/entries/000.p/46")];
    let first = 2 + usize::from(u16::from_be_bytes([bundle[0], bundle[1]]));
    let more = [&bundle[..], &bundle[..first]].concat();
    forged.insert(name("tile/entries/000.p/47"), more);
    let work = folder();
    lay(work.path(), &forged);
    let (entries, found) = verify(work.path(), &options()).unwrap();
    assert_eq!((found.findings.len(), entries.len()), (0, BEFORE));
    assert_eq!(found.unsigned, BTreeMap::from([("start", 1)]));
    let (_, opened) = open(work.path(), &key(1));
    assert_eq!(opened.entries, BEFORE as u64);
    assert!(files(work.path()) == before);
    // All of it replaced by as many others: they are not what was signed.
    let mut replaced = after;
    let last = name("checkpoint");
    let signed = replaced.insert(last, before[&name("checkpoint")].clone());
    replaced.insert(name("checkpoint.next"), signed.unwrap());
    let third = replaced.get_mut(&name("tile/entries/002")).unwrap();
    third[100] ^= 1;
    // Where its tile is there, too, `verify` finds that they differ.
    replaced.remove(&name("tile/0/002"));
    let work = folder();
    lay(work.path(), &replaced);
    assert!(!findings(work.path(), &options()).is_empty());
    assert!(Ledger::open(work.path(), &key(1)).is_err());
}
