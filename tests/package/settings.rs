//! The configuration that the package installs, and who may read what it leads to.

use crate::golden::{at, text};
use sekisho::config::{Config, Layer};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

const SHIPPED: &str = "config/package/sekisho.toml";

fn sekisho(args: &[&str]) -> Output {
    let run = Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(args)
        .output();
    run.unwrap()
}

/// Writes the shipped file into a folder, its records into another there.
fn install(folder: &Path, change: impl Fn(String) -> String) -> String {
    let records = folder.join("records/");
    fs::create_dir_all(&records).unwrap();
    let shipped = text(SHIPPED);
    assert!(shipped.contains("\"/var/lib/sekisho/records/\""));
    let config = shipped.replace("/var/lib/sekisho/records/", records.to_str().unwrap());
    let path = folder.join("sekisho.toml");
    fs::write(&path, change(config)).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn check_takes_the_shipped_configuration_and_says_what_is_to_fill_in() {
    let folder = tempfile::tempdir().unwrap();
    let path = install(folder.path(), |config| config);
    let check = sekisho(&["check", &path]);
    let said = String::from_utf8(check.stderr).unwrap();
    assert_eq!(check.status.code(), Some(0), "{said}");
    let note = "no interface is named: `sekisho capture` needs one, in `interfaces` or with -i";
    assert_eq!(
        said.lines().next().unwrap(),
        format!("sekisho: note: {path}: {note}")
    );

    // The service ends at once, and is not started again.
    let capture = sekisho(&["capture", "--config", &path]);
    let said = String::from_utf8(capture.stderr).unwrap();
    assert_eq!(capture.status.code(), Some(2));
    assert!(
        said.contains("name an interface, or `interfaces` in [capture]"),
        "{said}"
    );

    let path = install(folder.path(), |config| {
        config.replace("interfaces = []", "interfaces = [\"eth1\"]")
    });
    let check = sekisho(&["check", &path]);
    let said = String::from_utf8(check.stderr).unwrap();
    assert_eq!(check.status.code(), Some(0), "{said}");
    assert!(
        said.starts_with(&format!("sekisho: fine: {path}: ")),
        "{said}"
    );

    fs::remove_dir_all(folder.path().join("records")).unwrap();
    assert_eq!(sekisho(&["check", &path]).status.code(), Some(74));
}

#[test]
fn every_key_of_the_shipped_configuration_is_known_also_those_behind_a_hash() {
    let shipped = text(SHIPPED);
    let all: String = shipped
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(key) if !key.starts_with(' ') => format!("{key}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    assert_ne!(all, shipped);
    let config = Config::join(
        Some((Path::new("/etc/sekisho/sekisho.toml"), &all)),
        Layer::default(),
    );
    let config = config.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(
        config.geo.domestic_lists,
        [Path::new("/etc/sekisho/domestic.txt")]
    );
    assert_eq!(config.metrics.listen, "127.0.0.1:9317");
}

#[test]
fn records_are_for_their_owner_and_in_a_folder_that_hands_its_group_on_for_that() {
    let folder = tempfile::tempdir().unwrap();
    let capture = at("testdata/example.pcap");
    for (folder_mode, mode) in [(0o755, 0o600), (0o2750, 0o640)] {
        fs::set_permissions(folder.path(), Permissions::from_mode(folder_mode)).unwrap();
        let records = folder.path().join("flows.jsonl");
        let run = sekisho(&[
            "replay",
            capture.to_str().unwrap(),
            "-o",
            records.to_str().unwrap(),
        ]);
        assert!(run.status.success());
        let got = records.metadata().unwrap().permissions().mode();
        assert_eq!(got & 0o777, mode, "{folder_mode:o}");
    }
}
