//! Records into a Kafka cluster and out again: the one that comes with librdkafka, which speaks the protocol
//! over TCP and can be told to fail.
//!
//! Faults of the client alone, with its queue and spool in hand, are tested beside it, in `src/export/kafka`.
#![cfg(all(feature = "kafka", feature = "embedded-geo"))]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may fail, and says why"
)]

mod cluster;
mod replay;

#[path = "../common/mod.rs"]
mod common;
