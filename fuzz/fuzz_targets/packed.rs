//! A capture of arbitrary bytes, compressed, whole and cut.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/fuzz/frames.rs"]
#[allow(dead_code)]
mod frames;
#[path = "../../tests/fuzz/packed.rs"]
mod packed;

fuzz_target!(|data: &[u8]| packed::check(data));
