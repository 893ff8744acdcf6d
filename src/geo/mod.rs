//! Says where an address is, from country tables and lists of different making.
//!
//! It must never take silence for evidence: what no source places is undetermined. In: databases,
//! registry files, operator lists. Out: one immutable [`Table`] for IPv4 and IPv6, a few nanoseconds
//! a look-up.

mod agreement;
mod compile;
mod embedded;
mod error;
mod evidence;
mod explain;
mod file;
mod finder_v4;
mod finder_v6;
mod finding;
mod identity;
mod info;
mod label;
mod list;
mod mmdb_tree;
mod prefix;
mod probe;
mod segments;
mod settings;
mod source;
mod source_delegated;
mod source_embedded;
mod source_mmdb;
mod special;
mod table;
mod truth;

use evidence::Evidence;

pub use agreement::{Agreement, Places};
pub use error::Error;
pub use explain::{Explanation, Opinion};
pub use finding::{CountryCode, Finding, NotACountry, Place};
pub use info::{FindingInfo, Info, ListInfo, OriginInfo, SourceInfo, SpaceInfo};
pub use prefix::{Prefix, PrefixError};
pub use settings::{Settings, Site, SourceSpec};
pub use source::SourceKind;
pub use table::Table;
pub use truth::Truth;

#[cfg(test)]
mod tests;
