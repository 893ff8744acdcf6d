//! Fragments whose first lies in the part before.

use crate::made::{
    BEGIN, SECOND, Set, abroad, assert_same, datagram, example, frame, torn_datagrams,
};
use sekisho::demo::OwnedFrame;
use sekisho::demo::capture::{Format, pcap_image};
use sekisho::demo::rng::Rng;
use serde_json::Value;
use std::path::Path;

/// Each frame in a file of its own.
fn each_alone(frames: &[OwnedFrame]) -> Set {
    let files: Vec<Vec<u8>> = frames
        .iter()
        .map(|frame| pcap_image(std::slice::from_ref(frame), Format::USUAL))
        .collect();
    Set::of(&files)
}

#[test]
fn a_later_fragment_has_the_fate_of_its_first_in_the_part_before() {
    let mut rng = Rng::new(3);
    let (kept, dropped) = (abroad(&mut rng), abroad(&mut rng));
    let mut frames = Vec::new();
    let parts = datagram(kept, 7, false, &mut rng);
    let hidden = datagram(dropped, 8, true, &mut rng);
    for (nth, (one, other)) in (0..).zip(parts.into_iter().zip(hidden)) {
        frames.push(frame(BEGIN + nth * 4 * SECOND, one));
        frames.push(frame(BEGIN + nth * 4 * SECOND + 1, other));
    }
    let set = each_alone(&frames);
    let one = set.one(&[], 0);
    let summary: Value = serde_json::from_slice(&one[Path::new("summary.json")]).unwrap();
    let reasons = &summary["excluded"]["by_reason"];
    assert_eq!(reasons["tunnel_domestic"]["packets"], 3);
    assert_eq!(reasons["fragment"]["packets"], 0);
    assert_eq!(summary["admitted"]["packets"], 3);
    for of in [2, 3, 6] {
        let shards = set.shards(of, &[]);
        let (merged, said) = set.merge(&shards, &[], 0);
        assert_same(&one, &merged, &format!("{of} shards"));
        assert!(!said.contains("read again"), "{said}");
    }
}

#[test]
fn a_key_that_was_barred_in_the_part_before_stays_barred() {
    let mut rng = Rng::new(4);
    let ends = abroad(&mut rng);
    let hidden = datagram(ends, 9, true, &mut rng);
    let again = datagram(ends, 9, true, &mut rng);
    let packets = [&hidden[0], &again[0], &again[1], &hidden[1], &again[2]];
    let frames: Vec<OwnedFrame> = (0..)
        .zip(packets)
        .map(|(nth, packet)| frame(BEGIN + nth * 10 * SECOND, packet.clone()))
        .collect();
    let set = each_alone(&frames);
    let one = set.one(&[], 0);
    for of in [2, 5] {
        let shards = set.shards(of, &[]);
        assert_same(&one, &set.merge(&shards, &[], 0).0, &format!("{of} shards"));
    }
}

#[test]
fn torn_datagrams_end_as_in_one_run_wherever_they_are_cut() {
    for seed in 0..3 {
        let frames = torn_datagrams(seed, 60);
        let set = each_alone(&frames);
        let one = set.one(&[], 0);
        for of in [2, 7, 16] {
            let shards = set.shards(of, &["--lanes", "2"]);
            let (merged, _) = set.merge(&shards, &[], 0);
            assert_same(&one, &merged, &format!("{of} shards, seed {seed}"));
        }
    }
}

#[test]
fn where_a_first_lies_further_back_than_a_shard_looks_the_captures_are_read_again() {
    let mut rng = Rng::new(6);
    let ends = abroad(&mut rng);
    let parts = datagram(ends, 7, true, &mut rng);
    // In the order of the files another hour lies between the two.
    let mut hour: Vec<OwnedFrame> = example();
    hour.truncate(50);
    let others = hour.iter().map(|one| one.seen.nanos());
    let (from, to) = (others.clone().min().unwrap(), others.max().unwrap());
    let at = to + 10_000 * SECOND;
    assert!(at - from > 9_000 * SECOND);
    let files = [
        pcap_image(&[frame(at, parts[0].clone())], Format::USUAL),
        pcap_image(&hour, Format::USUAL),
        pcap_image(&[frame(at + SECOND, parts[1].clone())], Format::USUAL),
    ];
    let set = Set::of(&files);
    let one = set.one(&[], 0);
    let shards = set.shards(64, &[]);
    let (merged, said) = set.merge(&shards, &[], 0);
    assert_same(&one, &merged, "64 shards");
    assert!(said.contains("a fragment may belong"), "{said}");
}
