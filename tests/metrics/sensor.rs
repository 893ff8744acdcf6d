//! A sensor without interfaces: a replay goes down real lanes, whose numbers are published as those of a
//! live run would be.

use sekisho::fate::Fate;
use sekisho::flow;
use sekisho::gate::{Authorisation, Policy};
use sekisho::geo::{self, Table};
use sekisho::lane::{self, Lane};
use sekisho::metrics::{
    Board, Delivered, GeoFigures, GeoSource, Identity, InterfaceFigures, LaneFigures,
    OutputFigures, ProcessFigures, SandboxLayer,
};
use sekisho::source::{self, End, Frame, Input};
use sekisho::tally::Count;
use sekisho::time::Timestamp;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Flows that a lane can hold.
pub(crate) const FLOWS: usize = 1_000;

static TABLE: LazyLock<Arc<Table>> =
    LazyLock::new(|| Arc::new(Table::build(&geo::Settings::default()).unwrap()));

/// A lane, with what a worker counts beside it.
pub(crate) struct CountingLane {
    lane: Lane,
    pub(crate) figures: LaneFigures,
    /// Where its frames come from.
    pub(crate) interface: usize,
}

impl CountingLane {
    pub(crate) fn new() -> Self {
        let lane = Lane::new(&lane::Settings {
            table: Arc::clone(&TABLE),
            policy: Policy::new(Authorisation::ALL),
            flow: flow::Settings {
                idle: 60_000_000_000,
                active: 300_000_000_000,
                max_flows: FLOWS,
                seed: 1,
            },
        });
        Self {
            lane,
            figures: LaneFigures {
                flows_capacity: FLOWS as u64,
                interfaces: vec![Delivered::default(); 2],
                ..LaneFigures::default()
            },
            interface: 0,
        }
    }

    pub(crate) fn feed(&mut self, frame: &Frame<'_>) {
        self.count(frame);
        self.lane.feed(frame);
    }

    /// Feeds and says how the frame ended.
    pub(crate) fn pass(&mut self, frame: &Frame<'_>) -> Fate {
        self.count(frame);
        self.lane.pass(frame)
    }

    fn count(&mut self, frame: &Frame<'_>) {
        self.figures.interfaces[self.interface].frames += Count {
            packets: 1,
            bytes: u64::from(frame.wire_len),
        };
        self.figures.last_packet = self.figures.last_packet.max(frame.seen);
    }

    /// As of now.
    pub(crate) fn figures(&mut self) -> LaneFigures {
        self.figures.tally = self.lane.tally().clone();
        self.figures.flows_open = self.lane.flows().live() as u64;
        self.figures.evicted = self.lane.flows().totals().evicted;
        self.figures.clone()
    }
}

/// Lends the frames of a capture of `testdata/`.
pub(crate) fn replay(name: &str, mut each: impl FnMut(&Frame<'_>)) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(name);
    let mut reader = source::open(&Input::File(path)).unwrap();
    let end = reader.read(|frame| {
        each(frame);
        ControlFlow::Continue(())
    });
    assert!(matches!(end, End::Complete), "{name} is whole");
}

/// Everything that a run publishes once, with a value for each series that may be absent.
pub(crate) fn publish_rest(board: &Board) {
    board.publish_geo(geo_figures(wall()));
    board.publish_identity(Identity {
        sensor: "tokyo-1".into(),
        config: "c0ffee".into(),
    });
    board.publish_sandbox(vec![
        SandboxLayer {
            id: "landlock",
            holds: true,
        },
        SandboxLayer {
            id: "seccomp",
            holds: true,
        },
    ]);
    board.publish_process(ProcessFigures {
        resident_bytes: Some(150 << 20),
        cpu: Some(Duration::from_millis(12_340)),
    });
    board.publish_output(OutputFigures {
        queue_capacity: 64,
        ..OutputFigures::default()
    });
    board.publish_interface(0, InterfaceFigures::default());
}

/// A table of two sources, the first of which was made at a moment.
pub(crate) fn geo_figures(built: Timestamp) -> GeoFigures {
    GeoFigures {
        digest: "d1ge57".into(),
        home: vec!["JP".into()],
        epoch: 1,
        stale: false,
        sources: vec![
            GeoSource {
                name: "embedded".into(),
                kind: "embedded".into(),
                date: Some("2026-09-23".into()),
                built: Some(built),
                sha256: "5ha256".into(),
            },
            GeoSource {
                name: "list.mmdb".into(),
                kind: "mmdb".into(),
                ..GeoSource::default()
            },
        ],
    }
}

/// Wall time.
pub(crate) fn wall() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp::from_nanos(u64::try_from(since.as_nanos()).unwrap())
}
