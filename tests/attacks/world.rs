//! A small world whose table is made here, so that where every address is, is known beforehand: four
//! kinds of ends, in every guise that an address can have.
#![allow(dead_code, reason = "every test program uses its own part")]

use sekisho::demo::rng::Rng;
use sekisho::geo::{self, SourceSpec, Table};
use std::io::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, LazyLock};

/// Everything else in the two address spaces is in no registry: it could be anywhere.
pub(crate) const STATISTICS: &str = "\
2|apnic|20260922|5|19830613|20260921|+1000
apnic|*|ipv4|*|3|summary
apnic|*|ipv6|*|2|summary
apnic|JP|ipv4|20.0.0.0|16777216|19970301|allocated|A
apnic|US|ipv4|30.0.0.0|16777216|19921201|allocated|B
apnic|DE|ipv4|129.0.0.0|16777216|19921201|allocated|B
apnic|JP|ipv6|2a10::|16|19990813|allocated|A
apnic|US|ipv6|2a20::|16|20061003|allocated|B
";

pub(crate) static TABLE: LazyLock<Arc<Table>> = LazyLock::new(|| {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(STATISTICS.as_bytes()).expect("room for it");
    let table = Table::build(&geo::Settings {
        sources: vec![SourceSpec::File(file.path().to_owned())],
        ..geo::Settings::default()
    });
    Arc::new(table.unwrap_or_else(|error| panic!("{error}")))
});

/// Where an end is, by construction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    Home,
    Abroad,
    /// Home or abroad: private, in no table, or with two answers.
    Unknown,
    /// No address of anybody's.
    Nobody,
}

/// An end: an address, and where it is.
#[derive(Clone, Copy)]
pub(crate) struct End {
    pub(crate) address: [u8; 16],
    pub(crate) place: Place,
}

/// Two ends of one layer, quote or route.
#[derive(Clone, Copy)]
pub(crate) struct Pair {
    pub(crate) is_v6: bool,
    pub(crate) src: End,
    pub(crate) dst: End,
}

impl Pair {
    /// Whether a packet with this pair in it may pass, as far as the pair goes: no address of nobody's,
    /// and at least one end that is certainly abroad.
    pub(crate) fn may_pass(&self) -> bool {
        let (a, b) = (self.src.place, self.dst.place);
        let nobody = a == Place::Nobody || b == Place::Nobody;
        !nobody && (a == Place::Abroad || b == Place::Abroad)
    }

    /// Whether it could be domestic–domestic.
    pub(crate) fn could_be_domestic(&self) -> bool {
        let could = |place| matches!(place, Place::Home | Place::Unknown);
        could(self.src.place) && could(self.dst.place)
    }
}

impl End {
    /// The address as records have it.
    pub(crate) fn number(&self, is_v6: bool) -> u128 {
        let number = u128::from_be_bytes(self.address);
        if is_v6 { number } else { number & 0xffff_ffff }
    }

    pub(crate) fn v4(&self) -> [u8; 4] {
        let [.., a, b, c, d] = self.address;
        [a, b, c, d]
    }
}

fn of_v4(address: u32, place: Place) -> End {
    let mut bytes = [0; 16];
    bytes[12..].copy_from_slice(&address.to_be_bytes());
    End {
        address: bytes,
        place,
    }
}

fn of_v6(address: u128, place: Place) -> End {
    End {
        address: address.to_be_bytes(),
        place,
    }
}

fn parsed_v4(text: &str) -> u32 {
    text.parse::<Ipv4Addr>().expect("an address").into()
}

fn parsed_v6(text: &str) -> u128 {
    text.parse::<Ipv6Addr>().expect("an address").into()
}

fn v4(place: Place, rng: &mut Rng) -> u32 {
    let host = rng.next() as u32 & 0x00ff_ffff;
    match place {
        Place::Home => parsed_v4("20.0.0.0") | host,
        // Some look like the beginning of a tagged frame.
        Place::Abroad if rng.percent(10) => parsed_v4("129.0.0.0") | host,
        Place::Abroad => parsed_v4("30.0.0.0") | host,
        Place::Unknown => match rng.below(6) {
            0 => parsed_v4("10.0.0.0") | host,
            1 => parsed_v4("100.64.0.0") | host & 0x3f_ffff,
            2 => parsed_v4("192.168.0.0") | host & 0xffff,
            3 => parsed_v4("169.254.0.0") | host & 0xffff,
            4 => parsed_v4("172.16.0.0") | host & 0xf_ffff,
            _ => parsed_v4("40.0.0.0") | host,
        },
        Place::Nobody => match rng.below(7) {
            0 => parsed_v4("192.0.2.0") | host & 0xff,
            1 => parsed_v4("198.18.0.0") | host & 0x1_ffff,
            2 => parsed_v4("127.0.0.0") | host,
            3 => host,
            4 => parsed_v4("224.0.0.0") | host,
            5 => u32::MAX,
            _ => parsed_v4("240.0.0.0") | host,
        },
    }
}

fn teredo(server: u32, client: u32, rng: &mut Rng) -> u128 {
    let (flags, port) = (0_u128, rng.next() as u16);
    parsed_v6("2001::")
        | u128::from(server) << 64
        | flags << 48
        | u128::from(!port) << 32
        | u128::from(!client)
}

fn v6(place: Place, rng: &mut Rng) -> u128 {
    let host = rng.wide() >> 24;
    // An IPv4 address of the same place, in one of the guises that count.
    let inside = |rng: &mut Rng, place| -> u128 {
        let address = u128::from(v4(place, rng));
        match rng.below(3) {
            0 => parsed_v6("::ffff:0:0") | address,
            1 => parsed_v6("2002::") | address << 80 | u128::from(rng.next()),
            _ => parsed_v6("64:ff9b::") | address,
        }
    };
    // The interface identifier of ISATAP: it is the prefix that says where such an end is.
    let isatap = |rng: &mut Rng, prefix: &str, other: Place| -> u128 {
        parsed_v6(prefix) | 0x5efe << 32 | u128::from(v4(other, rng))
    };
    match (place, rng.below(6)) {
        (Place::Home | Place::Abroad, 0 | 1) => inside(rng, place),
        (Place::Home | Place::Abroad, 2) => {
            let (server, client) = (v4(place, rng), v4(place, rng));
            teredo(server, client, rng)
        }
        (Place::Home, 3) => isatap(rng, "2a10:1::", Place::Abroad),
        (Place::Home, _) => parsed_v6("2a10::") | host >> 8,
        (Place::Abroad, 3) => isatap(rng, "2a20:1::", Place::Home),
        (Place::Abroad, _) => parsed_v6("2a20::") | host >> 8,
        (Place::Unknown, 0) => parsed_v6("fd00::") | host,
        (Place::Unknown, 1) => parsed_v6("fe80::") | host & 0xffff_ffff,
        (Place::Unknown, 2) => {
            let ends = [Place::Home, Place::Abroad, Place::Nobody, Place::Unknown];
            let (server, client) = match rng.below(4) {
                0 => (Place::Home, Place::Abroad),
                1 => (Place::Abroad, Place::Home),
                2 => (Place::Nobody, *rng.pick(&ends)),
                _ => (*rng.pick(&ends), Place::Unknown),
            };
            let (server, client) = (v4(server, rng), v4(client, rng));
            teredo(server, client, rng)
        }
        (Place::Unknown, 3) => parsed_v6("64:ff9b:1::") | host >> 32,
        (Place::Unknown, 4) => inside(rng, Place::Unknown),
        (Place::Unknown, _) => parsed_v6("2a40::") | host >> 8,
        (Place::Nobody, 0) => parsed_v6("2001:db8::") | host >> 16,
        (Place::Nobody, 1) => parsed_v6("ff02::") | host & 0xffff,
        (Place::Nobody, 2) => u128::from(v4(Place::Home, rng)),
        (Place::Nobody, 3) => parsed_v6("100::") | host & 0xffff,
        (Place::Nobody, _) => inside(rng, Place::Nobody),
    }
}

/// An end at a place, in some guise.
pub(crate) fn end(place: Place, is_v6: bool, rng: &mut Rng) -> End {
    if is_v6 {
        of_v6(v6(place, rng), place)
    } else {
        of_v4(v4(place, rng), place)
    }
}

/// A pair: mostly one that passes, so that what is deep inside is reached.
pub(crate) fn pair(is_v6: bool, rng: &mut Rng) -> Pair {
    use Place::{Abroad, Home, Nobody, Unknown};
    let (src, dst) = match rng.below(40) {
        0..10 => (Abroad, Abroad),
        10..18 => (Abroad, Home),
        18..26 => (Home, Abroad),
        26..28 => (Abroad, Unknown),
        28..30 => (Unknown, Abroad),
        30..35 => (Home, Home),
        35 => (Home, Unknown),
        36 => (Unknown, Home),
        37 => (Unknown, Unknown),
        38 => (Abroad, Nobody),
        _ => (Nobody, *rng.pick(&[Abroad, Home])),
    };
    between(src, dst, is_v6, rng)
}

/// A pair of these places.
pub(crate) fn between(src: Place, dst: Place, is_v6: bool, rng: &mut Rng) -> Pair {
    Pair {
        is_v6,
        src: end(src, is_v6, rng),
        dst: end(dst, is_v6, rng),
    }
}

/// A pair of Teredo clients, as those that talk to each other directly have: certain at both ends.
pub(crate) fn teredo_pair(src: Place, dst: Place, rng: &mut Rng) -> Pair {
    let mut end = |place| {
        let (server, client) = (v4(place, rng), v4(place, rng));
        of_v6(teredo(server, client, rng), place)
    };
    Pair {
        is_v6: true,
        src: end(src),
        dst: end(dst),
    }
}
