//! Random captures, randomly cut, with random settings.

use crate::made::{SECOND, Set, assert_same, torn_datagrams};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use sekisho::demo::{OwnedFrame, Traffic};
use sekisho::time::Timestamp;

/// Part of the frames, moved in time or to another place.
fn disturbed(mut frames: Vec<OwnedFrame>, moves: &[(Index, Index, i64, bool)]) -> Vec<OwnedFrame> {
    for (one, other, seconds, away) in moves {
        let (one, other) = (one.index(frames.len()), other.index(frames.len()));
        let (from, to) = (one.min(other), one.max(other));
        for frame in &mut frames[from..to] {
            let by = seconds * SECOND as i64;
            frame.seen = Timestamp::from_nanos(frame.seen.nanos().saturating_add_signed(by));
        }
        if *away {
            frames[from..].rotate_left(to - from);
        }
    }
    frames
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, ..ProptestConfig::default() })]
    #[test]
    fn any_split_of_anything_merges_to_what_one_run_gives(
        seed in 0..1_000u64,
        count in 50..400u64,
        torn in 0..40u64,
        moves in vec((any::<Index>(), any::<Index>(), select(vec![-4_000, -40, -12, -1, 0, 1, 12, 90, 4_000]), any::<bool>()), 0..3),
        cuts in vec(any::<Index>(), 0..12),
        of in 1..7u32,
        (idle, active, most) in (select(vec!["1", "10", "60"]), select(vec!["2", "30", "300"]), select(vec!["3", "40", "4000000"])),
        lanes in select(vec!["1", "3"]),
    ) {
        let mut frames: Vec<OwnedFrame> = Traffic::new(seed, count).collect();
        frames.extend(torn_datagrams(seed, torn));
        frames.sort_by_key(|frame| frame.seen);
        let frames = disturbed(frames, &moves);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(frames.len())).collect();
        cuts.sort_unstable();
        let set = Set::cut(&frames, &cuts);
        let flags = ["--idle", idle, "--active", active, "--max-flows", most, "--lanes", lanes];
        let one = set.one(&flags, 0);
        let shards = set.shards(of, &flags);
        let (merged, said) = set.merge(&shards, &["--lanes", lanes], 0);
        assert_same(&one, &merged, &said);
    }
}
