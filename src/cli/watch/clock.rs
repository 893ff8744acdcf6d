//! The clocks of a watch: it compares what a sensor said with when it said it.
#![expect(
    clippy::disallowed_methods,
    reason = "rates and ages are of the moment at which somebody looks"
)]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Time that never steps.
pub(super) fn now() -> Instant {
    Instant::now()
}

/// Since 1970-01-01 UTC, by the clock of this machine. May step.
pub(super) fn wall() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}
