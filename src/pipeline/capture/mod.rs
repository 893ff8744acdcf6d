//! Live runs: interfaces through lanes, records out while it goes on, books closed at the end.
//!
//! ```text
//!   a LiveHandle an interface ─▶ Lane ─┐ thread each
//!   a LiveHandle an interface ─▶ Lane ─┴─▶ queue (bounded) ─▶ Writer ─▶ Rotated
//!                 ▲ Renewals                beside: Control (signals, links, reload, service)
//! ```
//!
//! Capture waits for nobody: what the queue or the disk does not take is counted as lost. Records end
//! as in a replay; where no packet moves the packet clock, passing time does, behind anything that is still
//! to come, so that it only emits early what would end the same.

mod clock;
mod close;
mod control;
mod link_types;
mod queue;
mod reload;
mod renewal;
mod service;
mod state;
mod stop;
mod worker;
mod writer;

pub use reload::Reread;

use super::target::probe_capture;
use super::{Failure, FailureKind, Job, Outcome};
use crate::config::Config;
use crate::export::{Compress, Rotated, Rotation};
use crate::lane::Lane;
use crate::source::{LinkWatch, LiveError, LiveHandle, LiveSettings};
use crate::time::NANOS_PER_SEC;
use clock::{now, wall};
use close::close;
use control::{Control, Signals, Watched};
use crossbeam_channel::{Receiver, bounded};
use queue::{Batch, Held, queue};
use reload::Settings;
use renewal::Renewals;
use service::Service;
use state::StateLock;
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread;
use std::time::Duration;
use stop::{Budget, Stop};
use worker::{Shared, Worked, Worker};
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
/// `reread` gives the settings anew when SIGHUP asks for them; `say` is told, in lines for people, when
/// frames are being captured and what becomes of reloads.
///
/// # Errors
/// What kept the run from beginning. What goes wrong later is in the outcome.
pub fn capture(
    config: &Config,
    limits: Limits,
    reread: &Reread<'_>,
    say: &mut dyn FnMut(&str),
) -> Result<Outcome, Failure> {
    let _lock = config.state.as_deref().map(StateLock::take).transpose()?;
    probe_capture(config)?;
    let service = Service::from_environment();
    let signals = Signals::new().map_err(|e| system("handle signals", &e))?;
    let (stop, woken) = Stop::new().map_err(|e| system("make a pipe", &e))?;
    // Sockets first: they refuse everything until they are told to begin, however long the table takes.
    let mut handles = open(config)?;
    link_types::check(&config.capture.interfaces, &handles)?;
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
    let (renewals, taken) = Renewals::new(handles.len());
    let shared = Shared {
        stop,
        budget: Budget::new(limits.frames),
        renewals,
        beats: handles.iter().map(|_| AtomicU64::new(0)).collect(),
    };
    let (outlet, records) = queue(&job.lane.table);
    let lanes = handles.into_iter().enumerate().map(|(number, handles)| {
        let road = Lane::new(&job.lane);
        Worker::new(number, handles, road, outlet(number), &shared)
    });
    let lanes: Vec<Worker<'_>> = lanes.collect();
    drop(outlet);
    let (rotate, asked) = bounded(1);
    let announcement = announcement(config);
    say(&announcement);
    service.ready(&announcement);
    let control = Control {
        signals: &signals,
        links,
        names,
        woken,
        shared: &shared,
        taken,
        settings: Settings {
            config: config.clone(),
            table: Arc::clone(&job.lane.table),
            reread,
        },
        service: &service,
        announcement: &announcement,
        say,
        rotate: &rotate,
        rotates: output.rotates(),
        deadline: limits.duration.and_then(|after| now().checked_add(after)),
    };
    let run = Running {
        job: &job,
        shared: &shared,
        output,
        lanes,
    };
    let (worked, wrote, watched) = run.finish(control, records, asked);
    Ok(close(
        &watched.settings,
        &job,
        worked,
        &wrote,
        &watched.gaps,
    ))
}

/// Everything that is ready to run.
struct Running<'a> {
    job: &'a Job,
    shared: &'a Shared,
    output: Rotated,
    lanes: Vec<Worker<'a>>,
}

impl Running<'_> {
    fn finish<'c>(
        mut self,
        control: Control<'c>,
        records: Receiver<Batch>,
        asked: Receiver<()>,
    ) -> (Vec<Worked>, Wrote, Watched<'c>) {
        let writer = Writer {
            output: self.output,
            format: self.job.format,
            sensor: self.job.sensor.clone(),
            settings: self.job.lane.flow.in_range(),
            paths: self
                .lanes
                .iter_mut()
                .map(|lane| LanePaths::new(lane.paths()))
                .collect(),
            stop: self.shared.stop.clone(),
        };
        let writing = Writing::start(writer, records, asked);
        let (worked, watched) = thread::scope(|scope| {
            let lanes = self.lanes.into_iter();
            let lanes: Vec<_> = lanes.map(|lane| scope.spawn(move || lane.run())).collect();
            let watched = control.watch();
            let worked: Vec<Worked> = lanes.into_iter().map(finished).collect();
            (worked, watched)
        });
        let mut sent = Held::default();
        for lane in &worked {
            sent += lane.sent;
        }
        (worked, writing.end(sent), watched)
    }
}

/// What a thread gave; its panic is this one's too.
fn finished<T>(thread: thread::ScopedJoinHandle<'_, T>) -> T {
    match thread.join() {
        Ok(value) => value,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// Opens a handle for each lane on each interface: by lane, then by interface. What goes between the same
/// two ends comes to the same lane, whichever interface it comes in on.
fn open(config: &Config) -> Result<Vec<Vec<LiveHandle>>, LiveError> {
    let capture = &config.capture;
    let secret = RandomState::new().hash_one(0) as u32;
    let mut lanes: Vec<Vec<LiveHandle>> = (0..capture.lanes).map(|_| Vec::new()).collect();
    for interface in &capture.interfaces {
        let settings = LiveSettings {
            interface: interface.clone(),
            filter: capture.filter.clone(),
            snaplen: capture.snaplen,
            ring_bytes: capture.ring_mib << 20,
            promisc: capture.promisc,
            secret,
        };
        let handles = LiveHandle::open(&settings, capture.lanes)?;
        for (lane, handle) in lanes.iter_mut().zip(handles) {
            lane.push(handle);
        }
    }
    Ok(lanes)
}

fn announcement(config: &Config) -> String {
    let capture = &config.capture;
    let names = capture.interfaces.join(", ");
    let lanes = match capture.lanes {
        1 => "1 lane".to_owned(),
        many => format!("{many} lanes"),
    };
    format!("capturing: {names}: {lanes}; SIGINT or SIGTERM ends it")
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
