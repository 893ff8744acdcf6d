//! Numbers for people: thin groups, decimal units, shares that never hide a remainder.

use super::figures::{Alone, Figure, SMALL_CELL};
use super::language::Language;
use crate::spelling::with_unit;

/// `1234567` in groups of three with a narrow space that does not break.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 2);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// Bytes in decimal units, as the command line tells them.
pub(super) fn bytes(bytes: u64) -> String {
    with_unit(bytes, "B").replace(' ', "\u{a0}")
}

/// Millionths: in per cent, small ones in ppm. Only all is 100 %.
pub(super) fn share(ppm: u64) -> String {
    let tenths = (ppm + 500) / 1_000;
    match ppm {
        0 => "0\u{a0}%".to_owned(),
        1..1_000 => format!("{ppm}\u{a0}ppm"),
        1_000_000.. => "100\u{a0}%".to_owned(),
        _ if tenths >= 1_000 => ">\u{a0}99.9\u{a0}%".to_owned(),
        _ => format!("{}.{}\u{a0}%", tenths / 10, tenths % 10),
    }
}

/// Seconds as the two largest units that they fill.
pub(super) fn duration(seconds: u64, language: Language) -> String {
    let units = match language {
        Language::English => ["\u{a0}d", "\u{a0}h", "\u{a0}min", "\u{a0}s"],
        Language::Japanese => ["日", "時間", "分", "秒"],
    };
    let parts = [
        seconds / 86_400,
        seconds / 3_600 % 24,
        seconds / 60 % 60,
        seconds % 60,
    ];
    let first = parts.iter().position(|part| *part > 0).unwrap_or(3);
    let mut out = format!("{}{}", grouped(parts[first]), units[first]);
    if first < 3 && parts[first + 1] > 0 {
        if language == Language::English {
            out.push('\u{a0}');
        }
        out.push_str(&format!("{}{}", parts[first + 1], units[first + 1]));
    }
    out
}

/// For an axis: `500`, `20 k`, `3 M`.
pub(super) fn axis(number: u64) -> String {
    let units = [
        "", "\u{a0}k", "\u{a0}M", "\u{a0}G", "\u{a0}T", "\u{a0}P", "\u{a0}E",
    ];
    let (mut value, mut unit) = (number, 0);
    while value >= 1_000 && value.is_multiple_of(100) && unit + 1 < units.len() {
        if !value.is_multiple_of(1_000) {
            // One digit behind the point and no more.
            return format!("{}.{}{}", value / 1_000, value / 100 % 10, units[unit + 1]);
        }
        value /= 1_000;
        unit += 1;
    }
    format!("{}{}", grouped(value), units[unit])
}

/// Packets of a figure.
pub(super) fn packets(figure: &Figure) -> String {
    at_least(figure.packets, figure.small)
}

/// Bytes of a figure, in units.
pub(super) fn bytes_of(figure: &Figure) -> String {
    if figure.is_small() {
        "–".to_owned()
    } else if figure.small > 0 {
        format!("≥\u{a0}{}", bytes(figure.bytes))
    } else {
        bytes(figure.bytes)
    }
}

/// A count that stands alone.
pub(super) fn alone(alone: Alone) -> String {
    at_least(alone.count, alone.small)
}

/// A count, and how many small cells it lacks.
pub(super) fn at_least(count: u64, small: u64) -> String {
    match (count, small) {
        (_, 0) => grouped(count),
        (0, _) => format!("<\u{a0}{}", grouped(small.saturating_mul(SMALL_CELL))),
        _ => format!("≥\u{a0}{}", grouped(count)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(grouped(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(bytes(1023), "1.0\u{a0}kB");
        assert_eq!(share(999), "999\u{a0}ppm");
        assert_eq!(share(123_999), "12.4\u{a0}%");
        assert_eq!(share(999_999), ">\u{a0}99.9\u{a0}%");
        assert_eq!(axis(1_500), "1.5\u{a0}k");
        assert_eq!(axis(20_000_000), "20\u{a0}M");
        assert_eq!(axis(250), "250");
        assert_eq!(duration(0, Language::English), "0\u{a0}s");
        assert_eq!(
            duration(90_061, Language::English),
            "1\u{a0}d\u{a0}1\u{a0}h"
        );
        assert_eq!(duration(3_725, Language::Japanese), "1時間2分");
    }
}
