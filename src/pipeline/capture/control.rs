//! What is told to a live run from outside: signals, changes of its interfaces, the end of its time.

use super::clock::now;
use super::stop::Stop;
use crate::source::{LinkChange, LinkWatch};
use crossbeam_channel::Sender;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::{flag, low_level};
use std::io::{self, Read as _};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

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
}

impl Gaps {
    fn begin(&mut self, at: Instant) {
        self.count += 1;
        self.since = Some(at);
    }

    fn end(&mut self, at: Instant) {
        if let Some(since) = self.since.take() {
            self.total += at.saturating_duration_since(since);
        }
    }
}

/// Watches until the end.
pub(super) struct Control<'a> {
    pub signals: &'a Signals,
    pub links: LinkWatch,
    pub names: &'a [String],
    pub woken: UnixStream,
    pub stop: &'a Stop,
    pub rotate: &'a Sender<()>,
    pub rotates: bool,
    pub deadline: Option<Instant>,
}

impl Control<'_> {
    /// Returns when the end was asked for; the gaps of each interface.
    pub(super) fn watch(mut self) -> Vec<Gaps> {
        let mut gaps = vec![Gaps::default(); self.names.len()];
        while !self.stop.is_asked() {
            if self.deadline.is_some_and(|deadline| now() >= deadline) {
                self.stop.ask();
                break;
            }
            self.wait();
            if took(&self.signals.end) {
                tracing::info!("asked to end");
                self.stop.ask();
            }
            if took(&self.signals.reload) {
                tracing::warn!(
                    "SIGHUP changes nothing in this version: restart to read the configuration anew"
                );
            }
            if took(&self.signals.rotate) {
                self.ask_to_rotate();
            }
            for change in self.links.changes() {
                self.note(change, &mut gaps);
            }
        }
        for gaps in &mut gaps {
            gaps.end(now());
        }
        gaps
    }

    fn wait(&self) {
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
        let left = self.deadline.map(|deadline| {
            let left = deadline.saturating_duration_since(now());
            Timespec {
                tv_sec: left.as_secs() as _,
                tv_nsec: left.subsec_nanos().into(),
            }
        });
        // Interrupted by a signal, or ended: what for is seen at the streams.
        let _ = poll(&mut polled, left.as_ref());
    }

    fn ask_to_rotate(&self) {
        if self.rotates {
            // Full: it is asked already.
            let _ = self.rotate.try_send(());
        } else {
            tracing::warn!("SIGUSR1 changes nothing: only files in a folder are rotated");
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
                gaps.end(now());
                tracing::warn!("interface carries again: {name}");
            }
            LinkChange::Gone(_) => self.stop.ask(),
        }
    }
}

/// Whether something came, and takes it all.
fn took(mut stream: &UnixStream) -> bool {
    let mut taken = false;
    while matches!(stream.read(&mut [0; 64]), Ok(1..)) {
        taken = true;
    }
    taken
}
