//! Arbitrary bytes as an input: every container and compression. Nothing may panic, hang, or lend a
//! frame longer than the largest; reading on after the end must end the same way.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/fuzz/source.rs"]
mod source;

fuzz_target!(|data: &[u8]| source::check(data));
