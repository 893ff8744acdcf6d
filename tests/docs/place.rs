//! A folder with everything that the examples name: what is the reader's own is a shipped example under that
//! name.

use crate::common::page::{has, root, shell};
use std::fs;
use std::path::Path;

/// Names on the pages, and where the test has these things; the first that fits is taken.
const HERE: [(&str, &str); 25] = [
    ("SRC DST", "8.8.8.8 1.1.1.1"),
    ("送信元 宛先", "8.8.8.8 1.1.1.1"),
    ("COMMAND", "replay"),
    ("TRACE", "testdata/example.pcap"),
    ("/dev/shm/", ""),
    ("/mnt/captures", "day1"),
    ("/mnt/shards", "shards"),
    ("/usr/bin/sekisho", "sekisho"),
    ("/etc/sekisho/sekisho@north.toml", "north.toml"),
    ("/etc/sekisho/", ""),
    ("purge /var/lib/sekisho/records/", "purge kept/"),
    ("--dry-run /var/lib/sekisho/records/", "--dry-run kept/"),
    (
        "sekisho.toml /var/lib/sekisho/records/",
        "sekisho.toml kept/",
    ),
    ("--records /var/lib/sekisho/records/", "--records records"),
    ("--records /var/lib/sekisho/records", "--records records"),
    ("ls -l /var/lib/sekisho/records/", "ls -l records"),
    ("--top 20 /var/lib/sekisho/records/", "--top 20 kept/"),
    ("/var/lib/sekisho/records/", "./"),
    ("/var/lib/sekisho/ledger", "ledger"),
    // Interfaces of the reader's: here there are none of these names.
    ("IFACE...", "sk-none1"),
    ("LEDGER_DIR", "ledger"),
    ("FILE.html", "report.html"),
    ("eth1", "sk-none1"),
    ("eth2", "sk-none2"),
    ("authorisations/", ""),
];

/// A command as it is typed here.
pub(crate) fn here(command: &str) -> String {
    let replace = |typed: String, (name, here): &(&str, &str)| typed.replace(name, here);
    HERE.iter().fold(command.to_owned(), replace)
}

/// The folder.
pub(crate) fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::os::unix::fs::symlink(root().join("testdata"), at("testdata")).unwrap();
    let example = root().join("testdata/example.pcap");
    for name in ["capture.pcap", "day1/a.pcap", "day2/a.pcap"] {
        fs::create_dir_all(at(name).parent().unwrap()).unwrap();
        fs::copy(&example, at(name)).unwrap();
    }
    fs::copy(root().join("config/sekisho.toml"), at("sekisho.toml")).unwrap();
    fs::write(at("addresses.txt"), "8.8.8.8\n2001:4860:4860::8888\n").unwrap();
    // A table of any kind is told by its content.
    fs::write(
        at("country.mmdb"),
        "2|ripencc|20260922|2|19830613|20260921|+0000\nripencc|*|ipv4|*|2|summary\n\
         ripencc|DE|ipv4|80.0.0.0|16777216|19950101|allocated|A\n\
         ripencc|JP|ipv4|133.0.0.0|16777216|19970301|allocated|B\n",
    )
    .unwrap();
    fs::write(at("known.csv"), "80.0.0.0/8,DE\n133.0.0.0/8,domestic\n").unwrap();
    // Records that are to be removed when they expire.
    fs::create_dir(at("kept")).unwrap();
    let records = root().join("testdata/ledger/records/flows.jsonl");
    fs::copy(records, at("kept/flows.jsonl")).unwrap();
    make_ledger(folder.path());
    fs::create_dir(at("shards")).unwrap();
    // What is signed, and by whom.
    fs::copy(
        root().join("tests/authorisation/signed/example.toml"),
        at("2026-1.toml"),
    )
    .unwrap();
    let make = |program: &str, command: &str| {
        if has(program) {
            assert!(
                shell(command, folder.path())
                    .output()
                    .unwrap()
                    .status
                    .success(),
                "{command}"
            );
        }
    };
    make("gzip", "gzip -k capture.pcap");
    make(
        "ssh-keygen",
        "ssh-keygen -q -t ed25519 -N '' -f signer_ed25519",
    );
    make("minisign", "minisign -G -W -p signer.pub -s signer.key");
    folder
}

/// A ledger of some entries, its key, and a checkpoint that was kept.
fn make_ledger(folder: &Path) {
    use sekisho::ledger::{Event, Key, Ledger};
    let key = Key::from_seed("sekisho/lab", &[1; 32]).unwrap();
    let (mut ledger, _) = Ledger::open(&folder.join("ledger"), &key).unwrap();
    for nanos in 0..30 {
        ledger.append(None, Event::ClockStep { nanos }).unwrap();
    }
    ledger.commit().unwrap();
    let copy = |from: &str, to: &str| fs::copy(folder.join(from), folder.join(to)).unwrap();
    copy("ledger/key.pub", "lab.pub");
    copy("ledger/checkpoint", "checkpoint.last-month");
    fs::create_dir(folder.join("records")).unwrap();
}
