//! Interfaces that go down, come up again, and go away.

use crate::harness::{Net, frames_add_up, now, number, packets, records_add_up, within};
use crate::traffic::{conversations, mixed};
use std::time::Duration;

#[test]
fn row_18_an_interface_that_goes_down_leaves_a_gap_and_the_run_goes_on() {
    let Some(net) = Net::new() else { return };
    let frames = conversations(100);
    for lanes in ["1", "2"] {
        let mut capture = net.capture(&["-o", "flows.jsonl", "--lanes", lanes]);
        net.send(&frames);
        net.ip("link set vb down");
        capture.next_line_with("interface carries nothing: vb: ");
        net.ip("link set vb up");
        capture.next_line_with("interface carries again: vb");
        net.send(&frames);
        // The other end takes the carrier away.
        net.ip("link set va down");
        capture.next_line_with("interface carries nothing: vb: ");
        net.ip("link set va up");
        capture.next_line_with("interface carries again: vb");
        net.send(&frames);
        let (code, said) = capture.finish();
        assert_eq!(code, Some(1), "{said}");
        let gap = "gap in the capture: vb: it carried nothing 2 times, ";
        assert!(said.contains(gap), "{said}");
        let summary = net.summary();
        assert_eq!(frames_add_up(&summary), (600, 0));
        assert_eq!(summary["inputs"][0]["complete"], false);
        let records = net.records("flows.jsonl");
        records_add_up(&summary, &records);
        // A gap ends no flow.
        assert_eq!(records.len(), 100);
        assert!(records.iter().all(|record| packets(record) == 6));
    }
}

#[test]
fn row_19_an_interface_that_is_removed_ends_the_run_which_says_so() {
    let Some(net) = Net::new() else { return };
    let frames = mixed(11, 2_000);
    within(Duration::from_secs(2), || {
        let _ = net.try_ip("link del va");
        net.join("va", "vb");
        let capture = net.capture(&["-o", "flows.jsonl", "--lanes", "2"]);
        net.send(&frames);
        net.ip("link del vb");
        let begun = now();
        let (code, said) = capture.end();
        let took = begun.elapsed();
        assert_eq!(code, Some(74), "{said}");
        assert!(
            said.contains("sekisho: interface disappeared: vb: "),
            "{said}"
        );
        let summary = net.summary();
        assert_eq!(frames_add_up(&summary), (frames.len() as u64, 0));
        let records = net.records("flows.jsonl");
        records_add_up(&summary, &records);
        assert!(records.len() > 100 && number(&summary, "/lost/records") == 0);
        took
    });
}

#[test]
fn row_19_of_two_interfaces_one_is_removed() {
    let Some(net) = Net::new() else { return };
    net.join("vc", "vd");
    let frames = conversations(100);
    let capture = net.capture_on(&["vb", "vd"], &["-o", "flows.jsonl"]);
    net.sender("va").send(&frames);
    net.sender("vc").send(&frames);
    net.ip("link del vd");
    let (code, said) = capture.end();
    assert_eq!(code, Some(74), "{said}");
    assert!(
        said.contains("sekisho: interface disappeared: vd: "),
        "{said}"
    );
    let summary = net.summary();
    assert_eq!(frames_add_up(&summary), (400, 0));
    assert_eq!(summary["inputs"][0]["complete"], true);
    assert_eq!(summary["inputs"][1]["complete"], false);
    records_add_up(&summary, &net.records("flows.jsonl"));
}
