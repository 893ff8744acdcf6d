//! The structure that answers on the packet path: where one address is, in a few nanoseconds.
//!
//! Only borders between different findings are kept. The top 16 bits of an address pick a head; where
//! no border lies under it, that is the answer. Else the next 8 bits each pick a run of a node, until
//! so few borders are left that all of them are compared at once: hardly a branch depends on the
//! address, and a wrong guess of the processor costs more than the whole look-up.

use super::Finding;
use super::segments::Address;

/// A finding, or how to get at one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Label(u8);

impl Label {
    /// Where no border says otherwise.
    pub(super) const NOTHING: Self = Self::found(Finding::Unlocated);
    /// The last 32 bits are an IPv4 address.
    pub(super) const MAPPED: Self = Self(16);
    /// Bits 16 to 47 are an IPv4 address.
    pub(super) const SIX_TO_FOUR: Self = Self(17);
    /// An IPv4 address at a place that the prefix's length gives.
    pub(super) const NAT64: Self = Self(18);
    /// Two IPv4 addresses.
    pub(super) const TEREDO: Self = Self(19);

    pub(super) const fn found(finding: Finding) -> Self {
        Self(finding as u8)
    }

    pub(super) const fn number(self) -> u8 {
        self.0
    }

    pub(super) const fn from_number(number: u8) -> Self {
        Self(number)
    }

    /// The finding; nothing where the address holds another one.
    #[inline]
    pub(super) const fn finding(self) -> Option<Finding> {
        Some(match self.0 {
            0 => Finding::Home,
            1 => Finding::OperatorHome,
            2 => Finding::SiteHome,
            3 => Finding::Abroad,
            4 => Finding::Unlocated,
            5 => Finding::SourceDisagreement,
            6 => Finding::Anycast,
            7 => Finding::NonGlobal,
            8 => Finding::Multicast,
            9 => Finding::Martian,
            _ => return None,
        })
    }
}

/// Collects `(first address, label)` in ascending order, keeping only changes.
pub(super) struct Borders<A> {
    cells: Vec<(A, Label)>,
    last: Label,
}

impl<A> Default for Borders<A> {
    fn default() -> Self {
        Self {
            cells: Vec::new(),
            last: Label::NOTHING,
        }
    }
}

impl<A> Borders<A> {
    #[inline]
    pub(super) fn push(&mut self, start: A, label: Label) {
        if label != self.last {
            self.cells.push((start, label));
            self.last = label;
        }
    }

    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }
}

/// What is under a head or a run: a label, a leaf or a node, told apart by the upper two bits.
#[derive(Clone, Copy)]
struct Entry(u32);

impl Entry {
    const LEAF: u32 = 1 << 30;
    const NODE: u32 = 2 << 30;
    const KIND: u32 = 3 << 30;
    /// Below it in a leaf: how many cells, less one.
    const COUNT_SHIFT: u32 = 27;
    const OFFSET: u32 = (1 << Self::COUNT_SHIFT) - 1;
}

/// A run begins at each set bit and lasts until the next; bit 0 is always set.
struct Node {
    bits: [u64; 4],
    /// Runs that begin in the words before.
    before: [u16; 4],
    /// Where the node's runs are among the entries.
    base: u32,
}

const HEADS: usize = 1 << 16;

/// Cells of a leaf, all compared at once. *Measured*, on a shared machine: 4 takes more memory and
/// time, 16 no less time.
const LEAF_CELLS: usize = 8;

/// *Given* by the width of an entry: every border makes at most two cells and three runs. All public
/// tables together have a twentieth of that.
pub(super) const MAX_BORDERS: usize = 1 << 24;

/// The structure for one address space.
pub(super) struct Finder {
    heads: Box<[Entry; HEADS]>,
    nodes: Vec<Node>,
    runs: Vec<Entry>,
    /// In a leaf: the next 56 bits of the address where a label begins, and the label in the lowest 8.
    cells: Vec<u64>,
}

impl Finder {
    pub(super) fn new<A: Address>(borders: &Borders<A>) -> Self {
        let mut finder = Self {
            heads: no_heads(),
            nodes: Vec::new(),
            runs: Vec::new(),
            cells: Vec::with_capacity(borders.len() * 2 + LEAF_CELLS),
        };
        let mut heads = no_heads();
        let mut rest = borders.cells.as_slice();
        let mut label = Label::NOTHING;
        for (bucket, slot) in heads.iter_mut().enumerate() {
            // Linear, since each border is passed once over all buckets.
            let inside = rest
                .iter()
                .take_while(|cell| usize::from(cell.0.top()) == bucket)
                .count();
            let (here, after) = rest.split_at_checked(inside).unwrap_or((rest, &[]));
            *slot = finder.insert(here, 16, label);
            label = here.last().map_or(label, |cell| cell.1);
            rest = after;
        }
        finder.heads = heads;
        // A leaf is read as eight cells whatever it holds.
        finder.cells.extend([u64::MAX; LEAF_CELLS]);
        finder
    }

    /// Puts in the borders of one block, which all agree in the first `depth` bits; `label` holds at
    /// the block's start unless a border lies there.
    fn insert<A: Address>(&mut self, borders: &[(A, Label)], depth: u32, label: Label) -> Entry {
        let key = |address: A| address.shifted(depth).upper();
        let (label, borders) = match borders {
            // Nothing of the address is left below the depth: the border is at the block's start.
            [(first, label), rest @ ..] if first.shifted(depth) == A::ZERO => (*label, rest),
            all => (label, all),
        };
        if borders.is_empty() {
            return Entry(u32::from(label.0));
        }
        let is_leaf = borders.len() < LEAF_CELLS
            && borders.iter().all(|cell| {
                let beyond = cell.0.shifted(depth).shifted(28).shifted(28);
                key(cell.0) & 0xff == 0 && beyond == A::ZERO
            });
        if is_leaf {
            let offset = self.cells.len() as u32 & Entry::OFFSET;
            let count = borders.len() as u32;
            self.cells.push(u64::from(label.0));
            self.cells
                .extend(borders.iter().map(|cell| key(cell.0) | u64::from(cell.1.0)));
            return Entry(Entry::LEAF | count << Entry::COUNT_SHIFT | offset);
        }
        self.insert_node(borders, depth, label)
    }

    fn insert_node<A: Address>(
        &mut self,
        borders: &[(A, Label)],
        depth: u32,
        label: Label,
    ) -> Entry {
        let mut bits = [0_u64; 4];
        let mut runs: Vec<Entry> = Vec::new();
        let mut begin = |byte: u8, entry: Entry| {
            if let Some(word) = bits.get_mut(usize::from(byte >> 6)) {
                *word |= 1 << (byte & 63);
            }
            runs.push(entry);
        };
        let byte_of = |cell: &(A, Label)| (cell.0.shifted(depth).upper() >> 56) as u8;
        let mut label = label;
        // The byte from which on `label` holds without a run of its own yet.
        let mut open = Some(0_u8);
        for here in borders.chunk_by(|a, b| byte_of(a) == byte_of(b)) {
            let Some(byte) = here.first().map(byte_of) else {
                continue;
            };
            if let Some(from) = open.filter(|from| *from < byte) {
                begin(from, Entry(u32::from(label.0)));
            }
            begin(byte, self.insert(here, depth + 8, label));
            label = here.last().map_or(label, |cell| cell.1);
            open = byte.checked_add(1);
        }
        if let Some(from) = open {
            begin(from, Entry(u32::from(label.0)));
        }
        let base = self.runs.len() as u32;
        self.runs.append(&mut runs);
        let mut before = [0_u16; 4];
        let mut sum = 0;
        for (slot, word) in before.iter_mut().zip(bits) {
            *slot = sum;
            sum += word.count_ones() as u16;
        }
        self.nodes.push(Node { bits, before, base });
        Entry(Entry::NODE | (self.nodes.len() - 1) as u32)
    }

    #[inline]
    pub(super) fn find<A: Address>(&self, address: A) -> Label {
        // No bounds to check: 16 bits index 65,536 heads.
        let mut entry = self.heads[usize::from(address.top())];
        if entry.0 & Entry::KIND == 0 {
            return Label(entry.0 as u8);
        }
        let mut rest = address.shifted(16);
        while entry.0 & Entry::NODE != 0 {
            let Some(node) = self.nodes.get((entry.0 & !Entry::KIND) as usize) else {
                return Label::NOTHING;
            };
            let byte = (rest.upper() >> 56) as usize;
            // No bounds to check: the upper two bits of a byte index four words.
            let (word, before) = (node.bits[byte >> 6], node.before[byte >> 6]);
            let begun = (word << (63 - (byte & 63))).count_ones() + u32::from(before);
            let run = (node.base + begun).wrapping_sub(1) as usize;
            let Some(next) = self.runs.get(run) else {
                return Label::NOTHING;
            };
            entry = *next;
            rest = rest.shifted(8);
        }
        if entry.0 & Entry::LEAF == 0 {
            return Label(entry.0 as u8);
        }
        let offset = (entry.0 & Entry::OFFSET) as usize;
        let last = (entry.0 >> Entry::COUNT_SHIFT) as usize & (LEAF_CELLS - 1);
        let Some(cells) = self.cells.get(offset..offset + LEAF_CELLS) else {
            return Label::NOTHING;
        };
        // The label's bits are below any border's: with all of them set, "not above" means "at or
        // before". The first cell is the block's start, so it always counts.
        let wanted = rest.upper() | 0xff;
        let begun: usize = cells
            .iter()
            .enumerate()
            .map(|(at, cell)| usize::from((*cell <= wanted) & (at != 0) & (at <= last)))
            .sum();
        cells
            .get(begun)
            .map_or(Label::NOTHING, |cell| Label(*cell as u8))
    }

    /// Memory in bytes.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.heads)
            + size_of_val(&*self.nodes)
            + size_of_val(&*self.runs)
            + size_of_val(&*self.cells)
    }
}

fn no_heads() -> Box<[Entry; HEADS]> {
    // A vector first: a quarter of a megabyte does not go over the stack.
    let heads = vec![Entry(u32::from(Label::NOTHING.0)); HEADS].into_boxed_slice();
    heads
        .try_into()
        .unwrap_or_else(|_| Box::new([Entry(u32::from(Label::NOTHING.0)); HEADS]))
}
