//! `config/clickhouse` in the hands of ClickHouse's own engine: Python's chdb, with a Kafka cluster in
//! confluent_kafka. Where these are not installed, the test says so and passes.
#![cfg(feature = "embedded-geo")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may fail, and says why"
)]

#[path = "../common/mod.rs"]
mod common;

use common::Sandbox;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Where the packages of Python are, if anywhere.
fn python() -> OsString {
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/venv/bin/python");
    env::var_os("SEKISHO_PYTHON")
        .or_else(|| installed.exists().then(|| installed.into_os_string()))
        .unwrap_or_else(|| "python3".into())
}

#[test]
fn row_37_the_tables_hold_what_the_program_wrote_however_often_it_comes() {
    let modules = Command::new(python())
        .args(["-c", "import chdb.session, confluent_kafka"])
        .output();
    if !modules.is_ok_and(|found| found.status.success()) {
        println!("NOT TESTED: needs chdb and confluent_kafka in Python (pip install)");
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sandbox = Sandbox::new();
    let example = sandbox.work().join("example.pcap");
    fs::copy(root.join("testdata/example.pcap"), &example).unwrap();
    // One whose records have expired, and one whose records will in a hundred years.
    for (name, sensor, days, has_id) in [
        ("flows", "tokyo-1", 0, false),
        ("short", "tokyo-2", 1, false),
        ("long", "tokyo-3", 36_500, true),
    ] {
        let config = match name {
            "flows" => "sekisho.toml".to_owned(),
            _ => format!("{name}.toml"),
        };
        let text = format!(
            "sensor = \"{sensor}\"\n[retention]\ndays = {days}\n[export]\ncommunity_id = {has_id}\n"
        );
        fs::write(sandbox.work().join(&config), text).unwrap();
        let output = format!("{name}.jsonl");
        let mut arguments = vec!["replay", "-c", &config, "example.pcap", "-o", &output];
        if name == "flows" {
            arguments.extend(["--summary", "summary.json"]);
        }
        sandbox.run(&arguments, None).expect_code(0);
    }
    let mut engine = Command::new(python());
    engine
        .arg(root.join("tests/clickhouse/engine.py"))
        .arg(root.join("config/clickhouse"))
        .arg(sandbox.work());
    if cfg!(feature = "kafka") {
        engine.arg(env!("CARGO_BIN_EXE_sekisho"));
    }
    let done = engine.output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(
        done.status.success() && said.ends_with("all of it\n"),
        "{said}{}",
        String::from_utf8_lossy(&done.stderr)
    );
}
