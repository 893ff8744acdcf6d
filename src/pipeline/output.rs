//! From ended records to sorted, rendered, counted output.

use super::job::Job;
use super::render::Renderer;
use super::{Failure, FailureKind};
use crate::export::{
    Digested, Error, Finished, Order, Output, Run, RunContext, Sorted, Sorter, Totals, Written,
    heal,
};
use crate::flow::{self, Ended, FlowTable, Live, PathList};
use crate::time::Timestamp;

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

/// Ended records of a run, taken while it goes on.
pub(super) struct Gathered(Aside);

/// All pieces of a run that is over, and what is known at its end.
pub(super) struct Ends {
    /// In no particular order yet.
    pub sorter: Sorter,
    /// What was open.
    pub live: Live,
    pub end: RunEnd,
    /// Whether pieces may have been let go that went on.
    pub disordered: bool,
}

/// What a run knows at its end of all its records.
pub(super) struct RunEnd {
    /// Time of the latest admitted packet.
    pub clock: Timestamp,
    pub settings: flow::Settings,
    pub paths: PathList,
    pub evicted: u64,
}

impl Gathered {
    /// Nothing yet; records will be asked for in that order.
    pub(super) fn new(order: Order) -> Self {
        Self(Aside::new(order))
    }

    /// Takes what has ended so far.
    pub(super) fn take(&mut self, flows: &mut FlowTable) {
        self.0.take(flows);
    }

    /// Takes what a lane gave that has been joined.
    pub(super) fn adopt(&mut self, aside: Aside) {
        let Aside {
            ended: _,
            sorter,
            error,
        } = aside;
        let error = error.or(self.0.sorter.adopt(sorter).err());
        self.0.error = self.0.error.take().or(error);
    }

    /// The run is over.
    pub(super) fn end(mut self, flows: FlowTable) -> Result<Ends, Failure> {
        let (clock, disordered, settings) = (flows.clock(), flows.disordered(), *flows.settings());
        let (totals, paths, live) = flows.end(&mut self.0.ended);
        self.0.sort();
        if let Some(error) = self.0.error {
            return Err(error.into());
        }
        Ok(Ends {
            sorter: self.0.sorter,
            live,
            end: RunEnd {
                clock,
                settings,
                paths,
                evicted: totals.evicted,
            },
            disordered,
        })
    }
}

/// Takes ended records while a run goes on, and writes them when it is over.
pub(super) struct Records {
    pub gathered: Gathered,
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
            gathered: Gathered::new(Order::of(&job.terms)),
            output: open(job)?,
        })
    }

    /// The run is over: sorts, renders and writes everything. `totals` is what it counted.
    pub(super) fn finish(
        self,
        job: &Job,
        flows: FlowTable,
        totals: Totals,
    ) -> Result<Recorded, Failure> {
        let Self { gathered, output } = self;
        let Ends {
            sorter,
            live,
            end,
            disordered,
        } = gathered.end(flows)?;
        let mut records = if disordered {
            in_order(sorter, live, &end.settings, Order::of(&job.terms))?
        } else {
            sorter.finish_with(live)?
        };
        write(job, output, &mut records, &end, totals)
    }
}

/// Opens where records go.
pub(super) fn open(job: &Job) -> Result<Output, Failure> {
    Ok(Output::open_as(&job.opening())?)
}

/// Renders and writes the records of a run that is over. `totals` is what it counted.
pub(super) fn write(
    job: &Job,
    mut output: Output,
    records: &mut Sorted,
    end: &RunEnd,
    mut totals: Totals,
) -> Result<Recorded, Failure> {
    let table = &*job.lane.table;
    let context = RunContext::new(Run {
        sensor: &job.sensor,
        end: end.clock,
        settings: end.settings,
        paths: &end.paths,
        atlas: table,
        terms: &job.terms,
    });
    let renderer = Renderer {
        format: job.format,
        threads: job.lanes.max(1),
        context: &context,
        is_stale: &|ended| table.is_stale_at(ended.start().nanos()),
    };
    let stale = renderer.write_all(records, &mut output)?;
    totals.end = end.clock.nanos();
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
        evicted: end.evicted,
        stale,
    })
}

/// Where a capture was out of order, pieces of records are joined before they are sorted.
fn in_order(
    sorter: Sorter,
    live: Live,
    settings: &flow::Settings,
    order: Order,
) -> Result<Sorted, Error> {
    let mut pieces = Sorter::new(Order::Flow, Sorter::DEFAULT_LIMIT);
    let mut found = sorter.finish_with(live)?;
    while let Some(piece) = found.pop()? {
        pieces.push(piece)?;
    }
    let mut records = Sorter::new(order, Sorter::DEFAULT_LIMIT);
    heal(&mut pieces.finish()?, settings, |record| {
        records.push(record)
    })?;
    records.finish()
}

/// All pieces of a run, gathered by [`Order::Flow`], in that order.
pub(super) fn in_flow_order(sorter: Sorter, live: Live) -> Result<Sorted, Failure> {
    Ok(sorter.finish_with(live)?)
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
