//! Figures, not checks: `cargo test --release --lib geo::tests::timing -- --ignored --nocapture`.

#![allow(clippy::disallowed_methods)] // a test that measures reads a clock

use super::super::{Settings, Table};
use super::corpus;
use std::hint::black_box;
use std::time::Instant;

#[test]
#[ignore = "prints figures"]
fn figures() {
    for round in 0..5 {
        let start = Instant::now();
        let table = Table::build(&Settings::default()).unwrap();
        println!("embedded build {round}: {:?}", start.elapsed());
        if round == 4 {
            lookups(&table);
        }
    }
    for name in ["geo/rir-country.mmdb", "geo/rir-country-flat.mmdb"] {
        let Some(path) = corpus(name) else { return };
        for _ in 0..3 {
            let start = Instant::now();
            let table = Table::build(&super::settings(&[path.as_path()])).unwrap();
            println!("{name} build: {:?}", start.elapsed());
            black_box(table.digest());
        }
        lookups(&Table::build(&super::settings(&[path.as_path()])).unwrap());
    }
}

fn lookups(table: &Table) {
    const N: usize = 1 << 20;
    let statistics = &table.statistics;
    println!(
        "borders {} {}, hot bytes {}",
        statistics.borders_v4,
        statistics.borders_v6,
        table.hot_bytes()
    );
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let uniform: Vec<u32> = (0..N).map(|_| next() as u32).collect();
    let home: Vec<(u32, u32)> = table
        .sources[0]
        .v4
        .ranges()
        .map(|range| (range.first, range.last))
        .collect();
    let pool: Vec<u32> = (0..N)
        .map(|_| {
            let (first, last) = home[next() as usize % home.len()];
            first + (next() % (u64::from(last - first) + 1)) as u32
        })
        .collect();
    let ranges: Vec<(u128, u128)> = table
        .sources[0]
        .v6
        .ranges()
        .map(|range| (range.first, range.last))
        .collect();
    let pool6: Vec<u128> = (0..N)
        .map(|_| {
            let (first, last) = ranges[next() as usize % ranges.len()];
            let low = (u128::from(next()) << 64) | u128::from(next());
            first + (low % (last - first).saturating_add(1))
        })
        .collect();
    for (name, list) in [("v4 uniform", &uniform), ("v4 pool", &pool)] {
        let start = Instant::now();
        let mut sum = 0_u64;
        for _ in 0..8 {
            for address in list {
                sum += table.find_v4(*address) as u64;
            }
        }
        black_box(sum);
        println!("{name}: {:.2} ns", start.elapsed().as_secs_f64() * 1e9 / (8 * N) as f64);
    }
    let start = Instant::now();
    let mut sum = 0_u64;
    for _ in 0..8 {
        for address in &pool6 {
            sum += table.find_v6(*address) as u64;
        }
    }
    black_box(sum);
    println!("v6 pool: {:.2} ns", start.elapsed().as_secs_f64() * 1e9 / (8 * N) as f64);
    let start = Instant::now();
    for address in &pool {
        black_box(table.country_v4(*address));
    }
    println!("country v4: {:.2} ns", start.elapsed().as_secs_f64() * 1e9 / N as f64);
    let start = Instant::now();
    for address in &pool6 {
        black_box(table.country_v6(*address));
    }
    println!("country v6: {:.2} ns", start.elapsed().as_secs_f64() * 1e9 / N as f64);
}
