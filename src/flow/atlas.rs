//! What a record asks of the country table, so that `export` need not know how one is made.

use crate::gate::IpVersion;
use crate::geo::{CountryCode, Table};
use crate::time::Timestamp;

/// The country table as records see it.
pub trait Atlas: Sync {
    /// The country of an address (IPv4 in the low 32 bits).
    fn country(&self, version: IpVersion, address: u128) -> Option<CountryCode>;

    /// SHA-256 over everything that the places depend on.
    fn digest(&self) -> [u8; 32];

    /// Whether the table is too old for a record that starts then.
    fn is_stale_at(&self, seen: Timestamp) -> bool;
}

impl Atlas for Table {
    fn country(&self, version: IpVersion, address: u128) -> Option<CountryCode> {
        match version {
            IpVersion::V4 => self.country_v4(address as u32),
            IpVersion::V6 => self.country_v6(address),
        }
    }

    fn digest(&self) -> [u8; 32] {
        *Table::digest(self)
    }

    fn is_stale_at(&self, seen: Timestamp) -> bool {
        Table::is_stale_at(self, seen.nanos())
    }
}
