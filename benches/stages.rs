//! What each stage of the road costs a packet, on the three mixes: nanoseconds and allocations, or, for
//! `benches/instructions.sh`, one stage on one mix and nothing else.
//!
//!     cargo bench --bench stages
//!
//! Each stage includes those before it; the table shows what it adds. The capture is in memory.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench prints, and one that cannot set up has nothing to measure"
)]

mod counting;

use counting::allocations;
use sekisho::decode::{Headers, decode};
use sekisho::demo::trace::{self, Mix};
use sekisho::flow;
use sekisho::gate::{Authorisation, Fragments, Gate, Policy};
use sekisho::geo::{self, Table};
use sekisho::lane::{self, Lane};
use sekisho::locate::locate_each;
use sekisho::source::{Frame, Input, Reader};
use std::hint::black_box;
use std::io::Cursor;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

const STAGES: [&str; 5] = ["read", "decode", "locate", "gate", "lane"];
const MIXES: [(&str, Mix); 3] = [
    ("imix", Mix::Imix),
    ("min64", Mix::Min64),
    ("hdr96", Mix::Hdr96),
];
/// Runs of each stage; the least counts, since noise only adds.
const RUNS: usize = 7;

struct Bench {
    table: Arc<Table>,
    image: Arc<[u8]>,
    packets: u64,
}

impl Bench {
    fn new(mix: Mix, packets: usize) -> Self {
        let mut image = Vec::new();
        trace::fill(mix, packets, packets / 5, 1, &mut image);
        let table = Table::build(&geo::Settings::default()).expect("the embedded table");
        Self {
            table: Arc::new(table),
            image: image.into(),
            packets: packets as u64,
        }
    }

    fn lane(&self) -> Lane {
        Lane::new(&lane::Settings {
            table: Arc::clone(&self.table),
            policy: Policy::new(Authorisation::ALL),
            flow: flow::Settings {
                idle: 60_000_000_000,
                active: 300_000_000_000,
                max_flows: 1 << 22,
                seed: 1,
            },
        })
    }

    fn read(&self, deliver: impl FnMut(&Frame<'_>) -> ControlFlow<()>) {
        let image = Cursor::new(Arc::clone(&self.image));
        let mut reader = Reader::new(&Input::Stdin, image).expect("a capture");
        black_box(&reader.read(deliver));
    }

    /// Runs a stage with all before it.
    fn run(&self, stage: &str) {
        // As many together as a lane takes.
        let mut batch = Box::new([const { Headers::new() }; 64]);
        let mut held = 0;
        let mut gate = Gate::new(Policy::new(Authorisation::ALL), Fragments::new(1));
        let mut lane = self.lane();
        let mut each = |frame: &Frame<'_>| match stage {
            "read" => {
                black_box(frame.bytes.first());
            }
            "lane" => lane.feed(frame),
            _ => {
                if decode(frame, &mut batch[held]).is_err() {
                    return;
                }
                held = (held + 1) % batch.len();
                if held == 0 && stage != "decode" {
                    locate_each(&batch, &self.table, |located| {
                        if stage == "locate" {
                            black_box(located.layers().len());
                        } else {
                            black_box(gate.judge(located).is_ok());
                        }
                    });
                }
            }
        };
        self.read(|frame| {
            each(frame);
            ControlFlow::Continue(())
        });
    }

    /// Least nanoseconds, and allocations, of a stage, in all.
    fn measure(&self, stage: &str) -> (u64, u64) {
        let mut least = (u64::MAX, u64::MAX);
        for _ in 0..RUNS {
            let before = allocations();
            #[expect(clippy::disallowed_methods, reason = "a bench reads the clock")]
            let begin = Instant::now();
            self.run(stage);
            let nanos = begin.elapsed().as_nanos() as u64;
            let allocated = allocations() - before;
            least = (least.0.min(nanos), least.1.min(allocated));
        }
        least
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [stage, mix, packets] = arguments.as_slice() {
        let (_, mix) = MIXES.iter().find(|(name, _)| name == mix).expect("a mix");
        let packets = packets.parse().expect("a number of packets");
        let bench = Bench::new(*mix, packets);
        // `none` is what all stages are set up with.
        if stage != "none" {
            bench.run(stage);
        }
        return;
    }
    println!("| mix | stage | adds ns a packet | allocations a packet |\n|---|---|---|---|");
    for (name, mix) in MIXES {
        let bench = Bench::new(mix, 1_000_000);
        let mut before = 0;
        for stage in STAGES {
            let (nanos, allocations) = bench.measure(stage);
            let each = nanos.saturating_sub(before) as f64 / bench.packets as f64;
            let allocated = allocations as f64 / bench.packets as f64;
            println!("| {name} | {stage} | {each:.1} | {allocated:.5} |");
            before = nanos;
        }
    }
}
