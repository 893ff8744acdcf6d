//! What a table is, for people and for the books.

use serde::Serialize;

use super::identity::day;
use super::{CountryCode, Evidence, Finding, Site, SourceKind, Table};
use crate::spelling::hex;

/// What a loaded table is.
#[derive(Debug, Clone, Serialize)]
pub struct Info {
    /// SHA-256 over everything that the findings depend on, in hexadecimal.
    pub digest: String,
    /// The home countries.
    pub home: Vec<CountryCode>,
    /// What private addresses stand for.
    pub site: Site,
    /// The files and embedded tables, in the order given.
    pub sources: Vec<SourceInfo>,
    /// The operator's lists of domestic prefixes.
    pub domestic_lists: Vec<ListInfo>,
    /// The operator's lists of anycast prefixes.
    pub anycast_lists: Vec<ListInfo>,
    /// IPv4 after compiling, in addresses.
    pub ipv4: SpaceInfo,
    /// IPv6 after compiling, in /64 prefixes.
    pub ipv6: SpaceInfo,
    /// How many known answers were compared before use.
    pub probes: usize,
    /// What the operator should know, one sentence each.
    pub warnings: Vec<String>,
}

/// What names one file of a source, or the embedded table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginInfo {
    /// `embedded`, or the file.
    pub name: String,
    /// What kind of table it is.
    pub kind: SourceKind,
    /// Its own date, `YYYY-MM-DD`, where it has one.
    pub date: Option<String>,
    /// Seconds after the epoch at which its data was made, where it says so.
    pub built: Option<u64>,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}

/// One file of a source, or the embedded table.
#[derive(Debug, Clone, Serialize)]
pub struct SourceInfo {
    /// The file, or `embedded`.
    pub name: String,
    /// What kind of table.
    pub kind: SourceKind,
    /// What the data calls itself.
    pub title: String,
    /// The day on which the data was made, UTC.
    pub date: Option<String>,
    /// Seconds after the epoch at which the data was made.
    pub built: Option<u64>,
    /// SHA-256 of the bytes, in hexadecimal.
    pub sha256: String,
    /// IPv4 ranges with a country. Files of the registries count together, under the first.
    pub ipv4_ranges: usize,
    /// IPv6 ranges with a country.
    pub ipv6_ranges: usize,
    /// Different countries named.
    pub countries: usize,
    /// IPv4 addresses that the source places at home.
    pub home_ipv4_addresses: u64,
}

/// An operator's list.
#[derive(Debug, Clone, Serialize)]
pub struct ListInfo {
    /// The file.
    pub path: String,
    /// How many prefixes.
    pub prefixes: usize,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
}

/// One address space after compiling. Units: addresses for IPv4, /64 prefixes for IPv6.
#[derive(Debug, Clone, Serialize)]
pub struct SpaceInfo {
    /// Borders between different findings.
    pub borders: usize,
    /// How much of the space has each finding, special blocks included.
    pub findings: Vec<FindingInfo>,
    /// Where sources name different countries.
    pub differing: u64,
    /// Where some source says home and another does not.
    pub differing_about_home: u64,
    /// Where some source names a country and another is silent.
    pub partial: u64,
}

/// How much of a space has a finding.
#[derive(Debug, Clone, Serialize)]
pub struct FindingInfo {
    /// The finding's id.
    pub finding: &'static str,
    /// IPv4 addresses, or IPv6 /64 prefixes.
    pub size: u64,
}

impl Table {
    /// What this table is.
    #[must_use]
    pub fn info(&self) -> Info {
        let counted = &self.statistics;
        Info {
            digest: hex(self.digest()),
            home: self.home.iter().copied().collect(),
            site: self.site,
            sources: self.source_infos(),
            domestic_lists: list_infos(&self.domestic),
            anycast_lists: list_infos(&self.anycast),
            ipv4: space(
                counted.borders_v4,
                &counted.addresses_v4,
                counted.disagreement_v4,
                0,
            ),
            ipv6: space(
                counted.borders_v6,
                &counted.addresses_v6,
                counted.disagreement_v6,
                64,
            ),
            probes: counted.probes,
            warnings: self.warnings(),
        }
    }

    /// The files and embedded tables, in the order given: name, kind, date and SHA-256. Reads nothing
    /// of their contents, as [`Table::info`] does.
    pub fn origins(&self) -> impl Iterator<Item = OriginInfo> {
        let origins = self.sources.iter().flat_map(|source| &source.origins);
        origins.map(|origin| OriginInfo {
            name: origin.name(),
            kind: origin.kind,
            date: origin.built.map(day),
            built: origin.built,
            sha256: hex(&origin.sha256),
        })
    }

    /// The operator's lists: `domestic` or `anycast`, and SHA-256 of the bytes in hexadecimal.
    pub fn lists(&self) -> impl Iterator<Item = (&'static str, String)> {
        let of = |kind, list: &'_ super::list::List| {
            let digests = list.files.iter().map(|file| (kind, hex(&file.sha256)));
            digests.collect::<Vec<_>>()
        };
        of("domestic", &self.domestic)
            .into_iter()
            .chain(of("anycast", &self.anycast))
    }

    /// The digest in hexadecimal.
    #[must_use]
    pub fn digest_hex(&self) -> String {
        hex(self.digest())
    }

    /// The countries that are home.
    pub fn home(&self) -> impl Iterator<Item = CountryCode> {
        self.home.iter().copied()
    }

    fn source_infos(&self) -> Vec<SourceInfo> {
        let mut infos = Vec::new();
        for source in &self.sources {
            let labels = || source.v4.labels().iter().chain(source.v6.labels());
            let mut countries: Vec<u16> = labels()
                .map(|bits| Evidence::from_packed(*bits).country_bits())
                .filter(|bits| *bits != 0)
                .collect();
            countries.sort_unstable();
            countries.dedup();
            let home_ipv4_addresses = source
                .v4
                .ranges()
                .filter(|range| self.home_bits.is(Evidence::from_packed(range.label)))
                .map(|range| u64::from(range.last - range.first) + 1)
                .sum();
            for (position, origin) in source.origins.iter().enumerate() {
                let first = position == 0;
                infos.push(SourceInfo {
                    name: origin.name(),
                    kind: origin.kind,
                    title: origin.title.clone(),
                    date: origin.built.map(day),
                    built: origin.built,
                    sha256: hex(&origin.sha256),
                    ipv4_ranges: if first { named(source.v4.labels()) } else { 0 },
                    ipv6_ranges: if first { named(source.v6.labels()) } else { 0 },
                    countries: if first { countries.len() } else { 0 },
                    home_ipv4_addresses: if first { home_ipv4_addresses } else { 0 },
                });
            }
        }
        infos
    }

    fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        for source in &self.sources {
            for (labels, version) in [(source.v4.labels(), "IPv4"), (source.v6.labels(), "IPv6")] {
                if named(labels) == 0 {
                    warnings.push(format!(
                        "{} places no {version} address, so no {version} address counts as abroad",
                        source.name()
                    ));
                }
            }
            for origin in source
                .origins
                .iter()
                .filter(|origin| origin.built.is_none())
            {
                warnings.push(format!(
                    "{} does not say when it was made, so it counts as too old",
                    origin.name()
                ));
            }
        }
        for home in &self.home {
            let wanted = Evidence::country(*home).country_bits();
            let names = |labels: &[u16]| {
                labels
                    .iter()
                    .any(|bits| Evidence::from_packed(*bits).country_bits() == wanted)
            };
            for (version, found) in [
                (
                    "IPv4",
                    self.sources.iter().any(|source| names(source.v4.labels())),
                ),
                (
                    "IPv6",
                    self.sources.iter().any(|source| names(source.v6.labels())),
                ),
            ] {
                if !found {
                    warnings.push(format!(
                        "missing {home}: no source has an {version} address of it"
                    ));
                }
            }
        }
        warnings
    }
}

/// Ranges with a country.
fn named(labels: &[u16]) -> usize {
    labels
        .iter()
        .filter(|bits| Evidence::from_packed(**bits).country_bits() != 0)
        .count()
}

fn list_infos(list: &super::list::List) -> Vec<ListInfo> {
    list.files
        .iter()
        .map(|file| ListInfo {
            path: file.path.display().to_string(),
            prefixes: file.prefixes,
            sha256: hex(&file.sha256),
        })
        .collect()
}

fn space(
    borders: usize,
    addresses: &[u128; Finding::ALL.len()],
    disagreement: super::compile::Counts,
    host_bits: u32,
) -> SpaceInfo {
    let size = |addresses: u128| u64::try_from(addresses >> host_bits).unwrap_or(u64::MAX);
    SpaceInfo {
        borders,
        findings: Finding::ALL
            .into_iter()
            .zip(addresses)
            .map(|(finding, addresses)| FindingInfo {
                finding: finding.id(),
                size: size(*addresses),
            })
            .collect(),
        differing: size(disagreement.differing),
        differing_about_home: size(disagreement.about_home),
        partial: size(disagreement.partial),
    }
}
