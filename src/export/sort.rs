//! Sorting of ended records in bounded memory, and the joining of pieces that needs it.

use super::{Error, Pseudonyms, Terms};
use crate::flow::{ENDED_LEN, Ended, Key, Live, Settings};
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::sync::Arc;

/// Bytes of a spilled run read at a time. Whole records.
const WINDOW: usize = ENDED_LEN * 512;

/// How records are sorted.
#[derive(Debug, Clone)]
pub enum Order {
    /// By start, then key: the order of output.
    Start,
    /// By start, then what is written of the key: the order of output with pseudonyms.
    Written(Arc<Pseudonyms>),
    /// By key, then capture order: pieces of a flow side by side.
    Flow,
}

/// What decides in either order.
type Rank = (u64, Key, u64);

impl Order {
    /// The order of output.
    #[must_use]
    pub fn of(terms: &Terms) -> Self {
        match &terms.pseudonyms {
            None => Self::Start,
            Some(pseudonyms) => Self::Written(Arc::clone(pseudonyms)),
        }
    }

    /// What decides first.
    fn start(&self, ended: &Ended) -> u64 {
        match self {
            Self::Start | Self::Written(_) => ended.start().nanos(),
            Self::Flow => 0,
        }
    }

    fn rank(&self, ended: &Ended) -> Rank {
        let key = match self {
            Self::Start | Self::Flow => ended.key(),
            Self::Written(pseudonyms) => pseudonyms.key_of(ended),
        };
        (self.start(ended), key, ended.order())
    }
}

/// Collects records and gives them back in order. Beyond `limit` records in memory, sorted runs go to
/// a temporary file without a name, which nobody else can open and which is gone with the process.
pub struct Sorter {
    order: Order,
    limit: usize,
    held: Held,
    spilled: Spilled,
    /// What other sorters spilled.
    adopted: Vec<Spilled>,
}

/// Sorted runs in a temporary file.
#[derive(Default)]
struct Spilled {
    file: Option<BufWriter<File>>,
    /// Their lengths, in records.
    runs: Vec<u64>,
}

impl Sorter {
    /// Records held in memory, unless said otherwise: about 19 MB.
    pub const DEFAULT_LIMIT: usize = 1 << 17;

    /// Holds up to `limit` records (at least 1) in memory.
    #[must_use]
    pub fn new(order: Order, limit: usize) -> Self {
        Self {
            order,
            limit: limit.max(1),
            held: Held::default(),
            spilled: Spilled::default(),
            adopted: Vec::new(),
        }
    }

    /// Adds all records of a sorter with the same order.
    ///
    /// # Errors
    /// [`Error::Spill`].
    pub fn adopt(&mut self, other: Self) -> Result<(), Error> {
        let mut records = other.held.ended;
        self.adopted.extend(other.adopted);
        self.adopted.push(other.spilled);
        self.append(&mut records)
    }

    /// Adds records, and leaves the vector empty with its memory.
    ///
    /// # Errors
    /// [`Error::Spill`].
    pub fn append(&mut self, records: &mut Vec<Ended>) -> Result<(), Error> {
        if self.held.ended.is_empty() && records.len() <= self.limit {
            std::mem::swap(&mut self.held.ended, records);
            return Ok(());
        }
        for ended in records.drain(..) {
            self.push(ended)?;
        }
        Ok(())
    }

    /// Adds a record.
    ///
    /// # Errors
    /// [`Error::Spill`].
    pub fn push(&mut self, ended: Ended) -> Result<(), Error> {
        if self.held.ended.len() >= self.limit {
            self.spill()?;
        }
        self.held.ended.push(ended);
        Ok(())
    }

    fn spill(&mut self) -> Result<(), Error> {
        let file = match &mut self.spilled.file {
            Some(file) => file,
            slot @ None => {
                let file = tempfile::tempfile().map_err(spill("create"))?;
                slot.insert(BufWriter::with_capacity(WINDOW, file))
            }
        };
        for place in self.held.places_in_order(&self.order) {
            let Some(ended) = self.held.get(place) else {
                continue;
            };
            file.write_all(&ended.to_bytes())
                .map_err(spill("write to"))?;
        }
        self.spilled.runs.push(self.held.ended.len() as u64);
        self.held.ended.clear();
        Ok(())
    }

    /// All records, in order.
    ///
    /// # Errors
    /// [`Error::Spill`].
    pub fn finish(self) -> Result<Sorted, Error> {
        self.finish_with(Live::default())
    }

    /// All records and those of a table that has ended, in order. The latter stay in their memory,
    /// whatever the limit.
    ///
    /// # Errors
    /// [`Error::Spill`].
    pub fn finish_with(mut self, live: Live) -> Result<Sorted, Error> {
        self.held.live = live;
        let order = self.order;
        let mut files = Vec::new();
        let mut runs = Vec::new();
        let mut heads = BinaryHeap::new();
        for spilled in self.adopted.into_iter().chain([self.spilled]) {
            let Some(file) = spilled.file else { continue };
            let mut file = file
                .into_inner()
                .map_err(io::IntoInnerError::into_error)
                .map_err(spill("write to"))?;
            let mut offset = 0;
            for len in spilled.runs {
                let mut run = Run {
                    file: files.len(),
                    offset,
                    left: len,
                    window: Vec::new(),
                    at: 0,
                };
                offset += len * ENDED_LEN as u64;
                if let Some(ended) = run.next(&mut file)? {
                    heads.push(Head::new(&order, runs.len(), ended));
                }
                runs.push(run);
            }
            files.push(file);
        }
        let mut sorted = Sorted {
            places: self.held.places_in_order(&order),
            order,
            held: self.held,
            next: 0,
            runs,
            files,
            heads,
        };
        if !sorted.files.is_empty() {
            sorted.refill_from_memory();
        }
        Ok(sorted)
    }
}

/// Records in memory: those that were handed over, then those that are still where they grew. They are
/// large, so their places are sorted instead of them.
#[derive(Default)]
struct Held {
    ended: Vec<Ended>,
    live: Live,
}

impl Held {
    #[inline]
    fn get(&self, place: u32) -> Option<Ended> {
        match self.ended.get(place as usize) {
            Some(ended) => Some(*ended),
            None => self.live.get(place - self.ended.len() as u32),
        }
    }

    fn places_in_order(&self, order: &Order) -> Vec<u32> {
        let rank = |place: u32| self.get(place).map(|ended| order.rank(&ended));
        let count = (self.ended.len() + self.live.len()) as u32;
        let mut places: Vec<(u64, u32)> = (0..count)
            .filter_map(|place| Some((order.start(&self.get(place)?), place)))
            .collect();
        // Records mostly come in runs that are in order of time already, which a merging sort finds.
        places.sort_by_key(|(start, _)| *start);
        for together in places.chunk_by_mut(|one, other| one.0 == other.0) {
            match order {
                _ if together.len() == 1 => {}
                Order::Start | Order::Flow => {
                    together.sort_unstable_by_key(|(_, place)| rank(*place));
                }
                // A pseudonym takes its time.
                Order::Written(_) => together.sort_by_cached_key(|(_, place)| rank(*place)),
            }
        }
        places.into_iter().map(|(_, place)| place).collect()
    }
}

/// A spilled run that is being read.
struct Run {
    /// Which file it is in.
    file: usize,
    offset: u64,
    /// Records not yet read into the window.
    left: u64,
    window: Vec<u8>,
    at: usize,
}

impl Run {
    fn next(&mut self, file: &mut File) -> Result<Option<Ended>, Error> {
        if self.at >= self.window.len() {
            let records = self.left.min((WINDOW / ENDED_LEN) as u64);
            if records == 0 {
                return Ok(None);
            }
            self.window.resize(records as usize * ENDED_LEN, 0);
            file.seek(SeekFrom::Start(self.offset))
                .and_then(|_| file.read_exact(&mut self.window))
                .map_err(spill("read back"))?;
            self.offset += self.window.len() as u64;
            self.left -= records;
            self.at = 0;
        }
        let bytes = self.window.get(self.at..).and_then(<[u8]>::first_chunk);
        self.at += ENDED_LEN;
        match bytes.and_then(Ended::from_bytes) {
            Some(ended) => Ok(Some(ended)),
            None => Err(spill("read back")(io::ErrorKind::InvalidData.into())),
        }
    }
}

/// The next record of a run; the heap gives the least first.
struct Head(Reverse<(Rank, usize)>, Ended);

impl Head {
    fn new(order: &Order, run: usize, ended: Ended) -> Self {
        Self(Reverse((order.rank(&ended), run)), ended)
    }
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Head {}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Head {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

/// Records in order.
pub struct Sorted {
    order: Order,
    held: Held,
    /// Where in `held` the records are, in order.
    places: Vec<u32>,
    /// How many of these were given.
    next: usize,
    runs: Vec<Run>,
    files: Vec<File>,
    heads: BinaryHeap<Head>,
}

impl Sorted {
    fn pop_from_memory(&mut self) -> Option<Ended> {
        let place = *self.places.get(self.next)?;
        self.next += 1;
        self.held.get(place)
    }

    /// The records still in memory are the run behind the last.
    fn refill_from_memory(&mut self) {
        if let Some(ended) = self.pop_from_memory() {
            self.heads
                .push(Head::new(&self.order, self.runs.len(), ended));
        }
    }

    /// The next record.
    ///
    /// # Errors
    /// [`Error::Spill`].
    pub fn pop(&mut self) -> Result<Option<Ended>, Error> {
        if self.files.is_empty() {
            return Ok(self.pop_from_memory());
        }
        let Some(Head(Reverse((_, nth)), ended)) = self.heads.pop() else {
            return Ok(None);
        };
        match self.runs.get_mut(nth) {
            Some(run) => {
                if let Some(file) = self.files.get_mut(run.file)
                    && let Some(next) = run.next(file)?
                {
                    self.heads.push(Head::new(&self.order, nth, next));
                }
            }
            None => self.refill_from_memory(),
        }
        Ok(Some(ended))
    }

    /// Takes the places of the next records, at most `count`, for [`Self::copy`]; none at the end, and
    /// none where [`Self::fill`] must be asked because some were spilled.
    pub fn claim(&mut self, count: usize) -> Range<usize> {
        if !self.files.is_empty() {
            return 0..0;
        }
        let first = self.next;
        self.next = self.places.len().min(first + count);
        first..self.next
    }

    /// Appends the records at these places.
    pub fn copy(&self, places: Range<usize>, to: &mut Vec<Ended>) {
        let places = self.places.get(places).unwrap_or_default();
        to.extend(places.iter().filter_map(|place| self.held.get(*place)));
    }

    /// Appends up to `count` records to `batch`; fewer only at the end.
    ///
    /// # Errors
    /// [`Error::Spill`].
    pub fn fill(&mut self, batch: &mut Vec<Ended>, count: usize) -> Result<(), Error> {
        for _ in 0..count {
            match self.pop()? {
                Some(ended) => batch.push(ended),
                None => break,
            }
        }
        Ok(())
    }
}

/// Joins neighbouring pieces of each flow, where a disordered input had them let go too early
/// ([`FlowTable::disordered`](crate::flow::FlowTable::disordered)). In: pieces by [`Order::Flow`].
/// Out: whole records, one after the other, in the order of their first pieces.
///
/// # Errors
/// [`Error::Spill`], or that of `give`.
pub fn heal<E: From<Error>>(
    pieces: &mut Sorted,
    settings: &Settings,
    mut give: impl FnMut(Ended) -> Result<(), E>,
) -> Result<(), E> {
    let Some(mut before) = pieces.pop()? else {
        return Ok(());
    };
    while let Some(piece) = pieces.pop()? {
        if !before.join(&piece, settings) {
            give(std::mem::replace(&mut before, piece))?;
        }
    }
    give(before)
}

fn spill(what: &'static str) -> impl Fn(io::Error) -> Error {
    move |source| Error::Spill { what, source }
}
