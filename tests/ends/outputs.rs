//! Outputs: places that cannot be written to, disks that fill up, rights that are missing.

use super::{complaints, example, refused};
use crate::common::Sandbox;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn an_output_that_cannot_be_ends_with_74_before_anything_is_read() {
    let sandbox = Sandbox::new();
    sandbox.put("a.pcap", &example());
    for flag in ["--output", "--summary"] {
        let refused = |target: &str, line: &str| {
            refused(
                &sandbox,
                &["replay", "../in/a.pcap", flag, target],
                74,
                &[line],
            );
            refused(&sandbox, &["demo", flag, target], 74, &[line]);
            refused(&sandbox, &["check", flag, target], 74, &[line]);
        };
        refused(
            "none/f",
            "no folder to write to: none/f: create it, or name another file",
        );
        refused(
            "../in/a.pcap/f",
            "no folder to write to: ../in/a.pcap/f: name a file in a folder",
        );
        refused("../in", "output is a folder: ../in: name a file");
        refused(
            "../in/a.pcap",
            "output would overwrite a capture: ../in/a.pcap: name another file",
        );
    }
    assert_eq!(fs::read(sandbox.input("a.pcap")).unwrap(), example());
}

#[test]
fn a_device_that_is_full_ends_with_74() {
    if !Path::new("/dev/full").exists() {
        eprintln!("skipped: no /dev/full here");
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.put("a.pcap", &example());
    let run = sandbox
        .run(&["replay", "../in/a.pcap", "-o", "/dev/full"], None)
        .expect_code(74);
    assert_eq!(
        complaints(&run),
        [
            "cannot write to (no space left on device): /dev/full: free space or choose another place with -o"
        ]
    );
}

/// A file system of its own for one test; unmounted after it.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path) -> Option<Self> {
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=96k", "tmpfs"])
            .arg(at)
            .output();
        done.is_ok_and(|done| done.status.success())
            .then(|| Self(at.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_disk_that_fills_up_ends_with_74_and_leaves_no_part_of_a_file() {
    let sandbox = Sandbox::new();
    let folder = sandbox.work().join("disk");
    fs::create_dir(&folder).unwrap();
    let Some(disk) = SmallDisk::mount(&folder) else {
        eprintln!("skipped: this user cannot mount a small file system");
        return;
    };
    sandbox.put("a.pcap", &example());
    for format in ["jsonl", "csv"] {
        let run = sandbox.run(
            &[
                "replay",
                "../in/a.pcap",
                "-o",
                "disk/f",
                "--format",
                format,
                "--summary",
                "disk/s",
            ],
            None,
        );
        // 245 records are more than 96 KiB as JSON, and less than it as CSV.
        let (code, left) = if format == "jsonl" { (74, 0) } else { (0, 2) };
        let run = run.expect_code(code);
        assert_eq!(complaints(&run).len(), usize::from(code != 0));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), left);
    }
    drop(disk);
}

/// Runs the program as a user without rights: as `nobody` where that takes a step, else as it is.
fn run_without_rights(folder: &Path, arguments: &[&str]) -> Option<(i32, String)> {
    let program = folder.join("sekisho");
    if !program.exists() {
        fs::copy(env!("CARGO_BIN_EXE_sekisho"), &program).unwrap();
        fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    }
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder);
    let is_root =
        fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0);
    if is_root {
        command.uid(65_534).gid(65_534);
    }
    match command.output() {
        Ok(done) => Some((
            done.status.code().unwrap(),
            String::from_utf8(done.stderr).unwrap(),
        )),
        Err(error) => {
            eprintln!("skipped: rights cannot be given up here: {error}");
            None
        }
    }
}

#[test]
fn what_this_user_may_not_do_ends_with_77() {
    let folder = tempfile::tempdir().unwrap();
    let open = |name: &str, mode| {
        fs::set_permissions(folder.path().join(name), Permissions::from_mode(mode)).unwrap();
    };
    for (name, mode) in [("closed.pcap", 0o000), ("good.pcap", 0o644)] {
        fs::write(folder.path().join(name), example()).unwrap();
        open(name, mode);
    }
    fs::create_dir(folder.path().join("locked")).unwrap();
    open("locked", 0o555);
    open("", 0o755);
    let closed = "no permission to read: \"closed.pcap\": change its mode or run as a user who may";
    let locked = "no permission to write: locked/f: choose a place that this user may write to";
    for (arguments, code, line) in [
        (&["replay", "closed.pcap"][..], 77, closed),
        (
            &["replay", "good.pcap", "closed.pcap", "--format", "null"],
            1,
            closed,
        ),
        (&["replay", "good.pcap", "-o", "locked/f"], 77, locked),
        (
            &[
                "replay",
                "good.pcap",
                "--format",
                "null",
                "--summary",
                "locked/f",
            ],
            77,
            locked,
        ),
        (&["check", "-o", "locked/f"], 77, locked),
    ] {
        let Some((got, said)) = run_without_rights(folder.path(), arguments) else {
            return;
        };
        let lines: Vec<&str> = said
            .lines()
            .filter_map(|line| line.strip_prefix("sekisho: "))
            .collect();
        assert_eq!(
            (got, lines.as_slice()),
            (code, &[line][..]),
            "{arguments:?}"
        );
    }
}

#[test]
fn two_runs_do_not_write_to_one_name_and_what_a_killed_run_left_is_replaced() {
    let sandbox = Sandbox::new();
    sandbox.put("a.pcap", &example());
    let arguments = ["replay", "../in/a.pcap", "-o", "f.jsonl"];
    let path = sandbox.work().join("f.jsonl.tmp");
    fs::write(&path, "half a rec").unwrap();
    let other_run = fs::File::open(&path).unwrap();
    other_run.lock().unwrap();
    let run = sandbox.run(&arguments, None).expect_code(74);
    assert_eq!(
        complaints(&run),
        [
            "cannot write to (in use): f.jsonl.tmp: another run may be writing there; choose another name"
        ]
    );
    assert_eq!(fs::read(&path).unwrap(), b"half a rec");
    drop(other_run);
    sandbox.run(&arguments, None).expect_code(0);
    assert!(!path.exists());
    assert!(sandbox.read("f.jsonl").starts_with(b"{"));
}

#[test]
fn what_was_removed_is_in_the_ledger_whoever_reads_of_it() {
    let sandbox = Sandbox::new();
    sandbox.put("a.pcap", &example());
    fs::write(sandbox.work().join("c.toml"), "[retention]\ndays = 1\n").unwrap();
    fs::create_dir(sandbox.work().join("records")).unwrap();
    for (name, code) in [("/dev/full", 74), ("/dev/null", 0)] {
        if !Path::new(name).exists() {
            eprintln!("skipped: no {name} here");
            continue;
        }
        let replay = [
            "replay",
            "../in/a.pcap",
            "-c",
            "c.toml",
            "--ledger",
            "books",
        ];
        let replay = [&replay[..], &["-o", "records/a.jsonl"]].concat();
        sandbox.run(&replay, None).expect_code(0);
        let purge = ["purge", "-c", "c.toml", "--ledger", "books", "records"];
        let done = Command::new(env!("CARGO_BIN_EXE_sekisho"))
            .args(purge)
            .current_dir(sandbox.work())
            .stdout(fs::OpenOptions::new().write(true).open(name).unwrap())
            .output()
            .unwrap();
        assert_eq!(done.status.code(), Some(code), "{done:?}");
        assert!(!sandbox.work().join("records/a.jsonl").exists());
        sandbox
            .run(&["verify", "books", "--records", "records"], None)
            .expect_code(0);
    }
}
