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

mod bookkeeper;
mod clock;
mod close;
mod control;
mod lengths;
mod link_types;
mod packet_time;
mod privilege;
mod publish;
mod queue;
mod reload;
mod renewal;
mod service;
mod state;
mod stop;
mod worker;
mod writer;

pub use reload::Reread;

use super::entries;
use super::keeper::Keeper;
use super::target::probe_capture;
use super::{Authorities, Failure, FailureKind, Outcome, Standings};
use crate::config::Config;
use crate::export::{Format, Opening, Rotated, Rotation, SpoolPlace, Target};
use crate::flow::Held;
use crate::lane::Lane;
use crate::ledger::{self, Mode};
use crate::metrics::{Endpoint, Listen, ListenError};
use crate::sandbox;
use crate::source::{LinkWatch, LiveError, LiveHandle, LiveSettings};
use crate::spelling::reason;
use crate::time::NANOS_PER_SEC;
use bookkeeper::{Bookkeeper, Cuts};
use clock::{now, wall};
use close::close;
use control::{Control, Signals, Watched};
use crossbeam_channel::bounded;
use lengths::Lengths;
use publish::{Process, Publishing};
use queue::queue;
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
use writer::{LanePaths, Writer, Writing};

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
    sandbox::begin();
    let _lock = config.state.as_deref().map(StateLock::take).transpose()?;
    probe_capture(config)?;
    let keeper = Keeper::open(config)?;
    let service = Service::from_environment();
    let process = Process::new();
    let endpoint = endpoint(config)?;
    let signals = Signals::new().map_err(|e| system("handle signals", &e))?;
    let (stop, woken) = Stop::new().map_err(|e| system("make a pipe", &e))?;
    // Sockets first: they refuse everything until they are told to begin, however long the table takes.
    let mut handles = open(config)?;
    link_types::check(&config.capture.interfaces, &handles)?;
    let names = &config.capture.interfaces;
    let links = LinkWatch::new(names.iter().map(String::as_str));
    let links = links.map_err(|e| system("watch the interfaces", &e))?;
    let lengths = Lengths::new(names);
    let listen = endpoint.as_ref().map(Endpoint::place);
    let early = open_early(config)?;
    let report = privilege::give_up(config, reread, listen)?;
    say(&report.to_string());
    report.notes().iter().for_each(|note| say(note));
    let authorities = Authorities::load(config, &config.capture.interfaces)?;
    let job = super::job(config, Vec::new(), &authorities)?;
    let compress = config.export.compress;
    let mut opening = live(config, job.opening());
    if let Some((ledger, keeper)) = opening.ledger.as_mut().zip(keeper.as_ref()) {
        ledger.entries = Some(keeper.entries());
    }
    let mut output = match early {
        Some(output) => output,
        None => Rotated::open_as(&opening, compress, wall())?,
    };
    let rotates = output.rotates();
    let board = publish::board(config, &job.lane.table, handles.len(), wall());
    privilege::publish(&report, &board);
    // Kept until the end: dropped, it answers no more.
    let _serving = endpoint
        .map(|endpoint| endpoint.serve(Arc::clone(&board)))
        .transpose()
        .map_err(|e| system("serve metrics", &e))?;
    for handle in handles.iter_mut().flatten() {
        handle.begin()?;
    }
    let (renewals, taken) = Renewals::new(handles.len());
    let begun = wall();
    let bookkeeper = match keeper {
        None => None,
        Some(mut keeper) => {
            let events = entries::beginning(Mode::Capture, 0, config, &job.lane.table);
            keeper.begin(Some(begun), &output.take_completed(), events)?;
            let stop = stop.clone();
            Some(Bookkeeper::start(keeper, handles.len(), begun, stop))
        }
    };
    let shared = Shared {
        cuts: Cuts::default(),
        lengths,
        notes: bookkeeper.as_ref().map(|keeper| keeper.notes.clone()),
        stop,
        budget: Budget::new(limits.frames),
        renewals,
        beats: handles.iter().map(|_| AtomicU64::new(0)).collect(),
        board: Arc::clone(&board),
    };
    let (outlet, records) = queue(&job.lane.table);
    let lanes = handles.into_iter().enumerate().map(|(number, handles)| {
        let road = Lane::new(&job.lane);
        Worker::new(number, handles, road, outlet(number), &shared)
    });
    let mut lanes: Vec<Worker<'_>> = lanes.collect();
    drop(outlet);
    let paths = lanes.iter_mut().map(|lane| LanePaths::new(lane.paths()));
    let writer = Writer {
        output,
        format: job.format,
        sensor: job.sensor.clone(),
        settings: job.lane.flow.in_range(),
        terms: job.terms.clone(),
        paths: paths.collect(),
        stop: shared.stop.clone(),
        notes: shared.notes.clone(),
        board: Arc::clone(&board),
    };
    let (rotate, asked) = bounded(1);
    let writing = Writing::start(writer, records.clone(), asked);
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
        settings: Settings::new(config, &job.lane.table, authorities, reread),
        standings: Standings::default(),
        service: &service,
        announcement: &announcement,
        say,
        rotate: rotates.then_some(&rotate),
        deadline: limits.duration.and_then(|after| now().checked_add(after)),
        publishing: Publishing::new(&board, process, &writing, records),
        interval: bookkeeper
            .is_some()
            .then_some(Duration::from_secs(config.ledger.interval_secs)),
    };
    let (worked, watched) = run(lanes, control);
    let mut sent = Held::default();
    for lane in &worked {
        sent += lane.sent;
    }
    let wrote = writing.end(sent);
    let (mut outcome, totals) = close(&watched, &job.sensor, worked, &wrote);
    let stopped = ledger::Stop {
        totals,
        balanced: outcome.summary.balanced,
    };
    // Of what is written nowhere there is no file.
    let exports = match job.format {
        Format::Null => entries::exports(&[], &totals),
        _ => wrote.completed.iter().map(entries::export).collect(),
    };
    if let Some(Err(failure)) = bookkeeper.map(|keeper| keeper.end(exports, stopped)) {
        outcome.damaged.push(failure.to_string());
        outcome.ended_by = outcome.ended_by.or(Some(failure.kind()));
    }
    Ok(outcome)
}

/// Runs the lanes, each on a thread, and watches them until the last one is done.
fn run(lanes: Vec<Worker<'_>>, control: Control<'_>) -> (Vec<Worked>, Watched) {
    thread::scope(|scope| {
        let lanes = lanes.into_iter();
        let lanes: Vec<_> = lanes.map(|lane| scope.spawn(move || lane.run())).collect();
        let watched = control.watch();
        (lanes.into_iter().map(finished).collect(), watched)
    })
}

/// Where metrics are asked for, if anywhere: bound before privileges are given up.
fn endpoint(config: &Config) -> Result<Option<Endpoint>, Failure> {
    let listen = &config.metrics.listen;
    if listen.is_empty() {
        return Ok(None);
    }
    let place: Listen = listen.parse().map_err(|error: ListenError| {
        Failure::line(FailureKind::Configuration, error.to_string())
    })?;
    let endpoint = Endpoint::bind(&place).map_err(|error| {
        let kind = if error.is_permission() {
            FailureKind::Permission
        } else {
            FailureKind::Configuration
        };
        Failure::line(kind, error.to_string())
    })?;
    Ok(Some(endpoint))
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

/// An output as a live run opens it.
fn live(config: &Config, opening: Opening) -> Opening {
    let export = &config.export;
    Opening {
        is_live: true,
        rotation: Rotation {
            bytes: export.rotate_bytes,
            nanos: export.rotate_secs.saturating_mul(NANOS_PER_SEC),
        },
        spool: export.spool.clone().map(|folder| SpoolPlace {
            folder,
            bytes: export.spool_bytes,
        }),
        ..opening
    }
}

/// A way to a collector of IPFIX, if records go to one: its name is asked for and a socket opened while that is
/// still allowed.
fn open_early(config: &Config) -> Result<Option<Rotated>, Failure> {
    let export = &config.export;
    let is_early = matches!(export.output, Target::Udp(_) | Target::Tcp(_));
    if !is_early || export.format == Format::Null {
        return Ok(None);
    }
    let opening = Opening {
        digest: config.ledger.folder.is_some(),
        sensor: config.sensor.clone(),
        enterprise: export.ipfix_enterprise,
        ..Opening::new(&export.output, export.format)
    };
    let opening = live(config, opening);
    Ok(Some(Rotated::open_as(&opening, export.compress, wall())?))
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
    let what = format!("cannot {what} ({})", reason(error));
    Failure::new(
        FailureKind::Output,
        what,
        "this process",
        "check its limits",
    )
}
