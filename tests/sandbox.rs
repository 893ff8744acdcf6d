//! What a process can no longer do once it is in the sandbox, and what it still can: this program starts
//! itself anew for each case, since nobody comes out again.

#![cfg(all(feature = "live", feature = "embedded-geo"))]
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test may fail, and says why; what is inside talks with what is outside"
)]

#[path = "sandbox/forbidden.rs"]
mod forbidden;
#[path = "sandbox/inside.rs"]
mod inside;
#[path = "../benches/mmdb/mod.rs"]
mod mmdb;
#[path = "sandbox/older.rs"]
mod older;
#[path = "sandbox/outside.rs"]
mod outside;
#[path = "sandbox/work.rs"]
mod work;

use outside::{Case, NOBODY, is_root};
use std::fs;
use std::os::unix::process::ExitStatusExt as _;

const SIGABRT: i32 = 6;
const SIGSEGV: i32 = 11;
#[cfg(target_arch = "x86_64")]
const SIGSYS: i32 = 31;

#[test]
fn row_22_after_start_no_capability_is_held_and_files_are_not_writable() {
    for user in outside::users() {
        let case = Case::of_user(user);
        let mut inside = case.start("attacks");
        inside.wait_for("entered");
        let tasks: Vec<String> = inside
            .tasks()
            .map(|task| task.join("status"))
            .map(read)
            .collect();
        assert!(tasks.len() >= 2, "{} tasks", tasks.len());
        for status in tasks {
            for field in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
                assert_eq!(field_of(&status, field), "0000000000000000", "{status}");
            }
            // Emptying it takes a capability; without any it is of no use.
            if user.is_none() && is_root() {
                assert_eq!(field_of(&status, "CapBnd"), "0000000000000000", "{status}");
            }
            assert_eq!(field_of(&status, "NoNewPrivs"), "1", "{status}");
            assert_eq!(field_of(&status, "Seccomp"), "2", "{status}");
        }
        inside.go_on();
        let said = inside.succeed();
        let line = said
            .lines()
            .find(|line| line.starts_with("sandbox: "))
            .unwrap();
        for layer in [
            "capabilities dropped",
            "no new privileges",
            "landlock ABI ",
            "seccomp",
        ] {
            assert!(line.contains(layer), "{line}");
        }
        assert!(!line.contains("NOT IN FORCE"), "{line}");
    }
}

#[test]
fn a_file_that_replaces_a_planned_one_is_readable_and_a_shared_folder_is_not_opened_for_it() {
    let shared = tempfile::NamedTempFile::new_in("/tmp").unwrap();
    fs::write(&shared, "old").unwrap();
    let path = shared.path().to_str().unwrap();
    let mut inside = Case::new().with("SHARED", path).start("reloads");
    inside.wait_for("entered");
    let new = tempfile::NamedTempFile::new_in("/tmp").unwrap();
    fs::rename(new.path(), path).unwrap();
    inside.go_on();
    inside.succeed();
}

#[test]
fn a_planned_port_is_connected_to_and_no_other() {
    for user in outside::users() {
        Case::of_user(user).start("connects").succeed();
    }
}

#[test]
fn what_a_sensor_does_works() {
    for user in outside::users() {
        let case = Case::of_user(user);
        fs::write(case.path("in/geo.mmdb"), mmdb::embedded()).unwrap();
        case.start("works").succeed();
        let written = fs::read_dir(case.path("out")).unwrap().count();
        assert_eq!(written, 4, "three files of records, and a folder");
    }
}

#[test]
fn a_panic_is_told_and_ends_the_process() {
    let mut inside = Case::new().start("panics");
    let (status, said) = inside.end();
    assert_eq!(status.signal(), Some(SIGABRT), "{said}");
    assert!(said.contains("books do not balance"), "{said}");
}

#[test]
#[cfg(target_arch = "x86_64")]
fn calls_by_the_numbers_of_another_architecture_kill() {
    let mut inside = Case::new().start("calls_as_32_bit");
    let (status, said) = inside.end();
    // Without support for 32-bit programs in the kernel, the instruction itself is a fault.
    assert!(matches!(status.signal(), Some(SIGSYS | SIGSEGV)), "{said}");
}

#[test]
fn a_strict_run_is_refused_where_a_layer_is_missing_and_the_other_says_which() {
    for (case, layer) in [
        ("without_landlock", "landlock"),
        ("with_landlock_off", "landlock"),
        ("without_seccomp", "seccomp"),
        ("without_capset", "capabilities"),
        ("dumpable", "not_dumpable"),
        ("among_threads", "capabilities"),
    ] {
        for mode in ["strict", "lenient"] {
            let mut inside = Case::new().with("MODE", mode).start(case);
            let said = inside.succeed();
            let line = said
                .lines()
                .find(|line| line.starts_with("sandbox"))
                .unwrap();
            println!("{line}");
            let (told, complete) = if mode == "strict" {
                (
                    "sandbox is not complete: ",
                    "; --sandbox lenient runs without",
                )
            } else {
                ("; NOT IN FORCE: ", "")
            };
            assert!(line.contains(told) && line.ends_with(complete), "{line}");
            let rest = line.split(told).nth(1).unwrap();
            assert!(rest.contains(&format!("{layer} (")), "{line}");
        }
    }
}

#[test]
fn an_output_that_only_a_capability_could_write_is_refused_at_the_start() {
    if !is_root() {
        println!("NOT TESTED: only root has capabilities to lose");
        return;
    }
    let case = Case::new();
    std::os::unix::fs::chown(case.path("out"), Some(NOBODY), None).unwrap();
    for mode in ["strict", "lenient"] {
        let said = case.start_with("enters", &[("MODE", mode)]).succeed();
        assert!(
            said.contains("cannot write to without capabilities"),
            "{said}"
        );
        assert!(said.contains(case.path("out").to_str().unwrap()), "{said}");
    }
}

#[test]
fn row_46_a_crash_leaves_no_core_file() {
    let pattern = read("/proc/sys/kernel/core_pattern");
    if pattern.trim() != "core" {
        println!("NOT TESTED: core files do not go to the working folder here: {pattern}");
        return;
    }
    let cores = |case: &Case| {
        let names = fs::read_dir(case.path("")).unwrap();
        names
            .filter(|name| {
                name.as_ref()
                    .unwrap()
                    .file_name()
                    .to_str()
                    .unwrap()
                    .starts_with("core")
            })
            .count()
    };
    let unprotected = Case::new();
    let (status, said) = unprotected.start("crashes_unprotected").end();
    assert_eq!(status.signal(), Some(SIGSEGV), "{said}");
    if cores(&unprotected) == 0 {
        println!("NOT TESTED: no process leaves a core file here");
        return;
    }
    for case in ["crashes", "crashes_before_it_enters"] {
        let protected = Case::new();
        let (status, said) = protected.start(case).end();
        assert_eq!(status.signal(), Some(SIGSEGV), "{said}");
        assert_eq!(cores(&protected), 0, "{case}");
    }
}

#[test]
fn row_46_no_process_of_the_same_user_may_look_in() {
    // Root may, with its capabilities: as another user it is tested what users may.
    let user = is_root().then_some(NOBODY);
    let look = |case: &'static str| {
        let case = Case::of_user(user).start(case);
        let pid = case.pid().to_string();
        let mut case = case;
        case.wait_for("entered");
        let seen = Case::of_user(user)
            .with("PID", &pid)
            .start("looks_in")
            .succeed();
        let gdb = Case::of_user(user)
            .command("gdb")
            .args(["-p", &pid, "-batch", "-nx"])
            .output();
        let gdb = gdb.map(|gdb| String::from_utf8_lossy(&gdb.stderr).into_owned());
        case.go_on();
        case.succeed();
        (seen, gdb)
    };
    let (seen, gdb) = look("waits_unprotected");
    if !seen.contains("attached\n") || !seen.contains("read its memory\n") {
        println!("NOT TESTED: no process may look into another here: {seen}");
        return;
    }
    let gdb_works = gdb.is_ok_and(|said| !said.contains("ptrace: "));
    let (seen, gdb) = look("waits");
    assert_eq!(seen.matches("refused: ").count(), 3, "{seen}");
    if gdb_works {
        let said = gdb.unwrap();
        assert!(said.contains("ptrace: Operation not permitted"), "{said}");
    } else {
        println!("NOT TESTED: gdb, which is not there");
    }
}

#[test]
fn row_46_rings_are_in_no_dump() {
    let mut inside = Case::new().start("has_a_ring");
    inside.wait_for("opened");
    if inside.said().contains("no permission") {
        println!("NOT TESTED: {}", inside.said());
        return;
    }
    let flags = |smaps: &str| {
        let ring = smaps.split("socket:[").nth(1).expect("a ring");
        let flags = ring.lines().find(|line| line.starts_with("VmFlags:"));
        flags.unwrap().to_owned()
    };
    let smaps = inside.process().join("smaps");
    assert!(
        !flags(&read(&smaps)).contains(" dd"),
        "it would say nothing"
    );
    inside.go_on();
    inside.wait_for("entered");
    assert!(
        flags(&read(&smaps)).contains(" dd"),
        "{}",
        flags(&read(&smaps))
    );
    inside.go_on();
    let said = inside.succeed();
    assert!(said.contains("rings not dumped (1)"), "{said}");
    assert!(said.contains("frames: 10"), "{said}");
}

#[track_caller]
fn read(path: impl AsRef<std::path::Path>) -> String {
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.as_ref().display()))
}

#[track_caller]
fn field_of<'a>(status: &'a str, name: &str) -> &'a str {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.strip_prefix(':'))
        .expect("a field of the status")
        .trim()
}
