//! Parquet files of the built program: what others read in them, and what is left of them where a run is
//! killed or the disk is full.
#![cfg(all(feature = "parquet", feature = "embedded-geo"))]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a test may fail, and says why"
)]

#[path = "../common/mod.rs"]
mod common;

mod engines;
mod left;
#[cfg(feature = "live")]
mod live;

#[cfg(feature = "live")]
#[path = "../live/harness.rs"]
#[allow(dead_code, reason = "the tests of captures use the rest")]
mod harness;
#[cfg(feature = "live")]
#[path = "../live/sockets.rs"]
#[allow(dead_code, reason = "the tests of captures use the rest")]
mod sockets;
#[cfg(feature = "live")]
#[path = "../live/traffic.rs"]
#[allow(dead_code, reason = "the tests of captures use the rest")]
mod traffic;

use common::Sandbox;
use std::fs;
use std::path::{Path, PathBuf};

/// The capture that all pages use.
fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/example.pcap")
}

/// Files below a folder by their names in it: complete ones, and others.
fn files(folder: &Path) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let (mut folders, mut found) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    found
        .into_iter()
        .partition(|path| path.extension().is_some_and(|ending| ending == "parquet"))
}

/// Replays the example with these arguments behind.
fn replay(sandbox: &Sandbox, more: &[&str]) -> common::Run {
    let example = example();
    let mut arguments = vec!["replay", example.to_str().unwrap()];
    arguments.extend(more);
    sandbox.run(&arguments, None)
}
