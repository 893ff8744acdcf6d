//! What decoding a frame costs: the usual path beside the general one and etherparse's lax slicing,
//! over mixes that fit the cache, and tunnels by depth. Figures are for a thousand frames.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench prints, and one that cannot set up has nothing to measure"
)]
#![allow(missing_docs, reason = "criterion's macros")]

mod ratio;
mod tuple;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use etherparse::LaxSlicedPacket;
use ratio::ratio;
use sekisho::decode::{Headers, decode, general};
use sekisho::demo::trace::{self, Mix};
use sekisho::source::{Frame, Input, LinkType, Reader};
use sekisho::time::Timestamp;
use std::hint::black_box;
use std::io::Cursor;
use std::ops::ControlFlow;

const FRAMES: u32 = 1000;

fn eth(ether_type: u16, payload: &[u8]) -> Vec<u8> {
    [&[2; 12][..], &ether_type.to_be_bytes(), payload].concat()
}

fn ip4(flow: u32, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let [high, low] = ((20 + payload.len()) as u16).to_be_bytes();
    let fixed = [0x45, 0, high, low, 0, 0, 0x40, 0, 64, protocol, 0, 0];
    let (src, dst) = (0x0800_0000 + flow, 0x0900_0000 + flow * 7);
    [&fixed[..], &src.to_be_bytes(), &dst.to_be_bytes(), payload].concat()
}

fn ip6(flow: u32, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let [high, low] = (payload.len() as u16).to_be_bytes();
    let fixed = [0x60, 0, 0, 0, high, low, protocol, 64];
    let (src, dst) = (
        0x2a00_u128 << 112 | u128::from(flow),
        0x2b00_u128 << 112 | u128::from(flow),
    );
    [&fixed[..], &src.to_be_bytes(), &dst.to_be_bytes(), payload].concat()
}

fn tcp(flow: u32, data: usize) -> Vec<u8> {
    let mut segment = vec![0; 20 + data];
    segment[..2].copy_from_slice(&((10_000 + flow % 30_000) as u16).to_be_bytes());
    segment[2..4].copy_from_slice(&8080_u16.to_be_bytes());
    (segment[12], segment[13]) = (0x50, 0x10);
    segment
}

fn udp(port: u16, data: &[u8]) -> Vec<u8> {
    let length = (8 + data.len()) as u16;
    [
        &40_000_u16.to_be_bytes()[..],
        &port.to_be_bytes(),
        &length.to_be_bytes(),
        &[0, 0],
        data,
    ]
    .concat()
}

fn min64() -> Vec<Vec<u8>> {
    (0..FRAMES)
        .map(|flow| eth(0x0800, &ip4(flow, 6, &tcp(flow, 6))))
        .collect()
}

/// Seven small, four middling, one large; a quarter IPv6, a fifth UDP, a seventh tagged.
fn imix() -> Vec<Vec<u8>> {
    const DATA: [usize; 12] = [6, 6, 6, 6, 6, 6, 6, 536, 536, 536, 536, 1400];
    (0..FRAMES)
        .map(|flow| {
            let data = DATA[(flow % 12) as usize];
            let (protocol, segment) = if flow % 5 == 0 {
                (17, udp(53, &vec![0; data]))
            } else {
                (6, tcp(flow, data))
            };
            let (kind, packet) = if flow % 4 == 0 {
                (0x86dd_u16, ip6(flow, protocol, &segment))
            } else {
                (0x0800, ip4(flow, protocol, &segment))
            };
            if flow % 7 == 0 {
                eth(
                    0x8100,
                    &[&[0, 9][..], &kind.to_be_bytes(), &packet].concat(),
                )
            } else {
                eth(kind, &packet)
            }
        })
        .collect()
}

/// VXLAN in VXLAN, `depth` IP layers in all.
fn tunnels(depth: usize) -> Vec<Vec<u8>> {
    (0..FRAMES)
        .map(|flow| {
            let mut frame = eth(0x0800, &ip4(flow, 6, &tcp(flow, 100)));
            for _ in 1..depth {
                let vxlan = [&[8, 0, 0, 0, 0, 0, 1, 0], &frame[..]].concat();
                frame = eth(0x0800, &ip4(flow, 17, &udp(4789, &vxlan)));
            }
            frame
        })
        .collect()
}

fn frames(bytes: &[Vec<u8>], snap: usize) -> Vec<Frame<'_>> {
    bytes
        .iter()
        .map(|bytes| Frame {
            seen: Timestamp::ZERO,
            wire_len: bytes.len() as u32,
            link: LinkType(1),
            bytes: &bytes[..bytes.len().min(snap)],
        })
        .collect()
}

fn usual(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Elements(u64::from(FRAMES)));
    let (min64, imix) = (min64(), imix());
    for (name, frames) in [
        ("min64", frames(&min64, usize::MAX)),
        ("imix", frames(&imix, usize::MAX)),
        ("hdr96", frames(&imix, 96)),
    ] {
        let mut headers = Headers::new();
        group.bench_function(BenchmarkId::new("decode", name), |bencher| {
            bencher.iter(|| {
                for frame in &frames {
                    let _ = black_box(decode(black_box(frame), &mut headers));
                    black_box(&headers);
                }
            });
        });
        group.bench_function(BenchmarkId::new("general", name), |bencher| {
            bencher.iter(|| {
                for frame in &frames {
                    let _ = black_box(general(black_box(frame), &mut headers));
                    black_box(&headers);
                }
            });
        });
        group.bench_function(BenchmarkId::new("etherparse_lax", name), |bencher| {
            bencher.iter(|| {
                for frame in &frames {
                    let _ = black_box(LaxSlicedPacket::from_ethernet(black_box(frame.bytes)));
                }
            });
        });
    }
    group.finish();
}

fn deep(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decode_tunnels");
    group.throughput(Throughput::Elements(u64::from(FRAMES)));
    for depth in [2, 4, 10] {
        let bytes = tunnels(depth);
        let frames = frames(&bytes, usize::MAX);
        let mut headers = Headers::new();
        group.bench_function(BenchmarkId::from_parameter(depth), |bencher| {
            bencher.iter(|| {
                for frame in &frames {
                    let _ = black_box(decode(black_box(frame), &mut headers));
                    black_box(&headers);
                }
            });
        });
    }
    group.finish();
}

/// From a frame to who talks with whom, on the three mixes, by both ways; the same for every frame.
fn ratios(_: &mut Criterion) {
    for (name, mix) in [
        ("imix", Mix::Imix),
        ("min64", Mix::Min64),
        ("hdr96", Mix::Hdr96),
    ] {
        let mut image = Vec::new();
        trace::fill(mix, 10 * FRAMES as usize, FRAMES as usize, 1, &mut image);
        let mut bytes = Vec::new();
        let mut reader = Reader::new(&Input::Stdin, Cursor::new(image)).expect("a capture");
        let _ = reader.read(|frame| {
            bytes.push(frame.bytes.to_vec());
            ControlFlow::Continue(())
        });
        let frames = frames(&bytes, usize::MAX);
        let mut headers = Headers::new();
        let differing = frames
            .iter()
            .filter(|frame| tuple::ours(frame, &mut headers) != tuple::lax(frame.bytes))
            .count();
        println!(
            "decode, {name}: {differing} of {} tuples differ",
            frames.len()
        );
        ratio(
            &format!("decode, {name}"),
            frames.len(),
            || {
                let each = |frame| tuple::ours(frame, &mut headers).digest();
                frames.iter().map(each).fold(0, u64::wrapping_add)
            },
            "LaxSlicedPacket",
            || {
                let each = |frame: &Frame<'_>| tuple::lax(frame.bytes).digest();
                frames.iter().map(each).fold(0, u64::wrapping_add)
            },
        );
    }
}

criterion_group!(benches, ratios, usual, deep);
criterion_main!(benches);
