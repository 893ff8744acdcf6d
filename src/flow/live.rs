//! The records that were open when a run ended, in the memory that they grew in: at that moment they
//! are nearly all of it, and there is no room for a second copy.

use super::ended::Ended;
use super::slab::Slab;

/// Open records of a run that is over.
#[derive(Default)]
pub struct Live {
    pub(super) entries: Slab,
    /// The order of the first.
    pub(super) first_order: u64,
}

impl Live {
    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Ended> {
        (0..self.len() as u32).filter_map(|place| self.get(place))
    }

    /// The record at a place below the length.
    #[inline]
    #[must_use]
    pub fn get(&self, place: u32) -> Option<Ended> {
        let entry = self.entries.get(place)?;
        Some(Ended::new(*entry, self.first_order + u64::from(place)))
    }
}
