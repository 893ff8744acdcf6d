//! Moments with an offset, and how long an authorisation may last.

use super::document::Document;
use super::error::Flaw;
use crate::time::{NANOS_PER_SEC, Timestamp};
use std::fmt;
use std::ops::Range;

/// A moment, and the offset from UTC in which its months are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The moment.
    pub at: Timestamp,
    /// Minutes that local time is ahead of UTC.
    pub offset: i16,
}

impl Moment {
    /// From RFC 3339: seconds, up to nine digits behind them, and `Z` or an offset such as `+09:00`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (date, rest) = text.split_at_checked(19)?;
        let zone_at = rest.find(['Z', '+', '-'])?;
        let (fraction, zone) = rest.split_at_checked(zone_at)?;
        let digits = match fraction.strip_prefix('.') {
            Some(digits) if (1..=9).contains(&digits.len()) => digits,
            None if fraction.is_empty() => "",
            _ => return None,
        };
        let local = Timestamp::parse_rfc3339(&format!("{date}.{digits:0<9}Z"))?;
        let offset = offset(zone)?;
        let shift = i128::from(offset) * 60 * i128::from(NANOS_PER_SEC);
        let at = u64::try_from(i128::from(local.nanos()) - shift).ok()?;
        Some(Self {
            at: Timestamp::from_nanos(at),
            offset,
        })
    }

    /// So many calendar months later at the same local time; where that month has no such day, on its last.
    /// Nothing beyond the end of time.
    fn months_later(self, months: u32) -> Option<Timestamp> {
        let shift = i128::from(self.offset) * 60 * i128::from(NANOS_PER_SEC);
        let local = u64::try_from(i128::from(self.at.nanos()) + shift).ok()?;
        let text = Timestamp::from_nanos(local).to_string();
        let number = |range: Range<usize>| text.get(range).and_then(|digits| digits.parse().ok());
        let (year, month, day): (u32, u32, u32) = (number(0..4)?, number(5..7)?, number(8..10)?);
        let months = year * 12 + (month - 1) + months;
        let (year, month) = (months / 12, months % 12 + 1);
        let time = text.get(10..)?;
        let on = |day| Timestamp::parse_rfc3339(&format!("{year:04}-{month:02}-{day:02}{time}"));
        let local = (28.min(day)..=day).rev().find_map(on)?;
        let at = u64::try_from(i128::from(local.nanos()) - shift).ok()?;
        Some(Timestamp::from_nanos(at))
    }
}

/// Minutes of `Z`, `+09:00`, `-03:30`.
fn offset(zone: &str) -> Option<i16> {
    if zone == "Z" {
        return Some(0);
    }
    let (sign, digits) = match zone.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = digits.split_once(':')?;
    let two = |text: &str| {
        let is_two = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        is_two.then(|| text.parse::<i16>().ok())?
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.at.fmt(f)
    }
}

/// The longest term in calendar months: of foreign–foreign alone, and of a file that names a class with an
/// end at home.
const FOREIGN: u32 = 6;
const TOUCHING_HOME: u32 = 3;

/// Whether it lasts no longer than the profile `statutory` lets it.
pub(super) fn check(document: &Document) -> Result<(), Flaw> {
    let classes = document.classes;
    let months = if classes.foreign_domestic || classes.domestic_foreign {
        TOUCHING_HOME
    } else {
        FOREIGN
    };
    match document.not_before.months_later(months) {
        Some(latest) if document.not_after.at > latest => Err(Flaw::new(
            format!("authorisation lasts longer than {months} months"),
            format!("these classes end by {latest} at the latest, in the profile statutory"),
        )),
        // Beyond the end of time nothing ends too late.
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn later(from: &str, months: u32) -> String {
        let moment = Moment::parse(from).unwrap();
        moment.months_later(months).unwrap().to_string()
    }

    #[test]
    fn months_are_those_of_the_calendar() {
        for (from, months, to) in [
            ("2026-01-15T00:00:00Z", 3, "2026-04-15T00:00:00.000000000Z"),
            (
                "2026-10-01T12:34:56.5Z",
                6,
                "2027-04-01T12:34:56.500000000Z",
            ),
            ("2026-11-30T00:00:00Z", 3, "2027-02-28T00:00:00.000000000Z"),
            ("2027-11-30T00:00:00Z", 3, "2028-02-29T00:00:00.000000000Z"),
            ("2027-08-31T00:00:00Z", 6, "2028-02-29T00:00:00.000000000Z"),
            ("2028-02-29T00:00:00Z", 6, "2028-08-29T00:00:00.000000000Z"),
            ("2026-12-31T23:59:59Z", 6, "2027-06-30T23:59:59.000000000Z"),
            // The first of March to the first of September, where the sun has risen already.
            (
                "2026-03-01T00:00:00+09:00",
                6,
                "2026-08-31T15:00:00.000000000Z",
            ),
            ("2026-02-28T15:00:00Z", 6, "2026-08-28T15:00:00.000000000Z"),
        ] {
            assert_eq!(later(from, months), to, "{from}");
        }
    }

    #[test]
    fn moments_are_read_with_their_offset_and_nothing_else_is() {
        let at = |text: &str| Moment::parse(text).map(|moment| moment.at.to_string());
        let noon = Some("2026-04-01T12:00:00.000000000Z".to_owned());
        for text in [
            "2026-04-01T12:00:00Z",
            "2026-04-01T12:00:00.0Z",
            "2026-04-01T12:00:00.000000000Z",
            "2026-04-01T21:00:00+09:00",
            "2026-04-01T08:30:00-03:30",
        ] {
            assert_eq!(at(text), noon, "{text}");
        }
        for text in [
            "2026-04-01",
            "2026-04-01T12:00:00",
            "2026-04-01 12:00:00Z",
            "2026-04-01T12:00:00.Z",
            "2026-04-01T12:00:00.0000000000Z",
            "2026-04-01T12:00:00+0900",
            "2026-04-01T12:00:00+09:60",
            "2026-04-01T12:00:00+9:00",
            "2026-04-01T12:00:00z",
            "2026-04-31T12:00:00Z",
            "2026-04-01T12:00:00Zé",
            "é026-04-01T12:00:00Z",
            "1970-01-01T00:00:00+09:00",
            "",
        ] {
            assert_eq!(at(text), None, "{text}");
        }
    }
}
