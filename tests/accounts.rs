//! The ledger of replays: what it says is what was done, whoever checks it, and nobody is named in it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop where it is"
)]
#![cfg(feature = "embedded-geo")]

mod common;

use common::Sandbox;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

const CAPTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/example.pcap");

/// Every file under a folder, by its name from there.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_owned();
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}

#[track_caller]
fn replay(sandbox: &Sandbox, books: &str, more: &[&str]) {
    let mut arguments = vec!["replay", CAPTURE, "--ledger", books, "--ledger-key", "key"];
    arguments.extend(more);
    sandbox.run(&arguments, None).expect_code(0);
}

#[track_caller]
fn verified(sandbox: &Sandbox, books: &str, more: &[&str]) -> Value {
    let mut arguments = vec!["verify", books, "--json"];
    arguments.extend(more);
    let run = sandbox.run(&arguments, None);
    let said = String::from_utf8_lossy(&run.stdout).into_owned();
    assert_eq!(run.code, Some(0), "{said}");
    serde_json::from_str(&said).unwrap()
}

#[test]
fn the_ledger_of_a_replay_is_the_same_whatever_the_lanes_and_holds_with_its_records() {
    let sandbox = Sandbox::new();
    for (books, lanes) in [("one", "1"), ("three", "3")] {
        replay(&sandbox, books, &["-o", "flows.jsonl", "--lanes", lanes]);
        verified(&sandbox, books, &["--records", "flows.jsonl"]);
    }
    let work = sandbox.work();
    assert!(files(&work.join("one")) == files(&work.join("three")));
    // Other records are not its own.
    let text = fs::read_to_string(work.join("flows.jsonl")).unwrap();
    let other = text.replacen("\"seq\":0", "\"seq\":9", 1);
    assert_ne!(text, other);
    fs::write(work.join("flows.jsonl"), other).unwrap();
    let arguments = ["verify", "one", "--records", "flows.jsonl"];
    sandbox.run(&arguments, None).expect_code(3);
}

#[test]
fn every_format_and_no_format_at_all_adds_up() {
    let sandbox = Sandbox::new();
    for format in ["jsonl", "csv", "null"] {
        replay(&sandbox, "books", &["--format", format, "-o", "flows"]);
    }
    verified(&sandbox, "books", &[]);
}

#[test]
fn a_run_without_a_result_is_in_the_ledger_as_that() {
    let sandbox = Sandbox::new();
    let damaged = sandbox.put("no.pcap", b"this is no capture at all, and never was one");
    let arguments = ["replay", damaged.to_str().unwrap(), "--ledger", "books"];
    sandbox.run(&arguments, None).expect_code(65);
    verified(&sandbox, "books", &[]);
    let text = files(&sandbox.work().join("books"));
    let says = |words: &str| {
        let words = words.as_bytes();
        let mut files = text.values();
        files.any(|file| file.windows(words.len()).any(|part| part == words))
    };
    assert!(says("\"kind\":\"aborted\"") && !says("no.pcap"));
}

#[test]
fn nobody_is_named_in_the_ledger_its_proofs_and_its_report() {
    let sandbox = Sandbox::new();
    replay(&sandbox, "books", &["-o", "flows.jsonl"]);
    let proof = ["verify", "books", "--proof", "7", "-o", "books/proof"];
    sandbox.run(&proof, None).expect_code(0);
    for lang in ["en", "ja"] {
        let page = format!("books/{lang}.html");
        let report = [
            "report",
            "books",
            "--lang",
            lang,
            "-o",
            &page,
            "--json",
            "books/j.json",
        ];
        sandbox.run(&report, None).expect_code(0);
    }
    let records = fs::read_to_string(sandbox.work().join("flows.jsonl")).unwrap();
    let mut named: Vec<String> = Vec::new();
    for line in records.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        for key in ["src_ip", "dst_ip"] {
            named.push(record[key].as_str().unwrap().to_owned());
        }
    }
    assert!(named.len() > 100);
    for (name, bytes) in files(&sandbox.work().join("books")) {
        let text = String::from_utf8_lossy(&bytes);
        for address in &named {
            assert!(
                !text.contains(address.as_str()),
                "{address} in {}",
                name.display()
            );
        }
        let words = text.split(|c: char| !(c.is_ascii_hexdigit() || ".:".contains(c)));
        for word in words.filter(|word| word.contains('.') || word.matches(':').count() > 1) {
            let is_address = word.parse::<IpAddr>().is_ok();
            assert!(!is_address, "{word} in {}", name.display());
        }
        // As four or sixteen bytes, too: hashes are too few to hold one by chance.
        for address in named.iter().filter_map(|address| address.parse().ok()) {
            if let IpAddr::V6(address) = address {
                let part = address.octets();
                assert!(!bytes.windows(16).any(|window| window == part));
            }
        }
    }
}

#[test]
fn a_pipe_that_a_result_goes_into_stays_a_pipe() {
    use std::os::unix::fs::FileTypeExt as _;
    let sandbox = Sandbox::new();
    replay(&sandbox, "books", &["--format", "null"]);
    let pipe = sandbox.work().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let other = sandbox.put("other.txt", b"80.0.0.0/8,DE\n");
    let truth = other.to_str().unwrap();
    for arguments in [
        &["verify", "books", "--proof", "1", "-o", "pipe"][..],
        &["report", "books", "-o", "pipe"],
        &["report", "books", "--json", "pipe"],
        &["evaluate", "--truth", truth, "--json", "pipe"],
    ] {
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || fs::read(pipe).unwrap()
        });
        sandbox.run(arguments, None).expect_code(0);
        assert!(
            fs::metadata(&pipe).unwrap().file_type().is_fifo(),
            "{arguments:?}"
        );
        assert!(!reader.join().unwrap().is_empty(), "{arguments:?}");
    }
}

#[test]
fn an_audit_compares_a_capture_with_what_was_done_then() {
    let sandbox = Sandbox::new();
    replay(&sandbox, "books", &["--format", "null"]);
    let audit = |more: &[&str], code: i32| {
        let mut arguments = vec!["replay", CAPTURE, "--format", "null", "--audit", "books"];
        arguments.extend(more);
        let run = sandbox.run(&arguments, None).expect_code(code);
        String::from_utf8(run.stderr).unwrap()
    };
    let same = audit(&[], 0);
    assert!(
        same.contains("of what was kept then, 0 packets or more would be excluded now"),
        "{same}"
    );
    let list = sandbox.put("list.txt", b"0.0.0.0/1\n");
    let now = audit(&["--domestic-list", list.to_str().unwrap()], 0);
    let row = |name: &str| -> Vec<String> {
        let is_it = |line: &&str| line.trim_start().starts_with(name);
        let line = now.lines().rfind(is_it).unwrap();
        line.split_whitespace().map(str::to_owned).collect()
    };
    let (kept, excluded) = (row("kept"), row("excluded"));
    assert_eq!(kept[3].replace('-', "+"), excluded[3]);
    assert!(kept[3].starts_with('-'), "{now}");
    assert_eq!(row("operator_domestic")[1], "0");
    // Another capture is not compared.
    let other = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/tunnels.pcap");
    let arguments = ["replay", other, "--format", "null", "--audit", "books"];
    let run = sandbox.run(&arguments, None).expect_code(3);
    assert!(
        String::from_utf8(run.stderr)
            .unwrap()
            .contains("no run in the ledger read these")
    );
}

#[test]
fn a_second_run_waits_for_nobody() {
    let sandbox = Sandbox::new();
    replay(&sandbox, "books", &["--format", "null"]);
    let key = sekisho::ledger::Key::load_or_create(&sandbox.work().join("key"), "sekisho/sekisho");
    let (_held, _) =
        sekisho::ledger::Ledger::open(&sandbox.work().join("books"), &key.unwrap()).unwrap();
    let arguments = [
        "replay",
        CAPTURE,
        "--format",
        "null",
        "--ledger",
        "books",
        "--ledger-key",
        "key",
    ];
    sandbox.run(&arguments, None).expect_code(75);
}
