//! Why a ledger or a key cannot be used, and what to do about it.

use crate::spelling::reason;
use std::io;
use std::path::PathBuf;

/// A ledger, a key or a checkpoint cannot be used. That a ledger says something wrong is no error but a
/// [`super::Finding`].
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system refuses something.
    #[error("cannot {what} ({}): {}: {}", reason(source), path.display(), advice(source))]
    File {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// How it failed.
        source: io::Error,
    },
    /// Another process appends to it.
    #[error("ledger in use by another process: {}: end that, or choose another folder", path.display())]
    Busy {
        /// The ledger.
        path: PathBuf,
    },
    /// It contradicts itself at its end, so nothing may be appended.
    #[error("ledger damaged ({what}): {}: look with `sekisho verify`, and begin another ledger", path.display())]
    Damaged {
        /// What contradicts.
        what: &'static str,
        /// The ledger.
        path: PathBuf,
    },
    /// It was signed with another key.
    #[error("ledger of another key: {}: give the key that began it, or begin another ledger", path.display())]
    OtherKey {
        /// The ledger.
        path: PathBuf,
    },
    /// The file is no private key that serves.
    #[error("{what}: {}: {hint}", path.display())]
    Key {
        /// What is wrong with it.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What to do.
        hint: &'static str,
    },
    /// A name that cannot stand in checkpoints.
    #[error("not a name for a ledger: {name:?}: use 1 to 200 characters without spaces and +")]
    Origin {
        /// The name.
        name: String,
    },
    /// The text is no verifier key, signed note or proof.
    #[error("not {what}: {hint}")]
    Text {
        /// What was expected.
        what: &'static str,
        /// What to do.
        hint: &'static str,
    },
    /// There is no ledger.
    #[error("no ledger: {}: name the folder that holds `checkpoint`", path.display())]
    NotALedger {
        /// The folder.
        path: PathBuf,
    },
    /// An entry that is too long to be written.
    #[error("entry longer than 65535 bytes: {kind}: split it")]
    TooLong {
        /// Its kind.
        kind: &'static str,
    },
    /// There is no proof of an entry that is under no signature.
    #[error("entry not under a signature: {index}: choose one below {signed}")]
    NotSigned {
        /// The entry.
        index: u64,
        /// How many entries are.
        signed: u64,
    },
    /// A write failed before, and what is on disk since is not known.
    #[error("ledger not usable after a failed write: {}: begin again", path.display())]
    Failed {
        /// The ledger.
        path: PathBuf,
    },
}

/// What kind of answer an error wants; exit codes follow from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// What was given is not understood (2).
    Usage,
    /// There is nothing of that name (66).
    NoInput,
    /// What is there contradicts itself (3).
    Damaged,
    /// A write failed (74).
    Output,
    /// Somebody else appends (75).
    Busy,
    /// This user may not do that (77).
    Permission,
    /// A setting or a key does not serve (78).
    Configuration,
}

impl Error {
    /// What kind of answer it wants.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::File { source, .. } => match source.kind() {
                io::ErrorKind::PermissionDenied => Fault::Permission,
                io::ErrorKind::NotFound => Fault::NoInput,
                _ => Fault::Output,
            },
            Self::Busy { .. } => Fault::Busy,
            Self::Damaged { .. } => Fault::Damaged,
            Self::OtherKey { .. } | Self::Key { .. } | Self::Origin { .. } => Fault::Configuration,
            Self::Text { .. } | Self::NotSigned { .. } => Fault::Usage,
            Self::NotALedger { .. } => Fault::NoInput,
            Self::TooLong { .. } | Self::Failed { .. } => Fault::Output,
        }
    }
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::NotFound => "name one that is there",
        io::ErrorKind::PermissionDenied => "let this user read it, and write to it to append",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free space",
        io::ErrorKind::ReadOnlyFilesystem => "choose a place that can be written to",
        io::ErrorKind::InvalidInput => "give a plain file",
        _ => "check the disk",
    }
}
