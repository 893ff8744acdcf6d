//! gzip, Zstandard and LZ4: whole, cut, concatenated, corrupt.

use std::io::{Cursor, Read, Write};
use std::ops::ControlFlow;

use crate::source::stream::unpacker;
use crate::source::synth::{Flavour, gzip, lz4, plain_capture, read, read_in_steps, zstd};
use crate::source::{Compression, End, Fault, Input, OpenError, Reader};

pub(super) type Pack = fn(&[u8]) -> Vec<u8>;

pub(super) const PACKS: [(Compression, Pack); 3] = [
    (Compression::Gzip, gzip),
    (Compression::Zstd, zstd),
    (Compression::Lz4, lz4),
];

#[test]
fn packed_captures_are_read_whole_and_cut_ones_as_far_as_they_go() {
    let (file, seen) = plain_capture(40);
    for (compression, pack) in PACKS {
        let packed = pack(&file);
        for step in [1, 1_000, usize::MAX] {
            let (got, end) = read_in_steps(&packed, step).unwrap();
            assert_eq!(got, seen);
            assert!(matches!(end, End::Complete), "{compression}: {end:?}");
        }
        let mut most = 0;
        for cut in (0..packed.len()).step_by(7).chain([packed.len() - 1]) {
            match read(&packed[..cut]) {
                Ok((got, End::Damaged(damage))) => {
                    assert_eq!(got, seen[..got.len()]);
                    assert_eq!(damage.compression, Some(compression));
                    assert_eq!(damage.fault, Fault::CutStream);
                    assert!(got.len() >= most, "a longer piece never holds less");
                    most = got.len();
                }
                Err(OpenError::NotACapture(_)) if cut < 4 => {}
                other => panic!(
                    "{compression} cut at {cut}: {:?}",
                    other.map(|(_, end)| end)
                ),
            }
        }
        // gzip ends in a check of its own; the last byte of the others is the last frame's here.
        if compression == Compression::Gzip {
            assert_eq!(most, seen.len(), "only the end mark was missing");
        }
    }
}

#[test]
fn members_one_after_the_other_are_one_stream() {
    let (file, seen) = plain_capture(40);
    for (compression, pack) in PACKS {
        for cut in [3, 24, 30, 5_000] {
            let (first, second) = file.split_at(cut);
            let packed = [pack(first), pack(b""), pack(second)].concat();
            let (got, end) = read_in_steps(&packed, 11).unwrap();
            assert_eq!(got, seen, "{compression}");
            assert!(matches!(end, End::Complete), "{compression}: {end:?}");
            let (got, end) = read(&[packed, b"rubbish".to_vec()].concat()).unwrap();
            assert_eq!(got, seen, "{compression}");
            assert!(matches!(end, End::Damaged(_)), "{compression}: {end:?}");
        }
    }
    let padded = [gzip(&file), vec![0; 1_000]].concat();
    assert!(matches!(read(&padded).unwrap().1, End::Complete));
}

#[test]
fn a_flipped_byte_never_gives_a_frame_that_was_not_there_before_it_is_noticed() {
    let (file, seen) = plain_capture(400);
    for (compression, pack) in PACKS {
        let packed = pack(&file);
        for at in (100..packed.len()).step_by(packed.len() / 23) {
            let mut bad = packed.clone();
            bad[at] ^= 0x10;
            let (got, end) = read(&bad).unwrap();
            // The bytes are stored nearly as they are, so what is wrong may be a frame's content;
            // the check at the end finds it. lz4 and zstd are written here without one.
            if compression == Compression::Gzip {
                assert!(matches!(end, End::Damaged(_)), "{at}: {end:?}");
            }
            let whole = got
                .iter()
                .zip(&seen)
                .take_while(|(one, other)| one == other)
                .count();
            let before: usize = seen[..whole].iter().map(|one| one.bytes.len() + 16).sum();
            if compression == Compression::Gzip {
                // No more than what one flipped byte may have garbled is missing before it.
                assert!(
                    before + 4_096 > at.min(file.len()) * 9 / 10,
                    "{at}: {before}"
                );
            }
        }
    }
}

/// Offsets of the block headers in one zstd frame without a content size (RFC 8878, 3.1.1).
fn zstd_blocks(frame: &[u8]) -> Vec<usize> {
    let mut at = 6;
    let mut blocks = Vec::new();
    loop {
        blocks.push(at);
        let header = u32::from_le_bytes([frame[at], frame[at + 1], frame[at + 2], 0]);
        let (last, kind, size) = (header & 1, header >> 1 & 3, header >> 3);
        at += 3 + if kind == 1 { 1 } else { size as usize };
        if last == 1 {
            return blocks;
        }
    }
}

#[test]
fn every_block_before_a_corrupt_one_comes_out() {
    const BLOCK: usize = 128 * 1024;
    let mut file = plain_capture(1_600).0;
    // So that blocks are of several types.
    file[BLOCK..BLOCK * 2].fill(7);
    file[BLOCK * 3..BLOCK * 4].fill(b'x');
    let mut encoder = ::zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(&file).unwrap();
    let packed = encoder.finish().unwrap();
    let blocks = zstd_blocks(&packed);
    assert!(blocks.len() >= file.len() / BLOCK);
    for step in [1_000, BLOCK, BLOCK * 2 + 1] {
        let unpacked = |packed: &[u8]| {
            let packed = Cursor::new(packed.to_vec());
            let mut unpacker = unpacker(Compression::Zstd, packed).unwrap();
            let (mut out, mut room) = (Vec::new(), vec![0; step]);
            loop {
                match unpacker.read(&mut room) {
                    Ok(0) => return (out, true),
                    Ok(count) => out.extend(&room[..count]),
                    Err(_) => return (out, false),
                }
            }
        };
        assert!(unpacked(&packed) == (file.clone(), true));
        let mut last = 0;
        for (number, block) in blocks.iter().enumerate() {
            let (before, _) = unpacked(&packed[..*block]);
            assert!(file.starts_with(&before));
            assert!(number == 0 || before.len() > last, "block {number}");
            last = before.len();
            let mut bad = packed.clone();
            bad[*block] |= 6; // A reserved block type.
            assert!(unpacked(&bad) == (before, false), "block {number}");
        }
        let mut bad = packed.clone();
        *bad.last_mut().unwrap() ^= 1; // The checksum.
        assert!(unpacked(&bad) == (file.clone(), false));
    }
}

#[test]
fn a_cut_or_corrupt_zstd_stream_gives_no_less_than_byte_by_byte() {
    let (file, _) = plain_capture(5);
    let packed = [zstd(&file[..300]), zstd(&file[300..])].concat();
    for at in 4..packed.len() {
        let mut flipped = packed.clone();
        flipped[at] ^= 0x40;
        for bytes in [&packed[..at], &flipped] {
            let count = |mut unpacker: Box<dyn Read>| {
                let mut count = 0;
                loop {
                    match unpacker.read(&mut [0]) {
                        Ok(0) => return (count, None),
                        Ok(_) => count += 1,
                        Err(error) => return (count, Some(error.kind())),
                    }
                }
            };
            let theirs = ::zstd::Decoder::new(Cursor::new(bytes.to_vec())).unwrap();
            let ours = unpacker(Compression::Zstd, Cursor::new(bytes.to_vec())).unwrap();
            assert_eq!(count(ours), count(Box::new(theirs)), "{at}");
        }
    }
}

#[test]
fn a_capture_of_nothing_but_zeros_is_read_in_constant_memory() {
    struct Zeros(Cursor<Vec<u8>>, std::io::Take<std::io::Repeat>);
    impl Read for Zeros {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            match self.0.read(out)? {
                0 => self.1.read(out),
                count => Ok(count),
            }
        }
    }
    const SIZE: u64 = 256 << 20;
    let zeros = Zeros(
        Cursor::new(Flavour::PLAIN.header()),
        std::io::repeat(0).take(SIZE),
    );
    let mut encoder = ::zstd::Encoder::new(Vec::new(), 1).unwrap();
    std::io::copy(&mut { zeros }, &mut encoder).unwrap();
    encoder.flush().unwrap();
    let packed = encoder.finish().unwrap();
    assert!(packed.len() < 64 << 10);
    let mut reader = Reader::new(&Input::Stdin, Cursor::new(packed)).unwrap();
    let mut packets = 0_u64;
    let end = reader.read(|_| {
        packets += 1;
        ControlFlow::Continue(())
    });
    assert!(matches!(end, End::Complete));
    assert_eq!(packets, SIZE / 16);
    assert!(reader.buffered() <= 512 << 10);
}

#[test]
fn what_is_packed_must_be_a_capture() {
    for (compression, pack) in PACKS {
        for inside in [
            b"".as_slice(),
            b"abc",
            b"no capture",
            &gzip(&plain_capture(1).0),
        ] {
            let result = read(&pack(inside));
            assert!(
                matches!(result, Err(OpenError::NotACapture(_))),
                "{compression}"
            );
        }
    }
}
