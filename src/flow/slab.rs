//! Open records side by side, in blocks that are never moved or copied.

use super::entry::Entry;
use super::pages::ask_for_huge;

/// Entries in a block: 8 MiB, a whole number of huge pages.
const BLOCK: usize = 1 << 16;

/// An entry on its own two cache lines.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Slot(Entry);

const _: () = assert!(size_of::<Slot>() == 128);

/// A growing, gapless array of entries. Removing one moves the last into its place.
#[derive(Default)]
pub(super) struct Slab {
    blocks: Vec<Vec<Slot>>,
    len: usize,
}

impl Slab {
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Memory that was asked for, in bytes. Of the last block only what was used is ever touched.
    pub(super) fn memory(&self) -> usize {
        let slots: usize = self.blocks.iter().map(Vec::capacity).sum();
        slots * size_of::<Slot>() + self.blocks.capacity() * size_of::<Vec<Slot>>()
    }

    #[inline]
    pub(super) fn get(&self, index: u32) -> Option<&Entry> {
        let index = index as usize;
        Some(&self.blocks.get(index / BLOCK)?.get(index % BLOCK)?.0)
    }

    #[inline]
    pub(super) fn get_mut(&mut self, index: u32) -> Option<&mut Entry> {
        let index = index as usize;
        let block = self.blocks.get_mut(index / BLOCK)?;
        Some(&mut block.get_mut(index % BLOCK)?.0)
    }

    /// Adds an entry at the end; its index is the length before.
    #[inline]
    pub(super) fn push(&mut self, entry: Entry) {
        let block = self.len / BLOCK;
        if block == self.blocks.len() {
            let mut block = Vec::with_capacity(BLOCK);
            ask_for_huge(block.spare_capacity_mut());
            self.blocks.push(block);
        }
        if let Some(block) = self.blocks.get_mut(block) {
            block.push(Slot(entry));
            self.len += 1;
        }
    }

    /// Takes an entry out; the last one moves to its index.
    pub(super) fn swap_remove(&mut self, index: u32) -> Option<Entry> {
        let removed = *self.get(index)?;
        let last_block = (self.len - 1) / BLOCK;
        let Slot(last) = self.blocks.get_mut(last_block)?.pop()?;
        self.len -= 1;
        if let Some(entry) = self.get_mut(index) {
            *entry = last;
        }
        // One emptied block is kept, so that a table that hovers about an edge does not allocate.
        self.blocks.truncate(last_block + 2);
        Some(removed)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.blocks.iter().flatten().map(|Slot(entry)| entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::tests::a_packet;

    #[test]
    fn removing_moves_the_last_entry_and_keeps_the_others() {
        let mut slab = Slab::default();
        let count = BLOCK as u64 + 10;
        for n in 0..count {
            let mut entry = Entry::begin(&a_packet(), super::super::PathId::DIRECT);
            entry.first = n;
            slab.push(entry);
        }
        assert_eq!(slab.swap_remove(5).unwrap().first, 5);
        assert_eq!(slab.get(5).unwrap().first, count - 1);
        for left in (0..BLOCK as u64 + 9).rev() {
            assert_eq!(slab.len(), left as usize + 1);
            assert!(slab.swap_remove(left as u32).is_some());
        }
        assert!(slab.swap_remove(0).is_none());
        assert!(slab.memory() < 3 * BLOCK * 128);
    }
}
