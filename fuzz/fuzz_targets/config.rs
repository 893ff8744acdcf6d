//! Arbitrary text as a configuration: refused with a reason, or read back as it was written.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/fuzz/config.rs"]
mod config;
#[path = "../../tests/fuzz/folder.rs"]
#[allow(dead_code)]
mod folder;

fuzz_target!(|data: &[u8]| config::check(data));
