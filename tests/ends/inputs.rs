//! Inputs: damaged, missing, of another kind, good and bad together.

use super::{balanced, complaints, example, refused};
use crate::common::Sandbox;
use serde_json::Value;
use std::fs;

#[test]
fn a_cut_capture_is_read_up_to_the_cut_and_ends_with_1() {
    let sandbox = Sandbox::new();
    sandbox.put("cut.pcap", &example()[..50_000]);
    let run = sandbox
        .run(
            &[
                "replay",
                "../in/cut.pcap",
                "-o",
                "f.jsonl",
                "--summary",
                "s.json",
            ],
            None,
        )
        .expect_code(1);
    assert_eq!(
        complaints(&run),
        [
            "damaged input: \"../in/cut.pcap\": cut inside a record (32 of 128 bytes) at offset 49952: \
             what was whole before it was read"
        ]
    );
    let summary: Value = serde_json::from_slice(&sandbox.read("s.json")).unwrap();
    let (frames, exported) = balanced(&summary);
    assert_eq!(frames, 438);
    assert_eq!(summary["inputs"][0]["complete"], false);
    let records = sandbox.read("f.jsonl");
    assert_eq!(
        records.iter().filter(|byte| **byte == b'\n').count() as u64,
        exported
    );
}

#[test]
fn what_is_no_capture_ends_with_65() {
    let sandbox = Sandbox::new();
    sandbox.put("empty", b"");
    sandbox.put("notes.txt", b"no capture at all");
    for name in ["empty", "notes.txt"] {
        refused(
            &sandbox,
            &["replay", &format!("../in/{name}"), "-o", "f.jsonl"],
            65,
            &[&format!(
                "not a capture: \"../in/{name}\": give pcap or pcapng, plain or in gzip, zstd or lz4"
            )],
        );
    }
    refused(
        &sandbox,
        &["replay", "../in", "-o", "f.jsonl"],
        65,
        &[
            "no capture in the folder: \"../in\": give the folder that holds them; those inside it are not searched",
        ],
    );
}

#[test]
fn where_nothing_opens_every_input_has_its_line_and_the_first_decides() {
    let sandbox = Sandbox::new();
    sandbox.put("notes.txt", b"no capture at all");
    let missing = "no such input: \"../in/none.pcap\": check the name";
    let text =
        "not a capture: \"../in/notes.txt\": give pcap or pcapng, plain or in gzip, zstd or lz4";
    refused(
        &sandbox,
        &["replay", "../in/none.pcap", "../in/notes.txt"],
        66,
        &[missing, text],
    );
    refused(
        &sandbox,
        &["replay", "../in/notes.txt", "../in/none.pcap"],
        65,
        &[text, missing],
    );
}

#[test]
fn of_several_inputs_the_good_ones_are_read_and_each_bad_one_has_its_line() {
    let sandbox = Sandbox::new();
    let example = example();
    sandbox.put("a.pcap", &example);
    sandbox.put("b.pcap", &example[..50_000]);
    sandbox.put("c.txt", b"no capture at all");
    fs::create_dir(sandbox.input("d")).unwrap();
    sandbox.put("e.pcap", &example);
    let names =
        ["none", "a.pcap", "b.pcap", "c.txt", "d", "e.pcap"].map(|name| format!("../in/{name}"));
    for lanes in ["1", "3"] {
        let mut arguments = vec![
            "replay",
            "--format",
            "null",
            "--summary",
            "-",
            "--lanes",
            lanes,
        ];
        arguments.extend(names.iter().map(String::as_str));
        let run = sandbox.run(&arguments, None).expect_code(1);
        let lines = complaints(&run);
        assert_eq!(lines.len(), 4, "{lines:?}");
        for (line, start) in lines.iter().zip([
            "no such input: \"../in/none\"",
            "damaged input: \"../in/b.pcap\"",
            "not a capture: \"../in/c.txt\"",
            "no capture in the folder: \"../in/d\"",
        ]) {
            assert!(line.starts_with(start), "{line}");
        }
        let summary: Value = serde_json::from_slice(&run.stdout).unwrap();
        assert_eq!(balanced(&summary).0, 2 * 2_800 + 438);
        let inputs = summary["inputs"].as_array().unwrap();
        assert_eq!(inputs.len(), names.len());
        for ((input, name), (packets, complete)) in inputs.iter().zip(&names).zip([
            (0, false),
            (2_800, true),
            (438, false),
            (0, false),
            (0, false),
            (2_800, true),
        ]) {
            assert_eq!(input["path"], name.as_str());
            assert_eq!(
                (&input["packets"], &input["complete"]),
                (&packets.into(), &complete.into())
            );
        }
    }
}

#[test]
fn check_refuses_a_table_that_a_run_would_refuse() {
    let sandbox = Sandbox::new();
    sandbox.put("a.pcap", &example());
    let table = sandbox.put(
        "delegated",
        b"2|apnic|20260922|1|19830613|20260921|+1000\napnic|*|ipv4|*|1|summary\n\
          apnic|AU|ipv4|1.0.0.0|256|20110811|assigned|A\n",
    );
    let table = table.to_str().unwrap();
    for arguments in [
        &["check", "--geo", table][..],
        &["replay", "../in/a.pcap", "--geo", table],
    ] {
        refused(
            &sandbox,
            arguments,
            78,
            &[
                "no source has an address of home: JP: give a table that covers it, or another --home",
            ],
        );
    }
}

#[test]
fn cut_at_every_byte_all_whole_packets_are_counted() {
    let sandbox = Sandbox::new();
    let example = example();
    let record = |at: usize| {
        let captured: [u8; 4] = example[at + 8..at + 12].try_into().unwrap();
        at + 16 + u32::from_le_bytes(captured) as usize
    };
    let ends = [record(24), record(record(24))];
    let names: Vec<String> = (1..=ends[1])
        .map(|length| {
            let name = format!("{length:04}.pcap");
            sandbox.put(&name, &example[..length]);
            format!("../in/{name}")
        })
        .collect();
    let mut arguments = vec!["replay", "--format", "null", "--summary", "-"];
    arguments.extend(names.iter().map(String::as_str));
    let run = sandbox.run(&arguments, None).expect_code(1);
    let summary: Value = serde_json::from_slice(&run.stdout).unwrap();
    balanced(&summary);
    let complaints = complaints(&run);
    for (length, input) in (1..).zip(summary["inputs"].as_array().unwrap()) {
        let whole = ends.iter().filter(|end| **end <= length).count();
        assert_eq!(input["packets"], whole, "cut after {length}");
        let complete = length == 24 || ends.contains(&length);
        assert_eq!(input["complete"], complete, "cut after {length}");
        let named = complaints
            .iter()
            .filter(|line| line.contains(&format!("{length:04}.pcap")))
            .count();
        assert_eq!(named, usize::from(!complete), "cut after {length}");
    }
}
