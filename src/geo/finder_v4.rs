//! The structure that answers for IPv4 on the packet path.
//!
//! The upper half of an address picks a head, which is a finding for most. Under the others the lower
//! half is sought among the borders between different findings: eight of them at once, in one comparison
//! of a vector register, in one leaf or, for the few heads with more, in a shallow tree of such blocks.
//! What traffic touches of it stays in a core's second cache beside the flow table.

use super::Finding;
use super::label::{Borders, Label};

const HEADS: usize = 1 << 16;

/// Borders compared at once: one vector register of 16 bits each.
const WIDTH: usize = 8;

/// Where a search goes on: a leaf, or a branch if the highest bit is set.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Entry(u32);

impl Entry {
    const BRANCH: u32 = 1 << 31;
}

/// No leaf has this place: what is there is not located.
const NOWHERE: Entry = Entry(!Entry::BRANCH);

/// One less than the lower halves at which something begins, ascending; the largest number where
/// there is no more.
type Keys = [u16; WIDTH];

/// How many of the keys lie before an address.
#[inline]
fn rank(keys: &Keys, low: u16) -> u32 {
    // Summed in the width of the keys, which is one vector register.
    let before: u16 = keys.iter().map(|key| u16::from(*key < low)).sum();
    u32::from(before)
}

/// Findings from its start on, and from each border on.
#[derive(Clone, Copy)]
#[repr(align(32))]
struct Leaf {
    keys: Keys,
    findings: [Finding; WIDTH + 1],
}

/// The first of its children, and where each other one begins. All of them are leaves, or none.
#[derive(Clone, Copy)]
#[repr(align(32))]
struct Branch {
    keys: Keys,
    first: Entry,
}

/// A border below a head: the lower half, and the finding that begins there.
type Border = (u16, Finding);

/// Which of 64 heads have borders, and where the first of those is among the entries.
#[derive(Clone, Copy, Default)]
struct Rank {
    bits: u64,
    before: u32,
}

/// The structure.
pub(super) struct FinderV4 {
    /// What is found under a head; nothing where borders lie under it.
    heads: Box<[Option<Finding>; HEADS]>,
    ranks: Box<[Rank; HEADS / 64]>,
    /// For each head with borders.
    entries: Vec<Entry>,
    branches: Vec<Branch>,
    leaves: Vec<Leaf>,
}

impl FinderV4 {
    pub(super) fn new(borders: &Borders<u32>) -> Self {
        let mut finder = Self {
            heads: Box::new([None; HEADS]),
            ranks: Box::new([Rank::default(); HEADS / 64]),
            entries: Vec::new(),
            branches: Vec::new(),
            leaves: Vec::new(),
        };
        let mut rest = borders.cells();
        let mut inside: Vec<Border> = Vec::new();
        let mut finding = finding_of(Label::NOTHING);
        for head in 0..HEADS {
            inside.clear();
            let mut start = finding;
            while let Some(((address, label), after)) = rest.split_first()
                && (address >> 16) as usize == head
            {
                finding = finding_of(*label);
                match *address as u16 {
                    0 => start = finding,
                    low => inside.push((low, finding)),
                }
                rest = after;
            }
            let before = finder.entries.len() as u32;
            let rank = &mut finder.ranks[head / 64];
            if head % 64 == 0 {
                rank.before = before;
            }
            if inside.is_empty() {
                finder.heads[head] = Some(start);
            } else {
                rank.bits |= 1 << (head % 64);
                let entry = finder.insert(start, &inside);
                finder.entries.push(entry);
            }
        }
        finder
    }

    /// Puts in what lies below one head.
    fn insert(&mut self, start: Finding, borders: &[Border]) -> Entry {
        // Each level in turn: where its blocks begin, but for the first, which begins where the head
        // does.
        let mut first = Entry(self.leaves.len() as u32);
        let mut begins: Vec<u16> = Vec::new();
        let mut start = start;
        let mut rest = borders;
        loop {
            let (here, after) = rest.split_at_checked(WIDTH).unwrap_or((rest, &[]));
            self.leaves.push(Leaf::of(start, here));
            let Some(((low, finding), after)) = after.split_first() else {
                break;
            };
            begins.push(*low);
            start = *finding;
            rest = after;
        }
        while !begins.is_empty() {
            let level = Entry(self.branches.len() as u32 | Entry::BRANCH);
            let mut above: Vec<u16> = Vec::new();
            let mut rest = begins.as_slice();
            loop {
                let (here, after) = rest.split_at_checked(WIDTH).unwrap_or((rest, &[]));
                let keys = keys_of(here.iter().copied());
                self.branches.push(Branch { keys, first });
                first.0 += here.len() as u32 + 1;
                let Some((low, after)) = after.split_first() else {
                    break;
                };
                above.push(*low);
                rest = after;
            }
            first = level;
            begins = above;
        }
        first
    }

    /// Where to go on under a head with borders.
    #[inline]
    fn entry(&self, address: u32) -> Entry {
        let head = (address >> 16) as usize;
        // No bounds to check: 16 bits index 1,024 times 64 heads.
        let rank = &self.ranks[head / 64];
        let before = rank.bits & ((1 << (head % 64)) - 1);
        let place = rank.before + before.count_ones();
        self.entries.get(place as usize).copied().unwrap_or(NOWHERE)
    }

    /// The leaf below.
    #[inline]
    fn descend(&self, mut entry: Entry, low: u16) -> Entry {
        while entry.0 & Entry::BRANCH != 0 {
            let branch = self.branches.get((entry.0 & !Entry::BRANCH) as usize);
            let Some(branch) = branch else {
                return NOWHERE;
            };
            entry = Entry(branch.first.0 + rank(&branch.keys, low));
        }
        entry
    }

    #[inline]
    fn finding(&self, leaf: Entry, low: u16) -> Finding {
        match self.leaves.get(leaf.0 as usize) {
            // A rank is at most the number of keys.
            Some(leaf) => leaf.findings[rank(&leaf.keys, low) as usize],
            None => Finding::Unlocated,
        }
    }

    #[inline]
    pub(super) fn find(&self, address: u32) -> Finding {
        let low = address as u16;
        match self.heads[(address >> 16) as usize] {
            Some(finding) => finding,
            None => self.finding(self.descend(self.entry(address), low), low),
        }
    }

    /// Memory in bytes.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.heads)
            + size_of_val(&*self.ranks)
            + size_of_val(&*self.entries)
            + size_of_val(&*self.branches)
            + size_of_val(&*self.leaves)
    }
}

impl Leaf {
    /// Of at most [`WIDTH`] borders.
    fn of(start: Finding, borders: &[Border]) -> Self {
        let mut findings = [start; WIDTH + 1];
        for (slot, (_, finding)) in findings.iter_mut().skip(1).zip(borders) {
            *slot = *finding;
        }
        Self {
            keys: keys_of(borders.iter().map(|border| border.0)),
            findings,
        }
    }
}

fn keys_of(begins: impl Iterator<Item = u16>) -> Keys {
    let mut keys = [u16::MAX; WIDTH];
    for (key, low) in keys.iter_mut().zip(begins) {
        *key = low.saturating_sub(1);
    }
    keys
}

/// No label of the IPv4 structure stands for an address inside another.
fn finding_of(label: Label) -> Finding {
    label.finding().unwrap_or(Finding::Unlocated)
}
