//! Starts this program anew inside a sandbox, and looks at it from outside.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// A user without rights.
pub(crate) const NOBODY: u32 = 65_534;
/// Longer than anything takes.
const LONG: Duration = Duration::from_secs(60);

pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Those to try as: this one, and where it is root, another.
pub(crate) fn users() -> impl Iterator<Item = Option<u32>> {
    std::iter::once(None).chain(is_root().then_some(Some(NOBODY)))
}

/// A folder with `in`, `out` and `elsewhere`, and what is handed to the process.
pub(crate) struct Case {
    root: Arc<tempfile::TempDir>,
    user: Option<u32>,
    with: Vec<(&'static str, String)>,
}

impl Case {
    pub(crate) fn new() -> Self {
        Self::of_user(None)
    }

    pub(crate) fn of_user(user: Option<u32>) -> Self {
        let root = tempfile::tempdir().unwrap();
        for folder in ["in", "out", "elsewhere"] {
            fs::create_dir(root.path().join(folder)).unwrap();
        }
        fs::write(root.path().join("in/list.txt"), "192.0.2.0/24\n").unwrap();
        fs::write(root.path().join("elsewhere/secret.txt"), "secret\n").unwrap();
        for name in [
            "",
            "in",
            "out",
            "elsewhere",
            "in/list.txt",
            "elsewhere/secret.txt",
        ] {
            std::os::unix::fs::chown(root.path().join(name), user, user).unwrap();
        }
        Self {
            root: Arc::new(root),
            user,
            with: Vec::new(),
        }
    }

    pub(crate) fn with(mut self, key: &'static str, value: &str) -> Self {
        self.with.push((key, value.to_owned()));
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// A command in the folder, as the user.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.root.path());
        if let Some(user) = self.user {
            command.uid(user).gid(user);
        }
        command
    }

    pub(crate) fn start(&self, name: &str) -> Inside {
        self.start_with(name, &[])
    }

    pub(crate) fn start_with(&self, name: &str, with: &[(&str, &str)]) -> Inside {
        let mut child = self
            .command(std::env::current_exe().unwrap())
            .env("SEKISHO_CASE", name)
            .env("SEKISHO_FOLDER", self.root.path())
            .env("RUST_BACKTRACE", "0")
            .envs(self.with.iter().map(|(key, value)| (key, value)))
            .envs(with.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (say, lines) = channel();
        let listen = |stream: Box<dyn std::io::Read + Send>| {
            let say = say.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    let _ = say.send(line);
                }
            });
        };
        listen(Box::new(child.stdout.take().unwrap()));
        listen(Box::new(child.stderr.take().unwrap()));
        Inside {
            _root: Arc::clone(&self.root),
            child,
            lines,
            said: String::new(),
        }
    }
}

/// A process of a case.
pub(crate) struct Inside {
    /// The folder stays for as long.
    _root: Arc<tempfile::TempDir>,
    child: Child,
    lines: Receiver<String>,
    said: String,
}

impl Inside {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn process(&self) -> PathBuf {
        Path::new("/proc").join(self.pid().to_string())
    }

    pub(crate) fn tasks(&self) -> impl Iterator<Item = PathBuf> {
        let tasks = fs::read_dir(self.process().join("task")).unwrap();
        tasks.map(|task| task.unwrap().path())
    }

    /// All that it said until now.
    pub(crate) fn said(&self) -> &str {
        &self.said
    }

    #[track_caller]
    pub(crate) fn wait_for(&mut self, word: &str) {
        loop {
            match self.lines.recv_timeout(LONG) {
                Ok(line) if line == word => return,
                Ok(line) => self.said = format!("{}{line}\n", self.said),
                Err(_) => panic!("never came to `{word}`: {}", self.said),
            }
        }
    }

    pub(crate) fn go_on(&mut self) {
        // Where it has ended, that is seen at the end.
        let _ = self.child.stdin.as_mut().unwrap().write_all(b"\n");
    }

    #[track_caller]
    pub(crate) fn end(&mut self) -> (ExitStatus, String) {
        drop(self.child.stdin.take());
        loop {
            match self.lines.recv_timeout(LONG) {
                Ok(line) => self.said = format!("{}{line}\n", self.said),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("does not end: {}", self.said),
            }
        }
        (self.child.wait().unwrap(), self.said.clone())
    }

    #[track_caller]
    pub(crate) fn succeed(&mut self) -> String {
        let (status, said) = self.end();
        assert!(status.success(), "{status}: {said}");
        said
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
