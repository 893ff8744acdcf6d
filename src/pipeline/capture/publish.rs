//! What is published to the metrics: plain numbers, about once a second, nothing per packet.

use super::control::Gaps;
use super::queue::Batch;
use super::writer::Writing;
use crate::config::Config;
use crate::flow::Held;
use crate::geo::Table;
use crate::metrics::{
    Board, GeoFigures, GeoSource, Identity, InterfaceFigures, Lost, OutputFigures, ProcessFigures,
};
use crate::time::Timestamp;
use crossbeam_channel::Receiver;
use rustix::time::{ClockId, clock_gettime};
use std::cell::Cell;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Which table is in force, the how-manieth of this run, and whether it was too old for some record.
pub(super) fn geo(table: &Table, epoch: u64, stale: bool) -> GeoFigures {
    let sources = table.origins().map(|origin| GeoSource {
        name: origin.name,
        kind: origin.kind.id().to_owned(),
        date: origin.date,
        built: origin
            .built
            .map(|seconds| Timestamp::from_parts(seconds, 0)),
        sha256: origin.sha256,
    });
    GeoFigures {
        digest: table.digest_hex(),
        home: table.home().map(|country| country.to_string()).collect(),
        epoch,
        stale,
        sources: sources.collect(),
    }
}

/// Which sensor this is, with which settings.
pub(super) fn identity(config: &Config) -> Identity {
    Identity {
        sensor: config.sensor.clone(),
        config: config.digest(),
    }
}

/// The board of a run, with what is known before it begins.
pub(super) fn board(config: &Config, table: &Table, lanes: usize, start: Timestamp) -> Arc<Board> {
    let names = config.capture.interfaces.iter().map(String::as_str);
    let board = Board::new(start, names, lanes);
    board.publish_identity(identity(config));
    board.publish_geo(geo(table, 1, false));
    Arc::new(board)
}

/// What is published beside what the lanes publish themselves.
pub(super) struct Publishing<'a> {
    pub board: &'a Board,
    process: Process,
    writing: &'a Writing,
    queue: Receiver<Batch>,
    /// The most that was ever written. What is lost with a whole file is in both counts, for none of them
    /// ever goes down.
    written: Cell<Held>,
}

impl<'a> Publishing<'a> {
    pub(super) const fn new(
        board: &'a Board,
        process: Process,
        writing: &'a Writing,
        queue: Receiver<Batch>,
    ) -> Self {
        Self {
            board,
            process,
            writing,
            queue,
            written: Cell::new(Held {
                records: 0,
                packets: 0,
                wire_bytes: 0,
            }),
        }
    }

    /// Everything, as it is now; whether the table was too old for some record.
    pub(super) fn tick(&self, gaps: &[Gaps], now: Instant) -> bool {
        for (at, gaps) in gaps.iter().enumerate() {
            let figures = InterfaceFigures {
                up: gaps.are_over(),
                gaps: gaps.count,
                gap_time: gaps.until(now),
            };
            self.board.publish_interface(at, figures);
        }
        let (wrote, stale) = self.writing.figures();
        let mut written = self.written.get();
        written.records = written.records.max(wrote.written.records);
        written.packets = written.packets.max(wrote.written.packets);
        self.written.set(written);
        let figures = OutputFigures {
            records: written.records,
            packets: written.packets,
            bytes: wrote.bytes,
            files: wrote.files,
            errors: wrote.errors,
            failing: wrote.failing,
            lost: Lost {
                records: wrote.lost.records,
                packets: wrote.lost.packets,
            },
            queue: self.queue.len() as u64,
            queue_capacity: self.queue.capacity().unwrap_or(0) as u64,
        };
        self.board.publish_output(figures);
        self.board.publish_process(self.process.figures());
        stale
    }
}

impl Publishing<'_> {
    /// What no output took so far.
    pub(super) fn lost(&self) -> Held {
        self.writing.figures().0.lost
    }
}

/// What the system says of this process. What it takes is got at the start: later there is no way to it.
pub(super) struct Process {
    memory: Option<File>,
    page: u64,
}

impl Process {
    pub(super) fn new() -> Self {
        Self {
            memory: File::open("/proc/self/statm").ok(),
            page: rustix::param::page_size() as u64,
        }
    }

    pub(super) fn figures(&self) -> ProcessFigures {
        let cpu = clock_gettime(ClockId::ProcessCPUTime);
        ProcessFigures {
            resident_bytes: self.resident(),
            cpu: Some(Duration::new(
                cpu.tv_sec.unsigned_abs(),
                cpu.tv_nsec.unsigned_abs() as u32,
            )),
        }
    }

    /// The second number of the file, in pages.
    fn resident(&self) -> Option<u64> {
        let mut text = [0; 128];
        let len = self.memory.as_ref()?.read_at(&mut text, 0).ok()?;
        let text = str::from_utf8(text.get(..len)?).ok()?;
        let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
        Some(pages * self.page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_knows_its_memory_and_its_time() {
        let figures = Process::new().figures();
        assert!(figures.resident_bytes.is_some_and(|bytes| bytes > 1 << 20));
        assert!(figures.cpu.is_some());
    }
}
