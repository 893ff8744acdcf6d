//! A ledger in which one file holds arbitrary bytes: unless they are its own, `verify` finds something and
//! names it, and nobody appends to it as if nothing were.
//!
//! The first byte chooses the file, in the order of their names; 255 leaves it out.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use sekisho::ledger::{
    Configured, Error, Event, Gap, GapCause, Key, Ledger, Mode, Moment, Start, Stop, Totals,
    VerifyOptions, prove, verify,
};
use sekisho::time::{NANOS_PER_SEC, Timestamp};

use crate::folder::{folder, says_why};

/// More entries than a tile holds.
const ENTRIES: u64 = 259;

fn key() -> Key {
    Key::from_seed("sekisho/lab", &[7; 32]).expect("a name")
}

/// Every file of a ledger that holds.
pub(crate) static FILES: LazyLock<Vec<(PathBuf, Vec<u8>)>> = LazyLock::new(|| {
    let folder = folder();
    let at = |second: u64| {
        let nanos = (1_763_000_000 + second) * NANOS_PER_SEC;
        Moment(Timestamp::from_nanos(nanos))
    };
    let (mut ledger, _) = Ledger::open(folder.path(), &key()).expect("an empty folder");
    let start = Start {
        mode: Mode::Demo,
        version: "0.1.0".to_owned(),
        sensor: "lab".to_owned(),
        interval_secs: 60,
        interfaces: Vec::new(),
        inputs: 0,
    };
    let mut events = vec![
        Event::Start(start),
        Event::Configured(Configured {
            sha256: "0".repeat(64),
        }),
    ];
    while (events.len() as u64) < ENTRIES - 1 {
        let second = events.len() as u64;
        events.push(match second % 3 {
            0 => Event::ClockStep { nanos: second },
            _ => Event::Gap(Gap {
                cause: GapCause::LinkDown,
                from: at(second),
                to: at(second),
                interface: Some("eth1".to_owned()),
            }),
        });
    }
    events.push(Event::Stop(Stop {
        totals: Totals::default(),
        balanced: true,
    }));
    for (second, event) in (0..).zip(events) {
        ledger.append(Some(at(second)), event).expect("an entry");
    }
    ledger.commit().expect("room for it");
    drop(ledger);
    let mut files = Vec::new();
    collect(folder.path(), Path::new(""), &mut files);
    files.retain(|(path, _)| path != Path::new("lock"));
    files.sort();
    files
});

fn collect(root: &Path, inner: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for found in fs::read_dir(root.join(inner)).expect("a folder of ours") {
        let found = found.expect("a file of ours");
        let path = inner.join(found.file_name());
        if found.path().is_dir() {
            collect(root, &path, files);
        } else {
            let bytes = fs::read(found.path()).expect("a file of ours");
            files.push((path, bytes));
        }
    }
}

/// What must hold for any input.
pub(crate) fn check(data: &[u8]) {
    let Some((which, bytes)) = data.split_first() else {
        return;
    };
    let files = &*FILES;
    let chosen = usize::from(*which) % files.len();
    let folder = folder();
    for (number, (path, own)) in files.iter().enumerate() {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("room for it");
        match number == chosen {
            true if *which == 255 => {}
            true => fs::write(path, bytes).expect("room for it"),
            false => fs::write(path, own).expect("room for it"),
        }
    }
    let own = files
        .get(chosen)
        .is_some_and(|(_, own)| *which != 255 && own == bytes);
    let options = VerifyOptions {
        key: Some(key().verifier()),
        ..VerifyOptions::default()
    };
    let (entries, found) = verify(folder.path(), &options).expect("a ledger");
    for finding in &found.findings {
        says_why(&finding.what);
    }
    assert_eq!(found.holds(), own, "{found:?}");
    assert_eq!(own, own && entries.len() as u64 == ENTRIES);
    if let Ok((proof, ..)) = prove(folder.path(), &options, 257) {
        // What is proved is what was signed.
        assert_eq!(proof.verify(&key().verifier()).as_ref(), entries.get(257));
    }
    match Ledger::open(folder.path(), &key()) {
        Ok((ledger, _)) => {
            drop(ledger);
            // It may mend what follows from the rest, and must not make worse what it did not refuse.
            let (entries, after) = verify(folder.path(), &options).expect("a ledger");
            assert!(entries.len() as u64 <= ENTRIES);
            assert!(!own || after.holds());
        }
        Err(error) => {
            assert!(!own, "{error}");
            if !matches!(error, Error::Busy { .. }) {
                says_why(&error.to_string());
            }
        }
    }
}
