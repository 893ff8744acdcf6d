//! Pseudonyms: what records say instead of addresses at home (rules §5), by ipcrypt
//! (draft-denis-ipcrypt).
//!
//! It must never write an address of an end that may be at home, nor the key or anything that the key can
//! be had from. In: the key of a file, the ids of the authorisations in force, ended records. Out: what is
//! written of their ends. Whoever has the key and the ids can turn a pseudonym back into the address, but
//! for what [`without_eui64`] took away.

mod key;
#[cfg(test)]
mod tests;

use super::view::places;
use crate::flow::{Ended, IpVersion, Key, Place};
use ipcrypt_rs::{Ipcrypt, IpcryptPfx};
pub use key::{KeyError, PseudonymKey};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Which pseudonyms stand for addresses at home.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PseudonymMode {
    /// None: addresses are written as they are.
    #[default]
    None,
    /// ipcrypt-deterministic: of 128 bits, whatever the address; tells only which addresses are the same.
    Deterministic,
    /// ipcrypt-pfx: of the address's own version; tells also how many bits two addresses begin with in
    /// common.
    Prefix,
}

impl PseudonymMode {
    /// The text in files and output.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Deterministic => "deterministic",
            Self::Prefix => "prefix",
        }
    }
}

/// What makes pseudonyms under one set of authorisations.
pub struct Pseudonyms(Cipher);

enum Cipher {
    Deterministic(Box<Ipcrypt>),
    Prefix(Box<IpcryptPfx>),
}

/// What is written of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Written {
    /// The version of the text.
    pub(super) version: IpVersion,
    /// The address or what stands for it; IPv4 in the low 32 bits.
    pub(super) address: u128,
    /// Whether it is a pseudonym.
    pub(super) is_pseudonym: bool,
}

impl Pseudonyms {
    /// Those of a key under the ids of authorisations (joined by `,`): other ids give others, which nobody
    /// can link to these without the key. Nothing where none are asked for.
    #[must_use]
    pub fn new(key: &PseudonymKey, authorisation: &str, mode: PseudonymMode) -> Option<Self> {
        let working = key.working(authorisation, mode);
        match mode {
            PseudonymMode::None => None,
            PseudonymMode::Deterministic => {
                let (half, _) = working.split_first_chunk()?;
                let cipher = Box::new(Ipcrypt::new(*half));
                Some(Self(Cipher::Deterministic(cipher)))
            }
            PseudonymMode::Prefix => {
                // It wants two different halves. Two halves of a hash that are equal have not been seen.
                let cipher = Box::new(IpcryptPfx::new(*working));
                Some(Self(Cipher::Prefix(cipher)))
            }
        }
    }

    /// Which these are.
    pub(super) const fn mode(&self) -> PseudonymMode {
        match self.0 {
            Cipher::Deterministic(_) => PseudonymMode::Deterministic,
            Cipher::Prefix(_) => PseudonymMode::Prefix,
        }
    }

    /// What is written of the source and the destination: of an end abroad its address, of any other a
    /// pseudonym. An end whose place is not known may be at home.
    pub(super) fn ends(&self, ended: &Ended) -> [Written; 2] {
        let (src, dst) = places(ended.class());
        let version = ended.version();
        [(src, ended.src().address), (dst, ended.dst().address)].map(|(place, address)| match place
        {
            Place::Foreign => Written::plain(version, address),
            Place::Domestic | Place::Undetermined => self.of(version, address),
        })
    }

    /// The flow that a record is of, by what is written of its ends: so that the order of records that
    /// start together tells nothing about addresses, and can be had from the records alone. Its version is
    /// that of the addresses; a pseudonym beside an IPv4 address counts with all its 128 bits.
    pub(super) fn key_of(&self, ended: &Ended) -> Key {
        let [src, dst] = self.ends(ended).map(|end| end.address);
        let mut ends = [(src, ended.src().port), (dst, ended.dst().port)];
        ends.sort_unstable();
        let [a, b] = ends;
        Key {
            version: ended.version(),
            protocol: ended.protocol(),
            a,
            b,
        }
    }

    fn of(&self, version: IpVersion, address: u128) -> Written {
        let address = match version {
            IpVersion::V4 => IpAddr::V4(Ipv4Addr::from(address as u32)),
            IpVersion::V6 => IpAddr::V6(Ipv6Addr::from(without_eui64(address))),
        };
        let (version, address) = match &self.0 {
            Cipher::Deterministic(cipher) => (IpVersion::V6, bits(cipher.encrypt_ipaddr(address))),
            Cipher::Prefix(cipher) => match cipher.encrypt_ipaddr(address) {
                IpAddr::V4(pseudonym) if version == IpVersion::V4 => {
                    (version, u128::from(u32::from(pseudonym)))
                }
                pseudonym => (version, bits(pseudonym)),
            },
        };
        Written {
            version,
            address,
            is_pseudonym: true,
        }
    }
}

impl Written {
    /// The address itself.
    pub(super) const fn plain(version: IpVersion, address: u128) -> Self {
        Self {
            version,
            address,
            is_pseudonym: false,
        }
    }
}

/// Never the key.
impl fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pseudonyms({})", self.mode().id())
    }
}

/// The address with its lower half 0 if an interface identifier in it was made of a MAC address (EUI-64:
/// `ff:fe` in the middle, RFC 4291, appendix A): that names a device wherever it goes, and is not needed to
/// tell networks apart. One in 65536 random identifiers looks the same and goes too.
const fn without_eui64(address: u128) -> u128 {
    if (address >> 24) & 0xffff == 0xfffe {
        address & (u128::MAX << 64)
    } else {
        address
    }
}

/// All 128 bits, an IPv4 address as `::ffff:a.b.c.d`: what the cipher made happens to look like one.
fn bits(address: IpAddr) -> u128 {
    u128::from(match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    })
}
