//! What must hold between runs, whatever the capture: the direction of traffic, what is excluded, the
//! number of lanes, where a capture was cut, how it was packed.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop where it is"
)]

mod common;

use common::Sandbox;
use common::swap::swapped;
use sekisho::demo::capture::{Format, Pcap, pcap_image};
use sekisho::demo::link::{Link, MACS};
use sekisho::demo::packet::{Ends, ip, udp};
use sekisho::demo::places::{Hosts, Place, v4};
use sekisho::demo::rng::Rng;
use sekisho::demo::scene::{Scene, dns, ping, quic, tcp_session};
use sekisho::demo::{OwnedFrame, Traffic, extensions, odd};
use sekisho::source::LinkType;
use sekisho::time::Timestamp;
use serde_json::Value;
use std::io::Write;
use std::path::Path;

const BEGIN: u64 = 1_793_523_600_000_000_000;

/// Records and summary of a run over some inputs.
struct Outcome {
    records: Vec<u8>,
    summary: Value,
}

impl Outcome {
    fn lines(&self) -> Vec<Value> {
        let text = std::str::from_utf8(&self.records).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

#[track_caller]
fn replay(sandbox: &Sandbox, inputs: &[&Path], more: &[&str], code: i32) -> Outcome {
    sandbox.clear();
    let mut arguments = vec!["replay"];
    arguments.extend(inputs.iter().map(|path| path.to_str().unwrap()));
    arguments.extend([
        "-o",
        "records",
        "--format",
        "jsonl",
        "--summary",
        "summary.json",
    ]);
    arguments.extend(["--progress", "never"]);
    arguments.extend(more);
    sandbox.run(&arguments, None).expect_code(code);
    Outcome {
        records: sandbox.read("records"),
        summary: serde_json::from_slice(&sandbox.read("summary.json")).unwrap(),
    }
}

fn usual(frames: &[OwnedFrame]) -> Vec<u8> {
    pcap_image(frames, Format::USUAL)
}

/// A record as the other direction's capture must have it.
fn mirrored(mut record: Value) -> Value {
    let fields = record.as_object_mut().unwrap();
    for name in ["ip", "port", "place", "country"] {
        let (src, dst) = (format!("src_{name}"), format!("dst_{name}"));
        let (was_src, was_dst) = (fields[&src].clone(), fields[&dst].clone());
        fields.insert(src, was_dst);
        fields.insert(dst, was_src);
    }
    let class = mirror_class(fields["class"].as_str().unwrap());
    fields.insert("class".into(), class.into());
    record
}

fn mirror_class(class: &str) -> String {
    let (src, dst) = class.split_once('_').unwrap();
    format!("{dst}_{src}")
}

/// Records without their number, in an order of their own.
fn unordered(records: Vec<Value>) -> Vec<String> {
    let mut lines: Vec<String> = records
        .into_iter()
        .map(|mut record| {
            record.as_object_mut().unwrap().remove("seq");
            record.to_string()
        })
        .collect();
    lines.sort();
    lines
}

#[test]
fn swapping_both_ends_of_every_packet_mirrors_the_records_and_nothing_else() {
    let sandbox = Sandbox::new();
    let (mut there, mut back) = (Vec::new(), Vec::new());
    for frame in Traffic::new(11, 6_000) {
        if let Some(turned) = swapped(&frame) {
            there.push(frame);
            back.push(turned);
        }
    }
    assert!(there.len() > 5_500);
    let there = replay(
        &sandbox,
        &[&sandbox.put("there.pcap", &usual(&there))],
        &[],
        0,
    );
    let back = replay(
        &sandbox,
        &[&sandbox.put("back.pcap", &usual(&back))],
        &[],
        0,
    );
    let expected = unordered(there.lines().into_iter().map(mirrored).collect());
    let got = unordered(back.lines());
    for (expected, got) in expected.iter().zip(&got) {
        assert_eq!(expected, got);
    }
    assert_eq!(expected.len(), got.len());
    assert!(expected.len() > 300);
    for same in ["frames", "excluded", "flows", "lost", "balanced"] {
        assert_eq!(there.summary[same], back.summary[same], "{same}");
    }
    let classes = there.summary["admitted"]["by_class"].as_object().unwrap();
    assert!(!classes.is_empty());
    for (class, count) in classes {
        let other = &back.summary["admitted"]["by_class"][mirror_class(class)];
        assert_eq!(count, other, "{class}");
    }
}

/// Conversations between these places, started every few milliseconds.
fn conversations(
    seed: u64,
    count: u64,
    pairs: &[(Place, Place)],
    odd_too: bool,
) -> Vec<OwnedFrame> {
    let mut rng = Rng::new(seed);
    let hosts = Hosts::new(&mut rng);
    let mut frames = Vec::new();
    for turn in 0..count {
        let start = Timestamp::from_nanos(BEGIN + turn * 300_000_000 + seed * 1_000);
        let mut scene = Scene::new(start, &mut rng, &hosts);
        if odd_too && turn % 4 == 0 {
            // ARP, discovery and groups: the first four scenes behind the tunnels.
            let first = sekisho::demo::encap::Wrap::ALL.len();
            odd::play(&mut scene, first + turn as usize / 4 % 4);
        } else {
            let (src, dst) = pairs[turn as usize % pairs.len()];
            let ends = scene.ends(src, dst);
            match turn % 5 {
                0 => dns(&mut scene, ends),
                1 => ping(&mut scene, ends, 2),
                2 => quic(&mut scene, ends, 2),
                _ => tcp_session(&mut scene, ends, 443, 2),
            }
        }
        frames.extend(scene.finish());
    }
    frames
}

#[test]
fn taking_excluded_traffic_out_of_a_capture_changes_no_record() {
    use Place::{Abroad, Documentation, Home, Private, Shared, Unlocated};
    let sandbox = Sandbox::new();
    let mut clean = conversations(
        1,
        400,
        &[
            (Home, Abroad),
            (Abroad, Home),
            (Abroad, Abroad),
            (Private, Abroad),
        ],
        false,
    );
    let noise = conversations(
        2,
        600,
        &[
            (Home, Home),
            (Home, Private),
            (Unlocated, Home),
            (Shared, Home),
            (Documentation, Abroad),
            (Private, Private),
        ],
        true,
    );
    let admitted = clean.len();
    let mut noisy = clean.clone();
    noisy.extend(noise);
    clean.sort_by_key(|frame| frame.seen);
    noisy.sort_by_key(|frame| frame.seen);
    let clean = replay(
        &sandbox,
        &[&sandbox.put("clean.pcap", &usual(&clean))],
        &[],
        0,
    );
    let noisy = replay(
        &sandbox,
        &[&sandbox.put("noisy.pcap", &usual(&noisy))],
        &[],
        0,
    );
    assert_eq!(clean.summary["admitted"]["packets"], admitted);
    assert_eq!(clean.summary["excluded"]["packets"], 0);
    assert_eq!(noisy.summary["admitted"], clean.summary["admitted"]);
    assert!(noisy.summary["excluded"]["packets"].as_u64().unwrap() > 2_000);
    assert!(!clean.records.is_empty());
    assert!(noisy.records == clean.records);
}

/// A capture of more than 100 MB: a demonstration, in which some flows never pause and datagrams come
/// in fragments far from each other.
fn large(path: &Path) {
    let file = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    let mut pcap = Pcap::new(file, LinkType(1), Format::USUAL).unwrap();
    let mut rng = Rng::new(3);
    let long: Vec<Ends> = (0..20)
        .map(|_| Ends::new(v4(Place::Home, &mut rng), v4(Place::Abroad, &mut rng)))
        .collect();
    let mut parts: Vec<(usize, OwnedFrame)> = Vec::new();
    for (index, frame) in Traffic::new(4, 270_000).enumerate() {
        let ends = long[index / 50 % long.len()];
        let put = |packet| {
            let (link, bytes) = Link::Ethernet.frame(MACS, packet);
            OwnedFrame::whole(frame.seen, link, bytes)
        };
        if index % 50 == 0 {
            pcap.write(&put(ip(ends, udp(ends, 30_000, 30_001, &[7; 400]))))
                .unwrap();
        }
        if index % 500 == 0 {
            let datagram = udp(ends, 30_002, 30_003, &[8; 4_000]);
            let cut = extensions::fragments(ends, index as u32 / 500, &datagram, 1_400);
            parts.extend(
                cut.into_iter()
                    .enumerate()
                    .map(|(n, part)| (index + n * 150, put(part))),
            );
        }
        parts.retain(|(due, part)| {
            if *due <= index {
                pcap.write(&OwnedFrame {
                    seen: frame.seen,
                    ..part.clone()
                })
                .unwrap();
            }
            *due > index
        });
        pcap.write(&frame).unwrap();
    }
    pcap.into_inner().flush().unwrap();
}

#[test]
fn the_number_of_lanes_changes_no_byte() {
    let sandbox = Sandbox::new();
    let path = sandbox.input("large.pcap");
    large(&path);
    assert!(path.metadata().unwrap().len() > 100_000_000);
    let one = replay(&sandbox, &[&path], &["--lanes", "1"], 0);
    assert!(one.records.len() > 1_000_000);
    for lanes in ["2", "3", "8"] {
        let more = replay(&sandbox, &[&path], &["--lanes", lanes], 0);
        assert!(
            more.records == one.records,
            "{lanes} lanes wrote other records"
        );
        assert_eq!(more.summary, one.summary, "{lanes} lanes");
    }
}

/// The capture that ships as an example.
fn example() -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/example.pcap")).unwrap()
}

/// Offsets of the records of a little-endian pcap file, and its end.
fn offsets(image: &[u8]) -> Vec<usize> {
    let mut found = vec![24];
    let mut at = 24;
    while at < image.len() {
        let kept = [image[at + 8], image[at + 9], image[at + 10], image[at + 11]];
        at += 16 + u32::from_le_bytes(kept) as usize;
        found.push(at);
    }
    found
}

#[test]
fn a_capture_that_was_cut_gives_what_its_whole_packets_give() {
    let sandbox = Sandbox::new();
    let image = example();
    let offsets = offsets(&image);
    let full = replay(&sandbox, &[&sandbox.put("full.pcap", &image)], &[], 0);
    let full: Vec<String> = unordered(full.lines());
    assert!(full.len() > 150);
    for (whole, more) in [(1, 1), (2, 15), (700, 16), (1_400, 17), (2_500, 40)] {
        let prefix = &image[..offsets[whole]];
        let cut = &image[..offsets[whole] + more];
        let prefix = replay(&sandbox, &[&sandbox.put("prefix.pcap", prefix)], &[], 0);
        let cut = replay(&sandbox, &[&sandbox.put("cut.pcap", cut)], &[], 1);
        assert!(cut.records == prefix.records, "cut in packet {}", whole + 1);
        assert_eq!(cut.summary["frames"]["packets"], whole);
        assert_eq!(cut.summary["inputs"][0]["complete"], false);
        // What ended before the cut is as it was.
        let ended = cut
            .lines()
            .into_iter()
            .filter(|record| record["end_reason"] != "end_of_input");
        for record in unordered(ended.collect()) {
            assert!(
                full.binary_search(&record).is_ok(),
                "not in the full run: {record}"
            );
        }
    }
}

#[test]
fn packing_and_piping_a_capture_changes_no_byte() {
    let sandbox = Sandbox::new();
    let image = example();
    let plain = replay(&sandbox, &[&sandbox.put("example.pcap", &image)], &[], 0);
    assert!(!plain.records.is_empty());
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&image).unwrap();
    let mut lz4 = lz4_flex::frame::FrameEncoder::new(Vec::new());
    lz4.write_all(&image).unwrap();
    let packed = [
        ("example.pcap.gz", gzip.finish().unwrap()),
        ("example.pcap.zst", zstd::encode_all(&image[..], 1).unwrap()),
        ("example.pcap.lz4", lz4.finish().unwrap()),
    ];
    for (name, bytes) in packed {
        let run = replay(&sandbox, &[&sandbox.put(name, &bytes)], &[], 0);
        assert!(run.records == plain.records, "{name}");
        assert_eq!(run.summary["frames"], plain.summary["frames"], "{name}");
    }
    sandbox.clear();
    let arguments = [
        "replay",
        "-",
        "-o",
        "-",
        "--format",
        "jsonl",
        "--progress",
        "never",
    ];
    let run = sandbox.run(&arguments, Some(&image)).expect_code(0);
    assert!(run.stdout == plain.records, "from standard input");
}

#[test]
fn files_in_order_give_what_one_file_of_all_gives() {
    let sandbox = Sandbox::new();
    let image = example();
    let offsets = offsets(&image);
    let whole = replay(&sandbox, &[&sandbox.put("whole.pcap", &image)], &[], 0);
    assert!(!whole.records.is_empty());
    for middle in [1, 900, 1_733] {
        let first = sandbox.put("1.pcap", &image[..offsets[middle]]);
        let rest = [&image[..24], &image[offsets[middle]..]].concat();
        let second = sandbox.put("2.pcap", &rest);
        let both = replay(&sandbox, &[&first, &second], &[], 0);
        assert!(
            both.records == whole.records,
            "split behind packet {middle}"
        );
        assert_eq!(both.summary["frames"], whole.summary["frames"]);
        assert_eq!(both.summary["excluded"], whole.summary["excluded"]);
    }
}

#[test]
fn turning_a_packet_round_twice_gives_it_back() {
    let mut turned_round = 0;
    for frame in Traffic::new(11, 6_000) {
        if let Some(turned) = swapped(&frame) {
            turned_round += usize::from(turned != frame);
            let again = swapped(&turned).unwrap_or_else(|| turned.clone());
            assert!(again == frame);
        }
    }
    assert!(turned_round > 5_500);
}
