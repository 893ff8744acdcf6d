//! Hosts of the demonstration, in address blocks about whose country public tables agree: each block
//! was taken where the embedded table and the registries' delegation files say the same of every
//! address in it. The hosts are numbers drawn inside these blocks; they are nobody in particular.

use super::rng::Rng;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where a host of the demonstration is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// Japan, the demonstration's home.
    Home,
    /// One of [`COUNTRIES`].
    Abroad,
    /// RFC 1918, or a unique local address.
    Private,
    /// The carriers' shared space (RFC 6598); in IPv6 link-local.
    Shared,
    /// In no table.
    Unlocated,
    /// For documentation only: has no business on the wire.
    Documentation,
}

/// An IPv4 block: its first address and the length of its prefix.
type Block4 = ([u8; 4], u8);
/// An IPv6 block, by its first two groups.
type Block6 = ([u16; 2], u8);

const HOME_4: &[Block4] = &[
    ([133, 0, 0, 0], 8),
    ([153, 128, 0, 0], 9),
    ([60, 64, 0, 0], 10),
    ([106, 128, 0, 0], 10),
    ([126, 64, 0, 0], 10),
    ([219, 0, 0, 0], 10),
    ([114, 160, 0, 0], 11),
];
const HOME_6: &[Block6] = &[
    ([0x2400, 0x2000], 20),
    ([0x2001, 0xa000], 21),
    ([0x240f, 0x0000], 23),
    ([0x240b, 0xc000], 24),
];

/// Countries abroad: code, IPv4 blocks, IPv6 block.
pub const COUNTRIES: [(&str, [Block4; 2], Block6); 12] = [
    (
        "US",
        [([12, 0, 0, 0], 8), ([66, 192, 0, 0], 14)],
        ([0x2601, 0x9000], 20),
    ),
    (
        "DE",
        [([79, 192, 0, 0], 10), ([91, 0, 0, 0], 10)],
        ([0x2003, 0x0400], 22),
    ),
    (
        "FR",
        [([82, 224, 0, 0], 11), ([88, 160, 0, 0], 11)],
        ([0x2a01, 0xc000], 22),
    ),
    (
        "SG",
        [([43, 96, 0, 0], 11), ([116, 14, 0, 0], 15)],
        ([0x240d, 0xc000], 24),
    ),
    (
        "BR",
        [([179, 128, 0, 0], 11), ([186, 224, 0, 0], 12)],
        ([0x2804, 0x0d40], 27),
    ),
    (
        "KR",
        [([121, 128, 0, 0], 10), ([175, 192, 0, 0], 10)],
        ([0x2001, 0x44d0], 28),
    ),
    (
        "GB",
        [([86, 128, 0, 0], 10), ([90, 192, 0, 0], 11)],
        ([0x2a00, 0x2200], 23),
    ),
    (
        "AU",
        [([1, 128, 0, 0], 11), ([58, 160, 0, 0], 12)],
        ([0x2001, 0x8000], 20),
    ),
    (
        "TW",
        [([114, 32, 0, 0], 12), ([36, 224, 0, 0], 12)],
        ([0x2001, 0xb000], 21),
    ),
    (
        "NL",
        [([77, 160, 0, 0], 12), ([84, 24, 0, 0], 13)],
        ([0x2001, 0x1c00], 23),
    ),
    (
        "IN",
        [([117, 192, 0, 0], 10), ([122, 160, 0, 0], 12)],
        ([0x2409, 0x4000], 22),
    ),
    (
        "ZA",
        [([41, 0, 0, 0], 11), ([105, 0, 0, 0], 12)],
        ([0x2c0e, 0x2000], 20),
    ),
];
const UNLOCATED_4: &[Block4] = &[([151, 218, 0, 0], 15), ([165, 52, 0, 0], 14)];
const UNLOCATED_6: &[Block6] = &[([0x2e00, 0], 8), ([0x2500, 0], 8)];

/// An IPv4 address of a place.
#[must_use]
pub fn v4(place: Place, rng: &mut Rng) -> Ipv4Addr {
    let (base, length) = match place {
        Place::Home => *rng.pick(HOME_4),
        Place::Abroad => rng.pick(&COUNTRIES).1[rng.below(2) as usize],
        Place::Private => ([10, 20, 0, 0], 16),
        Place::Shared => ([100, 64, 0, 0], 10),
        Place::Unlocated => *rng.pick(UNLOCATED_4),
        Place::Documentation => ([198, 51, 100, 0], 24),
    };
    within_4(base, length, rng)
}

/// An IPv6 address of a place.
#[must_use]
pub fn v6(place: Place, rng: &mut Rng) -> Ipv6Addr {
    let ([first, second], length) = match place {
        Place::Home => *rng.pick(HOME_6),
        Place::Abroad => rng.pick(&COUNTRIES).2,
        Place::Private => ([0xfd42, 0x5e17], 32),
        Place::Shared => return Ipv6Addr::from(0xfe80_u128 << 112 | u128::from(rng.next())),
        Place::Unlocated => *rng.pick(UNLOCATED_6),
        Place::Documentation => ([0x2001, 0x0db8], 32),
    };
    let base = u128::from(first) << 112 | u128::from(second) << 96;
    Ipv6Addr::from(base | rng.wide() >> length)
}

/// An address of a place, of the version asked for.
#[must_use]
pub fn address(place: Place, is_v6: bool, rng: &mut Rng) -> IpAddr {
    if is_v6 {
        v6(place, rng).into()
    } else {
        v4(place, rng).into()
    }
}

fn within_4(base: [u8; 4], length: u8, rng: &mut Rng) -> Ipv4Addr {
    let host = (rng.next() as u32) >> length;
    // Not the numbers that end a subnet: they would look like broadcasts.
    let host = if matches!(host & 0xff, 0 | 0xff) {
        host ^ 0x2a
    } else {
        host
    };
    Ipv4Addr::from(u32::from_be_bytes(base) | host)
}

/// The same few hundred hosts again and again, as a mirror port sees them.
pub struct Hosts {
    v4: Vec<(Place, Vec<Ipv4Addr>)>,
    v6: Vec<(Place, Vec<Ipv6Addr>)>,
}

impl Hosts {
    /// How many hosts each place has, for each version.
    const CROWD: [(Place, usize); 6] = [
        (Place::Home, 160),
        (Place::Abroad, 120),
        (Place::Private, 24),
        (Place::Shared, 24),
        (Place::Unlocated, 8),
        (Place::Documentation, 4),
    ];

    /// Draws the hosts.
    #[must_use]
    pub fn new(rng: &mut Rng) -> Self {
        let v4 =
            Self::CROWD.map(|(place, count)| (place, (0..count).map(|_| v4(place, rng)).collect()));
        let v6 =
            Self::CROWD.map(|(place, count)| (place, (0..count).map(|_| v6(place, rng)).collect()));
        Self {
            v4: v4.into(),
            v6: v6.into(),
        }
    }

    /// One of the hosts of a place; some come up far more often than others.
    pub fn draw(&self, place: Place, is_v6: bool, rng: &mut Rng) -> IpAddr {
        let popular = |count: usize, rng: &mut Rng| {
            let bound = rng.between(1, count as u64);
            rng.below(bound) as usize
        };
        let index = self.v4.iter().position(|(of, _)| *of == place).unwrap_or(0);
        if is_v6 {
            let hosts = &self.v6[index].1;
            hosts[popular(hosts.len(), rng)].into()
        } else {
            let hosts = &self.v4[index].1;
            hosts[popular(hosts.len(), rng)].into()
        }
    }
}
