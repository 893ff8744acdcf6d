//! Special addresses, against rules §3 and the IANA special-purpose registries.

use super::super::Finding::{self, *};
use super::super::{Settings, Site, SourceSpec, Table};
use super::mmdb::{Database, iso, map};
use super::{Scratch, find};

/// A table that puts a country on every block, special or not: the rule must not ask it.
fn everything_abroad() -> (Scratch, Settings) {
    let scratch = Scratch::new();
    let us = map(&[iso("country", "US")]);
    let database = Database::new(&[
        ("0.0.0.0/1", us.clone()),
        ("128.0.0.0/1", us.clone()),
        ("100::/8", us.clone()),
        ("2000::/3", us.clone()),
        ("::64:0:0:0/80", us.clone()),
        ("64:ff9b::/32", us.clone()),
        ("5f00::/16", us.clone()),
        ("8000::/1", us),
        ("133.0.0.0/8", map(&[iso("country", "JP")])),
    ]);
    let path = scratch.file("all.mmdb", &database.bytes());
    let settings = Settings {
        sources: vec![SourceSpec::File(path)],
        ..Settings::default()
    };
    (scratch, settings)
}

const ROWS: &[(&str, Finding)] = &[
    // IPv4 special-purpose registry: first and last of each block, and the neighbours outside.
    ("0.0.0.0", Martian),
    ("0.255.255.255", Martian),
    ("1.0.0.0", Abroad),
    ("9.255.255.255", Abroad),
    ("10.0.0.0", NonGlobal),
    ("10.255.255.255", NonGlobal),
    ("11.0.0.0", Abroad),
    ("100.63.255.255", Abroad),
    ("100.64.0.0", NonGlobal),
    ("100.127.255.255", NonGlobal),
    ("100.128.0.0", Abroad),
    ("126.255.255.255", Abroad),
    ("127.0.0.0", Martian),
    ("127.255.255.255", Martian),
    ("128.0.0.0", Abroad),
    ("133.11.0.1", Home),
    ("169.253.255.255", Abroad),
    ("169.254.0.0", NonGlobal),
    ("169.254.255.255", NonGlobal),
    ("169.255.0.0", Abroad),
    ("172.15.255.255", Abroad),
    ("172.16.0.0", NonGlobal),
    ("172.31.255.255", NonGlobal),
    ("172.32.0.0", Abroad),
    ("191.255.255.255", Abroad),
    ("192.0.0.0", Martian),
    ("192.0.0.9", Martian),
    ("192.0.0.170", Martian),
    ("192.0.0.255", Martian),
    ("192.0.1.0", Abroad),
    ("192.0.2.0", Martian),
    ("192.0.2.255", Martian),
    ("192.0.3.0", Abroad),
    // Globally reachable in the registry: the sources decide.
    ("192.31.196.1", Abroad),
    ("192.52.193.1", Abroad),
    ("192.88.99.1", Abroad),
    ("192.175.48.1", Abroad),
    ("192.167.255.255", Abroad),
    ("192.168.0.0", NonGlobal),
    ("192.168.255.255", NonGlobal),
    ("192.169.0.0", Abroad),
    ("198.17.255.255", Abroad),
    ("198.18.0.0", Martian),
    ("198.19.255.255", Martian),
    ("198.20.0.0", Abroad),
    ("198.51.99.255", Abroad),
    ("198.51.100.0", Martian),
    ("198.51.100.255", Martian),
    ("203.0.113.0", Martian),
    ("203.0.113.255", Martian),
    ("203.0.114.0", Abroad),
    ("223.255.255.255", Abroad),
    ("224.0.0.0", Multicast),
    ("239.255.255.255", Multicast),
    ("240.0.0.0", Martian),
    ("255.255.255.254", Martian),
    ("255.255.255.255", Multicast),
    // IPv6 special-purpose registry.
    ("::", Martian),
    ("::1", Martian),
    ("::8.8.8.8", Martian),
    ("::133.11.0.1", Martian),
    ("::ffff:ffff", Martian),
    ("::1:0:0", Unlocated),
    ("::fffe:ffff:ffff", Unlocated),
    ("::ffff:8.8.8.8", Abroad),
    ("::ffff:133.11.0.1", Home),
    ("::ffff:10.0.0.1", NonGlobal),
    ("::ffff:127.0.0.1", Martian),
    ("::ffff:224.0.0.1", Multicast),
    ("::1:0:0:0", Unlocated),
    ("64:ff9b::8.8.8.8", Abroad),
    ("64:ff9b::133.11.0.1", Home),
    ("64:ff9b::192.168.0.1", NonGlobal),
    ("64:ff9b::255.255.255.255", Multicast),
    ("64:ff9b::1:0:0", Abroad),
    ("64:ff9b:1::1", Unlocated),
    ("64:ff9b:1:ffff::", Unlocated),
    ("100::", Martian),
    ("100::ffff:ffff:ffff:ffff", Martian),
    ("100:0:0:1::1", Unlocated),
    ("100:0:0:2::1", Abroad),
    ("2001:1::1", Abroad),
    ("2001:2::", Martian),
    ("2001:2:0:ffff:ffff:ffff:ffff:ffff", Martian),
    ("2001:2:1::", Abroad),
    ("2001:4:112::1", Abroad),
    ("2001:f:ffff::", Abroad),
    ("2001:10::", Martian),
    ("2001:1f:ffff:ffff:ffff:ffff:ffff:ffff", Martian),
    ("2001:20::1", Unlocated),
    ("2001:3f:ffff::1", Unlocated),
    ("2001:40::", Abroad),
    ("2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", Abroad),
    ("2001:db8::", Martian),
    ("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", Martian),
    ("2001:db9::", Abroad),
    ("2002:808:808::1", Abroad),
    ("2002:850b:1::1", Home),
    ("2002:a00:1::1", NonGlobal),
    ("2002:7f00:1::1", Martian),
    ("2002:e000:1::1", Multicast),
    ("2003::", Abroad),
    ("2620:4f:8000::1", Abroad),
    ("3ffe:ffff::", Abroad),
    ("3fff::", Martian),
    ("3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", Martian),
    ("3fff:1000::", Abroad),
    ("4000::", Unlocated),
    ("5f00::1", Unlocated),
    ("fbff:ffff::", Abroad),
    ("fc00::", NonGlobal),
    ("fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NonGlobal),
    ("fe00::", Abroad),
    ("fe80::", NonGlobal),
    ("febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NonGlobal),
    ("fec0::1", Unlocated),
    ("ff00::", Multicast),
    ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Multicast),
    // Teredo: server in bits 32 to 63, client inverted in the last 32.
    ("2001:0:808:808::f7f7:f7f7", Abroad),
    ("2001:0:850b:1::7af4:fffe", Home),
    ("2001:0:850b:1::f7f7:f7f7", SourceDisagreement),
    ("2001:0:808:808::7af4:fffe", SourceDisagreement),
    ("2001:0:808:808::f5ff:fffe", NonGlobal),
    ("2001:0:808:808::80ff:fffe", Unlocated),
    ("2001:0:e000:1::f7f7:f7f7", Unlocated),
    ("2001::", Unlocated),
];

#[test]
fn special_addresses_are_where_the_rules_say_whatever_a_table_claims() {
    let (_scratch, settings) = everything_abroad();
    let table = Table::build(&settings).unwrap();
    assert!(ROWS.len() >= 40);
    for (address, expected) in ROWS {
        assert_eq!(find(&table, address), *expected, "{address}");
    }
}

#[test]
fn at_a_site_declared_home_private_addresses_are_domestic_and_nothing_else_changes() {
    let (_scratch, settings) = everything_abroad();
    let table = Table::build(&Settings {
        site: Site::Home,
        ..settings
    })
    .unwrap();
    for (address, expected) in ROWS {
        let expected = match (*expected, *address) {
            // The client is at home, the server abroad.
            (NonGlobal, "2001:0:808:808::f5ff:fffe") => SourceDisagreement,
            (NonGlobal, _) => SiteHome,
            (other, _) => other,
        };
        assert_eq!(find(&table, address), expected, "{address}");
    }
}

#[test]
fn configured_nat64_prefixes_hold_addresses() {
    let (_scratch, settings) = everything_abroad();
    let table = Table::build(&Settings {
        nat64_prefixes: vec![
            "2001:db8:64::/96".parse().unwrap(),
            "2a00:64::/32".parse().unwrap(),
        ],
        ..settings
    })
    .unwrap();
    for (address, expected) in [
        ("2001:db8:64::133.11.0.1", Home),
        ("2001:db8:64::8.8.8.8", Abroad),
        ("2001:db8:64::10.0.0.1", NonGlobal),
        ("2001:db8:64::1:0:0", Martian),
        ("2a00:64:850b:1::", Home),
        ("2a00:64:808:808::", Abroad),
        ("64:ff9b::133.11.0.1", Home),
    ] {
        assert_eq!(find(&table, address), expected, "{address}");
    }
}
