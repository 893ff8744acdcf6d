//! A short report, as it was looked at and found right.

use std::fs;
use std::path::Path;

use super::{ledger, report};
use sekisho::report::{Language, Options};

/// Compares with a golden file; `SEKISHO_ACCEPT=1` writes it.
#[track_caller]
pub(crate) fn golden(name: &str, got: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata/report")
        .join(name);
    if std::env::var_os("SEKISHO_ACCEPT").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, got).unwrap();
    }
    let want = fs::read_to_string(&path).unwrap_or_default();
    let differs = got
        .lines()
        .zip(want.lines())
        .find(|(got, want)| got != want);
    assert!(
        got == want,
        "{name} changed; SEKISHO_ACCEPT=1 accepts it: {differs:?}"
    );
}

#[test]
fn a_short_report_is_as_reviewed() {
    let report = report(&ledger::quiet(1, 8, 40_000), &Options::default());
    golden("short.json", &report.to_json().unwrap());
    golden("short.en.html", &report.to_html(Language::English).unwrap());
    golden(
        "short.ja.html",
        &report.to_html(Language::Japanese).unwrap(),
    );
}
