//! Ranges of a capture give the frames of the whole.

use std::fs::File;
use std::io::Write;
use std::ops::ControlFlow;

use proptest::prelude::*;

use crate::source::pcapng::ByteOrder;
use crate::source::synth::{Flavour, Seen, keep, read};
use crate::source::{End, PcapFile, RangeEnd, find_record_start};

fn stored(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn walk(file: &PcapFile, start: u64, limit: u64) -> (Vec<Seen>, RangeEnd) {
    let mut seen = Vec::new();
    let end = file.range(start, limit).read(|frame| {
        seen.push(keep(frame));
        ControlFlow::Continue(())
    });
    (seen, end)
}

/// Walks ranges from guessed starts and, as a pipeline must, walks again where a guess was wrong.
fn walk_verified(file: &PcapFile, starts: &[u64]) -> (Vec<Seen>, End) {
    let mut all = Vec::new();
    let mut truth = 24;
    for (number, start) in starts.iter().enumerate() {
        let limit = starts.get(number + 1).copied().unwrap_or(u64::MAX);
        let (mut seen, mut end) = walk(file, *start, limit);
        if *start != truth {
            (seen, end) = walk(file, truth, limit);
        }
        all.extend(seen);
        truth = end.offset;
        if !matches!(end.end, End::Complete) {
            return (all, end.end);
        }
    }
    (all, End::Complete)
}

fn capture(flavour: Flavour, lengths: &[u16]) -> Vec<u8> {
    let mut bytes = flavour.header();
    for (number, length) in lengths.iter().enumerate() {
        let length = u32::from(*length);
        let body: Vec<u8> = (0..length)
            .map(|at| (at * 7 + number as u32) as u8)
            .collect();
        let time = (1_700_000_000 + number as u32, number as u32);
        bytes.extend(flavour.record(time, [length, length + 1], &body));
    }
    bytes
}

fn flavour() -> impl Strategy<Value = Flavour> {
    (any::<bool>(), 0..3_u8).prop_map(|(big, kind)| Flavour {
        order: if big {
            ByteOrder::Big
        } else {
            ByteOrder::Little
        },
        nanos: kind == 1,
        modified: kind == 2,
        ..Flavour::PLAIN
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_split_gives_the_frames_of_one_walk(
        flavour in flavour(),
        lengths in prop::collection::vec(0..2_000_u16, 0..300),
        parts in 1..9_u64,
        cut in 0..3_000_usize,
        guesses in prop::collection::btree_set(24..200_000_u64, 0..6),
    ) {
        let mut bytes = capture(flavour, &lengths);
        bytes.truncate(bytes.len().saturating_sub(cut).max(24));
        let whole = read(&bytes).unwrap();
        let file = PcapFile::from_file(stored(&bytes)).unwrap().unwrap();

        let ranges = file.split(parts).unwrap();
        prop_assert!(!ranges.is_empty() && ranges.len() as u64 <= parts);
        let starts: Vec<u64> = ranges.iter().map(|range| range.start).collect();
        // Starts of the caller's own may be anything at all, right or wrong.
        let wild: Vec<u64> = std::iter::once(24).chain(guesses).collect();
        for starts in [starts, wild] {
            let (seen, end) = walk_verified(&file, &starts);
            prop_assert_eq!(&seen, &whole.0);
            match (&end, &whole.1) {
                (End::Complete, End::Complete) => {}
                (End::Damaged(one), End::Damaged(other)) => prop_assert_eq!(one, other),
                _ => prop_assert!(false, "{:?} and {:?}", end, whole.1),
            }
        }
    }

    #[test]
    fn a_start_is_found_at_the_next_record(
        flavour in flavour(),
        lengths in prop::collection::vec(40..1_500_u16, 40..80),
        from in 25..20_000_u64,
    ) {
        let bytes = capture(flavour, &lengths);
        let mut bounds = vec![24_u64];
        for length in &lengths {
            bounds.push(bounds[bounds.len() - 1] + flavour.record_header() as u64 + u64::from(*length));
        }
        let file = PcapFile::from_file(stored(&bytes)).unwrap().unwrap();
        let found = find_record_start(&stored(&bytes), file.format(), file.size(), from).unwrap();
        let next = bounds[..lengths.len()].iter().copied().find(|bound| *bound >= from);
        prop_assert_eq!(found, next);
    }
}

#[test]
fn only_plain_classic_pcap_is_read_in_parts() {
    let bytes = capture(Flavour::PLAIN, &[60]);
    for other in [
        b"".to_vec(),
        bytes[..23].to_vec(),
        crate::source::synth::gzip(&bytes),
    ] {
        assert!(PcapFile::from_file(stored(&other)).unwrap().is_none());
    }
    let file = PcapFile::from_file(stored(&bytes[..24])).unwrap().unwrap();
    let ranges = file.split(4).unwrap();
    assert_eq!(ranges.len(), 1);
    assert!(matches!(
        walk(&file, ranges[0].start, ranges[0].limit).1.end,
        End::Complete
    ));
}

#[test]
fn a_range_ends_at_the_first_record_at_or_after_its_limit() {
    let bytes = capture(Flavour::PLAIN, &[60, 60, 60]);
    let file = PcapFile::from_file(stored(&bytes)).unwrap().unwrap();
    for (limit, packets, offset) in [
        (24, 0, 24),
        (25, 1, 100),
        (100, 1, 100),
        (101, 2, 176),
        (176, 2, 176),
        (177, 3, 252),
        (9_999, 3, 252),
    ] {
        let (seen, end) = walk(&file, 24, limit);
        assert_eq!((seen.len(), end.offset), (packets, offset), "{limit}");
        assert!(matches!(end.end, End::Complete));
    }
}
