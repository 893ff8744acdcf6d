//! The end of a live run: whoever asks for it, everyone sees it.

use std::io::{self, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Asked for once, by a signal, a limit, or what went wrong.
#[derive(Clone)]
pub(super) struct Stop(Arc<Inner>);

struct Inner {
    asked: AtomicBool,
    wake: UnixStream,
}

impl Stop {
    /// With the stream that can be read from when a stop was asked for.
    pub(super) fn new() -> io::Result<(Self, UnixStream)> {
        let (wake, woken) = UnixStream::pair()?;
        wake.set_nonblocking(true)?;
        let asked = AtomicBool::new(false);
        Ok((Self(Arc::new(Inner { asked, wake })), woken))
    }

    /// Asks for the end.
    pub(super) fn ask(&self) {
        self.0.asked.store(true, Ordering::Relaxed);
        // Full only if it was asked often enough already.
        let _ = (&self.0.wake).write(&[0]);
    }

    /// Whether the end was asked for.
    pub(super) fn is_asked(&self) -> bool {
        self.0.asked.load(Ordering::Relaxed)
    }
}

/// Frames that may still be read, over all lanes.
pub(super) struct Budget(Option<AtomicU64>);

impl Budget {
    /// Without a limit, or with one.
    pub(super) fn new(frames: Option<u64>) -> Self {
        Self(frames.map(AtomicU64::new))
    }

    /// Takes up to `wanted` frames out of it.
    pub(super) fn take(&self, wanted: usize) -> usize {
        let Some(left) = &self.0 else { return wanted };
        let order = Ordering::Relaxed;
        let before = left.fetch_update(order, order, |left| {
            Some(left.saturating_sub(wanted as u64))
        });
        // `fetch_update` of a closure that always gives a value never fails.
        let (Ok(before) | Err(before)) = before;
        before.min(wanted as u64) as usize
    }

    /// Gives back frames that were not there.
    pub(super) fn give_back(&self, unused: usize) {
        if let Some(left) = &self.0 {
            left.fetch_add(unused as u64, Ordering::Relaxed);
        }
    }

    /// Whether nothing is left.
    pub(super) fn is_spent(&self) -> bool {
        let left = self.0.as_ref().map(|left| left.load(Ordering::Relaxed));
        left == Some(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_spent_to_the_frame() {
        let budget = Budget::new(Some(10));
        assert_eq!(budget.take(7), 7);
        budget.give_back(2);
        assert!(!budget.is_spent());
        assert_eq!(budget.take(7), 5);
        assert!(budget.is_spent());
        assert_eq!(budget.take(7), 0);
        let budget = Budget::new(None);
        assert_eq!(budget.take(7), 7);
        assert!(!budget.is_spent());
    }

    #[test]
    fn a_stop_wakes_up() {
        use std::io::Read as _;
        let (stop, mut woken) = Stop::new().unwrap();
        assert!(!stop.is_asked());
        stop.ask();
        assert!(stop.is_asked());
        assert_eq!(woken.read(&mut [0; 8]).unwrap(), 1);
    }
}
