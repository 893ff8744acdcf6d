//! What whole-program tests share: a folder of their own, and runs of the built binary in it.
#![allow(dead_code, reason = "every test program uses its own part")]

pub(crate) mod keys;
pub(crate) mod page;
pub(crate) mod python;
pub(crate) mod search;
pub(crate) mod swap;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A folder for one test, gone after it: captures in `in`, the working directory `work`, and `tmp` for
/// `TMPDIR`.
pub(crate) struct Sandbox {
    root: tempfile::TempDir,
}

/// What a run left.
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

impl Run {
    /// Fails with what the program said unless it exited with `code`.
    #[track_caller]
    pub(crate) fn expect_code(self, code: i32) -> Self {
        let said = String::from_utf8_lossy(&self.stderr);
        assert_eq!(self.code, Some(code), "the program said: {said}");
        self
    }
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for folder in ["in", "work", "tmp"] {
            fs::create_dir(root.path().join(folder)).unwrap();
        }
        Self { root }
    }

    pub(crate) fn work(&self) -> PathBuf {
        self.root.path().join("work")
    }

    /// Where an input of this name lies.
    pub(crate) fn input(&self, name: &str) -> PathBuf {
        self.root.path().join("in").join(name)
    }

    /// Writes an input and says where it lies.
    pub(crate) fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.input(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Reads a file of the working directory.
    #[track_caller]
    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.work().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Runs the program in the working directory.
    pub(crate) fn run(&self, arguments: &[&str], stdin: Option<&[u8]>) -> Run {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sekisho"))
            .args(arguments)
            .current_dir(self.work())
            .env("TMPDIR", self.root.path().join("tmp"))
            .env("RUST_LOG", "trace")
            .env("RUST_BACKTRACE", "full")
            .stdin(if stdin.is_some() {
                Stdio::piped()
            } else {
                Stdio::null()
            })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let feeder = child.stdin.take().zip(stdin.map(<[u8]>::to_vec));
        let feeder = feeder.map(|(mut pipe, bytes)| {
            std::thread::spawn(move || {
                // A program that stops reading early says so by its exit code.
                let _ = pipe.write_all(&bytes);
            })
        });
        let output = child.wait_with_output().unwrap();
        if let Some(feeder) = feeder {
            feeder.join().unwrap();
        }
        Run {
            code: output.status.code(),
            stdout: output.stdout,
            stderr: output.stderr,
        }
    }

    /// Every file that a run left in the working and the temporary directory, with its name: a name
    /// can leak too.
    pub(crate) fn leavings(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        for folder in ["work", "tmp"] {
            collect(&self.root.path().join(folder), &mut found);
        }
        found
    }

    /// Empties the working and the temporary directory.
    pub(crate) fn clear(&self) {
        for folder in ["work", "tmp"] {
            let folder = self.root.path().join(folder);
            fs::remove_dir_all(&folder).unwrap();
            fs::create_dir(&folder).unwrap();
        }
    }
}

fn collect(folder: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else {
            found.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
}
