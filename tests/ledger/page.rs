//! The page about the format is held to the code, and whatever an entry can say comes back as it was.

use crate::made::{append, folder, moment};
use proptest::prelude::*;
use sekisho::ledger::{
    Authority, Cell, Configured, CrashRecovered, Drop, DropCause, Entry, Event, Export, Gap,
    GapCause, GeoInForce, GeoSource, Interval, List, Mode, Moment, Policy, Profile, Purge, Purged,
    Recall, Reload, SCHEMA, Standing, Start, Stop, Totals, VerifyOptions, Volume, verify,
};
use sekisho::tally::Count;
use sekisho::time::Timestamp;
use serde_json::Value;
use std::fs;
use std::path::Path;

/// One of each kind, with everything in it that there can be.
fn full(text: &str, number: u64) -> Vec<Event> {
    let (from, to, some) = (moment(0), moment(1), || vec![text.to_owned()]);
    let (sha256, name) = (text.to_owned(), Some(text.to_owned()));
    let count = Count {
        packets: number,
        bytes: number,
    };
    vec![
        Event::Start(Start {
            mode: Mode::Replay,
            version: text.into(),
            sensor: text.into(),
            interval_secs: number,
            interfaces: some(),
            inputs: number,
        }),
        Event::Configured(Configured {
            sha256: sha256.clone(),
        }),
        Event::Policy(Policy {
            profile: Profile::Statutory,
            classes: some(),
        }),
        Event::Authority(Authority {
            standing: Standing::InForce,
            id: text.into(),
            authority: name.clone(),
            purpose: name.clone(),
            classes: some(),
            interfaces: some(),
            not_before: Some(from),
            not_after: Some(to),
            volume: Some(Volume {
                packets: Some(number),
                bytes: None,
            }),
            sha256: name.clone(),
            keys: some(),
        }),
        Event::Geo(GeoInForce {
            sha256: sha256.clone(),
            home: some(),
            sources: vec![GeoSource {
                name: text.into(),
                source: text.into(),
                date: name.clone(),
                sha256: sha256.clone(),
            }],
            lists: vec![List {
                list: text.into(),
                sha256: sha256.clone(),
            }],
        }),
        Event::Interval(Interval {
            from,
            to,
            frames: count,
            cells: vec![Cell {
                class: name.clone(),
                reason: None,
                ip: text.into(),
                protocol: text.into(),
                packets: number,
                bytes: number,
                openings: number,
            }],
            kernel_dropped: number,
        }),
        Event::Export(Export {
            format: text.into(),
            sha256: sha256.clone(),
            length: number,
            records: number,
            packets: number,
            bytes: number,
        }),
        Event::Recall(Recall {
            records: number,
            packets: number,
            bytes: number,
        }),
        Event::Drop(Drop {
            cause: DropCause::Kernel,
            packets: number,
            records: number,
        }),
        Event::Gap(Gap {
            cause: GapCause::Stopped,
            from,
            to,
            interface: name,
        }),
        Event::Reload(Reload {
            done: number.is_multiple_of(2),
        }),
        Event::ClockStep { nanos: number },
        Event::Purge(Purge {
            expired_before: to,
            files: vec![Purged {
                sha256,
                length: number,
            }],
        }),
        Event::CrashRecovered(CrashRecovered { entries: number }),
        Event::Stop(Stop {
            totals: Totals {
                frames: count,
                admitted: count,
                excluded: count,
                kernel_dropped: number,
                records: number,
                recorded: count,
                recalled_records: number,
                recalled: count,
                lost_records: number,
                lost: count,
            },
            balanced: true,
        }),
        Event::Aborted {},
    ]
}

/// What the page says of a kind.
fn meaning(event: &Event) -> &'static str {
    match event {
        Event::Start(_) => "a run begins",
        Event::Configured(_) => "the settings in force",
        Event::Policy(_) => "which classes may pass",
        Event::Authority(_) => "the authorisation in force, or that there is none to show",
        Event::Geo(_) => "the country table that decides from here on",
        Event::Interval(_) => "frames of an interval, by how they ended",
        Event::Export(_) => "a file of records is complete",
        Event::Recall(_) => "open records that a newer table or policy does not let out",
        Event::Drop(_) => "frames or records were lost, without intent",
        Event::Gap(_) => "nothing could be seen",
        Event::Reload(_) => "new settings were asked for",
        Event::ClockStep { .. } => "the clock of frames was set back",
        Event::Purge(_) => "files of records were removed, their time being over",
        Event::CrashRecovered(_) => "the run before this one did not end by itself",
        Event::Stop(_) => "the run ends: its sums",
        Event::Aborted {} => {
            "a run over captures ended without a result, and nothing of it is kept"
        }
    }
}

#[test]
fn the_page_lists_every_kind_and_every_key() {
    let mut rows = Vec::new();
    for event in full("x", 2) {
        let text = meaning(&event);
        let Value::Object(keys) = serde_json::to_value(&event).unwrap() else {
            panic!("no object");
        };
        let keys: Vec<String> = keys
            .keys()
            .filter(|key| *key != "kind")
            .map(|key| format!("`{key}`"))
            .collect();
        rows.push(format!(
            "| `{}` | {} | {text} |",
            event.kind(),
            keys.join(" ")
        ));
        assert_eq!(serde_json::to_value(&event).unwrap()["kind"], event.kind());
    }
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ledger.md");
    let page = fs::read_to_string(page).unwrap();
    let rows = rows.join("\n");
    assert!(page.contains(&rows), "expected rows:\n{rows}");
    assert!(page.contains(SCHEMA));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_said_comes_back(
        texts in proptest::collection::vec((any::<String>(), any::<u64>()), 1..8),
        times in proptest::collection::vec(any::<Option<u64>>(), 1..8),
    ) {
        let work = folder();
        let said = texts.iter().flat_map(|(text, number)| full(text, *number));
        let times = times.iter().cycle().map(|at| at.map(|at| Moment(Timestamp::from_nanos(at))));
        let said: Vec<(Option<Moment>, Event)> = times.zip(said).collect();
        append(work.path(), &said, 20);
        let (entries, found) = verify(work.path(), &VerifyOptions::default()).unwrap();
        prop_assert_eq!(found.signed, said.len() as u64);
        let mut last = None;
        for (Entry { schema, at, event }, (asked, expected)) in entries.into_iter().zip(said) {
            prop_assert_eq!(schema.as_str(), SCHEMA);
            prop_assert_eq!(event, expected);
            let expected = asked.map(|asked| last.map_or(asked, |last| asked.max(last)));
            prop_assert_eq!(at, expected);
            last = at.or(last);
        }
    }
}
