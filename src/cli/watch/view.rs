//! What one frame of the screen is drawn from. Nothing here reads a clock: the same view gives the same
//! frame.

use std::time::Duration;

use super::amount::since;
use super::figures::Figures;
use super::history::History;
use super::look::Look;
use super::losses;
use super::trouble::Trouble;

/// What is known about a sensor.
#[derive(Clone)]
pub(super) struct Watched {
    /// Where it is asked.
    pub(super) place: String,
    pub(super) history: History,
    /// Why the latest question was not answered, and when that was, since the start of the watch.
    pub(super) trouble: Option<Trouble>,
}

/// That, at a moment.
pub(super) struct View<'a> {
    pub(super) watched: &'a Watched,
    /// Since the start of the watch.
    pub(super) now: Duration,
    /// Since 1970-01-01 UTC.
    pub(super) wall: Duration,
    pub(super) look: Look,
    /// For how long the screen has stood still, if it does.
    pub(super) paused: Option<Duration>,
}

/// How the sensor is, in one word; the first that holds is told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Condition {
    /// It has never answered, in all this time.
    Waiting(Duration),
    /// It has not answered for so long.
    Gone(Duration),
    Unbalanced,
    /// No interface carries.
    Down,
    /// Frames or records are being lost.
    Losing,
    /// A new run was seen to begin so long ago.
    Restarted(Duration),
    /// No frame came for so long.
    Silent(Duration),
    Capturing,
}

/// Without a frame for this long, it is said so. *Guessed*: quiet links have neighbour discovery now and
/// then.
const SILENCE: Duration = Duration::from_secs(10);

/// For so long it is said that a sensor began anew.
const NEW: Duration = Duration::from_secs(60);

impl View<'_> {
    /// The latest figures.
    pub(super) fn figures(&self) -> Option<&Figures> {
        self.history().latest()
    }

    pub(super) const fn history(&self) -> &History {
        &self.watched.history
    }

    pub(super) fn condition(&self) -> Condition {
        let history = self.history();
        let (Some(figures), Some(at)) = (history.latest(), history.latest_at()) else {
            return Condition::Waiting(self.now);
        };
        if self.watched.trouble.is_some() {
            return Condition::Gone(self.now.saturating_sub(at));
        }
        if !figures.balanced {
            return Condition::Unbalanced;
        }
        if !figures.interfaces.is_empty() && figures.interfaces.iter().all(|each| !each.up) {
            return Condition::Down;
        }
        if figures.output.failing || history.growth(losses::all_lost).0 > 0 {
            return Condition::Losing;
        }
        let new = history
            .restarted()
            .map(|restarted| self.now.saturating_sub(restarted));
        if let Some(new) = new.filter(|new| *new < NEW) {
            return Condition::Restarted(new);
        }
        // Before the first frame, since the start.
        let last = if figures.last_packet > 0.0 {
            figures.last_packet
        } else {
            figures.start
        };
        let silence = since(last, self.wall);
        let (grown, within) = history.growth(|figures| figures.frames.packets);
        // Clocks that differ make no silence: none of it while frames come.
        if grown == 0 && !within.is_zero() && silence >= SILENCE {
            return Condition::Silent(silence);
        }
        Condition::Capturing
    }
}
