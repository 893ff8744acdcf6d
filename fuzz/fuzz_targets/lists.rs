//! Arbitrary bytes as lists of prefixes, of the truth, and as a registry's statistics.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/fuzz/folder.rs"]
mod folder;
#[path = "../../tests/fuzz/lists.rs"]
mod lists;

fuzz_target!(|data: &[u8]| lists::check(data));
