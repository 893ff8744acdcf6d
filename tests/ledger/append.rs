//! Appending: what is on disk depends on the entries alone, and one process at a time appends.

use crate::made::{
    Numbers, append, files, findings, folder, interval, key, moment, open, run, start,
};
use proptest::prelude::*;
use sekisho::ledger::{Error, Event, Fault, Ledger, Moment, VerifyOptions, verify};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

#[test]
fn a_ledger_of_several_runs_holds_and_says_what_was_appended() {
    let work = folder();
    let ledger = work.path().join("ledger");
    let mut all = Vec::new();
    for number in 0..3 {
        let events = run(number, 1000 * number, 100);
        append(&ledger, &events, 7);
        all.extend(events);
    }
    let (entries, verification) = verify(&ledger, &VerifyOptions::default()).unwrap();
    assert_eq!(verification.findings, []);
    assert_eq!(verification.entries, all.len() as u64);
    assert_eq!(verification.signed, all.len() as u64);
    assert_eq!(verification.origin, "sekisho/lab");
    assert_eq!(verification.key, key(1).verifier().to_string());
    let said: Vec<(Option<Moment>, Event)> = entries
        .into_iter()
        .map(|entry| (entry.at, entry.event))
        .collect();
    assert_eq!(said, all);
    for (name, _) in files(&ledger) {
        let mode = fs::metadata(ledger.join(&name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{}", name.display());
    }
    let mode = fs::metadata(&ledger).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn opening_says_where_the_ledger_stands() {
    let work = folder();
    let (mut ledger, opened) = open(work.path(), &key(1));
    assert_eq!((opened.entries, opened.is_ended), (0, true));
    ledger.append(Some(moment(100)), start()).unwrap();
    let counted = interval(&mut Numbers::new(1), 5);
    let end = counted.to;
    ledger
        .append(Some(moment(50)), Event::Interval(counted))
        .unwrap();
    ledger.commit().unwrap();
    drop(ledger);
    let (ledger, opened) = open(work.path(), &key(1));
    assert_eq!(opened.entries, 2);
    assert!(!opened.is_ended);
    // The second was earlier than the first.
    assert_eq!(opened.last_at, Some(moment(100)));
    assert_eq!(opened.last_interval_end, Some(end));
    assert_eq!(opened.last_known(), Some(end));
    drop(ledger);
    let (_, verification) = verify(work.path(), &VerifyOptions::default()).unwrap();
    assert_eq!(verification.findings, []);
    assert_eq!((verification.entries, verification.signed), (2, 2));
}

#[test]
fn a_second_writer_another_key_and_a_damaged_end_are_refused() {
    let work = folder();
    let path = work.path().join("ledger");
    append(&path, &run(1, 0, 20), 1000);
    let (first, _) = open(&path, &key(1));
    let second = Ledger::open(&path, &key(1)).unwrap_err();
    assert!(matches!(second, Error::Busy { .. }), "{second}");
    assert_eq!(second.fault(), Fault::Busy);
    drop(first);
    let other = Ledger::open(&path, &key(2)).unwrap_err();
    assert!(matches!(other, Error::OtherKey { .. }), "{other}");

    let bundle = path.join("tile/entries/000.p/46");
    let good = fs::read(&bundle).unwrap();
    let mut bad = good.clone();
    let middle = bad.len() / 2;
    bad[middle] ^= 1;
    fs::write(&bundle, &bad).unwrap();
    let damaged = Ledger::open(&path, &key(1)).unwrap_err();
    assert!(matches!(damaged, Error::Damaged { .. }), "{damaged}");
    fs::write(&bundle, &good).unwrap();
    open(&path, &key(1));
    fs::remove_file(&bundle).unwrap();
    let damaged = Ledger::open(&path, &key(1)).unwrap_err();
    assert!(matches!(damaged, Error::Damaged { .. }), "{damaged}");
}

#[test]
fn an_entry_that_is_too_long_is_refused_and_nothing_is_taken() {
    let work = folder();
    let (mut ledger, _) = open(work.path(), &key(1));
    let mut long = interval(&mut Numbers::new(1), 0);
    while long.cells.len() < 2000 {
        long.cells.extend(interval(&mut Numbers::new(2), 0).cells);
        long.cells.extend(interval(&mut Numbers::new(3), 0).cells);
    }
    let refused = ledger.append(None, Event::Interval(long)).unwrap_err();
    assert!(matches!(refused, Error::TooLong { kind: "interval" }));
    assert_eq!(ledger.append(None, start()).unwrap(), 0);
    ledger.commit().unwrap();
    assert_eq!(ledger.len(), 1);
}

/// Across the border of the second level of tiles, which a kill can hit like any other.
#[test]
fn tiles_that_were_not_written_are_made_again_on_all_levels() {
    let work = folder();
    let (mut ledger, _) = open(work.path(), &key(1));
    let fill = |ledger: &mut Ledger, end| {
        for nanos in ledger.len()..end {
            ledger.append(None, Event::ClockStep { nanos }).unwrap();
        }
    };
    fill(&mut ledger, 65_000);
    ledger.commit().unwrap();
    let before = files(work.path());
    fill(&mut ledger, 65_800);
    ledger.commit().unwrap();
    drop(ledger);
    let whole = files(work.path());
    let names = |files: &BTreeMap<PathBuf, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    // As if killed behind the bundles, and at each moment from there on.
    let hashes: Vec<_> = whole
        .keys()
        .filter(|name| name.starts_with("tile") && !name.starts_with("tile/entries"))
        .filter(|name| before.get(*name) != whole.get(*name))
        .collect();
    assert_eq!(hashes.len(), 5 + 3);
    for written in 0..=hashes.len() {
        for name in &hashes[written..] {
            fs::remove_file(work.path().join(name)).unwrap();
        }
        for (name, bytes) in &before {
            if !whole.contains_key(name) {
                fs::create_dir_all(work.path().join(name).parent().unwrap()).unwrap();
                fs::write(work.path().join(name), bytes).unwrap();
            }
        }
        for (name, from, of) in [
            ("checkpoint", &before, "checkpoint"),
            ("checkpoint.next", &whole, "checkpoint"),
        ] {
            fs::write(work.path().join(name), &from[Path::new(of)]).unwrap();
        }
        let (_, opened) = open(work.path(), &key(1));
        assert_eq!(opened.entries, 65_800);
        let now = files(work.path());
        assert_eq!(names(&now), names(&whole), "{written}");
        assert!(now == whole, "{written}");
    }
    assert_eq!(
        findings(work.path(), &VerifyOptions::default()),
        Vec::<String>::new()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn batches_and_runs_of_the_writer_leave_no_trace(
        intervals in 0_u64..400,
        batches in proptest::collection::vec(1_usize..300, 1..8),
    ) {
        let events = run(intervals, 0, intervals);
        let work = folder();
        let (one, many) = (work.path().join("one"), work.path().join("many"));
        append(&one, &events, events.len());
        let mut rest = events.as_slice();
        let mut batches = batches.iter().cycle();
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(*batches.next().unwrap()));
            let (mut ledger, _) = open(&many, &key(1));
            for (at, event) in now {
                ledger.append(*at, event.clone()).unwrap();
            }
            ledger.commit().unwrap();
            rest = later;
        }
        prop_assert!(files(&one) == files(&many));
        prop_assert_eq!(findings(&many, &VerifyOptions::default()), Vec::<String>::new());
    }
}
