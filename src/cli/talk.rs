//! The two streams: results on standard output, talk on standard error.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};

use super::exit::Exit;
use crate::spelling::reason;
use crate::{config, ledger, pipeline};

/// Why a command ended early: one line for each thing that is wrong, and the exit code. No line where
/// nobody is left to read it.
pub(super) struct Problem {
    lines: Vec<String>,
    exit: Exit,
}

impl Problem {
    /// What, where, and what to do.
    pub(super) fn new(exit: Exit, what: &str, place: &str, hint: &str) -> Self {
        Self {
            lines: vec![format!("{what}: {place}: {hint}")],
            exit,
        }
    }

    /// A problem whose line is complete.
    pub(super) fn line(exit: Exit, line: String) -> Self {
        Self {
            lines: vec![line],
            exit,
        }
    }

    /// A command that is left out of this build.
    #[cfg(not(all(feature = "live", feature = "watch")))]
    pub(super) fn not_built(command: &str, feature: &str) -> Self {
        let hint = format!("use the packaged one, or build with --features {feature}");
        Self::new(
            Exit::Usage,
            "command not built into this program",
            command,
            &hint,
        )
    }

    /// Standard output cannot be written. That its reader closed it is no fault.
    pub(super) fn stdout(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self {
                lines: Vec::new(),
                exit: Exit::Done,
            };
        }
        let what = format!("cannot write ({})", reason(error));
        Self::new(
            Exit::Output,
            &what,
            "standard output",
            "check where it leads",
        )
    }
}

impl From<config::Error> for Problem {
    fn from(error: config::Error) -> Self {
        Self {
            lines: vec![error.to_string()],
            exit: error.fault().into(),
        }
    }
}

impl From<ledger::Error> for Problem {
    fn from(error: ledger::Error) -> Self {
        Self {
            lines: vec![error.to_string()],
            exit: error.fault().into(),
        }
    }
}

impl From<pipeline::Failure> for Problem {
    fn from(failure: pipeline::Failure) -> Self {
        let others = failure.also().iter().cloned();
        Self {
            lines: std::iter::once(failure.to_string()).chain(others).collect(),
            exit: failure.kind().into(),
        }
    }
}

/// Whoever talks.
pub(super) struct Talk;

impl Talk {
    pub(super) const fn new() -> Self {
        Self
    }

    /// Writes results to standard output, as they are.
    pub(super) fn result(&mut self, text: &str) -> Result<(), Problem> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())
            .and_then(|()| out.flush())
            .map_err(|e| Problem::stdout(&e))
    }

    /// One line of talk, escaped.
    pub(super) fn say(&mut self, line: &str) {
        self.block(&format!("sekisho: {}\n", escaped(line)));
    }

    /// Lines of talk whose parts are escaped already.
    pub(super) fn block(&mut self, text: &str) {
        // Nobody is left to tell if standard error cannot be written.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    /// Says what went wrong; the exit code for it.
    pub(super) fn problem(&mut self, problem: &Problem) -> Exit {
        for line in &problem.lines {
            self.say(line);
        }
        problem.exit
    }

    /// Whether standard error is a terminal.
    pub(super) fn on_terminal() -> bool {
        io::stderr().is_terminal()
    }
}

/// The text with everything escaped that could move a cursor, end a line, or turn the direction of
/// reading: names of files and sensors come from outside.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || is_invisible(c) => {
                // Writing into a String cannot fail.
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// Separators of lines, marks of direction, and what takes no room.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_can_drive_the_terminal() {
        assert_eq!(escaped("a\u{1b}[2Jb\nc\u{9b}d"), "a\\u{1b}[2Jb\\nc\\u{9b}d");
        assert_eq!(escaped("x\u{202e}gnp.pcap"), "x\\u{202e}gnp.pcap");
        assert_eq!(escaped("東京 é.pcap"), "東京 é.pcap");
    }
}
