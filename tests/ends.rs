//! How a replay ends: every exit code of the contract, from outside, with what is left behind.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may fail, and says why it was skipped"
)]

mod common;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Run, Sandbox};
use serde_json::Value;

/// The example: 2,800 frames, in a file header of 24 bytes and records.
fn example() -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/example.pcap")).unwrap()
}

/// Lines of talk that are errors.
fn complaints(run: &Run) -> Vec<String> {
    String::from_utf8_lossy(&run.stderr)
        .lines()
        .filter_map(|line| line.strip_prefix("sekisho: ").map(str::to_owned))
        .collect()
}

/// The run ended with this code and lines, and left nothing.
#[track_caller]
fn refused(sandbox: &Sandbox, arguments: &[&str], code: i32, lines: &[&str]) {
    let run = sandbox.run(arguments, None).expect_code(code);
    assert_eq!(complaints(&run), lines);
    assert!(run.stdout.is_empty());
    let left: Vec<PathBuf> = sandbox
        .leavings()
        .into_iter()
        .map(|(path, _)| path)
        .collect();
    assert!(left.is_empty(), "left behind: {left:?}");
}

fn balanced(summary: &Value) -> (u64, u64) {
    assert_eq!(summary["balanced"], true);
    let count = |key: &str| summary[key]["packets"].as_u64().unwrap();
    assert_eq!(count("frames"), count("admitted") + count("excluded"));
    (
        count("frames"),
        summary["flows"]["exported"].as_u64().unwrap(),
    )
}

#[test]
fn a_cut_capture_is_read_up_to_the_cut_and_ends_with_1() {
    let sandbox = Sandbox::new();
    sandbox.put("cut.pcap", &example()[..50_000]);
    let run = sandbox
        .run(
            &[
                "replay",
                "../in/cut.pcap",
                "-o",
                "f.jsonl",
                "--summary",
                "s.json",
            ],
            None,
        )
        .expect_code(1);
    assert_eq!(
        complaints(&run),
        [
            "damaged input: \"../in/cut.pcap\": cut inside a record (32 of 128 bytes) at offset 49952: \
             what was whole before it was read"
        ]
    );
    let summary: Value = serde_json::from_slice(&sandbox.read("s.json")).unwrap();
    let (frames, exported) = balanced(&summary);
    assert_eq!(frames, 438);
    assert_eq!(summary["inputs"][0]["complete"], false);
    let records = sandbox.read("f.jsonl");
    assert_eq!(
        records.iter().filter(|byte| **byte == b'\n').count() as u64,
        exported
    );
}

#[test]
fn what_is_no_capture_ends_with_65() {
    let sandbox = Sandbox::new();
    sandbox.put("empty", b"");
    sandbox.put("notes.txt", b"no capture at all");
    for name in ["empty", "notes.txt"] {
        refused(
            &sandbox,
            &["replay", &format!("../in/{name}"), "-o", "f.jsonl"],
            65,
            &[&format!(
                "not a capture: \"../in/{name}\": give pcap or pcapng, plain or in gzip, zstd or lz4"
            )],
        );
    }
    refused(
        &sandbox,
        &["replay", "../in", "-o", "f.jsonl"],
        65,
        &[
            "no capture in the folder: \"../in\": give the folder that holds them; those inside it are not searched",
        ],
    );
}

#[test]
fn where_nothing_opens_every_input_has_its_line_and_the_first_decides() {
    let sandbox = Sandbox::new();
    sandbox.put("notes.txt", b"no capture at all");
    let missing = "no such input: \"../in/none.pcap\": check the name";
    let text =
        "not a capture: \"../in/notes.txt\": give pcap or pcapng, plain or in gzip, zstd or lz4";
    refused(
        &sandbox,
        &["replay", "../in/none.pcap", "../in/notes.txt"],
        66,
        &[missing, text],
    );
    refused(
        &sandbox,
        &["replay", "../in/notes.txt", "../in/none.pcap"],
        65,
        &[text, missing],
    );
}

#[test]
fn of_several_inputs_the_good_ones_are_read_and_each_bad_one_has_its_line() {
    let sandbox = Sandbox::new();
    let example = example();
    sandbox.put("a.pcap", &example);
    sandbox.put("b.pcap", &example[..50_000]);
    sandbox.put("c.txt", b"no capture at all");
    fs::create_dir(sandbox.input("d")).unwrap();
    sandbox.put("e.pcap", &example);
    let names =
        ["none", "a.pcap", "b.pcap", "c.txt", "d", "e.pcap"].map(|name| format!("../in/{name}"));
    for lanes in ["1", "3"] {
        let mut arguments = vec![
            "replay",
            "--format",
            "null",
            "--summary",
            "-",
            "--lanes",
            lanes,
        ];
        arguments.extend(names.iter().map(String::as_str));
        let run = sandbox.run(&arguments, None).expect_code(1);
        let lines = complaints(&run);
        assert_eq!(lines.len(), 4, "{lines:?}");
        for (line, start) in lines.iter().zip([
            "no such input: \"../in/none\"",
            "damaged input: \"../in/b.pcap\"",
            "not a capture: \"../in/c.txt\"",
            "no capture in the folder: \"../in/d\"",
        ]) {
            assert!(line.starts_with(start), "{line}");
        }
        let summary: Value = serde_json::from_slice(&run.stdout).unwrap();
        assert_eq!(balanced(&summary).0, 2 * 2_800 + 438);
        let inputs = summary["inputs"].as_array().unwrap();
        assert_eq!(inputs.len(), names.len());
        for ((input, name), (packets, complete)) in inputs.iter().zip(&names).zip([
            (0, false),
            (2_800, true),
            (438, false),
            (0, false),
            (0, false),
            (2_800, true),
        ]) {
            assert_eq!(input["path"], name.as_str());
            assert_eq!(
                (&input["packets"], &input["complete"]),
                (&packets.into(), &complete.into())
            );
        }
    }
}

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
            .args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"])
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
        // 245 records are more than 64 KiB as JSON, and less than it as CSV.
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
fn check_refuses_a_table_that_a_run_would_refuse() {
    let sandbox = Sandbox::new();
    sandbox.put("a.pcap", &example());
    let table = sandbox.put(
        "delegated",
        b"2|apnic|20260922|1|19830613|20260921|+1000\napnic|*|ipv4|*|1|summary\n\
          apnic|AU|ipv4|1.0.0.0|256|20110811|assigned|A\n",
    );
    let table = table.to_str().unwrap();
    for arguments in [
        &["check", "--geo", table][..],
        &["replay", "../in/a.pcap", "--geo", table],
    ] {
        refused(
            &sandbox,
            arguments,
            78,
            &[
                "no source has an address of home: JP: give a table that covers it, or another --home",
            ],
        );
    }
}

#[test]
fn cut_at_every_byte_all_whole_packets_are_counted() {
    let sandbox = Sandbox::new();
    let example = example();
    let record = |at: usize| {
        let captured: [u8; 4] = example[at + 8..at + 12].try_into().unwrap();
        at + 16 + u32::from_le_bytes(captured) as usize
    };
    let ends = [record(24), record(record(24))];
    let names: Vec<String> = (1..=ends[1])
        .map(|length| {
            let name = format!("{length:04}.pcap");
            sandbox.put(&name, &example[..length]);
            format!("../in/{name}")
        })
        .collect();
    let mut arguments = vec!["replay", "--format", "null", "--summary", "-"];
    arguments.extend(names.iter().map(String::as_str));
    let run = sandbox.run(&arguments, None).expect_code(1);
    let summary: Value = serde_json::from_slice(&run.stdout).unwrap();
    balanced(&summary);
    let complaints = complaints(&run);
    for (length, input) in (1..).zip(summary["inputs"].as_array().unwrap()) {
        let whole = ends.iter().filter(|end| **end <= length).count();
        assert_eq!(input["packets"], whole, "cut after {length}");
        let complete = length == 24 || ends.contains(&length);
        assert_eq!(input["complete"], complete, "cut after {length}");
        let named = complaints
            .iter()
            .filter(|line| line.contains(&format!("{length:04}.pcap")))
            .count();
        assert_eq!(named, usize::from(!complete), "cut after {length}");
    }
}
