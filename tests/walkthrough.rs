//! The example ledger in `testdata/ledger` is what the program writes, and the walkthrough shows what its
//! commands print.
//!
//! `SEKISHO_ACCEPT=1 cargo test --test walkthrough` writes both anew.
#![cfg(feature = "embedded-geo")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop where it is"
)]

mod common;

use common::page::{accepts, blocks, folder, root, shows_what_is_printed, text};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64ct::{Base64, Encoding as _};
use sekisho::ledger::Key;

/// Signs the example only: no secret, and never in a file that is shipped.
const SEED: &[u8; 32] = b"a key for an example; not secret";

/// The ledger's name, from the sensor's where none is configured.
const ORIGIN: &str = "sekisho/sekisho";

/// The command that makes it all, in a folder where `testdata` and `books.key` lie.
const MADE_BY: &str =
    "replay testdata/example.pcap -o records/flows.jsonl --ledger books --ledger-key books.key";

const PAGES: [&str; 2] = ["docs/walkthrough.md", "docs/walkthrough.ja.md"];

/// Writes the private key where the program looks for one.
fn put_key(path: &Path) {
    let verifier = Key::from_seed(ORIGIN, SEED).unwrap().verifier().to_string();
    let id = verifier.split('+').nth(1).unwrap();
    // Kind 1 is Ed25519.
    let secret = Base64::encode_string(&[&[1], &SEED[..]].concat());
    fs::write(path, format!("PRIVATE+KEY+{ORIGIN}+{id}+{secret}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// All files below a folder, by their path there; without `lock`, which holds nothing.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().unwrap() != "lock" {
                let name = path.strip_prefix(folder).unwrap().to_owned();
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn the_shipped_ledger_is_what_the_program_writes() {
    let made = folder();
    put_key(&made.path().join("books.key"));
    fs::create_dir(made.path().join("records")).unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(MADE_BY.split(' '))
        .current_dir(made.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    assert_eq!(run.status.code(), Some(0), "{said}");
    let mut expected = BTreeMap::new();
    for part in ["books", "records"] {
        for (name, bytes) in files(&made.path().join(part)) {
            expected.insert(Path::new(part).join(name), bytes);
        }
    }
    // What a reviewer would have noted before, elsewhere.
    for name in ["key.pub", "checkpoint"] {
        let bytes = expected[&Path::new("books").join(name)].clone();
        expected.insert(Path::new("noted").join(name), bytes);
    }
    let length: usize = expected.values().map(Vec::len).sum();
    assert!(length < 300_000, "{length} bytes");
    for bytes in expected.values() {
        assert!(!String::from_utf8_lossy(bytes).contains("PRIVATE"));
    }
    let at = root().join("testdata/ledger");
    if accepts() {
        for part in ["books", "records", "noted"] {
            let _ = fs::remove_dir_all(at.join(part));
        }
        for (name, bytes) in &expected {
            fs::create_dir_all(at.join(name).parent().unwrap()).unwrap();
            fs::write(at.join(name), bytes).unwrap();
        }
    }
    let mut shipped = files(&at);
    shipped.remove(Path::new("README.md"));
    let names = |files: &BTreeMap<PathBuf, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&shipped), names(&expected));
    for (name, bytes) in &expected {
        assert!(
            shipped[name] == *bytes,
            "testdata/ledger/{} is not what the program writes now; if that is meant, run \
             SEKISHO_ACCEPT=1 cargo test --test walkthrough and look at what changed",
            name.display()
        );
    }
}

#[test]
fn the_walkthrough_shows_what_its_commands_print() {
    for name in PAGES {
        shows_what_is_printed(name, folder().path());
    }
}

#[test]
fn both_languages_type_and_show_the_same() {
    let shown = PAGES.map(|name| format!("{:?}", blocks(&text(name))));
    assert_eq!(shown[0], shown[1]);
}

/// One changed digit anywhere in the entries is found, whatever it is.
#[test]
fn no_digit_of_the_example_can_be_changed() {
    let at = root().join("testdata/ledger/books");
    let key = fs::read_to_string(at.join("key.pub")).unwrap();
    let options = sekisho::ledger::VerifyOptions {
        key: Some(key.trim_end().parse().unwrap()),
        ..Default::default()
    };
    let holds = |folder: &Path| sekisho::ledger::verify(folder, &options).unwrap().1.holds();
    assert!(holds(&at));
    let copy = tempfile::tempdir().unwrap();
    for (name, bytes) in files(&at) {
        fs::create_dir_all(copy.path().join(&name).parent().unwrap()).unwrap();
        fs::write(copy.path().join(&name), bytes).unwrap();
    }
    assert!(holds(copy.path()));
    let mut tried = 0;
    for (name, bytes) in files(&at.join("tile/entries")) {
        let path = copy.path().join("tile/entries").join(name);
        let digits = (0..bytes.len()).filter(|at| bytes[*at].is_ascii_digit());
        for digit in digits.step_by(37) {
            let mut changed = bytes.clone();
            changed[digit] = if bytes[digit] == b'9' {
                b'0'
            } else {
                bytes[digit] + 1
            };
            fs::write(&path, changed).unwrap();
            assert!(!holds(copy.path()), "byte {digit}");
            tried += 1;
        }
        fs::write(&path, &bytes).unwrap();
    }
    assert!(tried > 10);
}
