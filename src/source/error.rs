//! Why an input could not be opened.

use std::{io, path::Path};

use super::Input;

/// Why an input could not be opened. One line each: what, where, what to do. Names are escaped, so
/// that a hostile file name cannot write to a terminal or forge a line.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Nothing of that name (exit code 66).
    #[error("no such input: check the name: {0}")]
    NoSuchInput(Input),
    /// It is empty, or begins like no capture we read (exit code 65).
    #[error("not a capture (give pcap or pcapng, plain or in gzip, zstd or lz4): {0}")]
    NotACapture(Input),
    /// It is compressed in a way we do not undo (exit code 65).
    #[error("compressed with {method}: unpack it first: {input}")]
    Packed {
        /// The input.
        input: Input,
        /// The compression's name.
        method: &'static str,
    },
    /// A folder without a single capture (exit code 65).
    #[error("no capture in the folder (folders are not searched recursively): {0}")]
    NoCaptures(Input),
    /// We may not read it (exit code 77).
    #[error("no permission to read: change its mode or run as a user who may: {0}")]
    Permission(Input),
    /// The operating system could not read it (exit code 74).
    #[error("cannot read (check the device or file system): {input}: {source}")]
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
