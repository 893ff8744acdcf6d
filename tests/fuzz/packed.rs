//! A capture of arbitrary bytes, compressed: what is delivered of it is what is delivered of the plain one,
//! and of one that is cut, the beginning of that. Mutating compressed bytes hardly ever gets past their
//! checksums; this reaches what lies behind.
//!
//! The first byte chooses the compression, the next two at which part of 65536 it is cut.

use std::io::{Cursor, Write as _};

use sekisho::source::{End, Input, OpenError, Reader};

use crate::frames::{Frames, told};

fn pack(which: u8, bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let halves = bytes.split_at(bytes.len() / 2);
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes)?;
        encoder.finish()
    };
    let lz4 = |bytes: &[u8]| {
        let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
        encoder.write_all(bytes)?;
        encoder.finish().map_err(std::io::Error::other)
    };
    match which % 6 {
        0 => gzip(bytes),
        1 => zstd::encode_all(bytes, 1),
        2 => lz4(bytes),
        // Members one behind the other are one input.
        3 => Ok([gzip(halves.0)?, gzip(halves.1)?].concat()),
        4 => Ok([
            zstd::encode_all(halves.0, 1)?,
            zstd::encode_all(halves.1, 1)?,
        ]
        .concat()),
        _ => Ok([lz4(halves.0)?, lz4(halves.1)?].concat()),
    }
}

fn read(bytes: Vec<u8>) -> Result<(Frames, End), OpenError> {
    let mut frames = Frames::default();
    let mut reader = Reader::new(&Input::Stdin, Cursor::new(bytes))?;
    let end = reader.read(|frame| frames.take(frame));
    Ok((frames, end))
}

/// What must hold for any input.
pub(crate) fn check(data: &[u8]) {
    let Some(([which, high, low], plain)) = data.split_first_chunk() else {
        return;
    };
    let packed = pack(*which, plain).expect("memory");
    let expected = read(plain.to_vec());
    let found = read(packed.clone());
    match (&expected, &found) {
        (Ok((expected, end)), Ok((found, same))) => {
            assert!(expected == found);
            told(same);
            assert_eq!(matches!(end, End::Complete), matches!(same, End::Complete));
        }
        (Err(_), Err(_)) => {}
        // What is packed inside the pack is not unpacked again.
        (Ok(_), Err(_)) if is_packed(plain) => {}
        _ => panic!("{:?}, packed {:?}", expected.err(), found.err()),
    }
    let at = packed.len() * usize::from(u16::from_be_bytes([*high, *low])) / 0x1_0000;
    if let (Ok((expected, _)), Ok((found, end))) = (expected, read(packed[..at].to_vec()))
        && !is_packed(plain)
    {
        assert!(found.begins(&expected));
        told(&end);
    }
}

fn is_packed(bytes: &[u8]) -> bool {
    [
        &[0x1f, 0x8b][..],
        &[0x28, 0xb5, 0x2f, 0xfd],
        &[0x04, 0x22, 0x4d, 0x18],
    ]
    .iter()
    .any(|magic| bytes.starts_with(magic))
        || matches!(bytes, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}
