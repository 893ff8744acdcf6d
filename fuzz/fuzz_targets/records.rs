//! Arbitrary bytes as a file of records that is read back.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/fuzz/folder.rs"]
mod folder;
#[path = "../../tests/fuzz/records.rs"]
mod records;

fuzz_target!(|data: &[u8]| records::check(data));
