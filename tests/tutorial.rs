//! The tutorial shows what its commands print, in both languages.
//!
//! `SEKISHO_ACCEPT=1 cargo test --test tutorial` writes what they print now.
#![cfg(feature = "embedded-geo")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may stop where it is, and says what it did not try"
)]

mod common;

use common::page::{Block, blocks, folder, has, shows_what_is_printed, text};

const PAGES: [&str; 2] = ["docs/tutorial.md", "docs/tutorial.ja.md"];

#[test]
fn the_tutorial_shows_what_its_commands_print() {
    if !has("jq") {
        println!("NOT TESTED: needs jq");
        return;
    }
    for name in PAGES {
        shows_what_is_printed(name, folder().path());
    }
}

#[test]
fn both_languages_type_and_show_the_same() {
    let [english, japanese] = PAGES.map(|name| blocks(&text(name)));
    assert_eq!(english.len(), japanese.len());
    for (english, japanese) in english.iter().zip(&japanese) {
        match (english, japanese) {
            // The report is in the reader's language.
            (Block::Typed(english), Block::Typed(japanese)) => {
                assert_eq!(*english, japanese.replace(" --lang ja", ""));
            }
            (english, japanese) => assert_eq!(format!("{english:?}"), format!("{japanese:?}")),
        }
    }
}
