//! Arbitrary bytes as a capture, down the whole road: open, decode, locate, judge, add to flows. Every
//! frame must end in exactly one fate, and the records must hold exactly what was admitted; in one
//! lane, and in two that are joined.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/fuzz/lane.rs"]
mod lane;

fuzz_target!(|data: &[u8]| lane::check(data));
