//! What can go wrong in writing, and what to do about it.

use crate::spelling::reason;
use std::io;
use std::path::PathBuf;

/// An output failed. Nothing incomplete is left under the final name.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The output file or its folder.
    #[error("cannot {what} ({}): {}: {}", reason(source), path.display(), advice(source))]
    Output {
        /// What was tried.
        what: &'static str,
        /// On which file.
        path: PathBuf,
        /// How it failed.
        source: io::Error,
    },
    /// Somebody took the file away while it was written.
    #[error("output {what} by someone else: {}: move away only files that have their names", path.display())]
    Disturbed {
        /// What was done to it.
        what: &'static str,
        /// To which file.
        path: PathBuf,
    },
    /// Standard output, other than its reader going away.
    #[error(
        "cannot write ({}): standard output: check where it leads",
        reason(source)
    )]
    Stdout {
        /// How it failed.
        source: io::Error,
    },
    /// A collector, or whatever lies before it.
    #[error(
        "cannot {what} ({}): {target}: check that it runs and can be reached",
        reason(source)
    )]
    Collector {
        /// What was tried.
        what: &'static str,
        /// Where it is.
        target: String,
        /// How it failed.
        source: io::Error,
    },
    /// Not built into this program, or not for this format.
    #[error("nothing here writes to: {target}: see --format and --output in --help")]
    NoCollector {
        /// Where records were to go.
        target: String,
    },
    /// The unnamed temporary file that sorting spills to.
    #[error(
        "cannot {what} the temporary file for sorting ({}): {}: {}, or set TMPDIR to a larger folder",
        reason(source),
        std::env::temp_dir().display(),
        advice(source)
    )]
    Spill {
        /// What was tried.
        what: &'static str,
        /// How it failed.
        source: io::Error,
    },
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::NotFound => "create the folder first",
        io::ErrorKind::PermissionDenied => "choose a place that this user may write to",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "free space or choose another place with -o"
        }
        io::ErrorKind::ReadOnlyFilesystem => "choose a place that can be written to",
        io::ErrorKind::AlreadyExists => "another run may be writing there; choose another name",
        io::ErrorKind::FileTooLarge => "raise the file size limit or choose another file system",
        _ => "check the disk or choose another place with -o",
    }
}
