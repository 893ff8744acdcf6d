//! Why there are no figures: what, and what to do.

use std::io::{self, ErrorKind};

use super::text::Malformed;
use crate::cli::exit::Exit;
use crate::cli::talk::Problem;

/// One failed attempt. Nothing in it was said by whoever answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) what: String,
    pub(super) hint: &'static str,
    exit: Exit,
}

impl Trouble {
    /// An error of the system in asking.
    pub(super) fn of(error: &io::Error) -> Self {
        let start = "start a sensor with --metrics, or name its place";
        let (what, hint) = match error.kind() {
            ErrorKind::ConnectionRefused => ("nobody answers", start),
            ErrorKind::NotFound => ("no such socket", start),
            // A timeout of a socket reads as the first.
            ErrorKind::WouldBlock | ErrorKind::TimedOut => (
                "no answer in time",
                "see whether the sensor runs or is stopped",
            ),
            ErrorKind::PermissionDenied => {
                let hint = "be a member of the socket's group";
                return Self {
                    what: "this user may not ask".to_owned(),
                    hint,
                    exit: Exit::Permission,
                };
            }
            kind => {
                let what = format!("cannot ask ({kind})");
                return Self {
                    what,
                    hint: start,
                    exit: Exit::NoInput,
                };
            }
        };
        Self {
            what: what.to_owned(),
            hint,
            exit: Exit::NoInput,
        }
    }

    /// An answer that is not a sensor's.
    pub(super) fn answer(what: &str) -> Self {
        Self {
            what: what.to_owned(),
            hint: "name the place that a sensor was given with --metrics",
            exit: Exit::NotACapture,
        }
    }

    /// Told on standard error, as the end of the program.
    pub(super) fn problem(&self, place: &str) -> Problem {
        Problem::new(self.exit, &self.what, place, self.hint)
    }
}

impl From<Malformed> for Trouble {
    fn from(malformed: Malformed) -> Self {
        let Malformed { line, what } = malformed;
        Self::answer(&format!(
            "not the text format of Prometheus (line {line}: {what})"
        ))
    }
}
