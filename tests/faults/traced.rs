//! Commands that write something, run under strace.

use crate::common::{Run, Sandbox};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_sekisho");

/// What the tests look at: everything that changes a file.
const CALLS: &str = "trace=write,pwrite64,writev,ftruncate,fsync,fdatasync,rename,renameat,renameat2,\
    link,linkat,clone3,clone";

/// A command that writes something.
pub(crate) struct Sink {
    pub(crate) name: &'static str,
    arguments: &'static [&'static str],
    /// The ledger that it adds to.
    pub(crate) ledger: Option<&'static str>,
}

const fn sink(name: &'static str, arguments: &'static [&'static str]) -> Sink {
    Sink {
        name,
        arguments,
        ledger: None,
    }
}

const fn with_ledger(
    name: &'static str,
    arguments: &'static [&'static str],
    ledger: &'static str,
) -> Sink {
    Sink {
        name,
        arguments,
        ledger: Some(ledger),
    }
}

const A: &str = "../in/a.pcap";

/// Everything that is written to a file by something that ends by itself.
pub(crate) const SINKS: &[Sink] = &[
    sink("jsonl", &["replay", A, "-o", "r.jsonl"]),
    sink("csv", &["replay", A, "--format", "csv", "-o", "r.csv"]),
    sink(
        "ipfix",
        &["replay", A, "--format", "ipfix", "-o", "r.ipfix"],
    ),
    #[cfg(feature = "parquet")]
    sink(
        "parquet",
        &["replay", A, "--format", "parquet", "-o", "tree/"],
    ),
    sink("shard", &["replay", A, "--shard", "1/2", "-o", "r.shard"]),
    sink(
        "summary",
        &["replay", A, "--format", "null", "--summary", "r.json"],
    ),
    with_ledger(
        "a new ledger",
        &["replay", A, "--format", "null", "--ledger", "new"],
        "new",
    ),
    with_ledger(
        "a ledger and records",
        &["replay", A, "-o", "r.jsonl", "--ledger", "books"],
        "books",
    ),
    sink("report", &["report", "books", "-o", "r.html"]),
    sink("report as JSON", &["report", "books", "--json", "r.json"]),
    sink(
        "merge",
        &["merge", "r.jsonl", "../in/1.shard", "../in/2.shard"],
    ),
    with_ledger(
        "merge with a ledger",
        &[
            "merge",
            "r.jsonl",
            "../in/1.shard",
            "../in/2.shard",
            "--ledger",
            "new",
        ],
        "new",
    ),
];

/// A call that changed a file: its name, the line of the log, and whether it was of a file of ours.
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) line: String,
    pub(crate) is_ours: bool,
}

/// Files by name: what is in them.
pub(crate) type Files = BTreeMap<PathBuf, Vec<u8>>;

/// What the sinks work with, and runs of them.
pub(crate) struct Bench {
    sandbox: Sandbox,
    books: Files,
}

impl Bench {
    /// Makes what they need; nothing where strace is not here, or may not trace.
    pub(crate) fn new() -> Option<Self> {
        let args = ["-f", "-qq", "-o", "/dev/null", "-e"];
        let can = Command::new("strace")
            .args(args)
            .args(["inject=fsync:error=EIO", "true"])
            .output();
        if !can.is_ok_and(|done| done.status.success()) {
            println!("NOT TESTED: no strace here, or it may not trace");
            return None;
        }
        let sandbox = Sandbox::new();
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/example.pcap");
        sandbox.put("a.pcap", &fs::read(example).unwrap());
        for part in ["1", "2"] {
            let (shard, output) = (format!("{part}/2"), format!("../in/{part}.shard"));
            let arguments = ["replay", A, "--shard", &shard, "-o", &output];
            sandbox.run(&arguments, None).expect_code(0);
        }
        let arguments = ["replay", A, "--format", "null", "--ledger", "books"];
        sandbox.run(&arguments, None).expect_code(0);
        let mut bench = Self {
            sandbox,
            books: Files::new(),
        };
        bench.books = bench.files();
        Some(bench)
    }

    pub(crate) fn work(&self) -> PathBuf {
        self.sandbox.work().canonicalize().unwrap()
    }

    /// What is in the working directory.
    pub(crate) fn files(&self) -> Files {
        let work = self.sandbox.work();
        let all = self.sandbox.leavings().into_iter();
        let ours = all.filter_map(|(path, bytes)| {
            let name = path.strip_prefix(&work).ok()?.to_owned();
            Some((name, bytes))
        });
        ours.collect()
    }

    /// The files that a sink finds.
    pub(crate) fn before(&self) -> &Files {
        &self.books
    }

    /// The working directory as every sink finds it: with the ledger of one run.
    fn prepare(&self) {
        self.sandbox.clear();
        for (name, bytes) in &self.books {
            let path = self.sandbox.work().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, bytes).unwrap();
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            fs::set_permissions(&path, mode).unwrap();
        }
        fs::create_dir(self.sandbox.work().join("tree")).unwrap();
    }

    /// Runs a sink with this fault.
    pub(crate) fn with(&self, sink: &Sink, fault: &str) -> Run {
        self.prepare();
        self.traced(sink, Path::new("/dev/null"), &["-e", fault])
    }

    /// Runs it without: every call that changed a file, by thread; and what it left.
    pub(crate) fn without(&self, sink: &Sink) -> (Vec<Vec<Call>>, Files) {
        self.prepare();
        let log = self.sandbox.input("log");
        self.traced(sink, &log, &["-y"]).expect_code(0);
        let log = fs::read_to_string(log).unwrap();
        let work = self.sandbox.work().display().to_string();
        let mut threads: BTreeMap<&str, Vec<Call>> = BTreeMap::new();
        for line in log.lines() {
            let (thread, line) = line.split_once(' ').unwrap();
            if let Some((name, _)) = line.trim_start().split_once('(') {
                threads.entry(thread).or_default().push(Call {
                    name: name.to_owned(),
                    line: line.trim_start().to_owned(),
                    // Names that are given to a call are below the working directory.
                    is_ours: line.contains(&work) || name.contains("rename") || name == "linkat",
                });
            }
        }
        (threads.into_values().collect(), self.files())
    }

    fn traced(&self, sink: &Sink, log: &Path, more: &[&str]) -> Run {
        let done = Command::new("strace")
            .args(["-f", "--seccomp-bpf", "-qq", "-s", "256", "-o"])
            .arg(log)
            .args(["-e", CALLS])
            .args(more)
            .arg(PROGRAM)
            .args(sink.arguments)
            .current_dir(self.sandbox.work())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Run {
            code: done.status.code(),
            stdout: done.stdout,
            stderr: done.stderr,
        }
    }

    /// Runs it once more, with nothing in its way.
    #[track_caller]
    pub(crate) fn again(&self, sink: &Sink) {
        self.sandbox.run(sink.arguments, None).expect_code(0);
    }

    /// Whether a ledger holds.
    #[track_caller]
    pub(crate) fn verify(&self, ledger: &str) {
        self.sandbox.run(&["verify", ledger], None).expect_code(0);
    }
}

/// Of the calls of this name, by how many a thread makes at most: whether the one of that number is of a file of
/// ours in any thread.
pub(crate) fn numbered(threads: &[Vec<Call>], name: &str) -> Vec<bool> {
    let mut numbers = Vec::new();
    for calls in threads {
        let calls = calls.iter().filter(|call| call.name == name);
        for (at, call) in calls.enumerate() {
            if at == numbers.len() {
                numbers.push(false);
            }
            numbers[at] |= call.is_ours;
        }
    }
    numbers
}
