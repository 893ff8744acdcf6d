//! Classic pcap: every magic, both byte orders, old and modified record layouts.
//!
//! Source: draft-ietf-opsawg-pcap; libpcap's `sf-pcap.c` for what old writers did.

use std::ops::ControlFlow;

use super::end::Fault;
use super::window::{Input, Stop, Window};
use super::{Frame, LinkType, MAX_CAPTURED};
use crate::time::{NANOS_PER_SEC, Timestamp};

/// Length of the file header in bytes.
pub(super) const FILE_HEADER: usize = 24;

/// What a classic pcap file header says about the records after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PcapFormat {
    pub(super) big_endian: bool,
    /// Kuznetzov's modified format has 24-byte record headers.
    pub(super) modified: bool,
    /// Nanoseconds in a unit of the sub-second field: 1000 or 1.
    pub(super) unit: u64,
    lengths: Lengths,
    /// The snap length in bytes; never enforced, only used to judge what is plausible.
    pub(super) snap_len: u32,
    /// How every frame begins.
    pub link: LinkType,
}

/// The order of the two lengths in a record header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lengths {
    /// Captured, then wire: version 2.4.
    CapturedFirst,
    /// Wire, then captured: before 2.3.
    WireFirst,
    /// 2.3 writers did either; the smaller is the captured one.
    SmallerIsCaptured,
}

/// One record header, decoded.
#[derive(Clone, Copy)]
pub(super) struct Record {
    pub(super) seconds: u32,
    pub(super) fraction: u32,
    pub(super) captured: u32,
    pub(super) wire: u32,
}

impl PcapFormat {
    /// Whether `magic` begins a classic pcap file.
    pub(super) fn knows(magic: [u8; 4]) -> bool {
        Self::layout(magic).is_some()
    }

    /// Byte order, modified layout, nanoseconds per unit.
    fn layout(magic: [u8; 4]) -> Option<(bool, bool, u64)> {
        match magic {
            [0xd4, 0xc3, 0xb2, 0xa1] => Some((false, false, 1_000)),
            [0xa1, 0xb2, 0xc3, 0xd4] => Some((true, false, 1_000)),
            [0x4d, 0x3c, 0xb2, 0xa1] => Some((false, false, 1)),
            [0xa1, 0xb2, 0x3c, 0x4d] => Some((true, false, 1)),
            [0x34, 0xcd, 0xb2, 0xa1] => Some((false, true, 1_000)),
            [0xa1, 0xb2, 0xcd, 0x34] => Some((true, true, 1_000)),
            _ => None,
        }
    }

    /// Decodes a file header; none if the magic is not classic pcap's, or the version is
    /// none that libpcap reads.
    pub(super) fn parse(header: &[u8; FILE_HEADER]) -> Option<Self> {
        let [
            m0,
            m1,
            m2,
            m3,
            a0,
            a1,
            b0,
            b1,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            s0,
            s1,
            s2,
            s3,
            n0,
            n1,
            n2,
            n3,
        ] = *header;
        let (big_endian, modified, unit) = Self::layout([m0, m1, m2, m3])?;
        let short = |b| {
            if big_endian {
                u16::from_be_bytes(b)
            } else {
                u16::from_le_bytes(b)
            }
        };
        let long = |b| {
            if big_endian {
                u32::from_be_bytes(b)
            } else {
                u32::from_le_bytes(b)
            }
        };
        let lengths = match (short([a0, a1]), short([b0, b1])) {
            (2, 0..=2) => Lengths::WireFirst,
            (2, 3) => Lengths::SmallerIsCaptured,
            // 543.0 is what DG/UX wrote. How any other version lies in a file nobody knows: what would
            // be read as addresses may be none.
            (2, 4) | (543, 0) => Lengths::CapturedFirst,
            _ => return None,
        };
        let network = long([n0, n1, n2, n3]);
        // The top six bits tell of frame check sequences; the ten below are reserved, and a file
        // that sets them has a link type nobody knows, not the one in the low half.
        let link = if network & 0x03ff_0000 == 0 {
            network & 0xffff
        } else {
            network & 0x03ff_ffff
        };
        Some(Self {
            big_endian,
            modified,
            unit,
            lengths,
            snap_len: long([s0, s1, s2, s3]),
            link: LinkType(link),
        })
    }

    /// Length of a record header in bytes.
    pub(super) const fn record_header(&self) -> usize {
        if self.modified { 24 } else { 16 }
    }

    /// Decodes the 16 bytes that every record header begins with.
    #[inline(always)]
    pub(super) fn record(&self, big_endian: bool, head: [u8; 16]) -> Record {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = head;
        let long = |b| {
            if big_endian {
                u32::from_be_bytes(b)
            } else {
                u32::from_le_bytes(b)
            }
        };
        let (first, second) = (long([i, j, k, l]), long([m, n, o, p]));
        let (captured, wire) = match self.lengths {
            Lengths::CapturedFirst => (first, second),
            Lengths::WireFirst => (second, first),
            Lengths::SmallerIsCaptured => (first.min(second), first.max(second)),
        };
        Record {
            seconds: long([a, b, c, d]),
            fraction: long([e, f, g, h]),
            captured,
            wire,
        }
    }

    /// Delivers the records whose headers begin before `limit` (a stream offset).
    ///
    /// Complete means that the stream ended or that the window's offset is the first record header
    /// at or after the limit.
    #[inline]
    pub(super) fn walk<I: Input, F>(
        &self,
        window: &mut Window<I>,
        limit: u64,
        deliver: &mut F,
    ) -> Stop
    where
        F: FnMut(&Frame<'_>) -> ControlFlow<()>,
    {
        // Byte order and header length are fixed for the file, so each pair has its own loop; the
        // unit and the order of lengths are a multiplication and a branch that is always predicted.
        match (self.big_endian, self.modified) {
            (false, false) => self.walk_as::<false, 16, I, F>(window, limit, deliver),
            (true, false) => self.walk_as::<true, 16, I, F>(window, limit, deliver),
            (false, true) => self.walk_as::<false, 24, I, F>(window, limit, deliver),
            (true, true) => self.walk_as::<true, 24, I, F>(window, limit, deliver),
        }
    }

    #[inline]
    fn walk_as<const BIG: bool, const HEAD: usize, I: Input, F>(
        &self,
        window: &mut Window<I>,
        limit: u64,
        deliver: &mut F,
    ) -> Stop
    where
        F: FnMut(&Frame<'_>) -> ControlFlow<()>,
    {
        let (format, unit, link) = (*self, self.unit, self.link);
        while window.offset() < limit {
            let filled = window.filled();
            // A header begins before the limit as long as more than `beyond` bytes remain.
            let before = usize::try_from(limit - window.offset()).unwrap_or(usize::MAX);
            let beyond = filled.len().saturating_sub(before);
            let mut rest = filled;
            let mut need = 1;
            let mut fault = None;
            let mut stopped = false;
            while rest.len() > beyond {
                need = HEAD;
                let Some((head, after)) = rest.split_first_chunk::<HEAD>() else {
                    break;
                };
                let Some(head) = head.first_chunk::<16>() else {
                    break;
                };
                let record = format.record(BIG, *head);
                if record.captured > MAX_CAPTURED {
                    fault = Some(Fault::Oversized {
                        captured: record.captured,
                    });
                    break;
                }
                let captured = record.captured as usize;
                need = HEAD + captured;
                let Some((bytes, next)) = after.split_at_checked(captured) else {
                    break;
                };
                rest = next;
                need = 1;
                // Two 32-bit fields cannot overflow 64 bits of nanoseconds.
                let nanos =
                    u64::from(record.seconds) * NANOS_PER_SEC + u64::from(record.fraction) * unit;
                let frame = Frame {
                    seen: Timestamp::from_nanos(nanos),
                    wire_len: record.wire,
                    link,
                    bytes,
                };
                if deliver(&frame).is_break() {
                    stopped = true;
                    break;
                }
            }
            let used = filled.len() - rest.len();
            window.consume(used);
            if stopped {
                return Stop::Stopped;
            }
            if let Some(fault) = fault {
                return window.damaged(fault);
            }
            if window.offset() < limit && !window.fill(need) {
                let have = window.filled().len();
                if have == 0 {
                    return window.finish();
                }
                if have < HEAD {
                    return window.cut(Fault::CutRecordHeader {
                        have: have as u64,
                        need: HEAD as u64,
                    });
                }
                return window.cut(Fault::CutRecord {
                    have: (have - HEAD) as u64,
                    need: (need - HEAD) as u64,
                });
            }
        }
        Stop::Complete
    }
}
