//! A network namespace and the program in it.

use crate::sockets::{Sender, enter};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// A record never ends by time: what a replay and a capture find differs in times only.
pub(crate) const ENDLESS: [&str; 4] = ["--idle", "10000000000", "--active", "10000000000"];

/// Longest wait for anything here, on a machine that is busy with something else.
pub(crate) const LONG: Duration = Duration::from_secs(180);

/// The program.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_sekisho");

/// A namespace with the interfaces `va` and `vb`, joined, and a folder; gone after the test.
pub(crate) struct Net {
    name: String,
    folder: tempfile::TempDir,
}

impl Net {
    /// Makes one, or says why not.
    pub(crate) fn new() -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let net = Self {
            name: format!("sk-{}-{number}", std::process::id()),
            folder: tempfile::tempdir().unwrap(),
        };
        let made =
            command("ip", &["netns", "add", &net.name]).and_then(|()| net.try_join("va", "vb"));
        match made {
            Ok(()) => Some(net),
            Err(reason) => {
                println!("NOT TESTED: no network namespace here: {reason}");
                None
            }
        }
    }

    /// Makes two interfaces, joined: what goes out of one comes in at the other, and nothing that no
    /// test sends.
    pub(crate) fn join(&self, one: &str, other: &str) {
        self.try_join(one, other).unwrap();
    }

    fn try_join(&self, one: &str, other: &str) -> Result<(), String> {
        self.try_ip(&format!(
            "link add {one} mtu 9000 type veth peer name {other} mtu 9000"
        ))?;
        self.raise(one)?;
        self.raise(other)
    }

    /// Brings an interface up that sends nothing by itself.
    pub(crate) fn raise(&self, interface: &str) -> Result<(), String> {
        // The kernel's own neighbour discovery would be captured too.
        let key = format!("net/ipv6/conf/{interface}/disable_ipv6=1");
        let sysctl = ["netns", "exec", &self.name, "sysctl", "-qw", &key];
        command("ip", &sysctl)?;
        self.try_ip(&format!("link set {interface} arp off up"))
    }

    pub(crate) fn ip(&self, args: &str) {
        self.try_ip(args).unwrap();
    }

    pub(crate) fn try_ip(&self, args: &str) -> Result<(), String> {
        let mut all = vec!["-n", &self.name];
        all.extend(args.split(' '));
        command("ip", &all)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    /// A command in the namespace and the folder.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("ip");
        command
            .args(["netns", "exec", &self.name])
            .arg(program)
            .current_dir(self.folder());
        command
    }

    /// Does something in the namespace; a socket that it opens stays there.
    pub(crate) fn inside<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        let inside = || {
            enter(&self.name).unwrap();
            work()
        };
        std::thread::scope(|scope| scope.spawn(inside).join().unwrap())
    }

    /// A way out of an interface.
    pub(crate) fn sender(&self, interface: &str) -> Sender {
        self.inside(|| Sender::open(interface)).unwrap()
    }

    /// Sends frames out of `va`, as fast as it goes; how many they are.
    pub(crate) fn send<F: AsRef<[u8]>>(&self, frames: &[F]) -> u64 {
        self.sender("va").send(frames)
    }

    /// The program, told to capture from interfaces.
    pub(crate) fn program(&self, interfaces: &[&str], args: &[&str]) -> Command {
        let mut command = self.command(PROGRAM);
        command.arg("capture");
        for interface in interfaces {
            command.args(["-i", interface]);
        }
        command.args(["--summary", "summary.json"]).args(args);
        command
    }

    /// The program where it should not begin: its exit code, and what it said.
    #[track_caller]
    pub(crate) fn refused(&self, before: &[&str], args: &[&str]) -> (Option<i32>, String) {
        // Whatever becomes of it.
        let mut command = self.command("timeout");
        command.arg("60").args(before);
        if !before.last().is_some_and(|last| last.ends_with("sekisho")) {
            command.arg(PROGRAM);
        }
        let done = command.arg("capture").args(args).output().unwrap();
        assert!(done.stdout.is_empty());
        (done.status.code(), String::from_utf8(done.stderr).unwrap())
    }

    /// Starts the program on `vb`, and waits until it captures.
    pub(crate) fn capture(&self, args: &[&str]) -> Capture {
        self.capture_on(&["vb"], args)
    }

    /// Starts the program on interfaces, and waits until it captures.
    pub(crate) fn capture_on(&self, interfaces: &[&str], args: &[&str]) -> Capture {
        let mut capture = Capture::start(self.program(interfaces, args));
        capture.wait_for("capturing: ");
        capture
    }

    /// What the last run wrote as its summary.
    pub(crate) fn summary(&self) -> Value {
        serde_json::from_slice(&fs::read(self.path("summary.json")).unwrap()).unwrap()
    }

    /// The records of a file.
    pub(crate) fn records(&self, name: &str) -> Vec<Value> {
        let text = fs::read_to_string(self.path(name)).unwrap();
        assert!(text.is_empty() || text.ends_with('\n'));
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        let _ = command("ip", &["netns", "del", &self.name]);
    }
}

/// Runs to the end; what it says where it fails.
pub(crate) fn command(program: &str, args: &[&str]) -> Result<(), String> {
    let done = Command::new(program)
        .args(args)
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr).trim().to_owned();
    Err(format!("{program} {}: {said}", args.join(" ")))
}

/// The program while it captures.
pub(crate) struct Capture {
    child: Child,
    said: Receiver<String>,
    text: String,
}

impl Capture {
    /// Starts it.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (say, said) = channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let _ = say.send(line);
            }
        });
        Self {
            child,
            said,
            text: String::new(),
        }
    }

    /// Waits until it has said this.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, words: &str) {
        while !self.text.contains(words) {
            match self.said.recv_timeout(LONG) {
                Ok(line) => self.text = format!("{}{line}\n", self.text),
                Err(_) => panic!("never said `{words}`: {}", self.text),
            }
        }
    }

    /// Waits until it says something with this in it from now on, and gives that line.
    #[track_caller]
    pub(crate) fn next_line_with(&mut self, words: &str) -> String {
        loop {
            match self.said.recv_timeout(LONG) {
                Ok(line) => {
                    self.text = format!("{}{line}\n", self.text);
                    if line.contains(words) {
                        return line;
                    }
                }
                Err(_) => panic!("never said `{words}`: {}", self.text),
            }
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// A line of `/proc/PID/status` that is a number of KiB.
    pub(crate) fn kib(&self, key: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(key)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Asks it to end, and waits; the exit code, and all that was said.
    #[track_caller]
    pub(crate) fn finish(self) -> (Option<i32>, String) {
        self.signal(Signal::TERM);
        self.end()
    }

    /// Likewise, and fails unless all went well; what was said.
    #[track_caller]
    pub(crate) fn done(self) -> String {
        let (code, said) = self.finish();
        assert_eq!(code, Some(0), "{said}");
        said
    }

    /// The exit code, and all that was said.
    #[track_caller]
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let begun = now();
        while self.child.try_wait().unwrap().is_none() {
            assert!(begun.elapsed() < LONG, "does not end: {}", self.text);
            std::thread::sleep(Duration::from_millis(5));
        }
        while let Ok(line) = self.said.recv_timeout(LONG) {
            self.text = format!("{}{line}\n", self.text);
        }
        (self.child.wait().unwrap().code(), self.text.clone())
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[expect(clippy::disallowed_methods, reason = "a test of a live run")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Fails unless what is tried takes no longer than this once. A machine that is busy with something else
/// may be late for it, but not each time.
#[track_caller]
pub(crate) fn within(limit: Duration, mut attempt: impl FnMut() -> Duration) {
    let mut quickest = LONG;
    for _ in 0..4 {
        quickest = quickest.min(attempt());
        if quickest <= limit {
            return;
        }
    }
    panic!("took {quickest:?}, and may take {limit:?}");
}

/// Looks again and again until it is so.
#[track_caller]
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = now();
    while !is_so() {
        assert!(begun.elapsed() < LONG, "never: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A number of a summary or a record, by its place in it.
#[track_caller]
pub(crate) fn number(value: &Value, place: &str) -> u64 {
    let number = value.pointer(place).and_then(Value::as_u64);
    number.unwrap_or_else(|| panic!("no number {place} in {value:#}"))
}

/// Frames delivered, and frames dropped by the kernel, of a summary that is in balance.
#[track_caller]
pub(crate) fn frames_add_up(summary: &Value) -> (u64, u64) {
    assert_eq!(summary["balanced"], true, "{summary:#}");
    let frames = number(summary, "/frames/packets");
    let fates = number(summary, "/admitted/packets") + number(summary, "/excluded/packets");
    assert_eq!(frames, fates);
    let inputs = summary["inputs"].as_array().unwrap();
    let inputs: u64 = inputs.iter().map(|input| number(input, "/packets")).sum();
    assert_eq!(inputs, frames);
    (frames, number(summary, "/kernel_dropped"))
}

/// Fails unless every admitted packet is in one of these records, recalled or lost.
#[track_caller]
pub(crate) fn records_add_up(summary: &Value, records: &[Value]) {
    assert_eq!(number(summary, "/flows/exported"), records.len() as u64);
    let in_records: u64 = records.iter().map(packets).sum();
    assert_eq!(
        number(summary, "/admitted/packets"),
        in_records + number(summary, "/recalled/packets") + number(summary, "/lost/packets"),
        "{summary:#}"
    );
}

/// Packets of a record, both ways.
pub(crate) fn packets(record: &Value) -> u64 {
    number(record, "/src_packets") + number(record, "/dst_packets")
}

/// The two ends of a record, whichever began.
pub(crate) fn ends(record: &Value) -> BTreeSet<String> {
    [("src_ip", "src_port"), ("dst_ip", "dst_port")]
        .iter()
        .map(|(ip, port)| format!("{} {}", record[ip], record[port]))
        .collect()
}
