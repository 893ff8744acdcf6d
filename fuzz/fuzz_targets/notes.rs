//! Arbitrary bytes as an older checkpoint, a proof and a verifier key of a ledger.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/fuzz/folder.rs"]
mod folder;
#[path = "../../tests/fuzz/notes.rs"]
mod notes;

fuzz_target!(|data: &[u8]| notes::check(data));
