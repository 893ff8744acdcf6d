//! Why a table cannot be built.

use std::io;
use std::path::{Path, PathBuf};

use super::PrefixError;

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
    #[error("cannot read {}: {source}", shown(.path))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file is of no kind that holds countries.
    #[error("{} is no country table: {found}; give a MaxMind-format (.mmdb) file or a registry's delegated-extended statistics", shown(.path))]
    NotATable {
        /// The file.
        path: PathBuf,
        /// What it seems to be.
        found: &'static str,
    },
    /// A MaxMind-format file is broken.
    #[error("{} is a damaged MaxMind-format file: {reason}; fetch it again", shown(.path))]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the reader says.
        reason: String,
    },
    /// A database without any country (ASN, connection type, …).
    #[error("{} holds no countries, its type is {kind:?}; give a Country or City database", shown(.path))]
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
        "missing {home}: no source has an address of {home}; give a table that covers it, or another --home"
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
