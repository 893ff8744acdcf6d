//! How digests and what the system says are spelled, in every room alike.
//!
//! It knows nothing of what it spells. In: bytes, an error of the system. Out: text for one line.

use std::fmt::Write as _;
use std::io;

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

/// What the system says, without its number, in lower case as messages begin.
#[must_use]
pub fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((reason, _)) => reason.to_lowercase(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
