//! The clocks of a live run, read once a batch or less: the only ones beside those of the kernel.
#![expect(
    clippy::disallowed_methods,
    reason = "a live run ends flows on a quiet wire, names files by time and stops when told to"
)]

use crate::time::Timestamp;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Wall time, by the same clock as the kernel's times of frames. May step.
pub(super) fn wall() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let since = since.unwrap_or_default();
    Timestamp::from_parts(since.as_secs(), u64::from(since.subsec_nanos()))
}

/// Time that never steps.
pub(super) fn now() -> Instant {
    Instant::now()
}
