//! What a run says while it runs, and when it is done.

use super::{FailureKind, Summary};
use crate::export::{Digested, Written};
use crate::gate::Authorisation;
use crate::ledger::Totals;
use crate::tally::Intervals;

/// Whoever watches a run. Called a few times a second at most, from several threads.
pub trait Progress: Sync {
    /// The run begins; the size of all inputs where it is known.
    fn begin(&self, total_bytes: Option<u64>);
    /// So many more bytes of input and packets are done.
    fn advance(&self, bytes: u64, packets: u64);
    /// The run is over, in whatever way.
    fn end(&self);
}

/// A run that was finished.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The books.
    pub summary: Summary,
    /// One line for each input that was damaged: which, where, and how.
    pub damaged: Vec<String>,
    /// What people should know, though nothing is wrong with the run: one line each.
    pub notes: Vec<String>,
    /// The outputs that are complete, by their bytes, where their digests are wanted.
    pub exports: Vec<Digested>,
    /// What ended it before its time, if something did; a line of `damaged` tells of it.
    pub ended_by: Option<FailureKind>,
    /// What the ledger needs, where one is kept.
    pub account: Option<Account>,
}

/// A run over captures, accounted for by intervals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Frames by interval of packet time.
    pub intervals: Intervals,
    /// The sums.
    pub totals: Totals,
}

/// From this many records on, one-sidedness is no accident. *Guessed*.
const MANY: u64 = 100;

/// A note where most TCP connections were seen from one side only, though both directions may pass: as
/// likely as not, the mirror or the route gives half of the traffic. What did not answer is not among
/// them: only what was acknowledged is counted.
pub(super) fn note_on_halves(written: &Written, authorisation: Authorisation) -> Option<String> {
    let both_ways = authorisation.foreign_domestic == authorisation.domestic_foreign;
    let Written {
        answered, one_way, ..
    } = *written;
    (both_ways && answered >= MANY && one_way * 2 > answered).then(|| {
        format!(
            "note: {one_way} of {answered} TCP connections were seen from one side only: check that \
             the capture has both directions"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_54_most_connections_from_one_side_are_noted_where_both_may_pass() {
        let written = |answered, one_way| Written {
            answered,
            one_way,
            ..Written::default()
        };
        let note = |answered, one_way, authorisation| {
            note_on_halves(&written(answered, one_way), authorisation).is_some()
        };
        assert!(note(100, 51, Authorisation::ALL));
        assert!(!note(100, 50, Authorisation::ALL));
        assert!(!note(99, 99, Authorisation::ALL));
        let inward = Authorisation {
            foreign_domestic: true,
            ..Authorisation::NONE
        };
        assert!(!note(100, 100, inward));
    }
}
