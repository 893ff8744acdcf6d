//! Ledgers from outside: what is appended is there after a kill, holds for a verifier that we did not
//! write, and no edit of any file goes unseen.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod append;
mod books;
mod command;
mod hostile;
mod kill;
mod made;
mod outside;
mod page;
mod tail;
mod tamper;
