//! A ledger in which one file holds arbitrary bytes: `verify` finds it.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/fuzz/folder.rs"]
mod folder;
#[path = "../../tests/fuzz/ledger.rs"]
mod ledger;

fuzz_target!(|data: &[u8]| ledger::check(data));
