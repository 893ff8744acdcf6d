//! What fuzzing found, and what it starts from, held by an ordinary test: every file of
//! `testdata/fuzz/TARGET` goes through the check of that target (`docs/fuzzing.md`).
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot read its files has failed"
)]

mod decode;
mod lane;
mod source;

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

fn replay(target: &str, check: fn(&[u8])) {
    let story =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/fuzz/README.md"))
            .unwrap();
    for (path, bytes) in files(&format!("testdata/fuzz/{target}")) {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(
            story.contains(&format!("| `{target}/{name}` | ")),
            "{target}/{name} has no story in testdata/fuzz/README.md"
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
fn the_captures_of_this_repository_pass_the_same_checks() {
    for (path, bytes) in files("testdata") {
        if path.extension().is_some_and(|ending| ending != "md") {
            source::check(&bytes);
            lane::check(&bytes);
        }
    }
}
