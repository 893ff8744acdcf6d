//! What other programs say of our ledgers: Go's note and tlog packages, which we did not write.

use crate::made::{append, folder, key, run};
use sekisho::ledger::{Proof, VerifyOptions, prove};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Where Debian puts Go packages (golang-golang-x-mod-dev).
const GOPATH: &str = "/usr/share/gocode";

fn is_there() -> bool {
    let has_go = Command::new("go").arg("version").output();
    has_go.is_ok_and(|found| found.status.success())
        && Path::new(GOPATH)
            .join("src/golang.org/x/mod/sumdb/tlog")
            .is_dir()
}

#[test]
fn go_finds_the_same_root_signatures_inclusion_and_consistency() {
    if !is_there() {
        println!("NOT TESTED: needs go and its x/mod (golang-go, golang-golang-x-mod-dev)");
        return;
    }
    let work = folder();
    let program = work.path().join("verify");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ledger/verify.go");
    let built = Command::new("go")
        .arg("build")
        .arg("-o")
        .arg(&program)
        .arg(source)
        .env("GO111MODULE", "off")
        .env("GOPATH", GOPATH)
        .env("GOFLAGS", "")
        .env("GOCACHE", Path::new(env!("CARGO_TARGET_TMPDIR")).join("go"))
        .output()
        .unwrap();
    assert!(
        built.status.success(),
        "{}",
        String::from_utf8_lossy(&built.stderr)
    );
    // Beside the borders of tiles, and far from them.
    for (first, more) in [(1, 1), (3, 122), (124, 3), (125, 1), (250, 300)] {
        let ledger = work.path().join(format!("{first}-{more}"));
        append(&ledger, &run(1, 0, first), 50);
        let older = work.path().join("older");
        fs::copy(ledger.join("checkpoint"), &older).unwrap();
        append(&ledger, &run(2, 1000, more), 50);
        let size = 2 * (first + more) + 12;
        for index in [0, first, size - 1] {
            let (proof, _, found) = prove(&ledger, &VerifyOptions::default(), index).unwrap();
            assert_eq!(
                (found.findings.as_slice(), found.signed),
                ([].as_slice(), size)
            );
            let path = work.path().join("entry.tlog-proof");
            fs::write(&path, proof.text()).unwrap();
            let said = Command::new(&program)
                .arg(&ledger)
                .arg(key(1).verifier().to_string())
                .arg(&older)
                .arg(&path)
                .output()
                .unwrap();
            let text = String::from_utf8_lossy(&said.stdout);
            let expected = format!(
                "{size} entries, consistent with {}, proof of {index}\n",
                2 * first + 6
            );
            assert_eq!(text, expected, "{}", String::from_utf8_lossy(&said.stderr));
        }
    }
}

#[test]
fn a_proof_holds_for_its_entry_place_and_key_only() {
    let work = folder();
    append(work.path(), &run(1, 0, 300), 100);
    let size = 606;
    for index in [0, 1, 255, 256, 511, 512, 600, 605] {
        let (proof, entries, _) = prove(work.path(), &VerifyOptions::default(), index).unwrap();
        let text = proof.text();
        let read = Proof::parse(&text).unwrap();
        assert_eq!(read, proof);
        let proved = read.verify(&key(1).verifier());
        assert_eq!(proved.as_ref(), Some(&entries[index as usize]));
        assert_eq!(read.verify(&key(2).verifier()), None);
        // Every other byte than those of the last line's end is part of what is proved.
        for position in (0..text.len()).step_by(11) {
            let mut other = text.clone();
            other[position] ^= 1;
            let proved = Proof::parse(&other)
                .ok()
                .and_then(|proof| proof.verify(&key(1).verifier()));
            assert_eq!(proved, None, "byte {position}");
        }
    }
    let beyond = prove(work.path(), &VerifyOptions::default(), size).unwrap_err();
    assert_eq!(
        beyond.to_string(),
        "entry not under a signature: 606: choose one below 606"
    );
}
