//! An IP prefix as operators write it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An IPv4 or IPv6 prefix without host bits. A single address is a prefix of full length.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Prefix {
    address: IpAddr,
    length: u8,
}

/// Why a text is not a prefix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrefixError {
    /// The part before the slash is not an address.
    #[error("not an address or prefix, such as 192.0.2.0/24 or 2001:db8::/32")]
    Address,
    /// The part after the slash is not a number of bits.
    #[error("the length after the slash must be 0 to {0}")]
    Length(u8),
    /// Bits are set beyond the length: one of the two is a slip, and guessing which would move a
    /// border.
    #[error("bits are set beyond the length: write {0}, or the length you meant")]
    HostBits(Prefix),
}

impl Prefix {
    /// A prefix of `length` bits.
    ///
    /// # Errors
    /// If the length is beyond the address's, or bits are set beyond the length.
    pub fn new(address: IpAddr, length: u8) -> Result<Self, PrefixError> {
        let network = match address {
            IpAddr::V4(_) if length > 32 => return Err(PrefixError::Length(32)),
            IpAddr::V6(_) if length > 128 => return Err(PrefixError::Length(128)),
            IpAddr::V4(v4) => IpAddr::V4(Ipv4Addr::from(u32::from(v4) & !host_mask_v4(length))),
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from(u128::from(v6) & !host_mask_v6(length))),
        };
        let prefix = Self {
            address: network,
            length,
        };
        if network == address {
            Ok(prefix)
        } else {
            Err(PrefixError::HostBits(prefix))
        }
    }

    /// The network address.
    #[must_use]
    pub const fn address(&self) -> IpAddr {
        self.address
    }

    /// How many bits are given.
    #[must_use]
    pub const fn length(&self) -> u8 {
        self.length
    }

    /// Whether the address lies in the prefix; never across IP versions.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(_), IpAddr::V4(v4)) => self.contains_v4(v4.into()),
            (IpAddr::V6(_), IpAddr::V6(v6)) => self.contains_v6(v6.into()),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }

    pub(super) fn contains_v4(&self, address: u32) -> bool {
        self.range_v4()
            .is_some_and(|(first, last)| first <= address && address <= last)
    }

    pub(super) fn contains_v6(&self, address: u128) -> bool {
        self.range_v6()
            .is_some_and(|(first, last)| first <= address && address <= last)
    }

    /// First and last address, if this is IPv4.
    pub(super) fn range_v4(&self) -> Option<(u32, u32)> {
        match self.address {
            IpAddr::V4(v4) => Some((v4.into(), u32::from(v4) | host_mask_v4(self.length))),
            IpAddr::V6(_) => None,
        }
    }

    /// First and last address, if this is IPv6.
    pub(super) fn range_v6(&self) -> Option<(u128, u128)> {
        match self.address {
            IpAddr::V4(_) => None,
            IpAddr::V6(v6) => Some((v6.into(), u128::from(v6) | host_mask_v6(self.length))),
        }
    }
}

pub(super) fn host_mask_v4(length: u8) -> u32 {
    u32::MAX.checked_shr(u32::from(length)).unwrap_or(0)
}

pub(super) fn host_mask_v6(length: u8) -> u128 {
    u128::MAX.checked_shr(u32::from(length)).unwrap_or(0)
}

impl FromStr for Prefix {
    type Err = PrefixError;

    fn from_str(text: &str) -> Result<Self, PrefixError> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| PrefixError::Address)?;
        let full = if address.is_ipv4() { 32 } else { 128 };
        let length = match length {
            // `parse` would take "+8".
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => {
                digits.parse().map_err(|_| PrefixError::Length(full))?
            }
            Some(_) => return Err(PrefixError::Length(full)),
            None => full,
        };
        Self::new(address, length)
    }
}

impl TryFrom<String> for Prefix {
    type Error = PrefixError;

    fn try_from(text: String) -> Result<Self, PrefixError> {
        text.parse()
    }
}

impl From<Prefix> for String {
    fn from(prefix: Prefix) -> Self {
        prefix.to_string()
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

impl fmt::Debug for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_operators_write() {
        for (text, expected) in [
            ("192.0.2.0/24", "192.0.2.0/24"),
            ("192.0.2.7", "192.0.2.7/32"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("2001:db8::/32", "2001:db8::/32"),
            ("2001:DB8::1", "2001:db8::1/128"),
            ("::/0", "::/0"),
        ] {
            assert_eq!(text.parse::<Prefix>().unwrap().to_string(), expected);
        }
    }

    #[test]
    fn refuses_the_rest_and_says_what_was_meant() {
        for (text, message) in [
            ("", "not an address or prefix"),
            ("192.0.2.0/33", "0 to 32"),
            ("192.0.2.0/+8", "0 to 32"),
            ("192.0.2.0/", "0 to 32"),
            ("2001:db8::/129", "0 to 128"),
            ("192.0.2.7/24", "write 192.0.2.0/24"),
            ("2001:db8::1/32", "write 2001:db8::/32"),
            ("010.0.0.1", "not an address"),
        ] {
            let error = text.parse::<Prefix>().unwrap_err().to_string();
            assert!(error.contains(message), "{text}: {error}");
        }
    }

    #[test]
    fn contains_its_ends_and_nothing_beside() {
        let prefix: Prefix = "203.0.113.64/26".parse().unwrap();
        for (address, inside) in [
            ("203.0.113.63", false),
            ("203.0.113.64", true),
            ("203.0.113.127", true),
            ("203.0.113.128", false),
            ("::ffff:203.0.113.64", false),
        ] {
            assert_eq!(
                prefix.contains(address.parse().unwrap()),
                inside,
                "{address}"
            );
        }
    }
}
