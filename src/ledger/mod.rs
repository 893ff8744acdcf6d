//! The books on paper: what a run did, in counts, so that somebody who trusts neither the operator nor the
//! program can check it from files alone.
//!
//! ```text
//!   tallies, events ──▶ Entry ──▶ Ledger (appends, hashes, signs) ──▶ files ──▶ read, verify ──▶ report
//! ```
//!
//! It must never hold an address, a prefix or a port: nothing here can name one. In: counts by fate and
//! interval, and what happened. Out: canonical JSON entries in an RFC 6962 tree, stored as tiles and
//! entry bundles (C2SP tlog-tiles) under signed checkpoints (C2SP tlog-checkpoint, signed-note). No clock
//! is read: who appends says when.

mod append;
mod books;
mod canonical;
mod checkpoint;
mod entry;
mod error;
mod files;
mod key;
mod note;
mod open;
mod overview;
mod proof;
mod read;
mod records;
mod tiles;
mod tree;
mod verdict;
mod verify;

pub use append::Ledger;
pub use entry::{
    Authority, Cell, Configured, CrashRecovered, Drop, DropCause, Entry, Event, Export, Gap,
    GapCause, GeoInForce, GeoSource, Interval, List, Mode, Moment, Policy, Profile, Purge, Purged,
    Recall, Reload, SCHEMA, Standing, Start, Stop, Totals, Volume,
};
pub use error::{Error, Fault};
pub use key::Key;
pub use note::Verifier;
pub use open::Opened;
pub use overview::Overview;
pub use proof::{LONGEST_PROOF, Proof, write_proof};
pub use verdict::{Finding, Verification};
pub use verify::{VerifyOptions, prove, verify};
