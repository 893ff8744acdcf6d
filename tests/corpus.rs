//! The captures of `../shared/corpus`, judged as its oracle judges them, and byte-identical output for
//! any number of lanes. Reads that folder where it exists, and says plainly when it does not.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail, and says why"
)]

#[path = "corpus/answer.rs"]
mod answer;

use answer::{Answer, Score};
use sekisho::export::{Format, Terms};
use sekisho::fate::Fate;
use sekisho::flow;
use sekisho::gate::{Authorisation, Policy};
use sekisho::geo::{self, CountryCode, Table};
use sekisho::lane;
use sekisho::pipeline::{Failure, Job, Outcome, Progress};
use sekisho::tally::Count;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const NANOS: u64 = 1_000_000_000;
/// As the oracle: boundaries off.
const NEVER: u64 = 1_000_000_000 * NANOS;

struct Silent;

impl Progress for Silent {
    fn begin(&self, _: Option<u64>) {}
    fn advance(&self, _: u64, _: u64) {}
    fn end(&self) {}
}

fn corpus() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("SKIPPED: no corpus at ../shared/corpus");
    None
}

/// The settings for one of the corpus's homes: `JP`, `US`, `DE` or `JP-site`.
fn settings(corpus: &Path, home: &str) -> lane::Settings {
    let code = CountryCode::new(&home[..2]).expect("a country");
    let geo = geo::Settings {
        home: [code].into(),
        sources: vec![geo::SourceSpec::File(corpus.join("geo/rir-country.mmdb"))],
        site: if home.ends_with("-site") {
            geo::Site::Home
        } else {
            geo::Site::Undetermined
        },
        ..geo::Settings::default()
    };
    lane::Settings {
        table: Arc::new(Table::build(&geo).expect("the corpus's table")),
        policy: Policy::new(Authorisation::ALL),
        flow: flow::Settings {
            idle: NEVER,
            active: NEVER,
            max_flows: 1 << 20,
            seed: 7,
        },
    }
}

/// Every (set, capture, expected answer) of a home, in name order.
fn captures(corpus: &Path, home: &str) -> Vec<(String, PathBuf, PathBuf)> {
    let mut found = Vec::new();
    for set in ["real", "derived", "fuzz", "relocated"] {
        let Ok(entries) = fs::read_dir(corpus.join("expected").join(home).join(set)) else {
            continue;
        };
        for entry in entries {
            let expected = entry.expect("an expected answer").path();
            let name = expected.file_name().and_then(|name| name.to_str());
            let name = name.and_then(|name| name.strip_suffix(".json"));
            let name = name.expect("NAME.json");
            let capture = corpus.join("captures").join(set).join(name);
            found.push((format!("{set}/{name}"), capture, expected));
        }
    }
    found.sort();
    found
}

fn run(
    capture: &Path,
    lane: &lane::Settings,
    lanes: usize,
    folder: &Path,
) -> (Result<Outcome, Failure>, Vec<u8>) {
    let target = folder.join("flows.jsonl");
    let job = Job {
        inputs: vec![capture.to_path_buf()],
        lane: lane.clone(),
        lanes,
        // Small enough to cut nearly every capture of the corpus into ranges.
        range_bytes: 2_000,
        format: Format::Jsonl,
        target: (&target).into(),
        ipfix_enterprise: sekisho::export::IPFIX_ENTERPRISE,
        sensor: "corpus".to_owned(),
        terms: Terms::default(),
        digest: false,
        config: String::new(),
        interval: Some(NANOS),
        authorisation: sekisho::pipeline::Authorisation::default(),
    };
    let outcome = job.run(&Silent);
    let records = match outcome {
        Ok(_) => fs::read(target).expect("the records"),
        Err(_) => Vec::new(),
    };
    (outcome, records)
}

/// In memory where there is such a folder: every run syncs its output.
fn scratch() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        tempfile::tempdir_in(memory).expect("a folder")
    } else {
        tempfile::tempdir().expect("a folder")
    }
}

/// What the intervals hold is what the summary says, in frames and by fate.
fn add_up(outcome: &Outcome, name: &str) {
    let account = outcome.account.as_ref().expect("an account");
    let (mut frames, mut admitted, mut excluded) = <(Count, Count, Count)>::default();
    for (_, counts) in account.intervals.iter() {
        frames += counts.frames();
        for (fate, _, _, count, openings) in counts.cells() {
            assert!(openings <= count.packets, "{name}");
            match fate {
                Fate::Admitted(_) => admitted += count,
                Fate::Excluded(_) => excluded += count,
            }
        }
    }
    let summary = &outcome.summary;
    assert_eq!(frames, summary.frames, "{name}");
    assert_eq!(admitted.packets, summary.admitted.packets, "{name}");
    assert_eq!(excluded.bytes, summary.excluded.bytes, "{name}");
    let totals = account.totals;
    assert_eq!(
        (totals.frames, totals.admitted, totals.excluded),
        (frames, admitted, excluded),
        "{name}"
    );
}

#[test]
fn every_capture_is_judged_as_the_oracle_judges_it() {
    let Some(corpus) = corpus() else { return };
    let mut score = Score::default();
    let folder = scratch();
    for home in ["JP", "JP-site", "US", "DE"] {
        let settings = settings(&corpus, home);
        for (name, capture, expected) in captures(&corpus, home) {
            let answer = Answer::read(&expected);
            let (outcome, records) = run(&capture, &settings, 1, folder.path());
            score.add(&format!("{home} {name}"), answer.check(&outcome, &records));
        }
    }
    println!("{score}\nsound: {:?}", score.sound);
    assert!(score.files > 2000, "only {} files", score.files);
    assert!(score.wrong.is_empty(), "{}", score.wrong.join("\n"));
}

#[test]
fn any_number_of_lanes_gives_the_same_bytes() {
    let Some(corpus) = corpus() else { return };
    let mut settings = settings(&corpus, "JP");
    // Short enough to end records in the middle of captures, and few enough flows to evict.
    settings.flow.idle = 2 * NANOS;
    settings.flow.active = 10 * NANOS;
    settings.flow.max_flows = 64;
    let mut compared = 0;
    let folder = scratch();
    for (name, capture, _) in captures(&corpus, "JP") {
        let (first, expected) = run(&capture, &settings, 1, folder.path());
        for lanes in [2, 3, 8] {
            let (outcome, records) = run(&capture, &settings, lanes, folder.path());
            assert!(records == expected, "{name}: {lanes} lanes differ");
            match (&first, &outcome) {
                (Ok(first), Ok(outcome)) => {
                    assert_eq!(first.summary, outcome.summary, "{name}");
                    assert_eq!(first.account, outcome.account, "{name}");
                    add_up(outcome, &name);
                }
                (Err(_), Err(_)) => {}
                _ => panic!("{name}: {lanes} lanes end otherwise"),
            }
        }
        compared += 1;
    }
    println!("{compared} captures, 1 = 2 = 3 = 8 lanes");
    assert!(compared > 500);
}
