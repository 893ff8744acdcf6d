//! The memory of a run that dies is written nowhere.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "waiting for a process is bounded by the clock"
)]
fn a_running_replay_may_not_leave_a_core_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(["replay", "-", "-o", "flows.jsonl"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // It waits for its input; its output is open by then.
    let begin = Instant::now();
    while !folder.path().join("flows.jsonl.tmp").exists() {
        assert!(
            begin.elapsed() < Duration::from_secs(60),
            "no output was opened"
        );
        std::thread::yield_now();
    }
    let limits = fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    let fields: Vec<&str> = core.unwrap().split_whitespace().collect();
    assert_eq!(fields[4..6], ["1", "1"], "{core:?}");
    // The end of its input is no capture; what matters here is that it ends.
    drop(child.stdin.take());
    assert_eq!(child.wait().unwrap().code(), Some(65));
}
