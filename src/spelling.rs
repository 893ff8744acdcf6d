//! How digests, sizes, names of files and what the system says are spelled, in every room alike.
//!
//! It knows nothing of what it spells. In: bytes, a number, a path, an error of the system. Out: text for one line.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

/// Bytes as lower-case hex digits, two for each.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// A number in decimal multiples of a unit, with one digit after the point where it is not a whole one:
/// 5 digits at most, a space, a letter at most, and the unit. `0 B`, `999 B`, `1.0 kB`, `62.4 MB`.
#[must_use]
pub fn with_unit(number: u64, unit: &str) -> String {
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

/// What the system says, without its number, in lower case as messages begin.
#[must_use]
pub fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((reason, _)) => reason.to_lowercase(),
        None => text,
    }
}

/// The folder that a file is in, for a system call: `.` where its path names none.
#[must_use]
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// The name of a file while it is written: `NAME.tmp`.
#[must_use]
pub fn temporary(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_the_multiple_that_keeps_them_short() {
        assert_eq!(with_unit(999, "B"), "999 B");
        assert_eq!(with_unit(1_000, "B"), "1.0 kB");
        assert_eq!(with_unit(999_949, "B"), "999.9 kB");
        assert_eq!(with_unit(999_950, "B"), "1.0 MB");
        assert_eq!(with_unit(u64::MAX, "B"), "18.4 EB");
        assert_eq!(with_unit(1_200_000_000, "bit/s"), "1.2 Gbit/s");
    }

    #[test]
    fn a_name_without_a_folder_is_in_this_one() {
        for (path, folder) in [
            ("a", "."),
            ("a/b", "a"),
            ("/b", "/"),
            ("./b", "."),
            ("..", "."),
        ] {
            assert_eq!(folder_of(Path::new(path)), Path::new(folder), "{path}");
        }
        assert_eq!(temporary(Path::new("a/b.c")), Path::new("a/b.c.tmp"));
    }

    #[test]
    fn bytes_have_two_digits_each_and_errors_no_number() {
        assert_eq!(hex(&[0, 0x0f, 0xf0, 0xab]), "000ff0ab");
        assert_eq!(
            reason(&io::Error::from_raw_os_error(28)),
            "no space left on device"
        );
        assert_eq!(reason(&io::Error::other("Half (read")), "Half (read");
    }
}
