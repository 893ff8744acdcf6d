//! The command, over ledgers on disk.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use super::ledger;
use sekisho::ledger::{Entry, Key, Ledger};

/// Writes a ledger and signs it.
pub(crate) fn write(folder: &Path, entries: &[Entry]) {
    let key = Key::from_seed("example.org/test", &[7; 32]).unwrap();
    let (mut to, _) = Ledger::open(folder, &key).unwrap();
    for entry in entries {
        to.append(entry.at, entry.event.clone()).unwrap();
    }
    to.commit().unwrap();
}

pub(crate) fn sekisho(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .arg("report")
        .args(args)
        .current_dir(folder)
        .output()
        .unwrap()
}

#[test]
fn a_ledger_on_disk_becomes_a_page_and_json() {
    let folder = tempfile::tempdir().unwrap();
    let entries = ledger::quiet(1, 8, 40_000);
    write(&folder.path().join("ledger"), &entries);
    let done = sekisho(
        folder.path(),
        &["ledger", "-o", "a.html", "--json", "a.json", "--lang", "ja"],
    );
    assert_eq!(String::from_utf8_lossy(&done.stderr), "");
    assert_eq!(done.status.code(), Some(0));
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(read("a.html").contains("<html lang=\"ja\">"));
    let json: serde_json::Value = serde_json::from_str(&read("a.json")).unwrap();
    assert_eq!(json["verification"]["holds"], true);
    assert_eq!(json["verification"]["entries"], entries.len());
    assert_eq!(json["verification"]["unsigned"], 0);
    assert_eq!(json["verification"]["key_given"], false);
    // Again, and to standard output: the same bytes.
    let again = sekisho(folder.path(), &["ledger", "-o", "-", "--lang", "ja"]);
    assert_eq!(String::from_utf8(again.stdout).unwrap(), read("a.html"));
    let again = sekisho(folder.path(), &["ledger", "--json", "-"]);
    assert_eq!(String::from_utf8(again.stdout).unwrap(), read("a.json"));
    // With the key, which stands beside the ledger here and must not elsewhere.
    let done = sekisho(
        folder.path(),
        &["ledger", "--json", "-", "--key", "ledger/key.pub"],
    );
    assert!(
        String::from_utf8(done.stdout)
            .unwrap()
            .contains("\"key_given\": true")
    );
    // The other options.
    let part = [
        "ledger",
        "-o",
        "b.html",
        "--from",
        "2026-11-16",
        "--to",
        "2026-11-16T00:04",
        "--publish",
    ];
    assert_eq!(sekisho(folder.path(), &part).status.code(), Some(0));
    assert!(read("b.html").contains("published report"));
}

#[test]
fn a_ledger_that_does_not_hold_is_reported_and_the_exit_code_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut entries = ledger::quiet(1, 8, 40_000);
    for entry in &mut entries {
        if let sekisho::ledger::Event::Interval(interval) = &mut entry.event {
            interval.frames.packets += 1;
        }
    }
    write(&folder.path().join("ledger"), &entries);
    let done = sekisho(folder.path(), &["ledger", "-o", "a.html"]);
    assert_eq!(done.status.code(), Some(3));
    assert_eq!(
        String::from_utf8(done.stderr).unwrap(),
        "sekisho: the ledger does not hold: see the findings at the top of the report\n"
    );
    let page = fs::read_to_string(folder.path().join("a.html")).unwrap();
    assert!(page.contains("The ledger does NOT hold"));
    assert!(page.contains("interval does not balance"));
}

#[test]
fn what_is_asked_wrongly_is_refused_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    for (args, code, line) in [
        (
            &["none", "-o", "a.html"][..],
            66,
            "no ledger: none: name the folder that holds `checkpoint`",
        ),
        (
            &["none", "-o", "a.html", "--from", "yesterday"],
            2,
            "not a time: yesterday: write 2026-11-16 or 2026-11-16T09:00:00Z",
        ),
        (
            &[
                "none",
                "-o",
                "a.html",
                "--from",
                "2026-11-16",
                "--to",
                "2026-11-15",
            ],
            2,
            "no time between --from and --to: 2026-11-16 to 2026-11-15: let --to be later",
        ),
        (
            &["none", "-o", "a.html", "--lang", "fr"],
            2,
            "unknown language: fr: use en or ja",
        ),
        (
            &["none", "-o", "-", "--json", "-"],
            2,
            "page and JSON cannot share a stream: -: name a file for one of them",
        ),
    ] {
        let done = sekisho(folder.path(), args);
        assert_eq!(
            String::from_utf8_lossy(&done.stderr),
            format!("sekisho: {line}\n")
        );
        assert_eq!(done.status.code(), Some(code));
        assert!(!folder.path().join("a.html").exists());
    }
}
