//! What a sensor said lately: rates, what grows, and since when counts are counted.
//!
//! Lanes and writer publish about once a second and are asked about once a second, so between two answers
//! lie the figures of none, one or two of their seconds. What a rate divides by is therefore the time of
//! the frames themselves where that can be, not the time between answers.

use std::collections::VecDeque;
use std::time::Duration;

use super::figures::Figures;

/// Answers that are kept: of a loss within them it is said that it grows.
const KEPT: usize = 11;

/// Steps between answers that a rate spans.
const STEPS: usize = 3;

/// Points of the past that are drawn, at most.
const POINTS: usize = 3_600;

/// Answers of one run of a sensor.
#[derive(Clone, Default)]
pub(super) struct History {
    /// At most [`KEPT`], the latest last.
    seen: VecDeque<Seen>,
    /// The traffic at each answer, over restarts too.
    points: VecDeque<Point>,
    /// What counts are counted from, if not from the start of the sensor.
    zero: Option<(Duration, Figures)>,
    /// When it was seen that the sensor is a new one.
    restarted: Option<Duration>,
}

#[derive(Clone)]
struct Seen {
    /// Since the start of the watch, as all moments here.
    at: Duration,
    figures: Figures,
}

/// The traffic at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub(super) at: Duration,
    /// Packets a second.
    pub(super) packets: f64,
    /// Bits a second on the wire.
    pub(super) bits: f64,
}

impl History {
    /// Adds an answer.
    pub(super) fn add(&mut self, at: Duration, figures: Figures) {
        if self
            .seen
            .back()
            .is_some_and(|last| is_another_run(&last.figures, &figures))
        {
            self.seen.clear();
            self.zero = None;
            self.restarted = Some(at);
        }
        self.seen.push_back(Seen { at, figures });
        if self.seen.len() > KEPT {
            self.seen.pop_front();
        }
        let packets = self.rate(|figures| figures.frames.packets);
        let bytes = self.rate(|figures| figures.frames.bytes);
        if let (Some(packets), Some(bytes)) = (packets, bytes) {
            self.points.push_back(Point {
                at,
                packets,
                bits: 8.0 * bytes,
            });
        }
        if self.points.len() > POINTS {
            self.points.pop_front();
        }
    }

    /// The latest answer.
    pub(super) fn latest(&self) -> Option<&Figures> {
        self.seen.back().map(|seen| &seen.figures)
    }

    /// When it came.
    pub(super) fn latest_at(&self) -> Option<Duration> {
        self.seen.back().map(|seen| seen.at)
    }

    /// The traffic so far, the latest last.
    pub(super) fn points(&self) -> impl DoubleEndedIterator<Item = Point> {
        self.points.iter().copied()
    }

    /// When the sensor was seen to be a new one.
    pub(super) const fn restarted(&self) -> Option<Duration> {
        self.restarted
    }

    /// Counts from now on, and forgets the past traffic.
    pub(super) fn reset(&mut self) {
        self.zero = self.seen.back().map(|seen| (seen.at, seen.figures.clone()));
        self.points.clear();
        let latest = self.seen.pop_back();
        self.seen.clear();
        self.seen.extend(latest);
    }

    /// Counts from the start of the sensor again.
    pub(super) fn count_from_the_start(&mut self) {
        self.zero = None;
    }

    /// From when on counts are counted, if not from the start of the sensor.
    pub(super) fn zero_at(&self) -> Option<Duration> {
        self.zero.as_ref().map(|(at, _)| *at)
    }

    /// A count, from where it is counted.
    pub(super) fn total(&self, of: impl Fn(&Figures) -> u64) -> u64 {
        let zero = self.zero.as_ref().map_or(0, |(_, figures)| of(figures));
        self.latest().map_or(0, &of).saturating_sub(zero)
    }

    /// By how much a count grew lately, and within which time.
    pub(super) fn growth(&self, of: impl Fn(&Figures) -> u64) -> (u64, Duration) {
        let (Some(first), Some(last)) = (self.seen.front(), self.seen.back()) else {
            return (0, Duration::ZERO);
        };
        (
            of(&last.figures).saturating_sub(of(&first.figures)),
            last.at.saturating_sub(first.at),
        )
    }

    /// A count a second, over the last steps; nothing before the second answer.
    pub(super) fn rate(&self, of: impl Fn(&Figures) -> u64) -> Option<f64> {
        self.rate_of_time(|figures| of(figures) as f64)
    }

    /// What adds up in seconds, a second: a share of the time.
    pub(super) fn rate_of_time(&self, of: impl Fn(&Figures) -> f64) -> Option<f64> {
        let (first, last) = self.ends()?;
        let grown = (of(&last.figures) - of(&first.figures)).max(0.0);
        Some(grown / seconds(first, last))
    }

    /// The first and last answer that a rate spans, which are at different moments.
    fn ends(&self) -> Option<(&Seen, &Seen)> {
        let first = self.seen.len().saturating_sub(STEPS + 1);
        let ends = (self.seen.get(first)?, self.seen.back()?);
        (ends.0.at < ends.1.at).then_some(ends)
    }
}

/// The time between two answers; that of their frames where both tell nearly the same.
fn seconds(first: &Seen, last: &Seen) -> f64 {
    let asked = last.at.saturating_sub(first.at).as_secs_f64();
    let seen = last.figures.last_packet - first.figures.last_packet;
    // Figures are up to a second old, at either end; one more if the machine is busy.
    if seen >= 0.5 && (seen - asked).abs() <= 1.5 {
        seen
    } else {
        asked
    }
}

/// Whether the later answer is not of the same run: it began at another time, or counted less.
fn is_another_run(before: &Figures, after: &Figures) -> bool {
    (after.start - before.start).abs() > 0.001 || after.frames.packets < before.frames.packets
}
