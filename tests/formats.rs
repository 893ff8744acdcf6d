//! Records as other programs write them, and what `sekisho summary` says of our own: the built program, from
//! outside. `SEKISHO_ACCEPT=1 cargo test --test formats` writes the golden files anew.
#![expect(clippy::unwrap_used, reason = "a test may fail")]

use serde_json::Value;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const FORMATS: [&str; 5] = [
    "zeek-conn",
    "zeek-conn-json",
    "ecs",
    "ocsf-4001",
    "eve-flow",
];

/// Captures whose records have tags, tunnels, fragments, ICMP and IPv6.
const ODD: [&str; 6] = [
    "fragments.pcap",
    "icmp-quotes.pcap",
    "ipv6-extensions.pcap",
    "links.pcapng",
    "tunnels.pcap",
    "vlan-mpls-pppoe.pcap",
];

/// Lines of the example that are kept as golden; the rest looks the same.
const LINES: usize = 40;

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata")
}

fn sekisho(folder: &Path, arguments: &[&str], stdin: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("COLUMNS", "100")
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that ends without reading its input closes the pipe: that is its right.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    child.wait_with_output().unwrap()
}

#[track_caller]
fn good(folder: &Path, arguments: &[&str]) -> String {
    let done = sekisho(folder, arguments, b"");
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(0), "{arguments:?}: {said}");
    String::from_utf8(done.stdout).unwrap()
}

/// A file of a folder `records`, named as a sensor names its own.
fn file_of(format: &str) -> String {
    match format {
        "zeek-conn" => "records/flows.conn.log".to_owned(),
        other => format!("records/{other}.jsonl"),
    }
}

/// Compares with a golden file, line by line.
#[track_caller]
fn golden(name: &str, got: &str) {
    let path = testdata().join("formats").join(name);
    if std::env::var_os("SEKISHO_ACCEPT").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, got).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    for (number, (got, expected)) in got.lines().zip(expected.lines()).enumerate() {
        assert_eq!(got, expected, "{}:{}", path.display(), number + 1);
    }
    assert_eq!(got.len(), expected.len(), "{}", path.display());
}

#[test]
fn every_profile_gives_its_golden_lines() {
    for format in FORMATS {
        let shared = ["--format", format, "--community-id", "--progress", "never"];
        let replay = |inputs: &[&str]| {
            let arguments = [&["replay"], inputs, &shared].concat();
            good(&testdata(), &arguments)
        };
        let example = replay(&["example.pcap"]);
        let mut text: String = example.split_inclusive('\n').take(LINES).collect();
        let odd = replay(&ODD);
        let records = |line: &&str| !line.starts_with('#');
        text.extend(odd.split_inclusive('\n').filter(records));
        golden(&format!("{format}.txt"), &text);
    }
}

/// Packets and wire bytes of both directions of a line of JSON.
fn counts(format: &str, line: &Value) -> (u64, u64) {
    let sum = |pointers: [&str; 2]| {
        let count = |pointer| line.pointer(pointer).unwrap().as_u64().unwrap();
        pointers.map(count).into_iter().sum()
    };
    match format {
        "zeek-conn-json" => (
            sum(["/orig_pkts", "/resp_pkts"]),
            sum(["/sekisho.src_wire_bytes", "/sekisho.dst_wire_bytes"]),
        ),
        "ecs" => (
            sum(["/source/packets", "/destination/packets"]),
            sum(["/sekisho/src_wire_bytes", "/sekisho/dst_wire_bytes"]),
        ),
        "ocsf-4001" => (
            sum(["/traffic/packets_in", "/traffic/packets_out"]),
            sum([
                "/unmapped/sekisho/src_wire_bytes",
                "/unmapped/sekisho/dst_wire_bytes",
            ]),
        ),
        _ => (
            sum(["/flow/pkts_toserver", "/flow/pkts_toclient"]),
            sum(["/flow/bytes_toserver", "/flow/bytes_toclient"]),
        ),
    }
}

#[test]
fn totals_are_those_of_the_summary_and_the_ledger_knows_the_file() {
    for format in FORMATS {
        let folder = tempfile::tempdir().unwrap();
        let capture = testdata().join("example.pcap");
        let records = folder.path().join("records");
        fs::create_dir(&records).unwrap();
        good(
            folder.path(),
            &[
                "replay",
                capture.to_str().unwrap(),
                "--format",
                format,
                "-o",
                &file_of(format),
                "--summary",
                "summary.json",
                "--ledger",
                "ledger",
                "--progress",
                "never",
            ],
        );
        let file = folder.path().join(file_of(format));
        let text = fs::read_to_string(&file).unwrap();
        let summary = fs::read_to_string(folder.path().join("summary.json")).unwrap();
        let summary: Value = serde_json::from_str(&summary).unwrap();
        let mut whole = (0, 0, 0);
        let mut columns = Vec::new();
        for line in text.lines() {
            if let Some(names) = line.strip_prefix("#fields\t") {
                columns = names.split('\t').collect();
            }
            if line.starts_with('#') {
                continue;
            }
            let (packets, bytes) = if format == "zeek-conn" {
                let cells: Vec<&str> = line.split('\t').collect();
                let count = |name: &str| -> u64 {
                    let place = columns.iter().position(|column| *column == name);
                    cells[place.unwrap()].parse().unwrap()
                };
                (
                    count("orig_pkts") + count("resp_pkts"),
                    count("sekisho.src_wire_bytes") + count("sekisho.dst_wire_bytes"),
                )
            } else {
                counts(format, &serde_json::from_str(line).unwrap())
            };
            whole = (whole.0 + 1, whole.1 + packets, whole.2 + bytes);
        }
        assert_eq!(summary["flows"]["exported"], whole.0, "{format}");
        assert_eq!(summary["admitted"]["packets"], whole.1, "{format}");
        assert_eq!(summary["admitted"]["bytes"], whole.2, "{format}");

        let verify = ["verify", "ledger", "--records", "records"];
        let said = good(folder.path(), &verify);
        assert!(said.contains("holds      yes"), "{format}: {said}");
        // A line less, and it is another file.
        let (rest, _) = text.trim_end().rsplit_once('\n').unwrap();
        fs::write(&file, format!("{rest}\n")).unwrap();
        let done = sekisho(folder.path(), &verify, b"");
        assert_eq!(done.status.code(), Some(3), "{format}");
    }
}

#[test]
fn records_with_a_retention_can_be_purged_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let capture = testdata().join("example.pcap");
    fs::write(folder.path().join("c.toml"), "[retention]\ndays = 1\n").unwrap();
    fs::create_dir(folder.path().join("records")).unwrap();
    for format in FORMATS {
        good(
            folder.path(),
            &[
                "replay",
                capture.to_str().unwrap(),
                "-c",
                "c.toml",
                "--format",
                format,
                "-o",
                &file_of(format),
                "--progress",
                "never",
            ],
        );
    }
    // The example is of 2026-10-05.
    let purge = |before| good(folder.path(), &["purge", "--before", before, "records/"]);
    assert!(purge("2026-10-06").contains("not expired: 5 files"));
    assert!(purge("2026-10-07").contains("removed: 5 files"));
    let left = fs::read_dir(folder.path().join("records")).unwrap().count();
    assert_eq!(left, 0);
}

#[test]
fn a_community_id_is_there_when_it_is_asked_for_and_never_beside_pseudonyms() {
    let folder = tempfile::tempdir().unwrap();
    let capture = testdata().join("icmp-quotes.pcap");
    let replay = |more: &[&str]| {
        let shared = ["replay", capture.to_str().unwrap(), "--progress", "never"];
        sekisho(folder.path(), &[&shared, more].concat(), b"")
    };
    let records = |done: Output| String::from_utf8(done.stdout).unwrap();
    assert!(!records(replay(&[])).contains("community_id"));
    let zero = records(replay(&["--community-id"]));
    assert!(
        zero.lines()
            .all(|line| line.contains(r#","community_id":"1:"#))
    );
    fs::write(
        folder.path().join("seed.toml"),
        "[export]\ncommunity_id_seed = 1\n",
    )
    .unwrap();
    let one = records(replay(&["-c", "seed.toml", "--community-id"]));
    assert!(one.contains("community_id") && one != zero);
    // The seed alone asks for nothing.
    assert!(!records(replay(&["-c", "seed.toml"])).contains("community_id"));

    let key = folder.path().join("pseudonym.key");
    fs::write(&key, "00112233445566778899aabbccddeeff".repeat(2)).unwrap();
    let secret = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    fs::set_permissions(&key, secret).unwrap();
    let pseudonyms = "[pseudonym]\nmode = \"prefix\"\nkey = \"pseudonym.key\"\n";
    fs::write(folder.path().join("p.toml"), pseudonyms).unwrap();
    let done = replay(&["-c", "p.toml", "--community-id"]);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(said.contains("Community ID beside pseudonyms"), "{said}");
    assert!(done.stdout.is_empty() && done.status.code() != Some(0));
}

#[test]
fn a_summary_of_records_is_as_reviewed() {
    let records = testdata().join("ledger/records");
    let records = records.to_str().unwrap();
    golden(
        "summary.txt",
        &good(&testdata(), &["summary", records, "--top", "4"]),
    );
    let packets = ["summary", records, "--top", "3", "--by", "packets"];
    golden("summary-packets.txt", &good(&testdata(), &packets));
    golden(
        "summary.json",
        &good(&testdata(), &["summary", "--json", records, "--top", "2"]),
    );
}

#[test]
fn a_summary_adds_up_to_what_the_run_says_however_records_are_packed() {
    let folder = tempfile::tempdir().unwrap();
    let capture = testdata().join("example.pcap");
    let capture = capture.to_str().unwrap();
    let mut seen = Vec::new();
    for (format, output) in [("jsonl", "a/flows.jsonl"), ("csv", "b/flows.csv")] {
        let path = folder.path().join(output);
        fs::create_dir(path.parent().unwrap()).unwrap();
        let run = [
            "replay",
            capture,
            "--format",
            format,
            "-o",
            output,
            "--summary",
            "s.json",
            "--progress",
            "never",
        ];
        good(folder.path(), &run);
        let summary = fs::read_to_string(folder.path().join("s.json")).unwrap();
        let summary: Value = serde_json::from_str(&summary).unwrap();
        let told = |arguments: &[&str]| -> Value {
            serde_json::from_str(&good(folder.path(), arguments)).unwrap()
        };
        let plain = told(&["summary", "--json", output]);
        assert_eq!(plain["packets"], summary["admitted"]["packets"]);
        assert_eq!(plain["bytes"], summary["admitted"]["bytes"]);
        assert_eq!(plain["flows"], summary["flows"]["exported"]);
        assert_eq!(plain["damaged"], serde_json::json!([]));
        let text = fs::read(&path).unwrap();
        let packed = folder.path().join(format!("{output}.zst"));
        fs::write(&packed, zstd::encode_all(text.as_slice(), 1).unwrap()).unwrap();
        assert_eq!(
            told(&["summary", "--json", packed.to_str().unwrap()]),
            plain
        );
        // A folder is its files: here the same twice.
        let folder_of = path.parent().unwrap().to_str().unwrap();
        let twice = told(&["summary", "--json", folder_of]);
        assert_eq!(twice["files"], 2);
        assert_eq!(
            twice["packets"].as_u64(),
            plain["packets"].as_u64().map(|packets| 2 * packets)
        );
        seen.push(plain);
    }
    assert_eq!(seen[0], seen[1]);
}

#[test]
fn damage_is_told_by_file_and_line_and_the_rest_counts() {
    let records = testdata().join("golden/example.pcap.flows.jsonl");
    let text = fs::read_to_string(records).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let half = &lines[3][..200];
    let damaged = [lines[0], "junk", lines[1], half].join("\n");
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("d.jsonl"), &damaged).unwrap();
    let done = sekisho(folder.path(), &["summary", "d.jsonl", "--json"], b"");
    assert_eq!(done.status.code(), Some(1));
    assert_eq!(
        String::from_utf8_lossy(&done.stderr),
        "sekisho: line 2 is no record, or half of one: d.jsonl: passed over\n\
         sekisho: line 4 is no record, or half of one: d.jsonl: passed over\n"
    );
    let told: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(told["flows"], 2);
    assert_eq!(
        told["damaged"],
        serde_json::json!([{"file": "d.jsonl", "lines": 2}])
    );

    let piped = sekisho(folder.path(), &["summary", "-"], damaged.as_bytes());
    assert_eq!(piped.status.code(), Some(1));
    // A frame for each line, as a sensor packs what it has of a second; the last is torn.
    let frame = |line: &str| zstd::encode_all(line.as_bytes(), 1).unwrap();
    let packed: Vec<u8> = text.split_inclusive('\n').flat_map(frame).collect();
    let torn = &packed[..packed.len() - 9];
    let done = sekisho(folder.path(), &["summary", "-"], torn);
    assert_eq!(done.status.code(), Some(1));
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(
        said.starts_with("sekisho: cannot read on behind line "),
        "{said}"
    );

    // Not records, and nothing at all.
    for (arguments, code, said) in [
        (["summary", "c.pcap"], 65, "sekisho: not records: c.pcap: "),
        (
            ["summary", "none"],
            66,
            "sekisho: cannot read records (no such file or directory): none: ",
        ),
        (
            ["summary", "empty"],
            66,
            "sekisho: no files of records in this folder: empty: ",
        ),
    ] {
        fs::copy(
            testdata().join("example.pcap"),
            folder.path().join("c.pcap"),
        )
        .unwrap();
        let _ = fs::create_dir(folder.path().join("empty"));
        let done = sekisho(folder.path(), &arguments, b"");
        assert_eq!(done.status.code(), Some(code));
        let told = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(told.starts_with(said), "{told}");
        assert!(done.stdout.is_empty());
    }
    // A run that found nothing wrote an empty file: that is no fault.
    fs::write(folder.path().join("empty.jsonl"), "").unwrap();
    assert!(good(folder.path(), &["summary", "empty.jsonl"]).starts_with("0 records in 1 file"));
}
