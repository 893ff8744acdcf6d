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
//! is read: who appends says when. `docs/ledger.md` is the format, for readers outside.
//!
//! A run appends `Start`, its settings, `Interval`s and `Export`s, and at the end a `Stop` with the sums.
//! Where the run before did not end by itself ([`Opened::is_ended`]), the next one first appends
//! `CrashRecovered` with [`Opened::entries`], then a `Gap`, then `Export`s of files that were left, and
//! only then `Start`. [`verify`] holds writers to that.
//!
//! ```
//! use sekisho::ledger::{Event, Key, Ledger, VerifyOptions, verify};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let key = Key::load_or_create(&folder.path().join("lab.key"), "sekisho/lab")?;
//! let (mut ledger, opened) = Ledger::open(&folder.path().join("ledger"), &key)?;
//! assert!(opened.is_ended);
//! ledger.append(None, Event::ClockStep { nanos: 5 })?;
//! ledger.commit()?; // signed, and outlasts a power cut
//! let (entries, found) = verify(&folder.path().join("ledger"), &VerifyOptions::default())?;
//! assert!(found.holds() && entries.len() == 1);
//! # Ok(())
//! # }
//! ```

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
