//! Row 40: packet times in any order, and at the ends of what a capture can say.

use crate::common::Sandbox;
use sekisho::decode::{Fragment, Headers, decode};
use sekisho::demo::capture::{Format, pcap_image, pcapng_image};
use sekisho::demo::link::{MACS, ethernet};
use sekisho::demo::packet::{Ends, Tcp, flags, ip, tcp};
use sekisho::demo::rng::Rng;
use sekisho::demo::{OwnedFrame, Traffic};
use sekisho::source::{Frame, LinkType};
use sekisho::time::Timestamp;
use serde_json::Value;
use std::net::Ipv4Addr;

/// Traffic in the order of time. What is judged by frames before it is left out: fragments.
fn traffic() -> Vec<OwnedFrame> {
    let mut frames = Vec::new();
    let mut headers = Headers::new();
    Traffic::new(40, 6_000).for_each_frame(&mut |frame: &Frame<'_>| {
        let _ = decode(frame, &mut headers);
        let layers = headers.layers();
        if layers.iter().all(|layer| layer.fragment == Fragment::Whole) {
            frames.push(OwnedFrame {
                seen: frame.seen,
                wire_len: frame.wire_len,
                link: frame.link,
                bytes: frame.bytes.to_vec(),
            });
        }
    });
    frames
}

/// The summary of a replay of these frames, its records, and the sums of its ledger.
fn replayed(frames: &[OwnedFrame]) -> (Value, Vec<Value>, Value) {
    let sandbox = Sandbox::new();
    sandbox.put("a.pcapng", &pcapng_image(frames));
    let arguments = [
        "replay",
        "../in/a.pcapng",
        "-o",
        "r.jsonl",
        "--summary",
        "s.json",
        "--ledger",
        "books",
    ];
    sandbox.run(&arguments, None).expect_code(0);
    let verify = ["verify", "books", "--records", "r.jsonl", "--json"];
    let verified = sandbox.run(&verify, None).expect_code(0).stdout;
    let records = String::from_utf8(sandbox.read("r.jsonl")).unwrap();
    let records = records
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    (
        serde_json::from_slice(&sandbox.read("s.json")).unwrap(),
        records.collect(),
        serde_json::from_slice(&verified).unwrap(),
    )
}

fn sum(records: &[Value], fields: [&str; 2]) -> u64 {
    let values = records
        .iter()
        .flat_map(|record| fields.map(|field| record[field].as_u64().unwrap()));
    values.sum()
}

#[test]
fn row_40_frames_in_any_order_have_the_totals_of_those_in_order() {
    let sorted = traffic();
    let mut rng = Rng::new(40);
    let mut shuffled = sorted.clone();
    for at in (1..shuffled.len()).rev() {
        shuffled.swap(at, (rng.next() % (at as u64 + 1)) as usize);
    }
    // As a mirror of many ports gives them: by a few milliseconds.
    let mut near = sorted.clone();
    for at in (0..near.len() - 8).step_by(8) {
        near[at..at + 8].reverse();
    }
    let (summary, records, verified) = replayed(&sorted);
    assert!(summary["admitted"]["packets"].as_u64().unwrap() > 2_000);
    for frames in [&shuffled, &near] {
        let (other, others, checked) = replayed(frames);
        for key in [
            "frames", "admitted", "excluded", "lost", "recalled", "balanced",
        ] {
            assert_eq!(summary[key], other[key], "{key}");
        }
        for fields in [
            ["src_packets", "dst_packets"],
            ["src_bytes", "dst_bytes"],
            ["src_wire_bytes", "dst_wire_bytes"],
        ] {
            assert_eq!(sum(&records, fields), sum(&others, fields), "{fields:?}");
        }
        assert_eq!(verified["frames"], checked["frames"]);
        // Times in a record are in order, whatever the order of its frames.
        assert!(
            others
                .iter()
                .all(|record| record["start"].as_str() <= record["end"].as_str())
        );
    }
}

#[test]
fn row_40_times_of_1970_and_of_2106_are_told_as_they_are() {
    let caller = |n: u8| Ipv4Addr::new(12, 0, 0, n);
    let ends = |n| Ends::new(caller(n), Ipv4Addr::new(79, 200, 1, 9));
    let seconds = [
        u32::MAX,
        0,
        1,
        i32::MAX as u32,
        1 << 31,
        1_763_790_540,
        0,
        u32::MAX,
    ];
    let frames = seconds.iter().zip(1..).map(|(seconds, n)| {
        let fields = Tcp {
            src_port: 40_000,
            dst_port: 443,
            seq: 1,
            ack: 0,
            flags: flags::SYN,
        };
        let bytes = ethernet(MACS, ip(ends(n), tcp(ends(n), fields, b""))).bytes;
        let seen = Timestamp::from_nanos(u64::from(*seconds) * 1_000_000_000);
        OwnedFrame::whole(seen, LinkType(1), bytes)
    });
    let frames: Vec<OwnedFrame> = frames.collect();
    let sandbox = Sandbox::new();
    sandbox.put("a.pcap", &pcap_image(&frames, Format::USUAL));
    let arguments = [
        "replay",
        "../in/a.pcap",
        "-o",
        "r.jsonl",
        "--ledger",
        "books",
    ];
    sandbox.run(&arguments, None).expect_code(0);
    let text = String::from_utf8(sandbox.read("r.jsonl")).unwrap();
    let starts: Vec<String> = text
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["start"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    let expected = [
        "1970-01-01T00:00:00",
        "1970-01-01T00:00:00",
        "1970-01-01T00:00:01",
        "2025-11-22T05:49:00",
        "2038-01-19T03:14:07",
        "2038-01-19T03:14:08",
        "2106-02-07T06:28:15",
        "2106-02-07T06:28:15",
    ];
    assert_eq!(starts, expected.map(|time| format!("{time}.000000000Z")));
    // Of 136 years, the ledger has the minutes in which something was seen, and a report can be made.
    let verify = ["verify", "books", "--records", "r.jsonl"];
    let said = sandbox.run(&verify, None).expect_code(0).stdout;
    let said = String::from_utf8(said).unwrap();
    assert!(said.contains("intervals  4, 1970-01-01T00:00:00"), "{said}");
    let report = ["report", "books", "-o", "r.html"];
    sandbox.run(&report, None).expect_code(0);
    assert!(sandbox.read("r.html").len() < 1 << 20);
}
