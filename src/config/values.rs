//! The kinds of values that settings have.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use serde::Deserialize;

/// A country table to load.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Source {
    /// The table inside the program.
    Embedded,
    /// A MaxMind-format file, or a registry's delegated-extended statistics.
    File(PathBuf),
}

/// Where private, shared and link-local addresses are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Site {
    /// Not known.
    Undetermined,
    /// At home: an assumption of the operator's, written into every summary.
    Home,
}

impl Site {
    /// The text in files, flags and output.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Undetermined => "undetermined",
            Self::Home => "home",
        }
    }
}

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

/// How records are rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line.
    Jsonl,
    /// Comma-separated values with a header line.
    Csv,
    /// Not at all: only the books are kept. The output is not opened.
    Null,
}

impl Format {
    /// The text in files, flags and output.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Null => "null",
        }
    }
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

/// A prefix of addresses; no bit beyond its length is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Prefix {
    address: IpAddr,
    len: u8,
}

/// Why a text is not a [`Prefix`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadPrefix {
    /// Not `address/length`.
    Form,
    /// Bits are set beyond its length; this is the prefix without them.
    HostBits(Prefix),
}

impl Prefix {
    pub(super) fn parse(text: &str) -> Result<Self, BadPrefix> {
        let (address, len) = text.split_once('/').ok_or(BadPrefix::Form)?;
        let address: IpAddr = address.parse().map_err(|_| BadPrefix::Form)?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let digits = (1..=3).contains(&len.len()) && len.bytes().all(|b| b.is_ascii_digit());
        let len = match len.parse::<u8>() {
            Ok(len) if digits && len <= bits => len,
            Ok(_) | Err(_) => return Err(BadPrefix::Form),
        };
        let network = match address {
            IpAddr::V4(v4) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(len)).unwrap_or(0);
                IpAddr::V4((v4.to_bits() & mask).into())
            }
            IpAddr::V6(v6) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(len)).unwrap_or(0);
                IpAddr::V6((v6.to_bits() & mask).into())
            }
        };
        let prefix = Self {
            address: network,
            len,
        };
        if network == address {
            Ok(prefix)
        } else {
            Err(BadPrefix::HostBits(prefix))
        }
    }

    /// The first address.
    #[must_use]
    pub const fn address(&self) -> IpAddr {
        self.address
    }

    /// How many leading bits count.
    #[must_use]
    #[expect(
        clippy::len_without_is_empty,
        reason = "the length of a prefix, not of a collection"
    )]
    pub const fn len(&self) -> u8 {
        self.len
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.len)
    }
}
