//! What collectors that we did not write make of our IPFIX: nfcapd, nfacctd and tshark. Where one of them is
//! not installed, its tests say so and pass.
#![cfg(feature = "embedded-geo")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test may fail, says why, and waits for other programs by the clock"
)]

mod collectors;
#[path = "../common/mod.rs"]
mod common;
mod connections;
mod files;
mod messages;
mod running;
mod wireshark;
