//! Collectors of IPFIX in the namespace: what is captured arrives there, from inside the sandbox, also when a
//! connection has to be made anew.

#[path = "../ipfix/messages.rs"]
mod messages;

use crate::harness::{Capture, Net, frames_add_up, now, number, until};
use crate::traffic::mixed;
use messages::{Message, Session, flow_records, split};
use std::io::Read as _;
use std::net::{TcpListener, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

#[test]
fn what_is_captured_arrives_at_a_collector_over_udp() {
    let Some(net) = Net::new() else { return };
    net.ip("link set lo up");
    let frames = mixed(41, 5_000);
    let socket = net.inside(|| UdpSocket::bind("127.0.0.1:4739")).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_millis(200)))
        .unwrap();
    // In threads that nobody waits for when a test fails: what they listen for may never come.
    let is_over = Arc::new(AtomicBool::new(false));
    let collector = std::thread::spawn({
        let is_over = Arc::clone(&is_over);
        move || {
            let mut messages = Vec::new();
            let mut buffer = [0; 65_536];
            loop {
                match socket.recv(&mut buffer) {
                    Ok(length) => messages.push(buffer[..length].to_vec()),
                    Err(_) if is_over.load(Ordering::Relaxed) => return messages,
                    Err(_) => {}
                }
            }
        }
    });
    // A small table ends records while the run goes on.
    let capture = net.capture(&["-o", "udp://127.0.0.1:4739", "--max-flows", "50"]);
    net.send(&frames);
    let (code, said) = capture.finish();
    is_over.store(true, Ordering::Relaxed);
    assert_eq!(code, Some(0), "{said}");
    let messages = collector.join().unwrap();
    let summary = net.summary();
    assert_eq!(frames_add_up(&summary), (frames.len() as u64, 0));
    assert_eq!(
        flow_records(&messages) as u64,
        number(&summary, "/flows/exported")
    );
    // The last of all: what the whole run counted. Fields: domain, algorithm, observed, selected, ignored.
    let last = messages.last().unwrap();
    let totals = last.len() - 10 * 8;
    let total = |nth: usize| {
        let at = totals + 8 * nth;
        u64::from_be_bytes(last[at..at + 8].try_into().unwrap())
    };
    assert_eq!(total(0), number(&summary, "/frames/packets"));
    assert_eq!(total(1), number(&summary, "/admitted/packets"));
    assert_eq!(total(2), number(&summary, "/excluded/packets"));
}

#[test]
fn a_connection_that_breaks_off_is_made_anew_from_inside_the_sandbox() {
    let Some(net) = Net::new() else { return };
    net.ip("link set lo up");
    let frames = mixed(42, 5_000);
    let listener = net.inside(|| TcpListener::bind("127.0.0.1:4739")).unwrap();
    let taken = Arc::new(AtomicUsize::new(0));
    let collector = std::thread::spawn({
        let taken = Arc::clone(&taken);
        move || {
            let mut first = listener.accept().unwrap().0;
            first.read_exact(&mut [0; 4_000]).unwrap();
            drop(first);
            taken.store(1, Ordering::Relaxed);
            let mut second = listener.accept().unwrap().0;
            taken.store(2, Ordering::Relaxed);
            let mut rest = Vec::new();
            second.read_to_end(&mut rest).unwrap();
            rest
        }
    });
    let args = [
        "-o",
        "tcp://127.0.0.1:4739",
        "--max-flows",
        "50",
        "--sandbox",
        "strict",
    ];
    let mut capture = net.capture(&args);
    net.send(&frames);
    until("the collector went away", || {
        taken.load(Ordering::Relaxed) > 0
    });
    until("the collector is back", || {
        net.send(&frames);
        taken.load(Ordering::Relaxed) > 1
    });
    capture.wait_for("connected again");
    net.send(&frames);
    let (code, said) = capture.finish();
    assert!(matches!(code, Some(0 | 3)), "{said}");
    let sessions = collector.join().unwrap();
    let summary = net.summary();
    frames_add_up(&summary);
    // What the first connection had taken, too.
    let second = flow_records(&split(&sessions)) as u64;
    assert!(second > 0 && second <= number(&summary, "/flows/exported"));
}

#[test]
fn a_collector_that_is_not_there_holds_nothing_up_and_what_it_misses_is_counted() {
    let Some(net) = Net::new() else { return };
    net.ip("link set lo up");
    let frames = mixed(43, 5_000);
    for scheme in ["tcp", "udp"] {
        let capture = net.capture(&["-o", &format!("{scheme}://127.0.0.1:4739")]);
        net.send(&frames);
        let (code, said) = capture.finish();
        assert_eq!(code, Some(3), "{said}");
        let summary = net.summary();
        assert_eq!(frames_add_up(&summary), (frames.len() as u64, 0));
        assert_eq!(
            number(&summary, "/lost/packets"),
            number(&summary, "/admitted/packets"),
            "{scheme}: {said}"
        );
    }
}

/// How long it is waited until a sensor has told all that ended: its lanes look once a second, its output four
/// times.
const QUIET: Duration = Duration::from_secs(3);

/// A collector of datagrams that takes what comes until nothing does.
fn all_that_comes(socket: &UdpSocket) -> Vec<Vec<u8>> {
    socket.set_read_timeout(Some(QUIET)).unwrap();
    let mut messages = Vec::new();
    let mut buffer = [0; 65_536];
    while let Ok(length) = socket.recv(&mut buffer) {
        messages.push(buffer[..length].to_vec());
    }
    messages
}

#[test]
fn row_35_what_a_collector_that_was_away_misses_is_what_was_counted_as_lost() {
    let Some(net) = Net::new() else { return };
    net.ip("link set lo up");
    let listen = || net.inside(|| UdpSocket::bind("127.0.0.1:4739")).unwrap();
    let capture = net.capture(&["-o", "udp://127.0.0.1:4739", "--max-flows", "50"]);
    let first = listen();
    let mut sent = net.send(&mixed(45, 2_000));
    let before = all_that_comes(&first);
    // Refused by the kernel from now on, with an answer.
    drop(first);
    sent += net.send(&mixed(46, 2_000));
    std::thread::sleep(QUIET);
    let second = listen();
    sent += net.send(&mixed(47, 2_000));
    let (code, said) = capture.finish();
    let after = all_that_comes(&second);
    assert_eq!(code, Some(3), "{said}");
    let summary = net.summary();
    assert_eq!(frames_add_up(&summary), (sent, 0));
    // A session that begins there makes sense: what is needed to read it comes first.
    let mut sessions = [Session::default(), Session::default()];
    let [before, after] = [(&before, 0), (&after, 1)].map(|(messages, at)| {
        let messages = messages.iter().map(|message| sessions[at].read(message));
        // Of those about the export itself, the numbers are others.
        let messages = messages.filter(|message| message.domain > 0);
        messages.collect::<Vec<_>>()
    });
    let records = |message: &Message| message.records.len() as u32;
    let last = before.last().unwrap();
    let missed = after[0].sequence - (last.sequence + records(last));
    let lost = number(&summary, "/lost/records");
    println!("{lost} records were lost, and {missed} are missed");
    assert!(lost > 10);
    assert_eq!(u64::from(missed), lost, "{said}");
    // And nothing else is.
    let flows = |messages: &[Message]| {
        let flows = messages.iter().flat_map(|message| &message.records);
        flows.filter(|record| !record.is_options).count() as u64
    };
    let exported = number(&summary, "/flows/exported");
    assert_eq!(flows(&before) + flows(&after), exported);
}

/// Counts of what nfcapd stored in a folder: flows, packets, and gaps that it saw.
fn stored(net: &Net, folder: &str) -> [u64; 3] {
    let mut nfdump = net.command("nfdump");
    let done = nfdump.args(["-R", folder, "-I"]).output().unwrap();
    let text = String::from_utf8(done.stdout).unwrap();
    ["Flows:", "Packets:", "Sequence failures:"].map(|name| {
        let line = text.lines().find(|line| line.starts_with(name));
        let value = line.and_then(|line| line.rsplit(' ').next()?.parse().ok());
        value.unwrap_or_else(|| panic!("no {name} in {text}"))
    })
}

#[test]
fn row_35_nfcapd_is_stopped_and_started_again_and_has_what_was_not_lost() {
    let Some(net) = Net::new() else { return };
    let version = std::process::Command::new("nfcapd").arg("-V").output();
    if version.is_err() {
        println!("NOT TESTED: needs nfcapd (nfdump)");
        return;
    }
    net.ip("link set lo up");
    let start = |folder: &str| {
        std::fs::create_dir(net.path(folder)).unwrap();
        let mut command = net.command("nfcapd");
        command.args(["-w", folder, "-b", "127.0.0.1", "-p", "4739", "-t", "3600"]);
        let nfcapd = Capture::start(command);
        until("nfcapd listens", || is_bound(&net));
        nfcapd
    };
    let capture = net.capture(&["-o", "udp://127.0.0.1:4739", "--max-flows", "50"]);
    let nfcapd = start("one");
    let mut sent = net.send(&mixed(48, 2_000));
    std::thread::sleep(QUIET);
    nfcapd.finish();
    sent += net.send(&mixed(49, 2_000));
    std::thread::sleep(QUIET);
    let nfcapd = start("two");
    sent += net.send(&mixed(50, 2_000));
    let (code, said) = capture.finish();
    std::thread::sleep(QUIET);
    nfcapd.finish();
    assert_eq!(code, Some(3), "{said}");
    let summary = net.summary();
    assert_eq!(frames_add_up(&summary), (sent, 0));
    let [one, two] = ["one", "two"].map(|folder| stored(&net, folder));
    println!("before {one:?}, after {two:?}, {}", summary["lost"]);
    assert!(one[0] > 10 && two[0] > 10 && number(&summary, "/lost/records") > 10);
    assert_eq!(one[0] + two[0], number(&summary, "/flows/exported"));
    let admitted = number(&summary, "/admitted/packets");
    assert_eq!(
        one[1] + two[1] + number(&summary, "/lost/packets"),
        admitted
    );
    // Neither saw a gap: between them is what was lost.
    assert_eq!((one[2], two[2]), (0, 0));
}

/// Whether somebody listens at the port.
fn is_bound(net: &Net) -> bool {
    let sockets = || std::fs::read_to_string("/proc/thread-self/net/udp").unwrap();
    net.inside(sockets).contains(":1283 ")
}

#[test]
fn row_35_a_connection_that_is_closed_at_once_is_not_made_anew_at_every_message() {
    let Some(net) = Net::new() else { return };
    net.ip("link set lo up");
    let listener = net.inside(|| TcpListener::bind("127.0.0.1:4739")).unwrap();
    let taken = Arc::new(AtomicUsize::new(0));
    std::thread::spawn({
        let taken = Arc::clone(&taken);
        move || {
            while let Ok((connection, _)) = listener.accept() {
                taken.fetch_add(1, Ordering::Relaxed);
                drop(connection);
            }
        }
    });
    let begun = now();
    let capture = net.capture(&["-o", "tcp://127.0.0.1:4739", "--max-flows", "50"]);
    let frames = mixed(44, 2_000);
    for _ in 0..10 {
        net.send(&frames);
        std::thread::sleep(Duration::from_millis(300));
    }
    let (_, said) = capture.finish();
    let seconds = begun.elapsed().as_secs() as usize + 1;
    let connections = taken.load(Ordering::Relaxed);
    println!("{connections} connections in {seconds} s");
    assert!((2..=seconds + 1).contains(&connections), "{said}");
    // A line each when it breaks off, and when it is made anew.
    let lines = said.lines().filter(|line| line.contains("connect"));
    assert!(lines.count() <= 2 * connections + 2, "{said}");
    frames_add_up(&net.summary());
}
