//! Arbitrary bytes as a signed authorisation, as a signature on one, and as a key.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/fuzz/folder.rs"]
mod folder;
#[path = "../../tests/fuzz/authorisation.rs"]
mod authorisation;
#[path = "../../tests/authorisation/sign.rs"]
#[allow(dead_code)]
mod sign;

fuzz_target!(|data: &[u8]| authorisation::check(data));
