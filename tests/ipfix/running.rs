//! Programs that run beside a test, and what a replay of a capture that is shipped gives.

use crate::common::{Run, Sandbox};
use serde_json::Value;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _};
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Longest wait for anything here.
const LONG: Duration = Duration::from_secs(60);

/// A capture with IPv4, IPv6, TCP, UDP, ICMP, ESP and tunnels.
pub(crate) const CAPTURES: [&str; 4] = [
    "example.pcap",
    "tunnels.pcap",
    "ipv6-extensions.pcap",
    "icmp-quotes.pcap",
];

pub(crate) fn capture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(name)
}

/// Whether a program is installed: it is asked for its version. Which option asks for that, and does nothing
/// else, differs: tshark captures with -V.
pub(crate) fn is_there(program: &str, version: &str, packet: &str) -> bool {
    let mut command = Command::new(program);
    command.arg(version).stdin(Stdio::null());
    let there = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let Ok(mut child) = there else {
        println!("NOT TESTED: needs {program} ({packet})");
        return false;
    };
    let is_over = ends_in_time(&mut child);
    assert!(is_over, "{program} {version} does not end");
    true
}

/// Runs a program to its end, which must come soon: what it left.
#[track_caller]
pub(crate) fn finish(command: &mut Command) -> Output {
    // Files take whatever it says without anybody reading meanwhile.
    let [mut out, mut err] = [(); 2].map(|()| tempfile::tempfile().unwrap());
    let mut child = command
        .stdin(Stdio::null())
        .stdout(out.try_clone().unwrap())
        .stderr(err.try_clone().unwrap())
        .spawn()
        .unwrap();
    let is_over = ends_in_time(&mut child);
    let [stdout, stderr] = [&mut out, &mut err].map(|file| {
        let mut said = Vec::new();
        file.rewind().unwrap();
        file.read_to_end(&mut said).unwrap();
        said
    });
    let said = String::from_utf8_lossy(&stderr);
    assert!(is_over, "{command:?} does not end: {said}");
    Output {
        status: child.wait().unwrap(),
        stdout,
        stderr,
    }
}

/// Waits for the end of a program; kills it if that does not come.
fn ends_in_time(child: &mut Child) -> bool {
    let begin = Instant::now();
    while begin.elapsed() < LONG {
        if child.try_wait().unwrap().is_some() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    false
}

/// A port of loopback that nobody has.
pub(crate) fn free_port() -> u16 {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.local_addr().unwrap().port()
}

/// A program that runs until it is told to end; killed when the test is over.
pub(crate) struct Beside {
    child: Child,
    said: Receiver<String>,
    pub(crate) text: String,
}

impl Beside {
    /// Starts it, and waits until it says that it is ready.
    #[track_caller]
    pub(crate) fn start(command: &mut Command, ready: &str) -> Self {
        // One pipe for both: which one is talked on differs between versions.
        let (read, write) = std::io::pipe().unwrap();
        let child = command
            .env("TZ", "UTC")
            .stdin(Stdio::null())
            .stdout(write.try_clone().unwrap())
            .stderr(write)
            .spawn()
            .unwrap();
        // The parent's ends of the pipe go with the command.
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let (say, said) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(read).lines().map_while(Result::ok) {
                let _ = say.send(line);
            }
        });
        let mut beside = Self {
            child,
            said,
            text: String::new(),
        };
        beside.wait_for(ready);
        beside
    }

    #[track_caller]
    pub(crate) fn wait_for(&mut self, words: &str) {
        let begin = Instant::now();
        while !self.text.contains(words) {
            let rest = LONG.saturating_sub(begin.elapsed());
            match self.said.recv_timeout(rest) {
                Ok(line) => self.text = format!("{}{line}\n", self.text),
                Err(_) => panic!("never said `{words}`: {}", self.text),
            }
        }
    }

    /// Asks it to end, and waits for the words that it ends with.
    #[track_caller]
    pub(crate) fn end(&mut self, signal: &str, words: &str) {
        let id = self.child.id().to_string();
        let asked = Command::new("kill").args(["-s", signal, &id]).status();
        assert!(asked.unwrap().success());
        self.wait_for(words);
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until the program at a port of loopback has read everything that was sent to it.
#[track_caller]
pub(crate) fn wait_until_read(port: u16) {
    let wanted = format!(":{port:04X} ");
    for _ in 0..6_000 {
        let sockets = fs::read_to_string("/proc/net/udp").unwrap();
        let mine = sockets.lines().find(|line| line.contains(&wanted));
        let waiting = mine.and_then(|line| line.split_whitespace().nth(4));
        match waiting.and_then(|both| both.split_once(':')) {
            Some((_, "00000000")) => return,
            _ => std::thread::sleep(Duration::from_millis(10)),
        }
    }
    panic!("port {port} is never read");
}

/// A replay in a folder of its own: what it left, its records as JSON, and its summary.
pub(crate) struct Replayed {
    pub(crate) sandbox: Sandbox,
    pub(crate) run: Run,
    pub(crate) records: Vec<Value>,
    pub(crate) summary: Value,
}

/// Replays a capture to JSON Lines, and once more as `args` say.
#[track_caller]
pub(crate) fn replay(name: &str, args: &[&str]) -> Replayed {
    let sandbox = Sandbox::new();
    let path = capture(name);
    let path = path.to_str().unwrap();
    let plain = ["replay", path, "-o", "plain.jsonl"];
    sandbox.run(&plain, None).expect_code(0);
    let mut all = vec!["replay", path, "--summary", "summary.json"];
    all.extend(args);
    let run = sandbox.run(&all, None).expect_code(0);
    let text = String::from_utf8(sandbox.read("plain.jsonl")).unwrap();
    let records = text.lines().map(|line| serde_json::from_str(line).unwrap());
    let records = records.collect();
    let summary = serde_json::from_slice(&sandbox.read("summary.json")).unwrap();
    Replayed {
        sandbox,
        run,
        records,
        summary,
    }
}

impl Replayed {
    /// The sum of a field of all records.
    pub(crate) fn sum(&self, field: &str) -> u64 {
        let values = self.records.iter().map(|record| record[field].as_u64());
        values.map(Option::unwrap).sum()
    }

    pub(crate) fn admitted(&self) -> u64 {
        self.summary["admitted"]["packets"].as_u64().unwrap()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.run.stderr).into_owned()
    }
}
