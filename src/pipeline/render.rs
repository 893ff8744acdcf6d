//! Sorted records to bytes, by as many threads as there are lanes, written in order meanwhile.

use crate::export::{Error, Format, Output, Rendered, RunContext, Sorted, Written, render};
use crate::flow::Ended;
use std::ops::Range;
use std::thread;

/// Records rendered by one thread at a time.
const BATCH: usize = 8_192;

/// Renders and writes the records of a run.
pub(super) struct Renderer<'a> {
    pub format: Format,
    pub threads: usize,
    pub context: &'a RunContext<'a>,
    /// Whether a record is older than the country table may be.
    pub is_stale: &'a (dyn Fn(&Ended) -> bool + Sync),
}

/// Neighbouring records on their way.
#[derive(Default)]
struct Part {
    first_seq: u64,
    /// Where they are, if they are in memory.
    places: Range<usize>,
    records: Vec<Ended>,
    rendered: Rendered,
    counts: Written,
    has_stale: bool,
}

impl Renderer<'_> {
    /// Writes all records; says whether one of them was stale.
    pub(super) fn write_all(
        &self,
        records: &mut Sorted,
        output: &mut Output,
    ) -> Result<bool, Error> {
        let parts = || -> Vec<Part> { (0..self.threads).map(|_| Part::default()).collect() };
        let (mut next, mut ready) = (parts(), parts());
        let mut seq = output.written().records;
        let mut has_stale = false;
        loop {
            // Once nobody reads any more, the rest is counted and not rendered.
            let format = if output.is_closed() {
                Format::Null
            } else {
                self.format
            };
            let before = seq;
            for part in &mut next {
                part.first_seq = seq;
                seq += part.claim(records)?;
            }
            let records = &*records;
            if self.threads == 1 {
                for part in &mut next {
                    self.render(part, records, format);
                }
                write(&mut ready, output)?;
            } else {
                thread::scope(|scope| {
                    for part in next.iter_mut().filter(|part| part.is_claimed()) {
                        scope.spawn(|| self.render(part, records, format));
                    }
                    write(&mut ready, output)
                })?;
            }
            has_stale |= next.iter().any(|part| part.has_stale);
            std::mem::swap(&mut next, &mut ready);
            if seq == before {
                return Ok(has_stale);
            }
        }
    }

    fn render(&self, part: &mut Part, sorted: &Sorted, format: Format) {
        sorted.copy(part.places.clone(), &mut part.records);
        part.rendered.clear();
        render(
            format,
            &part.records,
            part.first_seq,
            self.context,
            &mut part.rendered,
        );
        part.counts = Written::default();
        part.counts.count(&part.records);
        part.has_stale = part.records.iter().any(self.is_stale);
    }
}

impl Part {
    /// Takes the next records, or notes where they are; gives their number.
    fn claim(&mut self, sorted: &mut Sorted) -> Result<u64, Error> {
        self.records.clear();
        self.places = sorted.claim(BATCH);
        if self.places.is_empty() {
            sorted.fill(&mut self.records, BATCH)?;
        }
        Ok((self.places.len() + self.records.len()) as u64)
    }

    fn is_claimed(&self) -> bool {
        !self.places.is_empty() || !self.records.is_empty()
    }
}

fn write(parts: &mut [Part], output: &mut Output) -> Result<(), Error> {
    for part in parts {
        output.write_rendered(&part.rendered, &part.counts)?;
        part.rendered.clear();
        part.counts = Written::default();
    }
    Ok(())
}
