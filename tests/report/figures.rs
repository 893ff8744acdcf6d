//! What is added up, is added up right.

use super::{json, ledger, report};
use sekisho::ledger::{Entry, Event};
use sekisho::report::{Options, Window};
use sekisho::time::Timestamp;
use serde_json::Value;

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

fn total(parts: &Value, field: &str) -> u64 {
    let parts = parts.as_array().unwrap();
    parts.iter().map(|part| number(&part[field])).sum()
}

/// Frames as the intervals say, without any of the room's own code.
fn frames(entries: &[Entry]) -> (u64, u64) {
    let mut out = (0, 0);
    for entry in entries {
        if let Event::Interval(interval) = &entry.event {
            out.0 += interval.frames.packets;
            out.1 += interval.frames.bytes;
        }
    }
    out
}

#[test]
fn every_sum_on_the_page_closes() {
    let entries = ledger::week(3);
    let report = json(&report(&entries, &Options::default()));
    let sum = &report["sum"];
    let (packets, bytes) = frames(&entries);
    for (field, whole) in [("packets", packets), ("bytes", bytes)] {
        assert_eq!(number(&sum["seen"][field]), whole);
        let (kept, excluded) = (number(&sum["kept"][field]), number(&sum["excluded"][field]));
        assert_eq!(kept + excluded, whole);
        assert_eq!(total(&sum["by_class"], field), kept);
        assert_eq!(total(&sum["by_reason"], field), excluded);
        let networks = report["networks"].as_array().unwrap();
        for (side, whole) in [("seen", whole), ("kept", kept), ("excluded", excluded)] {
            let parts = networks.iter().map(|network| number(&network[side][field]));
            assert_eq!(parts.sum::<u64>(), whole, "{side}");
            let buckets = report["timeline"]["buckets"].as_array().unwrap();
            let parts = buckets.iter().map(|bucket| number(&bucket[side][field]));
            assert_eq!(parts.sum::<u64>(), whole, "{side}");
        }
    }
    assert_eq!(sum["closes"], true);
    assert_eq!(sum["unaccounted_packets"], 0);
    for bucket in report["timeline"]["buckets"].as_array().unwrap() {
        let parts = total(&bucket["by_class"], "packets") + total(&bucket["by_reason"], "packets");
        assert_eq!(parts, number(&bucket["seen"]["packets"]));
    }
    let openings: u64 = report["openings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|of| number(&of["openings"]))
        .sum();
    assert_eq!(openings, number(&sum["seen"]["openings"]));
    assert!(openings > 0);
}

#[test]
fn what_was_kept_is_in_records_recalled_or_lost() {
    let report = json(&report(&ledger::quiet(2, 30, 50_000), &Options::default()));
    let (exports, losses) = (&report["exports"], &report["losses"]);
    let (recorded, recalled) = (&exports["packets"], &exports["recalled_packets"]);
    assert_eq!(
        number(recorded) + number(recalled) + number(&losses["output_packets"]),
        number(&report["sum"]["kept"]["packets"])
    );
    assert!(number(recorded) > 1_000);
}

#[test]
fn a_ledger_cut_in_two_adds_up_to_the_whole() {
    let entries = ledger::week(4);
    let cut = Timestamp::from_parts(ledger::BEGIN + 200_000, 0);
    let part = |from, to| {
        let options = Options {
            window: Window { from, to },
            ..Options::default()
        };
        json(&report(&entries, &options))
    };
    let (before, after, whole) = (
        part(None, Some(cut)),
        part(Some(cut), None),
        part(None, None),
    );
    for path in [
        "/sum/seen/packets",
        "/sum/kept/bytes",
        "/sum/excluded/packets",
        "/undetermined/kept/packets",
        "/blind/kernel_dropped",
        "/losses/output_packets",
        "/exports/files",
        "/sensor/intervals",
    ] {
        let of = |report: &Value| number(report.pointer(path).unwrap());
        assert_eq!(of(&before) + of(&after), of(&whole), "{path}");
        assert!(of(&whole) > 0, "{path}");
    }
    // What began before the cut holds behind it.
    assert_eq!(
        after["geo"]["shown"][0]["sha256"],
        before["geo"]["shown"][1]["sha256"]
    );
    assert_eq!(after["sensor"]["names"]["shown"][0], "tokyo-ix-1");
    assert_eq!(
        after["authority"]["spans"]["shown"][0]["standing"],
        "in_force"
    );
}

#[test]
fn what_was_in_force_is_told_with_its_times() {
    let report = json(&report(&ledger::week(5), &Options::default()));
    let tables = report["geo"]["shown"].as_array().unwrap();
    assert_eq!(tables.len(), 3);
    assert_eq!(tables[0]["sources"][1]["age_days_first"], 6);
    assert_eq!(tables[1]["changes"][0]["what"], "source_renewed");
    assert_eq!(tables[1]["changes"][0]["after"], "2026-11-17");
    let what: Vec<&str> = tables[2]["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["what"].as_str().unwrap())
        .collect();
    assert_eq!(what, ["source_renewed", "list_added", "list_removed"]);
    let authority = &report["authority"];
    let standings: Vec<&str> = authority["spans"]["shown"]
        .as_array()
        .unwrap()
        .iter()
        .map(|span| span["standing"].as_str().unwrap())
        .collect();
    assert_eq!(standings, ["in_force", "expired", "self_authorised"]);
    // From its end to the reload that let the operator authorise itself.
    let without = &authority["without"]["shown"];
    assert_eq!(without.as_array().unwrap().len(), 1);
    assert_eq!(number(&authority["without_seconds"]), 119 * 60);
    assert_eq!(without[0]["seconds"], authority["without_seconds"]);
    let gaps = report["blind"]["gaps"].as_array().unwrap();
    let gaps: Vec<(&str, &Value, u64)> = gaps
        .iter()
        .map(|gap| {
            (
                gap["cause"].as_str().unwrap(),
                &gap["interface"],
                number(&gap["seconds"]),
            )
        })
        .collect();
    assert_eq!(
        gaps,
        [
            ("crashed", &Value::Null, 7_260),
            ("link_down", &Value::Null, 5_400),
            ("link_down", &"enp65s0f1".into(), 600)
        ]
    );
    assert_eq!(number(&report["blind"]["seconds"]), 7_260 + 5_400);
    assert_eq!(report["losses"]["output_packets"], 4_821);
    assert_eq!(report["exports"]["recalled_packets"], 18_220);
}

#[test]
fn an_authorisation_that_comes_back_is_shown_twice() {
    use sekisho::ledger::{Profile, Standing};
    let mut made = ledger::Ledger::new(7);
    made.begin("0.1.0");
    for standing in [Standing::InForce, Standing::Exhausted, Standing::InForce] {
        made.rules(Profile::Statutory, standing, "EX");
        made.interval(1_000);
    }
    let report = json(&report(&made.entries, &Options::default()));
    let spans = report["authority"]["spans"]["shown"].as_array().unwrap();
    let spans: Vec<(&str, &str)> = spans
        .iter()
        .map(|span| {
            (
                span["standing"].as_str().unwrap(),
                &span["from"].as_str().unwrap()[11..16],
            )
        })
        .collect();
    assert_eq!(
        spans,
        [
            ("in_force", "00:00"),
            ("exhausted", "00:01"),
            ("in_force", "00:02")
        ]
    );
    assert_eq!(number(&report["authority"]["without_seconds"]), 60);
}

#[test]
fn a_page_of_anything_has_bounds() {
    // Packet times years apart, thousands of events, names without end.
    let mut made = ledger::Ledger::new(6);
    for index in 0..3_000_u64 {
        made.say(Event::Start(sekisho::ledger::Start {
            mode: sekisho::ledger::Mode::Capture,
            version: format!("0.{index}.0"),
            sensor: format!("sensor {index}"),
            interval_secs: 60,
            interfaces: vec![format!("if{index}")],
            inputs: 0,
        }));
    }
    for seconds in [0, 1 << 30, u64::MAX / 1_000_000_000] {
        made.say(Event::Gap(sekisho::ledger::Gap {
            cause: sekisho::ledger::GapCause::LinkDown,
            from: ledger::moment(seconds),
            to: ledger::moment(seconds + 1),
            interface: None,
        }));
    }
    let report = report(&made.entries, &Options::default());
    let text = report.to_html(sekisho::report::Language::English).unwrap();
    assert!(text.len() < 200_000, "{}", text.len());
    let report = json(&report);
    assert_eq!(number(&report["sensor"]["names"]["left_out"]), 3_000 - 24);
    assert!(report["timeline"]["buckets"].as_array().unwrap().len() <= 202);
    assert_eq!(number(&report["events"]["left_out"]), 3_000 - 40);
}

#[test]
fn books_that_do_not_close_are_said_not_to() {
    let mut entries = ledger::quiet(1, 3, 2_000);
    for entry in &mut entries {
        if let Event::Interval(interval) = &mut entry.event {
            interval.frames.packets += 7;
        }
    }
    let report = report(&entries, &Options::default());
    assert_eq!(json(&report)["sum"]["unaccounted_packets"], 21);
    let page = report.to_html(sekisho::report::Language::English).unwrap();
    assert!(page.contains("The sum does not close, by 21 packets and 0 bytes."));
}

#[test]
fn an_empty_ledger_is_a_page_too() {
    let report = report(&[], &Options::default());
    assert_eq!(json(&report)["sum"]["seen"]["packets"], 0);
    let page = report.to_html(sekisho::report::Language::Japanese).unwrap();
    assert!(page.contains("この期間には計数の区間がない。"));
}
