//! The programs for Spark and Ray, each on a cluster within this machine that loses a part of itself while
//! that is at work: what they merge is byte-identical to one run.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail, and says why"
)]

use sekisho::demo::capture::{Format, pcap_image};
use sekisho::demo::{OwnedFrame, Traffic};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const SEKISHO: &str = env!("CARGO_BIN_EXE_sekisho");

/// The Python that has the engines.
fn python() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/venv/bin/python");
    match std::env::var_os("SEKISHO_PYTHON") {
        Some(given) => given.into(),
        None if own.exists() => own,
        None => "python3".into(),
    }
}

fn is_there(modules: &str) -> bool {
    let found = Command::new(python())
        .args(["-c", &format!("import {modules}")])
        .stderr(Stdio::null())
        .status();
    found.is_ok_and(|status| status.success())
}

/// Captures, what one run makes of them, and a program that stands for sekisho.
struct Lab {
    folder: tempfile::TempDir,
}

impl Lab {
    /// `first` is what the program that stands for sekisho does before it is that: lines of a shell, with the
    /// folder in `$here`.
    fn new(first: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lab = Self { folder };
        let frames: Vec<OwnedFrame> = Traffic::new(21, 3_000).collect();
        fs::create_dir(lab.path("in")).unwrap();
        for (nth, part) in frames.chunks(170).enumerate() {
            let name = format!("in/{nth:03}.pcap");
            fs::write(lab.path(&name), pcap_image(part, Format::USUAL)).unwrap();
        }
        let here = lab.path("").display().to_string();
        let script = format!("#!/bin/sh\nhere='{here}'\n{first}\nexec '{SEKISHO}' \"$@\"\n");
        fs::write(lab.path("stand-in"), script).unwrap();
        fs::set_permissions(lab.path("stand-in"), fs::Permissions::from_mode(0o700)).unwrap();
        let input = lab.path("in").display().to_string();
        let one = Command::new(SEKISHO)
            .args(["replay", &input, "-o", "one.jsonl", "--summary", "one.json"])
            .args(["--ledger", "one.books", "--ledger-key", "key"])
            .current_dir(lab.path(""))
            .stderr(Stdio::null())
            .status();
        assert!(one.unwrap().success());
        lab
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What the program of an engine is told.
    fn arguments(&self) -> Vec<String> {
        let path = |name: &str| self.path(name).display().to_string();
        let merge = "--summary merged.json --ledger merged.books --ledger-key key";
        [
            "merged.jsonl",
            &path("in"),
            "--shards",
            "4",
            "--scratch",
            "shards",
            "--sekisho",
            &path("stand-in"),
            "--merge",
            merge,
        ]
        .map(str::to_owned)
        .to_vec()
    }

    /// Runs Python in the folder, for a few minutes at most: clusters are slow to come up on a busy machine.
    /// What it said.
    fn run(&self, arguments: &[String], settings: &[(&str, &str)]) -> String {
        let done = Command::new("timeout")
            .args(["--kill-after=10", "420"])
            .arg(python())
            .args(arguments)
            .current_dir(self.path(""))
            .envs(settings.iter().copied())
            .env("PYSPARK_PYTHON", python())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = [done.stdout, done.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        assert!(done.status.success(), "{said}");
        said
    }

    /// That what was merged is what one run gave, and that no shard is left.
    fn check(&self) {
        for (one, merged) in [
            ("one.jsonl", "merged.jsonl"),
            ("one.json", "merged.json"),
            ("one.books/checkpoint", "merged.books/checkpoint"),
        ] {
            let [one, merged] = [one, merged].map(|name| fs::read(self.path(name)).unwrap());
            assert!(one == merged && !one.is_empty());
        }
        let left = fs::read_dir(self.path("shards")).unwrap();
        let left: Vec<PathBuf> = left.map(|entry| entry.unwrap().path()).collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

fn program(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    path.display().to_string()
}

#[test]
fn spark_loses_an_executor_and_the_outcome_is_that_of_one_run() {
    let java = Command::new("java").arg("-version").output();
    if !is_there("pyspark") || !java.is_ok_and(|found| found.status.success()) {
        println!(
            "NOT TESTED: needs pyspark and java (SEKISHO_PYTHON names the Python that has it)"
        );
        return;
    }
    // The first attempt at the second shard ends the executor above it.
    let lab = Lab::new(
        r#"case " $* " in *" --shard 2/4 "*)
  if mkdir "$here/met" 2>/dev/null; then
    pid=$$
    while [ "$pid" -gt 1 ]; do
      if tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q CoarseGrainedExecutorBackend; then
        echo "$pid" >"$here/killed"; kill -9 "$pid"; sleep 1; exit 9
      fi
      pid=$(awk '/^PPid:/ { print $2 }' "/proc/$pid/status")
    done
  fi ;;
esac"#,
    );
    let mut arguments = vec![program("config/spark/sekisho_spark.py")];
    arguments.extend(lab.arguments());
    let cluster = "--master local-cluster[2,1,1024] --conf spark.ui.enabled=false \
                   --conf spark.driver.bindAddress=127.0.0.1 pyspark-shell";
    let settings = [
        ("SPARK_LOCAL_IP", "127.0.0.1"),
        ("PYSPARK_SUBMIT_ARGS", cluster),
    ];
    let said = lab.run(&arguments, &settings);
    assert!(lab.path("killed").exists());
    assert!(said.contains("Lost executor"), "{said}");
    lab.check();
}

#[test]
fn ray_loses_a_node_and_the_outcome_is_that_of_one_run() {
    if !is_there("ray.cluster_utils") {
        println!("NOT TESTED: needs ray (SEKISHO_PYTHON names the Python that has it)");
        return;
    }
    // Both nodes are at work on their first shard when one of them is removed.
    let lab = Lab::new(
        r#"if [ "$1" = replay ]; then
  echo "$*" >>"$here/begun"
  [ "$(wc -l <"$here/begun")" -gt 2 ] || sleep 15
fi"#,
    );
    let mut arguments = vec![
        program("tests/engines/ray_cluster.py"),
        program("config/ray/sekisho_ray.py"),
        lab.path("begun").display().to_string(),
    ];
    arguments.extend(lab.arguments());
    let temporary = lab.path("t").display().to_string();
    let settings = [
        ("RAY_TMPDIR", temporary.as_str()),
        ("RAY_USAGE_STATS_ENABLED", "0"),
        // Stay at 127.0.0.1: else it looks for an address that others reach.
        ("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0"),
    ];
    let said = lab.run(&arguments, &settings);
    assert!(said.contains("a node was removed"), "{said}");
    let begun = fs::read_to_string(lab.path("begun")).unwrap();
    assert!(begun.lines().count() > 4, "{begun}");
    lab.check();
}
