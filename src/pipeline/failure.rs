//! What ended a run before its end.

use std::fmt;

/// A run that could not be finished: what, where, and what to do. Never a packet's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    kind: FailureKind,
    line: String,
    also: Vec<String>,
}

/// The kinds of failure that programs can tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// An input is no capture, or holds no packet.
    NotACapture,
    /// An input or interface does not exist.
    NoInput,
    /// Records or summary could not be written.
    Output,
    /// An interface went away while it was captured from.
    InterfaceGone,
    /// Another sensor uses what this one needs for itself.
    Busy,
    /// This user may not read or write something.
    Permission,
    /// The configuration cannot be built: a table that is missing, corrupt or fails its probes.
    Configuration,
}

impl Failure {
    /// A failure; the three texts make one line.
    #[must_use]
    pub fn new(
        kind: FailureKind,
        what: impl Into<String>,
        place: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self::line(
            kind,
            format!("{}: {}: {}", what.into(), place.into(), hint.into()),
        )
    }

    /// A failure whose line is complete.
    #[must_use]
    pub const fn line(kind: FailureKind, line: String) -> Self {
        Self {
            kind,
            line,
            also: Vec::new(),
        }
    }

    /// Likewise, with what else went wrong: one line each.
    #[must_use]
    pub fn and(mut self, also: impl IntoIterator<Item = String>) -> Self {
        self.also.extend(also);
        self
    }

    /// What else went wrong, one line each.
    #[must_use]
    pub fn also(&self) -> &[String] {
        &self.also
    }

    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> FailureKind {
        self.kind
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line)
    }
}

impl std::error::Error for Failure {}
