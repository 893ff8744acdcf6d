//! The distinct ways (VLAN tags and tunnels) that records' first packets came, as small numbers.

use crate::gate::Path;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Distinct paths kept in a run at most, the direct one included. *Guessed*: the subscribers of a
/// large access network, each with a pair of tags of its own. At most about 25 MB.
pub const MAX_PATHS: usize = 1 << 18;

/// The number of a path in [`Paths`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathId(u32);

impl PathId {
    /// Neither a tag nor a tunnel.
    pub const DIRECT: Self = Self(0);
    /// A path that was not kept, because [`MAX_PATHS`] others came before. Its record shows no tags
    /// and no tunnels; it must not be read as having come straight. Which paths are kept beyond that
    /// bound depends on the order in which lanes met them: the one thing that does.
    pub const NOT_KEPT: Self = Self(u32::MAX);

    /// The number itself, for spilling.
    #[must_use]
    pub const fn to_bits(self) -> u32 {
        self.0
    }

    /// Back from [`Self::to_bits`].
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }
}

#[derive(Default)]
struct Known {
    list: Vec<Path>,
    numbers: HashMap<Path, u32>,
}

/// The paths of a run, shared by its tables. The lock is taken when a record begins whose path its
/// table has not met before, never per packet.
#[derive(Clone)]
pub struct Paths {
    shared: Arc<Mutex<Known>>,
    /// What this handle has met, without asking the others.
    met: HashMap<Path, u32>,
}

impl Default for Paths {
    fn default() -> Self {
        Self::new()
    }
}

impl Paths {
    /// Knows the direct path only.
    #[must_use]
    pub fn new() -> Self {
        let known = Known {
            list: vec![Path::DIRECT],
            numbers: HashMap::from([(Path::DIRECT, PathId::DIRECT.0)]),
        };
        Self {
            shared: Arc::new(Mutex::new(known)),
            met: HashMap::new(),
        }
    }

    /// Another handle on the same paths, which has met none.
    #[must_use]
    pub fn share(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            met: HashMap::new(),
        }
    }

    /// The number of a path, new or not.
    pub fn number(&mut self, path: &Path) -> PathId {
        if path.is_direct() {
            return PathId::DIRECT;
        }
        if let Some(number) = self.met.get(path) {
            return PathId(*number);
        }
        let mut known = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let number = if let Some(number) = known.numbers.get(path) {
            *number
        } else if known.list.len() < MAX_PATHS {
            let number = known.list.len() as u32;
            known.list.push(*path);
            known.numbers.insert(*path, number);
            number
        } else {
            return PathId::NOT_KEPT;
        };
        self.met.insert(*path, number);
        PathId(number)
    }

    /// The paths so far, for rendering.
    #[must_use]
    pub fn list(&self) -> PathList {
        let known = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        PathList(known.list.clone())
    }
}

/// Paths by their number. Unchanging, so that many threads may render from it.
#[derive(Clone, Default)]
pub struct PathList(Vec<Path>);

impl PathList {
    /// All of them, by their number; the first is the direct one.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Path> {
        self.0.iter()
    }

    /// Whether the path of a number is in this list, or was never kept.
    #[must_use]
    pub const fn holds(&self, id: PathId) -> bool {
        (id.0 as usize) < self.0.len() || id.0 == PathId::NOT_KEPT.0
    }

    /// The path of a number; the direct one where it was not kept or is not in this list.
    #[must_use]
    pub fn path(&self, id: PathId) -> &Path {
        self.0.get(id.0 as usize).unwrap_or(&Path::DIRECT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tagged(outer: u16, inner: u16) -> Path {
        let mut path = Path::DIRECT;
        path.push_vlan(outer);
        path.push_vlan(inner);
        path
    }

    #[test]
    fn equal_paths_have_one_number_in_every_handle() {
        let mut here = Paths::new();
        let mut there = here.share();
        let first = here.number(&tagged(1, 2));
        assert_eq!(there.number(&tagged(1, 2)), first);
        assert_ne!(there.number(&tagged(2, 1)), first);
        assert_eq!(here.number(&Path::DIRECT), PathId::DIRECT);
        assert_eq!(here.list().path(first), &tagged(1, 2));
    }

    #[test]
    fn beyond_the_bound_a_path_is_not_kept_and_renders_empty() {
        let mut paths = Paths::new();
        let mut last = PathId::DIRECT;
        for n in 0..MAX_PATHS as u32 {
            last = paths.number(&tagged((n / 4096) as u16, (n % 4096) as u16));
        }
        assert_eq!(last, PathId::NOT_KEPT);
        assert!(paths.list().path(last).vlans().is_empty());
        assert_ne!(paths.number(&tagged(0, 1)), PathId::NOT_KEPT);
    }
}
