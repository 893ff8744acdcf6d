//! What fuzzing found, and what it starts from, held by an ordinary test: every file of
//! `testdata/fuzz/TARGET` goes through the check of that target (`docs/fuzzing.md`).
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot read its files has failed"
)]

mod authorisation;
mod config;
mod decode;
mod folder;
mod frames;
mod ipfix;
mod ipfix_told;
mod lane;
mod ledger;
mod lists;
mod mmdb;
mod notes;
mod packed;
mod parts;
mod records;
mod seeds;
mod source;

#[path = "../ipfix/messages.rs"]
mod messages;

#[path = "../authorisation/sign.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod sign;

use std::fs;
use std::path::{Path, PathBuf};

fn files(folder: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths
        .into_iter()
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect()
}

/// The names in the first column; `*` at the end of one stands for more.
fn stories(page: &str) -> impl Iterator<Item = &str> {
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| Some(row.split_once("` | ")?.0))
}

fn replay(target: &str, check: fn(&[u8])) {
    let story =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/fuzz/README.md"))
            .unwrap();
    for (path, bytes) in files(&format!("testdata/fuzz/{target}")) {
        let name = path.file_name().unwrap().to_str().unwrap();
        let name = format!("{target}/{name}");
        assert!(
            stories(&story).any(|known| match known.strip_suffix('*') {
                Some(beginning) => name.starts_with(beginning),
                None => name == known,
            }),
            "{name} has no story in testdata/fuzz/README.md"
        );
        check(&bytes);
    }
}

#[test]
fn what_was_found_in_sources_stays_found() {
    replay("source", source::check);
}

#[test]
fn what_was_found_in_decoding_stays_found() {
    replay("decode", decode::check);
}

#[test]
fn what_was_found_on_the_road_stays_found() {
    replay("lane", lane::check);
}

#[test]
fn what_was_found_in_parts_and_packs_stays_found() {
    replay("parts", parts::check);
    replay("packed", packed::check);
}

#[test]
fn what_was_found_in_tables_and_lists_stays_found() {
    replay("mmdb", mmdb::check);
    replay("lists", lists::check);
}

#[test]
fn what_was_found_in_settings_stays_found() {
    replay("config", config::check);
    for (path, text) in files("testdata/config") {
        if path.extension().is_some_and(|ending| ending == "toml") {
            config::check(&text);
        }
    }
}

#[test]
fn what_was_found_in_ledgers_stays_found() {
    replay("ledger", ledger::check);
    replay("notes", notes::check);
}

#[test]
fn what_was_found_in_authorisations_stays_found() {
    replay("authorisation", authorisation::check);
}

#[test]
fn what_was_found_in_records_stays_found() {
    replay("records", records::check);
    replay("ipfix", ipfix::check);
}

/// A target is its check, the program that calls it, its line in the manifest and on the page, its seeds.
#[test]
fn every_target_has_all_that_belongs_to_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = |name: &str| fs::read_to_string(root.join(name)).unwrap();
    let (manifest, page) = (text("fuzz/Cargo.toml"), text("docs/fuzzing.md"));
    let mut targets = 0;
    for (path, _) in files("fuzz/fuzz_targets") {
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
        assert!(page.contains(&format!("\n| `{name}` | ")), "{name}");
        assert!(!files(&format!("testdata/fuzz/{name}")).is_empty());
        assert!(text("tests/fuzz/main.rs").contains(&format!("replay(\"{name}\", {name}::check)")));
        targets += 1;
    }
    assert_eq!(targets, manifest.matches("[[bin]]").count());
}

#[test]
fn the_captures_of_this_repository_pass_the_same_checks() {
    for (path, bytes) in files("testdata") {
        if path.extension().is_some_and(|ending| ending != "md") {
            source::check(&bytes);
            lane::check(&bytes);
            parts::check(&bytes);
            packed::check(&[&[0, 0x40, 0], bytes.as_slice()].concat());
        }
    }
}
