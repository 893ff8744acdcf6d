//! Numbers for people.

/// `1234567` as `1,234,567`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Bytes in decimal units, at most 8 columns: `0 B`, `999 B`, `1.0 kB`, `62.4 MB`.
pub(super) fn bytes(bytes: u64) -> String {
    with_unit(bytes, "B")
}

/// A number in decimal multiples of a unit, with one digit after the point where it is not a whole one:
/// 5 digits at most, a space, a letter at most, and the unit.
pub(super) fn with_unit(number: u64, unit: &str) -> String {
    let multiples = ["", "k", "M", "G", "T", "P", "E"];
    let (mut value, mut multiple) = (number as f64, 0);
    // From 999.95 on, one digit after the point would round to a thousand.
    while value >= 999.95 && multiple + 1 < multiples.len() {
        value /= 1000.0;
        multiple += 1;
    }
    if multiple == 0 {
        format!("{number} {unit}")
    } else {
        format!("{value:.1} {}{unit}", multiples[multiple])
    }
}

/// A share in per cent. Only nothing is `0.0%` and only all is `100.0%`.
pub(super) fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return String::new();
    }
    let tenths = (u128::from(part) * 1000 + u128::from(whole) / 2) / u128::from(whole);
    match tenths {
        0 if part > 0 => "<0.1%".to_owned(),
        1000 if part < whole => ">99.9%".to_owned(),
        _ => format!("{}.{}%", tenths / 10, tenths % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(grouped(u64::MAX), "18,446,744,073,709,551,615");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1_000), "1.0 kB");
        assert_eq!(bytes(999_949), "999.9 kB");
        assert_eq!(bytes(999_950), "1.0 MB");
        assert_eq!(bytes(u64::MAX), "18.4 EB");
        assert_eq!(with_unit(1_200_000_000, "bit/s"), "1.2 Gbit/s");
    }

    #[test]
    fn a_share_never_hides_a_remainder() {
        assert_eq!(share(0, 10), "0.0%");
        assert_eq!(share(1, 1_000_000), "<0.1%");
        assert_eq!(share(999_999, 1_000_000), ">99.9%");
        assert_eq!(share(1, 3), "33.3%");
        assert_eq!(share(10, 10), "100.0%");
        assert_eq!(share(0, 0), "");
    }
}
