//! Live capture, in network namespaces with pairs of joined interfaces: what is sent into one end is
//! captured at the other. Needs root; where that is not given, each test says so and passes.
//!
//! Tests named `row_…` prove the rows of the list of faults that a sensor must survive.
#![cfg(all(feature = "live", feature = "embedded-geo"))]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail, and says why"
)]

mod accounts;
mod authority;
mod books;
mod collectors;
mod ending;
mod harness;
#[cfg(feature = "kafka")]
mod kafka;
mod leaks;
mod links;
mod outputs;
mod panics;
mod refusals;
mod reload;
mod service;
mod sockets;
mod starts;
mod traffic;
mod wire;

#[path = "../../benches/mmdb/mod.rs"]
mod mmdb;
#[path = "../common/search.rs"]
#[allow(dead_code, reason = "its own tests use the rest")]
mod search;
#[path = "../authorisation/sign.rs"]
#[allow(dead_code, reason = "the tests of authorisations use the rest")]
mod sign;
