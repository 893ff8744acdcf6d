//! Several sources, lists, vendors' shapes, registry files, refusals, identity.

use super::super::Finding::{self, *};
use super::super::{Error, Settings, SourceSpec, Table};
use super::mmdb::{Database, Value, iso, map};
use super::{Scratch, country, find, settings};
use std::path::{Path, PathBuf};

fn us_and_jp(scratch: &Scratch) -> PathBuf {
    let database = Database::new(&[
        ("8.0.0.0/8", map(&[iso("country", "US")])),
        ("9.0.0.0/8", map(&[iso("country", "US")])),
        ("133.0.0.0/8", map(&[iso("country", "JP")])),
        ("2001:200::/32", map(&[iso("country", "JP")])),
        ("2600::/12", map(&[iso("country", "US")])),
    ]);
    scratch.file("one.mmdb", &database.bytes())
}

fn built(scratch: &Scratch, records: &[(&'static str, Value)]) -> Table {
    let path = scratch.file("t.mmdb", &Database::new(records).bytes());
    Table::build(&settings(&[&path])).unwrap()
}

#[test]
fn abroad_needs_every_source_and_home_needs_one() {
    let scratch = Scratch::new();
    let one = us_and_jp(&scratch);
    let two = Database::new(&[
        ("8.0.0.0/9", map(&[iso("country", "CA")])),
        ("9.0.0.0/16", map(&[iso("country", "JP")])),
        ("133.0.0.0/9", map(&[iso("country", "US")])),
        ("2600::/16", map(&[iso("country", "US")])),
        ("2a00::/16", map(&[iso("country", "DE")])),
    ]);
    let two = scratch.file("two.mmdb", &two.bytes());
    for order in [
        [one.as_path(), two.as_path()],
        [two.as_path(), one.as_path()],
    ] {
        let table = Table::build(&settings(&order)).unwrap();
        for (address, expected) in [
            ("8.1.1.1", Abroad),
            ("8.200.1.1", Unlocated),
            ("9.0.1.1", Home),
            ("9.1.1.1", Unlocated),
            ("133.1.1.1", Home),
            ("133.200.1.1", Home),
            ("2600::1", Abroad),
            ("2601::1", Unlocated),
            ("2a00::1", Unlocated),
            ("2001:200::1", Home),
            ("1.1.1.1", Unlocated),
        ] {
            assert_eq!(find(&table, address), expected, "{address}");
        }
        assert_eq!(table.country_v4(0x8500_0001), Some(country("JP")));
        let info = table.info();
        // 8.0.0.0/9 (US, CA), 9.0.0.0/16 (US, JP), 133.0.0.0/9 (JP, US).
        assert_eq!(info.ipv4.differing, (1 << 23) + (1 << 16) + (1 << 23));
        // 9.0.0.0/16, and 133.0.0.0/8 of which half is home in one only.
        assert_eq!(info.ipv4.differing_about_home, (1 << 16) + (1 << 24));
        assert_eq!(
            info.ipv4.partial,
            (1 << 23) + (1 << 24) - (1 << 16) + (1 << 23)
        );
    }
}

#[test]
fn reads_what_every_vendor_ships() {
    let scratch = Scratch::new();
    let text = |code| Value::Text(code);
    let table = built(
        &scratch,
        &[
            ("1.0.0.0/24", map(&[iso("country", "JP")])),
            ("1.0.1.0/24", map(&[("country_code", text("JP"))])),
            ("1.0.2.0/24", map(&[("country", text("JP"))])),
            (
                "1.0.3.0/24",
                map(&[("country", text("Japan")), ("country_code", text("jp"))]),
            ),
            (
                "1.0.4.0/24",
                map(&[("country", text("US")), ("country_code", text("JP"))]),
            ),
            ("1.1.0.0/24", map(&[iso("country", "US")])),
            (
                "1.1.1.0/24",
                map(&[iso("country", "US"), iso("registered_country", "JP")]),
            ),
            (
                "1.1.2.0/24",
                map(&[iso("country", "US"), iso("represented_country", "JP")]),
            ),
            (
                "1.1.3.0/24",
                map(&[iso("country", "US"), iso("registered_country", "GB")]),
            ),
            (
                "1.1.4.0/24",
                map(&[iso("country", "JP"), iso("registered_country", "US")]),
            ),
            ("1.2.0.0/24", map(&[iso("registered_country", "US")])),
            (
                "1.2.1.0/24",
                map(&[("continent", map(&[("code", text("AS"))]))]),
            ),
            ("1.2.2.0/24", map(&[iso("country", "EU")])),
            ("1.2.3.0/24", map(&[("country", Value::Number(392))])),
            ("1.2.4.0/24", text("JP")),
            ("1.2.5.0/24", map(&[iso("registered_country", "JP")])),
            (
                "1.3.0.0/24",
                map(&[
                    iso("country", "US"),
                    ("traits", map(&[("is_anycast", Value::Flag(true))])),
                ]),
            ),
            (
                "1.3.1.0/24",
                map(&[iso("country", "US"), ("is_anycast", Value::Flag(true))]),
            ),
            (
                "1.3.2.0/24",
                map(&[iso("country", "US"), ("is_anycast", text("true"))]),
            ),
            (
                "1.3.3.0/24",
                map(&[iso("country", "US"), ("is_anycast", Value::Flag(false))]),
            ),
            (
                "1.3.4.0/24",
                map(&[iso("country", "JP"), ("is_anycast", Value::Flag(true))]),
            ),
        ],
    );
    for (address, expected) in [
        ("1.0.0.1", Home),
        ("1.0.1.1", Home),
        ("1.0.2.1", Home),
        ("1.0.3.1", Home),
        ("1.0.4.1", Home),
        ("1.1.0.1", Abroad),
        ("1.1.1.1", SourceDisagreement),
        ("1.1.2.1", SourceDisagreement),
        ("1.1.3.1", Abroad),
        ("1.1.4.1", Home),
        ("1.2.0.1", Unlocated),
        ("1.2.1.1", Unlocated),
        ("1.2.2.1", Unlocated),
        ("1.2.3.1", Unlocated),
        ("1.2.4.1", Unlocated),
        ("1.2.5.1", SourceDisagreement),
        ("1.3.0.1", Anycast),
        ("1.3.1.1", Anycast),
        ("1.3.2.1", Anycast),
        ("1.3.3.1", Abroad),
        ("1.3.4.1", Home),
    ] {
        assert_eq!(find(&table, address), expected, "{address}");
    }
}

#[test]
fn trees_of_one_version_with_and_without_aliases() {
    let scratch = Scratch::new();
    let records = [
        ("133.0.0.0/8", map(&[iso("country", "JP")])),
        ("8.0.0.0/8", map(&[iso("country", "US")])),
    ];
    let mut aliased = Database::new(&records);
    aliased.aliases = true;
    let mut only_v4 = Database::new(&records);
    only_v4.ip_version = 4;
    for (name, database) in [("aliased", aliased), ("v4", only_v4)] {
        let path = scratch.file(name, &database.bytes());
        let table = Table::build(&settings(&[&path])).unwrap();
        for (address, expected) in [
            ("133.1.1.1", Home),
            ("8.8.8.8", Abroad),
            ("2002:808:808::", Abroad),
            ("::ffff:133.1.1.1", Home),
            ("2600::1", Unlocated),
        ] {
            assert_eq!(find(&table, address), expected, "{name} {address}");
        }
        let warnings = table.info().warnings;
        assert_eq!(warnings.len(), 2, "{warnings:?}");
        assert!(
            warnings.iter().all(|warning| warning.contains("IPv6")),
            "{warnings:?}"
        );
        assert_eq!(table.info().sources[0].ipv4_ranges, 2);
    }
}

#[test]
fn a_record_above_the_ipv4_tree_hides_no_network_of_the_same_record() {
    let scratch = Scratch::new();
    // `::/64` and 2600::/16 share a record, as a writer that deduplicates would have it.
    let jp = map(&[iso("country", "JP")]);
    let mut bytes = Database::new(&[("::/64", jp.clone()), ("2600::/16", jp)]).bytes();
    // Point the second network at the first one's record.
    let nodes = (bytes.windows(17).position(|w| w[..16] == [0; 16]).unwrap()) / 6;
    let (first, second) = (
        (nodes + 16) as u32,
        (nodes + 16 + Database::record_len()) as u32,
    );
    let at = bytes
        .windows(3)
        .position(|w| w == &second.to_be_bytes()[1..])
        .unwrap();
    bytes[at..at + 3].copy_from_slice(&first.to_be_bytes()[1..]);
    let path = scratch.file("odd.mmdb", &bytes);
    let table = Table::build(&settings(&[&path])).unwrap();
    assert_eq!(find(&table, "2600::1"), Home);
    // No evidence about IPv4.
    assert_eq!(find(&table, "133.1.1.1"), Unlocated);
}

const APNIC: &str = "\
# a comment
2|apnic|20260922|9|19830613|20260921|+1000
apnic|*|asn|*|1|summary
apnic|*|ipv4|*|5|summary
apnic|*|ipv6|*|2|summary
apnic|JP|asn|173|1|20020801|allocated|A91A7381
apnic|AU|ipv4|1.0.0.0|256|20110811|assigned|A91872ED
apnic|JP|ipv4|1.0.16.0|4096|20110412|allocated|A92D9378
apnic|CN|ipv4|1.0.32.0|768|20110412|allocated|A92E1062
apnic||ipv4|1.0.64.0|256||available|
apnic|ZZ|ipv4|1.0.65.0|256|20110412|reserved|
apnic|JP|ipv6|2001:200::|35|19990813|allocated|A9127E5C
apnic|CN|ipv6|2001:250::|35|20000426|allocated|A92E1063
";

const RIPE: &str = "\
2.3|ripencc|1790092799|2|19830705|20260922|+0200
ripencc|FR|ipv4|2.0.0.0|1048576|20100712|allocated|e4f6d1a0
ripencc|JP|ipv4|1.0.32.0|256|20260901|allocated|e4f6d1a1
";

#[test]
fn the_registries_files_are_one_source() {
    let scratch = Scratch::new();
    let apnic = scratch.file("delegated-apnic-extended", APNIC.as_bytes());
    let ripe = scratch.file("delegated-ripencc-extended", RIPE.as_bytes());
    let table = Table::build(&settings(&[&apnic, &ripe])).unwrap();
    for (address, expected) in [
        ("1.0.0.0", Abroad),
        ("1.0.0.255", Abroad),
        ("1.0.1.0", Unlocated),
        ("1.0.16.0", Home),
        ("1.0.31.255", Home),
        // A transfer under way: both registries claim it, and home wins.
        ("1.0.32.0", Home),
        ("1.0.33.0", Abroad),
        ("1.0.34.255", Abroad),
        ("1.0.35.0", Unlocated),
        ("1.0.64.1", Unlocated),
        ("1.0.65.1", Unlocated),
        ("2.15.255.255", Abroad),
        ("2.16.0.0", Unlocated),
        ("2001:200::1", Home),
        ("2001:200:1fff:ffff:ffff:ffff:ffff:ffff", Home),
        ("2001:200:2000::", Unlocated),
        ("2001:250::1", Abroad),
    ] {
        assert_eq!(find(&table, address), expected, "{address}");
    }
    let info = table.info();
    let dates: Vec<_> = info
        .sources
        .iter()
        .map(|s| s.date.clone().unwrap())
        .collect();
    assert_eq!(dates, ["2026-09-21", "2026-09-22"]);
}

#[test]
fn damaged_statistics_are_refused_with_their_line() {
    let scratch = Scratch::new();
    for (from, to, reason) in [
        ("|1.0.16.0|4096|", "|1.0.16.0|0|", "number of addresses"),
        (
            "|1.0.16.0|4096|",
            "|1.0.16.0|9999999999|",
            "number of addresses",
        ),
        ("|1.0.16.0|", "|1.0.16|", "no IPv4 address"),
        ("|2001:200::|35|", "|2001:200::|129|", "prefix length"),
        ("|2001:200::|35|", "|2001:200:1::|35|", "beyond the prefix"),
        ("20110412|allocated|A92D9378", "20110412", "cut off"),
        ("allocated|A92D9378", "lost|A92D9378", "status"),
    ] {
        let text = APNIC.replace(from, to);
        assert_ne!(text, APNIC);
        let path = scratch.file("delegated", text.as_bytes());
        let error = Table::build(&settings(&[&path])).err().unwrap().to_string();
        assert!(
            error.contains(reason) && error.contains("delegated:"),
            "{error}"
        );
    }
}

#[test]
fn lists_add_home_or_doubt_and_never_make_anything_abroad() {
    let scratch = Scratch::new();
    let one = us_and_jp(&scratch);
    let domestic = scratch.file(
        "domestic",
        b"# ours\n8.1.0.0/16\n2600:1::/32\n1.1.1.1\n10.0.0.0/8\n8.2.0.0/16\n",
    );
    let anycast = scratch.file(
        "anycast",
        b"8.8.8.0/24\n8.2.0.0/15\n133.1.0.0/16\n2600:2::/32\n1.1.1.0/24\n",
    );
    let plain = Table::build(&settings(&[&one])).unwrap();
    let table = Table::build(&Settings {
        domestic_lists: vec![domestic],
        anycast_lists: vec![anycast],
        ..settings(&[&one])
    })
    .unwrap();
    for (address, without, with) in [
        ("8.1.2.3", Abroad, OperatorHome),
        ("8.2.2.3", Abroad, OperatorHome),
        ("8.3.2.3", Abroad, Anycast),
        ("8.8.8.8", Abroad, Anycast),
        ("8.8.9.8", Abroad, Abroad),
        ("133.1.1.1", Home, Home),
        ("1.1.1.1", Unlocated, OperatorHome),
        ("1.1.1.2", Unlocated, Anycast),
        ("10.1.1.1", NonGlobal, NonGlobal),
        ("2600:1::1", Abroad, OperatorHome),
        ("2600:2::1", Abroad, Anycast),
        ("2600:3::1", Abroad, Abroad),
    ] {
        assert_eq!(find(&plain, address), without, "{address}");
        assert_eq!(find(&table, address), with, "{address}");
    }
    let bad = scratch.file("bad", b"8.0.0.0/8\n8.8.8.8/24\n");
    let error = Table::build(&Settings {
        domestic_lists: vec![bad],
        ..settings(&[&one])
    });
    let error = error.err().unwrap().to_string();
    assert!(
        error.ends_with(
            "bad:2: bits are set beyond the length: write 8.8.8.0/24, or the length you meant"
        ),
        "{error}"
    );
}

#[test]
fn a_long_list_answers_as_a_scan_of_it_and_loads_quickly() {
    let scratch = Scratch::new();
    let one = us_and_jp(&scratch);
    let mut random = super::Random::new(5);
    let mut text = String::new();
    let mut prefixes: Vec<super::super::Prefix> = Vec::new();
    for _ in 0..2000 {
        let length = 9 + random.next() % 24;
        let address = 0x0800_0000 | (random.next() as u32 & 0x00ff_ffff);
        let address = address & !(u32::MAX.checked_shr(length as u32).unwrap_or(0));
        let line = format!("{}/{length}", std::net::Ipv4Addr::from(address));
        if length > 14 {
            text.push_str(&line);
            text.push('\n');
            prefixes.push(line.parse().unwrap());
        }
    }
    let list = scratch.file("list", text.as_bytes());
    let table = Table::build(&Settings {
        domestic_lists: vec![list],
        ..settings(&[&one])
    })
    .unwrap();
    for _ in 0..20_000 {
        let address = 0x0800_0000 | (random.next() as u32 & 0x00ff_ffff);
        let listed = prefixes.iter().any(|prefix| prefix.contains_v4(address));
        let expected = if listed { OperatorHome } else { Abroad };
        assert_eq!(table.find_v4(address), expected, "{address:08x}");
    }
}

#[test]
fn tables_that_prove_nothing_are_refused() {
    let scratch = Scratch::new();
    let one = us_and_jp(&scratch);
    let us = Database::new(&[("8.0.0.0/8", map(&[iso("country", "US")]))]).bytes();
    let asn = map(&[("autonomous_system_number", Value::Number(2500))]);
    let asn = Database::new(&[("8.0.0.0/8", asn)]).bytes();
    let whole = std::fs::read(&one).unwrap();
    for (name, bytes, message) in [
        (
            "us.mmdb",
            us.as_slice(),
            "no source has an address of home: JP",
        ),
        (
            "asn.mmdb",
            &asn,
            "without countries (its type is \"Test-Country\")",
        ),
        ("empty", b"", "an empty file"),
        ("t.gz", b"\x1f\x8b\x08", "gzip"),
        ("t.csv", b"1.0.0.0,1.0.0.255,AU\n", "a text of another kind"),
        ("cut.mmdb", &whole[..whole.len() / 2], "cut off"),
        (
            "no-such-header",
            b"2|apnic|1|1|1|20260101|+1000\n",
            "without countries",
        ),
    ] {
        let path = scratch.file(name, bytes);
        let error = Table::build(&settings(&[&path])).err().unwrap().to_string();
        assert!(error.contains(message), "{name}: {error}");
        assert!(!error.contains('\n') && !error.ends_with('.'), "{error}");
    }
    let us = settings(&[&scratch.file("us.mmdb", &us)]);
    let table = Table::build_to_look_at(&us).unwrap();
    assert_eq!(find(&table, "8.8.8.8"), Abroad);
    assert!(
        table
            .info()
            .warnings
            .iter()
            .any(|warning| warning.starts_with("missing JP"))
    );
    let error = Table::build(&settings(&[Path::new("/nonexistent\x1b[2J")]))
        .err()
        .unwrap();
    assert!(matches!(error, Error::Unreadable { .. }));
    assert!(!error.to_string().contains('\x1b'), "{error}");
    let none = Settings {
        sources: Vec::new(),
        ..Settings::default()
    };
    assert!(matches!(Table::build(&none), Err(Error::NoSource)));
    let nobody = Settings {
        home: std::collections::BTreeSet::new(),
        ..settings(&[&one])
    };
    assert!(matches!(Table::build(&nobody), Err(Error::NoHome)));
}

#[test]
fn the_digest_changes_with_whatever_findings_depend_on() {
    let scratch = Scratch::new();
    let one = us_and_jp(&scratch);
    let other = Database::new(&[
        ("133.0.0.0/8", map(&[iso("country", "JP")])),
        ("8.0.0.0/8", map(&[iso("country", "US")])),
    ]);
    let other = scratch.file("other.mmdb", &other.bytes());
    let list = scratch.file("list", b"8.0.0.0/8\n");
    let base = settings(&[&one]);
    let prefix = |text: &str| vec![text.parse().unwrap()];
    let variants = [
        base.clone(),
        settings(&[&other]),
        settings(&[&one, &other]),
        settings(&[&other, &one]),
        Settings {
            home: [country("US")].into(),
            ..base.clone()
        },
        Settings {
            home: [country("US"), country("JP")].into(),
            ..base.clone()
        },
        Settings {
            site: super::super::Site::Home,
            ..base.clone()
        },
        Settings {
            domestic_lists: vec![list.clone()],
            ..base.clone()
        },
        Settings {
            anycast_lists: vec![list],
            ..base.clone()
        },
        Settings {
            nat64_prefixes: prefix("64:ff9b:1::/96"),
            ..base.clone()
        },
        Settings {
            softwire_prefixes: prefix("64:ff9b:1::/96"),
            ..base.clone()
        },
    ];
    let digests: std::collections::HashSet<[u8; 32]> = variants
        .iter()
        .map(|settings| *Table::build(settings).unwrap().digest())
        .collect();
    assert_eq!(digests.len(), variants.len());
    let again = Table::build(&Settings {
        max_age: None,
        ..base.clone()
    })
    .unwrap();
    assert_eq!(again.digest(), Table::build(&base).unwrap().digest());
}

#[test]
fn a_table_is_stale_when_its_oldest_source_is() {
    let scratch = Scratch::new();
    let one = us_and_jp(&scratch);
    let built = 1_790_000_000_u64;
    let day = 86_400_u64;
    let table = Table::build(&settings(&[&one])).unwrap();
    for (seconds, stale) in [
        (0, false),
        (built, false),
        (built + 35 * day, false),
        (built + 35 * day + 1, true),
    ] {
        assert_eq!(
            table.is_stale_at(seconds * 1_000_000_000),
            stale,
            "{seconds}"
        );
    }
    let never = Table::build(&Settings {
        max_age: None,
        ..settings(&[&one])
    })
    .unwrap();
    assert!(!never.is_stale_at(u64::MAX));
    let undated = scratch.file("undated", APNIC.replace("20260921", "").as_bytes());
    let undated = Table::build(&settings(&[&one, &undated])).unwrap();
    assert!(undated.is_stale_at(1));
}

#[test]
fn softwires_run_inside_declared_prefixes_only() {
    let scratch = Scratch::new();
    let one = us_and_jp(&scratch);
    let table = Table::build(&Settings {
        softwire_prefixes: vec![
            "2001:200::/32".parse().unwrap(),
            "133.0.0.0/8".parse().unwrap(),
        ],
        ..settings(&[&one])
    })
    .unwrap();
    let inside = 0x2001_0200_u128 << 96;
    assert!(table.is_softwire_v6(inside, inside | 1));
    assert!(!table.is_softwire_v6(inside, 0x2600 << 112));
    assert!(!table.is_softwire_v6(0x2600 << 112, inside));
    assert!(table.is_softwire_v4(0x8500_0000, 0x85ff_ffff));
    assert!(!table.is_softwire_v4(0x8500_0000, 0x8600_0000));
}

#[test]
fn explanations_name_the_source_and_the_rule() {
    let scratch = Scratch::new();
    let one = us_and_jp(&scratch);
    let table = Table::build(&Settings {
        sources: vec![SourceSpec::File(one.clone())],
        ..Settings::default()
    })
    .unwrap();
    for (address, place, reason, rule) in [
        ("133.1.1.1", "domestic", Home, "one.mmdb says home"),
        ("8.8.8.8", "foreign", Abroad, "every source says abroad"),
        ("1.1.1.1", "undetermined", Unlocated, "no country in"),
        ("10.0.0.1", "undetermined", NonGlobal, "RFC 1918"),
        ("224.0.0.1", "excluded", Multicast, "RFC 5771"),
        ("2001:db8::1", "excluded", Martian, "RFC 3849"),
        ("::ffff:133.1.1.1", "domestic", Home, "holds 133.1.1.1"),
        (
            "2001:0:850b:1::f7f7:f7f7",
            "undetermined",
            SourceDisagreement,
            "client 8.8.8.8 and the server 133.11.0.1",
        ),
    ] {
        let explanation = table.explain(address.parse().unwrap());
        assert_eq!(explanation.place, place, "{address}");
        assert_eq!(explanation.reason, reason.id(), "{address}");
        assert!(
            explanation.rule.contains(rule),
            "{address}: {}",
            explanation.rule
        );
        let json = serde_json::to_value(&explanation).unwrap();
        assert_eq!(json["ip"], *address);
        assert_eq!(json["place"], place);
    }
    let json = serde_json::to_value(table.explain("8.8.8.8".parse().unwrap())).unwrap();
    assert_eq!(json["country"], "US");
    assert_eq!(
        json["range"],
        serde_json::json!(["8.0.0.0", "9.255.255.255"])
    );
    let _: Finding = find(&table, "8.8.8.8");
}
