//! Packet time: nanoseconds since the Unix epoch, as the capture tells it. No clock is read here.

use std::fmt;

/// Nanoseconds in a second.
pub const NANOS_PER_SEC: u64 = 1_000_000_000;

/// A moment of packet time, in nanoseconds since 1970-01-01T00:00:00Z (until the year 2554).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The epoch, and the time of packets that carry none (pcapng simple packet blocks).
    pub const ZERO: Self = Self(0);

    /// From nanoseconds since the epoch.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// From whole seconds and a remainder in nanoseconds, which may exceed one second; saturates.
    #[must_use]
    pub const fn from_parts(seconds: u64, nanos: u64) -> Self {
        Self(seconds.saturating_mul(NANOS_PER_SEC).saturating_add(nanos))
    }

    /// Nanoseconds since the epoch.
    #[must_use]
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// The distance between two moments in nanoseconds, whichever is earlier.
    #[must_use]
    pub const fn distance(self, other: Self) -> u64 {
        self.0.abs_diff(other.0)
    }

    /// From the RFC 3339 form with nine digits, as [`Timestamp::write_rfc3339`] writes it.
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        parse(text.as_bytes().try_into().ok()?)
    }

    /// Writes the RFC 3339 form with nine digits into a fixed buffer:
    /// `2026-11-22T05:49:00.000000001Z`, always 30 bytes.
    pub fn write_rfc3339(self, out: &mut [u8; 30]) {
        let (seconds, nanos) = (self.0 / NANOS_PER_SEC, self.0 % NANOS_PER_SEC);
        let (days, of_day) = (seconds / 86_400, seconds % 86_400);
        let (year, month, day) = civil_from_days(days);
        *out = *b"0000-00-00T00:00:00.000000000Z";
        put(&mut out[0..4], year);
        put(&mut out[5..7], month);
        put(&mut out[8..10], day);
        put(&mut out[11..13], of_day / 3_600);
        put(&mut out[14..16], of_day / 60 % 60);
        put(&mut out[17..19], of_day % 60);
        put(&mut out[20..29], nanos);
    }
}

/// Reads what [`Timestamp::write_rfc3339`] writes, and nothing else.
fn parse(text: &[u8; 30]) -> Option<Timestamp> {
    let number = |range: std::ops::Range<usize>| {
        text[range].iter().try_fold(0_u64, |value, digit| {
            let digit = u64::from(digit.checked_sub(b'0')?);
            (digit < 10).then_some(value * 10 + digit)
        })
    };
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    if !(1970..=2554).contains(&year)
        || !(1..=12).contains(&month)
        || hour > 23
        || minute > 59
        || second > 59
    {
        return None;
    }
    let days = days_from_civil(year, month, day);
    let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second;
    let found = Timestamp::from_nanos(
        seconds
            .checked_mul(NANOS_PER_SEC)?
            .checked_add(number(20..29)?)?,
    );
    // The separators, and days that a month does not have.
    let mut written = [0; 30];
    found.write_rfc3339(&mut written);
    (written == *text).then_some(found)
}

/// Days since 1970-01-01 of a proleptic Gregorian date not before it; the inverse of [`civil_from_days`].
const fn days_from_civil(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year / 400, year % 400);
    let march_month = (month + 9) % 12;
    let of_year = (153 * march_month + 2) / 5 + day.saturating_sub(1);
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Writes `value` in decimal, right-aligned, over digits that are already `0`.
fn put(digits: &mut [u8], mut value: u64) {
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

/// Proleptic Gregorian date of a number of days since 1970-01-01 (years start in March inside).
fn civil_from_days(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 30];
        self.write_rfc3339(&mut text);
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rendered_as_rfc_3339() {
        for (nanos, text) in [
            (0, "1970-01-01T00:00:00.000000000Z"),
            (951_827_696_000_000_007, "2000-02-29T12:34:56.000000007Z"),
            (1_763_790_540_123_456_789, "2025-11-22T05:49:00.123456789Z"),
            (4_102_444_799_999_999_999, "2099-12-31T23:59:59.999999999Z"),
            (u64::MAX, "2554-07-21T23:34:33.709551615Z"),
        ] {
            assert_eq!(Timestamp::from_nanos(nanos).to_string(), text);
            assert_eq!(
                Timestamp::parse_rfc3339(text),
                Some(Timestamp::from_nanos(nanos))
            );
        }
        for text in [
            "2026-02-29T00:00:00.000000000Z",
            "2026-13-01T00:00:00.000000000Z",
            "2026-01-00T00:00:00.000000000Z",
            "2026-01-01T24:00:00.000000000Z",
            "2026-01-01 00:00:00.000000000Z",
            "2554-07-21T23:34:33.709551616Z",
            "1969-12-31T23:59:59.999999999Z",
            "2026-01-01T00:00:00Z",
        ] {
            assert_eq!(Timestamp::parse_rfc3339(text), None, "{text}");
        }
    }

    #[test]
    fn parts_saturate_instead_of_wrapping() {
        assert_eq!(Timestamp::from_parts(u64::MAX, 5).nanos(), u64::MAX);
        assert_eq!(
            Timestamp::from_parts(1, 2_000_000_000).nanos(),
            3_000_000_000
        );
    }
}
