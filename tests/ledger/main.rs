//! Ledgers from outside: what is appended is there after a kill, holds for a verifier that we did not
//! write, and no edit of any file goes unseen.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail, and says why it was not made"
)]

mod append;
mod books;
mod command;
mod hostile;
mod kill;
mod made;
mod outside;
mod page;
mod tamper;
