//! What lies between the built program and an operator's machine: manual pages, completions, the unit,
//! the shipped configuration, the package's list of files, the container file.
//!
//! `SEKISHO_ACCEPT=1 cargo test --test package` writes manual pages and completions anew. What needs a
//! release build is in `config/package/build-deb`.
#![cfg(feature = "live")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail, and says what it cannot try"
)]

mod bill;
mod completions;
mod container;
mod contents;
mod golden;
#[path = "../common/keys.rs"]
mod keys;
mod manual;
mod operator;
mod reference;
mod settings;
mod unit;
