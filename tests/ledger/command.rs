//! `sekisho verify` as it is typed.

use crate::made::{append, files, folder, key, lay, moment, open, run};
use sekisho::ledger::{Event, Export, Proof, Purge, Purged, VerifyOptions, verify};
use sha2::{Digest as _, Sha256};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

struct Ran {
    code: i32,
    out: String,
    err: String,
}

fn sekisho(at: &Path, arguments: &[&str]) -> Ran {
    let ran = Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .arg("verify")
        .args(arguments)
        .current_dir(at)
        .output()
        .unwrap();
    Ran {
        code: ran.status.code().unwrap(),
        out: String::from_utf8(ran.stdout).unwrap(),
        err: String::from_utf8(ran.stderr).unwrap(),
    }
}

/// A ledger of one run in `ledger`, and its key in `lab.pub`.
fn made() -> tempfile::TempDir {
    let work = folder();
    append(&work.path().join("ledger"), &run(1, 0, 20), 1000);
    let public = format!("{}\n", key(1).verifier());
    fs::write(work.path().join("lab.pub"), public).unwrap();
    work
}

#[test]
fn a_ledger_that_holds_is_shown_at_a_glance() {
    let work = made();
    let ran = sekisho(work.path(), &["ledger", "--key", "lab.pub"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let key = key(1).verifier().to_string();
    let (_, found) = verify(&work.path().join("ledger"), &VerifyOptions::default()).unwrap();
    let expected = format!(
        "ledger     sekisho/lab
key        {key}
root       {}
entries    46, of which 46 signed and 0 not
runs       1
intervals  20, 2025-11-13T02:13:20.000000000Z to 2025-11-13T02:33:20.000000000Z
frames          16,858,829   15.9 GB 100.0%
  admitted       5,342,963    5.5 GB  31.7%
  excluded      11,515,866   10.4 GB  68.3%
dropped    10 before they were counted
records    60 in 20 files
holds      yes
",
        found.root
    );
    assert_eq!(ran.out, expected);
    let alone = sekisho(work.path(), &["ledger"]);
    assert_eq!(alone.code, 0);
    assert!(
        alone
            .out
            .contains("the ledger's own: this shows only that it agrees with itself")
    );
}

#[test]
fn what_is_wrong_is_listed_and_ends_with_3() {
    let work = made();
    let bundle = work.path().join("ledger/tile/entries/000.p/46");
    let mut bytes = fs::read(&bundle).unwrap();
    let at = bytes.len() - 100;
    bytes[at] ^= 1;
    fs::write(&bundle, bytes).unwrap();
    let ran = sekisho(work.path(), &["ledger"]);
    assert_eq!(ran.code, 3);
    assert!(
        ran.out
            .contains("\nholds      NO: 3 findings\nfinding    entry 45: entry "),
        "{}",
        ran.out
    );
    let json = sekisho(work.path(), &["ledger", "--json"]);
    assert_eq!(json.code, 3);
    let seen: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(seen["schema"], "sekisho.verify.v1");
    assert_eq!(seen["holds"], false);
    assert_eq!(seen["key_given"], false);
    assert_eq!((&seen["entries"], &seen["signed"]), (&46.into(), &0.into()));
    assert_eq!(seen["findings"][0]["index"], 45);
    assert_eq!(seen["intervals"], 20);
}

#[test]
fn what_nothing_signed_is_said_and_not_counted() {
    let work = made();
    let path = work.path().join("ledger");
    let before = files(&path);
    append(&path, &run(2, 1000, 3), 1000);
    let mut forged = files(&path);
    let checkpoint = Path::new("checkpoint");
    forged.insert(checkpoint.to_owned(), before[checkpoint].clone());
    lay(&work.path().join("forged"), &forged);
    let ran = sekisho(work.path(), &["forged", "--key", "lab.pub"]);
    assert_eq!(ran.code, 3);
    let kinds = "1 authority, 1 configured, 3 export, 1 geo, 3 interval, 1 policy, 1 start, 1 stop";
    for line in [
        "entries    58, of which 46 signed and 12 not\n".to_owned(),
        format!("           not signed are nobody's word, and counted nowhere: {kinds}\n"),
        "runs       1\n".to_owned(),
        "intervals  20, ".to_owned(),
        "records    60 in 20 files\n".to_owned(),
        format!(
            "finding    entry 46: entries that nothing signed, which are nobody's word: 12 ({kinds})\n"
        ),
    ] {
        assert!(ran.out.contains(&line), "{line}{}", ran.out);
    }
    let report = |folder: &str| {
        let json = Command::new(env!("CARGO_BIN_EXE_sekisho"))
            .args(["report", folder, "--json", "-"])
            .current_dir(work.path())
            .output()
            .unwrap();
        let report: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
        report
    };
    lay(&work.path().join("before"), &before);
    let (said, before) = (report("forged"), report("before"));
    assert_eq!(said["verification"]["unsigned"], 12);
    assert_eq!(said["verification"]["holds"], false);
    for part in ["sum", "exports", "period", "events"] {
        assert_eq!(said[part], before[part], "{part}");
    }
}

#[test]
fn mistakes_end_with_the_codes_of_the_help() {
    let work = made();
    fs::write(work.path().join("text"), "no checkpoint\n").unwrap();
    let cases: [(&[&str], i32, &str); 6] = [
        (
            &["none"],
            66,
            "no ledger: none: name the folder that holds `checkpoint`",
        ),
        (
            &["."],
            66,
            "no ledger: .: name the folder that holds `checkpoint`",
        ),
        (
            &["ledger", "--key", "a+b"],
            2,
            "not a verifier key: give name+id+base64, as in the file key.pub of a ledger",
        ),
        (
            &["ledger", "--since", "none"],
            66,
            "cannot read (entity not found): none: give a file that is there",
        ),
        (
            &["ledger", "--records", "none"],
            66,
            "cannot read records (no such file or directory): none: name one that is there",
        ),
        (
            &["ledger", "--proof", "46"],
            2,
            "entry not under a signature: 46: choose one below 46",
        ),
    ];
    for (arguments, code, line) in cases {
        let ran = sekisho(work.path(), arguments);
        assert_eq!(ran.err, format!("sekisho: {line}\n"));
        assert_eq!((ran.code, ran.out.as_str()), (code, ""));
    }
    for arguments in [
        &["ledger", "-o", "x"][..],
        &[],
        &["ledger", "--proof", "-1"],
    ] {
        assert_eq!(sekisho(work.path(), arguments).code, 2, "{arguments:?}");
    }
    let ran = sekisho(work.path(), &["ledger", "--since", "text"]);
    assert_eq!(ran.code, 3);
    assert!(ran.out.contains("finding    older checkpoint is none\n"));
}

#[test]
fn a_proof_is_written_and_holds_without_the_ledger() {
    let work = made();
    let ran = sekisho(
        work.path(),
        &["ledger", "--proof", "45", "-o", "end.tlog-proof"],
    );
    assert_eq!(ran.code, 0);
    assert!(ran.out.ends_with("holds      yes\n"));
    let path = work.path().join("end.tlog-proof");
    let text = fs::read(&path).unwrap();
    let proof = Proof::parse(&text).unwrap();
    let entry = proof.verify(&key(1).verifier()).unwrap();
    assert!(matches!(entry.event, Event::Stop(_)));
    let stdout = sekisho(work.path(), &["ledger", "--proof", "45"]);
    assert_eq!(stdout.out.into_bytes(), text);
    assert!(stdout.err.ends_with("holds      yes\n"));
    let ran = sekisho(work.path(), &["ledger", "--proof", "45", "-o", "none/x"]);
    assert_eq!(ran.code, 74);
    assert!(ran.err.starts_with("sekisho: cannot "), "{}", ran.err);
}

/// A ledger with files of records in `records`; the sums of the run are left open.
fn with_records(formats: &[(&str, &str, u64)]) -> tempfile::TempDir {
    let work = folder();
    let (mut ledger, _) = open(&work.path().join("ledger"), &key(1));
    ledger.append(None, crate::made::start()).unwrap();
    fs::create_dir(work.path().join("records")).unwrap();
    for (format, text, records) in formats {
        let hash = Sha256::digest(text);
        let sha256 = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        let export = Export {
            format: (*format).into(),
            sha256,
            length: text.len() as u64,
            records: *records,
            packets: 0,
            bytes: 0,
        };
        ledger.append(None, Event::Export(export)).unwrap();
        if *format != "null" {
            let name = format!("records/192.0.2.7-{}.{format}", text.len());
            fs::write(work.path().join(name), text).unwrap();
        }
    }
    ledger.commit().unwrap();
    work
}

#[test]
fn files_of_records_are_the_ledger_s_all_of_them_and_no_others() {
    let work = with_records(&[
        ("jsonl", "{}\n{}\n", 2),
        ("csv", "head\r\none\r\n", 1),
        ("jsonl.zst", "packed", 9),
        ("null", "", 5),
    ]);
    let check = || {
        let ran = sekisho(work.path(), &["ledger", "--records", "records"]);
        let found: Vec<String> = ran
            .out
            .lines()
            .filter_map(|line| line.strip_prefix("finding    ").map(str::to_owned))
            .collect();
        assert_eq!(ran.code, if found.is_empty() { 0 } else { 3 });
        assert!(!ran.out.contains("192.0.2.7") && ran.err.is_empty());
        found
    };
    assert_eq!(check(), Vec::<String>::new());
    // Not complete yet; and the ledger itself may lie there.
    fs::write(work.path().join("records/192.0.2.7.tmp"), "half").unwrap();
    assert_eq!(check(), Vec::<String>::new());
    fs::write(work.path().join("records/192.0.2.7-6.jsonl"), "{}\n{ }\n").unwrap();
    let digest = |text: &str| -> String {
        Sha256::digest(text)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    };
    assert_eq!(
        check(),
        [
            format!(
                "entry 1: file of records is missing: sha256 {}",
                digest("{}\n{}\n")
            ),
            format!(
                "file of records is not in the ledger: sha256 {}, 7 bytes",
                digest("{}\n{ }\n")
            ),
        ]
    );
    // A second copy, which no entry tells of.
    fs::write(work.path().join("records/192.0.2.7-6.jsonl"), "{}\n{}\n").unwrap();
    assert_eq!(check(), Vec::<String>::new());
    fs::write(work.path().join("records/copy"), "{}\n{}\n").unwrap();
    assert_eq!(
        check(),
        [format!(
            "entry 1: file of records is there more often than it was exported: sha256 {}",
            digest("{}\n{}\n")
        )]
    );
    let wrong = with_records(&[("jsonl", "{}\n{}\n", 3), ("csv", "head\r\n", 1)]);
    let ran = sekisho(wrong.path(), &["ledger", "--records", "."]);
    assert_eq!(ran.code, 3);
    assert!(ran.out.ends_with(
        "finding    entry 1: file of records has 2 lines for 3 records\n\
         finding    entry 2: file of records has 1 lines for 1 records\n"
    ));
    fs::set_permissions(wrong.path(), fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn a_file_that_was_purged_is_gone() {
    let text = "{}\n{}\n";
    let work = with_records(&[("jsonl", text, 2), ("csv", "head\r\none\r\n", 1)]);
    let sha256: String = Sha256::digest(text)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let (mut ledger, _) = open(&work.path().join("ledger"), &key(1));
    let purge = Event::Purge(Purge {
        expired_before: moment(100),
        files: vec![Purged {
            sha256: sha256.clone(),
            length: text.len() as u64,
        }],
    });
    ledger.append(None, purge).unwrap();
    ledger.commit().unwrap();
    drop(ledger);
    let check = || sekisho(work.path(), &["ledger", "--records", "records"]);
    let there = check();
    assert_eq!(there.code, 3);
    let line = format!(
        "finding    entry 1: file of records was purged, and is still there: sha256 {sha256}\n"
    );
    assert!(there.out.ends_with(&line), "{}", there.out);
    fs::remove_file(work.path().join("records/192.0.2.7-6.jsonl")).unwrap();
    assert_eq!(check().code, 0);
}
