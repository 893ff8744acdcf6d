//! Every capture in `testdata/` gives the records and the books that stand beside it in
//! `testdata/golden/`. After a change that is meant, `SEKISHO_ACCEPT=1 cargo test --test golden` writes
//! them anew, and the difference is what a reviewer reads.
#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn captures(testdata: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(testdata)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|ending| ending == "pcap" || ending == "pcapng")
        })
        .collect();
    found.sort();
    found
}

#[test]
fn every_shipped_capture_gives_its_golden_records_and_books() {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let accept = std::env::var_os("SEKISHO_ACCEPT").is_some();
    let captures = captures(&testdata);
    assert!(captures.len() >= 7);
    for capture in captures {
        let folder = tempfile::tempdir().unwrap();
        let name = capture.file_name().unwrap().to_str().unwrap();
        let status = Command::new(env!("CARGO_BIN_EXE_sekisho"))
            .args(["replay", name, "--progress", "never", "-o"])
            .arg(folder.path().join("flows.jsonl"))
            .arg("--summary")
            .arg(folder.path().join("summary.json"))
            .current_dir(&testdata)
            .output()
            .unwrap()
            .status;
        assert_eq!(status.code(), Some(0), "{name}");
        for (written, golden) in [
            ("flows.jsonl", format!("{name}.flows.jsonl")),
            ("summary.json", format!("{name}.summary.json")),
        ] {
            let got = fs::read_to_string(folder.path().join(written)).unwrap();
            let golden = testdata.join("golden").join(golden);
            if accept {
                fs::create_dir_all(golden.parent().unwrap()).unwrap();
                fs::write(&golden, &got).unwrap();
            }
            let expected = fs::read_to_string(&golden).unwrap();
            for (number, (got, expected)) in got.lines().zip(expected.lines()).enumerate() {
                assert_eq!(got, expected, "{}:{}", golden.display(), number + 1);
            }
            assert_eq!(got.len(), expected.len(), "{}", golden.display());
        }
    }
}
