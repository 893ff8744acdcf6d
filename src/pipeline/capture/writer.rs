//! The one thread that renders records and writes them, in the order in which they come.
//!
//! It may be held up by a disk or a pipe, for good: nothing waits for it without a limit.

use super::clock::{now, wall};
use super::queue::{Batch, Held};
use super::stop::Stop;
use crate::export::{Error, Format, Rotated, Run, RunContext, Written, render};
use crate::flow::{PathList, Paths, Settings};
use crossbeam_channel::{Receiver, bounded, select};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Between two looks at whether a file is due.
const TICK: Duration = Duration::from_millis(250);

/// Between two lines on an output that fails.
const COMPLAIN: Duration = Duration::from_secs(10);

/// How long writing may take after the last record was queued: with the patience of the lanes, less than
/// the ten seconds in which a run that is told to end does so.
const COMPLETION: Duration = Duration::from_secs(3);

/// Writes records until no lane is left.
pub(super) struct Writer {
    pub output: Rotated,
    pub format: Format,
    pub sensor: String,
    pub settings: Settings,
    pub paths: Vec<LanePaths>,
    pub stop: Stop,
}

/// What was written, and what not.
#[derive(Default)]
pub(super) struct Wrote {
    pub written: Written,
    /// What the queue took and no output did.
    pub lost: Held,
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

/// A writer at work.
pub(super) struct Writing {
    done: Receiver<Wrote>,
    so_far: Arc<Mutex<Wrote>>,
}

impl Writing {
    /// Starts a writer.
    pub(super) fn start(writer: Writer, queue: Receiver<Batch>, rotate: Receiver<()>) -> Self {
        let so_far = Arc::default();
        let (give, done) = bounded(1);
        let working = Working {
            writer,
            so_far: Arc::clone(&so_far),
            lost: Held::default(),
            stale: false,
            complaint: None,
        };
        // Not joined: what it waits for may never come.
        thread::spawn(move || give.send(working.run(&queue, &rotate)));
        Self { done, so_far }
    }

    /// Waits for the end of the writer after the last lane, but not for long: then what it has not
    /// written of what the queue took (`sent`) is lost.
    pub(super) fn end(self, sent: Held) -> Wrote {
        if let Ok(wrote) = self.done.recv_timeout(COMPLETION) {
            return wrote;
        }
        tracing::warn!("the output does not take the last records: they are lost");
        let mut so_far = self.so_far.lock().unwrap_or_else(PoisonError::into_inner);
        let Written {
            records,
            packets,
            wire_bytes,
            ..
        } = so_far.written;
        so_far.lost = Held {
            records: sent.records.saturating_sub(records),
            packets: sent.packets.saturating_sub(packets),
            wire_bytes: sent.wire_bytes.saturating_sub(wire_bytes),
        };
        std::mem::take(&mut *so_far)
    }
}

/// A writer with what it keeps while it works.
struct Working {
    writer: Writer,
    /// For whoever cannot wait for the end.
    so_far: Arc<Mutex<Wrote>>,
    lost: Held,
    stale: bool,
    complaint: Option<Instant>,
}

impl Working {
    fn run(mut self, queue: &Receiver<Batch>, rotate: &Receiver<()>) -> Wrote {
        let mut rendered = Vec::new();
        loop {
            select! {
                recv(queue) -> batch => match batch {
                    Ok(batch) => self.write(&batch, &mut rendered),
                    Err(_) => break,
                },
                recv(rotate) -> asked => if asked.is_ok() {
                    let result = self.writer.output.rotate();
                    self.note(result);
                },
                default(TICK) => {}
            }
            let result = self.writer.output.tick(wall());
            self.note(result);
            let mut so_far = self.so_far.lock().unwrap_or_else(PoisonError::into_inner);
            so_far.written = self.writer.output.written();
            so_far.stale = self.stale;
        }
        let (written, lost, error) = self.writer.output.finish();
        self.lost += Held {
            records: lost.records,
            packets: lost.packets,
            wire_bytes: lost.wire_bytes,
        };
        Wrote {
            written,
            lost: self.lost,
            stale: self.stale,
            error,
        }
    }

    fn write(&mut self, batch: &Batch, rendered: &mut Vec<u8>) {
        let Batch {
            lane,
            records,
            end,
            table,
        } = batch;
        let Writer {
            output,
            format,
            sensor,
            settings,
            paths,
            stop,
        } = &mut self.writer;
        let Some(paths) = paths.get_mut(*lane) else {
            return;
        };
        if !records.iter().all(|ended| paths.known.holds(ended.path())) {
            paths.known = paths.shared.list();
        }
        self.stale |= records
            .iter()
            .any(|ended| table.is_stale_at(ended.start().nanos()));
        let context = RunContext::new(Run {
            sensor,
            end: *end,
            settings: *settings,
            paths: &paths.known,
            atlas: &**table,
        });
        let mut counts = Written::default();
        counts.count(records);
        rendered.clear();
        if !output.is_closed() {
            render(*format, records, output.next_seq(), &context, rendered);
        }
        let result = output.write(rendered, &counts, wall());
        if result.is_err() {
            self.lost += Held::of(records);
        }
        if output.is_closed() {
            // Nobody reads any more.
            stop.ask();
        }
        self.note(result);
    }

    /// Says that the output fails, not too often. The next batch is tried all the same.
    fn note(&mut self, result: Result<(), Error>) {
        if let Err(error) = result
            && self.complaint.is_none_or(|last| now() >= last + COMPLAIN)
        {
            self.complaint = Some(now());
            tracing::warn!("records are lost: {error}");
        }
    }
}
