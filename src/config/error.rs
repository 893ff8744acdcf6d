//! What was refused, where, and what to do: one line.

use std::fmt;
use std::io;
use std::path::Path;

use super::given::Origin;
use crate::spelling::reason;

/// A configuration that is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    what: String,
    place: String,
    hint: String,
    fault: Fault,
}

/// Whose fault a refusal is; decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A value that was typed as a flag.
    Flag,
    /// The configuration file, settings that contradict each other, or what can never be authorised.
    Configuration,
}

impl Error {
    pub(super) fn new(what: impl Into<String>, place: String, hint: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            place,
            hint: hint.into(),
            fault: Fault::Configuration,
        }
    }

    pub(super) fn unreadable(path: &Path, error: &io::Error) -> Self {
        let hint = match error.kind() {
            io::ErrorKind::InvalidData => "write the file in UTF-8",
            io::ErrorKind::PermissionDenied => "let this user read it",
            io::ErrorKind::IsADirectory => "name a file, not a folder",
            _ => "check the path",
        };
        let what = match error.kind() {
            io::ErrorKind::InvalidData => "configuration is not text".to_owned(),
            io::ErrorKind::NotFound => "no such configuration".to_owned(),
            _ => format!("cannot read the configuration ({})", reason(error)),
        };
        Self::new(what, path.display().to_string(), hint)
    }

    /// Marks the refusal as one of a flag's value, where it was given so.
    pub(super) fn of_value(mut self, origin: &Origin) -> Self {
        if matches!(origin, Origin::Flag(_)) {
            self.fault = Fault::Flag;
        }
        self
    }

    /// Whose fault it is.
    #[must_use]
    pub const fn fault(&self) -> Fault {
        self.fault
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.what, self.place, self.hint)
    }
}

impl std::error::Error for Error {}

/// `file:line:column` of a byte in a text; columns count characters, both start at 1.
pub(super) fn place(path: &Path, text: &str, offset: usize) -> String {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or(before).chars().count() + 1;
    format!("{}:{line}:{column}", path.display())
}

/// The place of a value: in the file, or the flag's name.
pub(super) fn place_of(origin: &Origin, file: Option<(&Path, &str)>) -> String {
    match (origin, file) {
        (Origin::File(span), Some((path, text))) => place(path, text, span.start),
        (Origin::File(_), None) => "configuration".to_owned(),
        (Origin::Flag(flag), _) => (*flag).to_owned(),
    }
}
