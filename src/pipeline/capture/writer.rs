//! The one thread that renders records and writes them, in the order in which they come.
//!
//! It may be held up by a disk or a pipe, for good: nothing waits for it without a limit.

use super::bookkeeper::Notes;
use super::clock::{now, wall};
use super::queue::Batch;
use super::stop::Stop;
use crate::export::{
    Digested, Error, Figures, Format, Rendered, Rotated, Run, RunContext, Written, render,
};
use crate::flow::{Held, PathList, Paths, Settings};
use crate::metrics::Board;
use crate::pipeline::entries;
use crossbeam_channel::{Receiver, bounded, select};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Between two looks at whether a file is due.
const TICK: Duration = Duration::from_millis(250);

/// Between two lines on an output that fails.
const COMPLAIN: Duration = Duration::from_secs(10);

/// Between two times that a collector is told what was counted. *Guessed*: no longer than what watches over
/// many sensors waits for one.
const TOTALS: Duration = Duration::from_secs(60);

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
    /// If a ledger is kept.
    pub notes: Option<Notes>,
    /// Where lanes say what they counted.
    pub board: Arc<Board>,
}

/// What was written, and what not.
#[derive(Default)]
pub(super) struct Wrote {
    pub written: Written,
    /// What the queue took and no output did.
    pub lost: Held,
    pub stale: bool,
    pub figures: WriterFigures,
    /// The files that are complete, where their digests are wanted.
    pub completed: Vec<Digested>,
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
            totals_due: now() + TOTALS,
        };
        // Not joined: what it waits for may never come.
        thread::spawn(move || {
            let _ = give.send(working.run(&queue, &rotate));
        });
        Self { done, so_far }
    }

    /// What it did so far: no older than its last batch or a quarter of a second, unless the output holds
    /// it up.
    /// And whether the table was too old for some record.
    pub(super) fn figures(&self) -> (WriterFigures, bool) {
        let so_far = self.so_far.lock().unwrap_or_else(PoisonError::into_inner);
        (so_far.figures, so_far.stale)
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
    totals_due: Instant,
}

/// What only the writer knows of what it did.
#[derive(Clone, Copy, Default)]
struct Books {
    given: Held,
    errors: u64,
    stale: bool,
    /// Records that were lost when it was last looked.
    lost: u64,
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
            completed: Vec::new(),
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
        let mut rendered = Rendered::default();
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
            if now() >= self.totals_due {
                self.totals_due = now() + TOTALS;
                self.tell_totals();
            }
            if let Some(notes) = &self.writer.notes {
                let completed = self.writer.output.take_completed();
                completed
                    .iter()
                    .for_each(|file| notes.event(entries::export(file)));
            }
            let so_far = self.books.close(self.writer.output.figures(), None);
            *self.so_far.lock().unwrap_or_else(PoisonError::into_inner) = so_far;
        }
        // Every lane has said its last.
        self.tell_totals();
        let Self {
            writer: Writer { output, .. },
            books,
            ..
        } = self;
        let (figures, completed, error) = output.finish();
        Wrote {
            completed,
            ..books.close(figures, error)
        }
    }

    fn write(&mut self, batch: &Batch, rendered: &mut Rendered) {
        let Batch {
            lane,
            records,
            holds,
            end,
            table,
            terms,
        } = batch;
        let Writer {
            output,
            format,
            sensor,
            settings,
            paths,
            stop,
            notes: _,
            board: _,
        } = &mut self.writer;
        let Some(paths) = paths.get_mut(*lane) else {
            return;
        };
        if !records.iter().all(|ended| paths.known.holds(ended.path())) {
            paths.known = paths.shared.list();
        }
        self.books.given += *holds;
        self.books.stale |= records
            .iter()
            .any(|ended| table.is_stale_at(ended.start().nanos()));
        let context = RunContext::new(Run {
            sensor,
            end: *end,
            settings: *settings,
            paths: &paths.known,
            atlas: &**table,
            terms,
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

    /// Tells whoever takes the records what was counted so far.
    fn tell_totals(&mut self) {
        let (frames, tally, dropped) = self.writer.board.counted();
        let totals = entries::told(frames, &tally, dropped);
        let result = self.writer.output.note(&totals, wall());
        self.note(result);
    }

    /// Says that the output fails, not too often, and when it does not any more. The next batch is tried
    /// all the same.
    fn note(&mut self, result: Result<(), Error>) {
        let Figures { failing, lost, .. } = self.writer.output.figures();
        let before = std::mem::replace(&mut self.books.lost, lost.records);
        let is_due = self.complaint.is_none_or(|last| now() >= last + COMPLAIN);
        match result {
            Err(error) => {
                self.books.errors += 1;
                if is_due {
                    self.complaint = Some(now());
                    let what = if lost.records > before {
                        "records are lost"
                    } else {
                        "output fails"
                    };
                    tracing::warn!("{what}: {error}");
                }
            }
            Ok(()) if is_due && !failing && self.complaint.is_some() => {
                self.complaint = None;
                tracing::warn!(
                    "output works again: {} records were lost so far",
                    lost.records
                );
            }
            Ok(()) => {}
        }
    }
}

#[cfg(test)]
#[cfg(feature = "embedded-geo")]
mod tests {
    use super::super::queue::queue;
    use super::*;
    use crate::export::{Compress, Rotation, Terms};
    use crate::flow::FlowTable;
    use crate::flow::tests::a_udp_packet;
    use std::fs;
    use std::path::Path;

    const SETTINGS: Settings = Settings {
        idle: 60_000_000_000,
        active: 300_000_000_000,
        max_flows: 1_000,
        seed: 7,
    };

    /// Hands ten records to a writer and waits until it has them; the last ones perhaps under other terms.
    fn written_to(target: &Path, other: Option<Terms>, between: impl FnOnce(&Writing)) -> Wrote {
        let table = crate::geo::Table::build(&crate::geo::Settings::default()).unwrap();
        let table = Arc::new(table);
        let mut flows = FlowTable::new(&SETTINGS);
        let paths = vec![LanePaths::new(flows.paths())];
        for number in 0..10 {
            flows.add(&a_udp_packet(number));
        }
        let mut records = Vec::new();
        let (_, _, live) = flows.end(&mut records);
        records.extend(live.iter());
        let rotation = Rotation {
            bytes: 1,
            nanos: 1 << 60,
        };
        let format = Format::Jsonl;
        let output =
            Rotated::open(target, format, rotation, Compress::None, false, wall()).unwrap();
        let (stop, _woken) = Stop::new().unwrap();
        let writer = Writer {
            output,
            format,
            sensor: "test".to_owned(),
            settings: SETTINGS,
            paths,
            stop,
            notes: None,
            board: Arc::new(Board::new(wall(), [], 0)),
        };
        let (outlet, queue) = queue(&table, &Arc::default());
        let (_rotate, asked) = bounded(1);
        let writing = Writing::start(writer, queue, asked);
        let mut lane = outlet(0);
        let mut last = records.split_off(if other.is_some() { 4 } else { 10 });
        lane.hand_over(&mut records, crate::flow::Timestamp::ZERO, None);
        lane.renew(table, Arc::new(other.unwrap_or_default()));
        lane.hand_over(&mut last, crate::flow::Timestamp::ZERO, None);
        let begun = now();
        while writing.figures().0.given.records < 10 {
            assert!(begun.elapsed() < Duration::from_secs(60));
            thread::sleep(Duration::from_millis(5));
        }
        between(&writing);
        let (sent, _) = lane.counts();
        drop((lane, outlet));
        writing.end(sent)
    }

    #[test]
    fn figures_are_known_while_the_writer_works_and_add_up_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let wrote = written_to(folder.path(), None, |writing| {
            let (figures, _) = writing.figures();
            assert_eq!((figures.written, figures.files), (figures.given, 1));
            assert!(figures.bytes > 0 && !figures.failing);
        });
        let figures = wrote.figures;
        assert_eq!((figures.given.packets, figures.errors), (10, 0));
        assert_eq!(figures.written, held(&wrote.written));
        assert_eq!(figures.lost, Held::default());
        let file = fs::read_dir(folder.path()).unwrap().next().unwrap();
        assert_eq!(file.unwrap().metadata().unwrap().len(), figures.bytes);
    }

    #[test]
    fn what_no_output_takes_is_lost_and_shows_in_the_figures() {
        let folder = tempfile::tempdir().unwrap();
        let wrote = written_to(&folder.path().join("none/"), None, |writing| {
            assert!(writing.figures().0.failing);
        });
        let figures = wrote.figures;
        assert_eq!((figures.lost, wrote.lost), (figures.given, figures.given));
        assert_eq!((figures.written, figures.errors), (Held::default(), 1));
    }

    #[test]
    fn each_record_names_the_authorisations_under_which_it_was_collected() {
        let folder = tempfile::tempdir().unwrap();
        let other = Terms {
            authorisation: "next".to_owned(),
            ..Terms::default()
        };
        written_to(folder.path(), Some(other), |_| {});
        let files = fs::read_dir(folder.path()).unwrap().flatten();
        let text: String = files
            .map(|file| fs::read_to_string(file.path()).unwrap())
            .collect();
        let named = |id: &str| text.matches(&format!("\"authorisation\":\"{id}\"")).count();
        assert_eq!((named("self-authorised"), named("next")), (4, 6));
    }
}
