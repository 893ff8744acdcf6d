//! Collectors of IPFIX in the namespace: what is captured arrives there, from inside the sandbox, also when a
//! connection has to be made anew.

#[path = "../ipfix/messages.rs"]
mod messages;

use crate::harness::{Net, frames_add_up, number, until};
use crate::traffic::mixed;
use messages::{flow_records, split};
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
