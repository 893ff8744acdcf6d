//! tshark on files, and on datagrams as they were sent: nothing malformed, nothing out of sequence.

use crate::running::{CAPTURES, finish, is_there, replay};
use sekisho::demo::OwnedFrame;
use sekisho::demo::capture::{Format, pcap_image};
use sekisho::demo::link::Link;
use sekisho::demo::packet::{Ends, ip, udp};
use sekisho::time::Timestamp;
use std::net::{Ipv4Addr, UdpSocket};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// What tshark says with these options.
#[track_caller]
fn tshark(file: &Path, args: &[&str]) -> String {
    // Without a file it would capture, and never end.
    let mut command = Command::new("tshark");
    command.arg("-r").arg(file).args(args);
    let done = finish(&mut command);
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}");
    String::from_utf8(done.stdout).unwrap()
}

/// Fails if tshark finds anything wrong with it; the octets of all flow records.
#[track_caller]
fn octets(file: &Path) -> u64 {
    let expert = tshark(file, &["-q", "-z", "expert"]);
    assert!(
        !expert.contains("Errors") && !expert.contains("Warns"),
        "{expert}"
    );
    let wrong = "_ws.malformed || cflow.sequence_analysis.expected_sn || cflow.no_template_found";
    assert_eq!(tshark(file, &["-Y", wrong]), "");
    let fields = tshark(file, &["-T", "fields", "-e", "cflow.octets"]);
    let numbers = fields.split(|c: char| !c.is_ascii_digit());
    let numbers = numbers.filter(|number| !number.is_empty());
    numbers.map(|number| number.parse::<u64>().unwrap()).sum()
}

#[test]
fn tshark_finds_nothing_wrong_with_files_of_both_kinds() {
    if !is_there("tshark", "--version", "tshark") {
        return;
    }
    for name in CAPTURES {
        for format in ["ipfix", "ipfix-uniflow"] {
            let replayed = replay(name, &["--format", format, "-o", "f.ipfix"]);
            let found = octets(&replayed.sandbox.work().join("f.ipfix"));
            let all = replayed.sum("src_bytes") + replayed.sum("dst_bytes");
            assert_eq!(found, all, "{name} {format}");
        }
    }
}

#[test]
fn tshark_finds_nothing_wrong_with_datagrams() {
    if !is_there("tshark", "--version", "tshark") {
        return;
    }
    for name in CAPTURES {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        socket
            .set_read_timeout(Some(Duration::from_secs(1)))
            .unwrap();
        let receiver = std::thread::spawn(move || {
            let mut datagrams = Vec::new();
            let mut buffer = [0; 65_536];
            // Until nothing has come for a while after the first.
            loop {
                match socket.recv(&mut buffer) {
                    Ok(length) => datagrams.push(buffer[..length].to_vec()),
                    Err(_) if !datagrams.is_empty() => return datagrams,
                    Err(_) => {}
                }
            }
        });
        let replayed = replay(name, &["-o", &format!("udp://127.0.0.1:{port}")]);
        let datagrams = receiver.join().unwrap();
        assert!(datagrams.iter().all(|datagram| datagram.len() <= 1_400));
        let ends = Ends::new(Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(192, 0, 2, 2));
        let frames: Vec<OwnedFrame> = (0..)
            .zip(&datagrams)
            .map(|(number, datagram)| {
                let packet = ip(ends, udp(ends, 40_000, 4_739, datagram));
                let (link, bytes) = Link::Ethernet.frame([2; 12], packet);
                OwnedFrame::whole(Timestamp::from_nanos(number * 1_000_000), link, bytes)
            })
            .collect();
        let path = replayed
            .sandbox
            .put("sent.pcap", &pcap_image(&frames, Format::USUAL));
        let all = replayed.sum("src_bytes") + replayed.sum("dst_bytes");
        assert_eq!(octets(&path), all, "{name}");
    }
}
