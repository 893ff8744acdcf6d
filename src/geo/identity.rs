//! Digests: what a table was made from, so that two runs can show that they used the same.

use sha2::{Digest, Sha256};

/// SHA-256 of some bytes.
pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// A running SHA-256 over parts that cannot run into each other.
pub(super) struct Hasher(Sha256);

impl Hasher {
    pub(super) fn new() -> Self {
        Self(Sha256::new())
    }

    /// A part, after its length.
    pub(super) fn part(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    pub(super) fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

/// The day of an instant, `2026-09-23`; from seconds after 1970-01-01 UTC.
pub(super) fn day(seconds: u64) -> String {
    // Days since 0000-03-01, in eras of 400 years (Hinnant, "chrono-compatible low-level date
    // algorithms", civil_from_days).
    let days = seconds / 86_400 + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// Seconds after 1970-01-01 UTC at which a day begins; nothing if there is no such day.
pub(super) fn seconds_of_day(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let shifted_year = year - u64::from(month <= 2);
    let (era, of_era) = (shifted_year / 400, shifted_year % 400);
    let shifted_month = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    days.checked_sub(719_468).map(|days| days * 86_400)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_seconds_agree() {
        for (year, month, date, seconds) in [
            (1970, 1, 1, 0),
            (2000, 2, 29, 951_782_400),
            (2024, 12, 31, 1_735_603_200),
            (2026, 9, 23, 1_790_121_600),
        ] {
            assert_eq!(seconds_of_day(year, month, date), Some(seconds));
            assert_eq!(
                day(seconds + 86_399),
                format!("{year:04}-{month:02}-{date:02}")
            );
        }
        assert_eq!(seconds_of_day(1969, 12, 31), None);
        assert_eq!(seconds_of_day(2026, 13, 1), None);
    }
}
