//! Arbitrary bytes as the text files that people keep beside the tables: lists of domestic and of anycast
//! prefixes, a list of the truth, a registry's statistics. Each is refused with a reason, or every address in
//! it is what the file makes of it: a line that is passed over without a sound would be a leak.
//!
//! The first byte chooses which file it is.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

use sekisho::geo::{self, CountryCode, Finding, Place, Prefix, SourceSpec, Table, Truth};

use crate::folder::{folder, says_why};

/// Everything abroad but a block at home.
const STATISTICS: &str = "\
2|apnic|20260922|3|19830613|20260921|+1000
apnic|JP|ipv4|133.0.0.0|16777216|19970301|allocated|A
apnic|US|ipv4|8.0.0.0|16777216|19921201|allocated|B
apnic|US|ipv6|2600::|12|20061003|allocated|B
";

/// What must hold for any input.
pub(crate) fn check(data: &[u8]) {
    let Some((which, text)) = data.split_first() else {
        return;
    };
    let folder = folder();
    let (file, statistics) = (folder.path().join("file"), folder.path().join("statistics"));
    fs::write(&file, text).expect("room for it");
    fs::write(&statistics, STATISTICS).expect("room for it");
    let settings = geo::Settings {
        sources: vec![SourceSpec::File(statistics)],
        max_age: None,
        ..geo::Settings::default()
    };
    match which % 4 {
        0 => domestic(text, &file, settings),
        1 => anycast(text, &file, settings),
        2 => truth(&file),
        _ => delegated(text, &file, settings),
    }
}

fn build(settings: &geo::Settings) -> Option<Table> {
    let table = Table::build_to_look_at(settings);
    table.map_err(|error| says_why(&error.to_string())).ok()
}

/// The prefixes of a list, read a second time.
fn prefixes(text: &[u8]) -> Vec<Prefix> {
    let text = String::from_utf8_lossy(text);
    let lines = text.trim_start_matches('\u{feff}').lines();
    let entries = lines.map(|line| line.split('#').next().unwrap_or_default().trim());
    entries
        .filter(|entry| !entry.is_empty())
        .map(|entry| entry.parse().expect("a list that was accepted"))
        .collect()
}

/// First and last address.
fn ends(prefix: &Prefix) -> [IpAddr; 2] {
    let length = u32::from(prefix.length());
    let last = match prefix.address() {
        IpAddr::V4(first) => {
            let host = u32::MAX.checked_shr(length).unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from(u32::from(first) | host))
        }
        IpAddr::V6(first) => {
            let host = u128::MAX.checked_shr(length).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from(u128::from(first) | host))
        }
    };
    [prefix.address(), last]
}

fn domestic(text: &[u8], file: &Path, mut settings: geo::Settings) {
    settings.domestic_lists = vec![file.to_owned()];
    let Some(table) = build(&settings) else {
        return;
    };
    for address in prefixes(text).iter().flat_map(ends) {
        // What is listed is at home, or excluded or undetermined as a special block; never abroad.
        assert_ne!(
            table.find(address).place(),
            Some(Place::Foreign),
            "{address}"
        );
        if table.explain(address).block.is_none() {
            assert_eq!(
                table.find(address).place(),
                Some(Place::Domestic),
                "{address}"
            );
        }
    }
}

fn anycast(text: &[u8], file: &Path, mut settings: geo::Settings) {
    settings.anycast_lists = vec![file.to_owned()];
    let Some(table) = build(&settings) else {
        return;
    };
    for address in prefixes(text).iter().flat_map(ends) {
        let found = table.find(address);
        assert_ne!(found.place(), Some(Place::Foreign), "{address}");
        if table.explain(address).block.is_none() {
            let doubted = matches!(found, Finding::Anycast | Finding::Home);
            assert!(doubted, "{address}: {found:?}");
        }
    }
}

fn truth(file: &Path) {
    let home: Vec<CountryCode> = CountryCode::new("JP").into_iter().collect();
    match Truth::read(file, &home) {
        Err(error) => says_why(&error.to_string()),
        Ok(truth) => {
            let everywhere = [
                IpAddr::V4(Ipv4Addr::UNSPECIFIED),
                IpAddr::V6(Ipv6Addr::UNSPECIFIED),
            ];
            let some = everywhere
                .iter()
                .any(|any| truth.is_domestic(*any).is_some());
            assert!(!some || truth.prefixes() > 0);
        }
    }
}

fn delegated(text: &[u8], file: &Path, mut settings: geo::Settings) {
    settings.sources = vec![SourceSpec::File(file.to_owned())];
    let Some(table) = build(&settings) else {
        return;
    };
    let text = String::from_utf8_lossy(text);
    let lines = text.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    // The first is the version line, which may look like anything.
    for line in lines.skip(1) {
        let fields: Vec<&str> = line.split('|').collect();
        let [
            _,
            "JP",
            kind @ ("ipv4" | "ipv6"),
            start,
            _,
            _,
            "allocated" | "assigned",
            ..,
        ] = fields.as_slice()
        else {
            continue;
        };
        let start = match *kind {
            "ipv4" => start.parse::<Ipv4Addr>().map(IpAddr::V4).ok(),
            _ => start.parse::<Ipv6Addr>().map(IpAddr::V6).ok(),
        };
        let Some(start) = start else { continue };
        if table.explain(start).block.is_none() && table.explain(start).inside.is_empty() {
            assert_eq!(table.find(start), Finding::Home, "{start}");
        }
    }
}
