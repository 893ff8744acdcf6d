//! The compiled table. (Interface; the compiler and the look-up structures come next.)

use super::{CountryCode, Finding};

/// Where every address is. Immutable; shared by all lanes.
pub struct Table {
    digest: [u8; 32],
}

impl Table {
    /// The finding for an IPv4 address.
    #[inline]
    #[must_use]
    pub fn find_v4(&self, _address: u32) -> Finding {
        Finding::Unlocated
    }

    /// The finding for an IPv6 address, embedded IPv4 addresses included (RULES §3).
    #[inline]
    #[must_use]
    pub fn find_v6(&self, _address: u128) -> Finding {
        Finding::Unlocated
    }

    /// The country of an IPv4 address, for records; not on the packet path.
    #[must_use]
    pub fn country_v4(&self, _address: u32) -> Option<CountryCode> {
        None
    }

    /// The country of an IPv6 address, for records; embedded IPv4 addresses included.
    #[must_use]
    pub fn country_v6(&self, _address: u128) -> Option<CountryCode> {
        None
    }

    /// Whether an access softwire (RULES §4) may run between these: both lie in declared prefixes.
    #[must_use]
    pub fn is_softwire_v4(&self, _a: u32, _b: u32) -> bool {
        false
    }

    /// Likewise for IPv6.
    #[must_use]
    pub fn is_softwire_v6(&self, _a: u128, _b: u128) -> bool {
        false
    }

    /// SHA-256 over everything that the findings depend on.
    #[must_use]
    pub const fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// Whether a record that starts `nanos` after the epoch is too late for this table's age.
    #[must_use]
    pub fn is_stale_at(&self, _nanos: u64) -> bool {
        false
    }
}
