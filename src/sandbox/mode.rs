//! How much a run insists on its sandbox.

use std::env;
use std::process;

/// What is done about a layer that cannot be put in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// As much as this machine has; the report says what does not hold, and why.
    Lenient,
    /// All of it, or the run does not begin.
    Strict,
}

impl Mode {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Lenient, Self::Strict];

    /// The text in flags and configuration.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Lenient => "lenient",
            Self::Strict => "strict",
        }
    }

    /// What holds where nobody chose: a service is strict, for nobody reads what it says as it starts;
    /// a run by hand is not.
    #[must_use]
    pub const fn default_for(under_systemd: bool) -> Self {
        if under_systemd {
            Self::Strict
        } else {
            Self::Lenient
        }
    }
}

/// Whether systemd started this process as a service.
///
/// `INVOCATION_ID` alone does not tell: a shell in a terminal that is a unit hands it on. Since version
/// 248 (2021) systemd says in `SYSTEMD_EXEC_PID` which process it meant; before, its services are
/// children of process 1.
#[must_use]
pub fn under_systemd() -> bool {
    let exec_pid = env::var("SYSTEMD_EXEC_PID").ok();
    is_service(
        env::var_os("INVOCATION_ID").is_some(),
        exec_pid.as_deref(),
        process::id(),
        std::os::unix::process::parent_id(),
    )
}

fn is_service(invoked: bool, exec_pid: Option<&str>, own: u32, parent: u32) -> bool {
    invoked
        && match exec_pid {
            Some(pid) => pid.parse() == Ok(own),
            None => parent == 1,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_strict_and_what_a_terminal_starts_is_not() {
        assert_eq!(Mode::default_for(true), Mode::Strict);
        assert_eq!(Mode::default_for(false), Mode::Lenient);
        assert!(is_service(true, Some("70"), 70, 1));
        assert!(is_service(true, None, 70, 1));
        // A shell of a terminal that is a unit of the session.
        assert!(!is_service(true, Some("69"), 70, 69));
        assert!(!is_service(true, None, 70, 69));
        assert!(!is_service(false, None, 70, 1));
    }
}
