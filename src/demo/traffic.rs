//! Spreads conversations over packet time, as a port that mirrors an international link sees them.

use super::OwnedFrame;
use super::odd;
use super::places::{Hosts, Place};
use super::rng::Rng;
use super::scene::{Scene, dns, ping, quic, sealed, signalling, syn_scan, tcp_session};
use crate::source::Frame;
use crate::time::Timestamp;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// 2026-10-05T09:00:00Z, when every demonstration begins.
const BEGIN: Timestamp = Timestamp::from_parts(1_791_190_800, 0);
/// How long it is to last, in microseconds of packet time.
const LENGTH: u64 = 600_000_000;
/// Frames of a conversation on average; measured, see the test.
const FRAMES_EACH: u64 = 8;

/// A frame that waits for its turn: by time, then by the order of writing.
struct Waiting(Timestamp, u64, OwnedFrame);

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        (self.0, self.1) == (other.0, other.1)
    }
}
impl Eq for Waiting {}
impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0, self.1).cmp(&(other.0, other.1))
    }
}

/// Frames of a demonstration, in the order of their times: Ethernet, about ten minutes, of every class
/// and every reason if there are two thousand of them or more.
///
/// ```
/// use sekisho::demo::Traffic;
/// assert_eq!(Traffic::new(1, 20_000).count(), 20_000);
/// ```
pub struct Traffic {
    rng: Rng,
    hosts: Hosts,
    waiting: BinaryHeap<Reverse<Waiting>>,
    written: u64,
    left: u64,
    snap_len: usize,
    next_start: Timestamp,
    interval: u64,
    conversations: u64,
    odd_first: Vec<usize>,
}

impl Traffic {
    /// So many frames; the same seed gives the same.
    #[must_use]
    pub fn new(seed: u64, packets: u64) -> Self {
        let mut rng = Rng::new(seed);
        let hosts = Hosts::new(&mut rng);
        // Every odd scene comes once, early enough to be in any but the shortest run, in some order.
        let mut odd_first: Vec<usize> = (0..odd::COUNT).collect();
        for index in (1..odd_first.len()).rev() {
            odd_first.swap(index, rng.below(index as u64 + 1) as usize);
        }
        Self {
            rng,
            hosts,
            waiting: BinaryHeap::new(),
            written: 0,
            left: packets,
            snap_len: usize::MAX,
            next_start: BEGIN,
            interval: (LENGTH * FRAMES_EACH / packets.max(1)).clamp(1, LENGTH / 120),
            conversations: 0,
            odd_first,
        }
    }

    /// The same traffic in a capture that keeps so many bytes of a frame.
    #[must_use]
    pub const fn snap(mut self, snap_len: usize) -> Self {
        self.snap_len = snap_len;
        self
    }

    /// Lends every frame in turn, without a file.
    pub fn for_each_frame(self, each: &mut dyn FnMut(&Frame<'_>)) {
        for frame in self {
            each(&frame.lend());
        }
    }

    /// Writes the next conversation.
    fn converse(&mut self) {
        let mut scene = Scene::new(self.next_start, &mut self.rng, &self.hosts);
        // Every third conversation is odd until each has been played, then one in sixteen.
        let turn = self.conversations;
        let due = match self.odd_first.get(turn as usize / 3) {
            Some(number) if turn % 3 == 2 => Some(*number),
            _ if scene.rng.percent(6) => Some(scene.rng.below(odd::COUNT as u64) as usize),
            _ => None,
        };
        match due {
            Some(number) => odd::play(&mut scene, number),
            None => usual(&mut scene),
        }
        for frame in scene.finish() {
            let frame = frame.cut(self.snap_len);
            self.waiting
                .push(Reverse(Waiting(frame.seen, self.written, frame)));
            self.written += 1;
        }
        self.conversations += 1;
        let pause = self
            .rng
            .between(self.interval / 2, self.interval + self.interval / 2);
        self.next_start = Timestamp::from_nanos(self.next_start.nanos() + pause.max(1) * 1_000);
    }
}

impl Iterator for Traffic {
    type Item = OwnedFrame;

    fn next(&mut self) -> Option<OwnedFrame> {
        self.left = self.left.checked_sub(1)?;
        // What waits may only go once no later conversation can come before it.
        while self
            .waiting
            .peek()
            .is_none_or(|Reverse(first)| first.0 > self.next_start)
        {
            self.converse();
        }
        self.waiting
            .pop()
            .map(|Reverse(Waiting(_, _, frame))| frame)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left as usize, Some(self.left as usize))
    }
}

/// What most hosts do most of the time.
fn usual(scene: &mut Scene<'_>) {
    let (src, dst) = match scene.rng.below(100) {
        0..45 => (Place::Home, Place::Abroad),
        45..62 => (Place::Abroad, Place::Home),
        62..78 => (Place::Abroad, Place::Abroad),
        _ => (Place::Home, Place::Home),
    };
    let ends = scene.ends(src, dst);
    let rounds = scene.rng.between(1, 3);
    match scene.rng.below(100) {
        0..36 => tcp_session(scene, ends, 443, rounds),
        36..42 => tcp_session(scene, ends, 80, rounds),
        42..46 => {
            let port = *scene.rng.pick(&[22, 25, 143, 993, 3_306, 8_443]);
            tcp_session(scene, ends, port, rounds);
        }
        46..68 => dns(scene, ends),
        68..84 => quic(scene, ends, rounds),
        84..90 => ping(scene, ends, 3),
        90..94 => syn_scan(scene, ends, rounds),
        94..98 => sealed(scene, ends, 6),
        _ => signalling(scene, ends),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_frames_and_another_seed_others() {
        let run = |seed| Traffic::new(seed, 3_000).collect::<Vec<_>>();
        let (one, again, other) = (run(1), run(1), run(2));
        assert!(one == again);
        assert!(one != other);
    }

    #[test]
    fn time_never_runs_backwards_and_lasts_about_ten_minutes() {
        for packets in [2_000, 20_000, 100_000] {
            let times: Vec<_> = Traffic::new(9, packets).map(|frame| frame.seen).collect();
            assert!(times.is_sorted());
            assert_eq!(times.len() as u64, packets);
            let seconds = (times[times.len() - 1].nanos() - times[0].nanos()) / 1_000_000_000;
            assert!((400..900).contains(&seconds), "{packets}: {seconds} s");
        }
    }

    #[test]
    fn a_snap_length_changes_nothing_but_what_is_kept() {
        let (whole, cut) = (Traffic::new(3, 2_000), Traffic::new(3, 2_000).snap(96));
        for (whole, cut) in whole.zip(cut) {
            assert_eq!((whole.seen, whole.wire_len), (cut.seen, cut.wire_len));
            assert!(whole.bytes.starts_with(&cut.bytes) && cut.bytes.len() <= 96);
        }
    }
}
