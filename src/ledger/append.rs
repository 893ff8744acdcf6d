//! Appending: entries are kept until [`Ledger::commit`] writes them, with their hashes and a checkpoint that
//! signs all of them, and returns when they outlast a power cut.
//!
//! The order on disk: the checkpoint that is to be, under a name of its own; bundles of entries; tiles of
//! hashes; then the checkpoint gets its name. So whatever moment the process ends at, what is there begins
//! with everything that was committed, and what is behind that is signed already, or it was cut off while
//! it was written. An entry that nothing signed is never the writer's.

use super::canonical;
use super::checkpoint::Checkpoint;
use super::entry::{Entry, Event, Moment, SCHEMA};
use super::error::Error;
use super::files::{self, Files};
use super::key::Key;
use super::tiles::{self, Row};
use super::tree::{self, Edge, TILE};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// Names in the folder.
pub(super) const CHECKPOINT: &str = "checkpoint";
/// The checkpoint that is to be, while what it signs is written.
pub(super) const NEXT: &str = "checkpoint.next";
pub(super) const KEY: &str = "key.pub";
pub(super) const LOCK: &str = "lock";

/// A ledger that this process, and no other, appends to.
#[derive(Debug)]
pub struct Ledger {
    pub(super) folder: PathBuf,
    /// Held for its lock, which the system lets go of when the process ends, in whatever way.
    pub(super) _lock: File,
    pub(super) key: Key,
    /// The tree of what is committed.
    pub(super) edge: Edge,
    /// The last bundle, where it is not full.
    pub(super) bundle: Vec<u8>,
    /// Encoded entries that are not committed.
    pub(super) pending: Vec<Vec<u8>>,
    pub(super) last_at: Option<Moment>,
    /// A write failed: what is on disk is known only after opening again.
    pub(super) is_broken: bool,
}

impl Ledger {
    /// Entries that are committed, and so signed.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.edge.size
    }

    /// Whether none is.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes an entry; nothing is written before [`Ledger::commit`]. Its index. `at` is nothing in a
    /// replay; where it is earlier than that of the entry before it, it is taken to be the same.
    ///
    /// # Errors
    /// [`Error::TooLong`], and then nothing was taken; [`Error::Failed`] after a failed write.
    pub fn append(&mut self, at: Option<Moment>, event: Event) -> Result<u64, Error> {
        self.usable()?;
        let at = at.map(|at| self.last_at.map_or(at, |last| at.max(last)));
        let kind = event.kind();
        let schema = SCHEMA.to_owned();
        let entry = Entry { schema, at, event };
        let bytes = canonical::encode(&entry).ok_or(Error::TooLong { kind })?;
        self.pending.push(bytes);
        self.last_at = at.or(self.last_at);
        Ok(self.edge.size + self.pending.len() as u64 - 1)
    }

    /// Writes what was appended, and a checkpoint that signs all of it. When it returns, that outlasts a
    /// power cut.
    ///
    /// # Errors
    /// As the system says. What of it is on disk is then not known, and the ledger is of no use until it is
    /// opened again.
    pub fn commit(&mut self) -> Result<(), Error> {
        self.usable()?;
        if self.pending.is_empty() {
            return Ok(());
        }
        self.is_broken = true;
        let before = self.edge.size;
        let (bundles, hashes) = self.advance();
        let note = self.checkpoint();
        files::write(&self.folder, &[(NEXT.into(), note.into_bytes())])?;
        files::write(&self.folder, &bundles)?;
        files::write(&self.folder, &hashes)?;
        files::rename(&self.folder, NEXT, CHECKPOINT)?;
        self.tidy(before);
        self.is_broken = false;
        Ok(())
    }

    pub(super) fn checkpoint(&self) -> String {
        let checkpoint = Checkpoint {
            origin: self.key.origin().to_owned(),
            size: self.edge.size,
            root: self.edge.root(),
        };
        self.key.sign(&checkpoint.text())
    }

    fn usable(&self) -> Result<(), Error> {
        if !self.is_broken {
            return Ok(());
        }
        let path = self.folder.clone();
        Err(Error::Failed { path })
    }

    /// Adds what waits to the tree; the files that come of it, bundles and tiles, each once.
    fn advance(&mut self) -> (Files, Files) {
        let (mut bundles, mut hashes) = (Vec::new(), Vec::new());
        for entry in std::mem::take(&mut self.pending) {
            tiles::push_entry(&mut self.bundle, &entry);
            let full = |level: u32, index, tile: &[tree::Hash]| {
                hashes.push((Row::Hashes(level).full(index), tile.concat()));
            };
            self.edge.push(tree::leaf(&entry), full);
            if self.edge.size.is_multiple_of(TILE as u64) {
                let index = self.edge.size / TILE as u64 - 1;
                let bundle = std::mem::take(&mut self.bundle);
                bundles.push((Row::Entries.full(index), bundle));
            }
        }
        for (row, index, width) in tiles::edge(self.edge.size) {
            let path = row.partial(index, width);
            match row {
                Row::Entries => bundles.push((path, self.bundle.clone())),
                Row::Hashes(level) => {
                    hashes.push((path, self.edge.levels[level as usize].concat()));
                }
            }
        }
        (bundles, hashes)
    }

    /// Removes the files of an earlier size that the size of now does not need.
    fn tidy(&self, before: u64) {
        for (row, index, width) in tiles::edge(before) {
            if tree::tile_index(self.edge.size, row.level()) > index {
                remove_partials(&self.folder, row, index);
            } else {
                if !self.is_at_edge(row, index, width) {
                    // What is left over is right, only not needed.
                    let _ = fs::remove_file(self.folder.join(row.partial(index, width)));
                }
            }
        }
    }

    fn is_at_edge(&self, row: Row, index: u64, width: usize) -> bool {
        tiles::edge(self.edge.size).any(|other| other == (row, index, width))
    }

    /// Likewise, of whatever sizes there are: after a process that did not end by itself.
    pub(super) fn tidy_all(&self, before: u64) {
        self.tidy(before);
        for row in tiles::rows(self.edge.size) {
            let index = tree::tile_index(self.edge.size, row.level());
            if index > 0 {
                remove_partials(&self.folder, row, index - 1);
            }
            let folder = row.partials(index);
            for width in files::widths(&self.folder, &folder).unwrap_or_default() {
                if !self.is_at_edge(row, index, width) {
                    let _ = fs::remove_file(self.folder.join(row.partial(index, width)));
                }
            }
        }
    }
}

/// Removes the folder of partial files beside a full one, which holds all that they do.
fn remove_partials(root: &Path, row: Row, index: u64) {
    let folder = root.join(row.partials(index));
    if folder.symlink_metadata().is_ok_and(|found| found.is_dir()) {
        let _ = fs::remove_dir_all(folder);
    }
}
