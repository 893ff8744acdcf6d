//! Why an authorisation is refused: one line.

use std::fmt;
use std::io;
use std::path::Path;

/// An authorisation, or a signature beside it, that is refused: what, where, what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    line: String,
    is_permission: bool,
}

impl Refused {
    pub(super) fn new(what: &str, path: &Path, hint: &str) -> Self {
        Self {
            line: format!("{what}: {}: {hint}", path.display()),
            is_permission: false,
        }
    }

    pub(super) fn unreadable(path: &Path, error: &io::Error) -> Self {
        let what = format!("cannot read the authorisation ({error})");
        Self {
            is_permission: error.kind() == io::ErrorKind::PermissionDenied,
            ..Self::new(&what, path, "let this user read it and its signatures")
        }
    }

    /// Whether this user may not read it.
    #[must_use]
    pub const fn is_permission(&self) -> bool {
        self.is_permission
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line)
    }
}

impl std::error::Error for Refused {}

/// What is wrong with the bytes of a file, whose name is not known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flaw {
    what: String,
    line: Option<usize>,
    hint: String,
}

impl Flaw {
    pub(super) fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            line: None,
            hint: hint.into(),
        }
    }

    /// In this line, the first being 1.
    pub(super) fn in_line(mut self, line: usize) -> Self {
        self.line = Some(line);
        self
    }

    pub(super) fn at(self, path: &Path) -> Refused {
        let Self { what, line, hint } = self;
        let place = match line {
            Some(line) => format!("{}:{line}", path.display()),
            None => path.display().to_string(),
        };
        Refused {
            line: format!("{what}: {place}: {hint}"),
            is_permission: false,
        }
    }
}
