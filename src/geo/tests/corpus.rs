//! Files that nobody here wrote, with their expected answers.

use super::super::compile::Home;
use super::super::settings::SourceSpec;
use super::super::source::{Source, read_all};
use super::super::{Error, Evidence, Finding, Place, Table};
use super::{corpus, country, settings};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

fn read(path: &Path) -> Result<Source, Error> {
    let home = Home::new(&[country("JP")]);
    let sources = read_all(&[SourceSpec::File(path.to_owned())], &home)?;
    Ok(sources.into_iter().next().unwrap())
}

fn says(source: &Source, address: IpAddr) -> Option<String> {
    let label = match address {
        IpAddr::V4(v4) => source.v4.find(v4.into()).label,
        IpAddr::V6(v6) => source.v6.find(v6.into()).label,
    };
    Evidence::from_packed(label)
        .country_code()
        .map(|code| code.to_string())
}

/// The country in an expected value: `country.iso_code`, a country in plain text, or the shortened
/// form of a large record.
fn expected_country(value: &serde_json::Value) -> Option<String> {
    let value = value.get("value")?;
    let text = [
        value.pointer("/country/iso_code"),
        value.get("country_iso"),
        value.get("country_code"),
    ]
    .into_iter()
    .flatten()
    .find_map(serde_json::Value::as_str)?;
    Some(text.to_owned())
}

/// Whether a plain reader gives the address inside for this one, where our rule decides.
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

#[test]
fn databases_are_read_or_refused_as_expected() {
    let Some(expected) = corpus("mmdb/EXPECTED.json") else {
        return;
    };
    let expected: serde_json::Value =
        serde_json::from_slice(&std::fs::read(expected).unwrap()).unwrap();
    let (mut read_ok, mut refused, mut compared) = (0, 0, 0);
    for (name, answer) in expected["files"].as_object().unwrap() {
        let Some(path) = corpus(&format!("mmdb/{name}")).or_else(|| corpus(&format!("geo/{name}")))
        else {
            continue;
        };
        let lookups = answer["lookups"].as_object();
        let has_country =
            lookups.is_some_and(|all| all.values().any(|v| expected_country(v).is_some()));
        match read(&path) {
            Err(error) => {
                assert!(!has_country, "{name} must be read: {error}");
                assert!(!error.to_string().contains('\n'), "{error}");
                refused += 1;
            }
            Ok(source) => {
                assert!(!name.starts_with("bad-"), "{name} must be refused");
                assert_eq!(answer["open"], "ok", "{name}");
                read_ok += 1;
                for (address, value) in lookups.unwrap() {
                    let address: IpAddr = address.parse().unwrap();
                    if !is_wrapper(address) {
                        assert_eq!(
                            says(&source, address),
                            expected_country(value),
                            "{name} {address}"
                        );
                        compared += 1;
                    }
                }
            }
        }
    }
    println!("{read_ok} read with {compared} look-ups compared, {refused} refused");
    assert!(read_ok >= 6 && refused >= 10 && compared >= 150);
}

/// The first and last addresses and countries of `rir-v4.csv` or `rir-v6.csv`.
fn csv(name: &str) -> Option<Vec<(IpAddr, IpAddr, String)>> {
    let text = std::fs::read_to_string(corpus(name)?).unwrap();
    let rows = text.lines().map(|line| {
        let mut fields = line.trim().split(',');
        let mut address = || fields.next().unwrap().parse().unwrap();
        let (first, last) = (address(), address());
        (first, last, fields.next().unwrap().to_owned())
    });
    Some(rows.collect())
}

/// The oracle of the corpus (`_place` in verdict.py), over its own ranges, for addresses that hold no
/// other.
struct Oracle {
    v4: Vec<(u128, u128, String)>,
    v6: Vec<(u128, u128, String)>,
}

impl Oracle {
    fn load() -> Option<Self> {
        let number = |ip: IpAddr| match ip {
            IpAddr::V4(v4) => u128::from(u32::from(v4)),
            IpAddr::V6(v6) => v6.into(),
        };
        let load = |name| {
            let rows = csv(name)?;
            let convert = |(a, b, c)| (number(a), number(b), c);
            Some(rows.into_iter().map(convert).collect())
        };
        Some(Self {
            v4: load("geo/rir-v4.csv")?,
            v6: load("geo/rir-v6.csv")?,
        })
    }

    fn country(rows: &[(u128, u128, String)], address: u128) -> Option<&str> {
        let at = rows
            .partition_point(|row| row.0 <= address)
            .checked_sub(1)?;
        let (_, last, country) = rows.get(at)?;
        (address <= *last).then_some(country.as_str())
    }

    /// `D`, `F`, `U`, `multicast` or `martian`.
    fn place(&self, address: IpAddr) -> &'static str {
        let country = match address {
            IpAddr::V4(v4) => {
                let octets = v4.octets();
                match octets {
                    [224..=239, ..] | [255, 255, 255, 255] => return "multicast",
                    [0 | 127 | 240..=255, ..] | [192, 0, 0 | 2, _] | [198, 18 | 19, ..] => {
                        return "martian";
                    }
                    [198, 51, 100, _] | [203, 0, 113, _] => return "martian",
                    [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => {
                        return "U";
                    }
                    [169, 254, ..] => return "U",
                    _ => Self::country(&self.v4, u32::from(v4).into()),
                }
            }
            IpAddr::V6(v6) => {
                let number = u128::from(v6);
                let v4 = |shifted: u128| IpAddr::V4(Ipv4Addr::from(shifted as u32));
                match v6.segments() {
                    [0, 0, 0, 0, 0, 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => {
                        return self.place(v4(number));
                    }
                    [0x2002, ..] => return self.place(v4(number >> 80)),
                    [0x2001, 0, ..] => {
                        let a = self.place(v4(number >> 64));
                        let b = self.place(v4(!number));
                        let special = |place| place == "martian" || place == "multicast";
                        return if special(a) || special(b) || a != b {
                            "U"
                        } else {
                            a
                        };
                    }
                    [0xff00..=0xffff, ..] => return "multicast",
                    [0, 0, 0, 0, 0, 0, ..] | [0x100, 0, 0, 0, ..] | [0x2001, 2, 0, ..] => {
                        return "martian";
                    }
                    [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => return "martian",
                    [0x2001, 0x10..=0x1f, ..] => return "martian",
                    [0xfc00..=0xfdff, ..] | [0xfe80..=0xfebf, ..] => return "U",
                    _ => Self::country(&self.v6, number),
                }
            }
        };
        match country {
            None | Some("EU" | "AP" | "A1" | "A2" | "O1" | "ZZ" | "XX" | "") => "U",
            Some("JP") => "D",
            Some(_) => "F",
        }
    }
}

fn name(finding: Finding) -> &'static str {
    match (finding, finding.place()) {
        (_, Some(Place::Domestic)) => "D",
        (_, Some(Place::Foreign)) => "F",
        (_, Some(Place::Undetermined)) => "U",
        (Finding::Multicast, None) => "multicast",
        (_, None) => "martian",
    }
}

#[test]
fn the_registries_table_gives_the_oracles_places_at_every_border_and_at_random() {
    let Some(oracle) = Oracle::load() else { return };
    for file in ["geo/rir-country.mmdb", "geo/rir-country-flat.mmdb"] {
        let Some(path) = corpus(file) else { continue };
        let table = Table::build(&settings(&[&path])).unwrap();
        let check_v4 = |address: u32| {
            let ip = IpAddr::V4(address.into());
            assert_eq!(name(table.find_v4(address)), oracle.place(ip), "{ip}");
        };
        let check_v6 = |address: u128| {
            let ip = IpAddr::V6(Ipv6Addr::from(address));
            assert_eq!(name(table.find_v6(address)), oracle.place(ip), "{ip}");
        };
        for (first, last, _) in &oracle.v4 {
            let (first, last) = (*first as u32, *last as u32);
            for address in [first.wrapping_sub(1), first, last, last.wrapping_add(1)] {
                check_v4(address);
                check_v6(0x2002 << 112 | u128::from(address) << 80 | 1);
            }
        }
        for (first, last, country) in &oracle.v6 {
            for address in [first.wrapping_sub(1), *first, *last, last.wrapping_add(1)] {
                check_v6(address);
            }
            assert_eq!(
                table
                    .country_v6(*first)
                    .map(|code| code.to_string())
                    .as_ref(),
                Some(country),
            );
        }
        let mut random = super::Random::new(11);
        for _ in 0..1_000_000 {
            check_v4(random.next() as u32);
            check_v6(random.v6());
            // Every wrapper, with random addresses inside.
            let inside = u128::from(random.next() as u32);
            check_v6(0xffff << 32 | inside);
            check_v6(0x0064_ff9b << 96 | inside);
            check_v6(0x2001_0000 << 96 | u128::from(random.next()) << 32 | inside);
        }
    }
}
