//! A replay with pseudonyms lets no address of an end at home out, in any form, and changes nothing else.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop where it is"
)]

mod common;

use common::Sandbox;
use common::search::Needles;
use sekisho::demo::capture::{Format, pcap_image};
use sekisho::demo::{OwnedFrame, Traffic};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

const SECRET: &str = "f0e1d2c3b4a5968778695a4b3c2d1e0ff0e1d2c3b4a5968778695a4b3c2d1e0f";

/// A replay of the capture: records and summary.
fn replay(sandbox: &Sandbox, config: &Path, more: &[&str]) -> (Vec<Value>, Vec<u8>, Value) {
    sandbox.clear();
    let (capture, config) = (sandbox.input("a.pcap"), config.to_str().unwrap());
    let mut arguments = vec![
        "replay",
        capture.to_str().unwrap(),
        "-c",
        config,
        "-o",
        "records",
    ];
    arguments.extend(["--summary", "books.json", "--progress", "never", "-vvv"]);
    arguments.extend(more);
    let run = sandbox.run(&arguments, None).expect_code(0);
    for said in [&run.stdout, &run.stderr] {
        assert!(!String::from_utf8_lossy(said).contains(&SECRET[..8]));
    }
    let records = sandbox.read("records");
    let lines = String::from_utf8(records.clone()).unwrap();
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    let summary = serde_json::from_slice(&sandbox.read("books.json")).unwrap();
    (lines.collect(), records, summary)
}

fn config(sandbox: &Sandbox, mode: &str) -> std::path::PathBuf {
    let key = sandbox.put("pseudonym.key", format!("{SECRET}\n").as_bytes());
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let text = format!("[pseudonym]\nmode = \"{mode}\"\nkey = \"pseudonym.key\"\n");
    sandbox.put(&format!("{mode}.toml"), text.as_bytes())
}

/// The ends of a record that may be at home.
fn ends_at_home(record: &Value) -> impl Iterator<Item = &'static str> {
    let ends = [("src_place", "src_ip"), ("dst_place", "dst_ip")];
    let ends = ends.map(|(place, ip)| (record[place] != "foreign").then_some(ip));
    ends.into_iter().flatten()
}

/// The record without what pseudonyms change.
fn without(mut record: Value) -> String {
    for ip in ends_at_home(&record).collect::<Vec<_>>() {
        record[ip] = Value::Null;
    }
    let fields = record.as_object_mut().unwrap();
    fields.remove("seq");
    let flags = fields.get_mut("flags").unwrap().as_array_mut().unwrap();
    flags.retain(|flag| !flag.as_str().unwrap().starts_with("pseudonym_"));
    record.to_string()
}

#[test]
fn no_address_at_home_comes_out_and_nothing_else_changes() {
    let sandbox = Sandbox::new();
    // Large enough for ranges of several lanes.
    let frames: Vec<OwnedFrame> = Traffic::new(11, 25_000).collect();
    let capture = pcap_image(&frames, Format::USUAL);
    assert!(capture.len() > 9 << 20, "{}", capture.len());
    sandbox.put("a.pcap", &capture);
    let none = sandbox.put("none.toml", b"");
    let (plain, _, books) = replay(&sandbox, &none, &[]);

    let mut secrets = Needles::default();
    let (mut at_home, mut abroad) = (BTreeSet::new(), BTreeSet::new());
    for record in &plain {
        let home: Vec<_> = ends_at_home(record).collect();
        for ip in ["src_ip", "dst_ip"] {
            let address: IpAddr = record[ip].as_str().unwrap().parse().unwrap();
            let list = if home.contains(&ip) {
                &mut at_home
            } else {
                &mut abroad
            };
            list.insert(address);
        }
    }
    assert!(at_home.is_disjoint(&abroad));
    assert!(at_home.len() > 100, "{}", at_home.len());
    for address in &at_home {
        secrets.address("an end at home", *address);
    }
    let seen = |bytes: &[u8]| secrets.find(bytes).len();
    assert!(seen(&sandbox.read("records")) > 100);

    let mut expected: Vec<String> = plain.iter().cloned().map(without).collect();
    expected.sort();
    for mode in ["deterministic", "prefix"] {
        let config = config(&sandbox, mode);
        let (records, bytes, summary) = replay(&sandbox, &config, &["--lanes", "1"]);
        for (path, left) in sandbox.leavings() {
            let found = secrets.find(&left);
            assert!(found.is_empty(), "{}: {:?}", path.display(), &found[..1]);
        }
        // The settings differ, and only they.
        let mut same = summary.clone();
        same["config"] = books["config"].clone();
        assert_eq!(same, books);
        let mut got: Vec<String> = records.iter().cloned().map(without).collect();
        got.sort();
        assert!(got == expected, "{mode}: something else changed");
        let mut pseudonyms = BTreeMap::new();
        for record in &records {
            let flags = record["flags"].as_array().unwrap();
            for ip in ["src_ip", "dst_ip"] {
                let is_marked = flags.contains(&format!("pseudonym_{}", &ip[..3]).into());
                assert_eq!(is_marked, ends_at_home(record).any(|end| end == ip));
                let text = record[ip].as_str().unwrap();
                if is_marked {
                    let address: IpAddr = text.parse().unwrap();
                    *pseudonyms.entry(address).or_insert(0) += 1;
                }
            }
        }
        // As many as there were addresses, but for those that had a MAC address in them.
        let is_eui64 = |address: &&IpAddr| match address {
            IpAddr::V4(_) => false,
            IpAddr::V6(address) => address.octets()[11..13] == [0xff, 0xfe],
        };
        let with_mac = at_home.iter().filter(is_eui64).count();
        let fewest = at_home.len() - with_mac;
        assert!((fewest..=at_home.len()).contains(&pseudonyms.len()));
        if mode == "deterministic" {
            assert!(pseudonyms.keys().all(IpAddr::is_ipv6));
        }
        let (_, three, summary_of_three) = replay(&sandbox, &config, &["--lanes", "3"]);
        assert!(three == bytes, "3 lanes wrote other records");
        assert_eq!(summary_of_three, summary);
    }
}

#[test]
fn records_that_start_together_stand_in_the_order_of_what_is_written() {
    let sandbox = Sandbox::new();
    let mut frames: Vec<OwnedFrame> = Traffic::new(5, 3_000).collect();
    let seen = frames[0].seen;
    frames.iter_mut().for_each(|frame| frame.seen = seen);
    sandbox.put("a.pcap", &pcap_image(&frames, Format::USUAL));
    let rank = |record: &Value| {
        let end = |end: &str| {
            let address = record[&format!("{end}_ip")].as_str().unwrap().parse();
            let port = record[&format!("{end}_port")].as_u64().unwrap();
            let number = match address.unwrap() {
                IpAddr::V4(address) => u128::from(u32::from(address)),
                IpAddr::V6(address) => u128::from(address),
            };
            (number, port, record[&format!("{end}_place")] == "foreign")
        };
        let (src, dst) = (end("src"), end("dst"));
        // The end abroad has the version.
        let abroad = if src.2 { "src_ip" } else { "dst_ip" };
        let is_v6 = record[abroad].as_str().unwrap().contains(':');
        let mut ends = [(src.0, src.1), (dst.0, dst.1)];
        ends.sort_unstable();
        (is_v6, record["protocol"].as_u64().unwrap(), ends)
    };
    let none = sandbox.put("none.toml", b"");
    let (plain, _, _) = replay(&sandbox, &none, &[]);
    assert!(plain.is_sorted_by_key(rank) && plain.len() > 200);
    let plain: Vec<String> = plain.into_iter().map(without).collect();
    for mode in ["deterministic", "prefix"] {
        let (records, _, _) = replay(&sandbox, &config(&sandbox, mode), &[]);
        assert!(records.is_sorted_by_key(rank), "{mode}");
        let records: Vec<String> = records.into_iter().map(without).collect();
        assert_ne!(records, plain);
    }
}

#[test]
fn a_key_that_others_may_read_is_refused_before_anything_is_read() {
    let sandbox = Sandbox::new();
    let config = config(&sandbox, "deterministic");
    let key = sandbox.input("pseudonym.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let config = config.to_str().unwrap();
    for arguments in [
        &["replay", "none.pcap", "-c", config][..],
        &["check", config],
        &["demo", "-c", config],
    ] {
        let run = sandbox.run(arguments, None).expect_code(78);
        let said = String::from_utf8(run.stderr).unwrap();
        let line = format!(
            "sekisho: the key of pseudonyms is not secret: {}: make a new one: umask 077; openssl rand -hex 32 > FILE\n",
            key.display()
        );
        assert_eq!(said, line);
    }
}

#[test]
fn records_that_expired_are_purged_and_others_stay() {
    let sandbox = Sandbox::new();
    let frames: Vec<OwnedFrame> = Traffic::new(3, 2_000).collect();
    sandbox.put("a.pcap", &pcap_image(&frames, Format::USUAL));
    let config = sandbox.put("kept.toml", b"[retention]\ndays = 30\n");
    let (records, _, _) = replay(&sandbox, &config, &[]);
    for record in &records {
        assert_eq!(record["collected_at"], record["end"]);
        assert_eq!(record["authorisation"], "self-authorised");
    }
    let ends = records
        .iter()
        .map(|record| record["expires_at"].as_str().unwrap());
    let last = ends.max().unwrap().to_owned();
    fs::rename(
        sandbox.work().join("records"),
        sandbox.work().join("r.jsonl"),
    )
    .unwrap();
    let purge = |before: &str, more: &[&str]| {
        let arguments = [&["purge", ".", "--before", before], more].concat();
        String::from_utf8(sandbox.run(&arguments, None).expect_code(0).stdout).unwrap()
    };
    // The day before the last of them expires.
    let said = purge(&last[..10], &[]);
    assert_eq!(
        said,
        "removed: 0 files, 0 records, 0 B; not expired: 1 file\n"
    );
    let said = purge(&last, &["--dry-run"]);
    assert!(said.contains("\nwould be removed: 1 file, "), "{said}");
    let said = purge(&last, &[]);
    let count = records.len();
    assert!(
        said.contains(&format!("\nremoved: 1 file, {count} records, ")),
        "{said}"
    );
    assert!(said.starts_with("file"), "{said}");
    assert!(
        said.contains("./r.jsonl ") && said.contains(&last),
        "{said}"
    );
    assert!(!sandbox.work().join("r.jsonl").exists());
    // Nothing was asked for: nothing expires.
    let (plain, _, _) = replay(&sandbox, &sandbox.put("none.toml", b""), &[]);
    assert!(
        plain
            .iter()
            .all(|record| record.get("expires_at").is_none())
    );
}
