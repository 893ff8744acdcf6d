//! The kinds of values that settings have.

use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;

/// Age from which a table is too old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaxAge {
    /// Days from the table's own date to a packet's.
    Days(u32),
    /// Never too old.
    Never,
}

/// [`MaxAge`] as it is written: a number, or a word.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Days {
    /// A number of days.
    Number(u64),
    /// `never`.
    Word(String),
}

/// Where results go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Standard output.
    Stdout,
    /// A file, replaced as a whole.
    File(PathBuf),
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdout => f.write_str("-"),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

/// What a live run does where the system lacks a layer of its sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SandboxMode {
    /// As strict under systemd, else as lenient.
    Auto,
    /// It does not start.
    Strict,
    /// It says so and goes on with the others.
    Lenient,
}

impl SandboxMode {
    /// The text in files, flags and output.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Strict => "strict",
            Self::Lenient => "lenient",
        }
    }
}

/// Whether progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgressMode {
    /// When standard error is a terminal.
    Auto,
    /// Never.
    Never,
}

impl ProgressMode {
    /// The text in files, flags and output.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Never => "never",
        }
    }
}
