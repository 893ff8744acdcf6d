//! Arbitrary bytes as a MaxMind-format database: it is refused with a reason, or the table says of every
//! address what the outside reader says of it, by the rule written down here once more.
//!
//! The library's own walk and look-up, and a reading of records that shares nothing with the table's, make
//! this a comparison of two programs on databases that nobody's writer would make.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use maxminddb::{Reader, WithinOptions};
use sekisho::geo::{self, CountryCode, Finding, SourceSpec, Table};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::folder::{folder, says_why};

/// The metadata lies in the last 128 KiB; longer inputs tell nothing more.
const LONGEST: usize = 128 * 1024;

/// How many networks are asked about, at both ends and beside them.
const MOST_NETWORKS: usize = 512;

/// What must hold for any input.
pub(crate) fn check(data: &[u8]) {
    if data.len() > LONGEST {
        return;
    }
    let folder = folder();
    let path = folder.path().join("table");
    fs::write(&path, data).expect("room for it");
    let table = Table::build_to_look_at(&geo::Settings {
        sources: vec![SourceSpec::File(path)],
        max_age: None,
        ..geo::Settings::default()
    });
    let table = match table {
        Ok(table) => table,
        Err(error) => return says_why(&error.to_string()),
    };
    // What was no database may have been a registry's file.
    let Ok(reader) = Reader::from_source(data) else {
        return;
    };
    for address in addresses(&reader) {
        compare(&table, &reader, address);
    }
}

/// Both ends of networks and the addresses beside them, and a few in between.
fn addresses(reader: &Reader<&[u8]>) -> Vec<IpAddr> {
    let mut found = Vec::new();
    let networks = reader
        .networks(WithinOptions::default().include_aliased_networks())
        .into_iter()
        .flatten();
    for result in networks.take(MOST_NETWORKS) {
        let Ok(network) = result.and_then(|record| record.network()) else {
            break;
        };
        let length = u32::from(network.prefix());
        match network.ip() {
            IpAddr::V4(ip) => {
                let first = u32::from(ip);
                let last = first | u32::MAX.checked_shr(length).unwrap_or(0);
                for at in [first.wrapping_sub(1), first, last, last.wrapping_add(1)] {
                    found.push(IpAddr::V4(Ipv4Addr::from(at)));
                }
            }
            IpAddr::V6(ip) => {
                let first = u128::from(ip);
                let last = first | u128::MAX.checked_shr(length).unwrap_or(0);
                for at in [first.wrapping_sub(1), first, last, last.wrapping_add(1)] {
                    found.push(IpAddr::V6(Ipv6Addr::from(at)));
                }
            }
        }
    }
    let mut number = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..64 {
        number = number
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        found.push(IpAddr::V4(Ipv4Addr::from((number >> 32) as u32)));
        let global = 0x2000_u128 << 112 | u128::from(number) << 61;
        found.push(IpAddr::V6(Ipv6Addr::from(global)));
    }
    found
}

fn compare(table: &Table, reader: &Reader<&[u8]>, address: IpAddr) {
    let said = table.find(address);
    // Special blocks and wrappers of IPv4 have rules of their own, which no database changes.
    let explained = table.explain(address);
    if explained.block.is_some() || !explained.inside.is_empty() || is_wrapper(address) {
        return;
    }
    let Ok(found) = reader.lookup(address) else {
        // An IPv6 address in a database of IPv4: it says nothing.
        assert_eq!(said, Finding::Unlocated, "{address}");
        return;
    };
    // A network of IPv6 that the place of IPv4 lies in: no evidence about any IPv4 address.
    if address.is_ipv4() && found.network().is_ok_and(|network| network.is_ipv6()) {
        assert_eq!(said, Finding::Unlocated, "{address}");
        return;
    }
    let expected = match found.decode::<Any>() {
        Ok(Some(Any::Map(record))) => expected(&record),
        Ok(Some(_) | None) => Some(Finding::Unlocated),
        // What this reading does not understand, the table's may, which passes over what it does not need.
        Err(_) => None,
    };
    let Some(expected) = expected else { return };
    // The walk takes what points where ::/96 points for IPv4 under another prefix, and says nothing there.
    let is_alias = address.is_ipv6() && said == Finding::Unlocated;
    assert!(
        said == expected || is_alias,
        "{address}: the table says {said:?}, the database {expected:?}"
    );
}

fn is_wrapper(address: IpAddr) -> bool {
    let IpAddr::V6(v6) = address else {
        return false;
    };
    v6.to_ipv4().is_some()
        || matches!(
            v6.segments(),
            [0x2002, ..] | [0x2001, 0, ..] | [0x64, 0xff9b, ..]
        )
}

/// rules §3 for one source, home being Japan. Nothing where a key stands twice: the record contradicts
/// itself, and each reader may choose.
fn expected(record: &Map) -> Option<Finding> {
    let Map {
        entries,
        is_doubled,
    } = record;
    if *is_doubled {
        return None;
    }
    let code = |key: &str| {
        let text = match entries.get(key)? {
            Any::Text(text) => text,
            Any::Map(Map { entries, .. }) => match entries.get("iso_code")? {
                Any::Text(text) => text,
                Any::Map(inner) => match inner.entries.get("iso_code")? {
                    Any::Text(text) => text,
                    _ => return None,
                },
                _ => return None,
            },
            _ => return None,
        };
        CountryCode::new(text)
    };
    let is_home = |code: &CountryCode| code.as_str() == "JP";
    let named = [code("country"), code("country_code")];
    let beside = [code("registered_country"), code("represented_country")];
    Some(if named.iter().flatten().any(is_home) {
        Finding::Home
    } else if ["traits", "is_anycast", "anycast"]
        .iter()
        .any(|key| entries.get(*key).is_some_and(|value| is_flagged(value, 2)))
    {
        Finding::Anycast
    } else if beside.iter().flatten().any(is_home) {
        Finding::SourceDisagreement
    } else if named.iter().flatten().next().is_some() {
        Finding::Abroad
    } else {
        Finding::Unlocated
    })
}

/// A flag, its text, or a map with `is_anycast`.
fn is_flagged(value: &Any, deep: u8) -> bool {
    match value {
        Any::Flag(flag) => *flag,
        Any::Text(text) => text.eq_ignore_ascii_case("true") || text == "1",
        Any::Number(number) => *number == 1,
        Any::Map(map) if deep > 0 => map
            .entries
            .get("is_anycast")
            .is_some_and(|value| is_flagged(value, deep - 1)),
        Any::Map(_) | Any::Other => false,
    }
}

/// A value of a record, as far as it can matter.
enum Any {
    Text(String),
    Flag(bool),
    Number(u64),
    Map(Map),
    Other,
}

#[derive(Default)]
struct Map {
    entries: BTreeMap<String, Any>,
    /// Here, or in a map inside.
    is_doubled: bool,
}

impl<'de> Deserialize<'de> for Any {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyVisitor)
    }
}

struct AnyVisitor;

impl<'de> Visitor<'de> for AnyVisitor {
    type Value = Any;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Any, E> {
        Ok(Any::Text(text.to_owned()))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Any, E> {
        Ok(Any::Flag(flag))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Any, E> {
        Ok(Any::Number(number))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Any, E> {
        Ok(Any::Other)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Any, E> {
        Ok(Any::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Any, E> {
        Ok(Any::Other)
    }

    fn visit_bytes<E>(self, _: &[u8]) -> Result<Any, E> {
        Ok(Any::Other)
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut items: S) -> Result<Any, S::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Any::Other)
    }

    fn visit_map<M: MapAccess<'de>>(self, mut entries: M) -> Result<Any, M::Error> {
        let mut map = Map::default();
        while let Some((key, value)) = entries.next_entry::<String, Any>()? {
            map.is_doubled |= matches!(&value, Any::Map(inner) if inner.is_doubled);
            map.is_doubled |= map.entries.insert(key, value).is_some();
        }
        Ok(Any::Map(map))
    }
}
