//! Made-up runs whose books balance, and ledgers of them.

use sekisho::fate::{Class, Fate, NetworkGroup, ProtocolGroup, Reason};
use sekisho::ledger::{
    Authority, Cell, Configured, Error, Event, Export, GeoInForce, GeoSource, Interval, Key,
    Ledger, Mode, Moment, Opened, Policy, Profile, Standing, Start, Stop, Totals, VerifyOptions,
    verify,
};
use sekisho::tally::Count;
use sekisho::time::{NANOS_PER_SEC, Timestamp};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

pub(crate) use sekisho::demo::rng::Rng as Numbers;

/// A folder that is gone after the test: in memory where that can be, since a kill is no power cut.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .unwrap()
}

pub(crate) fn moment(seconds: u64) -> Moment {
    Moment(Timestamp::from_nanos(
        (1_763_000_000 + seconds) * NANOS_PER_SEC,
    ))
}

pub(crate) fn start() -> Event {
    Event::Start(Start {
        mode: Mode::Capture,
        version: "0.1.0".into(),
        sensor: "lab".into(),
        interval_secs: 60,
        interfaces: vec!["eth1".into()],
        inputs: 0,
    })
}

/// Frames of one interval in a few cells, each in one.
pub(crate) fn interval(numbers: &mut Numbers, minute: u64) -> Interval {
    let mut cells = Vec::new();
    for _ in 0..numbers.below(5) {
        let fate = match numbers.below(3) {
            0 => Fate::Admitted(Class::ALL[numbers.below(5) as usize]),
            _ => Fate::Excluded(Reason::ALL[numbers.below(20) as usize]),
        };
        let count = Count {
            packets: 1 + numbers.next() % 1_000_000,
            bytes: 60 + numbers.next() % 1_000_000_000,
        };
        let protocol = ProtocolGroup::ALL[numbers.below(5) as usize];
        let cell = Cell::new(fate, NetworkGroup::V4, protocol, count, numbers.next() % 3);
        let is_new = |other: &Cell| other.fate() != cell.fate() || other.protocol != cell.protocol;
        if cells.iter().all(is_new) {
            cells.push(cell);
        }
    }
    Interval {
        from: moment(60 * minute),
        to: moment(60 * minute + 60),
        frames: cells.iter().map(Cell::count).sum(),
        cells,
        kernel_dropped: numbers.next() % 2,
    }
}

/// A run: its entries' moments and events, from a minute on.
pub(crate) fn run(seed: u64, minute: u64, intervals: u64) -> Vec<(Option<Moment>, Event)> {
    let mut numbers = Numbers::new(seed);
    let mut events = vec![
        start(),
        Event::Configured(Configured {
            sha256: "0".repeat(64),
        }),
        Event::Policy(Policy {
            profile: Profile::Standard,
            classes: vec!["foreign_foreign".into()],
        }),
        Event::Authority(Authority {
            standing: Standing::SelfAuthorised,
            id: "self-authorised".into(),
            authority: None,
            purpose: None,
            classes: vec![],
            interfaces: vec![],
            not_before: None,
            not_after: None,
            volume: None,
            sha256: None,
            keys: vec![],
        }),
        Event::Geo(GeoInForce {
            sha256: "a".repeat(64),
            home: vec!["JP".into()],
            sources: vec![GeoSource {
                name: "embedded".into(),
                source: "embedded".into(),
                date: Some("2026-11-01".into()),
                sha256: "b".repeat(64),
            }],
            lists: vec![],
        }),
    ];
    let mut totals = Totals::default();
    for number in 0..intervals {
        let interval = interval(&mut numbers, minute + number);
        totals.frames += interval.frames;
        totals.kernel_dropped += interval.kernel_dropped;
        let mut admitted = Count::default();
        for cell in &interval.cells {
            match cell.fate() {
                Some(Fate::Admitted(_)) => admitted += cell.count(),
                _ => totals.excluded += cell.count(),
            }
        }
        totals.admitted += admitted;
        totals.recorded += admitted;
        totals.records += 3;
        events.push(Event::Interval(interval));
        events.push(Event::Export(Export {
            format: "jsonl".into(),
            sha256: format!("{:064x}", numbers.next()),
            length: 3000 + number,
            records: 3,
            packets: admitted.packets,
            bytes: admitted.bytes,
        }));
    }
    events.push(Event::Stop(Stop {
        totals,
        balanced: true,
    }));
    let at = |position: usize| moment(60 * minute + 30 * position as u64);
    let timed = events.into_iter().enumerate();
    timed
        .map(|(position, event)| (Some(at(position)), event))
        .collect()
}

pub(crate) fn key(seed: u8) -> Key {
    Key::from_seed("sekisho/lab", &[seed; 32]).unwrap()
}

/// Opens a ledger that nobody holds. Another test that starts a program just now has the lock of one that
/// is closed for a moment more, until that program is begun.
#[track_caller]
pub(crate) fn open(folder: &Path, key: &Key) -> (Ledger, Opened) {
    for _ in 0..10_000 {
        match Ledger::open(folder, key) {
            Err(Error::Busy { .. }) => std::thread::sleep(std::time::Duration::from_millis(1)),
            result => return result.unwrap(),
        }
    }
    panic!("held for ten seconds");
}

/// Appends all, and commits after each `batch`.
pub(crate) fn append(folder: &Path, events: &[(Option<Moment>, Event)], batch: usize) {
    let (mut ledger, _) = open(folder, &key(1));
    for some in events.chunks(batch) {
        for (at, event) in some {
            ledger.append(*at, event.clone()).unwrap();
        }
        ledger.commit().unwrap();
    }
}

/// What is wrong with a ledger, each in a line: `index what`.
#[track_caller]
pub(crate) fn findings(folder: &Path, options: &VerifyOptions) -> Vec<String> {
    let (_, verification) = verify(folder, options).unwrap();
    let shown = verification.findings.into_iter().map(|finding| {
        let index = finding.index.map_or(String::from("-"), |at| at.to_string());
        format!("{index} {}", finding.what)
    });
    shown.collect()
}

/// All files of a folder, by their path in it.
pub(crate) fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(inner).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = fs::read(&path).unwrap();
                found.insert(path.strip_prefix(folder).unwrap().to_owned(), bytes);
            }
        }
    }
    found
}

/// Puts such files into a folder that is not there yet.
pub(crate) fn lay(folder: &Path, files: &BTreeMap<PathBuf, Vec<u8>>) {
    for (name, bytes) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}
