//! Nanoseconds per packet of reading a classic pcap file, in the two mixes that bound traffic: all
//! frames of 64 bytes, and imix (64, 594 and 1518 bytes at 7:4:1). One iteration reads one file;
//! criterion's throughput is packets a second. The file is in the page cache.

#![allow(missing_docs, reason = "criterion's macros make undocumented items")]
#![allow(
    clippy::expect_used,
    reason = "a bench without its captures has nothing to say"
)]

use std::hint::black_box;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sekisho::source::{Input, PcapFile, open};

const PACKETS: u32 = 1_000_000;

/// Twelve packets of the internet mix, in bytes.
const IMIX: [u32; 12] = [64, 594, 64, 64, 594, 64, 1518, 64, 594, 64, 594, 64];

fn write(path: &Path, lengths: &[u32]) -> std::io::Result<()> {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
    for field in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 1] {
        file.write_all(&field.to_le_bytes())?;
    }
    let body = [0x45; 1518];
    for (number, length) in (0..PACKETS).zip(lengths.iter().cycle()) {
        for field in [
            1_700_000_000 + number / 1_000_000,
            number % 1_000_000,
            *length,
            *length,
        ] {
            file.write_all(&field.to_le_bytes())?;
        }
        file.write_all(&body[..*length as usize])?;
    }
    file.flush()
}

fn reading(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder for the captures");
    let mut group = criterion.benchmark_group("source");
    group.throughput(Throughput::Elements(u64::from(PACKETS)));
    group.sample_size(20);
    for (name, lengths) in [("min64", [64].as_slice()), ("imix", &IMIX)] {
        let path = folder.path().join(name);
        write(&path, lengths).expect("a capture");
        let input = Input::File(path.clone());
        group.bench_function(format!("reader/{name}"), |bencher| {
            bencher.iter(|| {
                let mut sum = 0_u64;
                let end = open(&input).expect("a capture").read(|frame| {
                    sum = sum.wrapping_add(frame.seen.nanos() ^ u64::from(frame.wire_len));
                    ControlFlow::Continue(())
                });
                black_box((sum, end))
            });
        });
        let file = PcapFile::open(&path)
            .expect("a capture")
            .expect("a plain pcap");
        group.bench_function(format!("range/{name}"), |bencher| {
            bencher.iter(|| {
                let mut sum = 0_u64;
                let end = file.range(24, u64::MAX).read(|frame| {
                    sum = sum.wrapping_add(frame.seen.nanos() ^ u64::from(frame.wire_len));
                    ControlFlow::Continue(())
                });
                black_box((sum, end))
            });
        });
    }
    group.finish();
}

criterion_group!(benches, reading);
criterion_main!(benches);
