//! The one thread that renders records and writes them, in the order in which they come.
//!
//! It may be held up by a disk or a pipe, for good: nothing waits for it without a limit.

use super::clock::{now, wall};
use super::queue::{Batch, Held};
use super::stop::Stop;
use crate::export::{Error, Figures, Format, Rotated, Run, RunContext, Written, render};
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

/// What the writer did so far, for whoever watches. All but `written` and `failing` only grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct WriterFigures {
    /// What it took out of the queue.
    pub given: Held,
    /// What is in files or was taken by the stream. Goes down when a file is lost.
    pub written: Held,
    /// What is nowhere, since the output did not take it. The rest waits to be written.
    pub lost: Held,
    /// Bytes that went out, as they are on the disk.
    pub bytes: u64,
    /// Files that have their names.
    pub files: u64,
    /// Errors of the output.
    pub errors: u64,
    /// Whether the last that was tried failed.
    pub failing: bool,
}

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
    pub figures: WriterFigures,
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
            books: Books::default(),
            complaint: None,
        };
        // Not joined: what it waits for may never come.
        thread::spawn(move || give.send(working.run(&queue, &rotate)));
        Self { done, so_far }
    }

    /// What it did so far: no older than its last batch or a quarter of a second, unless the output holds
    /// it up.
    #[expect(dead_code, reason = "for the metrics")]
    pub(super) fn figures(&self) -> WriterFigures {
        let so_far = self.so_far.lock().unwrap_or_else(PoisonError::into_inner);
        so_far.figures
    }

    /// Waits for the end of the writer after the last lane, but not for long: then what it has not
    /// written of what the queue took (`sent`) is lost.
    pub(super) fn end(self, sent: Held) -> Wrote {
        if let Ok(wrote) = self.done.recv_timeout(COMPLETION) {
            return wrote;
        }
        tracing::warn!("the output does not take the last records: they are lost");
        let mut so_far = self.so_far.lock().unwrap_or_else(PoisonError::into_inner);
        let written = held(&so_far.written);
        so_far.lost = Held {
            records: sent.records.saturating_sub(written.records),
            packets: sent.packets.saturating_sub(written.packets),
            wire_bytes: sent.wire_bytes.saturating_sub(written.wire_bytes),
        };
        std::mem::take(&mut *so_far)
    }
}

/// A writer with what it keeps while it works.
struct Working {
    writer: Writer,
    /// For whoever cannot wait for the end.
    so_far: Arc<Mutex<Wrote>>,
    books: Books,
    /// When it was last said that the output fails; nothing while it does not.
    complaint: Option<Instant>,
}

/// What only the writer knows of what it did.
#[derive(Clone, Copy, Default)]
struct Books {
    given: Held,
    errors: u64,
    stale: bool,
}

impl Books {
    fn close(self, output: Figures, error: Option<Error>) -> Wrote {
        let Figures {
            written,
            lost,
            bytes,
            files,
            failing,
        } = output;
        Wrote {
            written,
            lost: held(&lost),
            stale: self.stale,
            figures: WriterFigures {
                given: self.given,
                written: held(&written),
                lost: held(&lost),
                bytes,
                files,
                errors: self.errors + u64::from(error.is_some()),
                failing: failing || error.is_some(),
            },
            error,
        }
    }
}

fn held(written: &Written) -> Held {
    Held {
        records: written.records,
        packets: written.packets,
        wire_bytes: written.wire_bytes,
    }
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
            let so_far = self.books.close(self.writer.output.figures(), None);
            *self.so_far.lock().unwrap_or_else(PoisonError::into_inner) = so_far;
        }
        let Self {
            writer: Writer { output, .. },
            books,
            ..
        } = self;
        let (figures, error) = output.finish();
        books.close(figures, error)
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
        self.books.given += Held::of(records);
        self.books.stale |= records
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
        if output.is_closed() {
            // Nobody reads any more.
            stop.ask();
        }
        self.note(result);
    }

    /// Says that the output fails, not too often, and when it does not any more. The next batch is tried
    /// all the same.
    fn note(&mut self, result: Result<(), Error>) {
        if let Err(error) = result {
            self.books.errors += 1;
            if self.complaint.is_none_or(|last| now() >= last + COMPLAIN) {
                self.complaint = Some(now());
                tracing::warn!("records are lost: {error}");
            }
        } else if self.complaint.is_some_and(|last| now() >= last + COMPLAIN) {
            let Figures { failing, lost, .. } = self.writer.output.figures();
            if !failing {
                self.complaint = None;
                tracing::warn!(
                    "records are written again: {} were lost so far",
                    lost.records
                );
            }
        }
    }
}
