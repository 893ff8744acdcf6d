//! Arbitrary bytes as a classic pcap that is walked in parts.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/fuzz/frames.rs"]
#[allow(dead_code)]
mod frames;
#[path = "../../tests/fuzz/parts.rs"]
mod parts;

fuzz_target!(|data: &[u8]| parts::check(data));
