//! Where an address is: our table against maxminddb on the same addresses, and what a table costs to
//! build. `SEKISHO_BENCH_MMDB=FILE` names a MaxMind-format database; without it the embedded table is
//! measured alone.

#![allow(clippy::expect_used)] // a bench that cannot start says why and stops

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use sekisho::geo::{Settings, SourceSpec, Table};

const ADDRESSES: usize = 1 << 16;

/// xorshift64*: the same addresses in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
}

/// Uniform over IPv4, and over what registries hand out in IPv6 (2001::/16, 2400::/12, 2600::/12,
/// 2a00::/12): there is no uniform address in use.
fn addresses() -> (Vec<u32>, Vec<u128>) {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let v4 = (0..ADDRESSES).map(|_| random.next() as u32).collect();
    let v6 = (0..ADDRESSES)
        .map(|_| {
            let top = match random.next() % 4 {
                0 => 0x2001,
                1 => 0x2400 + random.next() % 16,
                2 => 0x2600 + random.next() % 16,
                _ => 0x2a00 + random.next() % 16,
            };
            u128::from(top) << 112
                | (u128::from(random.next()) << 64 | u128::from(random.next())) >> 16
        })
        .collect();
    (v4, v6)
}

fn mmdb() -> Option<PathBuf> {
    std::env::var_os("SEKISHO_BENCH_MMDB").map(PathBuf::from)
}

fn settings() -> Settings {
    mmdb().map_or_else(Settings::default, |path| Settings {
        sources: vec![SourceSpec::File(path)],
        ..Settings::default()
    })
}

fn look_ups(criterion: &mut Criterion) {
    let (v4, v6) = addresses();
    let table = Table::build(&settings()).expect("a table");
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
    if let Some(path) = mmdb() {
        let reader = maxminddb::Reader::open_readfile(path).expect("a database");
        let country = |address: IpAddr| {
            let path = &maxminddb::path!["country", "iso_code"];
            let record = reader.lookup(address).expect("a look-up");
            u64::from(
                record
                    .decode_path::<&str>(path)
                    .is_ok_and(|code| code == Some("JP")),
            )
        };
        group.bench_function("maxminddb_v4", |bencher| {
            bencher.iter(|| {
                v4.iter()
                    .map(|a| country(IpAddr::V4(Ipv4Addr::from(*a))))
                    .sum::<u64>()
            });
        });
        group.bench_function("maxminddb_v6", |bencher| {
            bencher.iter(|| {
                v6.iter()
                    .map(|a| country(IpAddr::V6(Ipv6Addr::from(*a))))
                    .sum::<u64>()
            });
        });
    }
    group.finish();
}

fn build(criterion: &mut Criterion) {
    let settings = settings();
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

criterion_group!(benches, look_ups, build);
criterion_main!(benches);
