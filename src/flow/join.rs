//! The seam between two ranges of one input: the table of the later is absorbed by the one before,
//! and what comes out is what one table would have given.
//!
//! Why it is exact. A frame of the later range is *late* if it lies more than [`SLACK`] behind the
//! clock of the range before; [`FlowTable::fits`] refuses ranges with late frames, and ranges in
//! which either table could have been full. Without late frames:
//!
//! - The later table's sweeps up to the earlier one's clock remove nothing: everything in it was seen
//!   at most a slack before that clock. Its later sweeps are those that one table would have made.
//! - One table may have let go of an entry of the earlier range before its flow went on. Then the
//!   rule finds the two pieces apart, or frames are out of order within the later range, and the
//!   pieces are joined at the end ([`Ended::join`]); the live entry of the flow has the same last
//!   packet either way, and that alone decides when it is swept or, in disorder, evicted.
//! - A piece whose first packet came idle and two slacks behind the first frame of its range can
//!   continue nothing from the range before, and need not wait at the seam.

use super::SLACK;
use super::boundary::Seam;
use super::ended::Ended;
use super::entry::Entry;
use super::table::{BATCH, FlowTable};
use crate::gate::IpVersion;

/// What became of the open records of a later range.
#[derive(Default)]
struct Continued {
    /// Whether the entry at each place here is now one of them.
    places: Vec<bool>,
    /// Places in the later table of those whose flows are not open here.
    new: Vec<u32>,
}

impl FlowTable {
    /// Whether [`Self::absorb`] gives what walking on from here would have given. If not, walk the
    /// later range again with this table, and drop what the other one gave.
    #[must_use]
    pub fn fits(&mut self, later: &mut Self) -> bool {
        self.flush();
        later.flush();
        let late = later.earliest.saturating_add(SLACK) < self.clock;
        // Pieces that were handed out early rely on the order of the later range.
        let order = !later.disordered || later.totals.ended == later.at_seam.len() as u64;
        let room = self.entries.len() as u64 + later.totals.peak;
        !late && order && later.totals.evicted == 0 && room <= self.settings.max_flows as u64
    }

    /// Takes over the table of the range that follows. Check [`Self::fits`] first; absorb ranges in
    /// their order, into the first.
    pub fn absorb(&mut self, mut later: Self) {
        self.flush();
        later.flush();
        self.index_rest();
        let live_before = self.entries.len() as u64;
        for piece in std::mem::take(&mut later.at_seam) {
            self.absorb_ended(piece);
        }
        self.ended.append(&mut later.ended);
        let is_empty = self.entries.len() == 0;
        let Continued { places, new } = if is_empty {
            Continued::default()
        } else {
            self.absorb_live(&later)
        };
        self.disordered |= later.disordered || later.earliest.saturating_add(SLACK) < self.clock;
        self.earliest = self.earliest.min(later.earliest);
        if later.earliest != u64::MAX {
            self.clock = self.clock.max(later.clock);
            if self.clock >= self.next_sweep {
                // What the later table holds it has swept itself, at the same instants.
                self.sweep_but(|at| places.get(at as usize).is_some_and(|is| *is));
            }
        }
        if is_empty {
            std::mem::swap(&mut self.entries, &mut later.entries);
            std::mem::swap(&mut self.index, &mut later.index);
            std::mem::swap(&mut self.indexed, &mut later.indexed);
        }
        // The index learns of them when it is asked next: after the last range, that is never.
        for at in new {
            if let Some(entry) = later.entries.get(at) {
                self.entries.push(*entry);
            }
        }
        self.next_order = self.next_order.max(later.next_order);
        self.totals.packets += later.totals.packets;
        self.totals.bytes += later.totals.bytes;
        self.totals.wire_bytes += later.totals.wire_bytes;
        self.totals.ended += later.totals.ended;
        self.totals.evicted += later.totals.evicted;
        self.totals.peak = self.totals.peak.max(live_before + later.totals.peak);
    }

    /// A piece that ended in the later range: it continues the open record of its flow, or ends it.
    fn absorb_ended(&mut self, mut piece: Ended) {
        if let Some((before, seam)) = self.take_before(&piece.entry) {
            if seam == Seam::Joins {
                let mut whole = before;
                whole.append(&piece.entry);
                piece.entry = whole;
            } else {
                self.end_before(before, seam);
            }
        }
        // The later table has counted it.
        self.put_aside(piece);
    }

    /// Open records of the later range continue those here, in their places, or end and replace them.
    fn absorb_live(&mut self, later: &Self) -> Continued {
        let mut continued = Continued {
            places: vec![false; self.entries.len()],
            new: Vec::new(),
        };
        let count = later.entries.len() as u32;
        for first in (0..count).step_by(BATCH) {
            // As in a batch of packets: one pass starts reading the buckets, one the entries, and
            // the last finds both near.
            let places = first..count.min(first + BATCH as u32);
            let mut hashes = [0; BATCH];
            for (hash, at) in hashes.iter_mut().zip(places.clone()) {
                if let Some(entry) = later.entries.get(at) {
                    *hash = self.hash_key.hash(&entry.key());
                    self.index.prefetch(*hash);
                }
            }
            for hash in hashes {
                if let Some(entry) = self.entries.get(self.index.guess(hash)) {
                    entry.prefetch(IpVersion::V6);
                }
            }
            for (hash, at) in hashes.into_iter().zip(places) {
                let Some(entry) = later.entries.get(at) else {
                    continue;
                };
                match self.continue_with(entry, hash) {
                    Some(place) => {
                        if let Some(is) = continued.places.get_mut(place as usize) {
                            *is = true;
                        }
                    }
                    None => continued.new.push(at),
                }
            }
        }
        continued
    }

    /// Where the flow is open here, if it is; its record goes on with `after`, or ends and `after` takes
    /// its place.
    fn continue_with(&mut self, after: &Entry, hash: u64) -> Option<u32> {
        let at = self.find(&after.key(), hash)?;
        let entry = self.entries.get_mut(at)?;
        let seam = self
            .rule
            .seam(entry.last, entry.last_syn(), after.first, after.opens());
        if seam == Seam::Joins {
            entry.append(after);
        } else {
            let before = std::mem::replace(entry, *after);
            self.end_before(before, seam);
        }
        Some(at)
    }

    fn take_before(&mut self, after: &Entry) -> Option<(Entry, Seam)> {
        let key = after.key();
        let hash = self.hash_key.hash(&key);
        let at = self.find(&key, hash)?;
        let before = self.remove(at, hash)?;
        let seam = self
            .rule
            .seam(before.last, before.last_syn(), after.first, after.opens());
        Some((before, seam))
    }

    fn end_before(&mut self, before: Entry, seam: Seam) {
        let ended = Ended::new(before, self.take_order());
        self.let_go(if seam == Seam::Superseded {
            ended.superseded()
        } else {
            ended
        });
    }
}
