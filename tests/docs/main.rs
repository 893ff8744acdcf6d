//! What the pages say is so: what repeats the code is held to it, links lead somewhere, and every command is
//! typed.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a page that cannot be read has failed, and a test says what it did not try"
)]

#[path = "../common/mod.rs"]
mod common;

mod commands;
mod pages;
mod place;
mod typed;
