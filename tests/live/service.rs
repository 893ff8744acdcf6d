//! What a service manager is told, and the lock on a sensor's own folder.

use crate::harness::{Capture, LONG, Net, frames_add_up, now, until};
use crate::traffic::conversations;
use rustix::process::Signal;
use std::fs;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::process::{Command, Stdio};
use std::time::Duration;

/// The other end of `NOTIFY_SOCKET`.
struct Manager {
    socket: UnixDatagram,
    all: Vec<String>,
}

impl Manager {
    fn new(socket: UnixDatagram) -> Self {
        socket.set_read_timeout(Some(LONG)).unwrap();
        Self {
            socket,
            all: Vec::new(),
        }
    }

    /// The next message but signs of life.
    #[track_caller]
    fn next(&mut self) -> String {
        loop {
            let message = self.any();
            if message != "WATCHDOG=1" {
                return message;
            }
        }
    }

    #[track_caller]
    fn any(&mut self) -> String {
        let mut buffer = [0; 4_096];
        let Ok(length) = self.socket.recv(&mut buffer) else {
            panic!("nothing more after {:?}", self.all);
        };
        let message = String::from_utf8(buffer[..length].to_vec()).unwrap();
        self.all.push(message.clone());
        message
    }

    /// The next message of which one line is this.
    #[track_caller]
    fn wait_for(&mut self, line: &str) -> String {
        loop {
            let message = self.next();
            if message.lines().any(|found| found == line) {
                return message;
            }
        }
    }
}

/// One field of a message.
fn field<'a>(message: &'a str, name: &str) -> Option<&'a str> {
    let mut fields = message.lines().filter_map(|line| line.split_once('='));
    fields
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value)
}

fn micros() -> u128 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    now.tv_sec as u128 * 1_000_000 + now.tv_nsec as u128 / 1_000
}

#[test]
fn a_service_manager_is_told_what_happens_and_when() {
    let Some(net) = Net::new() else { return };
    let frames = conversations(100);
    for is_abstract in [false, true] {
        let (socket, name) = if is_abstract {
            let name = format!("sekisho-test-{}", std::process::id());
            let address = SocketAddr::from_abstract_name(&name).unwrap();
            // Names of this kind are the namespace's.
            let socket = net.inside(|| UnixDatagram::bind_addr(&address)).unwrap();
            (socket, format!("@{name}"))
        } else {
            let path = net.path("notify");
            (
                UnixDatagram::bind(&path).unwrap(),
                path.display().to_string(),
            )
        };
        let mut manager = Manager::new(socket);
        fs::write(net.path("home.txt"), "").unwrap();
        let args = [
            "-o",
            "flows.jsonl",
            "--lanes",
            "2",
            "--domestic-list",
            "home.txt",
        ];
        let mut command = net.program(&["vb"], &args);
        command
            .env("NOTIFY_SOCKET", &name)
            .env("WATCHDOG_USEC", "300000");
        let capture = Capture::start(command);
        let ready = manager.wait_for("READY=1");
        // Ready is ready: what is sent from now on is captured.
        net.send(&frames);
        let status = field(&ready, "STATUS").unwrap();
        assert!(
            status.contains("vb") && status.contains("2 lanes"),
            "{status}"
        );
        // Signs of life, three in the time that is given, on a wire where nothing passes.
        let begun = now();
        let mut beats = 0;
        while beats < 6 {
            beats += u32::from(manager.any() == "WATCHDOG=1");
        }
        assert!(begun.elapsed() < LONG / 4, "{:?}", begun.elapsed());
        // Whoever is stopped gives none.
        capture.signal(Signal::STOP);
        std::thread::sleep(Duration::from_millis(200));
        manager.socket.set_nonblocking(true).unwrap();
        while manager.socket.recv(&mut [0; 64]).is_ok() {}
        std::thread::sleep(Duration::from_millis(600));
        assert!(manager.socket.recv(&mut [0; 64]).is_err());
        manager.socket.set_nonblocking(false).unwrap();
        capture.signal(Signal::CONT);
        let before = micros();
        fs::write(net.path("home.txt"), "12.0.0.0/30\n").unwrap();
        capture.signal(Signal::HUP);
        let reloading = manager.wait_for("RELOADING=1");
        let at: u128 = field(&reloading, "MONOTONIC_USEC")
            .unwrap()
            .parse()
            .unwrap();
        assert!((before..=micros()).contains(&at), "{at}");
        manager.wait_for("READY=1");
        // A reload that is refused is over too.
        fs::write(net.path("home.txt"), "12.0.0.0/99\n").unwrap();
        capture.signal(Signal::HUP);
        manager.wait_for("RELOADING=1");
        manager.wait_for("READY=1");
        capture.signal(Signal::TERM);
        manager.wait_for("STOPPING=1");
        let (code, said) = capture.end();
        assert_eq!(code, Some(0), "{said}");
        assert_eq!(frames_add_up(&net.summary()), (200, 0));
    }
}

/// Signs of life within a second and a half.
fn beats(manager: &Manager) -> usize {
    let begun = now();
    let mut beats = 0;
    let wait = Duration::from_millis(50);
    manager.socket.set_read_timeout(Some(wait)).unwrap();
    while begun.elapsed() < Duration::from_millis(1_500) {
        let mut buffer = [0; 4_096];
        let message = manager
            .socket
            .recv(&mut buffer)
            .map(|length| &buffer[..length]);
        beats += usize::from(message.is_ok_and(|message| message == b"WATCHDOG=1"));
    }
    beats
}

/// One lane is held up in a system call, by a debugger: everything else goes on, and the service manager must not
/// believe that all is well.
#[test]
fn row_39_a_lane_that_hangs_is_told_by_silence() {
    let Some(net) = Net::new() else { return };
    let path = net.path("notify");
    let mut manager = Manager::new(UnixDatagram::bind(&path).unwrap());
    let mut command = net.program(&["vb"], &["--format", "null", "--lanes", "2"]);
    command
        .env("NOTIFY_SOCKET", &path)
        .env("WATCHDOG_USEC", "300000");
    let capture = Capture::start(command);
    manager.wait_for("READY=1");
    // Every lane has begun, the last of the threads.
    assert!(beats(&manager) > 2);
    let threads = fs::read_dir(format!("/proc/{}/task", capture.id())).unwrap();
    let threads = threads.map(|thread| thread.unwrap().file_name().into_string().unwrap());
    let lane = threads.map(|thread| thread.parse::<u32>().unwrap()).max();
    let debugger = Command::new("strace")
        .args(["-qq", "-o", "/dev/null", "-p"])
        .arg(lane.unwrap().to_string())
        .args(["-e", "inject=poll,ppoll:delay_enter=60000000"])
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut debugger) = debugger else {
        println!("NOT TESTED: no strace here");
        return;
    };
    let mut looks = 0;
    while beats(&manager) > 0 {
        if debugger.try_wait().unwrap().is_some() {
            println!("NOT TESTED: strace may not trace here");
            return;
        }
        looks += 1;
        assert!(looks < 40, "all lanes move, says one that does not");
    }
    assert_eq!(beats(&manager), 0);
    debugger.kill().unwrap();
    debugger.wait().unwrap();
    until("it moves again", || beats(&manager) > 2);
    net.send(&conversations(10));
    capture.done();
    assert_eq!(frames_add_up(&net.summary()), (20, 0));
}

#[test]
fn a_watchdog_of_another_process_and_a_manager_that_is_gone_are_no_concern() {
    let Some(net) = Net::new() else { return };
    let path = net.path("notify");
    let mut manager = Manager::new(UnixDatagram::bind(&path).unwrap());
    let mut command = net.program(&["vb"], &["--format", "null"]);
    command
        .env("NOTIFY_SOCKET", &path)
        .env("WATCHDOG_USEC", "30000")
        .env("WATCHDOG_PID", "1");
    let capture = Capture::start(command);
    manager.wait_for("READY=1");
    std::thread::sleep(Duration::from_millis(200));
    manager.socket.set_nonblocking(true).unwrap();
    while let Ok(length) = manager.socket.recv(&mut [0; 64]) {
        assert_ne!(length, "WATCHDOG=1".len());
    }
    drop(manager);
    fs::remove_file(&path).unwrap();
    net.send(&conversations(10));
    capture.done();
    assert_eq!(frames_add_up(&net.summary()), (20, 0));
}

#[test]
fn row_58_a_second_sensor_on_the_same_folder_does_not_start() {
    let Some(net) = Net::new() else { return };
    let args = ["--format", "null", "--state", "state"];
    let first = net.capture(&args);
    let mut second = vec!["-i", "vb"];
    second.extend(args);
    let (code, said) = net.refused(&[], &second);
    assert_eq!(code, Some(75), "{said}");
    let by = format!("sekisho: state folder in use by process {}: ", first.id());
    assert!(said.starts_with(&by) && said.lines().count() == 1, "{said}");
    // The first one does not notice.
    net.send(&conversations(10));
    first.signal(Signal::KILL);
    let (code, _) = first.end();
    assert_eq!(code, None);
    // What is killed holds nothing, whatever it left.
    let third = net.capture(&args);
    net.send(&conversations(10));
    third.done();
    assert_eq!(frames_add_up(&net.summary()), (20, 0));
}
