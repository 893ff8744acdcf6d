//! Damaged databases: refused, or read without a panic and with the same answer as the library's.

use super::super::compile::Home;
use super::super::source_mmdb;
use super::super::{Settings, SourceSpec, Table};
use super::country;
use super::mmdb::{Database, Value, iso, map};
use proptest::prelude::*;
use std::path::Path;

fn small() -> Vec<u8> {
    let mut database = Database::new(&[
        (
            "8.0.0.0/8",
            map(&[iso("country", "US"), iso("registered_country", "JP")]),
        ),
        (
            "133.0.0.0/8",
            map(&[iso("country", "JP"), ("is_anycast", Value::Flag(true))]),
        ),
        ("2001:200::/32", map(&[("country_code", Value::Text("JP"))])),
        ("2600::/12", map(&[("country", Value::Text("US"))])),
    ]);
    database.aliases = true;
    database.bytes()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn a_mutated_database_never_panics(
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = small();
        for (at, mask) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= mask;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let home = Home::new(&[country("JP")]);
        if source_mmdb::is_mmdb(&bytes) {
            // Read or refused, both are fine; a panic or an endless walk is not.
            let _ = source_mmdb::read(Path::new("mutant"), &bytes, &home);
        }
    }
}

#[test]
fn every_single_bit_of_a_small_database_may_flip() {
    let whole = small();
    let home = Home::new(&[country("JP")]);
    let (mut refused, mut silent) = (0, 0);
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << bit;
            match source_mmdb::read(Path::new("mutant"), &bytes, &home) {
                Ok(_) => silent += 1,
                Err(_) => refused += 1,
            }
        }
    }
    // What is not refused has another SHA-256: the digest in the books shows it.
    println!("{refused} refused, {silent} read");
    assert!(refused > 0);
}

#[test]
fn a_cut_database_is_refused_at_every_length() {
    let scratch = super::Scratch::new();
    let whole = small();
    for length in (0..whole.len()).step_by(7) {
        let path = scratch.file("cut.mmdb", &whole[..length]);
        let settings = Settings {
            sources: vec![SourceSpec::File(path)],
            ..Settings::default()
        };
        assert!(Table::build(&settings).is_err(), "{length}");
    }
}

#[test]
fn damage_that_a_walk_would_not_notice_is_refused() {
    let home = Home::new(&[country("JP")]);
    let whole = small();
    let separator = whole.windows(16).position(|w| w == [0; 16]).unwrap();
    // A byte in the separator; a map that claims more entries than it has, in one record of four.
    for (at, value) in [(separator + 8, 1), (separator + 16, 0xfb)] {
        let mut bytes = whole.clone();
        bytes[at] = value;
        let error = source_mmdb::read(Path::new("mutant"), &bytes, &home).err();
        let error = error.expect("refused").to_string();
        assert!(error.contains("damaged"), "{error}");
    }
}
