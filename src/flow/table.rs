//! The flow table: packets in, ended records out.

use super::boundary::{Rule, Seam};
use super::ended::Ended;
use super::entry::Entry;
use super::index::Index;
use super::key::{HashKey, Key, Packet};
use super::live::Live;
use super::paths::{PathList, Paths};
use super::slab::Slab;
use super::{SLACK, Settings};
use crate::gate::{Admitted, Path};
use crate::time::Timestamp;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

/// Packets looked up together, so that their cache misses overlap. *Measured*: with 8, 16, 32, 64 of a million
/// flows 60, 42, 35, 37 ns each.
pub(super) const BATCH: usize = 32;

/// So many packets after a packet its bucket is near, and its entry can be asked for.
const LAG: usize = 8;

/// What a table has counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Packets added.
    pub packets: u64,
    /// IP bytes of the innermost layer of these.
    pub bytes: u64,
    /// Wire bytes of these.
    pub wire_bytes: u64,
    /// Records and pieces that left the table, the evicted ones included.
    pub ended: u64,
    /// Of these, let go because the table was full.
    pub evicted: u64,
    /// Most flows that were live at a time; after [`FlowTable::absorb`] an upper bound.
    pub peak: u64,
}

/// Memory that a table holds, in bytes, by capacity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// Open records, in blocks of which the unused end of the last was never touched.
    pub entries: usize,
    /// The index from keys to them.
    pub index: usize,
    /// Ended records that wait to be taken.
    pub ended: usize,
}

struct Pending {
    packet: Packet,
    hash: u64,
    /// Where its entry probably is, once that was asked for.
    guess: u32,
}

/// Flows of one lane. See the [module](super) for the rules.
///
/// For each admitted packet: [`Self::advance`] with its time, then [`Self::add`]. Now and
/// then [`Self::take_ended`]. At the end [`Self::end`], or [`Self::absorb`] by the table before.
///
/// Neither headers nor located headers get in:
///
/// ```compile_fail,E0308
/// fn feed(table: &mut sekisho::flow::FlowTable, packet: &sekisho::decode::Headers) {
///     table.add(packet);
/// }
/// ```
///
/// ```compile_fail,E0308
/// fn feed(table: &mut sekisho::flow::FlowTable, packet: &sekisho::locate::Located<'_>) {
///     table.add(packet);
/// }
/// ```
///
/// only what passed the gate:
///
/// ```
/// fn feed(table: &mut sekisho::flow::FlowTable, packet: &sekisho::gate::Admitted) {
///     table.add(packet);
/// }
/// ```
pub struct FlowTable {
    pub(super) settings: Settings,
    pub(super) rule: Rule,
    pub(super) hash_key: HashKey,
    pub(super) index: Index,
    pub(super) entries: Slab,
    /// How many of the entries the index knows: all, but for those that came with a later range.
    pub(super) indexed: usize,
    pub(super) paths: Paths,
    pending: Vec<Pending>,
    /// Paths of the pending packets that did not come straight, by their place in the batch.
    pending_paths: Vec<Path>,
    pub(super) ended: Vec<Ended>,
    pub(super) totals: Totals,
    pub(super) next_order: u64,
    /// Latest time of any admitted packet, in nanoseconds.
    pub(super) clock: u64,
    /// Earliest time of any admitted packet; the largest number before the first.
    pub(super) earliest: u64,
    /// When the clock comes this far, the table is swept.
    pub(super) next_sweep: u64,
    pub(super) disordered: bool,
    /// An entry was put far from where its hash says.
    is_crowded: bool,
    /// When so many packets were counted, the hash may be changed again.
    next_change: u64,
    /// Of a table of a later range: pieces that may continue a record of the range before.
    pub(super) at_seam: Vec<Ended>,
    /// Pieces whose first packet was seen before this wait at the seam.
    pub(super) seam_until: u64,
    /// This table walks a later range, and the first frame has not set `seam_until` yet.
    pub(super) seam_is_open: bool,
}

impl FlowTable {
    /// The table of a run, or of its first range.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self::with_paths(settings, Paths::new())
    }

    /// The table of a later range (from 1) of the same input, to be absorbed by the one before.
    ///
    /// What [`Self::take_ended`] gives out of it counts only once it has been absorbed: where it does
    /// not fit ([`Self::fits`]), the range is walked again, from the table before.
    #[must_use]
    pub fn for_range(&self, nth: u32) -> Self {
        let mut table = Self::with_paths(&self.settings, self.paths.share());
        table.next_order = u64::from(nth) << 40;
        table.seam_is_open = true;
        table
    }

    fn with_paths(settings: &Settings, paths: Paths) -> Self {
        let settings = settings.in_range();
        Self {
            settings,
            rule: Rule::new(&settings),
            hash_key: HashKey::new(settings.seed),
            index: Index::new(),
            entries: Slab::default(),
            indexed: 0,
            paths,
            pending: Vec::with_capacity(BATCH),
            pending_paths: vec![Path::DIRECT; BATCH],
            ended: Vec::new(),
            totals: Totals::default(),
            next_order: 0,
            clock: 0,
            earliest: u64::MAX,
            next_sweep: 0,
            disordered: false,
            is_crowded: false,
            next_change: 0,
            at_seam: Vec::new(),
            seam_until: 0,
            seam_is_open: false,
        }
    }

    /// Moves the packet clock to the time of an admitted packet, before it is added. Never call it for
    /// an excluded one: what is excluded must change no record.
    #[inline]
    pub fn advance(&mut self, seen: Timestamp) {
        let seen = seen.nanos();
        if seen >= self.clock {
            self.clock = seen;
            if seen >= self.next_sweep {
                self.sweep_on_time();
            }
        } else if seen.saturating_add(SLACK) < self.clock && !self.disordered {
            self.begin_disorder();
        }
        self.earliest = self.earliest.min(seen);
    }

    #[cold]
    fn sweep_on_time(&mut self) {
        if self.seam_is_open {
            // The first frame. Two slacks: one by which the range before may be ahead of it, one by
            // which the last packet of a piece may lie before its first (join.rs).
            self.seam_is_open = false;
            self.seam_until = self
                .clock
                .saturating_add(self.settings.idle)
                .saturating_add(2 * SLACK);
        }
        self.flush();
        self.sweep();
    }

    #[cold]
    fn begin_disorder(&mut self) {
        // What came before must not be evicted by the order for disorder.
        self.flush();
        self.disordered = true;
    }

    /// Adds a packet to its flow. Packets are counted in batches; nothing is late but memory.
    #[inline(always)]
    pub fn add(&mut self, admitted: &Admitted) {
        let packet = Packet::new(admitted);
        let hash = self.hash_key.hash(&packet.key());
        self.index.prefetch(hash);
        if let Some(at) = self.pending.len().checked_sub(LAG) {
            self.ask_for_entry(at);
        }
        if !admitted.path().is_direct()
            && let Some(path) = self.pending_paths.get_mut(self.pending.len())
        {
            *path = *admitted.path();
        }
        self.pending.push(Pending {
            packet,
            hash,
            guess: u32::MAX,
        });
        if self.pending.len() >= BATCH {
            self.flush();
        }
    }

    /// Starts reading the entry of a pending packet. Nothing changes in the index before the batch is
    /// flushed.
    #[inline(always)]
    fn ask_for_entry(&mut self, at: usize) {
        if let Some(Pending {
            packet,
            hash,
            guess,
        }) = self.pending.get_mut(at)
        {
            *guess = self.index.guess(*hash);
            if let Some(entry) = self.entries.get(*guess) {
                entry.prefetch(packet.version);
            }
        }
    }

    /// Brings the packets of an unfinished batch into the table.
    #[inline(never)]
    pub fn flush(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        self.index_rest();
        for at in self.pending.len().saturating_sub(LAG)..self.pending.len() {
            self.ask_for_entry(at);
        }
        let pending = std::mem::take(&mut self.pending);
        for (place, pending) in pending.iter().enumerate() {
            let Pending {
                packet,
                hash,
                guess,
            } = pending;
            self.update(packet, *hash, *guess, place);
        }
        self.pending = pending;
        for path in self.pending_paths.iter_mut().take(self.pending.len()) {
            if !path.is_direct() {
                *path = Path::DIRECT;
            }
        }
        self.pending.clear();
        if self.is_crowded {
            self.change_hash();
        }
    }

    /// Somebody knows the secret, and sends keys that all have one hash: takes another secret, which
    /// nothing but the index depends on. Not oftener than the work of it is paid for.
    #[cold]
    fn change_hash(&mut self) {
        self.is_crowded = false;
        if self.totals.packets < self.next_change {
            return;
        }
        self.next_change = self.totals.packets + self.entries.len() as u64;
        self.hash_key = HashKey::new(RandomState::new().build_hasher().finish());
        self.rebuild_index();
    }

    #[inline]
    fn update(&mut self, packet: &Packet, hash: u64, guess: u32, place: usize) {
        self.totals.packets += 1;
        self.totals.bytes += u64::from(packet.ip_len);
        self.totals.wire_bytes += u64::from(packet.wire_len);
        let key = packet.key();
        // The guess may be stale, or of another key with the same tag: the key decides.
        let at = match self.entries.get(guess) {
            Some(entry) if entry.is_of(&key) => Some(guess),
            _ => self.find(&key, hash),
        };
        if let Some(entry) = at.and_then(|at| self.entries.get_mut(at)) {
            let seam = self
                .rule
                .seam(entry.last, entry.last_syn(), packet.seen, packet.opens());
            if seam == Seam::Joins {
                entry.count(packet);
                return;
            }
            let before = *entry;
            let path = self.pending_paths.get(place).unwrap_or(&Path::DIRECT);
            *entry = Entry::begin(packet, self.paths.number(path));
            entry.count(packet);
            let ended = Ended::new(before, self.take_order());
            self.let_go(if seam == Seam::Superseded {
                ended.superseded()
            } else {
                ended
            });
        } else {
            self.begin(packet, hash, place);
        }
    }

    /// Where the open record of a flow is.
    pub(super) fn find(&self, key: &Key, hash: u64) -> Option<u32> {
        self.index.find(hash, |at| {
            self.entries.get(at).is_some_and(|entry| entry.is_of(key))
        })
    }

    #[inline(never)]
    fn begin(&mut self, packet: &Packet, hash: u64, place: usize) {
        if self.entries.len() >= self.settings.max_flows {
            self.evict();
        }
        let path = self.pending_paths.get(place).unwrap_or(&Path::DIRECT);
        let mut entry = Entry::begin(packet, self.paths.number(path));
        entry.count(packet);
        self.insert(entry, hash);
    }

    /// Adds an entry of a key that has none.
    fn insert(&mut self, entry: Entry, hash: u64) {
        if !self.index.has_room_for(1) {
            self.rebuild_index();
        }
        self.is_crowded |= self.index.insert(hash, self.entries.len() as u32);
        self.entries.push(entry);
        self.indexed += 1;
        self.totals.peak = self.totals.peak.max(self.entries.len() as u64);
    }

    fn rebuild_index(&mut self) {
        let entries = self.entries.iter();
        let hashes = entries.map(|entry| self.hash_key.hash(&entry.key()));
        self.index.rebuild(self.entries.len(), hashes);
        self.indexed = self.entries.len();
    }

    /// Tells the index of the entries that it does not know. Must come before anything is looked up.
    #[inline]
    pub(super) fn index_rest(&mut self) {
        if self.indexed < self.entries.len() {
            self.index_rest_slowly();
        }
    }

    #[cold]
    fn index_rest_slowly(&mut self) {
        let len = self.entries.len();
        if !self.index.has_room_for(len - self.indexed) {
            return self.rebuild_index();
        }
        let first = self.indexed as u32;
        let entries = (first..len as u32).filter_map(|at| self.entries.get(at));
        let hashes = entries.map(|entry| self.hash_key.hash(&entry.key()));
        self.index.insert_all(first, hashes);
        self.indexed = len;
    }

    /// Takes an entry out of the table; the last entry moves to its index.
    pub(super) fn remove(&mut self, at: u32, hash: u64) -> Option<Entry> {
        self.index.remove(hash, at);
        let last = self.entries.len().checked_sub(1)? as u32;
        if last != at
            && let Some(entry) = self.entries.get(last)
        {
            let hash = self.hash_key.hash(&entry.key());
            self.index.renumber(hash, last, at);
        }
        self.indexed -= 1;
        self.entries.swap_remove(at)
    }

    pub(super) const fn take_order(&mut self) -> u64 {
        let order = self.next_order;
        self.next_order += 1;
        order
    }

    /// A record or piece leaves the table.
    pub(super) fn let_go(&mut self, ended: Ended) {
        self.totals.ended += 1;
        self.put_aside(ended);
    }

    /// Keeps a record or piece until it is taken, or joined at the seam.
    pub(super) fn put_aside(&mut self, ended: Ended) {
        if ended.entry.first < self.seam_until {
            self.at_seam.push(ended);
        } else {
            self.ended.push(ended);
        }
    }

    /// Appends what has ended and can be taken to `to`, and forgets it. Its memory is used again.
    pub fn take_ended(&mut self, to: &mut Vec<Ended>) {
        to.append(&mut self.ended);
    }

    /// The run is over: all that is left has ended. What was let go is appended to `to`; what was open
    /// stays where it is. Gives the counts, and the paths that records name.
    #[must_use]
    pub fn end(mut self, to: &mut Vec<Ended>) -> (Totals, PathList, Live) {
        self.flush();
        to.append(&mut self.at_seam);
        to.append(&mut self.ended);
        self.totals.ended += self.entries.len() as u64;
        let live = Live {
            entries: self.entries,
            first_order: self.next_order,
        };
        (self.totals, self.paths.list(), live)
    }

    /// What was counted so far; packets of an unfinished batch are not in it.
    #[must_use]
    pub const fn totals(&self) -> Totals {
        self.totals
    }

    /// Flows with an open record.
    #[must_use]
    pub const fn live(&self) -> usize {
        self.entries.len()
    }

    /// Latest time of any admitted packet so far.
    #[must_use]
    pub const fn clock(&self) -> Timestamp {
        Timestamp::from_nanos(self.clock)
    }

    /// Earliest time of any admitted packet so far; nothing before the first.
    #[must_use]
    pub fn earliest(&self) -> Option<Timestamp> {
        (self.earliest != u64::MAX || self.clock == u64::MAX)
            .then_some(Timestamp::from_nanos(self.earliest))
    }

    /// Whether a frame was more than [`SLACK`] behind the latest: then pieces may have been let go
    /// that continued, and neighbouring pieces of each flow must be joined ([`Ended::join`]).
    #[must_use]
    pub const fn disordered(&self) -> bool {
        self.disordered
    }

    /// A handle on the paths that records name, which grow as the table does.
    #[must_use]
    pub fn paths(&self) -> Paths {
        self.paths.share()
    }

    /// The settings in force.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Memory held.
    #[must_use]
    pub fn memory(&self) -> Memory {
        Memory {
            entries: self.entries.memory(),
            index: self.index.memory(),
            ended: (self.ended.capacity() + self.at_seam.capacity()) * size_of::<Ended>(),
        }
    }
}
