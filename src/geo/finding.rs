//! What the table says of one address.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// Where an end is (rules §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Place {
    /// At home.
    Domestic,
    /// Abroad, on positive evidence from every source.
    Foreign,
    /// Not known: could be either.
    Undetermined,
}

impl Place {
    /// The stable id in records and output.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Domestic => "domestic",
            Self::Foreign => "foreign",
            Self::Undetermined => "undetermined",
        }
    }
}

/// What the table says of an address, with the rule that decided (rules §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Finding {
    /// Some source says home.
    Home,
    /// On the operator's list of domestic prefixes, and home in no source.
    OperatorHome,
    /// Private, shared or link-local, at a site declared to be at home.
    SiteHome,
    /// Every source says abroad.
    Abroad,
    /// No source places it.
    Unlocated,
    /// The sources, or the fields of one, contradict each other.
    SourceDisagreement,
    /// In a listed anycast prefix.
    Anycast,
    /// Private, shared or link-local.
    NonGlobal,
    /// A group, or all.
    Multicast,
    /// Special-purpose: has no business on the wire.
    Martian,
}

impl Finding {
    /// All findings.
    pub const ALL: [Self; 10] = [
        Self::Home,
        Self::OperatorHome,
        Self::SiteHome,
        Self::Abroad,
        Self::Unlocated,
        Self::SourceDisagreement,
        Self::Anycast,
        Self::NonGlobal,
        Self::Multicast,
        Self::Martian,
    ];

    /// The place, or nothing where the address itself is a reason to exclude (multicast, martian).
    #[must_use]
    pub const fn place(self) -> Option<Place> {
        match self {
            Self::Home | Self::OperatorHome | Self::SiteHome => Some(Place::Domestic),
            Self::Abroad => Some(Place::Foreign),
            Self::Unlocated | Self::SourceDisagreement | Self::Anycast | Self::NonGlobal => {
                Some(Place::Undetermined)
            }
            Self::Multicast | Self::Martian => None,
        }
    }

    /// The stable id in output: the reason's where it is one (rules §5).
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::OperatorHome => "operator_domestic",
            Self::SiteHome => "site_home",
            Self::Abroad => "abroad",
            Self::Unlocated => "unlocated",
            Self::SourceDisagreement => "source_disagreement",
            Self::Anycast => "anycast",
            Self::NonGlobal => "non_global",
            Self::Multicast => "multicast",
            Self::Martian => "martian",
        }
    }
}

/// An ISO 3166-1 alpha-2 country code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CountryCode([u8; 2]);

impl CountryCode {
    /// Codes that databases use where they name no country.
    const PSEUDO: [[u8; 2]; 7] = [*b"EU", *b"AP", *b"A1", *b"A2", *b"O1", *b"ZZ", *b"XX"];

    /// Two ASCII letters in either case. Nothing for pseudo-codes (`EU`, `AP`, `A1`, `A2`, `O1`,
    /// `ZZ`, `XX`) and anything else that names no country.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let &[first, second] = text.as_bytes() else {
            return None;
        };
        Self::from_bytes([first.to_ascii_uppercase(), second.to_ascii_uppercase()])
    }

    /// Two upper-case letters, as tables pack them.
    pub(super) fn from_bytes(code: [u8; 2]) -> Option<Self> {
        (code.iter().all(u8::is_ascii_uppercase) && !Self::PSEUDO.contains(&code))
            .then_some(Self(code))
    }

    /// The two letters, as tables pack them.
    pub(super) const fn to_bytes(self) -> [u8; 2] {
        self.0
    }

    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Two ASCII letters are always valid text: `new` is the only constructor.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for CountryCode {
    type Err = NotACountry;

    fn from_str(text: &str) -> Result<Self, NotACountry> {
        Self::new(text).ok_or(NotACountry)
    }
}

/// The text is not a country code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a country: give an ISO 3166-1 code of two letters, such as JP")]
pub struct NotACountry;

impl Serialize for CountryCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl fmt::Display for CountryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for CountryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
