//! Which records leave the table without a packet of their own: sweeps at canonical instants, and
//! eviction from a full table.

use super::ended::Ended;
use super::entry::Entry;
use super::key::Key;
use super::table::FlowTable;
use std::cmp::Ordering;

/// Entries removed together, so that the cache misses in the index overlap.
const BATCH: usize = 32;

/// An evicted batch is this part of the capacity. *Guessed*: a pass over all entries for every
/// sixteenth of them costs about a tenth of a microsecond a new flow.
const EVICTED_PART: usize = 16;

/// Passes over the table find what is due in runs of at most this many.
const RUN: usize = 4096;

impl FlowTable {
    /// Sweeps at the latest canonical instant that the clock has reached, and sets the next.
    pub(super) fn sweep(&mut self) {
        self.sweep_but(|_| false);
    }

    /// Likewise, but for the entries at the places that `stays` names.
    pub(super) fn sweep_but(&mut self, stays: impl Fn(u32) -> bool) {
        self.index_rest();
        let interval = self.rule.sweep_interval();
        let moment = self.clock - self.clock % interval;
        self.next_sweep = moment.saturating_add(interval);
        let bound = self.rule.swept_before(moment);
        // From the end, so that an entry that moves to a freed place has been looked at.
        let mut due = Vec::new();
        let mut at = self.entries.len() as u32;
        while at > 0 {
            at -= 1;
            let is_due = |entry: &Entry| entry.last < bound && !stays(at);
            if self.entries.get(at).is_some_and(is_due) {
                due.push(at);
            }
            if due.len() == RUN || at == 0 {
                self.remove_all(&due, |ended| ended);
                due.clear();
            }
        }
    }

    /// Makes room: lets go of the entries that come first in the canonical order.
    #[cold]
    pub(super) fn evict(&mut self) {
        let count = (self.settings.max_flows / EVICTED_PART).max(1);
        let mut all: Vec<(bool, u64, u32)> = (0..self.entries.len() as u32)
            .filter_map(|at| {
                let entry = self.entries.get(at)?;
                // What a record holds may differ where pieces were let go early (disorder); when it
                // was last seen does not.
                let established = self.disordered || !entry.is_half_open();
                Some((established, entry.last, at))
            })
            .collect();
        let key = |at: u32| self.entries.get(at).map(Entry::key);
        let order = |one: &(bool, u64, u32), other: &(bool, u64, u32)| -> Ordering {
            (one.0, one.1)
                .cmp(&(other.0, other.1))
                .then_with(|| Option::<Key>::cmp(&key(one.2), &key(other.2)))
        };
        if count < all.len() {
            all.select_nth_unstable_by(count, order);
            all.truncate(count);
        }
        let mut victims: Vec<u32> = all.iter().map(|(_, _, at)| *at).collect();
        drop(all);
        victims.sort_unstable_by(|one, other| other.cmp(one));
        self.totals.evicted += victims.len() as u64;
        self.remove_all(&victims, Ended::evicted);
    }

    /// Lets go of entries, given in falling order: the one that moves to a freed place is then never
    /// among those still to come.
    fn remove_all(&mut self, falling: &[u32], how: impl Fn(Ended) -> Ended) {
        for batch in falling.chunks(BATCH) {
            let mut hashes = [0; BATCH];
            let len = self.entries.len() as u32;
            for (back, (hash, at)) in (1..).zip(hashes.iter_mut().zip(batch)) {
                if let Some(entry) = self.entries.get(*at) {
                    *hash = self.hash_key.hash(&entry.key());
                    self.index.prefetch(*hash);
                }
                if let Some(entry) = self.entries.get(len.saturating_sub(back)) {
                    self.index.prefetch(self.hash_key.hash(&entry.key()));
                }
            }
            for (at, hash) in batch.iter().zip(hashes) {
                if let Some(entry) = self.remove(*at, hash) {
                    let ended = Ended::new(entry, self.take_order());
                    self.let_go(how(ended));
                }
            }
        }
    }
}
