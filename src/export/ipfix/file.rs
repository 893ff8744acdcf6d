//! Files of messages (RFC 5655): one that is there when it is whole, or standard output; in a capture, one
//! after the other, each with its own templates and numbers.

use super::carrier::{Carrier, Sent};
use crate::export::file::is_stream;
use crate::export::rotated::{Compress, Files};
use crate::export::{Digested, Error, Figures, Finished, Opening, Output, Written};
use crate::flow::Timestamp;

/// Octets of a message at most. *Guessed*: longer ones save nothing, and readers keep one in memory.
const LIMIT: usize = 16 << 10;

/// Opens the files of a run.
pub(super) fn open(opening: &Opening) -> Result<Box<dyn Carrier>, Error> {
    let Opening {
        target,
        format,
        digest,
        is_live,
        rotation,
        ..
    } = opening;
    match target.path() {
        Some(path) if *is_live && !is_stream(target, *format) => {
            // Names of files are of the time when there is something to write.
            let files = Files::open(
                path,
                *format,
                *rotation,
                Compress::None,
                *digest,
                Timestamp::ZERO,
            )?;
            Ok(Box::new(Rotating {
                files,
                is_begun: false,
            }))
        }
        _ => Ok(Box::new(One {
            output: Output::open_bytes(opening)?,
            figures: Figures::default(),
            is_begun: false,
        })),
    }
}

/// A file or stream for the whole run.
struct One {
    output: Output,
    /// But for what was written.
    figures: Figures,
    is_begun: bool,
}

impl Carrier for One {
    fn limit(&self) -> usize {
        LIMIT
    }

    fn send(&mut self, message: &[u8], holds: &Written, _: Timestamp) -> Result<Sent, Error> {
        if !std::mem::replace(&mut self.is_begun, true) {
            return Ok(Sent::First);
        }
        let result = self.output.write_bytes(message, holds);
        self.figures.failing = result.is_err();
        match &result {
            Ok(()) => self.figures.bytes += message.len() as u64,
            Err(_) => self.lose(holds),
        }
        result.map(|()| Sent::Done)
    }

    fn lose(&mut self, holds: &Written) {
        self.figures.lost += *holds;
    }

    fn figures(&self) -> Figures {
        Figures {
            written: self.output.written(),
            ..self.figures
        }
    }

    fn finish(self: Box<Self>) -> (Figures, Vec<Digested>, Option<Error>) {
        let figures = self.figures();
        match self.output.finish() {
            Ok(Finished {
                written, digested, ..
            }) => (Figures { written, ..figures }, digested, None),
            Err(error) => (figures, Vec::new(), Some(error)),
        }
    }
}

/// File after file.
struct Rotating {
    files: Files,
    /// Whether templates were asked for, for the file that is begun next.
    is_begun: bool,
}

impl Carrier for Rotating {
    fn limit(&self) -> usize {
        LIMIT
    }

    fn send(&mut self, message: &[u8], holds: &Written, at: Timestamp) -> Result<Sent, Error> {
        let is_new = self.files.is_empty();
        if is_new && !std::mem::replace(&mut self.is_begun, true) {
            return Ok(Sent::First);
        }
        let result = self.files.write(message, holds, at);
        // After a failure, a file that is empty needs them again.
        self.is_begun = false;
        result.map(|()| Sent::Done)
    }

    fn wants_totals(&self) -> bool {
        !self.files.is_empty()
    }

    fn lose(&mut self, holds: &Written) {
        self.files.lose(holds);
    }

    fn figures(&self) -> Figures {
        self.files.figures()
    }

    fn tick(&mut self, at: Timestamp) -> Result<(), Error> {
        self.files.tick(at)
    }

    fn rotate(&mut self) -> Result<(), Error> {
        self.files.rotate()
    }

    fn take_completed(&mut self) -> Vec<Digested> {
        self.files.take_completed()
    }

    fn finish(self: Box<Self>) -> (Figures, Vec<Digested>, Option<Error>) {
        self.files.finish()
    }
}
