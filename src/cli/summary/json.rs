//! The same as one JSON object.

use serde::Serialize;
use std::collections::BTreeMap;

use super::tally::{KEPT, Largest, Service, Sums, Talker, Tally};
use super::{Read, table};
use crate::cli::args::SummaryArgs;
use crate::export::{ClassName, EndReasonName, Mark};

#[derive(Serialize)]
struct Object {
    schema: &'static str,
    files: u64,
    #[serde(flatten)]
    whole: Sums,
    ip_bytes: u64,
    from: Option<String>,
    to: Option<String>,
    by: &'static str,
    top: usize,
    classes: BTreeMap<&'static str, Sums>,
    countries: Vec<Country>,
    abroad: Vec<Address>,
    home: Vec<Address>,
    undetermined: Vec<Address>,
    services: Vec<Port>,
    protocols: Vec<Protocol>,
    flags: BTreeMap<&'static str, Sums>,
    end_reasons: BTreeMap<&'static str, Sums>,
    damaged: Vec<Damaged>,
    /// By how much sums of addresses and services may be too small, in the unit of `by`.
    error: u64,
    /// Addresses or services of each list that are kept at once.
    kept: usize,
}

#[derive(Serialize)]
struct Country {
    country: Option<String>,
    #[serde(flatten)]
    sums: Sums,
}

#[derive(Serialize)]
struct Address {
    ip: String,
    country: Option<String>,
    #[serde(flatten)]
    sums: Sums,
}

#[derive(Serialize)]
struct Port {
    service: String,
    protocol: u8,
    port: Option<u16>,
    icmp_type: Option<u8>,
    #[serde(flatten)]
    sums: Sums,
}

#[derive(Serialize)]
struct Protocol {
    protocol: u8,
    name: String,
    #[serde(flatten)]
    sums: Sums,
}

#[derive(Serialize)]
struct Damaged {
    file: String,
    lines: u64,
}

/// By how much a sum of an address or a service may be too small.
pub(super) fn error(tally: &Tally) -> u64 {
    let Tally {
        abroad,
        home,
        undetermined,
        services,
        ..
    } = tally;
    [abroad.error, home.error, undetermined.error, services.error]
        .into_iter()
        .max()
        .unwrap_or(0)
}

pub(super) fn render(read: &Read, args: &SummaryArgs) -> String {
    let tally = &read.tally;
    let mut countries: Vec<_> = tally.countries.iter().collect();
    let mut protocols: Vec<_> = tally.protocols.iter().collect();
    let by = args.by;
    // Both are in the order of their keys, and stay so where they are equal.
    countries.sort_by_key(|(_, sums)| std::cmp::Reverse(sums.by(by)));
    protocols.sort_by_key(|(_, sums)| std::cmp::Reverse(sums.by(by)));
    let (from, to) = tally.span.unzip();
    let object = Object {
        schema: "sekisho.records-summary.v1",
        files: read.files,
        whole: tally.whole,
        ip_bytes: tally.ip_bytes,
        from: from.map(|seen| seen.to_string()),
        to: to.map(|seen| seen.to_string()),
        by: by.id(),
        top: args.top,
        classes: named(ClassName::ALL.map(ClassName::id), &tally.classes),
        countries: countries
            .into_iter()
            .take(args.top)
            .map(|(code, sums)| Country {
                country: letters(*code),
                sums: *sums,
            })
            .collect(),
        abroad: addresses(&tally.abroad, args.top),
        home: addresses(&tally.home, args.top),
        undetermined: addresses(&tally.undetermined, args.top),
        services: services(&tally.services, args.top),
        protocols: protocols
            .into_iter()
            .take(args.top)
            .map(|(protocol, sums)| Protocol {
                protocol: *protocol,
                name: table::name(*protocol),
                sums: *sums,
            })
            .collect(),
        flags: named(Mark::ALL.map(Mark::id), &tally.flags),
        end_reasons: named(
            EndReasonName::ALL.map(EndReasonName::id),
            &tally.end_reasons,
        ),
        damaged: read
            .damaged
            .iter()
            .map(|(file, lines)| Damaged {
                file: file.display().to_string(),
                lines: *lines,
            })
            .collect(),
        error: error(tally),
        kept: KEPT,
    };
    // Counts and texts always render.
    let mut text = serde_json::to_string_pretty(&object).unwrap_or_default();
    text.push('\n');
    text
}

fn named<const N: usize>(
    names: [&'static str; N],
    sums: &[Sums; N],
) -> BTreeMap<&'static str, Sums> {
    names.into_iter().zip(sums.iter().copied()).collect()
}

fn letters(code: Option<[u8; 2]>) -> Option<String> {
    code.map(|_| table::country(code))
}

fn addresses(all: &Largest<Talker>, top: usize) -> Vec<Address> {
    let sorted = all.sorted().into_iter().take(top);
    let address = |(talker, sums): (Talker, Sums)| Address {
        ip: talker.ip.to_string(),
        country: letters(talker.country),
        sums,
    };
    sorted.map(address).collect()
}

fn services(all: &Largest<Service>, top: usize) -> Vec<Port> {
    let sorted = all.sorted().into_iter().take(top);
    let port = |(service, sums): (Service, Sums)| {
        let (protocol, port, icmp_type) = match service {
            Service::Port(protocol, port) => (protocol, Some(port), None),
            Service::Icmp(protocol, kind) => (protocol, None, Some(kind)),
            Service::Bare(protocol) => (protocol, None, None),
        };
        Port {
            service: table::service(service),
            protocol,
            port,
            icmp_type,
            sums,
        }
    };
    sorted.map(port).collect()
}
