//! Signed authorisations: nothing but what enough listed keys have signed counts, and what counts decides
//! by each packet's own time and to the last packet of a volume.
#![cfg(feature = "embedded-geo")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may stop where it is, and says why"
)]

mod files;
mod program;
mod sign;
mod tools;
mod volume;
mod windows;

#[path = "../common/mod.rs"]
mod common;

use sekisho::authorisation::Key;

/// An authorisation for replays: of these classes, from one moment until another.
fn text(id: &str, classes: &str, from: &str, until: &str) -> String {
    format!(
        "id = \"{id}\"\nauthority = \"Nobody\"\nclasses = {classes}\ninterfaces = [\"replay\"]\n\
         not_before = \"{from}\"\nnot_after = \"{until}\"\npurpose = \"a test\"\n"
    )
}

fn keys(texts: &[String]) -> Vec<Key> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}
