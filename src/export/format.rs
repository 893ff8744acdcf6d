//! The formats of records, by name.

use super::{csv, profiles};

/// A format of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line: `sekisho.flow.v1`.
    Jsonl,
    /// RFC 4180, the same fields.
    Csv,
    /// Parquet files in folders by date and class, the same fields. Needs the feature `parquet`.
    Parquet,
    /// IPFIX (RFC 7011) with both directions in one record (RFC 5103).
    Ipfix,
    /// IPFIX with a record for each direction, for collectors that ignore the reverse half.
    IpfixUniflow,
    /// Zeek's conn.log, tab-separated.
    ZeekConn,
    /// Zeek's conn.log, one JSON object a line.
    ZeekConnJson,
    /// Elastic Common Schema, one JSON object a line.
    Ecs,
    /// OCSF network activity (class 4001), one JSON object a line.
    Ocsf,
    /// Suricata's EVE flow event, one JSON object a line.
    Eve,
    /// Nothing is written; records are counted.
    Null,
}

impl Format {
    /// All formats, in the order in which they are listed.
    pub const ALL: [Self; 11] = [
        Self::Jsonl,
        Self::Csv,
        Self::Parquet,
        Self::Ipfix,
        Self::IpfixUniflow,
        Self::ZeekConn,
        Self::ZeekConnJson,
        Self::Ecs,
        Self::Ocsf,
        Self::Eve,
        Self::Null,
    ];

    /// The text in files, flags and output.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Parquet => "parquet",
            Self::Ipfix => "ipfix",
            Self::IpfixUniflow => "ipfix-uniflow",
            Self::ZeekConn => "zeek-conn",
            Self::ZeekConnJson => "zeek-conn-json",
            Self::Ecs => "ecs",
            Self::Ocsf => "ocsf-4001",
            Self::Eve => "eve-flow",
            Self::Null => "null",
        }
    }

    /// Whether this program was built with it.
    #[must_use]
    pub const fn is_built_in(self) -> bool {
        !matches!(self, Self::Parquet) || cfg!(feature = "parquet")
    }

    /// Whether records are lines of text, one after the other.
    #[must_use]
    pub const fn is_text(self) -> bool {
        !matches!(
            self,
            Self::Parquet | Self::Ipfix | Self::IpfixUniflow | Self::Null
        )
    }

    /// Whether records are lines of one JSON object each.
    #[must_use]
    pub const fn is_json(self) -> bool {
        matches!(
            self,
            Self::Jsonl | Self::ZeekConnJson | Self::Ecs | Self::Ocsf | Self::Eve
        )
    }

    /// The ending of file names.
    pub(super) const fn ending(self) -> &'static str {
        match self {
            Self::ZeekConn => "conn.log",
            Self::ZeekConnJson => "conn.jsonl",
            Self::Ecs => "ecs.jsonl",
            Self::Ocsf => "ocsf.jsonl",
            Self::Eve => "eve.jsonl",
            Self::Ipfix | Self::IpfixUniflow => "ipfix",
            Self::Jsonl | Self::Csv | Self::Parquet | Self::Null => self.id(),
        }
    }

    /// What stands at the begin of every file of text.
    pub(super) const fn header(self) -> &'static str {
        match self {
            Self::Csv => csv::HEADER,
            Self::ZeekConn => profiles::ZEEK_HEADER,
            Self::Jsonl
            | Self::ZeekConnJson
            | Self::Ecs
            | Self::Ocsf
            | Self::Eve
            | Self::Parquet
            | Self::Ipfix
            | Self::IpfixUniflow
            | Self::Null => "",
        }
    }
}
