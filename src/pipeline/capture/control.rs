//! What is told to a live run from outside: signals, changes of its interfaces, the end of its time.

use super::clock::{now, wall};
use super::publish::{self, Publishing};
use super::reload::{Found, Settings};
use super::renewal::Taken;
use super::service::Service;
use super::worker::Shared;
use crate::config::Config;
use crate::geo::Table;
use crate::ledger::{self, Event, Gap, GapCause, Moment, Standing};
use crate::metrics::{Reload, ReloadFigures};
use crate::pipeline::{Authorities, Standings, authority_line, entries};
use crate::source::{LinkChange, LinkWatch};
use crate::time::Timestamp;
use crossbeam_channel::Sender;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::{flag, low_level};
use std::io::{self, Read as _};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Between two times that figures are published.
const PUBLISH: Duration = Duration::from_secs(1);

/// Between two times that the service manager is told how it goes.
const STATUS: Duration = Duration::from_secs(10);

/// The exit code of a run that a second signal ended at once.
const AT_ONCE: i32 = 130;

/// Signals as bytes in streams.
pub(super) struct Signals {
    end: UnixStream,
    rotate: UnixStream,
    reload: UnixStream,
}

impl Signals {
    /// Takes over SIGTERM, SIGINT, SIGUSR1 and SIGHUP, for the rest of the process.
    pub(super) fn new() -> io::Result<Self> {
        let asked = Arc::new(AtomicBool::new(false));
        for signal in [SIGTERM, SIGINT] {
            // In this order: the second signal finds the flag of the first.
            flag::register_conditional_shutdown(signal, AT_ONCE, Arc::clone(&asked))?;
            flag::register(signal, Arc::clone(&asked))?;
        }
        Ok(Self {
            end: stream(&[SIGTERM, SIGINT])?,
            rotate: stream(&[SIGUSR1])?,
            reload: stream(&[SIGHUP])?,
        })
    }
}

fn stream(signals: &[i32]) -> io::Result<UnixStream> {
    let (read, write) = UnixStream::pair()?;
    read.set_nonblocking(true)?;
    for signal in signals {
        low_level::pipe::register(*signal, write.try_clone()?)?;
    }
    Ok(read)
}

/// Times without a carrier.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Gaps {
    pub count: u64,
    pub total: Duration,
    since: Option<Instant>,
    /// Likewise, by the wall clock.
    since_wall: Option<Timestamp>,
}

impl Gaps {
    fn begin(&mut self, at: Instant) {
        self.count += 1;
        self.since = Some(at);
        self.since_wall = Some(wall());
    }

    fn end(&mut self, at: Instant) {
        self.total = self.until(at);
        self.since = None;
        self.since_wall = None;
    }

    /// Whether there is a carrier.
    pub(super) const fn are_over(&self) -> bool {
        self.since.is_none()
    }

    /// All of them until a moment, the present one too.
    pub(super) fn until(&self, at: Instant) -> Duration {
        let present = self.since.map(|since| at.saturating_duration_since(since));
        self.total + present.unwrap_or_default()
    }
}

/// Watches until the end.
pub(super) struct Control<'a> {
    pub signals: &'a Signals,
    pub links: LinkWatch,
    pub names: &'a [String],
    pub woken: UnixStream,
    pub shared: &'a Shared,
    pub taken: Taken,
    pub settings: Settings<'a>,
    /// How authorisations stood when it was last told.
    pub standings: Standings,
    pub service: &'a Service,
    /// What the sensor says of itself, once it runs.
    pub announcement: &'a str,
    pub say: &'a mut dyn FnMut(&str),
    /// Where to ask for it, if the output is one that does.
    pub rotate: Option<&'a Sender<()>>,
    pub deadline: Option<Instant>,
    pub publishing: Publishing<'a>,
    /// How long an interval of the ledger is, if one is kept.
    pub interval: Option<Duration>,
}

/// What was seen until the end.
pub(super) struct Watched {
    /// By interface.
    pub gaps: Vec<Gaps>,
    /// The settings in force in the end.
    pub config: Config,
    /// The table in force in the end.
    pub table: Arc<Table>,
    /// What it is authorised by in the end.
    pub authorities: Authorities,
}

impl Control<'_> {
    /// Returns when the end was asked for.
    pub(super) fn watch(mut self) -> Watched {
        let mut gaps = vec![Gaps::default(); self.names.len()];
        let mut life = Life::new(self.shared, self.service.watchdog());
        let mut reloads = Reloads::default();
        let mut due = now();
        let mut boundary = self.interval.map(|length| now() + until_boundary(length));
        let mut status_due = now() + STATUS;
        while !self.shared.stop.is_asked() {
            if self.deadline.is_some_and(|deadline| now() >= deadline) {
                self.shared.stop.ask();
                break;
            }
            let until = self
                .deadline
                .into_iter()
                .chain(life.due())
                .chain(boundary)
                .chain([due])
                .min();
            self.wait(until);
            if now() >= due {
                due = now() + PUBLISH;
                self.tell_of_authorities();
                let stale = self.publishing.tick(&gaps, now());
                if stale != reloads.stale {
                    reloads.stale = stale;
                    self.publish_geo(&reloads);
                }
            }
            if let (Some(due), Some(length), Some(notes)) =
                (&mut boundary, self.interval, &self.shared.notes)
                && now() >= *due
            {
                *due = now() + until_boundary(length);
                self.shared.cuts.next(notes, self.publishing.lost());
            }
            if now() >= status_due {
                status_due = now() + STATUS;
                let (frames, dropped) = self.publishing.board.seen();
                let more = format!("{frames} frames so far, {dropped} dropped before them");
                self.service
                    .status(&format!("{}; {more}", self.announcement));
            }
            if life.is_shown() {
                self.service.alive();
            }
            if took(&self.signals.end) {
                tracing::info!("asked to end");
                self.shared.stop.ask();
            }
            if took(&self.signals.reload) {
                self.reload(&mut reloads);
            }
            if took(&self.signals.rotate) {
                self.ask_to_rotate();
            }
            for change in self.links.changes() {
                self.note(change, &mut gaps);
            }
        }
        self.service.stopping();
        for (at, gaps) in gaps.iter_mut().enumerate() {
            self.tell_gap(at, gaps);
            gaps.end(now());
        }
        self.publishing.tick(&gaps, now());
        Watched {
            gaps,
            config: self.settings.config,
            table: self.settings.table,
            authorities: self.settings.authorities,
        }
    }

    fn wait(&self, until: Option<Instant>) {
        let streams = [
            &self.signals.end,
            &self.signals.rotate,
            &self.signals.reload,
            &self.woken,
        ];
        let mut polled: Vec<PollFd<'_>> = streams
            .into_iter()
            .map(|stream| PollFd::new(stream, PollFlags::IN))
            .chain([PollFd::new(&self.links, PollFlags::IN)])
            .collect();
        // What does not fit is longer than anybody waits.
        let left = until.map(|until| until.saturating_duration_since(now()));
        let left = left.and_then(|left| Timespec::try_from(left).ok());
        // Interrupted by a signal, or ended: what for is seen at the streams.
        let _ = poll(&mut polled, left.as_ref());
    }

    /// All of the new settings, or none.
    fn reload(&mut self, reloads: &mut Reloads) {
        self.service.reloading();
        let begun = now();
        let found = self.settings.reload();
        let done = found.is_ok();
        let renewed = matches!(found, Ok(Found::New(_)));
        let line = match found {
            Err(error) => format!("reload refused: {error}: the settings of before stay in force"),
            Ok(Found::Nothing) => "reloaded: nothing has changed".to_owned(),
            Ok(Found::New(renewal)) => {
                reloads.tables += 1;
                // How they stand before a lane judges by them.
                self.tell_of_authorities();
                let table: String = renewal.table.digest_hex().chars().take(16).collect();
                let lanes = self.shared.beats.len();
                let number = self.shared.renewals.ask(*renewal);
                let taken = self.taken.by(lanes, number, now() + Taken::PATIENCE);
                let millis = begun.elapsed().as_millis();
                if taken == lanes {
                    format!("reloaded: table {table} serves, {millis} ms after it was asked for")
                } else {
                    format!("reloaded: table {table}: {taken} of {lanes} lanes have it so far")
                }
            }
        };
        (self.say)(&line);
        self.service.ready(self.announcement);
        let figures = &mut reloads.figures;
        if done {
            figures.done += 1;
        } else {
            figures.refused += 1;
        }
        figures.last = Some(Reload { at: wall(), done });
        self.publishing.board.publish_reloads(*figures);
        if let Some(notes) = &self.shared.notes {
            notes.event(Event::Reload(ledger::Reload { done }));
            if renewed {
                notes.event(entries::configured(&self.settings.config));
                notes.event(entries::geo(&self.settings.table));
                let Settings {
                    authorities, table, ..
                } = &self.settings;
                // All of them, whether they changed or not; people are told of changes only.
                let mut anew = Standings::default();
                let leave = entries::leave(&mut anew, authorities, table, wall());
                leave.into_iter().for_each(|event| notes.event(event));
            }
        }
        let identity = publish::identity(&self.settings.config);
        self.publishing.board.publish_identity(identity);
        self.publish_geo(reloads);
    }

    /// Says which authorisations began, ended or were used up. The gate needs no telling: it judges by each
    /// packet's own time.
    fn tell_of_authorities(&mut self) {
        let Settings {
            authorities, table, ..
        } = &self.settings;
        for event in entries::leave(&mut self.standings, authorities, table, wall()) {
            // The operator itself: nothing to tell.
            if let Event::Authority(entry) = &event
                && entry.standing != Standing::SelfAuthorised
            {
                (self.say)(&authority_line(entry));
            }
            if let Some(notes) = &self.shared.notes {
                notes.event(event);
            }
        }
    }

    fn publish_geo(&self, reloads: &Reloads) {
        let epoch = reloads.tables + 1;
        let figures = publish::geo(&self.settings.table, epoch, reloads.stale);
        self.publishing.board.publish_geo(figures);
    }

    /// Tells the ledger of a gap that is over, or goes on to the end.
    fn tell_gap(&self, at: usize, gaps: &Gaps) {
        if let (Some(notes), Some(since)) = (&self.shared.notes, gaps.since_wall) {
            notes.event(Event::Gap(Gap {
                cause: GapCause::LinkDown,
                from: Moment(since),
                to: Moment(wall().max(since)),
                interface: self.names.get(at).cloned(),
            }));
        }
    }

    fn ask_to_rotate(&self) {
        match self.rotate {
            // Full: it is asked already.
            Some(rotate) => drop(rotate.try_send(())),
            None => tracing::warn!("SIGUSR1 changes nothing: the output is no file"),
        }
    }

    fn note(&self, change: LinkChange, gaps: &mut [Gaps]) {
        let (LinkChange::Down(at) | LinkChange::Up(at) | LinkChange::Gone(at)) = change;
        let (Some(name), Some(gaps)) = (self.names.get(at), gaps.get_mut(at)) else {
            return;
        };
        match change {
            LinkChange::Down(_) => {
                gaps.begin(now());
                tracing::warn!(
                    "interface carries nothing: {name}: capture goes on when it does again"
                );
            }
            LinkChange::Up(_) => {
                self.tell_gap(at, gaps);
                gaps.end(now());
                tracing::warn!("interface carries again: {name}");
            }
            LinkChange::Gone(_) => self.shared.stop.ask(),
        }
    }
}

/// How reloads went so far.
#[derive(Default)]
struct Reloads {
    figures: ReloadFigures,
    /// Tables that took the place of the first.
    tables: u64,
    /// Whether a table was too old for some record.
    stale: bool,
}

/// Signs of life for a watchdog: given only while every lane moves.
struct Life<'a> {
    shared: &'a Shared,
    every: Option<Duration>,
    due: Option<Instant>,
    seen: Vec<u64>,
}

impl<'a> Life<'a> {
    fn new(shared: &'a Shared, every: Option<Duration>) -> Self {
        Self {
            shared,
            every,
            due: every.map(|every| now() + every),
            seen: vec![0; shared.beats.len()],
        }
    }

    const fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Whether a sign is due and every lane has moved since the last one was.
    fn is_shown(&mut self) -> bool {
        let (Some(due), Some(every)) = (self.due, self.every) else {
            return false;
        };
        if now() < due {
            return false;
        }
        self.due = Some(now() + every);
        let beats = self.shared.beats.iter();
        let beats: Vec<u64> = beats.map(|beats| beats.load(Ordering::Relaxed)).collect();
        let all_move = beats
            .iter()
            .zip(&self.seen)
            .all(|(now, before)| now != before);
        self.seen = beats;
        all_move
    }
}

/// How long it is until the wall clock shows a multiple of an interval.
fn until_boundary(length: Duration) -> Duration {
    let length = u64::try_from(length.as_nanos()).unwrap_or(u64::MAX).max(1);
    Duration::from_nanos(length - wall().nanos() % length)
}

/// Whether something came, and takes it all.
fn took(mut stream: &UnixStream) -> bool {
    let mut taken = false;
    while matches!(stream.read(&mut [0; 64]), Ok(1..)) {
        taken = true;
    }
    taken
}
