//! Sorted ranges over the whole of one address space: the form in which sources, lists and the
//! special blocks meet.

use std::borrow::Cow;
use std::collections::BTreeSet;

/// An IPv4 or IPv6 address as a number.
pub(super) trait Address: Copy + Ord + Send + Sync + 'static {
    const ZERO: Self;
    const MAX: Self;
    /// The next address, unless this is the last.
    fn next(self) -> Option<Self>;
    /// The address before, unless this is the first.
    fn previous(self) -> Option<Self>;
    /// The top 16 bits.
    fn top(self) -> u16;
    /// How many addresses lie from `self` to `last`; the whole of IPv6 counts one less than it has.
    fn count_to(self, last: Self) -> u128;
}

impl Address for u32 {
    const ZERO: Self = 0;
    const MAX: Self = Self::MAX;
    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }
    fn previous(self) -> Option<Self> {
        self.checked_sub(1)
    }
    #[inline]
    fn top(self) -> u16 {
        (self >> 16) as u16
    }
    fn count_to(self, last: Self) -> u128 {
        u128::from(last.saturating_sub(self)) + 1
    }
}

impl Address for u128 {
    const ZERO: Self = 0;
    const MAX: Self = Self::MAX;
    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }
    fn previous(self) -> Option<Self> {
        self.checked_sub(1)
    }
    #[inline]
    fn top(self) -> u16 {
        (self >> 112) as u16
    }
    fn count_to(self, last: Self) -> u128 {
        last.saturating_sub(self).saturating_add(1)
    }
}

/// Labels over an address space: each holds from its start to just before the next. Below the first
/// start the label is 0.
pub(super) struct Segments<A: Address> {
    starts: Cow<'static, [A]>,
    labels: Vec<u16>,
    /// For each value of the top 16 bits, how many starts lie below it: look-ups search one bucket.
    index: Vec<u32>,
}

/// A range with one label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range<A> {
    pub(super) first: A,
    pub(super) last: A,
    pub(super) label: u16,
}

impl<A: Address> Segments<A> {
    /// Nothing if the starts do not ascend strictly or the lengths differ.
    #[cfg(feature = "embedded-geo")]
    pub(super) fn from_sorted(starts: Cow<'static, [A]>, labels: Vec<u16>) -> Option<Self> {
        let fits = starts.len() == labels.len() && u32::try_from(starts.len()).is_ok();
        (fits && starts.is_sorted_by(|a, b| a < b)).then(|| Self::new(starts, labels))
    }

    fn new(starts: Cow<'static, [A]>, labels: Vec<u16>) -> Self {
        Self {
            starts,
            labels,
            index: Vec::new(),
        }
    }

    /// Prepares for many look-ups.
    pub(super) fn index(&mut self) {
        let mut index = Vec::with_capacity(BUCKETS + 1);
        for (position, start) in self.starts.iter().enumerate() {
            let bucket = usize::from(start.top());
            if bucket >= index.len() {
                index.resize(bucket + 1, position as u32);
            }
        }
        index.resize(BUCKETS + 1, self.starts.len() as u32);
        self.index = index;
    }

    /// From ranges in any order that may overlap. Where several cover an address, the smallest
    /// `(rank, position)` wins, so the result does not depend on anything else.
    pub(super) fn from_ranges(ranges: &[(A, A, u16)], rank: impl Fn(u16) -> u8) -> Self {
        let mut events: Vec<(A, bool, u32)> = Vec::with_capacity(ranges.len() * 2);
        for (position, &(first, last, _)) in ranges.iter().enumerate() {
            if first > last {
                continue;
            }
            events.push((first, true, position as u32));
            if let Some(after) = last.next() {
                events.push((after, false, position as u32));
            }
        }
        events.sort_unstable();
        let mut builder = Builder::default();
        let mut active = BTreeSet::new();
        let mut events = events.into_iter().peekable();
        while let Some((at, opens, position)) = events.next() {
            let label = ranges.get(position as usize).map_or(0, |range| range.2);
            let key = (rank(label), position, label);
            if opens {
                active.insert(key);
            } else {
                active.remove(&key);
            }
            if events.peek().is_none_or(|next| next.0 != at) {
                builder.push(at, active.first().map_or(0, |key| key.2));
            }
        }
        builder.finish()
    }

    /// The range around an address over which the label does not change at a start.
    pub(super) fn find(&self, address: A) -> Range<A> {
        let (from, to) = if self.index.is_empty() {
            (0, self.starts.len())
        } else {
            let bucket = usize::from(address.top());
            let bound = |at: usize| self.index.get(at).map_or(0, |&n| n as usize);
            (bound(bucket), bound(bucket + 1))
        };
        let within = self.starts.get(from..to).unwrap_or_default();
        let after = from + within.partition_point(|&start| start <= address);
        let before = after.checked_sub(1);
        Range {
            first: before
                .and_then(|at| self.starts.get(at))
                .copied()
                .unwrap_or(A::ZERO),
            last: self
                .starts
                .get(after)
                .and_then(|start| start.previous())
                .unwrap_or(A::MAX),
            label: before
                .and_then(|at| self.labels.get(at))
                .copied()
                .unwrap_or(0),
        }
    }

    /// All ranges with a label other than 0, in order.
    pub(super) fn ranges(&self) -> impl Iterator<Item = Range<A>> + '_ {
        let ends = self.starts.iter().skip(1).map(|start| start.previous());
        self.starts
            .iter()
            .zip(&self.labels)
            .zip(ends.chain(std::iter::once(None)))
            .filter(|((_, label), _)| **label != 0)
            .map(|((first, label), last)| Range {
                first: *first,
                last: last.unwrap_or(A::MAX),
                label: *label,
            })
    }

    /// Up to about `wanted` ranges spread evenly over the whole, those without a label left out.
    pub(super) fn sample(&self, wanted: usize) -> impl Iterator<Item = Range<A>> + '_ {
        let step = (self.starts.len() / wanted.max(1)).max(1);
        self.starts
            .iter()
            .step_by(step)
            .map(|start| self.find(*start))
            .filter(|range| range.label != 0)
    }

    pub(super) fn labels(&self) -> &[u16] {
        &self.labels
    }
}

const BUCKETS: usize = 1 << 16;

/// Builds segments from ascending pushes, joining neighbours with the same label.
pub(super) struct Builder<A: Address> {
    starts: Vec<A>,
    labels: Vec<u16>,
    last: u16,
}

impl<A: Address> Default for Builder<A> {
    fn default() -> Self {
        Self {
            starts: Vec::new(),
            labels: Vec::new(),
            last: 0,
        }
    }
}

impl<A: Address> Builder<A> {
    /// From `start` on, `label`. Starts must ascend; the caller walks a sorted structure.
    #[inline]
    pub(super) fn push(&mut self, start: A, label: u16) {
        if label == self.last {
            return;
        }
        if self.starts.last() == Some(&start) {
            // The range before ended here, and this one follows without a gap.
            self.starts.pop();
            self.labels.pop();
            self.last = self.labels.last().copied().unwrap_or(0);
            if label == self.last {
                return;
            }
        }
        self.starts.push(start);
        self.labels.push(label);
        self.last = label;
    }

    /// A range, then nothing.
    #[inline]
    pub(super) fn push_range(&mut self, first: A, last: A, label: u16) {
        self.push(first, label);
        if let Some(after) = last.next() {
            self.push(after, 0);
        }
    }

    pub(super) fn finish(self) -> Segments<A> {
        Segments::new(Cow::Owned(self.starts), self.labels)
    }
}

/// Walks all layers at once: calls `visit` for every range over which no layer changes, in order,
/// from the first address to the last, with the layers' labels in their order.
///
/// Most borders are one source's. That layer runs in an inner loop of its own, between the borders of
/// the others: every start of the program pays for this walk.
pub(super) fn sweep<A: Address>(layers: &[&Segments<A>], mut visit: impl FnMut(A, A, &[u16])) {
    let Some((dense, inner)) = layers
        .iter()
        .enumerate()
        .max_by_key(|(_, layer)| layer.starts.len())
    else {
        return;
    };
    let mut labels = vec![0; layers.len()];
    let mut inner = inner.starts.iter().zip(&inner.labels).peekable();
    let mut others: Vec<_> = layers
        .iter()
        .enumerate()
        .filter(|(position, _)| *position != dense)
        .map(|(position, layer)| (position, layer.starts.iter().zip(&layer.labels).peekable()))
        .collect();
    let mut first = A::ZERO;
    loop {
        let mut bound: Option<A> = None;
        for (position, other) in &mut others {
            while let Some((_, label)) = other.next_if(|(start, _)| **start <= first) {
                if let Some(slot) = labels.get_mut(*position) {
                    *slot = *label;
                }
            }
            bound = match (bound, other.peek()) {
                (Some(a), Some((b, _))) => Some(a.min(**b)),
                (None, Some((b, _))) => Some(**b),
                (bound, None) => bound,
            };
        }
        let last = bound.and_then(A::previous).unwrap_or(A::MAX);
        while let Some((start, label)) = inner.next_if(|(start, _)| **start <= last) {
            if first < *start {
                visit(first, start.previous().unwrap_or(first), &labels);
                first = *start;
            }
            if let Some(slot) = labels.get_mut(dense) {
                *slot = *label;
            }
        }
        visit(first, last, &labels);
        match bound {
            Some(next) => first = next,
            None => return,
        }
    }
}
