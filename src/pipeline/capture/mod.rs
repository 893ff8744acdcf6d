//! Live runs: interfaces through lanes, records out while it goes on, books closed at the end.
//!
//! ```text
//!   LiveHandle ─▶ Lane ─┐ thread each                      ┌ signals, links: Control
//!   LiveHandle ─▶ Lane ─┴─▶ queue (bounded) ─▶ Writer ─▶ Rotated
//! ```
//!
//! Capture waits for nobody: what the queue or the disk does not take is counted as lost. Records end
//! as in a replay; where no packet moves the packet clock, the wall clock does, behind anything that is
//! still to come, so that it only emits early what would end the same.

mod clock;
mod control;
mod queue;
mod stop;
mod worker;
mod writer;

use super::books::{Books, Losses};
use super::output::Recorded;
use super::summary::{Input as InputBooks, Lost};
use super::target::probe_capture;
use super::{Failure, FailureKind, Job, Outcome};
use crate::config::Config;
use crate::export::{Compress, Rotated, Rotation};
use crate::lane::Lane;
use crate::source::{LinkWatch, LiveError, LiveHandle, LiveSettings};
use crate::tally::{Count, Tally};
use crate::time::NANOS_PER_SEC;
use clock::{now, wall};
use control::{Control, Gaps, Signals};
use crossbeam_channel::{Receiver, bounded};
use queue::{Batch, Held, queue};
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use stop::{Budget, Stop};
use worker::{Worked, Worker};
use writer::{LanePaths, Writer, Writing, Wrote};

/// When a live run ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// After so long.
    pub duration: Option<Duration>,
    /// After so many frames, over all lanes.
    pub frames: Option<u64>,
}

/// Captures from the configured interfaces until a signal or a limit ends it, or an interface is removed.
/// `ready` is called once, when frames are being captured.
///
/// # Errors
/// What kept the run from beginning. What goes wrong later is in the outcome.
pub fn capture(
    config: &Config,
    limits: Limits,
    ready: &mut dyn FnMut(&str),
) -> Result<Outcome, Failure> {
    probe_capture(config)?;
    let signals = Signals::new().map_err(|e| system("handle signals", &e))?;
    let (stop, woken) = Stop::new().map_err(|e| system("make a pipe", &e))?;
    let stop = Arc::new(stop);
    // Sockets first: they refuse everything until they are told to begin, however long the table takes.
    let mut handles = open(config)?;
    let job = super::job(config, Vec::new())?;
    let rotation = Rotation {
        bytes: config.export.rotate_bytes,
        nanos: config.export.rotate_secs.saturating_mul(NANOS_PER_SEC),
    };
    let output = Rotated::open(&job.target, job.format, rotation, Compress::None, wall())?;
    let names = &config.capture.interfaces;
    let links = LinkWatch::new(names.iter().map(String::as_str));
    let links = links.map_err(|e| system("watch the interfaces", &e))?;
    for handle in handles.iter_mut().flatten() {
        handle.begin()?;
    }
    let budget = Budget::new(limits.frames);
    let (outlet, records) = queue();
    let lanes: Vec<Vec<Worker<'_>>> = number(handles)
        .map(|interface| {
            let workers = interface.map(|(lane, handle)| {
                let road = Lane::new(&job.lane);
                Worker::new(handle, road, outlet(lane), &stop, &budget)
            });
            workers.collect()
        })
        .collect();
    drop(outlet);
    let (rotate, asked) = bounded(1);
    let control = Control {
        signals: &signals,
        links,
        names,
        woken,
        stop: &stop,
        rotate: &rotate,
        rotates: output.rotates(),
        deadline: limits.duration.and_then(|after| now().checked_add(after)),
    };
    let run = Running {
        job: &job,
        stop: &stop,
        output,
        lanes,
    };
    ready(&announcement(config));
    let (worked, wrote, gaps) = run.finish(control, records, asked);
    Ok(close(config, &job, worked, &wrote, &gaps))
}

/// Everything that is ready to run.
struct Running<'a> {
    job: &'a Job,
    stop: &'a Arc<Stop>,
    output: Rotated,
    /// By interface.
    lanes: Vec<Vec<Worker<'a>>>,
}

impl Running<'_> {
    fn finish(
        mut self,
        control: Control<'_>,
        records: Receiver<Batch>,
        asked: Receiver<()>,
    ) -> (Vec<Vec<Worked>>, Wrote, Vec<Gaps>) {
        let paths = self.lanes.iter_mut().flatten();
        let writer = Writer {
            output: self.output,
            format: self.job.format,
            sensor: self.job.sensor.clone(),
            settings: self.job.lane.flow.in_range(),
            table: Arc::clone(&self.job.lane.table),
            paths: paths.map(|lane| LanePaths::new(lane.paths())).collect(),
            stop: Arc::clone(self.stop),
        };
        let writing = Writing::start(writer, records, asked);
        let (worked, gaps) = thread::scope(|scope| {
            let lanes: Vec<Vec<_>> = self
                .lanes
                .into_iter()
                .map(|lanes| {
                    let lanes = lanes.into_iter();
                    lanes.map(|lane| scope.spawn(move || lane.run())).collect()
                })
                .collect();
            let gaps = control.watch();
            let worked: Vec<Vec<Worked>> = lanes
                .into_iter()
                .map(|lanes| lanes.into_iter().map(finished).collect())
                .collect();
            (worked, gaps)
        });
        let mut sent = Held::default();
        for lane in worked.iter().flatten() {
            sent += lane.sent;
        }
        (worked, writing.end(sent), gaps)
    }
}

/// What a thread gave; its panic is this one's too.
fn finished<T>(thread: thread::ScopedJoinHandle<'_, T>) -> T {
    match thread.join() {
        Ok(value) => value,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

fn open(config: &Config) -> Result<Vec<Vec<LiveHandle>>, LiveError> {
    let capture = &config.capture;
    let each = capture.interfaces.iter().map(|interface| {
        let settings = LiveSettings {
            interface: interface.clone(),
            filter: capture.filter.clone(),
            snaplen: capture.snaplen,
            ring_bytes: capture.ring_mib << 20,
            promisc: capture.promisc,
        };
        LiveHandle::open(&settings, capture.lanes)
    });
    each.collect()
}

/// Numbers the lanes through, over all interfaces.
fn number<T>(groups: Vec<Vec<T>>) -> impl Iterator<Item = impl Iterator<Item = (usize, T)>> {
    let mut next = 0;
    groups.into_iter().map(move |group| {
        let first = next;
        next += group.len();
        (first..).zip(group)
    })
}

fn announcement(config: &Config) -> String {
    let capture = &config.capture;
    let names = capture.interfaces.join(", ");
    let lanes = match capture.lanes {
        1 => "1 lane".to_owned(),
        many => format!("{many} lanes"),
    };
    format!("capturing: {names}: {lanes} each; SIGINT or SIGTERM ends it")
}

fn close(
    config: &Config,
    job: &Job,
    worked: Vec<Vec<Worked>>,
    wrote: &Wrote,
    gaps: &[Gaps],
) -> Outcome {
    let mut tally = Tally::default();
    let mut frames = Count::default();
    let mut shed = wrote.lost;
    let mut damaged = Vec::new();
    let mut inputs = Vec::new();
    let (mut evicted, mut dropped) = (0, 0);
    for ((name, lanes), gaps) in config.capture.interfaces.iter().zip(worked).zip(gaps) {
        let mut packets = 0;
        let mut trouble = None;
        // Of the interface: each of its lanes has counted the same.
        let mut by_interface = 0;
        for lane in lanes {
            packets += lane.frames.packets;
            frames += lane.frames;
            tally += &lane.tally;
            shed += lane.shed;
            evicted += lane.evicted;
            dropped += lane.drops.kernel;
            by_interface = by_interface.max(lane.drops.interface);
            trouble = trouble.or(lane.trouble);
        }
        dropped += by_interface;
        let complete = trouble.is_none() && gaps.count == 0;
        damaged.extend(trouble.map(|error| error.to_string()));
        if gaps.count > 0 {
            let (times, seconds) = (gaps.count, gaps.total.as_secs_f64());
            damaged.push(format!(
                "gap in the capture: {name}: it carried nothing {times} times, {seconds:.1} s in all"
            ));
        }
        inputs.push(InputBooks {
            path: name.clone(),
            packets,
            complete,
        });
    }
    damaged.extend(wrote.error.as_ref().map(ToString::to_string));
    let books = Books {
        frames,
        tally: &tally,
        recorded: &Recorded {
            written: wrote.written,
            evicted,
            stale: wrote.stale,
        },
        inputs,
    };
    let losses = Losses {
        kernel_dropped: dropped,
        lost: Lost {
            packets: shed.packets,
            records: shed.records,
        },
        lost_bytes: shed.wire_bytes,
    };
    Outcome {
        summary: books.close_with(&job.sensor, job.config.clone(), &job.lane.table, losses),
        damaged,
    }
}

fn system(what: &str, error: &io::Error) -> Failure {
    let what = format!("cannot {what} ({error})");
    Failure::new(
        FailureKind::Output,
        what,
        "this process",
        "check its limits",
    )
}

impl From<LiveError> for Failure {
    fn from(error: LiveError) -> Self {
        let kind = match &error {
            LiveError::NoSuchInterface { .. } | LiveError::Down { .. } | LiveError::Gone { .. } => {
                FailureKind::NoInput
            }
            LiveError::Permission { .. } => FailureKind::Permission,
            LiveError::Filter { .. } => FailureKind::Configuration,
            LiveError::Failed { .. } => FailureKind::Output,
        };
        let mut line = error.to_string();
        if kind == FailureKind::Permission {
            let program = std::env::current_exe();
            let program =
                program.map_or_else(|_| "sekisho".into(), |path| path.display().to_string());
            line.push_str(&format!(
                ": setcap cap_net_raw+ep {program}, or AmbientCapabilities=CAP_NET_RAW in its systemd unit"
            ));
        }
        Self::line(kind, line)
    }
}
