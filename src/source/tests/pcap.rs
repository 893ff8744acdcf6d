//! Classic pcap: every flavour, cut at every byte.

use std::io::Cursor;

use crate::source::pcapng::ByteOrder;
use crate::source::synth::{Flavour, Seen, read, read_in_steps};
use crate::source::{Damage, End, Fault, Input, OpenError, Reader};

/// Magic × byte order × version.
fn flavours() -> Vec<Flavour> {
    let mut all = Vec::new();
    for order in [ByteOrder::Little, ByteOrder::Big] {
        for (nanos, modified) in [(false, false), (true, false), (false, true)] {
            for version in [(2, 1), (2, 2), (2, 3), (2, 4), (543, 0)] {
                all.push(Flavour {
                    order,
                    nanos,
                    modified,
                    version,
                    network: 113,
                });
            }
        }
    }
    all
}

fn lengths(flavour: Flavour, captured: u32, wire: u32) -> [u32; 2] {
    match flavour.version {
        (2, 0..=2) => [wire, captured],
        _ => [captured, wire],
    }
}

fn two_packets(flavour: Flavour) -> (Vec<u8>, Vec<Seen>) {
    let mut file = flavour.header();
    file.extend(flavour.record((1, 5), lengths(flavour, 3, 60), b"abc"));
    file.extend(flavour.record((u32::MAX, 999), lengths(flavour, 5, 5), b"defgh"));
    let unit = if flavour.nanos { 1 } else { 1_000 };
    let seen = |seconds: u64, units: u64, wire, bytes: &[u8]| Seen {
        nanos: seconds * 1_000_000_000 + units * unit,
        wire,
        link: 113,
        bytes: bytes.to_vec(),
    };
    (
        file,
        vec![
            seen(1, 5, 60, b"abc"),
            seen(u64::from(u32::MAX), 999, 5, b"defgh"),
        ],
    )
}

#[test]
fn every_flavour_is_read_and_every_cut_gives_the_whole_packets_before_it() {
    for flavour in flavours() {
        let (file, seen) = two_packets(flavour);
        let first = 24 + flavour.record_header() + 3;
        for cut in 0..=file.len() {
            let result = read(&file[..cut]);
            if cut < 4 {
                assert!(matches!(result, Err(OpenError::NotACapture(_))), "{cut}");
                continue;
            }
            let (got, end) = result.unwrap();
            let whole = usize::from(cut >= first) + usize::from(cut == file.len());
            assert_eq!(got, seen[..whole], "{flavour:?} cut at {cut}");
            let expected = match cut {
                _ if [24, first, file.len()].contains(&cut) => None,
                0..24 => Some(0),
                _ if cut < first => Some(24),
                _ => Some(first as u64),
            };
            match (expected, end) {
                (None, End::Complete) => {}
                (
                    Some(at),
                    End::Damaged(Damage {
                        offset,
                        compression: None,
                        ..
                    }),
                ) if at == offset => {}
                (_, end) => panic!("{flavour:?} cut at {cut}: {end:?}"),
            }
        }
    }
}

#[test]
fn one_byte_at_a_time_gives_the_same_frames() {
    for flavour in flavours() {
        let (file, seen) = two_packets(flavour);
        assert_eq!(read_in_steps(&file, 1).unwrap().0, seen);
    }
}

#[test]
fn a_version_that_nobody_writes_is_refused() {
    for order in [ByteOrder::Little, ByteOrder::Big] {
        for version in [(0, 0), (1, 2), (2, 5), (3, 0), (4, 2), (543, 1)] {
            let flavour = Flavour {
                order,
                version,
                ..flavours()[0]
            };
            let file = two_packets(flavour).0;
            assert!(
                matches!(
                    Reader::new(&Input::Stdin, Cursor::new(file)),
                    Err(OpenError::Version(Input::Stdin))
                ),
                "{version:?}"
            );
        }
    }
}

#[test]
fn version_2_3_takes_the_smaller_length_as_captured() {
    let flavour = Flavour {
        version: (2, 3),
        ..Flavour::PLAIN
    };
    let mut file = flavour.header();
    file.extend(flavour.record((1, 0), [60, 3], b"abc"));
    let (seen, end) = read(&file).unwrap();
    assert!(matches!(end, End::Complete));
    assert_eq!(
        (seen[0].wire, seen[0].bytes.as_slice()),
        (60, b"abc".as_slice())
    );
}

#[test]
fn reserved_bits_make_an_unknown_link_type_and_check_sequence_bits_do_not() {
    for (network, link) in [
        (1, 1),
        (0xf400_0001, 1),
        (0x0001_0001, 0x0001_0001),
        (0xfe00_0069, 0x0200_0069),
    ] {
        let flavour = Flavour {
            network,
            ..Flavour::PLAIN
        };
        let mut file = flavour.header();
        file.extend(flavour.record((1, 0), [0, 0], b""));
        assert_eq!(read(&file).unwrap().0[0].link, link, "{network:#x}");
    }
}

#[test]
fn a_captured_length_beyond_the_largest_ends_the_file_and_the_largest_does_not() {
    for captured in [262_145, 1 << 31, u32::MAX] {
        let mut file = Flavour::PLAIN.header();
        file.extend(Flavour::PLAIN.record((1, 0), [1, 1], b"x"));
        file.extend(Flavour::PLAIN.record((1, 0), [captured, 60], &[0; 100]));
        let (seen, end) = read(&file).unwrap();
        assert_eq!(seen.len(), 1);
        let damage = Damage {
            offset: 41,
            compression: None,
            fault: Fault::Oversized { captured },
        };
        assert!(matches!(end, End::Damaged(found) if found == damage));
    }
    let mut file = Flavour::PLAIN.header();
    for _ in 0..3 {
        file.extend(Flavour::PLAIN.record((1, 0), [262_144, 1], &[7; 262_144]));
    }
    let (seen, end) = read(&file).unwrap();
    assert!(matches!(end, End::Complete));
    assert!(seen.len() == 3 && seen.iter().all(|one| one.bytes == [7; 262_144]));
}

#[test]
fn what_begins_like_no_capture_is_refused() {
    for head in [
        b"".as_slice(),
        b"\n",
        b"\0\0\0\0\0\0\0\0",
        b"GIF89a",
        b"\xa1\xb2\xc3\xd5 and so on",
        b"\xd4\xc3\xb2",
        b"snoop\0\0\0\0\0\0\x02",
    ] {
        assert!(
            matches!(read(head), Err(OpenError::NotACapture(_))),
            "{head:?}"
        );
    }
    let xz = b"\xfd7zXZ\0\0\0";
    assert!(matches!(
        read(xz),
        Err(OpenError::Packed { method: "xz", .. })
    ));
}
