//! The tree's hashes (RFC 6962 §2.1, SHA-256). Only appending is written here; proofs are ct-merkle's.

use sha2::{Digest as _, Sha256};

/// The hash of a leaf or of a node.
pub(super) type Hash = [u8; 32];

/// Hashes in a full tile.
pub(super) const TILE: usize = 256;

/// A leaf: an entry's bytes.
pub(super) fn leaf(bytes: &[u8]) -> Hash {
    Sha256::new()
        .chain_update([0])
        .chain_update(bytes)
        .finalize()
        .into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new()
        .chain_update([1])
        .chain_update(left)
        .chain_update(right)
        .finalize()
        .into()
}

/// The perfect subtrees that a tree of some size is made of, from left to right.
#[derive(Debug, Clone, Default)]
pub(super) struct Frontier {
    /// Height over the hashes that were added, and hash; heights fall strictly.
    peaks: Vec<(u32, Hash)>,
}

impl Frontier {
    /// Adds a leaf's hash.
    pub(super) fn push(&mut self, hash: Hash) {
        self.push_subtree(0, hash);
    }

    /// Adds a perfect subtree that is no higher than the last one.
    pub(super) fn push_subtree(&mut self, mut height: u32, mut hash: Hash) {
        while let Some((_, left)) = self.peaks.pop_if(|(other, _)| *other == height) {
            hash = node(&left, &hash);
            height += 1;
        }
        self.peaks.push((height, hash));
    }

    /// The root; of no leaf, the hash of nothing.
    pub(super) fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev().map(|(_, hash)| *hash);
        match peaks.next() {
            Some(last) => peaks.fold(last, |right, left| node(&left, &right)),
            None => Sha256::digest([]).into(),
        }
    }
}

/// The root over hashes of one level.
pub(super) fn root(hashes: &[Hash]) -> Hash {
    let mut frontier = Frontier::default();
    for hash in hashes {
        frontier.push(*hash);
    }
    frontier.root()
}

/// The right edge: of each level of tiles, the hashes of its last tile, which is not full.
#[derive(Debug, Clone, Default)]
pub(super) struct Edge {
    /// Leaves in the tree.
    pub(super) size: u64,
    /// From the leaves up; each holds fewer than [`TILE`].
    pub(super) levels: Vec<Vec<Hash>>,
}

impl Edge {
    /// Adds a leaf; `full` is told of each tile that is full now: level, index, hashes.
    pub(super) fn push(&mut self, leaf: Hash, mut full: impl FnMut(u32, u64, &[Hash])) {
        self.size += 1;
        let mut hash = leaf;
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::with_capacity(TILE));
            }
            let hashes = &mut self.levels[level];
            hashes.push(hash);
            if hashes.len() < TILE {
                return;
            }
            let level = level as u32;
            full(level, tile_index(self.size, level) - 1, hashes);
            hash = root(hashes);
            hashes.clear();
        }
    }

    /// The root over all leaves.
    pub(super) fn root(&self) -> Hash {
        let mut frontier = Frontier::default();
        for (level, hashes) in self.levels.iter().enumerate().rev() {
            for hash in hashes {
                frontier.push_subtree(8 * level as u32, *hash);
            }
        }
        frontier.root()
    }
}

/// Hashes of a level of tiles in a tree of so many leaves.
pub(super) const fn hashes_at(size: u64, level: u32) -> u64 {
    match size.checked_shr(8 * level) {
        Some(count) => count,
        None => 0,
    }
}

/// The index of the first tile of a level that is not full.
pub(super) const fn tile_index(size: u64, level: u32) -> u64 {
    hashes_at(size, level + 1)
}

/// How many hashes that tile holds, below [`TILE`].
pub(super) const fn tile_width(size: u64, level: u32) -> usize {
    (hashes_at(size, level) % TILE as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use ct_merkle::mem_backed_tree::MemoryBackedTree;

    #[test]
    fn roots_are_those_of_ct_merkle_at_every_size() {
        let mut tree = MemoryBackedTree::<Sha256, [u8; 8]>::new();
        let (mut frontier, mut edge) = (Frontier::default(), Edge::default());
        let mut full = Vec::new();
        for number in 0..70_000_u64 {
            let bytes = number.to_be_bytes();
            if number < 600 || (65_000..66_000).contains(&number) {
                assert_eq!(frontier.root()[..], tree.root().as_bytes()[..], "{number}");
                assert_eq!(edge.root(), frontier.root(), "{number}");
            }
            tree.push(bytes);
            frontier.push(leaf(&bytes));
            edge.push(leaf(&bytes), |level, index, _| full.push((level, index)));
        }
        assert_eq!(edge.root()[..], tree.root().as_bytes()[..]);
        // The example of C2SP tlog-tiles.
        assert_eq!(full.iter().filter(|(level, _)| *level == 0).count(), 273);
        assert_eq!(full.iter().filter(|(level, _)| *level == 1).count(), 1);
        let widths: Vec<usize> = edge.levels.iter().map(Vec::len).collect();
        assert_eq!(widths, [112, 17, 1]);
        assert_eq!(
            [0, 1, 2].map(|level| tile_width(70_000, level)),
            [112, 17, 1]
        );
        assert_eq!(full.last(), Some(&(0, 272)));
    }
}
