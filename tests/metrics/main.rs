//! What a running sensor shows to Prometheus, asked for as Prometheus asks: every number is the tally's, the
//! number of series is that of the settings, and whatever is sent to the endpoint, the next scrape is served.
#![cfg(feature = "live")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test may fail, says why, and waits for threads and programs"
)]

mod abuse;
mod client;
mod numbers;
mod prometheus;
mod sensor;
mod series;
