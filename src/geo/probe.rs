//! Known answers, asked of every table before it is used (rules §3).

use super::compile::decide;
use super::{CountryCode, Error, Evidence, Finding, Site, Table};
use std::net::IpAddr;

/// How many ranges of each source and IP version are asked again. *Given* (brief of the design).
const SAMPLES: usize = 64;

/// Refuses a table in which a home country has no address: it would prove everybody foreign.
pub(super) fn home_is_there(table: &Table) -> Result<(), Error> {
    let missing = table.home.iter().find(|home| !names(table, **home));
    missing.map_or(Ok(()), |home| Err(Error::MissingHome { home: *home }))
}

/// Asks; returns how many answers were compared.
pub(super) fn run(table: &Table) -> Result<usize, Error> {
    let mut asked = 0;
    for (address, expected) in KNOWN {
        let Ok(address) = address.parse::<IpAddr>() else {
            continue;
        };
        if table.nat64.iter().any(|prefix| prefix.contains(address)) {
            // A NAT64 prefix may be configured inside any block, as in the examples of RFC 6052.
            continue;
        }
        let expected = match (expected, table.site) {
            (Finding::NonGlobal, Site::Home) => Finding::SiteHome,
            (other, _) => *other,
        };
        let found = table.find(address);
        if found != expected {
            return Err(failed(address, expected, found));
        }
        asked += 1;
    }
    asked += sources_v4(table)?;
    asked += sources_v6(table)?;
    Ok(asked)
}

/// Addresses whose finding no source can change.
const KNOWN: &[(&str, Finding)] = &[
    ("0.0.0.0", Finding::Martian),
    ("10.0.0.1", Finding::NonGlobal),
    ("100.64.0.1", Finding::NonGlobal),
    ("127.0.0.1", Finding::Martian),
    ("169.254.1.1", Finding::NonGlobal),
    ("172.31.255.255", Finding::NonGlobal),
    ("192.0.2.1", Finding::Martian),
    ("192.168.1.1", Finding::NonGlobal),
    ("198.19.255.255", Finding::Martian),
    ("198.51.100.1", Finding::Martian),
    ("203.0.113.1", Finding::Martian),
    ("224.0.0.1", Finding::Multicast),
    ("240.0.0.1", Finding::Martian),
    ("255.255.255.255", Finding::Multicast),
    ("::", Finding::Martian),
    ("::1", Finding::Martian),
    ("::8.8.8.8", Finding::Martian),
    ("::ffff:10.0.0.1", Finding::NonGlobal),
    ("::ffff:127.0.0.1", Finding::Martian),
    ("64:ff9b::224.0.0.1", Finding::Multicast),
    ("2002:c0a8:101::1", Finding::NonGlobal),
    ("2001:db8::1", Finding::Martian),
    ("fc00::1", Finding::NonGlobal),
    ("fe80::1", Finding::NonGlobal),
    ("ff02::1", Finding::Multicast),
];

/// Whether any source has an address of the country.
fn names(table: &Table, country: CountryCode) -> bool {
    let wanted = Evidence::country(country).country_bits();
    let in_labels = |labels: &[u16]| {
        labels
            .iter()
            .any(|bits| Evidence::from_packed(*bits).country_bits() == wanted)
    };
    table
        .sources
        .iter()
        .any(|source| in_labels(source.v4.labels()) || in_labels(source.v6.labels()))
}

/// What the compiled structure says at the ends of ranges spread over each source must be what the
/// rule says of the sources asked one by one.
fn sources_v4(table: &Table) -> Result<usize, Error> {
    let mut asked = 0;
    for source in &table.sources {
        for range in source.v4.sample(SAMPLES) {
            for address in [range.first, range.last] {
                if table.special_v4.find(address).label != 0 {
                    continue;
                }
                let evidence: Vec<u16> = table
                    .sources
                    .iter()
                    .map(|source| source.v4.find(address).label)
                    .collect();
                let listed = table.domestic.v4.find(address).label != 0;
                let anycast = table.anycast.v4.find(address).label != 0;
                let expected = decide(listed, anycast, &evidence, &table.home_bits);
                let found = table.find_v4(address);
                if found != expected {
                    return Err(failed(IpAddr::V4(address.into()), expected, found));
                }
                asked += 1;
            }
        }
    }
    Ok(asked)
}

fn sources_v6(table: &Table) -> Result<usize, Error> {
    let mut asked = 0;
    for source in &table.sources {
        for range in source.v6.sample(SAMPLES) {
            for address in [range.first, range.last] {
                if table.special_v6.find(address).label != 0 {
                    continue;
                }
                let evidence: Vec<u16> = table
                    .sources
                    .iter()
                    .map(|source| source.v6.find(address).label)
                    .collect();
                let listed = table.domestic.v6.find(address).label != 0;
                let anycast = table.anycast.v6.find(address).label != 0;
                let expected = decide(listed, anycast, &evidence, &table.home_bits);
                let found = table.find_v6(address);
                if found != expected {
                    return Err(failed(IpAddr::V6(address.into()), expected, found));
                }
                asked += 1;
            }
        }
    }
    Ok(asked)
}

fn failed(address: IpAddr, expected: Finding, found: Finding) -> Error {
    Error::Probe {
        probe: format!("{address} is {}, not {}", expected.id(), found.id()),
    }
}
