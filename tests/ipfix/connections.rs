//! Collectors over TCP, that take everything, go away and come back, or are not there.

use crate::common::Sandbox;
use crate::messages::{flow_records, split};
use crate::running::{capture, free_port, replay};
use std::io::Read as _;
use std::net::{TcpListener, TcpStream, UdpSocket};

fn read_all(mut stream: TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    stream.read_to_end(&mut all).unwrap();
    all
}

#[test]
fn a_connection_takes_what_a_file_holds() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = format!("tcp://{}", listener.local_addr().unwrap());
    let collector = std::thread::spawn(move || read_all(listener.accept().unwrap().0));
    let replayed = replay("example.pcap", &["-o", &target]);
    let taken = collector.join().unwrap();
    assert_eq!(flow_records(&split(&taken)), replayed.records.len());
    let path = capture("example.pcap");
    let args = [
        "replay",
        path.to_str().unwrap(),
        "--format",
        "ipfix",
        "-o",
        "-",
    ];
    let file = Sandbox::new().run(&args, None).expect_code(0).stdout;
    assert!(taken == file);
}

#[test]
fn a_collector_that_goes_away_and_comes_back_gets_templates_again_and_the_rest() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = format!("tcp://{}", listener.local_addr().unwrap());
    let collector = std::thread::spawn(move || {
        let mut first = listener.accept().unwrap().0;
        // The first messages; then it goes, with more on the way to it.
        first.read_exact(&mut [0; 4_000]).unwrap();
        drop(first);
        read_all(listener.accept().unwrap().0)
    });
    // More than sockets hold.
    let sandbox = Sandbox::new();
    let args = ["demo", "--packets", "300000", "-o", &target];
    let run = sandbox.run(&args, None);
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert_eq!(run.code, Some(0), "{said}");
    assert!(said.contains("may not have arrived"), "{said}");
    let taken = collector.join().unwrap();
    assert!(flow_records(&split(&taken)) > 100);
}

#[test]
fn a_collector_that_is_not_there_ends_a_replay_over_tcp_and_loses_it_over_udp() {
    let sandbox = Sandbox::new();
    let path = capture("example.pcap");
    let path = path.to_str().unwrap();
    let port = free_port();
    let run = sandbox.run(
        &["replay", path, "-o", &format!("tcp://127.0.0.1:{port}")],
        None,
    );
    let run = run.expect_code(74);
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(said.contains("check that it runs"), "{said}");
    let args = [
        "replay",
        path,
        "-o",
        &format!("udp://127.0.0.1:{port}"),
        "--summary",
        "summary.json",
    ];
    let run = sandbox.run(&args, None).expect_code(3);
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(said.contains("nobody listens"), "{said}");
    let summary: serde_json::Value = serde_json::from_slice(&sandbox.read("summary.json")).unwrap();
    assert_eq!(summary["lost"]["packets"], summary["admitted"]["packets"]);
    // A name that nobody has.
    let args = ["replay", path, "-o", "udp://collector.invalid:4739"];
    sandbox.run(&args, None).expect_code(74);
}

#[test]
fn a_collector_that_listens_late_loses_what_was_refused_and_no_more() {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let target = format!("udp://{}", socket.local_addr().unwrap());
    let replayed = replay("example.pcap", &["-o", &target]);
    assert_eq!(replayed.summary["lost"]["records"], 0);
    assert_eq!(
        replayed.summary["flows"]["exported"],
        replayed.records.len()
    );
}
