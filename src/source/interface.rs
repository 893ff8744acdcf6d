//! What a pcapng interface description says: link type, snap length, clock.
//!
//! Source: draft-ietf-opsawg-pcapng, Interface Description Block.

use super::LinkType;
use super::pcapng::ByteOrder;
use crate::time::{NANOS_PER_SEC, Timestamp};

/// Option codes.
const END_OF_OPTIONS: u16 = 0;
const TIME_RESOLUTION: u16 = 9;
const TIME_OFFSET: u16 = 14;

/// One described interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Interface {
    pub(super) link: LinkType,
    /// Snap length in bytes; 0 is without limit.
    pub(super) snap_len: u32,
    pub(super) clock: Clock,
}

impl Interface {
    /// From a block's body; none if it is shorter than its fixed fields.
    pub(super) fn parse(order: ByteOrder, body: &[u8]) -> Option<Self> {
        let ([l0, l1, _, _, s0, s1, s2, s3], mut options) = body.split_first_chunk::<8>()?;
        let mut resolution = Resolution::Decimal(6);
        let mut offset = 0;
        while let Some(([c0, c1, n0, n1], rest)) = options.split_first_chunk::<4>() {
            let code = order.u16([*c0, *c1]);
            let length = usize::from(order.u16([*n0, *n1]));
            // Values that run over the end of the block are cut to what is there.
            let value = rest.get(..length).unwrap_or(rest);
            match code {
                END_OF_OPTIONS => break,
                TIME_RESOLUTION => {
                    if let Some(byte) = value.first() {
                        resolution = Resolution::of(*byte);
                    }
                }
                TIME_OFFSET => {
                    if let Some(bytes) = value.first_chunk::<8>() {
                        offset = order.i64(*bytes);
                    }
                }
                _ => {}
            }
            options = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        }
        Some(Self {
            link: LinkType(u32::from(order.u16([*l0, *l1]))),
            snap_len: order.u32([*s0, *s1, *s2, *s3]),
            clock: Clock::new(resolution, offset),
        })
    }
}

/// `if_tsresol`: ticks in a second, as an exponent of ten or two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resolution {
    Decimal(u8),
    Binary(u8),
}

impl Resolution {
    pub(super) const fn of(byte: u8) -> Self {
        if byte & 0x80 == 0 {
            Self::Decimal(byte)
        } else {
            Self::Binary(byte & 0x7f)
        }
    }
}

/// Turns ticks into packet time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clock {
    /// Nanoseconds in a tick where ticks are whole nanoseconds and there is no offset: nearly always.
    plain: Option<u64>,
    resolution: Resolution,
    /// `if_tsoffset`, in seconds.
    offset: i64,
}

impl Clock {
    pub(super) fn new(resolution: Resolution, offset: i64) -> Self {
        let plain = match resolution {
            Resolution::Decimal(exponent @ 0..=9) if offset == 0 => {
                10_u64.checked_pow(9 - u32::from(exponent))
            }
            Resolution::Decimal(_) | Resolution::Binary(_) => None,
        };
        Self {
            plain,
            resolution,
            offset,
        }
    }

    /// The moment of a count of ticks; before 1970 becomes the epoch, after 2554 the last moment.
    #[inline]
    pub(super) fn at(self, ticks: u64) -> Timestamp {
        Timestamp::from_nanos(match self.plain {
            Some(nanos) => ticks.saturating_mul(nanos),
            None => self.general(ticks),
        })
    }

    fn general(self, ticks: u64) -> u64 {
        let per_sec = u128::from(NANOS_PER_SEC);
        // ticks × 10⁹ is below 2⁹⁴, and so is every shift and quotient of it.
        let scaled = u128::from(ticks) * per_sec;
        let nanos = match self.resolution {
            // 10³⁹ and more exceed 128 bits, and any scaled count.
            Resolution::Decimal(exponent) => 10_u128
                .checked_pow(u32::from(exponent))
                .map_or(0, |divisor| scaled / divisor),
            Resolution::Binary(exponent) => scaled >> exponent,
        };
        let shifted = nanos.cast_signed() + i128::from(self.offset) * per_sec.cast_signed();
        u64::try_from(shifted.max(0)).unwrap_or(u64::MAX)
    }
}
