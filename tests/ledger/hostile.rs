//! Folders that were made to hurt: whatever lies in them, there are findings or one line of error, soon.

use crate::made::{append, files, findings, folder, key, lay, run};
use proptest::prelude::*;
use sekisho::ledger::{Ledger, VerifyOptions, verify};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A ledger of 262 entries, each time its own.
fn ledger() -> tempfile::TempDir {
    let work = folder();
    append(work.path(), &run(1, 0, 128), 1000);
    work
}

#[test]
fn what_is_no_plain_file_is_a_finding_and_never_waited_for() {
    let names = [
        "checkpoint",
        "key.pub",
        "tile/entries/000",
        "tile/entries/001.p/6",
        "tile/0/000",
        "tile/0/001.p/6",
        "tile/1/000.p/1",
    ];
    for name in names {
        for kind in ["folder", "fifo", "loop", "elsewhere", "device", "huge"] {
            let work = ledger();
            let path = work.path().join(name);
            fs::rename(&path, work.path().join("aside")).unwrap();
            match kind {
                "folder" => fs::create_dir(&path).unwrap(),
                "fifo" => {
                    assert!(
                        Command::new("mkfifo")
                            .arg(&path)
                            .status()
                            .unwrap()
                            .success()
                    );
                }
                "loop" => symlink(&path, &path).unwrap(),
                "elsewhere" => symlink(work.path().join("aside"), &path).unwrap(),
                "device" => symlink("/dev/zero", &path).unwrap(),
                _ => File::create(&path).unwrap().set_len(1 << 40).unwrap(),
            }
            let found = findings(work.path(), &VerifyOptions::default());
            assert!(!found.is_empty(), "{name} as {kind}");
            // To append, only the right edge is read.
            if !["tile/entries/000", "tile/0/000", "tile/1/000.p/1"].contains(&name) {
                assert!(
                    Ledger::open(work.path(), &key(1)).is_err(),
                    "{name} as {kind}"
                );
            }
        }
    }
}

#[test]
fn folders_in_circles_and_names_that_are_no_text_are_counted() {
    let work = ledger();
    symlink("..", work.path().join("tile/entries/up")).unwrap();
    symlink(work.path(), work.path().join("tile/x000")).unwrap();
    fs::write(
        work.path()
            .join("tile")
            .join(OsStr::from_bytes(b"\xff\x1b[2J")),
        b"",
    )
    .unwrap();
    let deep: PathBuf = std::iter::repeat_n("x001", 40).collect();
    fs::create_dir_all(work.path().join("tile").join(deep)).unwrap();
    let found = findings(work.path(), &VerifyOptions::default());
    assert_eq!(found, ["262 files under tile that belong to no entry: 4"]);
    // What a killed writer leaves is none.
    let work = ledger();
    fs::write(work.path().join("tile/entries/001.p/7.tmp"), b"half").unwrap();
    assert_eq!(
        findings(work.path(), &VerifyOptions::default()),
        Vec::<String>::new()
    );
}

#[test]
fn a_few_files_under_endless_names_are_not_read_without_end() {
    // Folders that lead to themselves, and files that are a thousand times the same one.
    for with_ledger in [false, true] {
        let work = if with_ledger { ledger() } else { folder() };
        let bundles = work.path().join("tile/entries");
        fs::create_dir_all(&bundles).unwrap();
        let _ = fs::remove_dir_all(bundles.join("001.p"));
        let entry = br#"{"kind":"aborted","schema":"sekisho.ledger.v1"}"#;
        let entry = [&(entry.len() as u16).to_be_bytes(), &entry[..]].concat();
        let first = bundles.join("000");
        if !with_ledger {
            fs::write(&first, entry.repeat(256)).unwrap();
        }
        let tiles = work.path().join("tile/0");
        fs::create_dir_all(&tiles).unwrap();
        fs::write(tiles.join("000"), [0; 8192]).unwrap();
        for number in 0..1000 {
            if number > 0 {
                fs::hard_link(&first, bundles.join(format!("{number:03}"))).unwrap();
                fs::hard_link(tiles.join("000"), tiles.join(format!("{number:03}"))).unwrap();
            }
            for folder in [&bundles, &tiles] {
                symlink(".", folder.join(format!("x{number:03}"))).unwrap();
            }
        }
        let (entries, found) = verify(work.path(), &VerifyOptions::default()).unwrap();
        assert!(!found.holds() && entries.len() <= 256 && found.entries == 256);
        let same = "bundle is the same file as one before it";
        assert!(found.findings.iter().any(|finding| finding.what == same));
        assert!(Ledger::open(work.path(), &key(1)).is_err());
    }
    // A link in place of a folder, though what it leads to is right.
    for name in ["tile", "tile/entries", "tile/0", "tile/entries/001.p"] {
        let work = ledger();
        let path = work.path().join(name);
        fs::rename(&path, work.path().join("aside")).unwrap();
        symlink(work.path().join("aside"), &path).unwrap();
        let found = findings(work.path(), &VerifyOptions::default());
        assert!(!found.is_empty(), "{name}");
        assert!(Ledger::open(work.path(), &key(1)).is_err(), "{name}");
    }
}

#[test]
fn behind_what_is_signed_little_is_read() {
    let work = ledger();
    let bundle = work.path().join("tile/entries/001.p/6");
    let entry = fs::read(&bundle).unwrap();
    let entry = &entry[..2 + usize::from(u16::from_be_bytes([entry[0], entry[1]]))];
    for number in 1..50 {
        let path = work.path().join(format!("tile/entries/{number:03}"));
        fs::write(path, entry.repeat(256)).unwrap();
    }
    let (entries, found) = verify(work.path(), &VerifyOptions::default()).unwrap();
    assert!(!found.holds());
    assert!(
        entries.len() == 262 && found.entries < 2000,
        "{}",
        found.entries
    );
    assert!(Ledger::open(work.path(), &key(1)).is_err());
}

#[test]
fn a_folder_without_a_ledger_is_an_error_of_one_line() {
    let work = folder();
    let missing = work.path().join("missing");
    for path in [work.path(), missing.as_path(), Path::new("/dev/null")] {
        let error = verify(path, &VerifyOptions::default()).unwrap_err();
        let line = format!(
            "no ledger: {}: name the folder that holds `checkpoint`",
            path.display()
        );
        assert_eq!(error.to_string(), line);
    }
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let checkpoint = "sekisho/lab\n18446744073709551615\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— sekisho/lab AAAAAAA=\n";
    let deep = "[".repeat(60_000);
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..9000),
        Just(checkpoint.as_bytes().to_vec()),
        Just([&60_000_u16.to_be_bytes(), deep.as_bytes()].concat()),
        Just(vec![0; 8192]),
        Just(vec![0; 600]),
        Just(vec![0xff; 8193]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_bytes_make_it_fail(
        changes in proptest::collection::vec((0_usize..9, bytes()), 1..6),
        from_nothing in any::<bool>(),
    ) {
        let names = ["checkpoint", "key.pub", "tile/entries/000", "tile/entries/001.p/6",
            "tile/entries/001.p/255", "tile/0/000", "tile/0/001.p/6", "tile/1/000.p/1", "tile/7/000"];
        let made = ledger();
        let mut all = files(made.path());
        if from_nothing {
            all.clear();
        }
        for (name, bytes) in &changes {
            all.insert(names[*name].into(), bytes.clone());
        }
        let work = folder();
        lay(work.path(), &all);
        let found = findings(work.path(), &VerifyOptions::default());
        prop_assert!(!found.is_empty());
        let since = VerifyOptions { since: Some(changes[0].1.clone()), ..VerifyOptions::default() };
        prop_assert!(findings(work.path(), &since).len() > found.len());
        let _ = Ledger::open(work.path(), &key(1));
        let _ = sekisho::ledger::Proof::parse(&changes[0].1);
    }
}
