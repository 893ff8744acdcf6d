//! What a ledger says as a whole, in a few numbers.

use super::entry::{Entry, Event, Moment};
use crate::fate::Fate;
use crate::tally::Count;
use serde::Serialize;

/// Sums over all entries, as they say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Overview {
    /// Runs that began.
    pub runs: u64,
    /// Runs that ended by themselves.
    pub ended: u64,
    /// Intervals.
    pub intervals: u64,
    /// The begin of the earliest interval.
    pub from: Option<Moment>,
    /// The end of the latest.
    pub to: Option<Moment>,
    /// Frames of all intervals.
    pub frames: Count,
    /// Of these, admitted.
    pub admitted: Count,
    /// Of these, excluded.
    pub excluded: Count,
    /// Frames that the kernel or an interface dropped before.
    pub kernel_dropped: u64,
    /// Files of records.
    pub files: u64,
    /// Records in them.
    pub records: u64,
    /// Files that were purged.
    pub purged: u64,
}

impl Overview {
    /// Of all entries; sums saturate.
    #[must_use]
    pub fn of(entries: &[Entry]) -> Self {
        let mut all = Self::default();
        for entry in entries {
            match &entry.event {
                Event::Start(_) => all.runs += 1,
                Event::Stop(_) => all.ended += 1,
                Event::Interval(interval) => {
                    all.intervals += 1;
                    all.from = Some(
                        all.from
                            .map_or(interval.from, |from| from.min(interval.from)),
                    );
                    all.to = all.to.max(Some(interval.to));
                    all.frames = all.frames.plus(interval.frames);
                    all.kernel_dropped = all.kernel_dropped.saturating_add(interval.kernel_dropped);
                    for cell in &interval.cells {
                        match cell.fate() {
                            Some(Fate::Admitted(_)) => {
                                all.admitted = all.admitted.plus(cell.count());
                            }
                            Some(Fate::Excluded(_)) => {
                                all.excluded = all.excluded.plus(cell.count());
                            }
                            None => {}
                        }
                    }
                }
                Event::Export(export) => {
                    all.files += 1;
                    all.records = all.records.saturating_add(export.records);
                }
                Event::Purge(purge) => all.purged += purge.files.len() as u64,
                Event::Configured(_)
                | Event::Policy(_)
                | Event::Authority(_)
                | Event::Geo(_)
                | Event::Reload(_)
                | Event::Gap(_)
                | Event::Drop(_)
                | Event::Recall(_)
                | Event::ClockStep { .. }
                | Event::CrashRecovered(_) => {}
            }
        }
        all
    }
}
