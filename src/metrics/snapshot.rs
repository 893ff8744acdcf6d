//! The board as one scrape sees it, added up.

use super::board::{Board, INTERFACES_SHOWN, LANES_SHOWN};
use super::figures::{
    GeoFigures, Identity, InterfaceFigures, LaneFigures, Lost, OutputFigures, ProcessFigures,
    ReloadFigures, SandboxLayer,
};
use crate::tally::{Count, Tally};
use crate::time::Timestamp;
use std::time::Duration;

/// What stands for the lanes or interfaces beyond those that are shown. No interface is called so: a name
/// holds no space.
pub(super) const REST: &str = "the rest";

/// The sums of all lanes, and each of those that are shown.
pub(super) struct Snapshot {
    pub tally: Tally,
    pub frames: Count,
    /// Whether every frame of every lane is in its tally.
    pub balanced: bool,
    pub lanes: Vec<LaneShown>,
    pub interfaces: Vec<InterfaceShown>,
    pub flows_open: u64,
    pub flows_capacity: u64,
    pub evicted: u64,
    pub recalled: u64,
    pub recalled_packets: u64,
    pub shed: Lost,
    pub last_packet: Timestamp,
    pub start: Timestamp,
    pub output: OutputFigures,
    pub geo: GeoFigures,
    pub reloads: ReloadFigures,
    pub sandbox: Vec<SandboxLayer>,
    pub identity: Identity,
    pub process: ProcessFigures,
    pub scrapes_refused: u64,
}

/// One lane, or those beyond in one.
#[derive(Default)]
pub(super) struct LaneShown {
    pub name: String,
    pub packets: u64,
    pub kernel_dropped: u64,
    pub busy: Duration,
}

/// One interface with its lanes, or those beyond in one.
#[derive(Default)]
pub(super) struct InterfaceShown {
    pub name: String,
    pub packets: u64,
    pub kernel_dropped: u64,
    pub dropped: u64,
    pub figures: InterfaceFigures,
}

impl Snapshot {
    /// Of a board, now. Each slot is whole; they were filled at different moments.
    pub(super) fn of(board: &Board) -> Self {
        let mut snapshot = Self {
            tally: Tally::default(),
            frames: Count::default(),
            balanced: true,
            lanes: Vec::new(),
            interfaces: Vec::new(),
            flows_open: 0,
            flows_capacity: 0,
            evicted: 0,
            recalled: 0,
            recalled_packets: 0,
            shed: Lost::default(),
            last_packet: Timestamp::ZERO,
            start: board.start(),
            output: board.output(),
            geo: board.geo(),
            reloads: board.reloads(),
            sandbox: board.sandbox(),
            identity: board.identity(),
            process: board.process(),
            scrapes_refused: board.scrapes_refused(),
        };
        let interfaces = board.interfaces().map(|(name, figures)| InterfaceShown {
            name: name.to_owned(),
            figures,
            ..InterfaceShown::default()
        });
        let mut interfaces: Vec<InterfaceShown> = interfaces.collect();
        let mut lanes = Vec::new();
        for (number, figures) in board.lanes().enumerate() {
            lanes.push(snapshot.add(number, &figures));
            for (shown, delivered) in interfaces.iter_mut().zip(&figures.interfaces) {
                shown.packets += delivered.frames.packets;
                shown.kernel_dropped += delivered.kernel_dropped;
                // Each lane has counted the same.
                shown.dropped = shown.dropped.max(delivered.interface_dropped);
            }
        }
        snapshot.lanes = fold(lanes, LANES_SHOWN, LaneShown::join);
        snapshot.interfaces = fold(interfaces, INTERFACES_SHOWN, InterfaceShown::join);
        snapshot
    }

    /// Adds a lane to the sums.
    fn add(&mut self, number: usize, figures: &LaneFigures) -> LaneShown {
        let LaneFigures {
            tally,
            interfaces,
            busy,
            flows_open,
            flows_capacity,
            evicted,
            recalled,
            recalled_packets,
            shed,
            last_packet,
        } = figures;
        let frames: Count = interfaces.iter().map(|delivered| delivered.frames).sum();
        let dropped = interfaces.iter().map(|delivered| delivered.kernel_dropped);
        self.balanced &= tally.admitted().plus(tally.excluded()) == frames;
        self.tally += tally;
        self.frames += frames;
        self.flows_open += flows_open;
        self.flows_capacity += flows_capacity;
        self.evicted += evicted;
        self.recalled += recalled;
        self.recalled_packets += recalled_packets;
        self.shed.records += shed.records;
        self.shed.packets += shed.packets;
        self.last_packet = self.last_packet.max(*last_packet);
        LaneShown {
            name: number.to_string(),
            packets: frames.packets,
            kernel_dropped: dropped.sum(),
            busy: *busy,
        }
    }
}

/// All of them, or as many as are shown, of which the last stands for all beyond.
fn fold<T>(mut all: Vec<T>, shown: usize, join: impl Fn(T, &T) -> T) -> Vec<T> {
    if all.len() > shown {
        let beyond = all.split_off(shown.saturating_sub(1));
        all.extend(beyond.into_iter().reduce(|sum, one| join(sum, &one)));
    }
    all
}

impl LaneShown {
    fn join(self, other: &Self) -> Self {
        let Self {
            name: _,
            packets,
            kernel_dropped,
            busy,
        } = *other;
        Self {
            name: REST.to_owned(),
            packets: self.packets + packets,
            kernel_dropped: self.kernel_dropped + kernel_dropped,
            busy: self.busy + busy,
        }
    }
}

impl InterfaceShown {
    fn join(self, other: &Self) -> Self {
        let Self {
            name: _,
            packets,
            kernel_dropped,
            dropped,
            figures: InterfaceFigures { up, gaps, gap_time },
        } = *other;
        Self {
            name: REST.to_owned(),
            packets: self.packets + packets,
            kernel_dropped: self.kernel_dropped + kernel_dropped,
            dropped: self.dropped + dropped,
            figures: InterfaceFigures {
                up: self.figures.up && up,
                gaps: self.figures.gaps + gaps,
                gap_time: self.figures.gap_time + gap_time,
            },
        }
    }
}
