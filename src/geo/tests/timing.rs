//! Figures, not checks: `cargo test --release --lib geo::tests::timing -- --ignored --nocapture`.

#![allow(clippy::disallowed_methods)] // a test that measures reads a clock

use super::super::{Settings, Table};
use super::corpus;
use std::hint::black_box;
use std::time::Instant;

#[test]
#[ignore = "prints figures"]
fn phases() {
    use super::super::{
        compile, finder_v4, finder_v6, probe, segments::Segments, source_embedded, special,
    };
    for _ in 0..6 {
        let mut start = Instant::now();
        let mut lap = |name: &str| {
            print!("{name} {:.1} ", start.elapsed().as_secs_f64() * 1e3);
            start = Instant::now();
        };
        let mut source = source_embedded::read().unwrap();
        lap("read");
        source.v4.index();
        source.v6.index();
        lap("index");
        let home = compile::Home::new(&[super::country("JP")]);
        let (s4, s6) = special::layers(super::super::Site::Home, &[]);
        lap("special");
        let v4 = compile::compile(
            &compile::Layers {
                special: &s4,
                domestic: &Segments::from_ranges(&[], |_| 0),
                anycast: &Segments::from_ranges(&[], |_| 0),
                sources: &[&source.v4],
            },
            &home,
        );
        lap("compile4");
        let v6 = compile::compile(
            &compile::Layers {
                special: &s6,
                domestic: &Segments::from_ranges(&[], |_| 0),
                anycast: &Segments::from_ranges(&[], |_| 0),
                sources: &[&source.v6],
            },
            &home,
        );
        lap("compile6");
        black_box(finder_v4::FinderV4::new(&v4.borders));
        lap("finder4");
        black_box(finder_v6::FinderV6::new(&v6.borders));
        lap("finder6");
        let table = Table::build(&Settings::default()).unwrap();
        lap("whole");
        black_box(probe::run(&table).unwrap());
        lap("probe");
        drop(table);
        lap("drop");
        println!();
    }
}

#[test]
#[ignore = "prints figures"]
fn a_list_of_a_million_prefixes() {
    use std::fmt::Write;
    let scratch = super::Scratch::new();
    let mut random = super::Random::new(3);
    let mut text = String::new();
    for _ in 0..1_000_000 {
        let address = random.next() as u32 & 0xffff_ff00;
        writeln!(text, "{}/24", std::net::Ipv4Addr::from(address)).unwrap();
    }
    let path = scratch.file("list", text.as_bytes());
    let start = Instant::now();
    let table = Table::build(&Settings {
        domestic_lists: vec![path],
        ..Settings::default()
    });
    println!("a million prefixes: {:?}", start.elapsed());
    black_box(table.unwrap().digest());
}

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
    let home: Vec<(u32, u32)> = table.sources[0]
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
    let ranges: Vec<(u128, u128)> = table.sources[0]
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
    best("v4 uniform", &uniform, |address| {
        table.find_v4(*address) as u64
    });
    best("v4 of ranges", &pool, |address| {
        table.find_v4(*address) as u64
    });
    best("v6 of ranges", &pool6, |address| {
        table.find_v6(*address) as u64
    });
    best("country v4 of ranges", &pool, |address| {
        u64::from(table.country_v4(*address).is_some())
    });
    best("country v6 of ranges", &pool6, |address| {
        u64::from(table.country_v6(*address).is_some())
    });
}

/// The best of several rounds: the machine is shared.
fn best<T>(name: &str, list: &[T], look_up: impl Fn(&T) -> u64) {
    let mut nanos = f64::MAX;
    for _ in 0..12 {
        let start = Instant::now();
        black_box(list.iter().map(&look_up).sum::<u64>());
        nanos = nanos.min(start.elapsed().as_secs_f64() * 1e9 / list.len() as f64);
    }
    println!("{name}: {nanos:.2} ns");
}
