//! Says where an address is, from country tables and lists of different making.
//!
//! It must never take silence for evidence: what no source places is undetermined. In: databases,
//! registry files, operator lists. Out: one immutable [`Table`] for IPv4 and IPv6, a few nanoseconds
//! a look-up.

mod finding;
mod table;

pub use finding::{CountryCode, Finding, Place};
pub use table::Table;
