//! Records of any values, written as IPFIX and read back.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/fuzz/folder.rs"]
#[allow(dead_code)]
mod folder;
#[path = "../../tests/fuzz/ipfix.rs"]
mod ipfix;
#[path = "../../tests/fuzz/ipfix_told.rs"]
mod ipfix_told;
#[path = "../../tests/ipfix/messages.rs"]
mod messages;

fuzz_target!(|data: &[u8]| ipfix::check(data));
