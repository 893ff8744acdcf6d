//! How a reading ended, and what was wrong with what was read.

use std::{fmt, io};

/// The four ends of a reading.
#[derive(Debug)]
#[must_use = "a damaged or failed input must be reported"]
pub enum End {
    /// The input ended between two records (or, for a range, its limit was reached).
    Complete,
    /// The callback asked to stop. Reading again goes on with the next frame.
    Stopped,
    /// The input is cut or contradicts itself. Every whole frame before was delivered.
    Damaged(Damage),
    /// The operating system could not read on.
    Failed(io::Error),
}

/// What is wrong with an input, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// Offset in bytes of the record or block that is not whole, in the unpacked stream.
    pub offset: u64,
    /// What the stream was packed with, if it was.
    pub compression: Option<Compression>,
    /// What is wrong there.
    pub fault: Fault,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at offset {}", self.fault, self.offset)?;
        match self.compression {
            Some(compression) => write!(f, " of the unpacked {compression} stream"),
            None => Ok(()),
        }
    }
}

/// A compression that is undone while reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Compression {
    /// gzip (RFC 1952), one or more members.
    Gzip,
    /// Zstandard (RFC 8878), one or more frames.
    Zstd,
    /// LZ4 frame format, one or more frames.
    Lz4,
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Lz4 => "lz4",
        })
    }
}

/// Every way a capture can be damaged. Holds lengths and numbers only, never a byte of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The file ends inside its own header.
    CutFileHeader {
        /// Bytes there.
        have: u64,
        /// Bytes announced.
        need: u64,
    },
    /// The file ends inside a record header.
    CutRecordHeader {
        /// Bytes there.
        have: u64,
        /// Bytes announced.
        need: u64,
    },
    /// The file ends inside the captured bytes of a record.
    CutRecord {
        /// Bytes there.
        have: u64,
        /// Bytes announced.
        need: u64,
    },
    /// A record claims more captured bytes than [`MAX_CAPTURED`](super::MAX_CAPTURED).
    Oversized {
        /// The captured length claimed, in bytes.
        captured: u32,
    },
    /// The file ends inside a block header.
    CutBlockHeader {
        /// Bytes there.
        have: u64,
        /// Bytes announced.
        need: u64,
    },
    /// The file ends inside a block.
    CutBlock {
        /// Bytes there.
        have: u64,
        /// Bytes announced.
        need: u64,
    },
    /// A section header without a valid byte-order magic.
    ByteOrder,
    /// A section of a major version other than 1.
    Version {
        /// The major version.
        major: u16,
    },
    /// A block length below the 12 bytes of an empty block.
    BlockLength {
        /// The total length claimed, in bytes.
        length: u32,
    },
    /// The length at the end of a block is not the one at its beginning.
    TrailingLength {
        /// The total length at the beginning, in bytes.
        length: u32,
        /// The one at the end.
        trailing: u32,
    },
    /// A block too short for the fixed fields of its type.
    ShortBlock {
        /// The block type.
        kind: u32,
    },
    /// A packet of an interface that no block of the section described.
    UnknownInterface {
        /// The interface number.
        interface: u32,
        /// How many are described.
        described: u32,
    },
    /// A packet with more captured bytes than its block holds.
    BeyondBlock {
        /// The captured length claimed, in bytes.
        captured: u32,
        /// Bytes there.
        have: u64,
    },
    /// More interfaces in one section than are kept (65,536).
    TooManyInterfaces,
    /// The compressed stream ends before its end mark.
    CutStream,
    /// The compressed stream cannot be unpacked further.
    CorruptStream,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::CutFileHeader { have, need } => {
                write!(f, "cut inside the file header ({have} of {need} bytes)")
            }
            Self::CutRecordHeader { have, need } => {
                write!(f, "cut inside a record header ({have} of {need} bytes)")
            }
            Self::CutRecord { have, need } => {
                write!(f, "cut inside a record ({have} of {need} bytes)")
            }
            Self::Oversized { captured } => {
                write!(f, "a record claims {captured} captured bytes")
            }
            Self::CutBlockHeader { have, need } => {
                write!(f, "cut inside a block header ({have} of {need} bytes)")
            }
            Self::CutBlock { have, need } => {
                write!(f, "cut inside a block ({have} of {need} bytes)")
            }
            Self::ByteOrder => f.write_str("no byte-order magic in a section header"),
            Self::Version { major } => write!(f, "pcapng major version {major}"),
            Self::BlockLength { length } => write!(f, "impossible block length {length}"),
            Self::TrailingLength { length, trailing } => {
                write!(
                    f,
                    "block lengths {length} and {trailing} contradict each other"
                )
            }
            Self::ShortBlock { kind } => write!(f, "block of type {kind:#x} too short"),
            Self::UnknownInterface {
                interface,
                described,
            } => {
                write!(
                    f,
                    "packet of interface {interface} where {described} are described"
                )
            }
            Self::BeyondBlock { captured, have } => {
                write!(
                    f,
                    "{captured} captured bytes in a block with room for {have}"
                )
            }
            Self::TooManyInterfaces => f.write_str("too many interfaces in a section"),
            Self::CutStream => f.write_str("compressed stream cut short"),
            Self::CorruptStream => f.write_str("compressed stream corrupt"),
        }
    }
}
