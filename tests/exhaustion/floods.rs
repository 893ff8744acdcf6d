//! Floods of flows, of half-open connections, of fragments, of headers.

use crate::child::{self, record};
use crate::world;
use sekisho::flow::{self, Ended};
use sekisho::gate::{Authorisation, Policy};
use sekisho::lane::{self, Lane};
use sekisho::source::{Frame, LinkType};
use sekisho::time::{NANOS_PER_SEC, Timestamp};
use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

/// A SYN of its own connection from abroad to home.
fn syn(n: u32) -> Vec<u8> {
    let mut packet = vec![0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0, 0];
    packet.extend([
        30,
        (n >> 16) as u8,
        (n >> 8) as u8,
        n as u8,
        20,
        0,
        0,
        (n >> 24) as u8,
    ]);
    packet.extend([
        0x75, 0x30, 1, 0xbb, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xff, 0xff, 0, 0, 0, 0,
    ]);
    packet
}

/// A first fragment of UDP between two hosts, all of one flow.
fn first_fragment(n: u32) -> Vec<u8> {
    let mut packet = vec![0x60, 0, 0, 0, 0, 24, 44, 64];
    packet.extend([0x2a, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    packet.extend([0x2a, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    packet.extend([17, 0, 0, 1]);
    packet.extend(n.to_be_bytes());
    packet.extend([0x75, 0x30, 0x75, 0x31, 4, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
    packet
}

fn replay(arguments: &[&str], count: u32, packet: fn(u32) -> Vec<u8>) -> child::Run {
    let run = child::replay(arguments, None, |to| {
        to.write_all(&child::header()).unwrap();
        for n in 0..count {
            record(to, u64::from(n), &packet(n)).unwrap();
        }
    });
    assert_eq!(run.code, Some(0));
    run.all_accounted(u64::from(count));
    assert_eq!(run.number("/admitted/packets"), u64::from(count));
    run
}

fn settings(seed: u64) -> lane::Settings {
    lane::Settings {
        table: Arc::clone(&world::TABLE),
        policy: Policy::new(Authorisation::ALL),
        flow: flow::Settings {
            idle: 60 * NANOS_PER_SEC,
            active: 300 * NANOS_PER_SEC,
            max_flows: 1 << 22,
            seed,
        },
    }
}

#[test]
fn row_14_every_packet_of_a_flood_is_in_the_books_and_memory_is_bounded() {
    let few = replay(&["--max-flows", "20000", "--lanes", "1"], 100_000, syn);
    let many = replay(&["--max-flows", "20000", "--lanes", "1"], 400_000, syn);
    assert!(few.number("/flows/evicted") >= 80_000);
    assert!(many.number("/flows/evicted") >= 380_000);
    assert_eq!(many.number("/flows/exported"), 400_000);
    let (few, many) = (few.peak, many.peak);
    println!("row 14: {few} MiB for 100,000 flows, {many} MiB for 400,000, 20,000 at a time");
    // Ended records wait for the sorted output; open ones are bounded.
    assert!(many < few + 100, "{few} MiB, {many} MiB");
}

#[test]
#[ignore = "minutes, and 1.6 GiB"]
fn row_14_ten_million_flows_are_held_in_1600_mib() {
    let idle = child::replay(&[], None, |to| to.write_all(&child::header()).unwrap_or(())).peak;
    let run = replay(
        &["--max-flows", "10000000", "--lanes", "1"],
        10_000_000,
        syn,
    );
    println!(
        "row 14: 10,000,000 flows: {} MiB held, {idle} MiB without, {} bytes a flow, {:.1} s",
        run.peak,
        ((run.peak - idle) << 20) / 10_000_000,
        run.seconds
    );
    assert_eq!(run.number("/flows/exported"), 10_000_000);
    assert_eq!(run.number("/flows/evicted"), 0);
    assert!(run.peak <= 1_638, "{} MiB", run.peak);
}

#[test]
fn row_10_a_flood_of_fragments_is_remembered_in_bounded_memory() {
    let few = replay(&["--lanes", "1"], 100_000, first_fragment).peak;
    let many = replay(&["--lanes", "1"], 500_000, first_fragment).peak;
    println!("row 10: {few} MiB for 100,000 first fragments, {many} MiB for 500,000");
    assert!(many < few + 16, "{few} MiB, {many} MiB");
}

/// Packets of flows between two ends, which differ in their ports only.
fn flood(lane: &mut Lane, flows: u32) {
    let mut packet = vec![0x45, 0, 0, 28, 0, 0, 0x40, 0, 64, 17, 0, 0];
    packet.extend([20, 0, 0, 1, 30, 0, 0, 1, 0, 0, 0, 0, 0, 8, 0, 0]);
    for n in 0..flows {
        // Ports above all that have a meaning.
        let (a, b) = (40_000 + (n % 2_000) as u16, 42_000 + (n / 2_000) as u16);
        packet[20..22].copy_from_slice(&a.to_be_bytes());
        packet[22..24].copy_from_slice(&b.to_be_bytes());
        lane.feed(&Frame {
            seen: Timestamp::from_nanos(1_760_000_000 * NANOS_PER_SEC + u64::from(n)),
            wire_len: packet.len() as u32,
            link: LinkType(101),
            bytes: &packet,
        });
    }
}

/// The secret under which all flows between these two ends have one hash (src/flow/flood.rs).
const ONE_HASH: u64 =
    (0x1400_0001_u64 | 0x1e00_0001 << 32 ^ 0x9e37_79b9_7f4a_7c15).rotate_right(32);

#[test]
fn row_13_keys_with_one_hash_are_all_in_the_books() {
    let mut lane = Lane::new(&settings(ONE_HASH));
    for _ in 0..2 {
        flood(&mut lane, 300_000);
    }
    let (flows, tally) = lane.finish();
    let mut ended: Vec<Ended> = Vec::new();
    let (_, _, live) = flows.end(&mut ended);
    assert_eq!(tally.admitted().packets, 600_000);
    assert_eq!(ended.len() + live.len(), 300_000);
    assert!(live.iter().all(|record| record.packets() == 2));
}

#[test]
#[ignore = "a measurement"]
#[expect(
    clippy::disallowed_methods,
    reason = "this measures; nothing in it is part of the road"
)]
fn row_13_throughput_under_keys_with_one_hash() {
    for round in 0..3 {
        for (name, seed) in [("any secret", 7), ("one hash", ONE_HASH)] {
            let mut lane = Lane::new(&settings(seed));
            let began = Instant::now();
            for _ in 0..2 {
                flood(&mut lane, 1_000_000);
            }
            let _ = lane.tally();
            let nanos = began.elapsed().as_nanos() as f64 / 2e6;
            println!("row 13, round {round}: {name}: {nanos:.0} ns a packet");
        }
    }
}

#[test]
fn row_07_a_chain_of_any_length_costs_no_more_than_its_bound() {
    use sekisho::decode::{Headers, MAX_EXTENSION_HEADERS, Stop, decode};
    for count in [9, 100, 1_000] {
        let mut packet = vec![0x60, 0, 0, 0];
        packet.extend((count as u16 * 8).to_be_bytes());
        packet.extend([60, 64]);
        packet.extend([0x2a, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        packet.extend([0x2a, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
        packet.extend([60, 0, 1, 4, 0, 0, 0, 0].repeat(count));
        let stop = |bytes: &[u8]| {
            let mut headers = Headers::new();
            let frame = Frame {
                seen: Timestamp::ZERO,
                wire_len: packet.len() as u32,
                link: LinkType(101),
                bytes,
            };
            decode(&frame, &mut headers).unwrap();
            headers.stop()
        };
        assert_eq!(stop(&packet), Stop::TooManyExtensions);
        // What lies behind the ninth is not even read: without it the answer is the same.
        let read = 40 + (MAX_EXTENSION_HEADERS + 1) * 8;
        assert_eq!(stop(&packet[..read]), Stop::TooManyExtensions);
    }
}

#[test]
fn row_55_a_frame_of_64_kib_counts_by_its_ip_length() {
    let mut lane = Lane::new(&settings(1));
    // Joined by offloading: the largest length, and none, for which the frame stands.
    for total in [65_535_u16, 0] {
        let mut packet = vec![0x45, 0];
        packet.extend(total.to_be_bytes());
        packet.extend([0, 0, 0x40, 0, 64, 6, 0, 0, 30, 0, 0, 1, 20, 0, 0, 1]);
        packet.extend([0x75, 0x30, 1, 0xbb, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x10]);
        packet.resize(65_535, 0);
        // The capture may end after the headers.
        for captured in [packet.len(), 96] {
            lane.feed(&Frame {
                seen: Timestamp::ZERO,
                wire_len: 65_535,
                link: LinkType(101),
                bytes: &packet[..captured],
            });
        }
    }
    let (flows, _) = lane.finish();
    let (_, _, live) = flows.end(&mut Vec::new());
    let bytes: Vec<u64> = live.iter().map(|record| record.bytes()).collect();
    assert_eq!(bytes, [4 * 65_535]);
}
