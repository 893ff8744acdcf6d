//! How a replay ends: every exit code of the contract, from outside, with what is left behind.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may fail, and says why it was skipped"
)]

#[path = "../common/mod.rs"]
mod common;
mod inputs;
mod outputs;

use std::fs;
use std::path::{Path, PathBuf};

use common::{Run, Sandbox};
use serde_json::Value;

/// The example: 2,800 frames, in a file header of 24 bytes and records.
fn example() -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/example.pcap")).unwrap()
}

/// Lines of talk that are errors.
fn complaints(run: &Run) -> Vec<String> {
    String::from_utf8_lossy(&run.stderr)
        .lines()
        .filter_map(|line| line.strip_prefix("sekisho: ").map(str::to_owned))
        .collect()
}

/// The run ended with this code and lines, and left nothing.
#[track_caller]
fn refused(sandbox: &Sandbox, arguments: &[&str], code: i32, lines: &[&str]) {
    let run = sandbox.run(arguments, None).expect_code(code);
    assert_eq!(complaints(&run), lines);
    assert!(run.stdout.is_empty());
    let left: Vec<PathBuf> = sandbox
        .leavings()
        .into_iter()
        .map(|(path, _)| path)
        .collect();
    assert!(left.is_empty(), "left behind: {left:?}");
}

fn balanced(summary: &Value) -> (u64, u64) {
    assert_eq!(summary["balanced"], true);
    let count = |key: &str| summary[key]["packets"].as_u64().unwrap();
    assert_eq!(count("frames"), count("admitted") + count("excluded"));
    (
        count("frames"),
        summary["flows"]["exported"].as_u64().unwrap(),
    )
}
