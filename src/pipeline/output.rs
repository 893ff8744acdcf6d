//! From ended records to sorted, rendered, counted output.

use super::job::Job;
use super::render::Renderer;
use super::{Failure, FailureKind};
use crate::export::{
    Digested, Error, Finished, Order, Output, Run, RunContext, Sorted, Sorter, Totals, Written,
    heal,
};
use crate::flow::{Ended, FlowTable, Live};

/// Ended records that one lane gave so far.
pub(super) struct Aside {
    /// Reused for every [`Aside::take`].
    ended: Vec<Ended>,
    sorter: Sorter,
    /// The first error of taking; it ends the run when it is over.
    error: Option<Error>,
}

impl Aside {
    /// Nothing yet; records will be asked for in that order.
    pub(super) fn new(order: Order) -> Self {
        Self {
            ended: Vec::new(),
            sorter: Sorter::new(order, Sorter::DEFAULT_LIMIT),
            error: None,
        }
    }

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
    /// What was handed to a collector and never got there.
    pub lost: Written,
    /// Where they are wanted, the digests of what was written.
    pub digested: Vec<Digested>,
    pub evicted: u64,
    pub stale: bool,
}

impl Records {
    /// Opens the output, so that a run that cannot write does not begin.
    pub(super) fn new(job: &Job) -> Result<Self, Failure> {
        Ok(Self {
            joined: Aside::new(Order::of(&job.terms)),
            output: Output::open_as(&job.opening())?,
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

    /// The run is over: sorts, renders and writes everything. `totals` is what it counted.
    pub(super) fn finish(
        self,
        job: &Job,
        flows: FlowTable,
        mut totals: Totals,
    ) -> Result<Recorded, Failure> {
        let Self {
            mut joined,
            mut output,
        } = self;
        let (end, disordered, settings) = (flows.clock(), flows.disordered(), *flows.settings());
        totals.end = end.nanos();
        let (counted, paths, live) = flows.end(&mut joined.ended);
        joined.sort();
        if let Some(error) = joined.error {
            return Err(error.into());
        }
        let mut records = if disordered {
            in_order(joined.sorter, live, &settings, Order::of(&job.terms))?
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
            terms: &job.terms,
        });
        let renderer = Renderer {
            format: job.format,
            threads: job.lanes.max(1),
            context: &context,
            is_stale: &|ended| table.is_stale_at(ended.start().nanos()),
        };
        let stale = renderer.write_all(&mut records, &mut output)?;
        output.note(&totals)?;
        let Finished {
            written,
            lost,
            digested,
        } = output.finish()?;
        Ok(Recorded {
            written,
            lost,
            digested,
            evicted: counted.evicted,
            stale,
        })
    }
}

/// Where a capture was out of order, pieces of records are joined before they are sorted.
fn in_order(
    sorter: Sorter,
    live: Live,
    settings: &crate::flow::Settings,
    order: Order,
) -> Result<Sorted, Error> {
    let mut pieces = Sorter::new(Order::Flow, Sorter::DEFAULT_LIMIT);
    let mut found = sorter.finish_with(live)?;
    while let Some(piece) = found.pop()? {
        pieces.push(piece)?;
    }
    let mut records = Sorter::new(order, Sorter::DEFAULT_LIMIT);
    heal(&mut pieces.finish()?, settings, &mut records)?;
    records.finish()
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let kind = match &error {
            Error::Output { source, .. }
                if source.kind() == std::io::ErrorKind::PermissionDenied =>
            {
                FailureKind::Permission
            }
            Error::Output { .. }
            | Error::Disturbed { .. }
            | Error::Stdout { .. }
            | Error::Collector { .. }
            | Error::Spill { .. } => FailureKind::Output,
            Error::NoCollector { .. } => FailureKind::Configuration,
        };
        Self::line(kind, error.to_string())
    }
}
