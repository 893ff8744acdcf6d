//! A new table, policy and terms on their way to the lanes: each takes them between two frames.

use crate::export::Terms;
use crate::gate::Policy;
use crate::geo::Table;
use crossbeam_channel::{Receiver, Sender, bounded};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What lanes judge by from now on.
#[derive(Clone)]
pub(super) struct Renewal {
    pub table: Arc<Table>,
    pub policy: Policy,
    /// Under what is recorded from now on.
    pub terms: Arc<Terms>,
}

/// The latest renewal, if there was one.
pub(super) struct Renewals {
    /// How many there were. A lane reads nothing else until it changes.
    count: AtomicU64,
    latest: Mutex<Option<Renewal>>,
    taken: Sender<u64>,
}

/// Says when lanes have taken a renewal.
pub(super) struct Taken(Receiver<u64>);

impl Renewals {
    /// None yet, for so many lanes.
    pub(super) fn new(lanes: usize) -> (Self, Taken) {
        // Room for what a lane says after nobody waited for it any more.
        let (taken, receiver) = bounded(lanes * 4);
        let renewals = Self {
            count: AtomicU64::new(0),
            latest: Mutex::default(),
            taken,
        };
        (renewals, Taken(receiver))
    }

    /// Asks every lane to take this; the number of the renewal.
    pub(super) fn ask(&self, renewal: Renewal) -> u64 {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        *latest = Some(renewal);
        self.count.fetch_add(1, Ordering::Release) + 1
    }

    /// The latest renewal, if it is not the one of this number, which is brought up to date.
    #[inline]
    pub(super) fn newer_than(&self, seen: &mut u64) -> Option<Renewal> {
        if self.count.load(Ordering::Acquire) == *seen {
            return None;
        }
        let latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the lock, so that the number is of what is there.
        *seen = self.count.load(Ordering::Acquire);
        latest.clone()
    }

    /// A lane judges by the renewal of this number.
    pub(super) fn took(&self, number: u64) {
        // Full: nobody waits.
        let _ = self.taken.try_send(number);
    }
}

impl Taken {
    /// Waits until so many lanes have taken a renewal; how many have when it is over.
    pub(super) fn by(&self, lanes: usize, number: u64, until: Instant) -> usize {
        let mut taken = 0;
        while taken < lanes {
            match self.0.recv_deadline(until) {
                Ok(of) => taken += usize::from(of == number),
                Err(_) => break,
            }
        }
        taken
    }

    /// How long it is worth waiting: a lane looks twice in a tenth of a second.
    pub(super) const PATIENCE: Duration = Duration::from_secs(5);
}
