//! Splits of ordinary captures.

use crate::made::{BEGIN, SECOND, Set, assert_same, example};
use sekisho::demo::OwnedFrame;
use sekisho::demo::capture::{Format, pcap_image};
use sekisho::demo::rng::Rng;
use sekisho::time::Timestamp;
use std::fs;

/// The example in files that begin and end anywhere.
fn cut_example(files: usize, seed: u64) -> Set {
    let frames = example();
    let mut rng = Rng::new(seed);
    let mut cuts: Vec<usize> = (1..files)
        .map(|_| rng.below(frames.len() as u64) as usize)
        .collect();
    cuts.sort_unstable();
    Set::cut(&frames, &cuts)
}

#[test]
fn any_split_gives_what_one_run_gives() {
    let set = cut_example(20, 1);
    let one = set.one(&[], 0);
    assert!(one.values().map(Vec::len).sum::<usize>() > 100_000);
    for of in [1, 2, 3, 5, 8, 40] {
        let shards = set.shards(of, &[]);
        let (merged, said) = set.merge(&shards, &[], 0);
        assert_same(&one, &merged, &format!("{of} shards"));
        assert!(!said.contains("read again"), "{said}");
    }
}

#[test]
fn so_does_every_format_number_of_lanes_and_order_of_shards() {
    let set = cut_example(9, 2);
    let one = set.one(&["--format", "csv"], 0);
    let alone = ["--lanes", "1"];
    let mut shards = set.shards(5, &alone);
    let csv = ["--format", "csv"];
    assert_same(&one, &set.merge(&shards, &csv, 0).0, "csv for merge");
    shards.rotate_left(2);
    shards.swap(0, 3);
    assert_same(&one, &set.merge(&shards, &csv, 0).0, "another order");
    let three = ["--lanes", "3", "--format", "csv"];
    let shards = set.shards(3, &three);
    let lanes = ["--lanes", "3"];
    assert_same(&one, &set.merge(&shards, &lanes, 0).0, "csv for shards");
    let null = set.one(&["--format", "null"], 0);
    let merged = set.merge(&shards, &["--format", "null"], 0).0;
    assert_same(&null, &merged, "counted only");
}

#[test]
fn settings_are_those_of_the_shards() {
    let set = cut_example(7, 3);
    let lists = ["home.txt", "anycast.txt"].map(|name| set.sandbox.work().join(name));
    fs::write(&lists[0], "8.8.8.0/24\n").unwrap();
    fs::write(&lists[1], "1.1.1.0/24\n").unwrap();
    let file = set.sandbox.work().join("sekisho.toml");
    fs::write(
        &file,
        "sensor = \"elsewhere\"\n[geo]\nhome = [\"US\", \"JP\"]\ndomestic_list = [\"home.txt\"]\n\
         anycast_list = [\"anycast.txt\"]\n[flow]\nidle = 7\nactive = 20\n[ledger]\ninterval = 5\n\
         [retention]\ndays = 3\n",
    )
    .unwrap();
    let settings = ["-c", "sekisho.toml", "--authorize", "foreign_domestic"];
    let one = set.one(&settings, 0);
    let shards = set.shards(3, &settings);
    assert_same(&one, &set.merge(&shards, &[], 0).0, "settings");
}

#[test]
fn captures_out_of_order_in_time_are_joined_as_one_run_joins_them() {
    let frames = example();
    let third = frames.len() / 3;
    // The same hosts and ports an hour before, in the middle; and in files of which one goes back by 20 s.
    let moved = |frames: &[OwnedFrame], by: i64| -> Vec<OwnedFrame> {
        let mut frames = frames.to_vec();
        for frame in &mut frames {
            let nanos = frame.seen.nanos().saturating_add_signed(by);
            frame.seen = Timestamp::from_nanos(nanos);
        }
        frames
    };
    let (one, two) = (SECOND as i64, 3_600 * SECOND as i64);
    let files = [
        moved(&frames[..third], 0),
        moved(&frames[third / 2..2 * third], -two),
        moved(&frames[third..2 * third], -20 * one),
        moved(&frames[third..2 * third], 0),
        moved(&frames[2 * third..], 0),
        moved(&frames[..third], 5 * one),
    ];
    let files = files.map(|frames| pcap_image(&frames, Format::USUAL));
    let set = Set::of(&files);
    let one = set.one(&[], 0);
    for of in [2, 3, 6] {
        let shards = set.shards(of, &["--lanes", "2"]);
        let (merged, _) = set.merge(&shards, &[], 0);
        assert_same(&one, &merged, &format!("{of} shards"));
    }
}

#[test]
fn damaged_and_missing_captures_are_told_of_as_one_run_tells() {
    let frames = example();
    let whole = pcap_image(&frames[..900], Format::USUAL);
    let mut set = Set::of(&[
        whole[..whole.len() - 40].to_vec(),
        pcap_image(&frames[900..1_500], Format::USUAL),
        pcap_image(&frames[1_500..], Format::USUAL),
    ]);
    let path = |name: &str| set.sandbox.input(name).display().to_string();
    let inputs = [
        path("00000.pcap"),
        path("not-there.pcap"),
        path("00001.pcap"),
        path("00002.pcap"),
        path("nor-this"),
    ];
    set.inputs = inputs.to_vec();
    let one = set.one(&[], 1);
    for of in [1, 2, 4] {
        let shards = set.shards(of, &[]);
        let (merged, said) = set.merge(&shards, &[], 1);
        assert_same(&one, &merged, &format!("{of} shards"));
        for what in ["00000.pcap", "not-there.pcap", "nor-this"] {
            assert_eq!(said.matches(what).count(), 1, "{said}");
        }
    }
}

#[test]
fn where_nothing_can_be_read_merge_ends_as_one_run_does() {
    let mut set = Set::of(&[]);
    set.inputs = vec!["nothing.pcap".to_owned(), "here.pcap".to_owned()];
    let shards = set.shards(2, &[]);
    let mut arguments = vec!["merge", "out"];
    arguments.extend(shards.iter().map(String::as_str));
    let merged = set.run(&arguments).expect_code(66);
    let one = set.run(&["replay", "nothing.pcap", "here.pcap", "-o", "out"]);
    assert_eq!(one.code, Some(66));
    assert_eq!(
        String::from_utf8_lossy(&one.stderr),
        String::from_utf8_lossy(&merged.stderr)
    );
    assert!(!set.sandbox.work().join("out").exists());
}

#[test]
fn flows_over_many_files_are_one_record() {
    use crate::made::{abroad, frame};
    use sekisho::demo::packet::{ip, udp};
    let ends = abroad(&mut Rng::new(5));
    let frames: Vec<OwnedFrame> = (0..64)
        .map(|nth| {
            let packet = ip(ends, udp(ends, 1_000, 2_000, b"x"));
            frame(BEGIN + nth * SECOND, packet)
        })
        .collect();
    let cuts: Vec<usize> = (1..64).collect();
    let set = Set::cut(&frames, &cuts);
    let one = set.one(&[], 0);
    let text = String::from_utf8(one["records".as_ref() as &std::path::Path].clone()).unwrap();
    assert_eq!(text.lines().count(), 1);
    assert!(text.contains("\"src_packets\":64"), "{text}");
    let shards = set.shards(64, &[]);
    assert_same(&one, &set.merge(&shards, &[], 0).0, "64 shards");
}
