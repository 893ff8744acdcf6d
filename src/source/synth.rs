//! Writes captures for the tests: every flavour of pcap and pcapng, and the ways to pack them.

use std::io::{Cursor, Read, Write};
use std::ops::ControlFlow;

use super::pcapng::ByteOrder;
use super::{End, Input, OpenError, Reader};

/// A frame as it was delivered, for comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) nanos: u64,
    pub(super) wire: u32,
    pub(super) link: u32,
    pub(super) bytes: Vec<u8>,
}

/// Reads it all, through a source that gives at most `step` bytes at a time.
pub(super) fn read_in_steps(bytes: &[u8], step: usize) -> Result<(Vec<Seen>, End), OpenError> {
    struct Steps(Cursor<Vec<u8>>, usize);
    impl Read for Steps {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            let most = out.len().min(self.1);
            self.0.read(&mut out[..most])
        }
    }
    let mut reader = Reader::new(&Input::Stdin, Steps(Cursor::new(bytes.to_vec()), step))?;
    let mut seen = Vec::new();
    let end = reader.read(|frame| {
        seen.push(keep(frame));
        ControlFlow::Continue(())
    });
    Ok((seen, end))
}

pub(super) fn read(bytes: &[u8]) -> Result<(Vec<Seen>, End), OpenError> {
    read_in_steps(bytes, usize::MAX)
}

pub(super) fn keep(frame: &super::Frame<'_>) -> Seen {
    Seen {
        nanos: frame.seen.nanos(),
        wire: frame.wire_len,
        link: frame.link.0,
        bytes: frame.bytes.to_vec(),
    }
}

/// A flavour of classic pcap.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flavour {
    pub(super) order: ByteOrder,
    pub(super) nanos: bool,
    pub(super) modified: bool,
    pub(super) version: (u16, u16),
    pub(super) network: u32,
}

impl Flavour {
    pub(super) const PLAIN: Self = Self {
        order: ByteOrder::Little,
        nanos: false,
        modified: false,
        version: (2, 4),
        network: 1,
    };

    pub(super) fn record_header(self) -> usize {
        if self.modified { 24 } else { 16 }
    }

    pub(super) fn header(self) -> Vec<u8> {
        let magic = match (self.nanos, self.modified) {
            (false, false) => 0xa1b2_c3d4,
            (true, _) => 0xa1b2_3c4d,
            (false, true) => 0xa1b2_cd34,
        };
        let mut out = Vec::new();
        put32(self.order, &mut out, magic);
        put16(self.order, &mut out, self.version.0);
        put16(self.order, &mut out, self.version.1);
        for field in [0, 0, 65_535, self.network] {
            put32(self.order, &mut out, field);
        }
        out
    }

    /// A record; `lengths` as they stand in the header, in that order.
    pub(super) fn record(self, time: (u32, u32), lengths: [u32; 2], bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        for field in [time.0, time.1, lengths[0], lengths[1]] {
            put32(self.order, &mut out, field);
        }
        if self.modified {
            out.extend([0xee; 8]);
        }
        out.extend(bytes);
        out
    }
}

pub(super) fn put16(order: ByteOrder, out: &mut Vec<u8>, value: u16) {
    match order {
        ByteOrder::Little => out.extend(value.to_le_bytes()),
        ByteOrder::Big => out.extend(value.to_be_bytes()),
    }
}

pub(super) fn put32(order: ByteOrder, out: &mut Vec<u8>, value: u32) {
    match order {
        ByteOrder::Little => out.extend(value.to_le_bytes()),
        ByteOrder::Big => out.extend(value.to_be_bytes()),
    }
}

/// A pcapng block around `body`, which is padded.
pub(super) fn block(order: ByteOrder, kind: u32, body: &[u8]) -> Vec<u8> {
    let padded = body.len().next_multiple_of(4);
    let mut out = Vec::new();
    put32(order, &mut out, kind);
    put32(order, &mut out, padded as u32 + 12);
    out.extend(body);
    out.resize(8 + padded, 0);
    put32(order, &mut out, padded as u32 + 12);
    out
}

pub(super) fn section(order: ByteOrder) -> Vec<u8> {
    let mut body = Vec::new();
    put32(order, &mut body, 0x1a2b_3c4d);
    put16(order, &mut body, 1);
    put16(order, &mut body, 0);
    body.extend([0xff; 8]);
    block(order, 0x0a0d_0d0a, &body)
}

pub(super) fn interface(
    order: ByteOrder,
    link: u16,
    snap: u32,
    resolution: Option<u8>,
    offset: i64,
) -> Vec<u8> {
    let mut body = Vec::new();
    put16(order, &mut body, link);
    put16(order, &mut body, 0);
    put32(order, &mut body, snap);
    put16(order, &mut body, 2);
    put16(order, &mut body, 3);
    body.extend(b"em0\0");
    if let Some(resolution) = resolution {
        put16(order, &mut body, 9);
        put16(order, &mut body, 1);
        body.extend([resolution, 0, 0, 0]);
    }
    if offset != 0 {
        put16(order, &mut body, 14);
        put16(order, &mut body, 8);
        match order {
            ByteOrder::Little => body.extend(offset.to_le_bytes()),
            ByteOrder::Big => body.extend(offset.to_be_bytes()),
        }
    }
    put32(order, &mut body, 0);
    block(order, 1, &body)
}

/// An enhanced packet with `more` after its bytes (options).
pub(super) fn packet(
    order: ByteOrder,
    number: u32,
    ticks: u64,
    wire: u32,
    bytes: &[u8],
    more: &[u8],
) -> Vec<u8> {
    let mut body = Vec::new();
    let (high, low) = ((ticks >> 32) as u32, ticks as u32);
    for field in [number, high, low, bytes.len() as u32, wire] {
        put32(order, &mut body, field);
    }
    body.extend(bytes);
    body.resize(body.len().next_multiple_of(4), 0);
    body.extend(more);
    block(order, 6, &body)
}

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::GzBuilder::new()
        .filename("name")
        .comment("comment")
        .extra([1, 2, 3])
        .write(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

pub(super) fn lz4(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// `count` records of varied, poorly compressible bytes, with one second between them.
pub(super) fn plain_capture(count: u32) -> (Vec<u8>, Vec<Seen>) {
    let mut out = Flavour::PLAIN.header();
    let mut seen = Vec::new();
    let mut state = 0x9e37_79b9_u32;
    for number in 0..count {
        let length = 60 + number * 37 % 900;
        let bytes: Vec<u8> = (0..length)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .collect();
        let time = 1_700_000_000 + number;
        out.extend(Flavour::PLAIN.record((time, 7), [length, length + 4], &bytes));
        seen.push(Seen {
            nanos: u64::from(time) * 1_000_000_000 + 7_000,
            wire: length + 4,
            link: 1,
            bytes,
        });
    }
    (out, seen)
}
