//! What takes whole messages: a socket, a connection, a file.

use crate::export::{Digested, Error, Figures, Written};
use crate::flow::Timestamp;

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    /// It was taken.
    Done,
    /// It was not: what is there knows nothing yet. Templates first, and numbers from 0.
    First,
    /// It was not: templates are due again. Numbers go on.
    Again,
}

/// One is open in a run, and takes whole messages.
pub(super) trait Carrier: Send {
    /// Octets of a message at most, where its records are not longer each.
    fn limit(&self) -> usize;

    /// Takes a message with its records.
    ///
    /// # Errors
    /// [`Error`]: they are lost, and counted so.
    fn send(&mut self, message: &[u8], holds: &Written, at: Timestamp) -> Result<Sent, Error>;

    /// Whether it wants to be told what a run counted: an idle one fills no files with that.
    fn wants_totals(&self) -> bool {
        true
    }

    /// These records are lost: what should have gone before them was not taken.
    fn lose(&mut self, holds: &Written);

    /// What happened so far.
    fn figures(&self) -> Figures;

    /// Several times a second in a capture.
    fn tick(&mut self, at: Timestamp) -> Result<(), Error> {
        let _ = at;
        Ok(())
    }

    /// Completes a file.
    fn rotate(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// Files that are complete since the last call, where digests are wanted.
    fn take_completed(&mut self) -> Vec<Digested> {
        Vec::new()
    }

    /// The end.
    fn finish(self: Box<Self>) -> (Figures, Vec<Digested>, Option<Error>);
}
