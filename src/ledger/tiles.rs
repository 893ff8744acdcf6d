//! Where tiles lie in the folder, and what is in a bundle of entries (C2SP tlog-tiles).

use super::tree::{Hash, tile_index, tile_width};
use std::path::PathBuf;

/// Longest file of each kind in bytes: 256 entries of the greatest length; 256 hashes.
pub(super) const LONGEST_BUNDLE: usize = 256 * (2 + super::canonical::LONGEST);
pub(super) const LONGEST_TILE: usize = 256 * 32;

/// A row of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Row {
    /// Bundles of entries.
    Entries,
    /// Hashes of a level of tiles.
    Hashes(u32),
}

impl Row {
    /// The level whose hashes are as many as what is in this row.
    pub(super) const fn level(self) -> u32 {
        match self {
            Self::Entries => 0,
            Self::Hashes(level) => level,
        }
    }

    /// A full file of it.
    pub(super) fn full(self, index: u64) -> PathBuf {
        let mut path = self.folder();
        let (parents, last) = groups(index);
        path.extend(parents.iter().map(|group| format!("x{group:03}")));
        path.push(format!("{last:03}"));
        path
    }

    /// The folder of the files with that index that are not full.
    pub(super) fn partials(self, index: u64) -> PathBuf {
        let mut path = self.full(index).into_os_string();
        path.push(".p");
        path.into()
    }

    /// One of these.
    pub(super) fn partial(self, index: u64, width: usize) -> PathBuf {
        self.partials(index).join(width.to_string())
    }

    fn folder(self) -> PathBuf {
        match self {
            Self::Entries => PathBuf::from("tile/entries"),
            Self::Hashes(level) => PathBuf::from(format!("tile/{level}")),
        }
    }
}

/// Groups of three digits of an index: those before the last one, and that.
fn groups(mut index: u64) -> (Vec<u64>, u64) {
    let last = index % 1000;
    let mut parents = Vec::new();
    while index >= 1000 {
        index /= 1000;
        parents.push(index % 1000);
    }
    parents.reverse();
    (parents, last)
}

/// The rows of a tree of so many leaves.
pub(super) fn rows(size: u64) -> impl Iterator<Item = Row> {
    let levels = (0..8).take_while(move |level| super::tree::hashes_at(size, *level) > 0);
    std::iter::once(Row::Entries).chain(levels.map(Row::Hashes))
}

/// Index and width of the files at the right edge that are not full.
pub(super) fn edge(size: u64) -> impl Iterator<Item = (Row, u64, usize)> {
    rows(size)
        .map(move |row| {
            (
                row,
                tile_index(size, row.level()),
                tile_width(size, row.level()),
            )
        })
        .filter(|(_, _, width)| *width > 0)
}

/// Adds an entry to a bundle. It is no longer than [`super::canonical::LONGEST`].
pub(super) fn push_entry(bundle: &mut Vec<u8>, entry: &[u8]) {
    bundle.extend_from_slice(&(entry.len() as u16).to_be_bytes());
    bundle.extend_from_slice(entry);
}

/// The entries of a bundle. What is behind the last whole one comes as an error, once.
pub(super) fn entries(mut bundle: &[u8]) -> impl Iterator<Item = Result<&[u8], ()>> {
    std::iter::from_fn(move || {
        if bundle.is_empty() {
            return None;
        }
        let whole = bundle.split_first_chunk::<2>().and_then(|(length, rest)| {
            rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
        });
        match whole {
            Some((entry, rest)) => {
                bundle = rest;
                Some(Ok(entry))
            }
            None => {
                bundle = &[];
                Some(Err(()))
            }
        }
    })
}

/// A tile's hashes; nothing, where it does not consist of hashes.
pub(super) fn hashes(tile: &[u8]) -> Option<Vec<Hash>> {
    let (hashes, rest) = tile.as_chunks::<32>();
    rest.is_empty().then(|| hashes.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_tlog_tiles() {
        let paths = [
            (Row::Entries.full(0), "tile/entries/000"),
            (Row::Hashes(0).full(999), "tile/0/999"),
            (Row::Hashes(1).full(1000), "tile/1/x001/000"),
            (Row::Entries.full(1_234_067), "tile/entries/x001/x234/067"),
            (Row::Hashes(0).partial(273, 112), "tile/0/273.p/112"),
        ];
        for (path, text) in paths {
            assert_eq!(path, PathBuf::from(text));
        }
    }
}
