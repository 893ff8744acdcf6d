//! Opening a ledger to append to it: reads its right edge only, and mends what a process that was killed
//! did not come to write. It never appends to one that contradicts itself or its last signature.

use super::append::{CHECKPOINT, KEY, LOCK, Ledger, NEXT};
use super::canonical;
use super::checkpoint::Checkpoint;
use super::entry::{Entry, Event, Moment};
use super::error::Error;
use super::files::{self, Files, failed};
use super::key::Key;
use super::note;
use super::tiles::{self, LONGEST_BUNDLE, LONGEST_TILE, Row};
use super::tree::{self, Edge, Frontier, Hash, TILE};
use std::fs::{self, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// What a ledger ended with when it was opened.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Opened {
    /// Entries in it, all of them signed.
    pub entries: u64,
    /// Whether the run before ended by itself: its last entry is a `Stop`, or there is none at all.
    pub is_ended: bool,
    /// When the last entry that says so was written.
    pub last_at: Option<Moment>,
    /// The end of the last interval.
    pub last_interval_end: Option<Moment>,
}

impl Opened {
    /// The latest moment of which the ledger knows: of writing, or the end of an interval.
    #[must_use]
    pub fn last_known(&self) -> Option<Moment> {
        self.last_at.max(self.last_interval_end)
    }
}

impl Ledger {
    /// Opens the ledger in a folder, or begins one. The folder is made, for its owner only. No other
    /// process can open it until this one ends or drops it. Where a process was killed while it wrote,
    /// everything that it had committed is there, and what it was about to commit is there as a whole or is
    /// taken away.
    ///
    /// # Errors
    /// [`Error::Busy`] where another process has it; [`Error::OtherKey`]; [`Error::Damaged`] where its end
    /// is not what was hashed and signed, or goes on behind that, and then nothing is changed;
    /// [`Error::File`] as the system says.
    pub fn open(folder: &Path, key: &Key) -> Result<(Self, Opened), Error> {
        files::make_folder(folder)?;
        let lock = lock(folder)?;
        let begun = begin(folder, key)?;
        let next = next(folder, key, begun.size)?;
        let found = size(folder)?;
        let damaged = |what| Error::Damaged {
            what,
            path: folder.to_owned(),
        };
        if begun.size > found {
            return Err(damaged("fewer entries than were signed"));
        }
        if next.as_ref().map_or(begun.size, |next| next.size) < found {
            return Err(damaged("entries that nothing signed"));
        }
        // What was cut off while it was written is no entry.
        let is_whole = next.as_ref().is_some_and(|next| next.size == found);
        let size = if is_whole { found } else { begun.size };
        let shelf = Shelf { folder };
        let (edge, bundle, mended) = shelf.edge(size)?;
        if shelf.root_at(begun.size, &edge, &mended)? != begun.root {
            return Err(damaged("entries are not those that were signed"));
        }
        if let Some(next) = next.as_ref().filter(|_| is_whole)
            && edge.root() != next.root
        {
            return Err(damaged("entries are not those that were signed"));
        }
        // Only now that all fits.
        files::write(folder, &mended)?;
        match &next {
            Some(_) if is_whole => files::rename(folder, NEXT, CHECKPOINT)?,
            Some(next) => shelf.cut(begun.size, next.size)?,
            None => {}
        }
        let last = shelf.last_entries(size, &bundle)?;
        let opened = Opened {
            entries: size,
            is_ended: last
                .last()
                .is_none_or(|entry| matches!(entry.event, Event::Stop(_) | Event::Aborted {})),
            last_at: last.iter().rev().find_map(|entry| entry.at),
            last_interval_end: last.iter().rev().find_map(|entry| match &entry.event {
                Event::Interval(interval) => Some(interval.to),
                _ => None,
            }),
        };
        let ledger = Self {
            folder: folder.to_owned(),
            _lock: lock,
            key: key.clone(),
            edge,
            bundle,
            pending: Vec::new(),
            last_at: opened.last_at,
            is_broken: false,
        };
        ledger.tidy_all(begun.size);
        Ok((ledger, opened))
    }
}

fn lock(folder: &Path) -> Result<fs::File, Error> {
    let path = folder.join(LOCK);
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits() as i32)
        .open(&path)
        .map_err(failed("lock", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let path = folder.to_owned();
            Err(Error::Busy { path })
        }
        Err(TryLockError::Error(error)) => Err(failed("lock", &path)(error)),
    }
}

/// Writes what a new ledger begins with, or checks that this one was begun with the key; its last
/// checkpoint.
fn begin(folder: &Path, key: &Key) -> Result<Checkpoint, Error> {
    let damaged = |what| Error::Damaged {
        what,
        path: folder.to_owned(),
    };
    let read = |name: &str| {
        let path = folder.join(name);
        files::read_if_there(&path, note::LONGEST).map_err(failed("read", &path))
    };
    let has_entries = folder.join("tile").symlink_metadata().is_ok();
    let (public, checkpoint) = (read(KEY)?, read(CHECKPOINT)?);
    let verifier = key.verifier();
    let line = format!("{verifier}\n").into_bytes();
    match public {
        Some(there) if there == line => {}
        Some(_) => {
            let path = folder.to_owned();
            return Err(Error::OtherKey { path });
        }
        None if has_entries || checkpoint.is_some() => return Err(damaged("key.pub is missing")),
        None => files::write(folder, &[(KEY.into(), line)])?,
    }
    let note = match checkpoint {
        Some(note) => note,
        None if has_entries => return Err(damaged("checkpoint is missing")),
        None => {
            // Signed from the start, so that a missing checkpoint is one that was taken away.
            let empty = Checkpoint {
                origin: key.origin().to_owned(),
                size: 0,
                root: Frontier::default().root(),
            };
            let note = key.sign(&empty.text()).into_bytes();
            files::write(folder, &[(CHECKPOINT.into(), note.clone())])?;
            note
        }
    };
    match Checkpoint::open(&note, Some(&verifier)) {
        Some((found, true)) => Ok(found),
        _ => Err(damaged("checkpoint is not signed by its key")),
    }
}

/// The checkpoint over what was being written when the process before ended, if there is one that the key
/// signed. It is over more than the one before.
fn next(folder: &Path, key: &Key, before: u64) -> Result<Option<Checkpoint>, Error> {
    let path = folder.join(NEXT);
    let note = files::read_if_there(&path, note::LONGEST).map_err(failed("read", &path))?;
    let found = note.and_then(|note| Checkpoint::open(&note, Some(&key.verifier())));
    Ok(found.and_then(|(next, is_signed)| (is_signed && next.size > before).then_some(next)))
}

/// How many entries there are. Looks for the last full tile by halves, so a long ledger opens as fast as a
/// short one, and for what was written behind it.
fn size(folder: &Path) -> Result<u64, Error> {
    let is_there = |row: Row, index| files::is_there(folder, &row.full(index));
    let mut above = 1_u64;
    while is_there(Row::Hashes(0), above - 1) {
        above *= 2;
    }
    let (mut low, mut high) = (above / 2, above - 1);
    while low < high {
        let middle = low + (high - low) / 2;
        if is_there(Row::Hashes(0), middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    let mut full = low;
    while is_there(Row::Entries, full) {
        full += 1;
    }
    let partials = Row::Entries.partials(full);
    let widths = files::widths(folder, &partials).map_err(failed("read", &partials))?;
    let width = widths.last().copied().unwrap_or(0);
    Ok(full * TILE as u64 + width as u64)
}

/// The files of the folder, as hashes and entries.
struct Shelf<'a> {
    folder: &'a Path,
}

impl Shelf<'_> {
    fn damaged(&self, what: &'static str) -> Error {
        let path = self.folder.to_owned();
        Error::Damaged { what, path }
    }

    /// Removes what was written of the entries from `size` up to `end`, and what would have signed them.
    fn cut(&self, size: u64, end: u64) -> Result<(), Error> {
        let remove = |name: &Path| {
            let path = self.folder.join(name);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    Err(failed("remove", &path)(error))
                }
                _ => Ok(()),
            }
        };
        for index in size / TILE as u64..=end / TILE as u64 {
            remove(&Row::Entries.full(index))?;
            let partials = Row::Entries.partials(index);
            let widths = files::widths(self.folder, &partials);
            for width in widths.map_err(failed("read", &partials))? {
                if index * TILE as u64 + width as u64 > size {
                    remove(&Row::Entries.partial(index, width))?;
                }
            }
        }
        remove(Path::new(NEXT))
    }

    /// The right edge of a tree of that size, the last bundle where it is not full, and the tiles that are
    /// not on disk.
    fn edge(&self, size: u64) -> Result<(Edge, Vec<u8>, Files), Error> {
        let mut mended = Files::new();
        let mut levels = Vec::new();
        let mut bundle = Vec::new();
        // Roots of tiles of the level below that are to be written: they cannot be read yet.
        let mut below = Vec::new();
        for level in (0..).take_while(|level| tree::hashes_at(size, *level) > 0) {
            let row = Row::Hashes(level);
            let index = tree::tile_index(size, level);
            let mut first = index;
            while first > 0 && !files::is_there(self.folder, &row.full(first - 1)) {
                first -= 1;
            }
            let mut above = Vec::new();
            for missing in first..index {
                let hashes = self.hashes(level, missing, TILE, &below)?;
                above.push((missing, tree::root(&hashes)));
                mended.push((row.full(missing), hashes.concat()));
            }
            let width = tree::tile_width(size, level);
            let mut hashes = self.partial(level, index, width)?;
            if level == 0 && width > 0 {
                bundle = self.bundle(Row::Entries.partial(index, width))?;
                let leaves = self.leaves(&bundle, width)?;
                if !leaves.starts_with(&hashes) {
                    return Err(self.damaged("last entries do not hash to their tile"));
                }
                hashes = leaves;
            } else if hashes.len() < width {
                hashes = self.hashes(level, index, width, &below)?;
            }
            // A tile that is made again is what the one above says of it.
            let begin = index * TILE as u64;
            let differs = |(child, root): &(u64, Hash)| {
                let at = child.checked_sub(begin);
                at.is_some_and(|at| hashes.get(at as usize) != Some(root))
            };
            if below.iter().any(differs) {
                return Err(self.damaged("entries do not hash to their tiles"));
            }
            let path = row.partial(index, width);
            if width > 0 && !files::is_there(self.folder, &path) {
                mended.push((path, hashes.concat()));
            }
            levels.push(hashes);
            below = above;
        }
        Ok((Edge { size, levels }, bundle, mended))
    }

    /// Hashes of a tile, made from what is below it.
    fn hashes(
        &self,
        level: u32,
        index: u64,
        width: usize,
        below: &[(u64, Hash)],
    ) -> Result<Vec<Hash>, Error> {
        if level == 0 {
            let bundle = self.bundle(Row::Entries.full(index))?;
            return self.leaves(&bundle, width);
        }
        let first = index * TILE as u64;
        (first..first + width as u64)
            .map(
                |child| match below.iter().find(|(missing, _)| *missing == child) {
                    Some((_, root)) => Ok(*root),
                    None => Ok(tree::root(&self.full(level - 1, child)?)),
                },
            )
            .collect()
    }

    /// The widest tile on disk that is no wider, cut off or short as it may be.
    fn partial(&self, level: u32, index: u64, width: usize) -> Result<Vec<Hash>, Error> {
        let row = Row::Hashes(level);
        let folder = row.partials(index);
        let widths = files::widths(self.folder, &folder).map_err(failed("read", &folder))?;
        let Some(widest) = widths.into_iter().filter(|other| *other <= width).max() else {
            return Ok(Vec::new());
        };
        self.tile(&row.partial(index, widest), widest)
    }

    fn full(&self, level: u32, index: u64) -> Result<Vec<Hash>, Error> {
        self.tile(&Row::Hashes(level).full(index), TILE)
    }

    fn tile(&self, path: &Path, width: usize) -> Result<Vec<Hash>, Error> {
        let bytes = files::read_below(self.folder, path, LONGEST_TILE);
        let bytes = bytes.map_err(failed("read", &self.folder.join(path)))?;
        let hashes = tiles::hashes(&bytes).filter(|hashes| hashes.len() == width);
        hashes.ok_or_else(|| self.damaged("tile of another length than its name says"))
    }

    fn bundle(&self, path: PathBuf) -> Result<Vec<u8>, Error> {
        let bundle = files::read_below(self.folder, &path, LONGEST_BUNDLE);
        bundle.map_err(failed("read", &self.folder.join(path)))
    }

    fn leaves(&self, bundle: &[u8], width: usize) -> Result<Vec<Hash>, Error> {
        let leaves: Result<Vec<Hash>, ()> = tiles::entries(bundle)
            .map(|entry| entry.map(tree::leaf))
            .collect();
        leaves
            .ok()
            .filter(|leaves| leaves.len() == width)
            .ok_or_else(|| self.damaged("bundle of another number of entries than its name says"))
    }

    /// The root over the first entries.
    fn root_at(&self, size: u64, edge: &Edge, mended: &Files) -> Result<Hash, Error> {
        let mut levels = Vec::new();
        for level in (0..).take_while(|level| tree::hashes_at(size, *level) > 0) {
            let (index, width) = (tree::tile_index(size, level), tree::tile_width(size, level));
            let path = Row::Hashes(level).full(index);
            let mut hashes = if index == tree::tile_index(edge.size, level) {
                edge.levels[level as usize].clone()
            } else if width == 0 {
                Vec::new()
            } else if let Some((_, tile)) = mended.iter().find(|(other, _)| *other == path) {
                tiles::hashes(tile).unwrap_or_default()
            } else {
                self.full(level, index)?
            };
            hashes.truncate(width);
            levels.push(hashes);
        }
        Ok(Edge { size, levels }.root())
    }

    /// The entries of the last bundle.
    fn last_entries(&self, size: u64, bundle: &[u8]) -> Result<Vec<Entry>, Error> {
        let last_full = (size / TILE as u64).checked_sub(1);
        let full = match last_full {
            Some(index) if bundle.is_empty() => self.bundle(Row::Entries.full(index))?,
            _ => Vec::new(),
        };
        tiles::entries(if bundle.is_empty() { &full } else { bundle })
            .map(|entry| {
                let entry = entry.ok().and_then(|bytes| canonical::decode(bytes).ok());
                entry.ok_or_else(|| self.damaged("last entries are of a kind that is not known"))
            })
            .collect()
    }
}
