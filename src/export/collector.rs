//! What takes records and is no file of text: a collector across a network, or files of another kind.

use super::rendered::Rendered;
use super::{Digested, Error, Figures, Written};
use crate::flow::Timestamp;

/// One is open in a run, in the hands of the one thread that writes. Times are wall time, given by the caller:
/// in a replay always the same, since nothing there may depend on a clock.
pub(super) trait Collector: Send {
    /// Takes records. In a replay it waits until there is room; in a capture it never waits for others, and
    /// what it cannot take is lost and counted in [`Figures::lost`].
    ///
    /// # Errors
    /// [`Error`]: these records are lost, and the run goes on where it is live.
    fn take(&mut self, rendered: &Rendered, counts: &Written, at: Timestamp) -> Result<(), Error>;

    /// What a run did so far, from its begin. Asked for before the end, and in a capture now and then.
    fn note(&mut self, totals: &Totals, at: Timestamp) -> Result<(), Error> {
        let _ = (totals, at);
        Ok(())
    }

    /// Called several times a second in a capture.
    fn tick(&mut self, at: Timestamp) -> Result<(), Error> {
        let _ = at;
        Ok(())
    }

    /// Completes what is begun, where that means something.
    fn rotate(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// What happened so far: what was taken for good, and what is lost.
    fn figures(&self) -> Figures;

    /// Files that are complete since the last call, where digests are wanted.
    fn take_completed(&mut self) -> Vec<Digested> {
        Vec::new()
    }

    /// The end: waits, but not for ever, for what is on its way. What happened in all, what was completed
    /// since the last call of [`Self::take_completed`], and how the last of it failed.
    fn finish(self: Box<Self>) -> (Figures, Vec<Digested>, Option<Error>);
}

/// What a run has counted from its begin, for collectors that are told (IPFIX options records). Packets and
/// bytes on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Totals {
    /// Frames received.
    pub frames: (u64, u64),
    /// Of these, admitted.
    pub admitted: (u64, u64),
    /// Excluded, by the id of the reason; all reasons, in their order.
    pub excluded: Vec<(&'static str, u64, u64)>,
    /// Frames that the kernel or an interface dropped before.
    pub kernel_dropped: u64,
    /// Time of the latest admitted packet, in nanoseconds of packet time.
    pub end: u64,
}
