//! Row 39: a fault of the program itself ends it, whichever thread it is in. There is no way into a release to make
//! it panic. So threads that the system does not give make the program itself panic, and a child, which is this
//! test, panics in what it hands to the library.

use crate::common::Sandbox;
use crate::traced::{Bench, SINKS, numbered};
use sekisho::config::Config;
use sekisho::demo::Traffic;
use sekisho::demo::capture::{Format, pcap_image};
use sekisho::pipeline::{self, Progress};
use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The exit code of a fault of the program.
const FAULT: i32 = 70;

/// What a message could hold of a packet, and must not.
const SECRET: &str = "203.0.113.77";

/// Panics when it is told of progress.
struct Panics;

impl Progress for Panics {
    fn begin(&self, _: Option<u64>) {}

    fn advance(&self, _: u64, _: u64) {
        panic!("{SECRET}");
    }

    fn end(&self) {}
}

/// Not a test: the child.
#[test]
#[ignore = "run by the others"]
fn panics() {
    let (Some(job), Some(folder)) = (
        std::env::var_os("SEKISHO_JOB"),
        std::env::var_os("SEKISHO_FOLDER"),
    ) else {
        return;
    };
    let folder = PathBuf::from(folder);
    // As the program begins.
    let _ = sekisho::cli::run(["sekisho", "--version"].map(OsString::from));
    match job.to_str().unwrap() {
        "main" => panic!("{SECRET}"),
        "thread" => {
            let _ = std::thread::spawn(|| panic!("{SECRET}")).join();
        }
        "lane" => {
            let mut config = Config::default();
            config.replay.lanes = 2;
            config.export.output = (&folder.join("r.jsonl")).into();
            config.ledger.folder = Some(folder.join("books"));
            let _ = pipeline::replay(&config, &[folder.join("a.pcap")], &Panics);
        }
        "nobody reads" => {
            std::thread::spawn(|| {
                let mut stderr = std::io::stderr().lock();
                while stderr.write_all(&[b'.'; 1 << 16]).is_ok() {}
            });
            // By then the pipe is full.
            std::thread::sleep(Duration::from_secs(1));
            let _ = std::thread::spawn(|| panic!("{SECRET}")).join();
        }
        other => unreachable!("{other}"),
    }
    // Whoever comes here was not ended.
    std::process::exit(0);
}

fn child(job: &str, folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "panics::panics", "--ignored", "--nocapture"])
        .env("SEKISHO_JOB", job)
        .env("SEKISHO_FOLDER", folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[track_caller]
fn ends_with_its_place_only(job: &str, folder: &Path) {
    let done = child(job, folder).wait_with_output().unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(FAULT), "{job}: {said}");
    assert!(!said.contains(SECRET), "{job}: {said}");
    let line = "sekisho: internal fault: tests/faults/panics.rs:";
    assert!(said.contains(line), "{job}: {said}");
}

#[test]
fn row_39_a_panic_in_any_thread_ends_the_process_and_says_its_place_only() {
    let folder = tempfile::tempdir().unwrap();
    for job in ["main", "thread"] {
        ends_with_its_place_only(job, folder.path());
    }
}

#[test]
fn row_39_a_panic_in_a_lane_leaves_no_records_and_a_ledger_that_tells_of_it() {
    let sandbox = Sandbox::new();
    let work = sandbox.work();
    // Enough for two lanes.
    let frames: Vec<_> = Traffic::new(39, 60_000).collect();
    let capture = pcap_image(&frames, Format::USUAL);
    assert!(capture.len() > 8 << 20);
    fs::write(work.join("a.pcap"), capture).unwrap();
    ends_with_its_place_only("lane", &work);
    assert!(!work.join("r.jsonl").exists());
    let again = ["replay", "a.pcap", "-o", "r.jsonl", "--ledger", "books"];
    sandbox.run(&again, None).expect_code(0);
    assert!(work.join("r.jsonl").exists() && !work.join("r.jsonl.tmp").exists());
    sandbox
        .run(&["verify", "books", "--records", "r.jsonl"], None)
        .expect_code(0);
    let entries = sandbox.leavings().into_iter();
    let mut entries = entries.filter(|(path, _)| path.starts_with(work.join("books/tile/entries")));
    let told = b"crash_recovered";
    assert!(entries.any(|(_, bytes)| bytes.windows(told.len()).any(|part| part == told)));
}

#[test]
fn row_39_a_panic_ends_the_process_though_nobody_reads_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = child("nobody reads", folder.path());
    for _ in 0..6_000 {
        if let Some(status) = child.try_wait().unwrap() {
            assert_eq!(status.code(), Some(FAULT));
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    panic!("it hangs");
}

#[test]
fn row_39_a_thread_that_the_system_does_not_give_ends_the_program_by_the_same_way() {
    let Some(bench) = Bench::new() else { return };
    let mut runs = 0;
    for sink in SINKS {
        let (threads, whole) = bench.without(sink);
        for number in 1..=numbered(&threads, "clone3").len() {
            let fault = format!("inject=clone3:error=EAGAIN:when={number}");
            let run = bench.with(sink, &fault);
            let said = String::from_utf8(run.stderr).unwrap();
            assert_eq!(run.code, Some(FAULT), "{}: {fault}: {said}", sink.name);
            assert!(said.starts_with("sekisho: internal fault: "), "{said}");
            assert_eq!(said.lines().count(), 1, "{said}");
            // As after a kill: nothing has a name that is not whole.
            for (name, bytes) in bench.files() {
                let is_named = !name.to_string_lossy().ends_with(".tmp");
                let is_output =
                    name.starts_with("tree") || name.to_string_lossy().starts_with("r.");
                assert!(
                    !is_named || !is_output || whole.get(&name) == Some(&bytes),
                    "{}: {}",
                    sink.name,
                    name.display()
                );
            }
            bench.again(sink);
            if let Some(ledger) = sink.ledger {
                bench.verify(ledger);
            }
            runs += 1;
        }
    }
    assert!(runs > 10, "{runs} runs");
}
