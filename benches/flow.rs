//! Updates of the flow table at a million flows beside those of a `hashbrown` table with the same hash,
//! and that they allocate nothing.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a bench that cannot set up has nothing to measure"
)]
#![allow(missing_docs, reason = "criterion's macros")]

mod counting;
mod plain;
mod ratio;
mod road;

use counting::allocations;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use plain::PlainTable;
use ratio::ratio;
use sekisho::flow::{FlowTable, Settings};
use std::hint::black_box;

const FLOWS: u32 = 1_000_000;
const PACKETS: usize = 1_000_000;

fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

fn uniform(state: &mut u64) -> u32 {
    (next(state) % u64::from(FLOWS)) as u32
}

/// Zipf(1.0) by its continuous form, scattered over the flows.
fn zipf(state: &mut u64) -> u32 {
    let unit = (next(state) >> 11) as f64 / (1_u64 << 53) as f64;
    let rank = f64::from(FLOWS).powf(unit) as u64;
    (rank.wrapping_mul(0x9e37_79b9_7f4a_7c15) % u64::from(FLOWS)) as u32
}

fn updates(criterion: &mut Criterion) {
    let packets = road::packets(&road::table(), FLOWS);
    let mut group = criterion.benchmark_group("flow");
    group.throughput(Throughput::Elements(PACKETS as u64));
    group.sample_size(10);
    for (name, choose) in [
        ("uniform", uniform as fn(&mut u64) -> u32),
        ("zipf", zipf as fn(&mut u64) -> u32),
    ] {
        let mut state = 88_172_645_463_325_252;
        let order: Vec<_> = (0..PACKETS)
            .map(|_| packets[choose(&mut state) as usize])
            .collect();
        group.bench_function(format!("{name}/reading the packets"), |bencher| {
            bencher.iter(|| {
                order
                    .iter()
                    .map(|packet| {
                        packet.seen().nanos() ^ packet.src() as u64 ^ u64::from(packet.wire_len())
                    })
                    .fold(0, |sum, value| sum ^ black_box(value))
            });
        });
        let mut table = FlowTable::new(&Settings {
            idle: 60_000_000_000,
            active: 300_000_000_000,
            max_flows: 2 << 20,
            seed: 99,
        });
        for packet in &packets {
            table.add(packet);
        }
        table.flush();
        let before = allocations();
        for packet in &order {
            table.advance(packet.seen());
            table.add(packet);
        }
        assert_eq!(allocations(), before, "an update allocated");
        group.bench_function(format!("{name}/update"), |bencher| {
            bencher.iter(|| {
                for packet in &order {
                    table.advance(packet.seen());
                    table.add(packet);
                }
            });
        });
        let mut plain = PlainTable::default();
        packets.iter().for_each(|packet| plain.add(packet));
        let ours = || {
            for packet in &order {
                table.advance(packet.seen());
                table.add(packet);
            }
            table.flush();
            table.totals().packets
        };
        let theirs = || {
            order.iter().for_each(|packet| plain.add(packet));
            plain.packets()
        };
        ratio(
            &format!("flow update, {name}"),
            PACKETS,
            ours,
            "hashbrown",
            theirs,
        );
    }
    group.finish();
}

criterion_group!(benches, updates);
criterion_main!(benches);
