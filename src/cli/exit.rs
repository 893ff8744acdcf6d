//! How a run ends, as a number.

use std::process::ExitCode;

use crate::config;
use crate::ledger;
use crate::pipeline::FailureKind;

/// The exit codes: a contract with scripts (numbers from 64 on are those of `sysexits.h`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done. Also when the reader of standard output had enough and closed it.
    Done = 0,
    /// Done, but an input was damaged or partly unreadable; everything readable was processed.
    Damaged = 1,
    /// The command line was not understood.
    Usage = 2,
    /// The books do not balance, or something was lost.
    Books = 3,
    /// An input is not a capture, or an address is not an address.
    NotACapture = 65,
    /// No such input or interface.
    NoInput = 66,
    /// A fault of the program itself; its place is printed, never its data.
    Internal = 70,
    /// Results could not be written, or an interface went away.
    Output = 74,
    /// Another sensor uses the state folder.
    Busy = 75,
    /// This user may not do that.
    Permission = 77,
    /// The configuration, a country table or an authorisation is refused.
    Configuration = 78,
}

impl Exit {
    /// All exit codes.
    pub const ALL: [Self; 11] = [
        Self::Done,
        Self::Damaged,
        Self::Usage,
        Self::Books,
        Self::NotACapture,
        Self::NoInput,
        Self::Internal,
        Self::Output,
        Self::Busy,
        Self::Permission,
        Self::Configuration,
    ];
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl From<FailureKind> for Exit {
    fn from(kind: FailureKind) -> Self {
        match kind {
            FailureKind::NotACapture => Self::NotACapture,
            FailureKind::NoInput => Self::NoInput,
            FailureKind::Output | FailureKind::InterfaceGone => Self::Output,
            FailureKind::Busy => Self::Busy,
            FailureKind::Permission => Self::Permission,
            FailureKind::Configuration => Self::Configuration,
        }
    }
}

impl From<ledger::Fault> for Exit {
    fn from(fault: ledger::Fault) -> Self {
        match fault {
            ledger::Fault::Usage => Self::Usage,
            ledger::Fault::NoInput => Self::NoInput,
            ledger::Fault::Damaged => Self::Books,
            ledger::Fault::Output => Self::Output,
            ledger::Fault::Busy => Self::Busy,
            ledger::Fault::Permission => Self::Permission,
            ledger::Fault::Configuration => Self::Configuration,
        }
    }
}

impl From<config::Fault> for Exit {
    fn from(fault: config::Fault) -> Self {
        match fault {
            config::Fault::Flag => Self::Usage,
            config::Fault::Configuration => Self::Configuration,
        }
    }
}
