//! The registries' delegated-extended statistics
//! (`registry|cc|type|start|value|date|status|…`, as APNIC, RIPE NCC, ARIN, LACNIC, AFRINIC and the
//! NRO publish them).

use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::Path;

use super::identity::seconds_of_day;
use super::prefix::host_mask_v6;
use super::source::{Origin, SourceKind};
use super::{CountryCode, Error, Evidence};

/// One file's countries, in file order.
pub(super) struct Statistics {
    pub(super) origin: Origin,
    pub(super) v4: Vec<(u32, u32, u16)>,
    pub(super) v6: Vec<(u128, u128, u16)>,
}

/// Whether the first line that is no comment is a version line (`2|apnic|…`, `2.3|ripencc|…`).
pub(super) fn is_delegated(bytes: &[u8]) -> bool {
    let head = bytes.get(..64 * 1024).unwrap_or(bytes);
    String::from_utf8_lossy(head)
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with('#'))
        .is_some_and(|line| {
            let mut fields = line.split('|');
            matches!(fields.next(), Some("2" | "2.0" | "2.1" | "2.2" | "2.3"))
                && fields.next().is_some_and(|registry| {
                    !registry.is_empty() && registry.bytes().all(|b| b.is_ascii_alphanumeric())
                })
                && fields.count() >= 4
        })
}

/// Reads a file. What is allocated or assigned is evidence; what is reserved or available is not.
pub(super) fn read(path: &Path, bytes: &[u8]) -> Result<Statistics, Error> {
    let mut statistics = Statistics {
        origin: Origin::of_file(path, SourceKind::Delegated, bytes),
        v4: Vec::new(),
        v6: Vec::new(),
    };
    let text = String::from_utf8_lossy(bytes);
    let mut seen_version = false;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let fields: Vec<&str> = line.split('|').collect();
        if seen_version {
            statistics.take(&fields)
        } else {
            seen_version = true;
            statistics.take_version(&fields);
            Ok(())
        }
        .map_err(|reason| Error::Statistics {
            path: path.to_owned(),
            line: number + 1,
            reason,
        })?;
    }
    if statistics.v4.is_empty() && statistics.v6.is_empty() {
        return Err(Error::NoCountries {
            path: path.to_owned(),
            kind: statistics.origin.title,
        });
    }
    Ok(statistics)
}

impl Statistics {
    /// `version|registry|serial|records|startdate|enddate|UTCoffset`: the data is as of the end date
    /// (the serial is a date with some registries, a time or a counter with others).
    fn take_version(&mut self, fields: &[&str]) {
        if let [version, registry, _, _, _, end, ..] = fields {
            self.origin.title = format!("{registry} delegated statistics {version}");
            self.origin.built = date(end);
        }
    }

    fn take(&mut self, fields: &[&str]) -> Result<(), &'static str> {
        match fields {
            // Autonomous systems have no address; summaries have no country.
            [_, _, "asn", ..] | [_, _, _, _, _, "summary", ..] => Ok(()),
            [_, country, "ipv4", start, value, _, status, ..] => {
                let first: u32 = start
                    .parse::<Ipv4Addr>()
                    .map_err(|_| "the start is no IPv4 address")?
                    .into();
                let count: u64 = value
                    .parse()
                    .map_err(|_| "the value is no number of addresses")?;
                let last = u64::from(first)
                    .checked_add(count)
                    .and_then(|after| after.checked_sub(1))
                    .filter(|last| count > 0 && *last <= u64::from(u32::MAX))
                    .ok_or("the value is no number of addresses")?;
                if let Some(label) = label(country, status)? {
                    self.v4.push((first, last as u32, label));
                }
                Ok(())
            }
            [_, country, "ipv6", start, value, _, status, ..] => {
                let first: u128 = start
                    .parse::<Ipv6Addr>()
                    .map_err(|_| "the start is no IPv6 address")?
                    .into();
                let length: u8 = value
                    .parse()
                    .ok()
                    .filter(|length| *length <= 128)
                    .ok_or("the value is no prefix length")?;
                if first & host_mask_v6(length) != 0 {
                    return Err("bits are set beyond the prefix length");
                }
                if let Some(label) = label(country, status)? {
                    self.v6.push((first, first | host_mask_v6(length), label));
                }
                Ok(())
            }
            _ => Err("not a record: registry|cc|type|start|value|date|status, cut off perhaps"),
        }
    }
}

fn label(country: &str, status: &str) -> Result<Option<u16>, &'static str> {
    match status {
        "allocated" | "assigned" => {
            Ok(CountryCode::new(country).map(|code| Evidence::country(code).packed()))
        }
        "reserved" | "available" => Ok(None),
        _ => Err("the status is none of allocated, assigned, reserved, available"),
    }
}

/// A day as `20260922`.
fn date(text: &str) -> Option<u64> {
    if text.len() != 8 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number: u64 = text.parse().ok()?;
    seconds_of_day(number / 10_000, number / 100 % 100, number % 100)
}
