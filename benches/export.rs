//! Rendering of records, beside serde_json over the type.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a bench that cannot set up has nothing to measure"
)]
#![allow(missing_docs, reason = "criterion's macros")]

mod road;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sekisho::export::{FlowRecord, Format, Rendered, Run, RunContext, Terms, render};
use sekisho::flow::{FlowTable, Settings, Timestamp};

const RECORDS: u32 = 4096;

fn rendering(criterion: &mut Criterion) {
    let geo = road::table();
    let settings = Settings {
        idle: 60_000_000_000,
        active: 300_000_000_000,
        max_flows: 1 << 16,
        seed: 99,
    };
    let mut table = FlowTable::new(&settings);
    for packet in &road::packets(&geo, RECORDS) {
        table.add(packet);
    }
    let mut records = Vec::new();
    let (_, paths, live) = table.end(&mut records);
    records.extend(live.iter());
    let terms = Terms::default();
    let context = RunContext::new(Run {
        sensor: "bench",
        end: Timestamp::from_nanos(10),
        settings,
        paths: &paths,
        atlas: &geo,
        terms: &terms,
    });
    let typed: Vec<_> = records
        .iter()
        .map(|ended| FlowRecord::new(ended, 0, &context))
        .collect();
    let mut group = criterion.benchmark_group("export");
    group.throughput(Throughput::Elements(u64::from(RECORDS)));
    let mut rendered = Rendered::default();
    let mut out = Vec::new();
    for (name, format) in [("jsonl", Format::Jsonl), ("csv", Format::Csv)] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                rendered.clear();
                render(format, &records, 0, &context, &mut rendered);
                rendered.as_bytes().len()
            });
        });
    }
    group.bench_function("serde_json, type given", |bencher| {
        bencher.iter(|| {
            out.clear();
            for record in &typed {
                serde_json::to_writer(&mut out, record).expect("a record renders");
            }
            out.len()
        });
    });
    group.finish();
}

criterion_group!(benches, rendering);
criterion_main!(benches);
