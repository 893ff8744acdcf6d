//! Which part of a ledger a report is about, and into which buckets its time is cut.

use crate::time::{NANOS_PER_SEC, Timestamp};

/// Buckets on the page: more are no picture any more.
const MOST_BUCKETS: u64 = 200;
/// One minute to one day.
const WIDTHS: [u64; 9] = [60, 300, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 86_400];
/// The cells of a published report are of one hour each, whatever its period: so two of them that
/// overlap leave out the same cells, and nothing can be had by subtracting one from the other.
pub(super) const PUBLISHED_SECONDS: u64 = 3_600;

/// From when to when; either side may be open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Window {
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
}

impl Window {
    /// Whether an interval that begins at this moment, or an event of it, belongs to the report.
    pub(super) fn holds(self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| at >= from) && self.to.is_none_or(|to| at < to)
    }

    /// The part of a span that is inside; nothing of one that is outside or empty.
    pub(super) fn cut(self, from: Timestamp, to: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let from = self.from.map_or(from, |bound| from.max(bound));
        let to = self.to.map_or(to, |bound| to.min(bound));
        (from < to).then_some((from, to))
    }

    /// Made of whole hours, outwards.
    pub(super) fn of_whole_hours(self) -> Self {
        Self {
            from: self.from.map(|from| floor(from, PUBLISHED_SECONDS)),
            to: self.to.map(|to| ceil(to, PUBLISHED_SECONDS)),
        }
    }
}

/// The begin of the bucket that a moment is in: buckets lie on multiples of their width since the epoch.
pub(super) const fn floor(at: Timestamp, seconds: u64) -> Timestamp {
    Timestamp::from_nanos(at.nanos() - at.nanos() % (seconds * NANOS_PER_SEC))
}

/// The end of the bucket whose last moment is just before this one.
pub(super) const fn ceil(at: Timestamp, seconds: u64) -> Timestamp {
    let begin = floor(at, seconds);
    if begin.nanos() == at.nanos() {
        at
    } else {
        Timestamp::from_nanos(begin.nanos().saturating_add(seconds * NANOS_PER_SEC))
    }
}

/// The narrowest width, not below `least`, that cuts a period into no more buckets than a picture bears.
pub(super) fn width(from: Timestamp, to: Timestamp, least: u64) -> u64 {
    let seconds = to.nanos().saturating_sub(from.nanos()) / NANOS_PER_SEC;
    let fits = |width: &u64| *width >= least && seconds / width < MOST_BUCKETS;
    WIDTHS.into_iter().find(fits).unwrap_or_else(|| {
        // Packet times may be years apart, in a file that was put together.
        let days = seconds / 86_400 / MOST_BUCKETS + 1;
        86_400 * days
    })
}

/// Whole seconds between two moments, of the second not being earlier.
pub(super) const fn seconds(from: Timestamp, to: Timestamp) -> u64 {
    to.nanos().saturating_sub(from.nanos()) / NANOS_PER_SEC
}

/// Moments of spans, each counted once however many spans hold it.
#[derive(Debug, Clone, Default)]
pub(super) struct Union(Vec<(Timestamp, Timestamp)>);

impl Union {
    pub(super) fn add(&mut self, from: Timestamp, to: Timestamp) {
        if from < to {
            self.0.push((from, to));
        }
    }

    /// Apart from each other and in order.
    pub(super) fn merged(mut self) -> Vec<(Timestamp, Timestamp)> {
        self.0.sort_unstable();
        let mut out: Vec<(Timestamp, Timestamp)> = Vec::new();
        for (from, to) in self.0 {
            match out.last_mut() {
                Some((_, end)) if from <= *end => *end = (*end).max(to),
                _ => out.push((from, to)),
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Timestamp {
        Timestamp::from_parts(seconds, 0)
    }

    #[test]
    fn buckets_fit_the_period() {
        for (seconds, expected) in [
            (1, 60),
            (3_600, 60),
            (12_000, 300),
            (86_400, 900),
            (7 * 86_400, 3_600),
            (31 * 86_400, 21_600),
            (365 * 86_400, 2 * 86_400),
        ] {
            assert_eq!(width(at(0), at(seconds), 1), expected, "{seconds}");
        }
        assert_eq!(width(at(0), at(60), 3_600), 3_600);
        let absurd = width(at(0), Timestamp::from_nanos(u64::MAX), 1);
        assert!(u64::MAX / NANOS_PER_SEC / absurd < MOST_BUCKETS);
    }

    #[test]
    fn hours_grow_outwards() {
        let asked = Window {
            from: Some(at(3_601)),
            to: Some(at(7_201)),
        };
        let whole = asked.of_whole_hours();
        assert_eq!((whole.from, whole.to), (Some(at(3_600)), Some(at(10_800))));
        assert_eq!(whole.of_whole_hours(), whole);
        assert!(!asked.holds(at(3_600)) && asked.holds(at(3_601)) && !asked.holds(at(7_201)));
        assert_eq!(asked.cut(at(0), at(3_601)), None);
        assert_eq!(asked.cut(at(0), at(9_000)), Some((at(3_601), at(7_201))));
    }

    #[test]
    fn a_moment_counts_once() {
        let mut union = Union::default();
        union.add(at(5), at(9));
        union.add(at(1), at(3));
        union.add(at(2), at(6));
        union.add(at(7), at(7));
        assert_eq!(union.merged(), [(at(1), at(9))]);
    }
}
