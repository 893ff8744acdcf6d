//! Rows 31, 32 and 33 for everything that the program writes: at whatever call the disk fails, a file has its
//! name only when all of it is there, and the exit code says what happened.

use crate::traced::{Bench, Files, SINKS, Sink, numbered};
use std::path::Path;

/// What a fault may come to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    /// Nothing at all.
    Well,
    /// 74, where a file was hit and not a line for people.
    Failed,
}

/// Makes each call of these names fail, one after the other.
#[track_caller]
fn sweep(bench: &Bench, calls: &[&str], faults: &[&str], ends: Ends) -> u32 {
    let mut runs = 0;
    for sink in SINKS {
        let (threads, whole) = bench.without(sink);
        for call in calls {
            for (at, is_ours) in numbered(&threads, call).into_iter().enumerate() {
                for fault in faults {
                    let fault = fault
                        .replace("CALL", call)
                        .replace("NTH", &(at + 1).to_string());
                    let what = format!("{}: {fault}", sink.name);
                    let run = bench.with(sink, &fault);
                    let said = String::from_utf8_lossy(&run.stderr);
                    let failed = ends == Ends::Failed && is_ours;
                    let code = if failed { 74 } else { 0 };
                    assert_eq!(run.code, Some(code), "{what}: {said}");
                    look(bench, sink, &whole, code == 0, &what);
                    runs += 1;
                }
            }
        }
    }
    runs
}

/// What is there is whole; the next run is none the worse, and a ledger holds after it.
#[track_caller]
fn look(bench: &Bench, sink: &Sink, whole: &Files, is_done: bool, what: &str) {
    let is_ledger = |name: &Path| sink.ledger.is_some_and(|ledger| name.starts_with(ledger));
    let left = bench.files();
    for (name, bytes) in &left {
        let is_temporary = name.to_string_lossy().ends_with(".tmp");
        assert!(!is_temporary, "{what}: left {}", name.display());
        // A key is another one each time.
        let is_known = is_ledger(name) || name.to_string_lossy().ends_with("new.key");
        let expected = whole.get(name).or(bench.before().get(name));
        assert!(
            is_known || expected == Some(bytes),
            "{what}: {} is not what it should be",
            name.display()
        );
    }
    if is_done {
        let missing = whole.keys().find(|name| !left.contains_key(*name));
        assert!(missing.is_none(), "{what}: no {missing:?}");
    }
    if let Some(ledger) = sink.ledger {
        bench.again(sink);
        bench.verify(ledger);
    }
}

#[test]
fn row_31_a_full_disk_at_any_write_of_any_output_leaves_whole_files_and_is_told() {
    let Some(bench) = Bench::new() else { return };
    let faults = [
        "inject=CALL:error=ENOSPC:when=NTH",
        // For good: so that nobody is told either.
        "inject=CALL:error=EDQUOT:when=NTH+",
    ];
    let runs = sweep(&bench, &["write", "pwrite64"], &faults, Ends::Failed);
    println!("{runs} runs");
    assert!(runs > 80);
}

#[test]
fn row_32_what_cannot_be_made_durable_or_named_is_a_failed_output() {
    let Some(bench) = Bench::new() else { return };
    let faults = ["inject=CALL:error=EIO:when=NTH"];
    let calls = ["fsync", "rename", "renameat", "renameat2", "linkat"];
    let runs = sweep(&bench, &calls, &faults, Ends::Failed);
    println!("{runs} runs");
    assert!(runs > 80);
}

#[test]
fn row_33_a_write_that_is_cut_short_or_put_off_leaves_whole_files_and_is_told() {
    let Some(bench) = Bench::new() else { return };
    let faults = [
        "inject=CALL:error=EAGAIN:when=NTH",
        // Says that it wrote seven bytes, and did not.
        "inject=CALL:retval=7:when=NTH",
    ];
    let runs = sweep(&bench, &["write"], &faults, Ends::Failed);
    println!("{runs} runs");
    assert!(runs > 80);
}

#[test]
fn row_33_a_write_that_is_interrupted_is_done_again() {
    let Some(bench) = Bench::new() else { return };
    let faults = ["inject=CALL:error=EINTR:when=NTH"];
    let runs = sweep(&bench, &["write"], &faults, Ends::Well);
    println!("{runs} runs");
    assert!(runs > 40);
}
