//! What a table is built from.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{CountryCode, Prefix};

/// What a table is built from. Everything but `max_age` decides places and goes into the digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The countries that are home; at least one.
    pub home: BTreeSet<CountryCode>,
    /// The country tables; at least one. An address is abroad only if all of them say so (rules §2).
    pub sources: Vec<SourceSpec>,
    /// Prefixes that are home whatever the tables say, one a line.
    pub domestic_lists: Vec<PathBuf>,
    /// Anycast prefixes, whose place no table knows, one a line.
    pub anycast_lists: Vec<PathBuf>,
    /// What private, shared and link-local addresses stand for.
    pub site: Site,
    /// NAT64 prefixes beside `64:ff9b::/96` (RFC 6052).
    pub nat64_prefixes: Vec<Prefix>,
    /// Prefixes between which access softwires run (DS-Lite, MAP-E; rules §4).
    pub softwire_prefixes: Vec<Prefix>,
    /// How old a source may be before the table is stale; nothing means never.
    pub max_age: Option<Duration>,
}

impl Settings {
    /// *Given* (rules §3, FAULTS 25): country tables come out weekly to monthly.
    pub const DEFAULT_MAX_AGE: Duration = Duration::from_secs(35 * 24 * 60 * 60);
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            home: CountryCode::new("JP").into_iter().collect(),
            sources: vec![SourceSpec::Embedded],
            domestic_lists: Vec::new(),
            anycast_lists: Vec::new(),
            site: Site::Undetermined,
            nat64_prefixes: Vec::new(),
            softwire_prefixes: Vec::new(),
            max_age: Some(Self::DEFAULT_MAX_AGE),
        }
    }
}

/// What private, shared and link-local addresses stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Site {
    /// Anybody's: undetermined.
    #[default]
    Undetermined,
    /// The site's own, which stands at home: domestic. An assumption of the operator.
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

/// A country table: the word `embedded`, or a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceSpec {
    /// The table inside the binary.
    Embedded,
    /// A MaxMind-format file or a registry's delegated-extended statistics.
    File(PathBuf),
}

impl FromStr for SourceSpec {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text {
            "embedded" => Self::Embedded,
            path => Self::File(path.into()),
        })
    }
}

impl fmt::Display for SourceSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded => f.write_str("embedded"),
            Self::File(path) => path.display().fmt(f),
        }
    }
}
