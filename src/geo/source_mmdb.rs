//! MaxMind-format databases of any vendor: the only file that knows `maxminddb`.

use std::fmt;
use std::net::IpAddr;
use std::path::Path;

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use maxminddb::{LookupResult, Reader, WithinOptions};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::compile::Home;
use super::mmdb_tree::Tree;
use super::segments::Builder;
use super::source::{Origin, Source, SourceKind};
use super::{CountryCode, Error, Evidence};

/// Whether the bytes end with MaxMind metadata. The format puts its marker into the last 128 KiB.
pub(super) fn is_mmdb(bytes: &[u8]) -> bool {
    const MARKER: &[u8] = b"\xab\xcd\xefMaxMind.com";
    let tail = bytes
        .get(bytes.len().saturating_sub(128 * 1024)..)
        .unwrap_or_default();
    tail.windows(MARKER.len())
        .rev()
        .any(|window| window == MARKER)
}

/// Reads and verifies a database from memory (never mmap'ed: a file that is cut off while it is
/// mapped kills the process).
pub(super) fn read(path: &Path, bytes: &[u8], home: &Home) -> Result<Source, Error> {
    let damaged = |error: maxminddb::MaxMindDbError| Error::Damaged {
        path: path.to_owned(),
        reason: one_line(&error.to_string()),
    };
    let mut origin = Origin::of_file(path, SourceKind::Mmdb, bytes);
    let reader = Reader::from_source(bytes).map_err(damaged)?;
    let metadata = reader.metadata();
    let tree = Tree {
        bytes,
        nodes: metadata.node_count as usize,
        record_size: metadata.record_size,
        ip_version: metadata.ip_version,
    };
    tree.check().map_err(|reason| Error::Damaged {
        path: path.to_owned(),
        reason: reason.to_owned(),
    })?;
    reader.verify().map_err(damaged)?;
    origin.title.clone_from(&reader.metadata().database_type);
    origin.built = Some(reader.metadata().build_epoch);

    let mut v4 = Builder::default();
    let mut v6 = Builder::default();
    let mut memo: HashMap<usize, u16, FixedState> = HashMap::default();
    for result in reader.networks(options(&reader)).map_err(damaged)? {
        let record = result.map_err(damaged)?;
        let Some(offset) = record.offset() else {
            continue;
        };
        let label = *memo
            .entry(offset)
            .or_insert_with(|| evidence(&record, home).packed());
        let network = record.network().map_err(damaged)?;
        match network.ip() {
            IpAddr::V4(ip) => {
                let first = u32::from(ip);
                v4.push_range(
                    first,
                    first | super::prefix::host_mask_v4(network.prefix()),
                    label,
                );
            }
            IpAddr::V6(ip) => {
                let first = u128::from(ip);
                // The place of IPv4 (::/96) lies in this network: a look-up of any IPv4 address ends here.
                if first == 0 && network.prefix() <= 96 {
                    v4.push_range(0, u32::MAX, label);
                }
                v6.push_range(
                    first,
                    first | super::prefix::host_mask_v6(network.prefix()),
                    label,
                );
            }
        }
    }
    let source = Source {
        origins: vec![origin],
        v4: v4.finish(),
        v6: v6.finish(),
    };
    let named = |labels: &[u16]| {
        labels
            .iter()
            .any(|bits| Evidence::from_packed(*bits).country_bits() != 0)
    };
    if !named(source.v4.labels()) && !named(source.v6.labels()) {
        return Err(Error::NoCountries {
            path: path.to_owned(),
            kind: reader.metadata().database_type.clone(),
        });
    }
    probe(&reader, &source, home)?;
    Ok(source)
}

/// How many ranges of each IP version are looked up again. *Given* (known-answer probes, rules §3).
const SAMPLES: usize = 64;

/// Asks the library itself at the ends of ranges spread over the database: the walk above must have
/// understood the tree as a look-up does.
fn probe(reader: &Reader<&[u8]>, source: &Source, home: &Home) -> Result<(), Error> {
    let v4 = source.v4.sample(SAMPLES).flat_map(|range| {
        [range.first, range.last].map(|address| (IpAddr::V4(address.into()), range.label))
    });
    let v6 = source.v6.sample(SAMPLES).flat_map(|range| {
        [range.first, range.last].map(|address| (IpAddr::V6(address.into()), range.label))
    });
    for (address, label) in v4.chain(v6) {
        let answer = reader.lookup(address).map(|record| evidence(&record, home));
        if answer.map(Evidence::packed).ok() != Some(label) {
            return Err(Error::Probe {
                probe: format!("{address} has another record than the walk found"),
            });
        }
    }
    Ok(())
}

/// The IPv4 tree appears again under the IPv6 prefixes that wrap it; the walk skips those, as the
/// table resolves them by its own rule. It takes for such an alias whatever points where `::/96`
/// points: in a tree without IPv4, where that is a record, this would hide every other network of the
/// same record.
fn options(reader: &Reader<&[u8]>) -> WithinOptions {
    let options = WithinOptions::default();
    let zero = reader.lookup(IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED));
    let no_ipv4 = reader.metadata().ip_version == 6
        && zero.is_ok_and(|zero| {
            zero.has_data() && zero.network().is_ok_and(|network| network.is_ipv6())
        });
    if no_ipv4 {
        options.include_aliased_networks()
    } else {
        options
    }
}

/// What a record says. A record of another shape says nothing: the file is verified, so it is not
/// damage, but it is no evidence either.
fn evidence(record: &LookupResult<'_, &[u8]>, home: &Home) -> Evidence {
    match record.decode::<Record<'_>>() {
        Ok(Some(record)) => record.evidence(home),
        Ok(None) | Err(_) => Evidence::NONE,
    }
}

/// The fields of all vendors: MaxMind, DB-IP (`country.iso_code`), IPinfo (`country` as text, or a
/// name there and the code in `country_code`).
#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow, default)]
    country: Field<'a>,
    #[serde(borrow, default)]
    country_code: Field<'a>,
    #[serde(borrow, default)]
    registered_country: Field<'a>,
    #[serde(borrow, default)]
    represented_country: Field<'a>,
    #[serde(default)]
    traits: Flags,
    #[serde(default)]
    is_anycast: Flags,
    #[serde(default)]
    anycast: Flags,
}

impl Record<'_> {
    fn evidence(&self, home: &Home) -> Evidence {
        let is_home = |code: &CountryCode| home.is(Evidence::country(*code));
        let named = [self.country.code(), self.country_code.code()];
        // Two fields that name different countries: home counts, as between two sources.
        let country = named
            .iter()
            .flatten()
            .find(|code| is_home(code))
            .or_else(|| named.iter().flatten().next());
        let mut evidence = country.map_or(Evidence::NONE, |code| Evidence::country(*code));
        let beside = [
            self.registered_country.code(),
            self.represented_country.code(),
        ];
        if beside.iter().flatten().any(is_home) {
            evidence = evidence.with_contradiction();
        }
        if self.traits.anycast || self.is_anycast.anycast || self.anycast.anycast {
            evidence = evidence.with_anycast();
        }
        evidence
    }
}

/// A country as a map with `iso_code`, or as plain text; anything else is nothing.
#[derive(Default)]
struct Field<'a>(Option<&'a str>);

impl Field<'_> {
    fn code(&self) -> Option<CountryCode> {
        self.0.and_then(CountryCode::new)
    }
}

/// Anycast as a flag, as text (`"true"`), or as a map with `is_anycast`.
#[derive(Default)]
struct Flags {
    anycast: bool,
}

impl<'de: 'a, 'a> Deserialize<'de> for Field<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_any(Loose)
            .map(|found| match found {
                Found::Text(text) => Self(Some(text)),
                Found::Map { iso_code, .. } => Self(iso_code),
                Found::Flag(_) | Found::Other => Self(None),
            })
    }
}

impl<'de> Deserialize<'de> for Flags {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Loose).map(|found| Self {
            anycast: match found {
                Found::Text(text) => text.eq_ignore_ascii_case("true") || text == "1",
                Found::Map { is_anycast, .. } => is_anycast,
                Found::Flag(flag) => flag,
                Found::Other => false,
            },
        })
    }
}

enum Found<'de> {
    Text(&'de str),
    Flag(bool),
    Map {
        iso_code: Option<&'de str>,
        is_anycast: bool,
    },
    Other,
}

/// Takes any value and never fails over its type.
struct Loose;

impl<'de> Visitor<'de> for Loose {
    type Value = Found<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Found<'de>, E> {
        Ok(Found::Text(text))
    }

    fn visit_str<E>(self, _: &str) -> Result<Found<'de>, E> {
        Ok(Found::Other)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Found<'de>, E> {
        Ok(Found::Flag(flag))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Found<'de>, E> {
        Ok(Found::Flag(number == 1))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Found<'de>, E> {
        Ok(Found::Other)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Found<'de>, E> {
        Ok(Found::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Found<'de>, E> {
        Ok(Found::Other)
    }

    fn visit_bytes<E>(self, _: &[u8]) -> Result<Found<'de>, E> {
        Ok(Found::Other)
    }

    fn visit_unit<E>(self) -> Result<Found<'de>, E> {
        Ok(Found::Other)
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut items: S) -> Result<Found<'de>, S::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Found::Other)
    }

    fn visit_map<M: MapAccess<'de>>(self, mut entries: M) -> Result<Found<'de>, M::Error> {
        let (mut iso_code, mut is_anycast) = (None, false);
        while let Some(key) = entries.next_key::<&str>()? {
            match key {
                "iso_code" => iso_code = entries.next_value::<Field<'de>>()?.0,
                "is_anycast" => is_anycast = entries.next_value::<Flags>()?.anycast,
                _ => {
                    entries.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Found::Map {
            iso_code,
            is_anycast,
        })
    }
}

/// A reader's message on one line, without what a hostile file may have put into it.
fn one_line(message: &str) -> String {
    message
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(200)
        .collect()
}
