//! Tallies by interval of packet time: what the ledger of a replay is made of.
//!
//! The interval of a frame depends on its own time only, so lanes over ranges of a capture count apart
//! and add up exactly. How many intervals there are is bounded, whatever times a capture claims.

use super::{Count, Tally};
use crate::fate::{Class, Fate, NetworkGroup, ProtocolGroup, Reason};
use std::collections::BTreeMap;
use std::ops::AddAssign;

/// Intervals that are held at most; then two become one, everywhere. *Guessed*: two years of minutes,
/// some hundred MB.
const MAX: usize = 1 << 20;

/// What was counted between two moments: cells without a frame take no room.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    frames: Count,
    /// By place in [`places`], ascending.
    cells: Vec<(u16, Count, u64)>,
}

/// Every cell of a tally, in the order of its fates.
fn places() -> impl Iterator<Item = (Fate, NetworkGroup, ProtocolGroup)> {
    let admitted = Class::ALL.into_iter().map(Fate::Admitted);
    let fates = admitted.chain(Reason::ALL.into_iter().map(Fate::Excluded));
    fates.flat_map(|fate| {
        NetworkGroup::ALL.into_iter().flat_map(move |network| {
            ProtocolGroup::ALL
                .into_iter()
                .map(move |protocol| (fate, network, protocol))
        })
    })
}

impl Counts {
    /// What has been added to a tally since it was `before`; `frames` were delivered meanwhile, counted
    /// apart from it.
    #[must_use]
    pub fn between(before: &Tally, now: &Tally, frames: Count) -> Self {
        let mut cells = Vec::new();
        for (place, (fate, network, protocol)) in places().enumerate() {
            let (old, new) = (
                before.cell(fate, network, protocol),
                now.cell(fate, network, protocol),
            );
            let openings = match protocol {
                ProtocolGroup::Tcp => now.openings(fate, network) - before.openings(fate, network),
                _ => 0,
            };
            if new.packets > old.packets {
                let count = Count {
                    packets: new.packets - old.packets,
                    bytes: new.bytes - old.bytes,
                };
                cells.push((place as u16, count, openings));
            }
        }
        Self { frames, cells }
    }

    /// Frames that were delivered.
    #[must_use]
    pub const fn frames(&self) -> Count {
        self.frames
    }

    /// The cells that hold something: how frames ended, how many, and TCP openings among them.
    pub fn cells(&self) -> impl Iterator<Item = (Fate, NetworkGroup, ProtocolGroup, Count, u64)> {
        let mut held = self.cells.iter().peekable();
        places().enumerate().filter_map(move |(place, key)| {
            let (_, count, openings) = held.next_if(|cell| usize::from(cell.0) == place)?;
            Some((key.0, key.1, key.2, *count, *openings))
        })
    }

    /// Whether these can have been counted: they may come from a file.
    fn are_sound(&self) -> bool {
        let in_order = self.cells.is_sorted_by(|one, next| one.0 < next.0);
        let places = Fate::COUNT * NetworkGroup::ALL.len() * ProtocolGroup::ALL.len();
        let mut cells = self.cells.iter();
        in_order
            && cells.all(|(place, count, openings)| {
                usize::from(*place) < places && count.packets > 0 && *openings <= count.packets
            })
    }

    /// Whether nothing was counted.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.frames.packets == 0 && self.cells.is_empty()
    }
}

impl AddAssign<&Self> for Counts {
    fn add_assign(&mut self, other: &Self) {
        let Self { frames, cells } = other;
        self.frames += *frames;
        for (place, count, openings) in cells {
            match self.cells.binary_search_by_key(place, |cell| cell.0) {
                Ok(at) => {
                    self.cells[at].1 += *count;
                    self.cells[at].2 += openings;
                }
                Err(at) => self.cells.insert(at, (*place, *count, *openings)),
            }
        }
    }
}

/// What was counted, added to a tally.
impl AddAssign<&Counts> for Tally {
    fn add_assign(&mut self, counts: &Counts) {
        for (fate, network, protocol, count, openings) in counts.cells() {
            self.add(fate, network, protocol, count, openings);
        }
    }
}

/// Counts by interval.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intervals {
    /// Nanoseconds of packet time.
    width: u64,
    /// By number: packet time divided by the width.
    held: BTreeMap<u64, Counts>,
}

impl Intervals {
    /// None yet, of so many nanoseconds each, at least 1.
    #[must_use]
    pub fn new(width: u64) -> Self {
        Self {
            width: width.max(1),
            held: BTreeMap::new(),
        }
    }

    /// Nanoseconds of each; more than was asked for where there were too many.
    #[must_use]
    pub const fn width(&self) -> u64 {
        self.width
    }

    /// The begin of the interval of a moment.
    #[must_use]
    pub const fn begin_of(&self, nanos: u64) -> u64 {
        nanos - nanos % self.width
    }

    /// The frames of all of them, and how they ended; nothing where they cannot have been counted by
    /// intervals that were asked to be this wide: they may come from a file.
    #[must_use]
    pub fn sums(&self, width: u64) -> Option<(Count, Tally)> {
        let asked = width.max(1);
        let doubled = self.width / asked;
        let is_width = doubled.checked_mul(asked) == Some(self.width) && doubled.is_power_of_two();
        let (mut frames, mut ended) = (Count::default(), Count::default());
        let mut tally = Tally::default();
        if !is_width || self.held.len() > MAX {
            return None;
        }
        for (number, counts) in &self.held {
            number.checked_mul(self.width)?;
            if counts.is_empty() || !counts.are_sound() {
                return None;
            }
            frames = frames.checked_plus(counts.frames)?;
            for cell in &counts.cells {
                ended = ended.checked_plus(cell.1)?;
            }
            tally += counts;
        }
        (frames == ended).then_some((frames, tally))
    }

    /// Adds what was counted in the interval of a moment.
    pub fn add(&mut self, nanos: u64, counts: &Counts) {
        if counts.is_empty() {
            return;
        }
        *self.held.entry(nanos / self.width).or_default() += counts;
        while self.held.len() > MAX && self.widen() {}
    }

    /// Adds those of another, whose width is this one's times a power of two, or the other way round.
    pub fn absorb(&mut self, mut other: Self) {
        while self.width < other.width && self.widen() {}
        while other.width < self.width && other.widen() {}
        for (number, counts) in &other.held {
            *self.held.entry(*number).or_default() += counts;
        }
        while self.held.len() > MAX && self.widen() {}
    }

    /// Makes one of each two. `false`: they cannot be wider.
    fn widen(&mut self) -> bool {
        let Some(width) = self.width.checked_mul(2) else {
            return false;
        };
        self.width = width;
        for (number, counts) in std::mem::take(&mut self.held) {
            *self.held.entry(number / 2).or_default() += &counts;
        }
        true
    }

    /// Each that holds something, in order: its begin in nanoseconds, and what it counted.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &Counts)> {
        self.held
            .iter()
            .map(|(number, counts)| (number * self.width, counts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSED: Fate = Fate::Admitted(Class::ForeignForeign);
    const TURNED_BACK: Fate = Fate::Excluded(Reason::Fragment);

    fn counts(packets: u64) -> Counts {
        let before = Tally::default();
        let mut now = Tally::default();
        for _ in 0..packets {
            now.count(PASSED, NetworkGroup::V4, ProtocolGroup::Tcp, 60);
            now.count_opening(PASSED, NetworkGroup::V4);
            now.count(TURNED_BACK, NetworkGroup::V6, ProtocolGroup::Other, 100);
        }
        let frames = Count {
            packets: 2 * packets,
            bytes: 160 * packets,
        };
        Counts::between(&before, &now, frames)
    }

    #[test]
    fn what_was_counted_before_is_not_counted_again() {
        let mut now = Tally::default();
        now.count(PASSED, NetworkGroup::V4, ProtocolGroup::Tcp, 60);
        let before = now.clone();
        now.count(TURNED_BACK, NetworkGroup::None, ProtocolGroup::None, 70);
        let frames = Count {
            packets: 1,
            bytes: 70,
        };
        let found: Vec<_> = Counts::between(&before, &now, frames).cells().collect();
        let cell = (TURNED_BACK, NetworkGroup::None, ProtocolGroup::None);
        assert_eq!(found, [(cell.0, cell.1, cell.2, frames, 0)]);
    }

    #[test]
    fn counts_add_up_cell_by_cell() {
        let mut sum = counts(2);
        sum += &counts(3);
        assert_eq!(sum, counts(5));
        sum += &Counts::default();
        assert_eq!(sum, counts(5));
        let openings: Vec<u64> = sum.cells().map(|cell| cell.4).collect();
        assert_eq!(openings, [5, 0]);
    }

    #[test]
    fn intervals_of_parts_are_those_of_the_whole() {
        let times = [0, 59, 60, 61, 3_600, 60, u64::MAX, 7];
        let mut whole = Intervals::new(60);
        let mut parts = [Intervals::new(60), Intervals::new(60)];
        for (nth, nanos) in times.into_iter().enumerate() {
            whole.add(nanos, &counts(nth as u64 + 1));
            parts[nth % 2].add(nanos, &counts(nth as u64 + 1));
        }
        let [mut one, two] = parts;
        one.absorb(two);
        assert_eq!(one, whole);
        let begins: Vec<u64> = whole.iter().map(|(begin, _)| begin).collect();
        assert_eq!(begins, [0, 60, 3_600, u64::MAX - u64::MAX % 60]);
    }

    #[test]
    fn wider_ones_take_in_narrower_ones_and_lose_nothing() {
        let mut whole = Intervals::new(1);
        let mut wide = Intervals::new(1);
        for nanos in 0..100 {
            whole.add(nanos, &counts(1));
        }
        wide.add(7, &counts(1));
        while wide.width() < 64 {
            assert!(wide.widen());
        }
        whole.absorb(wide);
        let found: Vec<_> = whole
            .iter()
            .map(|(begin, held)| (begin, held.frames().packets))
            .collect();
        assert_eq!(found, [(0, 130), (64, 72)]);
    }
}
