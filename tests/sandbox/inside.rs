//! The process that enters: chosen by `SEKISHO_CASE`, before `main`.
//!
//! The harness runs tests on threads, and a sandbox is entered before there are any.
#![expect(
    unsafe_code,
    reason = "a function before main, and what attackers call"
)]

use crate::{forbidden, older, work};
use sekisho::sandbox::{Layer, Mode, Plan, Report, begin, enter};
use sekisho::source::{LiveHandle, LiveSettings};
use std::env;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::os::unix::net::UnixDatagram;
use std::panic::catch_unwind;
use std::path::PathBuf;
use std::process::Command;

#[used]
// SAFETY: the loader calls it once, with nothing else running; the C library and the environment are set up.
#[unsafe(link_section = ".init_array")]
static BEFORE_MAIN: extern "C" fn() = before_main;

extern "C" fn before_main() {
    let Ok(case) = env::var("SEKISHO_CASE") else {
        return;
    };
    let code = match catch_unwind(|| run(&case)) {
        Ok(()) => 0,
        Err(_) => 1,
    };
    std::process::exit(code);
}

fn run(case: &str) {
    match case {
        "attacks" => attacks(),
        "reloads" => reloads(),
        "works" => work::all(),
        "connects" => connects(),
        "panics" => {
            enter_strictly();
            // As the release is built: what panics ends at once.
            std::panic::set_hook(Box::new(|panic| {
                let _ = writeln!(io::stderr(), "{panic}");
                std::process::abort();
            }));
            panic!("books do not balance");
        }
        "calls_as_32_bit" => {
            enter_strictly();
            forbidden::call_as_32_bit();
        }
        "enters" => {
            begin();
            say(enter(&plan(), mode()).map(|report| report.to_string()));
        }
        "without_landlock" | "with_landlock_off" | "without_seccomp" | "without_capset"
        | "dumpable" => {
            older::take_away(case);
            say(enter(&plan(), mode()).map(|report| report.to_string()));
        }
        "among_threads" => {
            let (end, ended) = std::sync::mpsc::channel::<()>();
            let other = std::thread::spawn(move || ended.recv());
            say(enter(&plan(), mode()).map(|report| report.to_string()));
            drop(end);
            assert!(other.join().unwrap().is_err());
        }
        "crashes_unprotected" => {
            forbidden::allow_core_files();
            forbidden::crash();
        }
        "crashes_before_it_enters" => {
            forbidden::allow_core_files();
            begin();
            forbidden::crash();
        }
        "crashes" => {
            forbidden::allow_core_files();
            enter_strictly();
            forbidden::crash();
        }
        "waits_unprotected" => pause("entered"),
        "waits" => {
            enter_strictly();
            pause("entered");
        }
        "looks_in" => looks_in(),
        "has_a_ring" => has_a_ring(),
        other => panic!("no such case: {other}"),
    }
}

/// Says where it is, and waits to be told to go on.
pub(crate) fn pause(at: &str) {
    println!("{at}");
    io::stdin().read_line(&mut String::new()).unwrap();
}

fn say(entered: Result<String, impl ToString>) {
    println!("{}", entered.unwrap_or_else(|refused| refused.to_string()));
}

fn mode() -> Mode {
    let asked = env::var("MODE").unwrap();
    Mode::ALL
        .into_iter()
        .find(|mode| mode.id() == asked)
        .unwrap()
}

pub(crate) fn path(name: &str) -> PathBuf {
    PathBuf::from(env::var_os("SEKISHO_FOLDER").unwrap()).join(name)
}

fn plan() -> Plan {
    Plan {
        read: vec![path("in/list.txt")],
        write: vec![path("out/flows.jsonl")],
        ..Plan::default()
    }
}

pub(crate) fn enter_strictly() -> Report {
    begin();
    let report = enter(&plan(), Mode::Strict).unwrap();
    for layer in Layer::ALL {
        assert!(report.holds(layer), "{report}");
    }
    println!("{report}");
    report
}

/// Denied, by whichever layer comes first.
#[track_caller]
fn denied<T>(what: &str, result: io::Result<T>) {
    match result {
        // Also as a move between two file systems, which Landlock makes of folders.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::PermissionDenied | io::ErrorKind::CrossesDevices
            ) => {}
        Err(error) => panic!("{what}: {error}"),
        Ok(_) => panic!("{what}: possible"),
    }
}

fn attacks() {
    let victim = path("out/there.jsonl");
    fs::write(&victim, "there").unwrap();
    enter_strictly();
    let other = std::thread::spawn(|| {
        attack();
        pause("entered");
    });
    attack();
    other.join().unwrap();
}

/// To the planned port, along TCP, and no other way.
fn connects() {
    let listen = || TcpListener::bind("127.0.0.1:0").unwrap();
    let (planned, other) = (listen(), listen());
    let port = |listener: &TcpListener| listener.local_addr().unwrap().port();
    begin();
    let plan = Plan {
        connect: vec![port(&planned)],
        ..plan()
    };
    let report = enter(&plan, Mode::Strict).unwrap();
    println!("{report}");
    let said = format!("TCP port {}", port(&planned));
    assert!(report.notes().iter().any(|note| note.contains(&said)));
    let mut out = TcpStream::connect(planned.local_addr().unwrap()).unwrap();
    out.write_all(b"whole").unwrap();
    denied(
        "another port",
        TcpStream::connect(other.local_addr().unwrap()),
    );
    denied("a listener", TcpListener::bind("127.0.0.1:0"));
    denied("datagrams", UdpSocket::bind("127.0.0.1:0"));
    denied("a local socket", UnixDatagram::unbound());
}

fn attack() {
    let own = format!("{:?}", std::thread::current().id());
    denied(
        "write /etc/passwd",
        OpenOptions::new().append(true).open("/etc/passwd"),
    );
    denied("read /etc/passwd", fs::read("/etc/passwd"));
    denied("read elsewhere", fs::read(path("elsewhere/secret.txt")));
    denied("list elsewhere", fs::read_dir(path("elsewhere")));
    denied("list what is read", fs::read_dir(path("in")));
    denied("look into itself", fs::read("/proc/self/environ"));
    denied("make beside what is read", File::create(path("in/new")));
    denied(
        "change what is read",
        OpenOptions::new().append(true).open(path("in/list.txt")),
    );
    denied("remove what is read", fs::remove_file(path("in/list.txt")));
    denied(
        "move out",
        fs::rename(path("out/there.jsonl"), path("in/there")),
    );
    denied(
        "move in",
        fs::rename(path("in/list.txt"), path("out/list.txt")),
    );
    denied("link", fs::hard_link(path("in/list.txt"), path("out/link")));
    denied(
        "link by name",
        std::os::unix::fs::symlink("/etc/passwd", path("out/link")),
    );
    denied(
        "mode",
        fs::set_permissions(
            path("out/there.jsonl"),
            std::os::unix::fs::PermissionsExt::from_mode(0o777),
        ),
    );
    denied("execute", Command::new("/bin/true").spawn());
    assert_eq!(fs::read(path("in/list.txt")).unwrap(), b"192.0.2.0/24\n");
    let temporary = path(&format!("out/{own}.tmp"));
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary);
    let mut file = file.unwrap();
    file.write_all(b"whole and half").unwrap();
    file.set_len(5).unwrap();
    file.sync_all().unwrap();
    fs::rename(&temporary, path(&format!("out/{own}"))).unwrap();
    File::open(path("out")).unwrap().sync_all().unwrap();
    fs::remove_file(path(&format!("out/{own}"))).unwrap();
    forbidden::all(&path("out/there.jsonl"));
}

/// A file that lies in a folder of its own is replaced; one of a shared folder is read as it is.
fn reloads() {
    let shared = PathBuf::from(env::var_os("SHARED").unwrap());
    begin();
    let plan = Plan {
        read: vec![path("in/list.txt"), shared.clone(), path("missing/list")],
        write: vec![path("in")],
        ..Plan::default()
    };
    let report = enter(&plan, Mode::Strict).unwrap();
    let [of_shared, of_missing] = report.notes() else {
        panic!("{:?}", report.notes());
    };
    assert!(of_shared.contains(shared.to_str().unwrap()), "{of_shared}");
    assert!(of_missing.contains("missing/list"), "{of_missing}");
    assert_eq!(fs::read(&shared).unwrap(), b"old");
    pause("entered");
    denied("read what came", fs::read(shared));
    denied("read beside", fs::read("/etc/passwd"));
    fs::write(path("in/new"), "2001:db8::/32\n").unwrap();
    fs::rename(path("in/new"), path("in/list.txt")).unwrap();
    assert_eq!(fs::read(path("in/list.txt")).unwrap(), b"2001:db8::/32\n");
}

fn looks_in() {
    let pid = env::var("PID").unwrap();
    let memory = File::open(format!("/proc/{pid}/mem"));
    match memory.and_then(|memory| memory.read_at(&mut [0], forbidden::somewhere(&pid)?)) {
        Ok(_) => println!("read its memory"),
        Err(error) => println!("refused: memory: {error}"),
    }
    match fs::read(format!("/proc/{pid}/maps")) {
        Ok(_) => println!("read its maps"),
        Err(error) => println!("refused: maps: {error}"),
    }
    match forbidden::attach(pid.parse().unwrap()) {
        Ok(()) => println!("attached"),
        Err(error) => println!("refused: attach: {error}"),
    }
}

fn has_a_ring() {
    let sink = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = sink.local_addr().unwrap().port();
    let settings = LiveSettings {
        interface: "lo".to_owned(),
        filter: format!("udp and dst port {port}"),
        snaplen: 128,
        ring_bytes: 1 << 20,
        promisc: false,
        secret: 7,
    };
    let mut handles = match LiveHandle::open(&settings, 1) {
        Ok(handles) => handles,
        Err(error) => {
            println!("{error}");
            return pause("opened");
        }
    };
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(sink.local_addr().unwrap()).unwrap();
    handles[0].begin().unwrap();
    pause("opened");
    let mut plan = plan();
    plan.read_counters_of("lo");
    println!("{}", enter(&plan, Mode::Strict).unwrap());
    pause("entered");
    for _ in 0..10 {
        socket.send(b"x").unwrap();
    }
    let mut frames = 0;
    while frames < 10 {
        LiveHandle::wait(&handles, LiveHandle::LATENCY).unwrap();
        frames += handles[0].read(100, |_| {}).unwrap();
    }
    assert_eq!(handles[0].drops().unwrap().kernel, 0);
    handles[0].refuse_more().unwrap();
    println!("frames: {frames}");
}
