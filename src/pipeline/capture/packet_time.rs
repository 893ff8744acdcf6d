//! How far packet time is in a lane, where frames come and where none do.

use super::clock::now;
use crate::flow::SLACK;
use crate::time::Timestamp;
use std::time::{Duration, Instant};

/// On a quiet wire packet time goes on this far behind: what the kernel has not handed over yet is never
/// older. *Guessed*: twenty times [`LiveHandle::LATENCY`].
const BEHIND: Duration = Duration::from_secs(1);

/// How far packet time is, where frames come and where none do.
pub(super) struct PacketTime {
    /// Latest time of a frame, ever.
    latest: Timestamp,
    /// When it was read.
    at: Instant,
    /// Latest time of a frame since the last tick, if any came.
    fresh: Option<Timestamp>,
}

impl PacketTime {
    /// Before the first frame.
    pub(super) fn new() -> Self {
        Self {
            latest: Timestamp::ZERO,
            at: now(),
            fresh: None,
        }
    }

    /// Latest time of a frame, unless the clock was set back since.
    pub(super) const fn latest(&self) -> Timestamp {
        self.latest
    }

    /// Frames came, the latest of this time.
    pub(super) fn saw(&mut self, latest: Timestamp) {
        self.fresh = self.fresh.max(Some(latest));
        if latest >= self.latest {
            self.latest = latest;
            self.at = now();
        }
    }

    /// A time that no frame to come is much older than. It needs no wall clock, which may step.
    pub(super) fn quiet(&self) -> Timestamp {
        let since = now()
            .saturating_duration_since(self.at)
            .saturating_sub(BEHIND);
        let since = u64::try_from(since.as_nanos()).unwrap_or(u64::MAX);
        Timestamp::from_nanos(self.latest.nanos().saturating_add(since))
    }

    /// By how many nanoseconds the clock of the capture was set back, if it was: all frames of a tick are
    /// far behind. Begins a new tick, after it if so.
    pub(super) fn was_set_back(&mut self) -> Option<u64> {
        let fresh = self.fresh.take()?;
        let back = self.latest.nanos().checked_sub(fresh.nanos())?;
        (back > SLACK).then(|| {
            self.latest = fresh;
            self.at = now();
            back
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::NANOS_PER_SEC;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_nanos(seconds * NANOS_PER_SEC)
    }

    #[test]
    fn row_40_a_clock_that_is_set_back_is_told_from_frames_out_of_order() {
        let mut moment = PacketTime::new();
        assert_eq!(moment.was_set_back(), None);
        moment.saw(at(1_000_000));
        assert_eq!(moment.was_set_back(), None);
        // Out of order, or late by hours, but not all of them.
        moment.saw(at(999_995));
        assert_eq!(moment.was_set_back(), None);
        moment.saw(at(990_000));
        moment.saw(at(1_000_001));
        assert_eq!(moment.was_set_back(), None);
        assert_eq!(moment.was_set_back(), None, "no frame tells nothing");
        // Three days.
        moment.saw(at(740_801));
        moment.saw(at(740_800));
        let back = at(1_000_001).nanos() - at(740_801).nanos();
        assert_eq!(moment.was_set_back(), Some(back));
        assert_eq!(moment.latest, at(740_801));
        moment.saw(at(740_802));
        assert_eq!(moment.was_set_back(), None);
    }

    #[test]
    fn row_40_quiet_time_goes_on_behind_the_last_frame_and_reads_no_wall_clock() {
        let mut moment = PacketTime::new();
        moment.saw(at(5));
        assert_eq!(moment.quiet(), at(5));
        moment.at = now().checked_sub(Duration::from_secs(61)).unwrap();
        let quiet = moment.quiet();
        assert!((at(65)..at(66)).contains(&quiet), "{quiet}");
    }
}
