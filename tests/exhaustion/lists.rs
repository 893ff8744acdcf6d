//! Operators' lists of a million prefixes.

use sekisho::demo::rng::Rng;
use sekisho::geo::{self, Finding, SourceSpec, Table};
use std::fmt::Write as _;
use std::fs;
use std::time::Instant;

use crate::world;

/// A list of prefixes of 24 to 32 bits in 30.0.0.0/8, overlapping as they come, and every address in it.
fn list(prefixes: u32, rng: &mut Rng) -> (String, Vec<bool>) {
    let mut text = String::new();
    let mut listed = vec![false; 1 << 24];
    for _ in 0..prefixes {
        let length = rng.between(24, 32) as u32;
        let size = 1_u32 << (32 - length);
        let first = rng.next() as u32 & 0x00ff_ffff & !(size - 1);
        let [_, b, c, d] = first.to_be_bytes();
        writeln!(text, "30.{b}.{c}.{d}/{length}").unwrap();
        listed[first as usize..(first + size) as usize].fill(true);
    }
    (text, listed)
}

#[expect(
    clippy::disallowed_methods,
    reason = "this measures; nothing in it is part of the road"
)]
fn answers(prefixes: u32) {
    let folder = tempfile::tempdir().unwrap();
    let (source, path) = (
        folder.path().join("delegated.txt"),
        folder.path().join("list.txt"),
    );
    let mut rng = Rng::new(59);
    let (text, listed) = list(prefixes, &mut rng);
    fs::write(&source, world::STATISTICS).unwrap();
    fs::write(&path, text).unwrap();
    let settings = |domestic_lists| geo::Settings {
        sources: vec![SourceSpec::File(source.clone())],
        domestic_lists,
        ..geo::Settings::default()
    };
    let began = Instant::now();
    Table::build(&settings(Vec::new())).unwrap();
    let without = began.elapsed();
    let began = Instant::now();
    let table = Table::build(&settings(vec![path])).unwrap();
    println!(
        "row 59: {prefixes} prefixes: {:.2} s, without {:.2} s",
        began.elapsed().as_secs_f64(),
        without.as_secs_f64()
    );
    for _ in 0..1_000_000 {
        let host = rng.next() as u32 & 0x00ff_ffff;
        let expected = if listed[host as usize] {
            Finding::OperatorHome
        } else {
            Finding::Abroad
        };
        let address = 30 << 24 | host;
        assert!(
            table.find_v4(address) == expected,
            "an address of the list is not found, or one beside it is"
        );
    }
}

#[test]
fn row_59_a_million_prefixes_answer_as_a_scan_of_them() {
    answers(1_000_000);
}
