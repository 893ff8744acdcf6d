//! Any bytes behind any link type: decoding ends, never panics, and says the same by both of its
//! paths. The first byte chooses the link type, the next two how many bytes a snap length cut off.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/fuzz/decode.rs"]
mod decode;

fuzz_target!(|data: &[u8]| decode::check(data));
