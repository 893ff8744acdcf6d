//! What a run says while it runs, and when it is done.

use super::{FailureKind, Summary};

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
    /// What ended it before its time, if something did; a line of `damaged` tells of it.
    pub ended_by: Option<FailureKind>,
}
