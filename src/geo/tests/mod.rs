//! Tests of the whole room.

mod corpus;
#[cfg(feature = "embedded-geo")]
mod embedded_table;
mod mmdb;
mod mutations;
mod seeds;
mod sources;
mod special;
mod timing;

use super::{CountryCode, Finding, Settings, SourceSpec, Table};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// A file of the shared corpus, which lies beside a developer's checkout and is not part of the
/// repository.
fn corpus(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/corpus")
        .join(name);
    if path.exists() {
        Some(path)
    } else {
        println!("NOT TESTED: the corpus file {name} is not beside this checkout");
        None
    }
}

/// Files that live as long as a test.
struct Scratch(tempfile::TempDir);

impl Scratch {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

fn settings(sources: &[&Path]) -> Settings {
    Settings {
        sources: sources
            .iter()
            .map(|path| SourceSpec::File((*path).to_owned()))
            .collect(),
        ..Settings::default()
    }
}

fn find(table: &Table, address: &str) -> Finding {
    table.find(address.parse::<IpAddr>().unwrap())
}

fn country(text: &str) -> CountryCode {
    CountryCode::new(text).unwrap()
}

/// xorshift64*: the same addresses in every run.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn v6(&mut self) -> u128 {
        u128::from(self.next()) << 64 | u128::from(self.next())
    }
}
