//! The shared place where the pipeline publishes its numbers. One slot for each who publishes, each behind
//! a lock that nobody holds for longer than a copy: written about once a second, read by a scrape.

use super::figures::{
    GeoFigures, Identity, InterfaceFigures, LaneFigures, OutputFigures, ProcessFigures,
    ReloadFigures, SandboxLayer,
};
use super::snapshot::Snapshot;
use crate::tally::{Count, Tally};
use crate::time::Timestamp;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Lanes that are shown each by itself; those beyond, in one sum.
pub const LANES_SHOWN: usize = 64;

/// Interfaces that are shown each by itself; those beyond, in one sum.
pub const INTERFACES_SHOWN: usize = 16;

/// Sources of the geo table that are shown.
pub const SOURCES_SHOWN: usize = 16;

/// Layers of the sandbox that are shown.
pub const LAYERS_SHOWN: usize = 16;

/// The latest of everything that was published.
pub struct Board {
    /// By interface, in the order given; names differ.
    interfaces: Vec<Interface>,
    lanes: Vec<Mutex<LaneFigures>>,
    start: Timestamp,
    output: Mutex<OutputFigures>,
    geo: Mutex<GeoFigures>,
    reloads: Mutex<ReloadFigures>,
    sandbox: Mutex<Vec<SandboxLayer>>,
    identity: Mutex<Identity>,
    process: Mutex<ProcessFigures>,
    scrapes_refused: AtomicU64,
}

struct Interface {
    name: String,
    figures: Mutex<InterfaceFigures>,
}

impl Board {
    /// For a run that began at `start` (wall time), with interfaces by name and so many lanes, each of which
    /// reads from all interfaces.
    #[must_use]
    pub fn new<'a>(
        start: Timestamp,
        interfaces: impl IntoIterator<Item = &'a str>,
        lanes: usize,
    ) -> Self {
        let interfaces = interfaces.into_iter().map(|name| Interface {
            name: name.to_owned(),
            figures: Mutex::default(),
        });
        Self {
            interfaces: interfaces.collect(),
            lanes: (0..lanes).map(|_| Mutex::default()).collect(),
            start,
            output: Mutex::default(),
            geo: Mutex::default(),
            reloads: Mutex::default(),
            sandbox: Mutex::default(),
            identity: Mutex::default(),
            process: Mutex::default(),
            scrapes_refused: AtomicU64::new(0),
        }
    }

    /// What a lane did so far. A lane that there is not changes nothing.
    pub fn publish_lane(&self, lane: usize, figures: LaneFigures) {
        if let Some(slot) = self.lanes.get(lane) {
            *held(slot) = figures;
        }
    }

    /// How an interface is, by its place in the order given to [`Board::new`]. One that there is not changes
    /// nothing.
    pub fn publish_interface(&self, interface: usize, figures: InterfaceFigures) {
        if let Some(slot) = self.interfaces.get(interface) {
            *held(&slot.figures) = figures;
        }
    }

    /// What was written so far.
    pub fn publish_output(&self, figures: OutputFigures) {
        *held(&self.output) = figures;
    }

    /// Which geo table is in force.
    pub fn publish_geo(&self, figures: GeoFigures) {
        *held(&self.geo) = figures;
    }

    /// How reloads went so far.
    pub fn publish_reloads(&self, figures: ReloadFigures) {
        *held(&self.reloads) = figures;
    }

    /// Which layers of the sandbox hold; their ids differ.
    pub fn publish_sandbox(&self, layers: Vec<SandboxLayer>) {
        *held(&self.sandbox) = layers;
    }

    /// Which sensor this is; changes with a reload.
    pub fn publish_identity(&self, identity: Identity) {
        *held(&self.identity) = identity;
    }

    /// What the operating system says about the process.
    pub fn publish_process(&self, figures: ProcessFigures) {
        *held(&self.process) = figures;
    }

    /// How many connections were closed unanswered.
    pub(super) fn scrapes_refused(&self) -> u64 {
        self.scrapes_refused.load(Ordering::Relaxed)
    }

    pub(super) const fn start(&self) -> Timestamp {
        self.start
    }

    pub(super) fn lanes(&self) -> impl Iterator<Item = LaneFigures> {
        self.lanes.iter().map(|lane| held(lane).clone())
    }

    pub(super) fn interfaces(&self) -> impl Iterator<Item = (&str, InterfaceFigures)> {
        let interfaces = self.interfaces.iter();
        interfaces.map(|interface| (interface.name.as_str(), *held(&interface.figures)))
    }

    pub(super) fn output(&self) -> OutputFigures {
        *held(&self.output)
    }

    pub(super) fn geo(&self) -> GeoFigures {
        held(&self.geo).clone()
    }

    pub(super) fn reloads(&self) -> ReloadFigures {
        *held(&self.reloads)
    }

    pub(super) fn sandbox(&self) -> Vec<SandboxLayer> {
        held(&self.sandbox).clone()
    }

    pub(super) fn identity(&self) -> Identity {
        held(&self.identity).clone()
    }

    pub(super) fn process(&self) -> ProcessFigures {
        *held(&self.process)
    }

    /// Frames delivered to all lanes, and those that the kernel or an interface dropped.
    #[must_use]
    pub fn seen(&self) -> (u64, u64) {
        let snapshot = Snapshot::of(self);
        let dropped = snapshot.interfaces.iter();
        let dropped = dropped.map(|interface| interface.kernel_dropped + interface.dropped);
        (snapshot.frames.packets, dropped.sum())
    }

    /// What lanes counted so far: frames, what became of them, and what was dropped before.
    #[must_use]
    pub fn counted(&self) -> (Count, Tally, u64) {
        let Snapshot {
            frames,
            tally,
            interfaces,
            ..
        } = Snapshot::of(self);
        let dropped = interfaces.iter();
        let dropped = dropped.map(|interface| interface.kernel_dropped + interface.dropped);
        (frames, tally, dropped.sum())
    }

    /// A connection was closed unanswered, since there were too many.
    pub(super) fn count_refused_scrape(&self) {
        self.scrapes_refused.fetch_add(1, Ordering::Relaxed);
    }
}

/// A slot; who panicked while holding it left a whole value behind.
fn held<T>(slot: &Mutex<T>) -> MutexGuard<'_, T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}
