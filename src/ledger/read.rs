//! Reading a ledger that nobody is trusted about: every file is checked against the entries, and nothing
//! in it can make the reader fail, wait, or read more than there is.

use super::canonical;
use super::entry::Entry;
use super::files;
use super::tiles::{self, LONGEST_BUNDLE, LONGEST_TILE, Row};
use super::tree::{self, Hash, TILE};
use super::verdict::Findings;
use std::collections::BTreeSet;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// A node of the tree, twice: a change of an entry or of its hash is one finding, and not another one in
/// each tile above.
struct Node {
    /// As the entries have it.
    hash: Hash,
    /// As the tile below has it.
    stored: Hash,
}

impl Node {
    const fn new(hash: Hash) -> Self {
        Self { hash, stored: hash }
    }

    fn hashes(nodes: &[Self]) -> Vec<Hash> {
        nodes.iter().map(|node| node.hash).collect()
    }
}

/// Bundles that are read behind the last signed entry: more are no tail but a heap.
const TAIL: u64 = 4;

/// What is in the folder under `tile`.
#[derive(Default)]
pub(super) struct Contents {
    /// Entries up to the first that cannot be read.
    pub(super) entries: Vec<Entry>,
    /// Hashes of all entries that are there, as they are.
    pub(super) leaves: Vec<Hash>,
    /// Files that were looked at.
    seen: BTreeSet<PathBuf>,
}

impl Contents {
    /// Reads all bundles, up to the first that is missing or broken, and not many more than `signed` entries
    /// take.
    pub(super) fn read(folder: &Path, signed: Option<u64>, findings: &mut Findings) -> Self {
        let mut contents = Self::default();
        let most = signed.map_or(u64::MAX, |signed| signed / TILE as u64 + TAIL);
        let mut inodes = BTreeSet::new();
        for index in 0..most {
            // A file under many names would be read as often.
            if let Ok(found) = folder.join(Row::Entries.full(index)).symlink_metadata()
                && !inodes.insert((found.dev(), found.ino()))
            {
                let what = "bundle is the same file as one before it";
                findings.add(index * TILE as u64, what.into());
                break;
            }
            let is_full = contents.bundle(folder, index, findings);
            contents.older_bundles(folder, index, findings);
            if !is_full {
                break;
            }
        }
        contents
    }

    /// Reads one bundle; whether it was full and there may be another behind it.
    fn bundle(&mut self, folder: &Path, index: u64, findings: &mut Findings) -> bool {
        let first = index * TILE as u64;
        let (bundle, width) = match self.take_bundle(folder, index) {
            Ok(Some(found)) => found,
            Ok(None) => return false,
            Err(error) => {
                findings.add(first, format!("bundle cannot be read ({error})"));
                return false;
            }
        };
        let mut is_whole = true;
        for entry in tiles::entries(&bundle) {
            let at = self.leaves.len() as u64;
            let Ok(bytes) = entry.and_then(|bytes| {
                let fits = at < first + width as u64;
                fits.then_some(bytes).ok_or(())
            }) else {
                findings.add(at, "bundle does not consist of entries from here on".into());
                is_whole = false;
                break;
            };
            self.leaves.push(tree::leaf(bytes));
            match canonical::decode(bytes) {
                Ok(entry) if self.entries.len() as u64 == at => self.entries.push(entry),
                Ok(_) => {}
                Err(what) => findings.add(at, format!("entry {what}")),
            }
        }
        let at = self.leaves.len() as u64;
        if is_whole && at < first + width as u64 {
            findings.add(at, "bundle holds fewer entries than its name says".into());
            is_whole = false;
        }
        is_whole && width == TILE
    }

    /// The full bundle, else the widest, and how many entries it is to hold.
    fn take_bundle(&mut self, folder: &Path, index: u64) -> io::Result<Option<(Vec<u8>, usize)>> {
        let full = self.take(folder, &Row::Entries.full(index), LONGEST_BUNDLE)?;
        if let Some(bundle) = full {
            return Ok(Some((bundle, TILE)));
        }
        let widths = files::widths(folder, &Row::Entries.partials(index))?;
        let Some(width) = widths.last().copied() else {
            return Ok(None);
        };
        let bundle = self.take(folder, &Row::Entries.partial(index, width), LONGEST_BUNDLE)?;
        Ok(bundle.map(|bundle| (bundle, width)))
    }

    /// Bundles of earlier sizes, which may lie beside: each must be the beginning of this one.
    fn older_bundles(&mut self, folder: &Path, index: u64, findings: &mut Findings) {
        let first = index as usize * TILE;
        let widths = files::widths(folder, &Row::Entries.partials(index));
        for width in widths.unwrap_or_default() {
            let path = Row::Entries.partial(index, width);
            if self.seen.contains(&path) {
                continue;
            }
            let older: Option<Vec<Hash>> = match self.take(folder, &path, LONGEST_BUNDLE) {
                Ok(None) => continue,
                Ok(Some(bytes)) => tiles::entries(&bytes)
                    .map(|entry| entry.ok().map(tree::leaf))
                    .collect(),
                Err(_) => None,
            };
            let same = self.leaves.get(first..first + width);
            if older.as_deref().is_none_or(|older| Some(older) != same) {
                let what = "bundle of an earlier size says something else";
                findings.add(first as u64, what.into());
            }
        }
    }

    /// Compares all tiles with the entries. Those over the first `signed` entries must be there.
    pub(super) fn check_tiles(&mut self, folder: &Path, signed: u64, findings: &mut Findings) {
        let mut nodes: Vec<Node> = self.leaves.iter().map(|leaf| Node::new(*leaf)).collect();
        for level in 0.. {
            if nodes.is_empty() {
                break;
            }
            let mut above = Vec::new();
            for (index, children) in (0..).zip(nodes.chunks(TILE)) {
                let place = (Row::Hashes(level), index);
                let stored = self.check_tile(folder, place, children, signed, findings);
                if children.len() == TILE {
                    let mut node = Node::new(tree::root(&Node::hashes(children)));
                    node.stored = stored.map_or(node.hash, |tile| tree::root(&tile));
                    above.push(node);
                }
            }
            nodes = above;
        }
    }

    /// Compares the tile, in all the widths in which it lies there. The full one, if it can be read.
    fn check_tile(
        &mut self,
        folder: &Path,
        (row, index): (Row, u64),
        nodes: &[Node],
        signed: u64,
        findings: &mut Findings,
    ) -> Option<Vec<Hash>> {
        let there = self.leaves.len() as u64;
        let entry = |position: usize| (index * TILE as u64 + position as u64) << (8 * row.level());
        let mut stored = None;
        let needed = tree::hashes_at(signed, row.level())
            .saturating_sub(index * TILE as u64)
            .min(TILE as u64) as usize;
        let mut is_there = needed == 0;
        let widths = files::widths(folder, &row.partials(index)).unwrap_or_default();
        let partials = widths
            .into_iter()
            .map(|width| (row.partial(index, width), width));
        for (path, width) in std::iter::once((row.full(index), TILE)).chain(partials) {
            let bytes = match self.take(folder, &path, LONGEST_TILE) {
                Ok(Some(bytes)) => bytes,
                Ok(None) => continue,
                Err(error) => {
                    findings.add(entry(0), format!("tile of hashes cannot be read ({error})"));
                    continue;
                }
            };
            let Some(tile) = tiles::hashes(&bytes).filter(|tile| tile.len() == width) else {
                let what = "tile of hashes has another length than its name says";
                findings.add(entry(0), what.into());
                continue;
            };
            is_there |= width == TILE || width == needed;
            let is_wrong = |at: &usize| match nodes.get(*at) {
                Some(node) => tile[*at] != node.hash && tile[*at] != node.stored,
                // Where entries are missing, that was found.
                None => signed <= there,
            };
            if let Some(wrong) = (0..width).find(is_wrong) {
                let (index, what) = match (wrong < nodes.len(), row.level()) {
                    (false, _) => (there, "hash is in a tile, and its entry in no bundle"),
                    (true, 0) => (entry(wrong), "entry does not hash to its tile"),
                    (true, _) => (
                        entry(wrong),
                        "tile of hashes does not hash to the one above",
                    ),
                };
                findings.add(index, what.into());
            }
            if width == TILE {
                stored = Some(tile);
            }
        }
        if !is_there {
            findings.add(entry(0), "tile of hashes is missing".into());
        }
        stored
    }

    /// Looks for files that belong to no entry, so that nothing lies hidden behind a bundle that is gone.
    pub(super) fn check_strays(&self, folder: &Path, findings: &mut Findings) {
        let mut strays = 0_u64;
        let mut folders = vec![PathBuf::from("tile")];
        // Deeper than any path of ours, and wider than the folders that ours need.
        let most = self.seen.len() * 4 + 10_000;
        let mut looked_at = 0;
        while let Some(inner) = folders.pop() {
            for found in folder.join(&inner).read_dir().into_iter().flatten() {
                looked_at += 1;
                let Ok(found) = found else { continue };
                let path = inner.join(found.file_name());
                let is_folder = found.file_type().is_ok_and(|kind| kind.is_dir());
                if is_folder && path.components().count() < 12 {
                    folders.push(path);
                } else if !self.seen.contains(&path) && !is_unfinished(&path) {
                    strays += 1;
                }
                if looked_at > most {
                    strays += 1;
                    folders.clear();
                    break;
                }
            }
        }
        if strays > 0 {
            let what = format!("files under tile that belong to no entry: {strays}");
            findings.add(self.leaves.len() as u64, what);
        }
    }

    /// Whether the folder ends as it did when it was read: somebody may append meanwhile.
    pub(super) fn is_still_the_end(&self, folder: &Path) -> bool {
        let size = self.leaves.len() as u64;
        let index = tree::tile_index(size, 0);
        let widths = files::widths(folder, &Row::Entries.partials(index));
        let widest = widths.unwrap_or_default().last().copied().unwrap_or(0);
        let is_full = folder.join(Row::Entries.full(index)).exists();
        !is_full && widest == tree::tile_width(size, 0)
    }

    /// Reads a file, and notes that it was looked at; nothing, where there is none.
    fn take(&mut self, folder: &Path, name: &Path, longest: usize) -> io::Result<Option<Vec<u8>>> {
        let found = match files::read_below(folder, name, longest) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        };
        if !matches!(found, Ok(None)) {
            self.seen.insert(name.to_owned());
        }
        found
    }
}

/// Left by a process that was killed while it wrote.
fn is_unfinished(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "tmp")
}
