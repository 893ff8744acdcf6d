//! From ended records to sorted, rendered, counted output.

use super::job::Job;
use super::{Failure, FailureKind};
use crate::export::{
    Error, Format, Order, Output, Run, RunContext, Sorted, Sorter, Written, heal, render,
};
use crate::flow::{Ended, FlowTable, Live};
use std::thread;

/// Records rendered by one thread at a time.
const BATCH: usize = 8_192;

/// Ended records that one lane gave so far.
pub(super) struct Aside {
    /// Reused for every [`Aside::take`].
    ended: Vec<Ended>,
    sorter: Sorter,
    /// The first error of taking; it ends the run when it is over.
    error: Option<Error>,
}

impl Default for Aside {
    fn default() -> Self {
        Self {
            ended: Vec::new(),
            sorter: Sorter::new(Order::Start, Sorter::DEFAULT_LIMIT),
            error: None,
        }
    }
}

impl Aside {
    /// Takes what has ended so far.
    pub(super) fn take(&mut self, flows: &mut FlowTable) {
        flows.take_ended(&mut self.ended);
        self.sort();
    }

    fn sort(&mut self) {
        if let Err(error) = self.sorter.append(&mut self.ended) {
            self.ended.clear();
            self.error.get_or_insert(error);
        }
    }
}

/// Takes ended records while a run goes on, and writes them when it is over.
pub(super) struct Records {
    joined: Aside,
    output: Output,
}

/// What was written in the end, for the books.
pub(super) struct Recorded {
    pub written: Written,
    pub evicted: u64,
    pub stale: bool,
}

impl Records {
    /// Opens the output, so that a run that cannot write does not begin.
    pub(super) fn new(job: &Job) -> Result<Self, Failure> {
        Ok(Self {
            joined: Aside::default(),
            output: Output::open(&job.target, job.format)?,
        })
    }

    /// Takes what has ended so far.
    pub(super) fn take(&mut self, flows: &mut FlowTable) {
        self.joined.take(flows);
    }

    /// Takes what a lane gave that has been joined.
    pub(super) fn adopt(&mut self, aside: Aside) {
        let Aside {
            ended: _,
            sorter,
            error,
        } = aside;
        let error = error.or(self.joined.sorter.adopt(sorter).err());
        self.joined.error = self.joined.error.take().or(error);
    }

    /// The run is over: sorts, renders and writes everything.
    pub(super) fn finish(self, job: &Job, flows: FlowTable) -> Result<Recorded, Failure> {
        let Self { mut joined, output } = self;
        let (end, disordered, settings) = (flows.clock(), flows.disordered(), *flows.settings());
        let (totals, paths, live) = flows.end(&mut joined.ended);
        joined.sort();
        if let Some(error) = joined.error {
            return Err(error.into());
        }
        let mut records = if disordered {
            in_order(joined.sorter, live, &settings)?
        } else {
            joined.sorter.finish_with(live)?
        };
        let table = &*job.lane.table;
        let context = RunContext::new(Run {
            sensor: &job.sensor,
            end,
            settings,
            paths: &paths,
            atlas: table,
        });
        let mut writer = Writer {
            output,
            format: job.format,
            lanes: job.lanes.max(1),
            context: &context,
            stale: false,
        };
        writer.write_all(&mut records, |ended| {
            table.is_stale_at(ended.start().nanos())
        })?;
        let stale = writer.stale;
        Ok(Recorded {
            written: writer.output.finish()?,
            evicted: totals.evicted,
            stale,
        })
    }
}

/// Where a capture was out of order, pieces of records are joined before they are sorted.
fn in_order(sorter: Sorter, live: Live, settings: &crate::flow::Settings) -> Result<Sorted, Error> {
    let mut pieces = Sorter::new(Order::Flow, Sorter::DEFAULT_LIMIT);
    let mut found = sorter.finish_with(live)?;
    while let Some(piece) = found.pop()? {
        pieces.push(piece)?;
    }
    let mut records = Sorter::new(Order::Start, Sorter::DEFAULT_LIMIT);
    heal(&mut pieces.finish()?, settings, &mut records)?;
    records.finish()
}

/// Renders with as many threads as there are lanes, writes in order.
struct Writer<'a> {
    output: Output,
    format: Format,
    lanes: usize,
    context: &'a RunContext<'a>,
    stale: bool,
}

impl Writer<'_> {
    fn write_all(
        &mut self,
        records: &mut Sorted,
        is_stale: impl Fn(&Ended) -> bool,
    ) -> Result<(), Error> {
        let mut batch = Vec::new();
        let mut parts: Vec<Vec<u8>> = vec![Vec::new(); self.lanes];
        while !self.output.is_closed() || self.format == Format::Null {
            batch.clear();
            records.fill(&mut batch, self.lanes * BATCH)?;
            if batch.is_empty() {
                return Ok(());
            }
            self.stale = self.stale || batch.iter().any(&is_stale);
            self.write(&batch, &mut parts)?;
        }
        // Nobody reads any more; what is left is counted, not rendered.
        loop {
            batch.clear();
            records.fill(&mut batch, BATCH)?;
            if batch.is_empty() {
                return Ok(());
            }
            self.output.write_rendered(&[], &batch)?;
        }
    }

    fn write(&mut self, batch: &[Ended], parts: &mut [Vec<u8>]) -> Result<(), Error> {
        let first_seq = self.output.written().records;
        let (format, context) = (self.format, self.context);
        let chunks: Vec<&[Ended]> = batch.chunks(BATCH).collect();
        let render_part = |number: usize, chunk: &[Ended], part: &mut Vec<u8>| {
            part.clear();
            render(
                format,
                chunk,
                first_seq + (number * BATCH) as u64,
                context,
                part,
            );
        };
        match chunks.as_slice() {
            [only] => {
                if let [part, ..] = parts {
                    render_part(0, only, part);
                }
            }
            chunks => thread::scope(|scope| {
                for (number, (chunk, part)) in chunks.iter().zip(parts.iter_mut()).enumerate() {
                    let render_part = &render_part;
                    scope.spawn(move || render_part(number, chunk, part));
                }
            }),
        }
        for (chunk, part) in chunks.iter().zip(parts.iter()) {
            self.output.write_rendered(part, chunk)?;
        }
        Ok(())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let kind = match &error {
            Error::Output { source, .. }
                if source.kind() == std::io::ErrorKind::PermissionDenied =>
            {
                FailureKind::Permission
            }
            Error::Output { .. } | Error::Stdout { .. } | Error::Spill { .. } => {
                FailureKind::Output
            }
        };
        Self::line(kind, error.to_string())
    }
}
