//! Outputs of a live run under faults: disks that fail at every write, processes that are killed. A
//! child process, which is this test itself, writes; `strace` makes its system calls fail.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may fail, and says why"
)]

use sekisho::export::{Compress, Figures, Format, Rotated, Rotation, Written};
use sekisho::time::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const BOTH: [Compress; 2] = [Compress::None, Compress::Zstd];

/// Records in a batch of the child.
const BATCH: u64 = 5;

/// Nanoseconds between two batches, as the child pretends: a second is four of them.
const STEP: u64 = 250_000_000;

/// 2025-11-22T05:49:00Z.
const BEGIN: u64 = 1_763_790_540_000_000_000;

/// What the child is to do.
struct Job<'a> {
    /// Where it writes: a folder, or a file in one.
    target: &'a Path,
    compress: Compress,
    /// In every record.
    run: u64,
    batches: u64,
    /// Batches after which the file is completed by hand.
    rotate: u64,
    /// Bytes after which it is.
    bytes: u64,
}

impl Job<'_> {
    /// The child under a wrapper, or without one.
    fn command(&self, wrapper: &[&str]) -> Command {
        let this = std::env::current_exe().unwrap();
        let mut command = match wrapper.split_first() {
            Some((program, args)) => {
                let mut command = Command::new(program);
                command.args(args).arg(this);
                command
            }
            None => Command::new(this),
        };
        let Self {
            target,
            compress,
            run,
            batches,
            rotate,
            bytes,
        } = self;
        let job = format!("{} {run} {batches} {rotate} {bytes}", compress.id());
        command
            .args(["--exact", "writes_records", "--ignored", "--nocapture"])
            .env("SEKISHO_TARGET", target)
            .env("SEKISHO_JOB", job)
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        command
    }

    /// The books of the child, which must live to tell them.
    #[track_caller]
    fn books(&self, wrapper: &[&str]) -> Books {
        let done = self.command(wrapper).output().unwrap();
        let said = String::from_utf8(done.stdout).unwrap();
        assert!(done.status.success(), "{wrapper:?}: {said}");
        let last = said.lines().find_map(|line| line.strip_prefix("books "));
        let books: Value = serde_json::from_str(last.unwrap()).unwrap();
        let number = |name: &str| books[name].as_u64().unwrap();
        Books {
            given: number("given"),
            written: number("written"),
            lost: number("lost"),
            packets: number("packets"),
            errors: number("errors"),
            kinds: serde_json::from_value(books["kinds"].clone()).unwrap(),
        }
    }
}

#[derive(Debug)]
struct Books {
    given: u64,
    written: u64,
    lost: u64,
    packets: u64,
    errors: u64,
    /// What they say up to the first colon, each once.
    kinds: Vec<String>,
}

/// Not a test: the child.
#[test]
#[ignore = "run by the others"]
fn writes_records() {
    let (Some(target), Ok(job)) = (
        std::env::var_os("SEKISHO_TARGET"),
        std::env::var("SEKISHO_JOB"),
    ) else {
        return;
    };
    let words: Vec<&str> = job.split(' ').collect();
    let number = |at: usize| words[at].parse::<u64>().unwrap();
    let (run, batches, rotate) = (number(1), number(2), number(3));
    let compress = BOTH.into_iter().find(|way| way.id() == words[0]).unwrap();
    let rotation = Rotation {
        bytes: number(4),
        nanos: u64::MAX,
    };
    let at = |batch: u64| Timestamp::from_nanos(BEGIN + batch * STEP);
    let target = PathBuf::from(target);
    let mut rotated =
        Rotated::open(&target, Format::Jsonl, rotation, compress, false, at(0)).unwrap();
    let mut errors = Vec::new();
    for batch in 1..=batches {
        let mut text = String::new();
        let mut counts = Written::default();
        for _ in 0..BATCH {
            let seq = rotated.next_seq() + counts.records;
            // Random enough that it does not compress to nothing.
            let noise = (run << 40 | batch << 20 | seq).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            writeln!(
                text,
                r#"{{"run":{run},"seq":{seq},"noise":"{noise:064x}"}}"#
            )
            .unwrap();
            counts.records += 1;
            counts.packets += seq + 1;
        }
        let mut results = vec![
            rotated.write(&text.as_str().into(), &counts, at(batch)),
            rotated.tick(at(batch)),
        ];
        if batch % rotate == 0 {
            results.push(rotated.rotate());
        }
        errors.extend(results.into_iter().filter_map(Result::err));
        println!("safe {}", rotated.figures().written.records);
    }
    let (Figures { written, lost, .. }, _, error) = rotated.finish();
    errors.extend(error);
    let mut kinds: Vec<String> = errors
        .iter()
        .map(|error| {
            error
                .to_string()
                .chars()
                .take_while(|letter| *letter != ':')
                .collect()
        })
        .collect();
    kinds.sort();
    kinds.dedup();
    let books = json!({
        "given": batches * BATCH,
        "written": written.records,
        "lost": lost.records,
        "packets": written.packets,
        "errors": errors.len(),
        "kinds": kinds,
    });
    println!("books {books}");
}

/// The numbers of the records that whole files of a folder hold, by run; every line is checked.
#[track_caller]
fn found(folder: &Path) -> BTreeMap<u64, Vec<u64>> {
    let mut found: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if name.ends_with(".tmp") || name.contains(".torn") {
            continue;
        }
        let mut text = fs::read(&path).unwrap();
        if text.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            text = zstd::decode_all(text.as_slice()).unwrap();
        }
        let text = String::from_utf8(text).unwrap();
        assert!(text.is_empty() || text.ends_with('\n'), "{name}");
        for line in text.lines() {
            let record: Value = serde_json::from_str(line).unwrap();
            let number = |name: &str| record[name].as_u64().unwrap();
            found.entry(number("run")).or_default().push(number("seq"));
        }
    }
    found
        .values_mut()
        .for_each(|numbers| numbers.sort_unstable());
    found
}

/// Runs the child with these faults on a file alone; what it says and what it wrote must agree.
#[track_caller]
fn with_faults(compress: Compress, faults: &[&str]) -> Books {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("f.jsonl");
    let temporary = folder.path().join("f.jsonl.tmp");
    let temporary = temporary.to_str().unwrap();
    let mut wrapper = vec!["strace", "-f", "-qq", "-o", "/dev/null", "-P", temporary];
    for fault in faults {
        wrapper.extend(["-e", fault]);
    }
    let job = Job {
        target: &target,
        compress,
        run: 0,
        batches: 40,
        rotate: 13,
        bytes: 0,
    };
    let books = job.books(&wrapper);
    agree(&books, folder.path(), faults);
    books
}

#[track_caller]
fn agree(books: &Books, folder: &Path, faults: &[&str]) {
    assert_eq!(books.written + books.lost, books.given, "{faults:?}");
    let mut found = found(folder);
    let numbers = found.remove(&0).unwrap_or_default();
    assert_eq!(numbers.len() as u64, books.written, "{faults:?} {books:?}");
    assert!(numbers.is_sorted_by(|one, next| one < next), "{faults:?}");
    let packets: u64 = numbers.iter().map(|seq| seq + 1).sum();
    assert_eq!(packets, books.packets, "{faults:?}");
    assert_eq!(books.lost > 0, books.errors > 0, "{faults:?} {books:?}");
}

/// Whether system calls of a child can be made to fail here.
fn can_inject() -> bool {
    let args = [
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        "inject=fsync:error=EIO",
        "true",
    ];
    let done = Command::new("strace").args(args).output();
    let can = done.is_ok_and(|done| done.status.success());
    if !can {
        println!("NOT TESTED: no strace here, or it may not trace");
    }
    can
}

#[test]
fn row_31_a_disk_that_is_full_at_any_write_loses_whole_records_that_are_counted() {
    if !can_inject() {
        return;
    }
    for compress in BOTH {
        let writes = if compress == Compress::None { 40 } else { 13 };
        for number in 1..=writes {
            for (error, more) in [("ENOSPC", ""), ("EDQUOT", "+")] {
                let fault = format!("inject=write:error={error}:when={number}{more}");
                let books = with_faults(compress, &[&fault]);
                assert!(books.lost > 0, "{fault} {books:?}");
                // Once it has space again, it goes on.
                let batches = if compress == Compress::None { 1 } else { 5 };
                assert!(more == "+" || books.lost <= batches * BATCH, "{books:?}");
            }
        }
    }
}

#[test]
fn row_31_what_cannot_be_cut_off_at_once_is_cut_off_later() {
    if !can_inject() {
        return;
    }
    for compress in BOTH {
        for number in 1..=10 {
            // From then on nothing is cut for a while.
            let write = format!("inject=write:error=ENOSPC:when={number}");
            let cut = "inject=ftruncate:error=EIO:when=1..2";
            let books = with_faults(compress, &[&write, cut]);
            assert!(books.lost > 0 && books.written > 0, "{books:?}");
        }
    }
}

/// Unmounted after the test.
struct SmallDisk(PathBuf);

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn row_31_a_write_that_a_full_disk_cuts_short_leaves_no_half_record() {
    for compress in BOTH {
        let folder = tempfile::tempdir().unwrap();
        let disk = folder.path().join("disk");
        fs::create_dir(&disk).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=64k", "none"])
            .arg(&disk)
            .output();
        if !mounted.is_ok_and(|done| done.status.success()) {
            println!("NOT TESTED: no file system of a given size here");
            return;
        }
        let _unmount = SmallDisk(disk.clone());
        let job = Job {
            target: &disk,
            compress,
            run: 0,
            batches: 2_000,
            rotate: 400,
            bytes: 20_000,
        };
        let books = job.books(&[]);
        agree(&books, &disk, &[]);
        assert!(books.lost > 0 && books.written > 400, "{books:?}");
        // So nothing half was left that had to be thrown away with its file.
        let full = "cannot write to (no space left on device)";
        assert_eq!(books.kinds, [full]);
    }
}

#[test]
fn row_32_what_could_not_be_made_durable_is_lost_and_never_asked_for_again() {
    if !can_inject() {
        return;
    }
    for compress in BOTH {
        // 40 batches are four files.
        for number in 1..=4 {
            let fault = format!("inject=fsync:error=EIO:when={number}");
            let books = with_faults(compress, &[&fault]);
            let lost = if number == 4 { 1 } else { 13 };
            assert_eq!((books.lost, books.errors), (lost * BATCH, 1));
        }
        let books = with_faults(compress, &["inject=fsync:error=EIO"]);
        assert_eq!((books.written, books.errors), (0, 4));
    }
}

#[test]
fn row_32_a_file_that_cannot_get_its_name_goes_on_and_the_next_run_recovers_it() {
    if !can_inject() {
        return;
    }
    for compress in BOTH {
        for (when, is_lost) in [("1", false), ("2..3", false), ("1+", true), ("4+", true)] {
            let folder = tempfile::tempdir().unwrap();
            let fault = format!("inject=renameat2:error=EIO:when={when}");
            let wrapper = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", &fault];
            let mut job = Job {
                target: folder.path(),
                compress,
                run: 0,
                batches: 60,
                rotate: 1_000,
                bytes: if compress == Compress::None {
                    3_000
                } else {
                    600
                },
            };
            let books = job.books(&wrapper);
            assert_eq!(books.written + books.lost, books.given);
            assert_eq!(books.lost > 0, is_lost, "{when} {books:?}");
            assert!(books.errors > 0);
            assert_eq!(all(&found(folder.path())), books.written);
            job.run = 1;
            job.batches = 0;
            job.books(&[]);
            let numbers = found(folder.path()).remove(&0).unwrap();
            assert_eq!(numbers, (0..books.given).collect::<Vec<u64>>());
        }
    }
}

fn all(found: &BTreeMap<u64, Vec<u64>>) -> u64 {
    found.values().map(|numbers| numbers.len() as u64).sum()
}

#[test]
fn row_33_writes_that_are_interrupted_or_put_off_or_lie_leave_whole_records() {
    if !can_inject() {
        return;
    }
    for compress in BOTH {
        for number in (1..=13).step_by(3) {
            let fault = |what: &str| format!("inject=write:{what}:when={number}");
            let books = with_faults(compress, &[&fault("error=EINTR")]);
            assert_eq!((books.lost, books.errors), (0, 0));
            let books = with_faults(compress, &[&fault("error=EAGAIN")]);
            assert!(books.lost > 0);
            // Says that it wrote seven bytes, and did not.
            let books = with_faults(compress, &[&fault("retval=7")]);
            assert!(books.lost > 0);
        }
        let books = with_faults(compress, &["inject=write:retval=7:when=5+3"]);
        assert!(books.lost > 0);
    }
}

#[test]
fn row_33_a_replay_does_not_name_a_file_that_lacks_something() {
    if !can_inject() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let temporary = folder.path().join("f.jsonl.tmp");
    let done = Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "-e"])
        .args(["inject=write:retval=7:when=1", "-P"])
        .arg(&temporary)
        .arg(env!("CARGO_BIN_EXE_sekisho"))
        .args(["demo", "--packets", "1000", "-o", "f.jsonl"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(74), "{said}");
    assert!(
        said.contains("cannot sync (not as long as what was written to it)"),
        "{said}"
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn row_30_what_a_file_holds_is_durable_before_its_name_and_the_name_before_the_next() {
    if !can_inject() {
        return;
    }
    for compress in BOTH {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        fs::create_dir(&out).unwrap();
        let log = folder.path().join("log");
        let job = Job {
            target: &out,
            compress,
            run: 0,
            batches: 40,
            rotate: 13,
            bytes: 1 << 20,
        };
        let wrapper = [
            "strace",
            "-f",
            "-qq",
            "-y",
            "-o",
            log.to_str().unwrap(),
            "-e",
            "trace=fsync,fdatasync,rename,renameat,renameat2",
        ];
        job.books(&wrapper);
        let log = fs::read_to_string(&log).unwrap();
        let calls: Vec<&str> = log
            .lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(_, call)| call.trim_start())
            .filter(|call| call.contains("/out"))
            .collect();
        assert_eq!(calls.len(), 4 * 3, "{log}");
        for (file, calls) in calls.chunks(3).enumerate() {
            let number = format!(
                "Z-{:04}.jsonl{}",
                0,
                if compress == Compress::Zstd {
                    ".zst"
                } else {
                    ""
                }
            );
            let is =
                |call: &str, name: &str, path: &str| call.starts_with(name) && call.contains(path);
            assert!(
                is(calls[0], "fsync(", &format!("{number}.tmp>")),
                "{file}: {calls:?}"
            );
            assert!(is(calls[1], "renameat2(", &number), "{calls:?}");
            assert!(is(calls[2], "fsync(", "/out>"), "{calls:?}");
            assert!(calls.iter().all(|call| call.ends_with("= 0")), "{calls:?}");
        }
    }
}

#[test]
fn row_29_runs_that_are_killed_at_any_moment_leave_whole_files_and_no_record_twice() {
    killed(30);
}

#[test]
#[ignore = "minutes; cargo test --test sinks row_29 -- --ignored"]
fn row_29_after_five_hundred_kills_files_are_whole_and_no_record_is_there_twice() {
    killed(250);
}

/// Kills so many runs of each kind.
#[track_caller]
fn killed(runs: u64) {
    for compress in BOTH {
        let folder = tempfile::tempdir().unwrap();
        let mut job = Job {
            target: folder.path(),
            compress,
            run: 0,
            batches: 1 << 40,
            rotate: 37,
            bytes: 4_000,
        };
        let mut safe = Vec::new();
        for run in 0..runs {
            job.run = run;
            let mut child = job.command(&[]).spawn().unwrap();
            let said = BufReader::new(child.stdout.take().unwrap());
            let reader = std::thread::spawn(move || {
                let lines = said.lines().map_while(Result::ok);
                let safe = lines.filter_map(|line| line.strip_prefix("safe ")?.parse().ok());
                safe.last().unwrap_or(0)
            });
            // Any moment: while it begins, recovers, writes, completes.
            std::thread::sleep(Duration::from_micros(run * 7_919 % 60_000));
            child.kill().unwrap();
            child.wait().unwrap();
            safe.push(reader.join().unwrap());
        }
        job.run = runs;
        job.batches = 0;
        job.books(&[]);
        for entry in fs::read_dir(folder.path()).unwrap() {
            let path = entry.unwrap().path();
            assert!(path.extension().is_none_or(|ending| ending != "tmp"));
        }
        let found = found(folder.path());
        assert!(
            safe.iter().filter(|safe| **safe > 0).count() > 10,
            "{safe:?}"
        );
        for (run, safe) in (0..).zip(safe) {
            let numbers = found.get(&run).cloned().unwrap_or_default();
            let expected: Vec<u64> = (0..numbers.len() as u64).collect();
            assert_eq!(numbers, expected, "run {run}");
            assert!(
                numbers.len() as u64 >= safe,
                "run {run}: {safe} were written"
            );
        }
    }
}

#[test]
fn row_31_words_that_a_full_disk_does_not_take_end_no_run() {
    let Ok(full) = fs::OpenOptions::new().write(true).open("/dev/full") else {
        println!("NOT TESTED: no /dev/full here");
        return;
    };
    let done = Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(["demo", "-v", "--packets", "100", "--format", "null"])
        .stderr(full)
        .status()
        .unwrap();
    assert_eq!(done.code(), Some(0));
}
