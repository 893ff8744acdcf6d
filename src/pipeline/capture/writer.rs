//! The one thread that renders records and writes them, in the order in which they come.

use super::clock::{now, wall};
use super::queue::{Batch, Shed};
use super::stop::Stop;
use crate::export::{Error, Format, Rotated, Run, RunContext, Written, render};
use crate::flow::{PathList, Paths, Settings};
use crate::geo::Table;
use crossbeam_channel::{Receiver, select};
use std::time::{Duration, Instant};

/// Between two looks at whether a file is due.
const TICK: Duration = Duration::from_millis(250);

/// Between two lines on an output that fails.
const COMPLAIN: Duration = Duration::from_secs(10);

/// Writes records until no lane is left.
pub(super) struct Writer<'a> {
    pub output: Rotated,
    pub format: Format,
    pub sensor: &'a str,
    pub settings: Settings,
    pub table: &'a Table,
    pub paths: Vec<LanePaths>,
    pub stop: &'a Stop,
    pub stale: bool,
    pub shed: Shed,
    pub complaint: Option<Instant>,
}

/// What was written, and what not.
pub(super) struct Wrote {
    pub written: Written,
    pub shed: Shed,
    pub stale: bool,
    /// How completing the output failed in the end.
    pub error: Option<Error>,
}

/// The paths of a lane: a handle on them, and those that are known here.
pub(super) struct LanePaths {
    shared: Paths,
    known: PathList,
}

impl LanePaths {
    pub(super) fn new(shared: Paths) -> Self {
        let known = shared.list();
        Self { shared, known }
    }
}

impl Writer<'_> {
    pub(super) fn run(mut self, queue: &Receiver<Batch>, rotate: &Receiver<()>) -> Wrote {
        let mut rendered = Vec::new();
        loop {
            select! {
                recv(queue) -> batch => match batch {
                    Ok(batch) => self.write(&batch, &mut rendered),
                    Err(_) => break,
                },
                recv(rotate) -> asked => if asked.is_ok() {
                    let result = self.output.rotate();
                    self.note(result);
                },
                default(TICK) => {}
            }
            let result = self.output.tick(wall());
            self.note(result);
        }
        let (written, lost, error) = self.output.finish();
        self.shed += Shed {
            records: lost.records,
            packets: lost.packets,
            wire_bytes: lost.wire_bytes,
        };
        Wrote {
            written,
            shed: self.shed,
            stale: self.stale,
            error,
        }
    }

    fn write(&mut self, batch: &Batch, rendered: &mut Vec<u8>) {
        let Batch { lane, records, end } = batch;
        let Some(paths) = self.paths.get_mut(*lane) else {
            return;
        };
        if !records.iter().all(|ended| paths.known.holds(ended.path())) {
            paths.known = paths.shared.list();
        }
        let table = self.table;
        self.stale |= records
            .iter()
            .any(|ended| table.is_stale_at(ended.start().nanos()));
        let context = RunContext::new(Run {
            sensor: self.sensor,
            end: *end,
            settings: self.settings,
            paths: &paths.known,
            atlas: table,
        });
        rendered.clear();
        if !self.output.is_closed() {
            render(
                self.format,
                records,
                self.output.next_seq(),
                &context,
                rendered,
            );
        }
        let result = self.output.write(rendered, records, wall());
        if result.is_err() {
            self.shed += Shed::of(records);
        }
        self.note(result);
        if self.output.is_closed() {
            // Nobody reads any more.
            self.stop.ask();
        }
    }

    /// Says that the output fails, not too often. The next batch is tried all the same.
    fn note(&mut self, result: Result<(), Error>) {
        if let Err(error) = result
            && self.complaint.is_none_or(|last| now() >= last + COMPLAIN)
        {
            self.complaint = Some(now());
            tracing::warn!(
                shed_records = self.shed.records,
                "records are lost: {error}"
            );
        }
    }
}
