//! Measurements by hand: `CARGO_PROFILE_DEV_OPT_LEVEL=3 cargo test --lib measure -- --ignored
//! --nocapture`. Ratios within one run are what counts.
#![expect(
    clippy::disallowed_methods,
    reason = "this measures; nothing in it is part of the road"
)]

use super::entry::Entry;
use super::key::{HashKey, Packet};
use super::tests::a_udp_packet;
use super::*;
use std::hint::black_box;
use std::time::Instant;

const FLOWS: u64 = 1_000_000;
const PACKETS: u64 = 8_000_000;

fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

fn uniform(state: &mut u64) -> u32 {
    (next(state) % FLOWS) as u32
}

/// Zipf(1.0) by its continuous form, scattered over the flows.
fn zipf(state: &mut u64) -> u32 {
    let unit = (next(state) >> 11) as f64 / (1_u64 << 53) as f64;
    let rank = (FLOWS as f64).powf(unit) as u64;
    (rank.wrapping_mul(0x9e37_79b9_7f4a_7c15) % FLOWS) as u32
}

fn timed(name: &str, base: f64, mut each: impl FnMut(u32), choose: fn(&mut u64) -> u32) -> f64 {
    let mut state = 88_172_645_463_325_252;
    let numbers: Vec<u32> = (0..PACKETS).map(|_| choose(&mut state)).collect();
    // Once to fill, once to measure.
    numbers.iter().for_each(|n| each(*n));
    let began = Instant::now();
    numbers.iter().for_each(|n| each(*n));
    let nanos = began.elapsed().as_nanos() as f64 / PACKETS as f64 - base;
    println!("{name}: {nanos:.1} ns a packet");
    nanos
}

#[test]
#[ignore = "a measurement"]
fn measure_updates() {
    let settings = Settings {
        idle: 60 * NANOS_PER_SEC,
        active: 300 * NANOS_PER_SEC,
        max_flows: 2 << 20,
        seed: 99,
    };
    for (name, choose) in [
        ("uniform", uniform as fn(&mut u64) -> u32),
        ("zipf", zipf as fn(&mut u64) -> u32),
    ] {
        let base = timed(
            "making packets",
            0.0,
            |n| {
                black_box(a_udp_packet(n));
            },
            choose,
        );
        let mut table = FlowTable::new(&settings);
        timed(
            &format!("{name}, flow table"),
            base,
            |n| {
                let packet = a_udp_packet(n);
                table.advance(packet.seen());
                table.add(&packet);
            },
            choose,
        );
        table.flush();
        let key = HashKey::new(99);
        let mut plain: hashbrown::HashTable<Entry> = hashbrown::HashTable::new();
        timed(
            &format!("{name}, hashbrown::HashTable"),
            base,
            |n| {
                let packet = Packet::new(&a_udp_packet(n));
                let hash = key.hash(&packet.key());
                let mut entry = plain
                    .entry(
                        hash,
                        |entry| entry.is_of(&packet.key()),
                        |entry| key.hash(&entry.key()),
                    )
                    .or_insert_with(|| Entry::begin(&packet, PathId::DIRECT));
                entry.get_mut().count(&packet);
            },
            choose,
        );
        let live = table.live();
        let began = Instant::now();
        table.advance(Timestamp::from_nanos(500 * NANOS_PER_SEC));
        let nanos = began.elapsed().as_nanos() as f64 / live as f64;
        assert_eq!(table.live(), 0);
        println!("{name}, sweep that removes all: {nanos:.1} ns a flow");
    }
}
