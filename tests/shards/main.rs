//! Any split of a set of captures over machines, merged, is byte-identical to one run over all of them:
//! records, summary and ledger. Where that cannot be, it is said, and nothing is written.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail, and says why"
)]

#[path = "../common/mod.rs"]
mod common;
mod corpus;
mod fragments;
mod made;
mod random;
mod refused;
mod reread;
mod torn;
mod whole;
