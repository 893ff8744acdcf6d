//! The structures that answer on the packet path: where one address is, in a few nanoseconds.
//!
//! Only borders between different findings are kept, in buckets by the top 16 bits of the address.
//! A bucket without a border is answered by its head alone.

use super::Finding;
use super::prefix::{host_mask_v4, host_mask_v6};

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
    /// A /64 with borders inside it.
    const SPLIT: Self = Self(20);

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

const BUCKETS: usize = 1 << 16;

/// One entry per bucket: where its cells begin (upper 24 bits) and the label at its start (lower 8).
/// The entry after it says where they end.
type Heads = Box<[u32; BUCKETS + 1]>;

const fn head(cells: usize, label: Label) -> u32 {
    ((cells as u32) << 8) | label.0 as u32
}

/// *Given* by the width of a head's upper part: 16.7 million borders; all public tables together
/// have a twentieth of that.
pub(super) const MAX_BORDERS: usize = (1 << 24) - 1;

/// The IPv4 structure.
pub(super) struct FinderV4 {
    heads: Heads,
    /// Lower 16 bits of a border, then its label in 8 bits: one load gives both.
    cells: Vec<u32>,
}

impl FinderV4 {
    pub(super) fn new(borders: &Borders<u32>) -> Self {
        let mut heads = no_heads();
        let mut cells = Vec::with_capacity(borders.len());
        let mut borders = borders.cells.iter().peekable();
        let mut label = Label::NOTHING;
        for (bucket, slot) in heads.iter_mut().enumerate() {
            let base = (bucket as u64) << 16;
            // A border at the very start of a bucket is the head's label.
            if let Some((_, at_start)) = borders.next_if(|cell| u64::from(cell.0) == base) {
                label = *at_start;
            }
            *slot = head(cells.len(), label);
            let next_base = base + (1 << 16);
            while let Some((start, inside)) = borders.next_if(|cell| u64::from(cell.0) < next_base) {
                label = *inside;
                cells.push(((start & host_mask_v4(16)) << 8) | u32::from(label.0));
            }
        }
        Self { heads, cells }
    }

    #[inline]
    pub(super) fn find(&self, address: u32) -> Label {
        let bucket = (address >> 16) as usize;
        // No bounds to check: 16 bits index 65,537 entries.
        let head = self.heads[bucket];
        let end = self.heads[bucket + 1] >> 8;
        let start = head >> 8;
        if start == end {
            return Label(head as u8);
        }
        let cells = self
            .cells
            .get(start as usize..end as usize)
            .unwrap_or_default();
        // The label's bits are below any border's: with all of them set, "not above" means "at or
        // before".
        let wanted = (address << 8) & 0x00ff_ff00 | 0xff;
        let at = cells.partition_point(|&cell| cell <= wanted);
        match at.checked_sub(1).and_then(|at| cells.get(at)) {
            Some(&cell) => Label(cell as u8),
            None => Label(head as u8),
        }
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.heads) + size_of_val(&*self.cells)
    }
}

/// The IPv6 structure: borders between /64s, and apart from them the few that lie inside one.
pub(super) struct FinderV6 {
    heads: Heads,
    /// Bits 16 to 63 of a border's /64, then its label in the lowest 8 bits.
    cells: Vec<u64>,
    /// Borders inside a /64, with the label that holds from there.
    split: Vec<(u128, Label)>,
}

impl FinderV6 {
    pub(super) fn new(borders: &Borders<u128>) -> Self {
        let (coarse, split) = split_at_64(&borders.cells);
        let mut heads = no_heads();
        let mut cells = Vec::with_capacity(coarse.len());
        let mut borders = coarse.iter().peekable();
        let mut label = Label::NOTHING;
        for (bucket, slot) in heads.iter_mut().enumerate() {
            let base = (bucket as u128) << 48;
            if let Some((_, at_start)) = borders.next_if(|cell| u128::from(cell.0) == base) {
                label = *at_start;
            }
            *slot = head(cells.len(), label);
            let next_base = base + (1 << 48);
            while let Some((start, inside)) = borders.next_if(|cell| u128::from(cell.0) < next_base)
            {
                label = *inside;
                cells.push((start << 16) | u64::from(label.0));
            }
        }
        Self {
            heads,
            cells,
            split,
        }
    }

    #[inline]
    pub(super) fn find(&self, address: u128) -> Label {
        let network = (address >> 64) as u64;
        let bucket = (network >> 48) as usize;
        let head = self.heads[bucket];
        let end = self.heads[bucket + 1] >> 8;
        let start = head >> 8;
        let mut label = Label(head as u8);
        if start != end {
            let cells = self
                .cells
                .get(start as usize..end as usize)
                .unwrap_or_default();
            let wanted = (network << 16) | 0xff;
            let at = cells.partition_point(|&cell| cell <= wanted);
            if let Some(&cell) = at.checked_sub(1).and_then(|at| cells.get(at)) {
                label = Label(cell as u8);
            }
        }
        if label == Label::SPLIT {
            return self.find_split(address);
        }
        label
    }

    #[cold]
    fn find_split(&self, address: u128) -> Label {
        let at = self.split.partition_point(|cell| cell.0 <= address);
        at.checked_sub(1)
            .and_then(|at| self.split.get(at))
            .map_or(Label::NOTHING, |cell| cell.1)
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.heads) + size_of_val(&*self.cells) + size_of_val(&*self.split)
    }
}

fn no_heads() -> Heads {
    // `vec!` and not a literal: half a megabyte does not go over the stack.
    let heads = vec![0_u32; BUCKETS + 1].into_boxed_slice();
    heads
        .try_into()
        .unwrap_or_else(|_| Box::new([0; BUCKETS + 1]))
}

/// Borders by /64, where a /64 with borders inside is labelled [`Label::SPLIT`] and answered from the
/// second list, which holds for each such /64 its first address and every border in it.
fn split_at_64(borders: &[(u128, Label)]) -> (Vec<(u64, Label)>, Vec<(u128, Label)>) {
    let mut coarse: Vec<(u64, Label)> = Vec::with_capacity(borders.len());
    let mut split: Vec<(u128, Label)> = Vec::new();
    let mut before = Label::NOTHING;
    let mut borders = borders.iter().copied().peekable();
    while let Some(&(start, label)) = borders.peek() {
        let network = (start >> 64) as u64;
        let first = start & !host_mask_v6(64);
        let last = start | host_mask_v6(64);
        let mut inside: Vec<(u128, Label)> = Vec::new();
        while let Some(cell) = borders.next_if(|cell| cell.0 <= last) {
            inside.push(cell);
        }
        let after = inside.last().map_or(label, |cell| cell.1);
        if let [(only, label)] = inside.as_slice()
            && *only == first
        {
            coarse.push((network, *label));
        } else {
            if start != first {
                split.push((first, before));
            }
            split.append(&mut inside);
            coarse.push((network, Label::SPLIT));
            // The next /64 takes up again, unless it has a border of its own at its start.
            if let Some(next) = network.checked_add(1)
                && borders.peek().is_none_or(|cell| cell.0 >> 64 != u128::from(next))
            {
                coarse.push((next, after));
            }
        }
        before = after;
    }
    (coarse, split)
}
