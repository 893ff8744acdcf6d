//! The plain numbers of which the metrics are renderings. All counts are since the start of the run, over
//! every reload: they never go back.

use crate::tally::{Count, Tally};
use crate::time::Timestamp;
use std::time::Duration;

/// What one lane did.
#[derive(Clone, Default)]
pub struct LaneFigures {
    /// How its frames ended at the gate.
    pub tally: Tally,
    /// What came to it from each interface, in the order of [`Board::new`](super::Board::new). Counted apart
    /// from the tally, at the same moment.
    pub interfaces: Vec<Delivered>,
    /// Time that its thread worked: what it did not spend waiting for frames.
    pub busy: Duration,
    /// Flows that are open.
    pub flows_open: u64,
    /// Flows that it can hold.
    pub flows_capacity: u64,
    /// Flows exported early since the flow table was full.
    pub evicted: u64,
    /// Flows dropped unexported since a newer table or policy does not admit them.
    pub recalled: u64,
    /// Packets in them.
    pub recalled_packets: u64,
    /// Finished records that the queue did not take.
    pub shed: Lost,
    /// Packet time of its latest frame; [`Timestamp::ZERO`] before the first.
    pub last_packet: Timestamp,
}

/// What came to a lane from one interface, and what did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Delivered {
    /// Frames that its socket delivered.
    pub frames: Count,
    /// Frames that found its ring full.
    pub kernel_dropped: u64,
    /// Frames that the interface or its driver dropped: of the whole interface, the same in each lane.
    pub interface_dropped: u64,
}

/// Finished records that were not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lost {
    /// Records.
    pub records: u64,
    /// Admitted packets in them.
    pub packets: u64,
}

/// How one interface is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InterfaceFigures {
    /// Whether it carries.
    pub up: bool,
    /// How often it carried nothing.
    pub gaps: u64,
    /// For how long in all.
    pub gap_time: Duration,
}

impl Default for InterfaceFigures {
    /// One that carries and always did.
    fn default() -> Self {
        Self {
            up: true,
            gaps: 0,
            gap_time: Duration::ZERO,
        }
    }
}

/// What was written, and what waits for it. Sums where there are several outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutputFigures {
    /// Records written.
    pub records: u64,
    /// Packets in them.
    pub packets: u64,
    /// Bytes written.
    pub bytes: u64,
    /// Files completed.
    pub files: u64,
    /// Attempts to write that failed.
    pub errors: u64,
    /// Whether the last attempt failed.
    pub failing: bool,
    /// Records that the queue took and no output did.
    pub lost: Lost,
    /// Batches that wait.
    pub queue: u64,
    /// Batches that can wait.
    pub queue_capacity: u64,
}

/// The geo table in force.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GeoFigures {
    /// SHA-256 over everything that its findings depend on, in hex.
    pub digest: String,
    /// The countries that are home.
    pub home: Vec<String>,
    /// How many tables there were so far, with this one: from 1.
    pub epoch: u64,
    /// Whether it was too old for some packet.
    pub stale: bool,
    /// What it was made of, in the order given.
    pub sources: Vec<GeoSource>,
}

/// One thing that a geo table was made of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GeoSource {
    /// `embedded`, or the file's name.
    pub name: String,
    /// Of what kind.
    pub kind: String,
    /// Its own date, `YYYY-MM-DD`, where it has one.
    pub date: Option<String>,
    /// The moment at which its data was made, where it says so.
    pub built: Option<Timestamp>,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
}

/// How reloads went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReloadFigures {
    /// Reloads after which the new settings were in force.
    pub done: u64,
    /// Reloads after which the old ones stayed.
    pub refused: u64,
    /// The latest; nothing before the first.
    pub last: Option<Reload>,
}

/// One reload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reload {
    /// When it ended, wall time.
    pub at: Timestamp,
    /// Whether the new settings are in force.
    pub done: bool,
}

/// One layer of the sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SandboxLayer {
    /// Its stable id.
    pub id: &'static str,
    /// Whether it holds.
    pub holds: bool,
}

/// Which sensor this is, with which settings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// The sensor's name.
    pub sensor: String,
    /// SHA-256 of the settings in force, in hex.
    pub config: String,
}

/// What the operating system says about the process; nothing where that is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ProcessFigures {
    /// Resident memory, in bytes.
    pub resident_bytes: Option<u64>,
    /// Processor time, of user and system.
    pub cpu: Option<Duration>,
}
