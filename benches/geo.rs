//! Where an address is: our table against maxminddb on the same data and the same addresses, and what a
//! table costs to build.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench prints, and one that cannot start says why and stops"
)]
#![allow(missing_docs, reason = "criterion's macros")]

mod mmdb;
mod ratio;

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use ratio::ratio;
use sekisho::demo::places::{self, Place};
use sekisho::demo::rng::Rng;
use sekisho::geo::{Finding, Settings, Table};

const ADDRESSES: usize = 1 << 20;

/// Addresses of both versions.
struct Addresses {
    name: &'static str,
    v4: Vec<u32>,
    v6: Vec<u128>,
}

impl Addresses {
    fn draw(
        name: &'static str,
        v4: impl Fn(&mut Rng) -> u32,
        v6: impl Fn(&mut Rng) -> u128,
    ) -> Self {
        let mut rng = Rng::new(1);
        Self {
            name,
            v4: (0..ADDRESSES).map(|_| v4(&mut rng)).collect(),
            v6: (0..ADDRESSES).map(|_| v6(&mut rng)).collect(),
        }
    }

    /// Uniform over IPv4, and over what registries hand out in IPv6 (2001::/16, 2400::/12, 2600::/12,
    /// 2a00::/12): there is no uniform address in use.
    fn uniform() -> Self {
        Self::draw(
            "uniform",
            |rng| rng.next() as u32,
            |rng| {
                let top = match rng.below(4) {
                    0 => 0x2001,
                    1 => rng.between(0x2400, 0x240f),
                    2 => rng.between(0x2600, 0x260f),
                    _ => rng.between(0x2a00, 0x2a0f),
                };
                u128::from(top) << 112 | rng.wide() >> 16
            },
        )
    }

    /// The hosts of a trace: six in ten at home.
    fn pool() -> Self {
        let place = |rng: &mut Rng| {
            if rng.percent(60) {
                Place::Home
            } else {
                Place::Abroad
            }
        };
        Self::draw(
            "pool",
            |rng| places::v4(place(rng), rng).into(),
            |rng| places::v6(place(rng), rng).into(),
        )
    }
}

/// Prints how many times longer maxminddb takes to say whether an address is at home. Both say the same.
fn ratios(_: &mut Criterion) {
    let table = Table::build(&Settings::default()).expect("a table");
    let reader = maxminddb::Reader::from_source(mmdb::embedded()).expect("a database");
    let path = &maxminddb::path!["country", "iso_code"];
    let is_home = |address: IpAddr| {
        let record = reader.lookup(address).expect("a look-up");
        let code = record.decode_path::<&str>(path).expect("a country");
        u64::from(code == Some("JP"))
    };
    for Addresses { name, v4, v6 } in [Addresses::pool(), Addresses::uniform()] {
        let theirs_v4 = |a: &u32| is_home(IpAddr::V4(Ipv4Addr::from(*a)));
        let theirs_v6 = |a: &u128| is_home(IpAddr::V6(Ipv6Addr::from(*a)));
        let ours_v4 = |a: &u32| u64::from(table.find_v4(*a) == Finding::Home);
        let ours_v6 = |a: &u128| u64::from(table.find_v6(*a) == Finding::Home);
        assert!(v4.iter().all(|a| ours_v4(a) == theirs_v4(a)));
        assert!(v6.iter().all(|a| ours_v6(a) == theirs_v6(a)));
        ratio(
            &format!("look-up, IPv4, {name}"),
            ADDRESSES,
            || v4.iter().map(ours_v4).sum(),
            "maxminddb",
            || v4.iter().map(theirs_v4).sum(),
        );
        ratio(
            &format!("look-up, IPv6, {name}"),
            ADDRESSES,
            || v6.iter().map(ours_v6).sum(),
            "maxminddb",
            || v6.iter().map(theirs_v6).sum(),
        );
    }
}

fn look_ups(criterion: &mut Criterion) {
    let Addresses { v4, v6, .. } = Addresses::uniform();
    let table = Table::build(&Settings::default()).expect("a table");
    let mut group = criterion.benchmark_group("geo");
    group.throughput(Throughput::Elements(ADDRESSES as u64));
    group.bench_function("find_v4", |bencher| {
        bencher.iter(|| v4.iter().map(|a| table.find_v4(*a) as u64).sum::<u64>());
    });
    group.bench_function("find_v6", |bencher| {
        bencher.iter(|| v6.iter().map(|a| table.find_v6(*a) as u64).sum::<u64>());
    });
    group.bench_function("country_v4", |bencher| {
        bencher.iter(|| {
            v4.iter()
                .filter(|a| table.country_v4(**a).is_some())
                .count()
        });
    });
    group.bench_function("country_v6", |bencher| {
        bencher.iter(|| {
            v6.iter()
                .filter(|a| table.country_v6(**a).is_some())
                .count()
        });
    });
    group.finish();
}

fn build(criterion: &mut Criterion) {
    let settings = Settings::default();
    let mut group = criterion.benchmark_group("geo_build");
    group.sample_size(10);
    group.bench_function("build", |bencher| {
        bencher.iter_batched(
            || (),
            |()| black_box(Table::build(&settings).expect("a table")),
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

criterion_group!(benches, ratios, look_ups, build);
criterion_main!(benches);
