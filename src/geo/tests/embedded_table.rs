//! The compiled embedded table against the crate's own lists, searched directly.

use super::super::segments::Address;
use super::super::{CountryCode, Finding, Settings, Table, special};
use std::num::NonZeroU16;

/// A look-up in the lists as tor-geoip does it: the last start not above.
fn direct<A: Address>(starts: &[A], codes: &[Option<NonZeroU16>], address: A) -> Finding {
    let code = starts
        .partition_point(|start| *start <= address)
        .checked_sub(1)
        .and_then(|at| codes[at])
        .map(|code| code.get().to_le_bytes());
    match code
        .as_ref()
        .and_then(|code| CountryCode::new(std::str::from_utf8(code).unwrap()))
    {
        None => Finding::Unlocated,
        Some(code) if code.as_str() == "JP" => Finding::Home,
        Some(_) => Finding::Abroad,
    }
}

#[test]
fn every_border_and_ten_million_random_addresses_answer_as_the_source() {
    let table = Table::build(&Settings::default()).unwrap();
    let (starts, codes) = (tor_geoip_db::ipv4s(), tor_geoip_db::ipv4c());
    let check = |address: u32| {
        let found = table.find_v4(address);
        if table.special_v4.find(address).label == 0 {
            assert_eq!(found, direct(starts, codes, address), "{address:08x}");
        } else {
            assert!(special::block_of(std::net::IpAddr::V4(address.into())).is_some());
        }
    };
    for start in starts {
        check(start.wrapping_sub(1));
        check(*start);
        check(start.wrapping_add(1));
    }
    let mut random = super::Random::new(1);
    for _ in 0..10_000_000 {
        check(random.next() as u32);
    }

    let (starts, codes) = (tor_geoip_db::ipv6s(), tor_geoip_db::ipv6c());
    let check = |address: u128| {
        if table.special_v6.find(address).label == 0 {
            assert_eq!(
                table.find_v6(address),
                direct(starts, codes, address),
                "{address:032x}"
            );
        }
    };
    for start in starts {
        check(start.wrapping_sub(1));
        check(*start);
        check(start.wrapping_add(1));
    }
    for _ in 0..10_000_000 {
        // Near what is allocated; uniform addresses would nearly all fall outside 2000::/3.
        let start = starts[random.next() as usize % starts.len()];
        check(start.wrapping_add(random.v6() >> (16 + random.next() % 96)));
    }
}

#[test]
fn what_the_embedded_table_is() {
    let table = Table::build(&Settings::default()).unwrap();
    let info = table.info();
    assert_eq!(info.sources.len(), 1);
    let source = &info.sources[0];
    assert_eq!(source.date.as_deref(), Some("2026-09-23"));
    // `cat geoip_data_v4s geoip_data_v4c geoip_data_v6s geoip_data_v6c | sha256sum` in the crate.
    assert_eq!(
        source.sha256,
        "d1f67fcf4e3779952a90ee126cf8e986c3a380a9bb8d10725f1f24a30b1091e1"
    );
    assert_eq!(
        info.ipv4.findings.iter().map(|f| f.size).sum::<u64>(),
        1 << 32
    );
    assert!(info.probes > 200, "{}", info.probes);
    assert!(info.warnings.is_empty(), "{:?}", info.warnings);
    let size = |finding: Finding| info.ipv4.findings[finding as usize].size;
    assert!((180_000_000..230_000_000).contains(&size(Finding::Home)));
    assert!(size(Finding::Abroad) > 2_500_000_000);
}
