//! Files (RFC 5655): the same bytes every time, of their owner only, known to the ledger.

use crate::common::Sandbox;
use crate::running::{CAPTURES, capture};
use std::os::unix::fs::PermissionsExt as _;

#[test]
fn a_file_is_the_same_whatever_the_number_of_lanes() {
    for name in CAPTURES {
        for format in ["ipfix", "ipfix-uniflow"] {
            let sandbox = Sandbox::new();
            let path = capture(name);
            let path = path.to_str().unwrap();
            for (lanes, file) in [("1", "one.ipfix"), ("3", "three.ipfix")] {
                let args = [
                    "replay", path, "--format", format, "--lanes", lanes, "-o", file,
                ];
                sandbox.run(&args, None).expect_code(0);
            }
            let args = ["replay", path, "--format", format, "-o", "-"];
            let streamed = sandbox.run(&args, None).expect_code(0).stdout;
            assert_eq!(sandbox.read("one.ipfix"), sandbox.read("three.ipfix"));
            assert_eq!(sandbox.read("one.ipfix"), streamed);
            assert!(streamed.starts_with(&[0, 10]));
        }
    }
}

#[test]
fn a_file_is_its_owners_and_the_ledger_knows_it() {
    let sandbox = Sandbox::new();
    let path = capture("example.pcap");
    let path = path.to_str().unwrap();
    let args = [
        "replay",
        path,
        "--format",
        "ipfix",
        "-o",
        "out/flows.ipfix",
        "--ledger",
        "books",
    ];
    std::fs::create_dir(sandbox.work().join("out")).unwrap();
    sandbox.run(&args, None).expect_code(0);
    let file = sandbox.work().join("out/flows.ipfix");
    let mode = file.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let verify = ["verify", "books", "--records", "out"];
    sandbox.run(&verify, None).expect_code(0);
    // A byte of it changed: another file.
    let mut bytes = std::fs::read(&file).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    sandbox.run(&verify, None).expect_code(3);
}

#[test]
fn a_run_without_records_still_says_what_it_excluded() {
    let sandbox = Sandbox::new();
    let empty = sandbox.put(
        "empty.pcap",
        &sekisho::demo::capture::pcap_image(&[], sekisho::demo::capture::Format::USUAL),
    );
    let args = [
        "replay",
        empty.to_str().unwrap(),
        "--format",
        "ipfix",
        "-o",
        "f.ipfix",
    ];
    sandbox.run(&args, None).expect_code(0);
    let file = sandbox.read("f.ipfix");
    let words = |text: &str| {
        file.windows(text.len())
            .any(|window| window == text.as_bytes())
    };
    assert!(words("domestic_pair") && words("fragment"));
}

#[test]
fn what_went_over_a_network_is_best_effort_in_the_report_and_no_missing_file() {
    let sandbox = Sandbox::new();
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let target = format!("udp://{}", socket.local_addr().unwrap());
    let path = capture("example.pcap");
    let args = [
        "replay",
        path.to_str().unwrap(),
        "-o",
        &target,
        "--ledger",
        "books",
    ];
    sandbox.run(&args, None).expect_code(0);
    std::fs::create_dir(sandbox.work().join("out")).unwrap();
    let verify = ["verify", "books", "--records", "out"];
    sandbox.run(&verify, None).expect_code(0);
    let report = [
        "report",
        "books",
        "-o",
        "report.html",
        "--json",
        "report.json",
    ];
    sandbox.run(&report, None).expect_code(0);
    let page = String::from_utf8(sandbox.read("report.html")).unwrap();
    assert!(page.contains("ipfix+udp ×1 (best effort)"));
}
