//! DuckDB, Polars and ClickHouse read the folders, and find what the summary and JSON Lines say.

use crate::common::Sandbox;
use crate::replay;
use sekisho::time::Timestamp;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

const COUNTS: [&str; 6] = [
    "src_packets",
    "dst_packets",
    "src_bytes",
    "dst_bytes",
    "src_wire_bytes",
    "dst_wire_bytes",
];

fn python() -> PathBuf {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/venv/bin/python");
    match env::var_os("SEKISHO_PYTHON") {
        Some(given) => given.into(),
        None if ours.exists() => ours,
        None => "python3".into(),
    }
}

/// What an engine finds in a folder; nothing, where it is not installed.
fn read(engine: &str, folder: &Path) -> Option<Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parquet/read.py");
    let done = Command::new(python())
        .arg(script)
        .arg(engine)
        .arg(folder)
        .output();
    let done = done.ok().filter(|done| done.status.code() != Some(42));
    let Some(done) = done else {
        eprintln!("NOT TESTED: {engine} reads Parquet: it is not here");
        return None;
    };
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{engine}: {said}");
    Some(serde_json::from_slice(&done.stdout).unwrap())
}

/// A record of JSON Lines as columns have it, and the day that its folder names.
fn row(line: &str) -> Map<String, Value> {
    let mut row: Map<String, Value> = serde_json::from_str(line).unwrap();
    let date = row["start"].as_str().unwrap()[..10].to_owned();
    for name in ["start", "end", "collected_at", "expires_at"] {
        let text = row.get(name).and_then(Value::as_str);
        let nanos = text.map(|text| Timestamp::parse_rfc3339(text).unwrap().nanos());
        row.insert(name.to_owned(), nanos.into());
    }
    row.entry("community_id").or_insert(Value::Null);
    row.insert("date".to_owned(), date.into());
    row
}

fn total(row: &Map<String, Value>, name: &str) -> u64 {
    row[name].as_u64().unwrap()
}

/// Sums of records by class, as an engine gives them.
fn totals(rows: &[Map<String, Value>]) -> Value {
    let mut totals: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
    for row in rows {
        let of_class = totals.entry(row["class"].as_str().unwrap()).or_default();
        *of_class.entry("records").or_default() += 1;
        for name in COUNTS {
            *of_class.entry(name).or_default() += total(row, name);
        }
    }
    serde_json::to_value(totals).unwrap()
}

/// That the totals of all classes are those of the summary.
fn agree_with_summary(totals: &Value, summary: &Value) {
    let mirrored = |class: &str| match class {
        "foreign_domestic" => "domestic_foreign",
        "domestic_foreign" => "foreign_domestic",
        "foreign_undetermined" => "undetermined_foreign",
        "undetermined_foreign" => "foreign_undetermined",
        _ => "foreign_foreign",
    };
    let mut records = 0;
    let mut directed: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for (class, sums) in totals.as_object().unwrap() {
        let sum = |name: &str| sums[name].as_u64().unwrap();
        records += sum("records");
        for (class, side) in [(class.as_str(), "src"), (mirrored(class), "dst")] {
            let of_class = directed.entry(class).or_default();
            of_class.0 += sum(&format!("{side}_packets"));
            of_class.1 += sum(&format!("{side}_wire_bytes"));
        }
    }
    assert_eq!(summary["flows"]["exported"], records);
    let by_class = summary["admitted"]["by_class"].as_object().unwrap();
    assert_eq!(by_class.len(), 5);
    for (class, admitted) in by_class {
        let (packets, bytes) = directed.get(class.as_str()).copied().unwrap_or_default();
        assert_eq!(admitted["packets"], packets, "{class}");
        assert_eq!(admitted["bytes"], bytes, "{class}");
    }
}

#[test]
fn engines_find_in_the_folders_what_summary_and_json_lines_say() {
    let sandbox = Sandbox::new();
    // So that no column is empty.
    sandbox.put("c.toml", b"[retention]\ndays = 30\n");
    let settings = ["-c", "../in/c.toml", "--community-id"];
    let with = |more: &[&'static str]| [&settings, more].concat();
    replay(&sandbox, &with(&["-o", "f.jsonl", "--summary", "s.json"])).expect_code(0);
    replay(&sandbox, &with(&["--format", "parquet", "-o", "tree/"])).expect_code(0);
    let sixteen = [
        "--format",
        "parquet",
        "--ip-encoding",
        "binary16",
        "-o",
        "sixteen/",
    ];
    replay(&sandbox, &with(&sixteen)).expect_code(0);
    let summary: Value = serde_json::from_slice(&sandbox.read("s.json")).unwrap();
    let lines = String::from_utf8(sandbox.read("f.jsonl")).unwrap();
    let rows: Vec<Map<String, Value>> = lines.lines().map(row).collect();
    assert!(rows.len() > 200);
    let expected = totals(&rows);
    agree_with_summary(&expected, &summary);
    for engine in ["duckdb", "polars", "clickhouse"] {
        for folder in ["tree", "sixteen"] {
            let Some(found) = read(engine, &sandbox.work().join(folder)) else {
                continue;
            };
            assert_eq!(found["totals"], expected, "{engine} {folder}");
            assert_eq!(
                found["some"], expected["foreign_foreign"]["records"],
                "{engine}"
            );
            let mut read: Vec<Map<String, Value>> =
                serde_json::from_value(found["rows"].clone()).unwrap();
            read.sort_by_key(|row| row["seq"].as_u64());
            assert_eq!(read.len(), rows.len(), "{engine}");
            for (read, row) in read.iter().zip(&rows) {
                assert_eq!(read, row, "{engine} {folder}");
            }
        }
    }
}
