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
use super::table::FlowTable;

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
        let live_before = self.entries.len() as u64;
        for piece in std::mem::take(&mut later.at_seam) {
            self.absorb_ended(piece);
        }
        self.ended.append(&mut later.ended);

        // What goes on continues in the later table's entries; what does not is swept as one table
        // would have, before those come over: they have been swept already.
        let mut going_on = std::mem::take(&mut later.entries);
        for at in 0..going_on.len() as u32 {
            if let Some(entry) = going_on.get_mut(at) {
                self.continue_in(entry);
            }
        }
        self.disordered |= later.disordered || later.earliest.saturating_add(SLACK) < self.clock;
        self.earliest = self.earliest.min(later.earliest);
        if later.earliest != u64::MAX {
            self.clock = self.clock.max(later.clock);
            if self.clock >= self.next_sweep {
                self.sweep();
            }
        }
        for entry in going_on.iter() {
            let hash = self.hash_key.hash(&entry.key());
            self.insert(*entry, hash);
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

    /// An open record of the later range: it continues the one here, or ends it.
    fn continue_in(&mut self, entry: &mut Entry) {
        if let Some((before, seam)) = self.take_before(entry) {
            if seam == Seam::Joins {
                let mut whole = before;
                whole.append(entry);
                *entry = whole;
            } else {
                self.end_before(before, seam);
            }
        }
    }

    fn take_before(&mut self, after: &Entry) -> Option<(Entry, Seam)> {
        let key = after.key();
        let hash = self.hash_key.hash(&key);
        let at = self.index.find(hash, |at| {
            self.entries.get(at).is_some_and(|entry| entry.is_of(&key))
        })?;
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
