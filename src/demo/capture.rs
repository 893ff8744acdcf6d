//! Writes captures: pcap in either byte order and resolution, and a plain pcapng with several
//! interfaces.

use super::OwnedFrame;
use crate::source::LinkType;
use crate::time::NANOS_PER_SEC;
use std::io::{self, Write};

/// How a pcap file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// Nanoseconds instead of microseconds.
    pub nanos: bool,
    /// Big-endian instead of little-endian.
    pub big_endian: bool,
}

impl Format {
    /// What most tools write: microseconds, little-endian.
    pub const USUAL: Self = Self {
        nanos: false,
        big_endian: false,
    };
    /// All four.
    pub const ALL: [Self; 4] = [
        Self::USUAL,
        Self {
            nanos: true,
            big_endian: false,
        },
        Self {
            nanos: false,
            big_endian: true,
        },
        Self {
            nanos: true,
            big_endian: true,
        },
    ];

    const fn word(self, value: u32) -> [u8; 4] {
        if self.big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    }

    const fn half(self, value: u16) -> [u8; 2] {
        if self.big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    }
}

/// The snap length that file headers announce.
const SNAP_LEN: u32 = 262_144;

/// A pcap file being written. All its frames are of one link type; the caller sees to that.
pub struct Pcap<W> {
    out: W,
    format: Format,
}

impl<W: Write> Pcap<W> {
    /// Writes the file header.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn new(mut out: W, link: LinkType, format: Format) -> io::Result<Self> {
        let magic = if format.nanos {
            0xa1b2_3c4d
        } else {
            0xa1b2_c3d4
        };
        out.write_all(&format.word(magic))?;
        out.write_all(&format.half(2))?;
        out.write_all(&format.half(4))?;
        for word in [0, 0, SNAP_LEN, link.0] {
            out.write_all(&format.word(word))?;
        }
        Ok(Self { out, format })
    }

    /// Writes one frame.
    ///
    /// # Errors
    /// Those of the output.
    pub fn write(&mut self, frame: &OwnedFrame) -> io::Result<()> {
        let nanos = frame.seen.nanos();
        let fraction = nanos % NANOS_PER_SEC / if self.format.nanos { 1 } else { 1_000 };
        let words = [
            (nanos / NANOS_PER_SEC) as u32,
            fraction as u32,
            frame.bytes.len() as u32,
            frame.wire_len,
        ];
        for word in words {
            self.out.write_all(&self.format.word(word))?;
        }
        self.out.write_all(&frame.bytes)
    }

    /// Gives the output back.
    pub fn into_inner(self) -> W {
        self.out
    }
}

/// A pcap file of these frames, in memory.
#[must_use]
pub fn pcap_image(frames: &[OwnedFrame], format: Format) -> Vec<u8> {
    let link = frames.first().map_or(LinkType(1), |frame| frame.link);
    let mut image = Vec::new();
    // A vector takes everything.
    if let Ok(mut pcap) = Pcap::new(&mut image, link, format) {
        for frame in frames {
            let _ = pcap.write(frame);
        }
    }
    image
}

/// A little-endian pcapng file of these frames, in memory: one section, one interface for each link
/// type in the order of first use, alternately of microseconds (the default) and nanoseconds.
#[must_use]
pub fn pcapng_image(frames: &[OwnedFrame]) -> Vec<u8> {
    let mut image = Vec::new();
    let mut section = 0x1a2b_3c4du32.to_le_bytes().to_vec();
    section.extend_from_slice(&[1, 0, 0, 0]);
    section.extend_from_slice(&u64::MAX.to_le_bytes());
    block(&mut image, 0x0a0d_0d0a, &section);
    let mut links: Vec<LinkType> = Vec::new();
    for frame in frames {
        if !links.contains(&frame.link) {
            links.push(frame.link);
        }
    }
    for (index, link) in links.iter().enumerate() {
        let mut interface = (link.0 as u16).to_le_bytes().to_vec();
        interface.extend_from_slice(&[0, 0]);
        interface.extend_from_slice(&SNAP_LEN.to_le_bytes());
        if index % 2 == 1 {
            // if_tsresol: 10⁻⁹; then the end of options.
            interface.extend_from_slice(&[9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0]);
        }
        block(&mut image, 1, &interface);
    }
    for frame in frames {
        let interface = links
            .iter()
            .position(|link| *link == frame.link)
            .unwrap_or(0);
        let ticks = frame.seen.nanos() / if interface % 2 == 1 { 1 } else { 1_000 };
        let mut packet = (interface as u32).to_le_bytes().to_vec();
        packet.extend_from_slice(&((ticks >> 32) as u32).to_le_bytes());
        packet.extend_from_slice(&(ticks as u32).to_le_bytes());
        packet.extend_from_slice(&(frame.bytes.len() as u32).to_le_bytes());
        packet.extend_from_slice(&frame.wire_len.to_le_bytes());
        packet.extend_from_slice(&frame.bytes);
        block(&mut image, 6, &packet);
    }
    image
}

/// Appends a pcapng block: type, length, body padded to words, length again.
fn block(image: &mut Vec<u8>, kind: u32, body: &[u8]) {
    let padded = body.len().next_multiple_of(4);
    let length = (12 + padded) as u32;
    image.extend_from_slice(&kind.to_le_bytes());
    image.extend_from_slice(&length.to_le_bytes());
    image.extend_from_slice(body);
    image.resize(image.len() + padded - body.len(), 0);
    image.extend_from_slice(&length.to_le_bytes());
}
