//! Arbitrary bytes as a MaxMind-format database: it is refused with a reason, or the table says of every
//! address what the outside reader says of it.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/fuzz/folder.rs"]
mod folder;
#[path = "../../tests/fuzz/mmdb.rs"]
mod mmdb;

fuzz_target!(|data: &[u8]| mmdb::check(data));
