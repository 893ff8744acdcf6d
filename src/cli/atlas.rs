//! Opens the country table that the settings name, and shows it as the commands see it.

use std::net::IpAddr;

use super::exit::Exit;
use super::talk::Problem;
use super::view::{AddressView, ListView, SourceView, TableView};
use crate::config::Config;
use crate::geo::{Explanation, ListInfo, Table};
use crate::pipeline::geo_settings;

/// Builds the table, or says why it cannot be built. Commands that only look may look at a table
/// that no run would use.
pub(super) fn open(config: &Config) -> Result<Table, Problem> {
    Table::build_to_look_at(&geo_settings(config))
        .map_err(|error| Problem::line(Exit::Configuration, error.to_string()))
}

/// The first digits of the table that a run would use, if it would use it.
pub(super) fn digest_for_a_run(config: &Config) -> Result<String, Problem> {
    match Table::build(&geo_settings(config)) {
        Ok(table) => Ok(table.info().digest.chars().take(16).collect()),
        Err(error) => Err(Problem::line(Exit::Configuration, error.to_string())),
    }
}

/// What the table is.
pub(super) fn table(table: &Table) -> TableView {
    let info = table.info();
    let findings = info.ipv4.findings.iter();
    TableView {
        digest: info.digest,
        sources: info
            .sources
            .into_iter()
            .map(|source| SourceView {
                name: source.name,
                title: source.title,
                date: source.date,
                sha256: source.sha256,
                ranges: (source.ipv4_ranges + source.ipv6_ranges) as u64,
                countries: source.countries as u64,
            })
            .collect(),
        lists: lists("domestic", info.domestic_lists)
            .chain(lists("anycast", info.anycast_lists))
            .collect(),
        home: info.home,
        site: info.site.id().to_owned(),
        ranges_v4: info.ipv4.borders as u64 + 1,
        ranges_v6: info.ipv6.borders as u64 + 1,
        addresses_v4: findings
            .filter(|found| found.size > 0)
            .map(|found| (found.finding.to_owned(), found.size))
            .collect(),
        disputed_v4: info.ipv4.differing_about_home,
        probes: info.probes as u64,
        warnings: info.warnings,
    }
}

/// Where an address is, and what decided.
pub(super) fn address(table: &Table, ip: IpAddr) -> AddressView {
    view(table, table.explain(ip))
}

fn lists(kind: &'static str, infos: Vec<ListInfo>) -> impl Iterator<Item = ListView> {
    infos.into_iter().map(move |list| ListView {
        kind: kind.to_owned(),
        name: list.path,
        prefixes: list.prefixes as u64,
        sha256: list.sha256,
    })
}

fn view(table: &Table, explanation: Explanation) -> AddressView {
    AddressView {
        ip: explanation.ip,
        finding: table.find(explanation.ip),
        country: explanation.country,
        rule: explanation.rule,
        range: explanation.range,
        sources: explanation
            .sources
            .into_iter()
            .map(|opinion| (opinion.source, opinion.country))
            .collect(),
        inside: explanation
            .inside
            .into_iter()
            .map(|inside| view(table, inside))
            .collect(),
    }
}
