//! Numbers, times and addresses as text, at the end of a buffer, without allocating.

use super::pseudonym::Written;
use crate::flow::{IpVersion, Timestamp};
use std::io::Write;
use std::net::{Ipv4Addr, Ipv6Addr};

/// All two-digit numbers.
const PAIRS: &[u8; 200] = b"0001020304050607080910111213141516171819\
2021222324252627282930313233343536373839\
4041424344454647484950515253545556575859\
6061626364656667686970717273747576777879\
8081828384858687888990919293949596979899";

/// Decimal digits.
#[inline]
pub(super) fn number(mut value: u64, out: &mut Vec<u8>) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    while value >= 10 {
        let pair = (value % 100) as usize * 2;
        // `at` is even and at least 2, a u64 has 20 digits at most; `pair` is at most 198.
        at -= 2;
        digits[at] = PAIRS[pair];
        digits[at + 1] = PAIRS[pair + 1];
        value /= 100;
    }
    if value > 0 || at == digits.len() {
        at -= 1;
        digits[at] = b'0' + value as u8;
    }
    // The last pair was of a value from 10 to 99, so there is no 0 in front.
    out.extend_from_slice(&digits[at..]);
}

/// RFC 3339 with nine digits.
#[inline]
pub(super) fn time(seen: Timestamp, out: &mut Vec<u8>) {
    let mut text = [0; 30];
    seen.write_rfc3339(&mut text);
    out.extend_from_slice(&text);
}

/// Dotted decimal, or RFC 5952.
#[inline]
pub(super) fn address(written: Written, out: &mut Vec<u8>) {
    let Written {
        version, address, ..
    } = written;
    match version {
        IpVersion::V4 => {
            let [a, b, c, d] = (address as u32).to_be_bytes();
            number(u64::from(a), out);
            for part in [b, c, d] {
                out.push(b'.');
                number(u64::from(part), out);
            }
        }
        IpVersion::V6 => {
            // The standard library follows RFC 5952. Writing to a Vec cannot fail.
            let _ = write!(out, "{}", Ipv6Addr::from(address));
        }
    }
}

/// Likewise, as a text of its own.
pub(super) fn address_text(written: Written) -> String {
    let Written {
        version, address, ..
    } = written;
    match version {
        IpVersion::V4 => Ipv4Addr::from(address as u32).to_string(),
        IpVersion::V6 => Ipv6Addr::from(address).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rendered_as_by_the_standard_library() {
        let powers = (0..20).map(|n| 10_u64.pow(n));
        for value in powers
            .flat_map(|power| [power - 1, power, power + 1])
            .chain(0..2_000)
            .chain([u64::MAX, u64::MAX - 1])
        {
            let mut out = Vec::new();
            number(value, &mut out);
            assert_eq!(out, value.to_string().into_bytes());
        }
    }

    #[test]
    fn addresses_are_rendered_as_by_the_standard_library() {
        for v4 in [0, u32::MAX, 0x0102_0304, 0xc0a8_0001] {
            let mut out = Vec::new();
            let written = Written::plain(IpVersion::V4, u128::from(v4));
            address(written, &mut out);
            assert_eq!(out, address_text(written).into_bytes());
        }
        let mut out = Vec::new();
        let written = Written::plain(IpVersion::V6, 0x2001_0db8_u128 << 96 | 1);
        address(written, &mut out);
        assert_eq!(out, b"2001:db8::1");
    }
}
