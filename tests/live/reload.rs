//! SIGHUP under traffic, and files that change beneath a running sensor.

use crate::harness::{
    Capture, ENDLESS, Net, frames_add_up, number, packets, records_add_up, until,
};
use crate::mmdb;
use crate::traffic::{Frames, SERVER, caller, datagram};
use rustix::process::Signal;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// Asks for a reload; the line that says what became of it.
#[track_caller]
fn reload(capture: &mut Capture) -> String {
    capture.signal(Signal::HUP);
    capture.next_line_with("reload")
}

/// The table that serves, and how long it took.
#[track_caller]
fn served(line: &str) -> (String, Duration) {
    let parts: Vec<&str> = line.split(' ').collect();
    let [
        ..,
        "table",
        table,
        "serves,",
        millis,
        "ms",
        "after",
        "it",
        "was",
        "asked",
        "for",
    ] = parts[..]
    else {
        panic!("{line}");
    };
    (
        table.to_owned(),
        Duration::from_millis(millis.parse().unwrap()),
    )
}

/// Tables of records.
fn tables(records: &[Value]) -> BTreeSet<String> {
    let tables = records.iter().map(|record| record["geo"].as_str().unwrap());
    tables.map(str::to_owned).collect()
}

/// Hosts whose pair with the server becomes domestic, and those whose pair never does.
const MOVED: u32 = 50;
const STAYING: u32 = 50;
const LIST: &str = "12.0.0.0/24\n79.200.1.9/32\n";

#[test]
fn row_27_a_reload_under_traffic_cuts_every_flow_and_recalls_what_becomes_domestic() {
    let Some(net) = Net::new() else { return };
    let hosts = (0..MOVED).chain((0..STAYING).map(|n| 0x00_1000 + n));
    let frames: Frames = hosts
        .flat_map(|n| {
            let host = caller(n);
            [
                datagram(host, SERVER, [40_000, 443], 60),
                datagram(SERVER, host, [443, 40_000], 60),
            ]
        })
        .collect();
    fs::write(net.path("home.txt"), "").unwrap();
    let mut args = vec![
        "-o",
        "flows.jsonl",
        "--lanes",
        "2",
        "--domestic-list",
        "home.txt",
    ];
    args.extend(ENDLESS);
    let mut capture = net.capture(&args);
    let sender = net.sender("va");
    let (end, sent) = (AtomicBool::new(false), AtomicU64::new(0));
    let more = || {
        let before = sent.load(Ordering::Relaxed);
        until("traffic goes on", || {
            sent.load(Ordering::Relaxed) > before + 2_000
        });
    };
    let (first, second, quickest) = thread::scope(|scope| {
        scope.spawn(|| sender.flow(&frames, 50, &end, &sent));
        let _end = End(&end);
        more();
        fs::write(net.path("home.txt"), LIST).unwrap();
        let (first, took) = served(&reload(&mut capture));
        more();
        assert!(reload(&mut capture).ends_with("reloaded: nothing has changed"));
        more();
        fs::write(net.path("home.txt"), "").unwrap();
        let (second, again) = served(&reload(&mut capture));
        more();
        let mut quickest = took.min(again);
        // A busy machine may be slower; every time it is not.
        for n in 0..10 {
            if quickest <= Duration::from_millis(250) {
                break;
            }
            fs::write(net.path("home.txt"), format!("192.0.2.{n}/32\n")).unwrap();
            quickest = quickest.min(served(&reload(&mut capture)).1);
            fs::write(net.path("home.txt"), "").unwrap();
            quickest = quickest.min(served(&reload(&mut capture)).1);
        }
        (first, second, quickest)
    });
    capture.done();
    println!("the quickest reload took {quickest:?}");
    assert!(quickest <= Duration::from_millis(250), "{quickest:?}");
    let summary = net.summary();
    // No packet was lost over it.
    assert_eq!(frames_add_up(&summary), (sent.into_inner(), 0));
    let records = net.records("flows.jsonl");
    records_add_up(&summary, &records);
    assert_ne!(first, second);
    assert!(tables(&records).is_superset(&[first.clone(), second.clone()].into()));
    // What became domestic: recalled, never exported after it, and excluded for as long as it was.
    assert_eq!(number(&summary, "/flows/recalled"), u64::from(MOVED));
    assert!(number(&summary, "/recalled/packets") >= u64::from(MOVED));
    let excluded = "/excluded/by_reason/operator_domestic/packets";
    let domestic = "/excluded/by_reason/domestic_pair/packets";
    assert!(
        number(&summary, excluded) + number(&summary, domestic) > 1_000,
        "{summary:#}"
    );
    let mut by_host: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for record in &records {
        let src = record["src_ip"].as_str().unwrap();
        let server = src == "79.200.1.9";
        let host = if server {
            record["dst_ip"].as_str().unwrap()
        } else {
            src
        };
        by_host.entry(host).or_default().push(record);
    }
    assert_eq!(by_host.len() as u32, MOVED + STAYING);
    for (host, mut records) in by_host {
        records.sort_by_key(|record| record["start"].as_str());
        let moved = host.starts_with("12.0.0.");
        let all: Vec<&str> = records
            .iter()
            .map(|record| record["geo"].as_str().unwrap())
            .collect();
        if moved {
            assert!(all.iter().all(|table| *table != first), "{host}: {all:?}");
        } else {
            // One for each table that served, in their order, each cut off by the next.
            assert_eq!(
                (all[1], all[2]),
                (first.as_str(), second.as_str()),
                "{host}"
            );
            let (last, before) = records.split_last().unwrap();
            assert_eq!(last["end_reason"], "end_of_input");
            assert!(before.iter().all(|record| record["end_reason"] == "epoch"));
            // The other end is at home by the list.
            assert_eq!(records[0]["class"], "foreign_foreign");
            assert_ne!(records[1]["class"], "foreign_foreign");
        }
    }
}

/// Ends the traffic however the scope is left.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn row_27_a_reload_is_taken_whole_or_not_at_all() {
    let Some(net) = Net::new() else { return };
    let frames: Frames = (0..10)
        .map(|n| datagram(caller(n), SERVER, [40_000, 443], 60))
        .collect();
    let config = |snaplen: u32, authorize: &str| {
        let text = format!(
            "[geo]\ndomestic_list = [\"one.txt\", \"other.txt\"]\n[gate]\nauthorize = [{authorize}]\n\
             [capture]\ninterfaces = [\"vb\"]\nsnaplen = {snaplen}\n"
        );
        fs::write(net.path("sekisho.toml"), text).unwrap();
    };
    let all = "\"foreign_foreign\", \"foreign_domestic\", \"domestic_foreign\"";
    for list in ["one.txt", "other.txt"] {
        fs::write(net.path(list), "").unwrap();
    }
    config(512, all);
    let mut args = vec!["-c", "sekisho.toml", "-o", "flows.jsonl"];
    args.extend(ENDLESS);
    let mut capture = net.capture_on(&[], &args);
    net.send(&frames);
    let refused = |capture: &mut Capture, because: &str| {
        let line = reload(capture);
        assert!(
            line.contains("reload refused: ")
                && line.contains(because)
                && line.ends_with(": the settings of before stay in force"),
            "{line}"
        );
        net.send(&frames);
    };
    // One list is good and one is broken.
    fs::write(net.path("one.txt"), LIST).unwrap();
    fs::write(net.path("other.txt"), "198.51.100.0/24\n12.0.0.256/32\n").unwrap();
    refused(&mut capture, "other.txt");
    // Or gone.
    fs::remove_file(net.path("other.txt")).unwrap();
    refused(&mut capture, "other.txt");
    fs::write(net.path("other.txt"), "").unwrap();
    // A key that is built into the running sensor, beside a list that is good.
    config(256, all);
    refused(
        &mut capture,
        "`[capture]` cannot change while the sensor runs",
    );
    fs::write(net.path("sekisho.toml"), "[geo]\nhmoe = [\"JP\"]\n").unwrap();
    refused(&mut capture, "hmoe");
    fs::write(net.path("one.txt"), "").unwrap();
    config(512, all);
    assert!(reload(&mut capture).ends_with("reloaded: nothing has changed"));
    net.send(&frames);
    // What may pass can change alone.
    config(512, "\"foreign_domestic\"");
    served(&reload(&mut capture));
    net.send(&frames);
    capture.done();
    let summary = net.summary();
    assert_eq!(frames_add_up(&summary), (70, 0));
    // By the table of the beginning until then: one record a flow; those were recalled, since it lets
    // them pass no more.
    let recalled = number(&summary, "/recalled/packets");
    let excluded = number(&summary, "/excluded/by_reason/class_not_authorised/packets");
    // What was in the ring still is judged by what came after it.
    assert_eq!(recalled + excluded, 70);
    assert!(
        recalled >= 50 && excluded >= 10,
        "{recalled} and {excluded}"
    );
    assert!(net.records("flows.jsonl").is_empty());
}

/// The embedded table as a database, in which one country has another one's name.
fn database(renamed: bool) -> Vec<u8> {
    let mut bytes = mmdb::embedded();
    if renamed {
        // As it stands in the data: a text of two letters behind its key.
        let (before, after) = (b"iso_code\x42DE", b"iso_code\x42FR");
        for at in 0..bytes.len() - before.len() {
            let here = &mut bytes[at..at + before.len()];
            if here == before {
                here.copy_from_slice(after);
            }
        }
    }
    bytes
}

#[test]
fn row_26_a_database_that_is_destroyed_in_place_is_not_noticed_until_it_is_asked_for() {
    let Some(net) = Net::new() else { return };
    let frames: Frames = (0..20)
        .map(|n| datagram(caller(n), SERVER, [40_000, 443], 60))
        .collect();
    let whole = database(false);
    fs::write(net.path("country.mmdb"), &whole).unwrap();
    let mut args = vec!["--geo", "country.mmdb", "-o", "flows.jsonl", "--lanes", "2"];
    args.extend(ENDLESS);
    let mut capture = net.capture(&args);
    let sender = net.sender("va");
    let mut sent = sender.send(&frames);
    // In place, as a careless update does it: the same file, shorter and shorter, then of other content.
    let damages: [&[u8]; 4] = [
        &whole[..whole.len() / 2],
        b"",
        b"not a database",
        &[0xff; 1 << 20],
    ];
    for damage in damages {
        // Opened without being made anew: the same inode.
        let mut file = fs::OpenOptions::new()
            .write(true)
            .open(net.path("country.mmdb"))
            .unwrap();
        file.set_len(0).unwrap();
        std::io::Write::write_all(&mut file, damage).unwrap();
        sent += sender.send(&frames);
        let line = reload(&mut capture);
        assert!(
            line.contains("reload refused: ") && line.contains("country.mmdb"),
            "{line}"
        );
        sent += sender.send(&frames);
    }
    fs::write(net.path("country.mmdb"), &whole).unwrap();
    assert!(reload(&mut capture).ends_with("reloaded: nothing has changed"));
    sent += sender.send(&frames);
    fs::write(net.path("country.mmdb"), database(true)).unwrap();
    let (table, _) = served(&reload(&mut capture));
    sent += sender.send(&frames);
    capture.done();
    let summary = net.summary();
    assert_eq!(frames_add_up(&summary), (sent, 0));
    let records = net.records("flows.jsonl");
    records_add_up(&summary, &records);
    // Two for each flow: all before the repair in one, by one table, in one class.
    assert_eq!(records.len(), 40);
    assert_eq!(tables(&records).len(), 2);
    for record in &records {
        let is_new = record["geo"] == table.as_str();
        assert_eq!(record["dst_country"], if is_new { "FR" } else { "DE" });
        // What was in the ring still is judged by what came after it.
        let counts = if is_new { 1..=2 } else { 9..=10 };
        assert!(counts.contains(&packets(record)), "{record}");
        assert_eq!(record["class"], "foreign_foreign");
    }
}
