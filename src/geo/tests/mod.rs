//! Tests of the whole room.

mod mmdb;
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
