//! The program as a whole under faults that strace makes: every write, every fsync, every rename, every new
//! thread. What outputs of a live run do under them is in `tests/sinks.rs` and `tests/live`.
//!
//! Tests named `row_…` prove the rows of the list of faults; `docs/faults.md` has them all.
#![cfg(all(target_os = "linux", feature = "embedded-geo"))]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail, and says why"
)]

#[path = "../common/mod.rs"]
mod common;
mod order;
mod panics;
mod readers;
mod times;
mod traced;
mod writes;
