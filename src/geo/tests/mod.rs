//! Tests of the whole room.

mod timing;

use super::{CountryCode, Finding, Settings, SourceSpec, Table};
use std::net::IpAddr;
use std::path::PathBuf;

/// A file of the shared corpus, which lies beside a developer's checkout and is not part of the
/// repository.
pub(super) fn corpus(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/corpus")
        .join(name);
    if path.exists() {
        Some(path)
    } else {
        println!("NOT TESTED: the corpus file {name} is not beside this checkout");
        None
    }
}

pub(super) fn settings(sources: &[&std::path::Path]) -> Settings {
    Settings {
        sources: sources.iter().map(|path| SourceSpec::File(path.to_path_buf())).collect(),
        ..Settings::default()
    }
}

pub(super) fn find(table: &Table, address: &str) -> Finding {
    table.find(address.parse::<IpAddr>().unwrap())
}

pub(super) fn country(text: &str) -> CountryCode {
    CountryCode::new(text).unwrap()
}
