//! What begins at an address, and the list of all places where something does.

use super::Finding;

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

    pub(super) fn cells(&self) -> &[(A, Label)] {
        &self.cells
    }
}

/// *Given* by the width of an entry of either structure: every border makes less than 32 of them. All
/// public tables together have a twentieth of that.
pub(super) const MAX_BORDERS: usize = 1 << 24;
