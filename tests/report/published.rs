//! A published report says nothing of small cells: not in any figure, and not by subtracting figures.

use super::{PUBLISH, json, ledger, report};
use proptest::prelude::*;
use sekisho::fate::{Class, Fate, NetworkGroup, ProtocolGroup, Reason};
use sekisho::ledger::{
    Cell, Drop, DropCause, Entry, Event, Export, Interval, Purge, Purged, Recall,
};
use sekisho::report::{Language, Options, SMALL_CELL, Window};
use sekisho::tally::Count;
use sekisho::time::Timestamp;
use serde_json::Value;

/// One count of a ledger: hour, fate, IP version, protocol.
#[derive(Debug, Clone)]
struct Counted {
    hour: u64,
    fate: usize,
    network: usize,
    protocol: usize,
    packets: u64,
    bytes: u64,
    openings: u64,
}

fn fates() -> Vec<Fate> {
    let reasons = Reason::ALL.into_iter().map(Fate::Excluded);
    Class::ALL
        .into_iter()
        .map(Fate::Admitted)
        .chain(reasons)
        .collect()
}

/// A ledger with these counts, in two intervals an hour, and these drops, of the kernel and at the output. What is
/// in files, recalled and removed depends on every count.
fn entries(counts: &[Counted], hours: u64, dropped: &[u64]) -> Vec<Entry> {
    let mut made = ledger::Ledger::new(1);
    let fates = fates();
    for half in 0..2 * hours {
        let hour = half / 2;
        let is_first = half % 2 == 0;
        let mut cells: Vec<Cell> = Vec::new();
        for count in counts.iter().filter(|count| count.hour == hour) {
            // Of each count a part in either interval.
            let part = |all: u64| {
                if is_first { all / 3 } else { all - all / 3 }
            };
            let sum = Count {
                packets: part(count.packets),
                bytes: part(count.bytes),
            };
            if sum.packets > 0 {
                cells.push(Cell::new(
                    fates[count.fate],
                    NetworkGroup::ALL[count.network],
                    ProtocolGroup::ALL[count.protocol],
                    sum,
                    part(count.openings),
                ));
            }
        }
        let from = ledger::BEGIN + half * 1_800;
        let sum = cells.iter().map(Cell::count).sum::<Count>();
        let lost = if is_first { dropped[hour as usize] } else { 0 };
        made.say(Event::Interval(Interval {
            from: ledger::moment(from),
            to: ledger::moment(from + 1_800),
            frames: sum,
            cells,
            kernel_dropped: lost,
        }));
        let removed = Purged {
            sha256: "cd".repeat(32),
            length: sum.bytes,
        };
        for event in [
            Event::Drop(Drop {
                cause: DropCause::Output,
                packets: lost,
                records: lost,
            }),
            Event::Recall(Recall {
                records: sum.packets,
                packets: sum.packets,
                bytes: sum.bytes,
            }),
            Event::Export(Export {
                format: "jsonl".to_owned(),
                sha256: "ab".repeat(32),
                length: sum.packets * 600,
                records: sum.packets,
                packets: sum.packets,
                bytes: sum.bytes,
            }),
            Event::Purge(Purge {
                expired_before: ledger::moment(from),
                files: vec![removed],
            }),
        ] {
            made.say(event);
            made.entries.last_mut().unwrap().at = Some(ledger::moment(from + 900));
        }
    }
    made.entries
}

/// The same ledger with other numbers wherever numbers are small.
fn otherwise(counts: &[Counted], dice: &mut ledger::Dice) -> Vec<Counted> {
    let mut small = || 1 + dice.below(SMALL_CELL - 1);
    let mut out = counts.to_vec();
    for count in &mut out {
        let is_tcp = ProtocolGroup::ALL[count.protocol] == ProtocolGroup::Tcp;
        if (1..SMALL_CELL).contains(&count.packets) {
            count.packets = small();
            count.bytes = count.packets * 60 + small();
            count.openings = if is_tcp { count.packets / 2 } else { 0 };
        } else if (1..SMALL_CELL).contains(&count.openings) {
            count.openings = small();
        }
    }
    out
}

fn counted() -> impl Strategy<Value = Counted> {
    // Often small: those are what it is about.
    let packets =
        prop_oneof![4 => 1..SMALL_CELL, 1 => SMALL_CELL..SMALL_CELL + 3, 2 => 20..5_000_u64];
    (
        0..6_u64,
        0..Fate::COUNT,
        1..3_usize,
        1..5_usize,
        packets,
        0..60_u64,
    )
        .prop_map(
            |(hour, fate, network, protocol, packets, openings)| Counted {
                hour,
                fate,
                network,
                protocol,
                packets,
                bytes: packets * 100 + openings,
                openings: if ProtocolGroup::ALL[protocol] == ProtocolGroup::Tcp {
                    openings.min(packets)
                } else {
                    0
                },
            },
        )
}

/// Each place once.
fn distinct(mut counts: Vec<Counted>) -> Vec<Counted> {
    let place = |count: &Counted| (count.hour, count.fate, count.network, count.protocol);
    counts.sort_by_key(place);
    counts.dedup_by_key(|count| place(count));
    counts
}

/// Every figure of packets, openings or drops in a report, with its path.
fn figures(path: &str, value: &Value, out: &mut Vec<(String, u64)>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let counts = [
                    "packets",
                    "openings",
                    "kernel_dropped",
                    "output_packets",
                    "output_records",
                    "records",
                ];
                if counts.contains(&name.as_str())
                    && let Some(number) = value.as_u64()
                {
                    out.push((format!("{path}/{name}"), number));
                }
                figures(&format!("{path}/{name}"), value, out);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                figures(&format!("{path}/{index}"), value, out);
            }
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// Not one byte depends on what is left out. So no value can be had from the report, by subtraction or in
    /// any other way: it would have to be another one for another ledger.
    #[test]
    fn a_published_report_does_not_depend_on_what_it_leaves_out(
        counts in prop::collection::vec(counted(), 0..120),
        dropped in prop::collection::vec(prop_oneof![Just(0), 1..SMALL_CELL, 20..900_u64], 6),
        seed in 1..u64::MAX / 2,
    ) {
        let counts = distinct(counts);
        let dice = &mut ledger::Dice::new(seed);
        let others: Vec<u64> = dropped
            .iter()
            .map(|drop| if (1..SMALL_CELL).contains(drop) { 1 + dice.below(SMALL_CELL - 1) } else { *drop })
            .collect();
        let one = entries(&counts, 6, &dropped);
        let other = entries(&otherwise(&counts, dice), 6, &others);
        // With the same check: a root and a number of entries are no counts of packets.
        let check = ledger::holds(&one);
        let one = sekisho::report::Report::of(&one, &check, &PUBLISH);
        let other = sekisho::report::Report::of(&other, &check, &PUBLISH);
        prop_assert_eq!(one.to_json().unwrap(), other.to_json().unwrap());
        for language in Language::ALL {
            prop_assert_eq!(one.to_html(language).unwrap(), other.to_html(language).unwrap());
        }
        // And no small number is shown, not even one that is a difference of shown ones.
        let mut all = Vec::new();
        figures("", &json(&one), &mut all);
        for (path, number) in &all {
            prop_assert!(!(1..SMALL_CELL).contains(number), "{}: {}", path, number);
        }
        let report = json(&one);
        let sum = |parts: &Value| -> u64 {
            parts.as_array().unwrap().iter().map(|part| part["packets"].as_u64().unwrap_or(0)).sum()
        };
        let seen = report["sum"]["seen"]["packets"].as_u64().unwrap_or(0);
        prop_assert_eq!(sum(&report["sum"]["by_class"]) + sum(&report["sum"]["by_reason"]), seen);
        let buckets = report["timeline"]["buckets"].as_array().unwrap();
        let mut of_buckets = 0;
        for bucket in buckets {
            let parts = sum(&bucket["by_class"]) + sum(&bucket["by_reason"]);
            prop_assert_eq!(parts, bucket["seen"]["packets"].as_u64().unwrap_or(0));
            of_buckets += parts;
        }
        prop_assert_eq!(of_buckets, seen);
    }

    /// Nor do two reports of overlapping periods tell it together: what they have in common is the same cells.
    #[test]
    fn periods_that_overlap_leave_out_the_same(
        counts in prop::collection::vec(counted(), 1..80),
        seed in 1..u64::MAX / 2,
        hour in 1..6_u64,
    ) {
        let counts = distinct(counts);
        let others = otherwise(&counts, &mut ledger::Dice::new(seed));
        let options = Options {
            window: Window {
                from: None,
                // Within an hour: it grows to a whole one.
                to: Some(Timestamp::from_parts(ledger::BEGIN + hour * 3_600 - 7, 0)),
            },
            ..PUBLISH
        };
        let (one, other) = (entries(&counts, 6, &[0; 6]), entries(&others, 6, &[0; 6]));
        prop_assert_eq!(
            report(&one, &options).to_json().unwrap(),
            report(&other, &options).to_json().unwrap()
        );
    }
}

#[test]
fn a_published_report_has_no_single_event_and_no_moment_but_whole_hours() {
    let report = report(&ledger::week(2), &PUBLISH);
    let published = json(&report);
    assert_eq!(published["variant"], "published");
    assert_eq!(published["small_cell"], 20);
    assert_eq!(published["events"]["list"], serde_json::json!([]));
    assert!(published["events"]["counts"].as_array().unwrap().len() > 8);
    assert_eq!(published["exports"]["files"], 28);
    for name in [
        "length",
        "records",
        "packets",
        "bytes",
        "recalled_records",
        "recalled_packets",
        "purged_length",
    ] {
        assert_eq!(published["exports"][name], Value::Null, "{name}");
    }
    let text = report.to_json().unwrap();
    let moments: Vec<&str> = text
        .split('"')
        .filter(|part| part.len() == 30 && part.ends_with('Z'))
        .collect();
    assert!(moments.len() > 50);
    for moment in moments {
        assert!(moment.ends_with(":00:00.000000000Z"), "{moment}");
    }
}

/// Two reports of one ledger, the second an hour longer: what they say of files is the same for any ledger, and a
/// loss of few packets is in neither.
#[test]
fn an_hour_more_tells_nothing_of_a_small_cell() {
    let one = |hour, packets| Counted {
        hour,
        fate: 0,
        network: 1,
        protocol: 1,
        packets,
        bytes: packets * 100,
        openings: 0,
    };
    let entries = entries(&[one(0, 40), one(1, 1)], 2, &[30, 2]);
    let until = |hour: u64| {
        let to = Timestamp::from_parts(ledger::BEGIN + hour * 3_600, 0);
        let window = Window {
            from: None,
            to: Some(to),
        };
        json(&report(&entries, &Options { window, ..PUBLISH }))
    };
    let (first, second) = (until(1), until(2));
    assert_eq!(first["losses"], second["losses"]);
    assert_eq!(first["losses"]["output_packets"], 30);
    for (name, value) in first["exports"].as_object().unwrap() {
        let counts_files = ["files", "purged_files", "formats"].contains(&name.as_str());
        assert!(counts_files || value.is_null(), "{name}");
    }
    let full = report(&entries, &Options::default());
    assert_eq!(json(&full)["losses"]["output_packets"], 32);
    assert_eq!(json(&full)["exports"]["records"], 41);
}
