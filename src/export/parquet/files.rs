//! From rows that wait to files with their footers on the disk. What the disk does not take is tried again
//! while there is room for it in memory.

use super::begun::Begun;
use super::tree::Leaf;
use super::{HELD, OPEN, Parquet, Place, ROWS, WAITING};
use crate::export::Error;
use crate::export::collector::Collector as _;
use crate::export::file::begin_file;

impl Parquet {
    /// Before a file is begun: in a replay records come in the order of their begin, so of days before there
    /// are no more.
    pub(super) fn make_room(&mut self, leaf: Leaf) -> Result<(), Error> {
        if self.rotation.is_some() {
            return match self.open.len() {
                OPEN.. => self.rotate(),
                _ => Ok(()),
            };
        }
        let mut result = Ok(());
        while let Some((&first, _)) = self.open.first_key_value() {
            if first.day >= leaf.day && self.open.len() < OPEN {
                break;
            }
            result = result.and(self.close(first));
        }
        result.and(self.settle())
    }

    /// Whether a file is large or old enough.
    pub(super) fn is_due(&self) -> bool {
        let (Some(rotation), Place::Tree(_)) = (self.rotation, &self.place) else {
            return false;
        };
        self.open.values().any(|open| {
            let age = self.now.nanos().abs_diff(open.since.nanos());
            let len = open.file.as_ref().map_or(0, Begun::len);
            age >= rotation.nanos || len >= rotation.bytes
        })
    }

    /// Encodes the rows of a file, and writes them if the disk takes them.
    pub(super) fn encode(&mut self, leaf: Leaf) -> Result<(), Error> {
        let Some(open) = self.open.get_mut(&leaf).filter(|open| open.rows.len() > 0) else {
            return Ok(());
        };
        let (rows, counts) = (
            std::mem::take(&mut open.rows),
            std::mem::take(&mut open.counts),
        );
        let added = (|| {
            let file = match (&mut open.file, &self.place) {
                (Some(file), _) => file,
                (none, Place::Tree(tree)) => {
                    none.insert(Begun::new(tree.begin(leaf)?, &self.making)?)
                }
                (none, Place::One(path)) => {
                    none.insert(Begun::new(begin_file(path)?, &self.making)?)
                }
            };
            file.add(&rows, counts, &self.making)
        })();
        if let Err(error) = added {
            self.figures.lost += counts;
            if let Some(file) = open.file.take() {
                self.lose(&file);
            }
            self.figures.failing = true;
            return Err(error);
        }
        self.write_waiting()
    }

    /// Writes what waits of files that are open.
    pub(super) fn write_waiting(&mut self) -> Result<(), Error> {
        let (mut result, mut written) = (Ok(()), 0);
        for file in self.open.values_mut().filter_map(|open| open.file.as_mut()) {
            match file.write() {
                Ok(bytes) => written += bytes,
                Err(error) => result = result.and(Err(error)),
            }
        }
        match result {
            Ok(()) if written > 0 => self.figures.failing = false,
            Ok(()) => {}
            Err(_) => self.figures.failing = true,
        }
        self.figures.bytes += written;
        result
    }

    /// No more than so much waits in memory.
    pub(super) fn relieve(&mut self) -> Result<(), Error> {
        let mut result = Ok(());
        while self
            .open
            .values()
            .map(|open| open.rows.len())
            .sum::<usize>()
            > ROWS
        {
            let most = self.open.iter().max_by_key(|(_, open)| open.rows.len());
            let Some((&leaf, _)) = most else { break };
            result = result.and(self.encode(leaf));
        }
        loop {
            let open = self.open.values().filter_map(|open| open.file.as_ref());
            let waiting = open.chain(&self.closed).map(Begun::waits);
            if waiting.sum::<usize>() <= WAITING {
                return result;
            }
            self.lose_most();
        }
    }

    /// Loses the file of which most waits.
    fn lose_most(&mut self) {
        let files = self.open.values_mut().filter(|open| open.file.is_some());
        let open = files.max_by_key(|open| open.file.as_ref().map_or(0, Begun::waits));
        let of_open = open
            .as_ref()
            .and_then(|open| open.file.as_ref())
            .map_or(0, Begun::waits);
        let closed = self.closed.iter().map(Begun::waits).enumerate();
        let lost = match closed.max_by_key(|(_, waits)| *waits) {
            Some((at, waits)) if waits >= of_open => Some(self.closed.remove(at)),
            _ => open.and_then(|open| open.file.take()),
        };
        if let Some(file) = lost {
            self.lose(&file);
        }
    }

    pub(super) fn lose(&mut self, file: &Begun) {
        file.remove();
        self.figures.lost += file.holds();
        self.figures.failing = true;
    }

    pub(super) fn close_all(&mut self) -> Result<(), Error> {
        let leaves: Vec<Leaf> = self.open.keys().copied().collect();
        let mut result = Ok(());
        for leaf in leaves {
            result = result.and(self.close(leaf));
        }
        result
    }

    /// Encodes what is left of a file, and its footer.
    fn close(&mut self, leaf: Leaf) -> Result<(), Error> {
        let result = self.encode(leaf);
        let Some(mut file) = self.open.remove(&leaf).and_then(|open| open.file) else {
            return result;
        };
        if let Err(error) = file.close(&self.making) {
            self.lose(&file);
            return result.and(Err(error));
        }
        self.closed.push(file);
        result
    }

    /// Writes files that are closed to their ends. What fails is tried again, unless that means nothing.
    pub(super) fn settle(&mut self) -> Result<(), Error> {
        let mut result = Ok(());
        for mut file in std::mem::take(&mut self.closed) {
            match file.write() {
                Ok(bytes) => self.figures.bytes += bytes,
                Err(error) => {
                    self.figures.failing = true;
                    result = result.and(Err(error));
                    self.closed.push(file);
                    continue;
                }
            }
            if let Err(error) = file.sync() {
                self.lose(&file);
                result = result.and(Err(error));
                continue;
            }
            let mut whole = file.into_whole();
            if self.whole.len() >= HELD {
                whole.held = None;
            }
            self.whole.push(whole);
        }
        result
    }
}
