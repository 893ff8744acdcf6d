//! Live capture, in a network namespace with a pair of joined interfaces: what is sent into one end is
//! captured at the other. Needs root; where that is not given, each test says so and passes.
#![cfg(feature = "live")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail, and says why"
)]

use rustix::process::{Pid, Signal, kill_process};
use sekisho::demo::capture::{Format, pcap_image};
use sekisho::demo::{OwnedFrame, Traffic};
use sekisho::source::{self, Input, LinkType};
use sekisho::time::Timestamp;
use serde_json::Value;
use std::collections::HashSet;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// A record never ends by time: what a replay and a capture find differs in times only.
const ENDLESS: [&str; 4] = ["--idle", "10000000000", "--active", "10000000000"];

/// Longest wait for anything here.
const LONG: Duration = Duration::from_secs(60);

/// A namespace with the interfaces `va` and `vb`, joined, and a folder; gone after the test.
struct Net {
    name: String,
    folder: tempfile::TempDir,
}

impl Net {
    /// Makes one, or says why not.
    fn new() -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let net = Self {
            name: format!("sk-{}-{number}", std::process::id()),
            folder: tempfile::tempdir().unwrap(),
        };
        let made = command("ip", &["netns", "add", &net.name]).and_then(|()| net.join());
        match made {
            Ok(()) => Some(net),
            Err(reason) => {
                println!("NOT TESTED: no network namespace here: {reason}");
                None
            }
        }
    }

    fn join(&self) -> Result<(), String> {
        let ip = |args: &str| {
            let mut all = vec!["-n", &self.name];
            all.extend(args.split(' '));
            command("ip", &all)
        };
        ip("link add va mtu 9000 type veth peer name vb mtu 9000")?;
        for interface in ["va", "vb"] {
            // The kernel's own neighbour discovery would be captured too.
            let key = format!("net.ipv6.conf.{interface}.disable_ipv6=1");
            let sysctl = ["netns", "exec", &self.name, "sysctl", "-qw", &key];
            command("ip", &sysctl)?;
            ip(&format!("link set {interface} arp off up"))?;
        }
        Ok(())
    }

    fn ip(&self, args: &str) {
        let mut all = vec!["-n", &self.name];
        all.extend(args.split(' '));
        command("ip", &all).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A command in the namespace and the folder.
    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new("ip");
        command
            .args(["netns", "exec", &self.name])
            .arg(program)
            .current_dir(self.folder.path());
        command
    }

    /// Starts the program on `vb`, and waits until it captures.
    fn capture(&self, args: &[&str]) -> Capture {
        let mut child = self
            .command(env!("CARGO_BIN_EXE_sekisho"))
            .args(["capture", "-i", "vb", "--summary", "summary.json"])
            .args(args)
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
        let mut capture = Capture {
            child,
            said,
            text: String::new(),
        };
        capture.wait_for("capturing: vb");
        capture
    }

    /// Sends a capture into `va`, `times` times over; how many frames that were.
    fn send(&self, file: &Path, times: u32) -> u64 {
        let done = self.sender(file, times).output().unwrap();
        let said = String::from_utf8(done.stdout).unwrap();
        let sent = said
            .split("sent ")
            .nth(1)
            .and_then(|rest| rest.split(' ').next());
        sent.unwrap_or_else(|| panic!("{said}")).parse().unwrap()
    }

    fn sender(&self, file: &Path, times: u32) -> Command {
        let mut command = self.command(std::env::current_exe().unwrap());
        command
            .args(["--exact", "sends_a_capture", "--ignored", "--nocapture"])
            .env("SEKISHO_SEND", file)
            .env("SEKISHO_TIMES", times.to_string());
        command
    }

    /// What the last run wrote as its summary.
    fn summary(&self) -> Value {
        serde_json::from_slice(&fs::read(self.path("summary.json")).unwrap()).unwrap()
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        let _ = command("ip", &["netns", "del", &self.name]);
    }
}

/// Runs to the end; what it says where it fails.
fn command(program: &str, args: &[&str]) -> Result<(), String> {
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
struct Capture {
    child: Child,
    said: Receiver<String>,
    text: String,
}

impl Capture {
    #[track_caller]
    fn wait_for(&mut self, words: &str) {
        while !self.text.contains(words) {
            match self.said.recv_timeout(LONG) {
                Ok(line) => self.text = format!("{}{line}\n", self.text),
                Err(_) => panic!("never said `{words}`: {}", self.text),
            }
        }
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// The exit code, and all that was said.
    #[track_caller]
    fn end(mut self) -> (Option<i32>, String) {
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
    }
}

#[expect(clippy::disallowed_methods, reason = "a test of a live run")]
fn now() -> Instant {
    Instant::now()
}

/// Frames that an interface takes.
fn frames(seed: u64, packets: u64) -> Vec<OwnedFrame> {
    let mut frames = Vec::new();
    Traffic::new(seed, packets).for_each_frame(&mut |frame: &source::Frame<'_>| {
        if frame.link.0 == 1 && frame.bytes.len() >= 14 {
            let mut whole = frame.bytes.to_vec();
            // A frame that the traffic has cut is sent as long as it claims to be.
            whole.resize(frame.wire_len.clamp(14, 9_000) as usize, 0);
            frames.push(OwnedFrame::whole(frame.seen, frame.link, whole));
        }
    });
    frames
}

/// The records of a file without times, numbers and what depends on the age of the table, sorted.
fn records(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let mut records: Vec<String> = text
        .lines()
        .map(|line| {
            let mut record: Value = serde_json::from_str(line).unwrap();
            let fields = record.as_object_mut().unwrap();
            for field in ["start", "end", "seq"] {
                assert!(fields.remove(field).is_some());
            }
            let flags = fields.get_mut("flags").unwrap().as_array_mut().unwrap();
            flags.retain(|flag| flag != "geo_stale");
            record.to_string()
        })
        .collect();
    records.sort();
    records
}

#[track_caller]
fn frames_add_up(summary: &Value) -> (u64, u64) {
    assert_eq!(summary["balanced"], true, "{summary:#}");
    let number = |value: &Value| value.as_u64().unwrap();
    let frames = number(&summary["frames"]["packets"]);
    let fates = number(&summary["admitted"]["packets"]) + number(&summary["excluded"]["packets"]);
    assert_eq!(frames, fates);
    assert_eq!(summary["inputs"][0]["packets"], frames);
    (frames, number(&summary["kernel_dropped"]))
}

#[test]
fn the_wire_gives_the_records_of_the_file() {
    let Some(net) = Net::new() else { return };
    let mut sent = frames(5, 20_000);
    sent.push(long_headers());
    fs::write(net.path("sent.pcap"), pcap_image(&sent, Format::USUAL)).unwrap();
    let cut: Vec<OwnedFrame> = sent.iter().map(|frame| frame.clone().cut(512)).collect();
    fs::write(net.path("cut.pcap"), pcap_image(&cut, Format::USUAL)).unwrap();
    let replay = Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(["replay", "cut.pcap", "-o", "file.jsonl"])
        .args(["--summary", "summary.json"])
        .args(ENDLESS)
        .current_dir(net.folder.path())
        .output()
        .unwrap();
    assert!(replay.status.success());
    let of_file = records(&net.path("file.jsonl"));
    let books = net.summary();
    assert!(of_file.len() > 1_000, "{}", of_file.len());
    for lanes in ["1", "2", "5"] {
        let mut args = vec!["--lanes", lanes, "-o", "wire.jsonl"];
        args.extend(ENDLESS);
        let capture = net.capture(&args);
        assert_eq!(net.send(&net.path("sent.pcap"), 1), sent.len() as u64);
        capture.signal(Signal::TERM);
        let (code, said) = capture.end();
        assert_eq!(code, Some(0), "{said}");
        assert_eq!(frames_add_up(&net.summary()), (sent.len() as u64, 0));
        for part in ["frames", "admitted", "excluded"] {
            assert_eq!(net.summary()[part], books[part], "{part}");
        }
        // Fragments and what is inside tunnels too: frames are shared by their outermost addresses.
        let of_wire = records(&net.path("wire.jsonl"));
        assert!(of_wire == of_file, "{lanes} lanes: other records");
    }
}

#[test]
fn what_is_sent_is_delivered_or_counted_as_dropped() {
    let Some(net) = Net::new() else { return };
    let frames = frames(6, 20_000);
    fs::write(net.path("sent.pcap"), pcap_image(&frames, Format::USUAL)).unwrap();
    for stopped in [false, true] {
        let capture = net.capture(&["--format", "null", "--ring-mib", "1", "--lanes", "2"]);
        if stopped {
            // Nobody reads: the rings run full.
            capture.signal(Signal::STOP);
        }
        let sent = net.send(&net.path("sent.pcap"), 2);
        capture.signal(Signal::TERM);
        capture.signal(Signal::CONT);
        let begun = now();
        let (code, said) = capture.end();
        assert!(begun.elapsed() < Duration::from_secs(10));
        assert_eq!(code, Some(0), "{said}");
        let (delivered, dropped) = frames_add_up(&net.summary());
        assert_eq!(delivered + dropped, sent, "{delivered} and {dropped}");
        assert!(delivered > 0);
        if stopped {
            assert!(dropped > 0);
            assert!(said.contains("frames dropped by the kernel"), "{said}");
        }
    }
}

/// From abroad to abroad; its UDP header lies behind the first 512 bytes.
fn long_headers() -> OwnedFrame {
    let mut bytes = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x86, 0xdd];
    // 560 bytes of destination options, all padding, then UDP.
    bytes.extend_from_slice(&[0x60, 0, 0, 0, 2, 0x38, 60, 64]);
    for last in [1, 2] {
        bytes.extend_from_slice(&[0x2a, 0, 0x14, 0x50, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]);
    }
    bytes.extend_from_slice(&[17, 69]);
    bytes.resize(14 + 40 + 560, 0);
    bytes.extend_from_slice(&[0, 53, 0, 53, 0, 8, 0, 0]);
    OwnedFrame::whole(Timestamp::from_parts(1_763_790_540, 0), LinkType(1), bytes)
}

/// Every frame a flow of its own, from abroad to abroad.
fn single_frames(count: u32) -> Vec<OwnedFrame> {
    let frame = |number: u32| {
        let [_, high, middle, low] = number.to_be_bytes();
        let mut bytes = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
        bytes.extend_from_slice(&[0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0]);
        bytes.extend_from_slice(&[8, 8, 8, high, 9, 9, 9, 9]);
        bytes.extend_from_slice(&[middle, low, 0, 53, 0, 8, 0, 0]);
        bytes.resize(60, 0);
        OwnedFrame::whole(Timestamp::from_parts(1_763_790_540, 0), LinkType(1), bytes)
    };
    (0..count).map(frame).collect()
}

#[test]
fn a_start_under_traffic_sees_no_frame_twice() {
    const FRAMES: u32 = 200_000;
    let Some(net) = Net::new() else { return };
    let image = pcap_image(&single_frames(FRAMES), Format::USUAL);
    fs::write(net.path("sent.pcap"), image).unwrap();
    let mut under_traffic = 0;
    for _ in 0..3 {
        let mut sender = net
            .sender(&net.path("sent.pcap"), 1)
            .env("SEKISHO_PACE", "1")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut args = vec!["--lanes", "3", "-o", "flows.jsonl"];
        args.extend(ENDLESS);
        let capture = net.capture(&args);
        assert!(sender.wait().unwrap().success());
        capture.signal(Signal::TERM);
        let (code, said) = capture.end();
        assert_eq!(code, Some(0), "{said}");
        let (delivered, _) = frames_add_up(&net.summary());
        under_traffic += u32::from((1..u64::from(FRAMES)).contains(&delivered));
        let text = fs::read_to_string(net.path("flows.jsonl")).unwrap();
        let initiators: Vec<&str> = text
            .lines()
            .map(|line| {
                line.split("src_ip")
                    .nth(1)
                    .unwrap()
                    .split("dst_ip")
                    .next()
                    .unwrap()
            })
            .collect();
        assert_eq!(initiators.len() as u64, delivered);
        let once: HashSet<&str> = initiators.iter().copied().collect();
        assert_eq!(once.len(), initiators.len(), "frames were seen twice");
    }
    assert!(
        under_traffic > 0,
        "the traffic was over before a capture began"
    );
}

#[test]
fn a_second_signal_ends_at_once() {
    let Some(net) = Net::new() else { return };
    let capture = net.capture(&["--format", "null"]);
    capture.signal(Signal::STOP);
    capture.signal(Signal::TERM);
    capture.signal(Signal::INT);
    capture.signal(Signal::CONT);
    let (code, said) = capture.end();
    assert_eq!(code, Some(130), "{said}");
}

#[test]
fn a_limit_of_frames_is_kept_to_the_frame() {
    let Some(net) = Net::new() else { return };
    let frames = frames(7, 3_000);
    fs::write(net.path("sent.pcap"), pcap_image(&frames, Format::USUAL)).unwrap();
    let capture = net.capture(&["--format", "null", "--count", "1000", "--lanes", "2"]);
    net.send(&net.path("sent.pcap"), 1);
    let (code, said) = capture.end();
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(frames_add_up(&net.summary()).0, 1_000);
}

#[test]
fn files_of_a_folder_are_whole_and_hold_every_record_once() {
    let Some(net) = Net::new() else { return };
    let frames = frames(8, 5_000);
    fs::write(net.path("sent.pcap"), pcap_image(&frames, Format::USUAL)).unwrap();
    fs::create_dir(net.path("out")).unwrap();
    // A small table ends records while the run goes on.
    let capture = net.capture(&["-o", "out/", "--max-flows", "50"]);
    net.send(&net.path("sent.pcap"), 1);
    let begun = now();
    let named = || {
        let entries = fs::read_dir(net.path("out")).unwrap();
        let mut names: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        names.retain(|name| name.extension().is_some_and(|ending| ending == "jsonl"));
        names.sort();
        names
    };
    while named().is_empty() {
        capture.signal(Signal::USR1);
        assert!(begun.elapsed() < LONG);
        std::thread::sleep(Duration::from_millis(50));
    }
    capture.signal(Signal::TERM);
    let (code, said) = capture.end();
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(frames_add_up(&net.summary()), (frames.len() as u64, 0));
    let mut numbers: Vec<u64> = Vec::new();
    for name in named() {
        let text = fs::read_to_string(name).unwrap();
        assert!(text.ends_with('\n'));
        numbers.extend(text.lines().map(|line| {
            let record: Value = serde_json::from_str(line).unwrap();
            record["seq"].as_u64().unwrap()
        }));
    }
    assert!(named().len() > 1);
    assert_eq!(
        fs::read_dir(net.path("out")).unwrap().count(),
        named().len()
    );
    let exported = net.summary()["flows"]["exported"].as_u64().unwrap();
    assert_eq!(numbers, (0..exported).collect::<Vec<u64>>());
}

#[test]
fn a_full_disk_loses_records_that_are_counted_and_space_that_comes_back_is_used() {
    let Some(net) = Net::new() else { return };
    let frames = frames(9, 20_000);
    fs::write(net.path("sent.pcap"), pcap_image(&frames, Format::USUAL)).unwrap();
    fs::create_dir(net.path("disk")).unwrap();
    let disk = net.path("disk").display().to_string();
    if let Err(reason) = command("mount", &["-t", "tmpfs", "-o", "size=8m", "none", &disk]) {
        println!("NOT TESTED: no file system of a given size here: {reason}");
        return;
    }
    let _unmount = Unmount(disk);
    let filler = net.path("disk/filler");
    // All but a little.
    fs::write(&filler, vec![0; (8 << 20) - (64 << 10)]).unwrap();
    let mut capture = net.capture(&["-o", "disk/", "--max-flows", "50"]);
    net.send(&net.path("sent.pcap"), 1);
    capture.wait_for("records are lost: cannot write");
    fs::remove_file(&filler).unwrap();
    let sent = 2 * frames.len() as u64;
    net.send(&net.path("sent.pcap"), 1);
    capture.signal(Signal::TERM);
    let (code, said) = capture.end();
    assert_eq!(code, Some(3), "{said}");
    let summary = net.summary();
    assert_eq!(frames_add_up(&summary), (sent, 0));
    assert!(summary["lost"]["records"].as_u64().unwrap() > 0);
    let mut lines = 0;
    for entry in fs::read_dir(net.path("disk")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        assert!(text.ends_with('\n'));
        for line in text.lines() {
            serde_json::from_str::<Value>(line).unwrap();
            lines += 1;
        }
    }
    assert_eq!(summary["flows"]["exported"], lines);
    assert!(lines > 1_000, "{lines} records");
}

#[test]
fn an_output_that_stalls_for_good_holds_up_neither_the_capture_nor_the_end() {
    let Some(net) = Net::new() else { return };
    let frames = frames(13, 20_000);
    fs::write(net.path("sent.pcap"), pcap_image(&frames, Format::USUAL)).unwrap();
    command("mkfifo", &[&net.path("pipe").display().to_string()]).unwrap();
    // Open at both ends, and never read from.
    let _reader = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(net.path("pipe"))
        .unwrap();
    let capture = net.capture(&["-o", "pipe"]);
    let sent = net.send(&net.path("sent.pcap"), 10);
    let begun = now();
    capture.signal(Signal::TERM);
    let (code, said) = capture.end();
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert_eq!(code, Some(3), "{said}");
    let summary = net.summary();
    assert_eq!(frames_add_up(&summary), (sent, 0));
    assert!(summary["lost"]["records"].as_u64().unwrap() > 0);
}

#[test]
fn flows_end_on_a_quiet_wire() {
    let Some(net) = Net::new() else { return };
    let frames = frames(14, 2_000);
    fs::write(net.path("sent.pcap"), pcap_image(&frames, Format::USUAL)).unwrap();
    fs::create_dir(net.path("out")).unwrap();
    let args = ["-o", "out/", "--idle", "1", "--rotate-secs", "1"];
    let capture = net.capture(&args);
    net.send(&net.path("sent.pcap"), 1);
    let begun = now();
    let whole = || {
        let mut entries = fs::read_dir(net.path("out")).unwrap();
        entries.any(|entry| {
            entry
                .unwrap()
                .path()
                .extension()
                .is_some_and(|e| e == "jsonl")
        })
    };
    // A second, ten of slack, one behind the wall clock, and the ticks.
    while !whole() {
        assert!(begun.elapsed() < LONG, "no record without a packet");
        std::thread::sleep(Duration::from_millis(50));
    }
    capture.signal(Signal::TERM);
    let (code, said) = capture.end();
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(frames_add_up(&net.summary()), (frames.len() as u64, 0));
}

struct Unmount(String);

impl Drop for Unmount {
    fn drop(&mut self) {
        let _ = command("umount", &[&self.0]);
    }
}

#[test]
fn an_interface_that_goes_down_leaves_a_gap_and_the_run_goes_on() {
    let Some(net) = Net::new() else { return };
    let frames = frames(10, 2_000);
    fs::write(net.path("sent.pcap"), pcap_image(&frames, Format::USUAL)).unwrap();
    let mut capture = net.capture(&["--format", "null"]);
    net.send(&net.path("sent.pcap"), 1);
    net.ip("link set vb down");
    net.ip("link set vb up");
    capture.wait_for("carries again: vb");
    net.send(&net.path("sent.pcap"), 1);
    capture.signal(Signal::TERM);
    let (code, said) = capture.end();
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("gap in the capture: vb: it carried nothing 1 times"),
        "{said}"
    );
    let summary = net.summary();
    assert_eq!(frames_add_up(&summary), (2 * frames.len() as u64, 0));
    assert_eq!(summary["inputs"][0]["complete"], false);
}

#[test]
fn an_interface_that_is_removed_ends_the_run_which_says_so() {
    let Some(net) = Net::new() else { return };
    let frames = frames(11, 2_000);
    fs::write(net.path("sent.pcap"), pcap_image(&frames, Format::USUAL)).unwrap();
    let capture = net.capture(&["-o", "flows.jsonl", "--lanes", "2"]);
    net.send(&net.path("sent.pcap"), 1);
    net.ip("link del vb");
    let begun = now();
    let (code, said) = capture.end();
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert_eq!(code, Some(74), "{said}");
    assert!(
        said.contains("sekisho: interface disappeared: vb: "),
        "{said}"
    );
    assert_eq!(frames_add_up(&net.summary()), (frames.len() as u64, 0));
    assert!(!records(&net.path("flows.jsonl")).is_empty());
}

#[test]
fn what_cannot_be_captured_from_is_named_with_what_to_do() {
    let Some(net) = Net::new() else { return };
    let run = |mut command: Command, args: &[&str]| {
        let done = command.arg("capture").args(args).output().unwrap();
        assert!(done.stdout.is_empty());
        (done.status.code(), String::from_utf8(done.stderr).unwrap())
    };
    let program = env!("CARGO_BIN_EXE_sekisho");
    assert_eq!(
        run(net.command(program), &["-i", "vc"]),
        (
            Some(66),
            "sekisho: no such interface: vc: there are lo, va, vb\n".to_owned()
        )
    );
    assert_eq!(
        run(net.command(program), &["-i", "lo"]),
        (
            Some(66),
            "sekisho: interface is down: lo: ip link set lo up\n".to_owned()
        )
    );
    let (code, said) = run(net.command(program), &["-i", "vb", "--filter", "frob 7"]);
    assert_eq!(code, Some(78));
    assert!(
        said.starts_with("sekisho: bad filter (")
            && said.ends_with("): frob 7: see pcap-filter(7)\n"),
        "{said}"
    );
    // A copy that everyone can reach.
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(net.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let copy = net.path("sekisho");
    fs::copy(program, &copy).unwrap();
    let mut nobody = net.command("setpriv");
    nobody
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(&copy);
    let copy = copy.display();
    assert_eq!(
        run(nobody, &["-i", "vb", "--format", "null"]),
        (
            Some(77),
            format!(
                "sekisho: no permission to capture: vb: setcap cap_net_raw+ep {copy}, or \
                 AmbientCapabilities=CAP_NET_RAW in its systemd unit\n"
            )
        )
    );
}

#[test]
fn a_filter_leaves_out_what_it_does_not_name() {
    let Some(net) = Net::new() else { return };
    let frames = frames(12, 5_000);
    fs::write(net.path("sent.pcap"), pcap_image(&frames, Format::USUAL)).unwrap();
    let args = ["-o", "flows.jsonl", "--filter", "tcp port 443"];
    let capture = net.capture(&args);
    net.send(&net.path("sent.pcap"), 1);
    capture.signal(Signal::TERM);
    let (code, said) = capture.end();
    assert_eq!(code, Some(0), "{said}");
    let (delivered, dropped) = frames_add_up(&net.summary());
    assert!((1..frames.len() as u64).contains(&delivered) && dropped == 0);
    for record in records(&net.path("flows.jsonl")) {
        let record: Value = serde_json::from_str(&record).unwrap();
        let ports = [&record["src_port"], &record["dst_port"]];
        assert!(record["protocol"] == 6 && ports.contains(&&Value::from(443)));
    }
}

/// Not a test: what [`Net::send`] runs in the namespace.
#[test]
#[ignore = "run by the others"]
fn sends_a_capture() {
    let Some(file) = std::env::var_os("SEKISHO_SEND") else {
        return;
    };
    let times: u32 = std::env::var("SEKISHO_TIMES").unwrap().parse().unwrap();
    let mut interface = pcap::Capture::from_device("va").unwrap().open().unwrap();
    let paced = std::env::var_os("SEKISHO_PACE").is_some();
    let mut sent = 0;
    for _ in 0..times {
        let mut reader = source::open(&Input::File(PathBuf::from(&file))).unwrap();
        let _ = reader.read(|frame| {
            interface.sendpacket(frame.bytes).unwrap();
            sent += 1;
            if paced && sent % 150 == 0 {
                std::thread::sleep(Duration::from_millis(1));
            }
            ControlFlow::Continue(())
        });
    }
    println!("sent {sent} frames");
}
