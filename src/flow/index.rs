//! From a key's hash to the index of its entry: buckets of one cache line each.

use super::pages::ask_for_huge;
use super::prefetch::prefetch;

/// Entries that an index can name.
pub(super) const MAX_ENTRIES: usize = (u32::MAX - 2) as usize;

/// Buckets of the smallest index: 4 KiB.
const MIN_BUCKETS: usize = 64;
const WAYS: usize = 8;
/// So many full buckets between an entry's own and the one that it was put in are no chance. *Measured*:
/// in the fullest index of a million entries the furthest is below half of it (the test below).
const FAR: usize = 64;
/// Entries added together, so that their cache misses overlap.
const BATCH: usize = 32;

const EMPTY: u32 = 0;
/// Something was here, and a search must go on behind it.
const GONE: u32 = 1;

/// Eight (tag, entry) pairs. Tags of entries are above [`GONE`].
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Bucket {
    tags: [u32; WAYS],
    entries: [u32; WAYS],
}

const VACANT: Bucket = Bucket {
    tags: [EMPTY; WAYS],
    entries: [0; WAYS],
};

impl Bucket {
    /// One bit for each place with that tag.
    #[inline]
    fn places_of(&self, tag: u32) -> u32 {
        let mut places = 0;
        for (way, here) in self.tags.iter().enumerate() {
            places |= u32::from(*here == tag) << way;
        }
        places
    }
}

/// Open addressing over buckets: an entry is in the bucket that its hash names, or in one of the next
/// where all before are full.
pub(super) struct Index {
    buckets: Vec<Bucket>,
    /// Places that hold an entry or a tombstone.
    used: usize,
}

impl Index {
    pub(super) fn new() -> Self {
        Self {
            buckets: vec![VACANT; MIN_BUCKETS],
            used: 0,
        }
    }

    /// Memory, in bytes.
    pub(super) fn memory(&self) -> usize {
        self.buckets.capacity() * size_of::<Bucket>()
    }

    #[inline]
    fn home(&self, hash: u64) -> usize {
        // The number of buckets is a power of two.
        hash as usize & (self.buckets.len() - 1)
    }

    #[inline]
    const fn tag(hash: u64) -> u32 {
        (hash >> 32) as u32 | 2
    }

    /// Starts reading the bucket of a hash.
    #[inline]
    pub(super) fn prefetch(&self, hash: u64) {
        if let Some(bucket) = self.buckets.get(self.home(hash)) {
            prefetch(bucket);
        }
    }

    /// The first entry in the home bucket with the tag of this hash: nearly always the right one.
    #[inline]
    pub(super) fn guess(&self, hash: u64) -> u32 {
        let Some(bucket) = self.buckets.get(self.home(hash)) else {
            return u32::MAX;
        };
        let place = bucket.places_of(Self::tag(hash)).trailing_zeros() as usize;
        bucket.entries.get(place).copied().unwrap_or(u32::MAX)
    }

    /// The entry with this hash that `is_it` accepts.
    #[inline]
    pub(super) fn find(&self, hash: u64, is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        let (bucket, way) = self.place(hash, is_it)?;
        self.buckets.get(bucket)?.entries.get(way).copied()
    }

    fn place(&self, hash: u64, mut is_it: impl FnMut(u32) -> bool) -> Option<(usize, usize)> {
        let tag = Self::tag(hash);
        let mut at = self.home(hash);
        // Ends: `make_room` leaves at least a quarter of all places empty.
        loop {
            let bucket = self.buckets.get(at)?;
            let mut places = bucket.places_of(tag);
            while places != 0 {
                let way = places.trailing_zeros() as usize;
                if bucket.entries.get(way).is_some_and(|entry| is_it(*entry)) {
                    return Some((at, way));
                }
                places &= places - 1;
            }
            if bucket.places_of(EMPTY) != 0 {
                return None;
            }
            at = (at + 1) & (self.buckets.len() - 1);
        }
    }

    /// Whether that many more leave enough space; if not, [`Self::rebuild`] first.
    #[inline]
    pub(super) fn has_room_for(&self, more: usize) -> bool {
        self.used + more <= self.buckets.len() * (WAYS * 3 / 4)
    }

    /// Begins again with the entries that are there (hashes in index order), and room to double.
    pub(super) fn rebuild(&mut self, len: usize, hashes: impl Iterator<Item = u64>) {
        let mut buckets = MIN_BUCKETS;
        // At most 4.5 of 8 places are taken afterwards, so the next time is far; and more than 2.25
        // (above the smallest size), so an entry costs at most 28 bytes here.
        while len * 2 > buckets * 9 {
            buckets *= 2;
        }
        if buckets == self.buckets.len() {
            self.buckets.fill(VACANT);
        } else {
            // The old memory goes before the new comes.
            self.buckets = Vec::new();
            self.buckets = Vec::with_capacity(buckets);
            ask_for_huge(self.buckets.spare_capacity_mut());
            self.buckets.resize(buckets, VACANT);
        }
        self.used = 0;
        self.insert_all(0, hashes);
    }

    /// Adds entries from `first` on that are not there yet. The caller has seen to
    /// [`Self::has_room_for`] them.
    pub(super) fn insert_all(&mut self, first: u32, mut hashes: impl Iterator<Item = u64>) {
        let mut batch = [0; BATCH];
        let mut entry = first;
        loop {
            let mut count = 0;
            for (slot, hash) in batch.iter_mut().zip(&mut hashes) {
                *slot = hash;
                self.prefetch(hash);
                count += 1;
            }
            for hash in batch.iter().take(count) {
                self.insert(*hash, entry);
                entry += 1;
            }
            if count < BATCH {
                return;
            }
        }
    }

    /// Adds an entry that is not there yet. The caller has seen to [`Self::has_room_for`]. `true`: so far
    /// from home that somebody must have chosen the keys.
    pub(super) fn insert(&mut self, hash: u64, entry: u32) -> bool {
        let mask = self.buckets.len() - 1;
        let home = self.home(hash);
        let mut at = home;
        while let Some(bucket) = self.buckets.get_mut(at) {
            let vacant = bucket.places_of(EMPTY);
            let gone = bucket.places_of(GONE);
            let way = (vacant | gone).trailing_zeros() as usize;
            if let (Some(tag), Some(place)) =
                (bucket.tags.get_mut(way), bucket.entries.get_mut(way))
            {
                self.used += usize::from(*tag == EMPTY);
                *tag = Self::tag(hash);
                *place = entry;
                return at.wrapping_sub(home) & mask > FAR;
            }
            at = (at + 1) & mask;
        }
        false
    }

    /// Forgets an entry.
    pub(super) fn remove(&mut self, hash: u64, entry: u32) {
        let Some((at, way)) = self.place(hash, |here| here == entry) else {
            return;
        };
        let Some(bucket) = self.buckets.get_mut(at) else {
            return;
        };
        // A search ends at a bucket with an empty place, so nothing behind depends on this one there.
        let ends_here = bucket.places_of(EMPTY) != 0;
        if let Some(tag) = bucket.tags.get_mut(way) {
            *tag = if ends_here { EMPTY } else { GONE };
            self.used -= usize::from(ends_here);
        }
    }

    /// The entry has moved.
    pub(super) fn renumber(&mut self, hash: u64, from: u32, to: u32) {
        let Some((at, way)) = self.place(hash, |here| here == from) else {
            return;
        };
        if let Some(place) = self
            .buckets
            .get_mut(at)
            .and_then(|bucket| bucket.entries.get_mut(way))
        {
            *place = to;
        }
    }
}

#[cfg(test)]
impl Index {
    /// How many buckets from its own the entry of this hash lies.
    pub(super) fn distance(&self, hash: u64, entry: u32) -> usize {
        let (at, _) = self.place(hash, |here| here == entry).unwrap();
        at.wrapping_sub(self.home(hash)) & (self.buckets.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_puts_no_entry_far_from_home() {
        let mut state = 7_u64;
        let mut hash = || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb)
        };
        let mut index = Index::new();
        let mut hashes: Vec<u64> = Vec::new();
        index.rebuild(500_000, std::iter::empty());
        while index.has_room_for(1) {
            hashes.push(hash());
            index.insert(hashes[hashes.len() - 1], hashes.len() as u32 - 1);
        }
        let entries = hashes.iter().zip(0..);
        let furthest = entries
            .map(|(hash, entry)| index.distance(*hash, entry))
            .max();
        assert!(
            hashes.len() > 700_000 && furthest < Some(FAR / 2),
            "{furthest:?}"
        );
    }

    #[test]
    fn it_finds_what_is_there_through_collisions_and_tombstones() {
        // Hashes that share few homes and tags, kept in index order as the table keeps its entries.
        let mut state = 1_u64;
        let mut random = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            state >> 33
        };
        let mut index = Index::new();
        let mut entries: Vec<u64> = Vec::new();
        for _ in 0..200_000 {
            if entries.is_empty() || random() % 100 < 51 {
                let hash = (random() % 4 * 7) | (random() % 3) << 34 | (random() % 64) << 20;
                if !index.has_room_for(1) {
                    index.rebuild(entries.len(), entries.iter().copied());
                }
                index.insert(hash, entries.len() as u32);
                entries.push(hash);
            } else {
                let at = (random() as usize % entries.len()) as u32;
                let last = entries.len() as u32 - 1;
                index.remove(entries[at as usize], at);
                if at != last {
                    index.renumber(entries[last as usize], last, at);
                }
                entries.swap_remove(at as usize);
            }
            if !entries.is_empty() {
                let at = random() as usize % entries.len();
                let found = index.find(entries[at], |entry| entry == at as u32);
                assert_eq!(found, Some(at as u32));
            }
            assert_eq!(index.find(1 << 63, |_| true), None);
        }
        assert!(index.memory() >= entries.len() * 8);
    }
}
