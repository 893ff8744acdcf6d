//! Why a table cannot be built.

use std::io;
use std::path::{Path, PathBuf};

use super::PrefixError;
use crate::spelling::reason;

/// Why a table cannot be built: which file, what is wrong, what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No country is home.
    #[error("no home country: give --home with a country code, such as JP")]
    NoHome,
    /// No source is configured.
    #[error("no country table: give --geo with a file, or embedded")]
    NoSource,
    /// This build carries no table.
    #[error("this build has no embedded country table: give --geo with a file")]
    NoEmbedded,
    /// The embedded table is not in the form that was promised; a broken build.
    #[error("the embedded country table is damaged: reinstall, or give --geo with a file")]
    EmbeddedDamaged,
    /// A file cannot be read.
    #[error("cannot read ({}): {}: {}", reason(source), shown(.path), advice(source, .path))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file is longer than any table or list, or something that may have no end is.
    #[error("longer than {} MiB: {}: give a shorter file", longest >> 20, shown(.path))]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The most that is read, in bytes.
        longest: u64,
    },
    /// A file is of no kind that holds countries.
    #[error("no country table ({found}): {}: give a MaxMind-format (.mmdb) file or a registry's delegated-extended statistics", shown(.path))]
    NotATable {
        /// The file.
        path: PathBuf,
        /// What it seems to be.
        found: &'static str,
    },
    /// A MaxMind-format file is broken.
    #[error("damaged MaxMind-format file ({reason}): {}: fetch it again", shown(.path))]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the reader says.
        reason: String,
    },
    /// A database without any country (ASN, connection type, …).
    #[error("database without countries (its type is {kind:?}): {}: give a Country or City database", shown(.path))]
    NoCountries {
        /// The file.
        path: PathBuf,
        /// The type that the file states.
        kind: String,
    },
    /// A line of a registry's statistics cannot be read.
    #[error("{}:{line}: {reason}; fetch it again", shown(.path))]
    Statistics {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        reason: &'static str,
    },
    /// A line of an operator's list is no prefix.
    #[error("{}:{line}: {reason}", shown(.path))]
    List {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        reason: PrefixError,
    },
    /// A line of a list of the truth cannot be read.
    #[error("{}:{line}: {reason}", shown(.path))]
    Truth {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// A prefix that cannot carry IPv4 addresses (RFC 6052 §2.2).
    #[error(
        "{prefix} cannot be a NAT64 prefix: give an IPv6 prefix of length 32, 40, 48, 56, 64 or 96 with bits 64 to 71 zero (RFC 6052)"
    )]
    Nat64 {
        /// The prefix.
        prefix: super::Prefix,
    },
    /// No source has any address of a home country: with it, everybody would be abroad.
    #[error(
        "no source has an address of home: {home}: give a table that covers it, or another --home"
    )]
    MissingHome {
        /// The country.
        home: super::CountryCode,
    },
    /// More borders between findings than the structure holds; no public table comes near.
    #[error("the tables and lists together have more than 16 million borders: leave some out")]
    TooFine,
    /// A known answer came out wrong.
    #[error(
        "the compiled table fails its known-answer probe: {probe}; do not use it, and report this"
    )]
    Probe {
        /// Which probe, what was expected and what came.
        probe: String,
    },
}

/// What to do about a file that cannot be read.
fn advice(error: &io::Error, path: &Path) -> &'static str {
    let near_embedded = || {
        let name = path.as_os_str().to_str().unwrap_or_default();
        !name.contains(['/', '.']) && name.to_ascii_lowercase().starts_with("emb")
    };
    match error.kind() {
        io::ErrorKind::NotFound if near_embedded() => "did you mean embedded?",
        io::ErrorKind::NotFound => "check the path",
        io::ErrorKind::PermissionDenied => "let this user read it",
        io::ErrorKind::IsADirectory => "name a file, not a folder",
        _ => "check the file and its disk",
    }
}

/// A path for messages: control characters of a hostile file name never reach the terminal.
fn shown(path: &Path) -> String {
    path.display()
        .to_string()
        .chars()
        .flat_map(|c| {
            let (plain, escaped) = if c.is_control() {
                (None, Some(c.escape_default()))
            } else {
                (Some(c), None)
            };
            plain.into_iter().chain(escaped.into_iter().flatten())
        })
        .collect()
}
