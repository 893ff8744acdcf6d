//! What is left on the disk: whole files, whatever happened; and what the ledger says of them.

use crate::common::Sandbox;
use crate::{example, files, replay};
use sekisho::config::Config;
use sekisho::export::{Format, IpEncoding, Terms, inspect};
use sekisho::gate::Policy;
use sekisho::pipeline::{Authorisation, Job, Progress};
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A run that takes long enough to be killed in it.
const MANY: &str = "2000000";

fn demo(sandbox: &Sandbox, target: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args([
            "demo",
            "--packets",
            MANY,
            "--idle",
            "1",
            "--format",
            "parquet",
        ])
        .args(["-o", target])
        .current_dir(sandbox.work())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn a_killed_run_leaves_nothing_incomplete_and_the_next_one_clears_up() {
    let sandbox = Sandbox::new();
    let tree = sandbox.work().join("tree");
    let mut was_caught = false;
    for wait in [0, 20, 60, 150, 400] {
        let mut child = demo(&sandbox, "tree/");
        let begun = Instant::now();
        while files(&tree).1.is_empty() && child.try_wait().unwrap().is_none() {
            assert!(begun.elapsed() < Duration::from_secs(300));
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(Duration::from_millis(wait));
        child.kill().unwrap();
        child.wait().unwrap();
        let (whole, others) = files(&tree);
        was_caught |= !others.is_empty();
        for path in whole {
            inspect(&path).unwrap();
        }
    }
    assert!(was_caught);
    let left = files(&tree).1.len();
    let run = replay(&sandbox, &["--format", "parquet", "-o", "tree/"]).expect_code(0);
    let said = String::from_utf8_lossy(&run.stderr);
    let line = format!("removed: {left} files that a killed run left without their ends");
    assert!(left == 0 || said.contains(&line), "{said}");
    assert!(files(&tree).1.is_empty());
}

/// A file system of its own; unmounted after the test.
struct SmallDisk(PathBuf);

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_disk_that_fills_up_ends_with_74_and_leaves_no_file() {
    let sandbox = Sandbox::new();
    let disk = sandbox.work().join("disk");
    fs::create_dir(&disk).unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=48k", "none"])
        .arg(&disk)
        .output();
    if !mounted.is_ok_and(|done| done.status.success()) {
        eprintln!("NOT TESTED: no file system of a given size here");
        return;
    }
    let _unmount = SmallDisk(disk.clone());
    for target in ["disk/tree/", "disk/f.parquet"] {
        let arguments = ["demo", "--format", "parquet", "-o", target];
        let run = sandbox.run(&arguments, None).expect_code(74);
        let said = String::from_utf8_lossy(&run.stderr);
        assert!(said.contains("no space left on device"), "{said}");
        assert_eq!(files(&disk), (Vec::new(), Vec::new()));
    }
}

struct Silent;

impl Progress for Silent {
    fn begin(&self, _: Option<u64>) {}
    fn advance(&self, _: u64, _: u64) {}
    fn end(&self) {}
}

#[test]
fn one_lane_and_many_write_the_same_bytes_under_the_same_names() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::default();
    let table = sekisho::geo::Table::build(&sekisho::pipeline::geo_settings(&config)).unwrap();
    let settings = sekisho::lane::Settings {
        policy: Policy::new(sekisho::gate::Authorisation::ALL),
        table: table.into(),
        flow: sekisho::flow::Settings {
            idle: 60_000_000_000,
            active: 300_000_000_000,
            max_flows: 100_000,
            seed: 1,
        },
    };
    let write = |lanes: usize| {
        let target = folder.path().join(format!("{lanes}/"));
        let job = Job {
            inputs: vec![example()],
            lane: settings.clone(),
            lanes,
            range_bytes: 10_000,
            format: Format::Parquet,
            target: (&target).into(),
            ipfix_enterprise: sekisho::export::IPFIX_ENTERPRISE,
            ip_encoding: IpEncoding::Text,
            ledger: None,
            sensor: "lab".to_owned(),
            terms: Terms::default(),
            digest: true,
            config: String::new(),
            interval: None,
            authorisation: Authorisation::default(),
        };
        let outcome = job.run(&Silent).unwrap();
        let (whole, others) = files(&target);
        assert!(others.is_empty() && whole.len() > 3);
        let bytes = |path: &PathBuf| {
            let name = path.strip_prefix(&target).unwrap().to_owned();
            (name, fs::read(path).unwrap())
        };
        (outcome.exports, whole.iter().map(bytes).collect::<Vec<_>>())
    };
    let one = write(1);
    for lanes in [2, 5] {
        assert!(write(lanes) == one, "{lanes} lanes");
    }
}

#[test]
fn the_ledger_knows_every_file_and_purge_removes_those_that_have_expired() {
    let sandbox = Sandbox::new();
    sandbox.put("c.toml", b"[retention]\ndays = 30\n");
    let keep = [
        "-c",
        "../in/c.toml",
        "--ledger",
        "ledger",
        "-o",
        "tree/",
        "--format",
        "parquet",
    ];
    replay(&sandbox, &keep).expect_code(0);
    let verify = ["verify", "ledger", "--records", "tree"];
    sandbox.run(&verify, None).expect_code(0);
    let (whole, _) = files(&sandbox.work().join("tree"));
    let bytes = fs::read(&whole[0]).unwrap();
    fs::write(&whole[0], &bytes[1..]).unwrap();
    sandbox.run(&verify, None).expect_code(3);
    fs::write(&whole[0], bytes).unwrap();
    let purge = |before: &str| {
        let arguments = [
            "purge",
            "-c",
            "../in/c.toml",
            "--ledger",
            "ledger",
            "--before",
            before,
            "tree",
        ];
        let run = sandbox.run(&arguments, None).expect_code(0);
        String::from_utf8_lossy(&run.stderr).into_owned() + &String::from_utf8_lossy(&run.stdout)
    };
    purge("2026-10-06");
    assert_eq!(files(&sandbox.work().join("tree")).0, whole);
    let said = purge("2027-01-01");
    assert_eq!(
        files(&sandbox.work().join("tree")).0,
        Vec::<PathBuf>::new(),
        "{said}"
    );
    sandbox.run(&verify, None).expect_code(0);
}

#[test]
fn what_cannot_be_is_said_before_anything_is_read() {
    let sandbox = Sandbox::new();
    let run = replay(&sandbox, &["--format", "parquet"]).expect_code(2);
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(
        said.contains("name a folder or a file as `output`"),
        "{said}"
    );
    fs::write(sandbox.work().join("file"), "").unwrap();
    replay(&sandbox, &["--format", "parquet", "-o", "file/tree/"]).expect_code(74);
    // A pipe: nothing that is written behind its back can be cut or named.
    let pipe = Command::new("mkfifo")
        .arg(sandbox.work().join("pipe"))
        .status();
    assert!(pipe.unwrap().success());
    let run = replay(&sandbox, &["--format", "parquet", "-o", "pipe"]).expect_code(74);
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(said.contains("neither a file nor a folder"), "{said}");
}
