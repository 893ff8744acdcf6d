//! Why an input could not be opened.

use std::{io, path::Path};

use super::Input;
use crate::spelling::reason;

/// Why an input could not be opened. One line each: what, where, what to do. Names are escaped, so
/// that a hostile file name cannot write to a terminal or forge a line.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Nothing of that name (exit code 66).
    #[error("no such input: {0}: check the name")]
    NoSuchInput(Input),
    /// It is empty, or begins like no capture we read (exit code 65).
    #[error("not a capture: {0}: give pcap or pcapng, plain or in gzip, zstd or lz4")]
    NotACapture(Input),
    /// It is a classic pcap of a version that nobody writes (exit code 65).
    #[error("pcap of an unknown version: {0}: convert it to version 2.4")]
    Version(Input),
    /// It is compressed in a way we do not undo (exit code 65).
    #[error("compressed with {method}: {input}: unpack it first")]
    Packed {
        /// The input.
        input: Input,
        /// The compression's name.
        method: &'static str,
    },
    /// A folder without a single capture (exit code 65).
    #[error(
        "no capture in the folder: {0}: give the folder that holds them; those inside it are not searched"
    )]
    NoCaptures(Input),
    /// We may not read it (exit code 77).
    #[error("no permission to read: {0}: change its mode or run as a user who may")]
    Permission(Input),
    /// The operating system could not read it (exit code 74).
    #[error(
        "cannot read ({}): {input}: check the device or file system",
        reason(source)
    )]
    Io {
        /// The input.
        input: Input,
        /// What the operating system said.
        source: io::Error,
    },
}

impl OpenError {
    /// Sorts an error of the operating system by what a user would do about it.
    pub(super) fn from_io(input: Input, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::NoSuchInput(input),
            io::ErrorKind::PermissionDenied => Self::Permission(input),
            _ => Self::Io { input, source },
        }
    }

    pub(super) fn at(path: &Path, source: io::Error) -> Self {
        Self::from_io(Input::File(path.to_path_buf()), source)
    }
}
