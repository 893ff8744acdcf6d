//! The structure that answers for IPv6 on the packet path.
//!
//! Nearly every address in use begins with the hexadecimal digit 2: the next four digits pick its head.
//! From there on each further digit picks one of the sixteen entries of a node, which is one cache line,
//! until so few borders between different findings are left that they fit one line too.

use super::label::{Borders, Label};

const HEADS: usize = 1 << 16;
/// Bits of an address that a head stands for.
const HEAD_DEPTH: u32 = 20;

/// Cells of a line, which is one of the processor's cache; a leaf lies in one line.
const CELLS: usize = 16;
/// Bits of a cell that hold the label.
const LABEL_BITS: u32 = 5;

/// A label, or where a search goes on, told apart by the upper two bits.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Entry(u32);

impl Entry {
    const LEAF: u32 = 1 << 30;
    const NODE: u32 = 2 << 30;
    const KIND: u32 = 3 << 30;
    /// Below it in a leaf: how many cells, less one.
    const COUNT_SHIFT: u32 = 26;

    const fn label(label: Label) -> Self {
        Self(label.number() as u32)
    }

    const fn is_node(self) -> bool {
        self.0 & Self::NODE != 0
    }

    const fn is_leaf(self) -> bool {
        self.0 & Self::LEAF != 0
    }

    const fn node(self) -> usize {
        (self.0 & !Self::KIND) as usize
    }

    /// The place of the first cell, and how many there are.
    const fn leaf(self) -> (usize, usize) {
        let first = self.0 & ((1 << Self::COUNT_SHIFT) - 1);
        let count = (self.0 >> Self::COUNT_SHIFT) as usize % CELLS + 1;
        (first as usize, count)
    }
}

/// One entry for each value of the next four bits.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Node([Entry; 16]);

/// Leaves, one behind the other. A cell is the next 27 bits of the address where a label begins, and the
/// label in the lowest five; the first of a leaf is the start of its block.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line([u32; CELLS]);

/// A border: the address, and the label that begins there.
type Border = (u128, Label);

/// The structure.
pub(super) struct FinderV6 {
    /// For addresses that begin with 2, by their next 16 bits.
    heads: Box<[Entry; HEADS]>,
    /// For all others, by their first digit.
    root: Node,
    nodes: Vec<Node>,
    lines: Vec<Line>,
    /// Cells of the last line that are in use.
    used: usize,
}

impl FinderV6 {
    pub(super) fn new(borders: &Borders<u128>) -> Self {
        let nothing = Entry::label(Label::NOTHING);
        // A vector first: a quarter of a megabyte does not go over the stack.
        let heads = vec![nothing; HEADS].into_boxed_slice();
        let mut finder = Self {
            heads: heads
                .try_into()
                .unwrap_or_else(|_| Box::new([nothing; HEADS])),
            root: Node([nothing; 16]),
            nodes: Vec::new(),
            lines: Vec::new(),
            used: CELLS,
        };
        let mut rest = borders.cells();
        let mut label = Label::NOTHING;
        for digit in 0..16_u128 {
            if digit == 2 {
                for bucket in 0..HEADS as u128 {
                    let block = digit << 16 | bucket;
                    let here = take_block(&mut rest, block, HEAD_DEPTH);
                    let entry = finder.insert(here, HEAD_DEPTH, label);
                    finder.heads[bucket as usize] = entry;
                    label = here.last().map_or(label, |border| border.1);
                }
            } else {
                let here = take_block(&mut rest, digit, 4);
                finder.root.0[digit as usize] = finder.insert(here, 4, label);
                label = here.last().map_or(label, |border| border.1);
            }
        }
        finder
    }

    /// Puts in the borders of one block, which all agree in the first `depth` bits; `label` holds at
    /// the block's start unless a border lies there.
    fn insert(&mut self, borders: &[Border], depth: u32, label: Label) -> Entry {
        let (label, borders) = match borders {
            // Nothing of the address is left below the depth: the border is at the block's start.
            [(first, label), rest @ ..] if below(*first, depth) == 0 => (*label, rest),
            all => (label, all),
        };
        if borders.is_empty() {
            return Entry::label(label);
        }
        let fits = |border: &Border| below(border.0, depth) << (32 - LABEL_BITS) == 0;
        if borders.len() < CELLS && borders.iter().all(fits) {
            return self.insert_leaf(borders, depth, label);
        }
        let place = self.nodes.len();
        self.nodes.push(Node([Entry::label(label); 16]));
        let prefix = borders
            .first()
            .map_or(0, |border| border.0 >> (128 - depth));
        let (mut rest, mut label) = (borders, label);
        for digit in 0..16 {
            let here = take_block(&mut rest, prefix << 4 | digit, depth + 4);
            let entry = self.insert(here, depth + 4, label);
            self.nodes[place].0[digit as usize] = entry;
            label = here.last().map_or(label, |border| border.1);
        }
        Entry(Entry::NODE | place as u32)
    }

    fn insert_leaf(&mut self, borders: &[Border], depth: u32, label: Label) -> Entry {
        let count = borders.len() + 1;
        if self.used + count > CELLS {
            self.lines.push(Line([0; CELLS]));
            self.used = 0;
        }
        let place = self.lines.len() * CELLS - CELLS + self.used;
        let begins = borders
            .iter()
            .map(|border| (key(border.0, depth), border.1));
        let all = std::iter::once((0, label)).chain(begins);
        if let Some(Line(cells)) = self.lines.last_mut() {
            for (cell, (key, label)) in cells.iter_mut().skip(self.used).zip(all) {
                *cell = key | u32::from(label.number());
            }
        }
        self.used += count;
        Entry(Entry::LEAF | (count as u32 - 1) << Entry::COUNT_SHIFT | place as u32)
    }

    #[inline]
    fn head(&self, address: u128) -> (Entry, u32) {
        let top = (address >> 108) as u32;
        if top >> 16 == 2 {
            // No bounds to check: 16 bits index 65,536 heads.
            (self.heads[usize::from(top as u16)], HEAD_DEPTH)
        } else {
            (self.root.0[(top >> 16) as usize & 15], 4)
        }
    }

    /// One digit down.
    #[inline]
    fn child(&self, node: Entry, digit: usize) -> Entry {
        match self.nodes.get(node.node()) {
            Some(node) => node.0[digit % 16],
            None => Entry::label(Label::NOTHING),
        }
    }

    /// The label or leaf below an entry, and how many bits of the address lead there.
    #[inline]
    fn descend(&self, (mut entry, mut depth): (Entry, u32), address: u128) -> (Entry, u32) {
        // The upper half by itself: shifts of 128 bits cost four times as much, and few borders lie
        // in the lower.
        let upper = (address >> 64) as u64;
        while entry.is_node() && depth < 64 {
            entry = self.child(entry, (upper >> (60 - depth)) as usize);
            depth += 4;
        }
        while entry.is_node() {
            entry = self.child(entry, (address >> (124 - depth)) as usize);
            depth += 4;
        }
        (entry, depth)
    }

    #[inline]
    fn label(&self, entry: Entry, address: u128, depth: u32) -> Label {
        if !entry.is_leaf() {
            return Label::from_number(entry.0 as u8);
        }
        let (first, count) = entry.leaf();
        let Some(Line(cells)) = self.lines.get(first / CELLS) else {
            return Label::NOTHING;
        };
        let cell = |at: usize| cells[(first + at) % CELLS];
        // The label's bits are below any border's: with all of them set, "not above" means "at or
        // before". The first cell is the block's start, so it always counts.
        let wanted = key(address, depth) | ((1 << LABEL_BITS) - 1);
        let mut at = 0;
        for half in [8, 4, 2, 1] {
            let begun = (at + half < count) & (cell(at + half) <= wanted);
            at += usize::from(begun) * half;
        }
        Label::from_number((cell(at) & ((1 << LABEL_BITS) - 1)) as u8)
    }

    #[inline]
    pub(super) fn find(&self, address: u128) -> Label {
        let (entry, depth) = self.descend(self.head(address), address);
        self.label(entry, address, depth)
    }

    /// Memory in bytes.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.heads) + size_of_val(&*self.nodes) + size_of_val(&*self.lines)
    }
}

/// What of an address lies below its first `depth` bits, moved to the top.
#[inline]
const fn below(address: u128, depth: u32) -> u128 {
    match address.checked_shl(depth) {
        Some(rest) => rest,
        None => 0,
    }
}

/// The bits below the first `depth` that a cell holds, at their place in it.
#[inline]
const fn key(address: u128, depth: u32) -> u32 {
    let bits = if depth <= 32 {
        ((address >> 64) as u64 >> (32 - depth)) as u32
    } else {
        (below(address, depth) >> 96) as u32
    };
    bits >> LABEL_BITS << LABEL_BITS
}

/// Takes the borders off the front that lie in a block of the first `depth` bits.
fn take_block<'b>(rest: &mut &'b [Border], block: u128, depth: u32) -> &'b [Border] {
    let inside = rest
        .iter()
        .take_while(|border| border.0 >> (128 - depth) == block)
        .count();
    let (here, after) = rest.split_at_checked(inside).unwrap_or((rest, &[]));
    *rest = after;
    here
}
