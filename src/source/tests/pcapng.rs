//! pcapng: blocks, sections, interfaces, clocks, cut at every byte.

use crate::source::interface::{Clock, Resolution};
use crate::source::pcapng::ByteOrder::{self, Big, Little};
use crate::source::synth::{
    Seen, block, interface, packet, put16, put32, read, read_in_steps, section,
};
use crate::source::{End, Fault};

const ORDERS: [ByteOrder; 2] = [Little, Big];

fn faults(file: &[u8]) -> (usize, Option<(u64, Fault)>) {
    let (seen, end) = read(file).unwrap();
    let fault = match end {
        End::Complete => None,
        End::Damaged(damage) => Some((damage.offset, damage.fault)),
        End::Stopped | End::Failed(_) => panic!("{end:?}"),
    };
    (seen.len(), fault)
}

/// A header and an interface, with which most files here begin.
fn begun(order: ByteOrder) -> Vec<u8> {
    [section(order), interface(order, 1, 0, None, 0)].concat()
}

#[test]
fn interfaces_and_sections_keep_their_own_link_types_clocks_and_byte_orders() {
    for (first, second) in [(Little, Big), (Big, Little), (Big, Big)] {
        let mut obsolete = Vec::new();
        put16(first, &mut obsolete, 1);
        put16(first, &mut obsolete, 9_999);
        for field in [0, 3, 2, 80] {
            put32(first, &mut obsolete, field);
        }
        obsolete.extend(b"op");
        let mut simple = Vec::new();
        put32(second, &mut simple, 70);
        simple.extend(b"sp");
        let file = [
            section(first),
            interface(first, 1, 0, None, 0),
            interface(first, 101, 0, Some(9), 10),
            packet(first, 1, 5, 60, b"abc", b""),
            block(first, 0xbad, b"unknown"),
            packet(first, 0, 1 << 33, 61, b"", b""),
            block(first, 2, &obsolete),
            section(second),
            interface(second, 113, 2, Some(0x80 | 10), -1),
            packet(second, 0, 3 * 512, 62, b"x", &[0; 4]),
            block(second, 3, &simple),
        ]
        .concat();
        let seen = |nanos, wire, link, bytes: &[u8]| Seen {
            nanos,
            wire,
            link,
            bytes: bytes.to_vec(),
        };
        let expected = [
            seen(10_000_000_005, 60, 101, b"abc"),
            seen((1 << 33) * 1_000, 61, 1, b""),
            seen(10_000_000_003, 80, 101, b"op"),
            seen(500_000_000, 62, 113, b"x"),
            seen(0, 70, 113, b"sp"),
        ];
        for step in [1, 7, usize::MAX] {
            let (got, end) = read_in_steps(&file, step).unwrap();
            assert_eq!(got, expected);
            assert!(matches!(end, End::Complete));
        }
    }
}

#[test]
fn every_cut_gives_the_whole_packets_before_it() {
    for order in ORDERS {
        let head = begun(order);
        let one = packet(order, 0, 5, 60, b"abc", b"");
        let file = [head.clone(), one.clone(), one.clone()].concat();
        let bounds = [28, head.len(), head.len() + one.len(), file.len()];
        for cut in 4..=file.len() {
            let (packets, fault) = faults(&file[..cut]);
            assert_eq!(
                packets,
                bounds[2..].iter().filter(|bound| **bound <= cut).count()
            );
            let at = [0]
                .iter()
                .chain(&bounds)
                .rfind(|bound| **bound <= cut)
                .copied()
                .unwrap();
            let whole = bounds.contains(&cut);
            assert_eq!(
                fault.map(|(offset, _)| offset),
                (!whole).then_some(at as u64),
                "{cut}"
            );
        }
    }
}

#[test]
fn blocks_that_contradict_themselves_end_the_file_where_they_begin() {
    for order in ORDERS {
        let good = [begun(order), packet(order, 0, 5, 60, b"abc", b"")].concat();
        let at = good.len() as u64;
        let length = |value: u32| {
            let mut bad = block(order, 0x55, &[0; 8]);
            let mut field = Vec::new();
            put32(order, &mut field, value);
            bad[4..8].copy_from_slice(&field);
            bad
        };
        let mut beyond = packet(order, 0, 5, 60, b"abcd", b"");
        let mut field = Vec::new();
        put32(order, &mut field, 5);
        beyond[20..24].copy_from_slice(&field);
        let mut major = section(order);
        major[12..14].copy_from_slice(&[7, 7]);
        let mut magic = section(order);
        magic[8] ^= 1;
        for (bad, fault) in [
            (length(0), Fault::BlockLength { length: 0 }),
            (length(11), Fault::BlockLength { length: 11 }),
            (
                length(16),
                Fault::TrailingLength {
                    length: 16,
                    trailing: 0,
                },
            ),
            (
                length(u32::MAX),
                Fault::CutBlock {
                    have: 20,
                    need: u64::from(u32::MAX),
                },
            ),
            (
                beyond,
                Fault::BeyondBlock {
                    captured: 5,
                    have: 4,
                },
            ),
            (
                packet(order, 1, 0, 9, b"", b""),
                Fault::UnknownInterface {
                    interface: 1,
                    described: 1,
                },
            ),
            (block(order, 6, &[0; 16]), Fault::ShortBlock { kind: 6 }),
            (block(order, 2, &[0; 16]), Fault::ShortBlock { kind: 2 }),
            (block(order, 3, b""), Fault::ShortBlock { kind: 3 }),
            (block(order, 1, &[0; 4]), Fault::ShortBlock { kind: 1 }),
            (major, Fault::Version { major: 0x0707 }),
            (magic, Fault::ByteOrder),
        ] {
            let file = [good.clone(), bad].concat();
            assert_eq!(faults(&file), (1, Some((at, fault))));
        }
    }
}

#[test]
fn an_odd_block_length_is_padded_where_there_is_room() {
    let mut odd = 0x55_u32.to_le_bytes().to_vec();
    odd.extend(13_u32.to_le_bytes());
    odd.push(0);
    odd.extend(13_u32.to_le_bytes());
    let one = packet(Little, 0, 5, 60, b"abc", b"");
    let head = begun(Little);
    let padded = [head.clone(), odd.clone(), vec![0; 3], one].concat();
    assert_eq!(faults(&padded), (1, None));
    assert_eq!(faults(&[head.clone(), odd.clone()].concat()), (0, None));
    let at = (head.len() + 13) as u64;
    let fault = Fault::CutBlockHeader { have: 2, need: 12 };
    assert_eq!(
        faults(&[head, odd, vec![0; 2]].concat()),
        (0, Some((at, fault)))
    );
}

#[test]
fn blocks_longer_than_memory_wants_are_streamed_and_still_checked() {
    for order in ORDERS {
        let one = packet(order, 0, 5, 60, b"abc", b"");
        let long = packet(order, 0, 6, 61, &[9; 262_144], &vec![0; 3 << 20]);
        let unknown = block(order, 0x77, &vec![0; 2 << 20]);
        let file = [begun(order), long.clone(), unknown, one.clone()].concat();
        let (seen, end) = read(&file).unwrap();
        assert!(matches!(end, End::Complete));
        assert_eq!(
            seen.iter().map(|one| one.bytes.len()).collect::<Vec<_>>(),
            [262_144, 3]
        );
        assert!(seen[0].bytes.iter().all(|byte| *byte == 9));

        let start = begun(order).len() as u64;
        let mut broken = [begun(order), long.clone(), one].concat();
        let trailer = begun(order).len() + long.len() - 4;
        broken[trailer] ^= 1;
        let (packets, fault) = faults(&broken);
        assert_eq!(packets, 0);
        assert!(matches!(fault, Some((at, Fault::TrailingLength { .. })) if at == start));
        let (packets, fault) = faults(&file[..1 << 20]);
        assert_eq!(packets, 0);
        let cut = Fault::CutBlock {
            have: (1 << 20) - start,
            need: long.len() as u64,
        };
        assert_eq!(fault, Some((start, cut)));
    }
}

#[test]
fn any_resolution_and_offset_gives_a_time_without_overflow() {
    use Resolution::{Binary, Decimal};
    for (resolution, offset, ticks, nanos) in [
        (Decimal(6), 0, 1_500_000, 1_500_000_000),
        (Decimal(0), 0, 7, 7_000_000_000),
        (Decimal(9), 0, u64::MAX, u64::MAX),
        (Decimal(6), 0, u64::MAX, u64::MAX),
        (Decimal(10), 0, 19, 1),
        (Decimal(12), 0, u64::MAX, u64::MAX / 1_000),
        (Decimal(38), 0, u64::MAX, 0),
        (Decimal(39), 0, u64::MAX, 0),
        (Decimal(127), 0, u64::MAX, 0),
        (Binary(0), 0, 2, 2_000_000_000),
        (Binary(1), 0, 3, 1_500_000_000),
        (Binary(64), 0, u64::MAX, 999_999_999),
        (Binary(127), 0, u64::MAX, 0),
        (Decimal(6), -2, 3_000_000, 1_000_000_000),
        (Decimal(6), -4, 3_000_000, 0),
        (Decimal(6), i64::MIN, u64::MAX, 0),
        (Decimal(6), i64::MAX, 0, u64::MAX),
        (Binary(0), i64::MAX, u64::MAX, u64::MAX),
    ] {
        assert_eq!(
            Clock::new(resolution, offset).at(ticks).nanos(),
            nanos,
            "{resolution:?}"
        );
    }
    for byte in 0..=255 {
        for ticks in [0, 1, u64::MAX] {
            for offset in [i64::MIN, -1, 0, 1, i64::MAX] {
                Clock::new(Resolution::of(byte), offset).at(ticks);
            }
        }
    }
}
