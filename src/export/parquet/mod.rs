//! Parquet files: one, or many in folders by date and class.
//!
//! It must never let a file have its name that is not whole, or replace one in a folder. In: rows. Out:
//! files, each complete with its footer. In a replay all of them get their names at the end; in a capture
//! when they are large or old enough. Rows wait in memory until they are worth a row group, and what is
//! encoded until the disk takes it: neither without bounds.

mod begun;
mod columns;
mod files;
mod naming;
mod read;
mod row;
#[cfg(test)]
mod tests;
mod tree;

pub(super) use read::inspect_open;
pub(super) use row::{Rows, render};

use super::collector::Collector;
use super::file::{begin_file, is_special};
use super::part::failed;
use super::{Digested, Error, Figures, Opening, Rendered, Rotation, Written};
use crate::flow::Timestamp;
use crate::time::NANOS_PER_SEC;
use begun::{Begun, Making, Whole};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use tree::{Leaf, Tree};

/// Rows of a row group. *Guessed*: half of what DuckDB writes, since several wait at once.
const GROUP: usize = 1 << 16;

/// Rows that wait at most, over all files: about 75 MB of 300 bytes each, and what vectors keep free.
const ROWS: usize = 4 * GROUP;

/// Encoded bytes that wait at most for a disk that does not take them, over all files.
const WAITING: usize = 64 << 20;

/// Files that are open at most. A capture sees one day, or two, and five classes.
const OPEN: usize = 64;

/// Files that are complete and wait for their names at most: in a replay those behind are still named, but
/// not held open; in a capture, whose names are given at once unless that fails, the oldest is lost.
const HELD: usize = 256;

/// Nanoseconds between two tries of what failed.
const RETRY: u64 = NANOS_PER_SEC;

/// Writes rows to files.
pub(super) struct Parquet {
    place: Place,
    making: Making,
    /// In a capture, when files are complete.
    rotation: Option<Rotation>,
    open: BTreeMap<Leaf, Open>,
    /// With their footers, and not on the disk as a whole.
    closed: Vec<Begun>,
    /// On the disk, and without their names.
    whole: Vec<Whole>,
    /// Of files that are complete and were not asked for yet.
    completed: Vec<Digested>,
    figures: Figures,
    now: Timestamp,
    tried: Timestamp,
}

enum Place {
    Tree(Tree),
    One(PathBuf),
}

/// What becomes a file.
struct Open {
    since: Timestamp,
    rows: Rows,
    /// What the rows count for.
    counts: Written,
    /// Not before there is something to encode.
    file: Option<Begun>,
}

/// Opens a folder or a file.
///
/// # Errors
/// [`Error::Output`].
pub(super) fn open(path: &Path, opening: &Opening) -> Result<Parquet, Error> {
    let making = Making::new(opening)
        .map_err(|error| failed("encode records for", path)(io::Error::other(error)))?;
    if is_special(path) {
        let source = io::Error::new(io::ErrorKind::InvalidInput, "neither a file nor a folder");
        return Err(failed("write Parquet to", path)(source));
    }
    let is_folder = path.is_dir() || path.as_os_str().as_encoded_bytes().ends_with(b"/");
    let mut parquet = Parquet {
        place: Place::One(path.to_owned()),
        making,
        rotation: opening.is_live.then_some(opening.rotation),
        open: BTreeMap::new(),
        closed: Vec::new(),
        whole: Vec::new(),
        completed: Vec::new(),
        figures: Figures::default(),
        now: Timestamp::ZERO,
        tried: Timestamp::ZERO,
    };
    if is_folder {
        let tree = Tree::new(path, &opening.sensor);
        tree.make()?;
        let swept = tree.sweep();
        if swept > 0 {
            tracing::warn!(
                "removed: {swept} files that a killed run left without their ends: {}: their records are lost",
                path.display()
            );
        }
        parquet.place = Place::Tree(tree);
    } else {
        let part = begin_file(path)?;
        let file = Some(Begun::new(part, &parquet.making)?);
        parquet.open.insert(
            Leaf::ONLY,
            Open {
                file,
                ..Open::new(Timestamp::ZERO)
            },
        );
    }
    Ok(parquet)
}

impl Open {
    fn new(since: Timestamp) -> Self {
        Self {
            since,
            rows: Rows::default(),
            counts: Written::default(),
            file: None,
        }
    }
}

impl Collector for Parquet {
    fn take(&mut self, rendered: &Rendered, _: &Written, at: Timestamp) -> Result<(), Error> {
        self.now = at;
        let mut result = Ok(());
        for (row, shared) in rendered.rows.iter() {
            let leaf = match self.place {
                Place::Tree(_) => Leaf::of(row.start, row.class),
                Place::One(_) => Leaf::ONLY,
            };
            if !self.open.contains_key(&leaf) {
                result = result.and(self.make_room(leaf));
            }
            let since = self.now;
            let open = self.open.entry(leaf).or_insert_with(|| Open::new(since));
            open.counts += row.counts();
            open.rows.push(row.clone(), shared);
            if open.rows.len() >= GROUP {
                result = result.and(self.encode(leaf));
            }
        }
        result.and(self.relieve())
    }

    fn tick(&mut self, at: Timestamp) -> Result<(), Error> {
        self.now = at;
        let mut result = Ok(());
        if self.is_due() {
            result = self.rotate();
        } else if at.nanos().abs_diff(self.tried.nanos()) >= RETRY {
            self.tried = at;
            result = self.write_waiting().and(self.settle()).and(self.name());
        }
        result
    }

    fn rotate(&mut self) -> Result<(), Error> {
        if matches!(self.place, Place::One(_)) {
            return Ok(());
        }
        self.tried = self.now;
        self.close_all().and(self.settle()).and(self.name())
    }

    fn figures(&self) -> Figures {
        let waits = |file: &Begun| file.waits() > 0;
        let mut open = self.open.values().filter_map(|open| open.file.as_ref());
        let is_stuck = open.any(waits) || !self.closed.is_empty() || !self.whole.is_empty();
        Figures {
            failing: self.figures.failing || is_stuck && self.rotation.is_some(),
            ..self.figures
        }
    }

    fn take_completed(&mut self) -> Vec<Digested> {
        std::mem::take(&mut self.completed)
    }

    fn finish(mut self: Box<Self>) -> (Figures, Vec<Digested>, Option<Error>) {
        let result = self.close_all().and(self.settle());
        let result = match self.rotation {
            Some(_) => result.and(self.name()),
            // All of them or none.
            None => result.and_then(|()| self.name_all()),
        };
        self.give_up();
        let completed = self.take_completed();
        (self.figures, completed, result.err())
    }
}

impl Drop for Parquet {
    fn drop(&mut self) {
        self.give_up();
    }
}
