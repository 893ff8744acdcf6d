//! Input that is meant to use up memory or time: bombs, floods, endless chains, lists without end. Memory
//! is that of a process of its own; time is never asserted, only the work. The large ones are ignored:
//! `cargo test --release --test exhaustion -- --ignored --nocapture --test-threads 1` makes them, and what
//! they print is in docs/exhaustion.md.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test may fail, and says why"
)]

mod bombs;
mod child;
mod floods;
mod lists;
#[path = "../attacks/world.rs"]
mod world;
