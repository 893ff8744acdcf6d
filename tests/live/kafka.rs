//! A live run that sends to a cluster in its own namespace, in its sandbox.

#[path = "../kafka/cluster.rs"]
mod cluster;

use crate::harness::{Net, frames_add_up, now, number, records_add_up, until};
use crate::traffic::{conversations, mixed};
use cluster::Cluster;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

/// A small table ends records while the run goes on.
const OFTEN: [&str; 2] = ["--max-flows", "50"];

fn settings(net: &Net, more: &str) {
    let text = format!("sensor = \"tokyo-1\"\n[export]\n{more}\n");
    fs::write(net.path("c.toml"), text).unwrap();
}

fn records(cluster: &Cluster) -> Vec<Value> {
    let lines = cluster.read("flows").lines("tokyo-1");
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn row_36_records_arrive_once_and_in_order_though_brokers_go_away_and_come_back() {
    let Some(net) = Net::new() else { return };
    net.ip("link set lo up");
    let frames = mixed(21, 9_000);
    let (first, rest) = frames.split_at(3_000);
    let (second, third) = rest.split_at(3_000);
    fs::create_dir(net.path("spool")).unwrap();
    settings(&net, "spool = \"spool\"");
    net.inside(|| {
        let cluster = Cluster::with_topic("flows");
        // By name, which is asked for in the sandbox.
        let target = cluster.target("flows").replace("127.0.0.1", "localhost");
        let mut capture = net.capture(&["-c", "c.toml", "-o", &target, OFTEN[0], OFTEN[1]]);
        net.send(first);
        until("records arrive", || !records(&cluster).is_empty());
        cluster.mock.broker_down(-1).unwrap();
        net.send(second);
        capture.wait_for("kafka: ");
        cluster.mock.broker_up(-1).unwrap();
        let before = records(&cluster).len();
        net.send(third);
        until("records arrive again", || records(&cluster).len() > before);
        let said = capture.done();
        assert!(
            said.contains("connections stay allowed: TCP port"),
            "{said}"
        );
        assert!(said.contains("kafka: records arrive again"), "{said}");
        let summary = net.summary();
        assert_eq!(frames_add_up(&summary), (frames.len() as u64, 0));
        let records = records(&cluster);
        records_add_up(&summary, &records);
        assert_eq!(number(&summary, "/lost/records"), 0);
        let numbers = records.iter().map(|record| number(record, "/seq"));
        assert!(numbers.eq(0..records.len() as u64));
    });
}

#[test]
fn row_36_without_a_broker_a_capture_goes_on_and_counts_what_is_lost() {
    let Some(net) = Net::new() else { return };
    net.ip("link set lo up");
    let frames = mixed(22, 3_000);
    settings(&net, "");
    let target = "kafka://127.0.0.1:1/flows";
    let capture = net.capture(&["-c", "c.toml", "-o", target, OFTEN[0], OFTEN[1]]);
    net.send(&frames);
    let (code, said) = capture.finish();
    assert_eq!(code, Some(3), "{said}");
    let summary = net.summary();
    assert_eq!(frames_add_up(&summary), (frames.len() as u64, 0));
    records_add_up(&summary, &[]);
    assert!(number(&summary, "/lost/records") > 0, "{summary:#}");
    assert!(said.contains("did not arrive before the end"), "{said}");
}

#[test]
fn row_36_brokers_that_answer_after_five_seconds_cost_no_frame_and_bounded_memory() {
    /// Frames in a tenth of a second.
    const PART: u32 = 10_000;
    let Some(net) = Net::new() else { return };
    net.ip("link set lo up");
    fs::create_dir(net.path("spool")).unwrap();
    settings(&net, "spool = \"spool\"\nspool_bytes = 1048576");
    let frames = conversations(PART / 2);
    net.inside(|| {
        let cluster = Cluster::with_topic("flows");
        let slow = Duration::from_secs(5);
        cluster.mock.broker_round_trip_time(-1, slow).unwrap();
        let target = cluster.target("flows");
        let args = [
            "-c",
            "c.toml",
            "-o",
            &target,
            "--max-flows",
            "1000",
            "--ring-mib",
            "256",
        ];
        let capture = net.capture(&args);
        let at_first = capture.kib("VmRSS");
        let sender = net.sender("va");
        let begun = now();
        let mut sent = 0;
        for part in 1..=60 {
            sent += sender.send(&frames);
            let rest = Duration::from_millis(100 * part).saturating_sub(begun.elapsed());
            std::thread::sleep(rest);
        }
        let took = begun.elapsed();
        let at_last = capture.kib("VmRSS");
        let (code, said) = capture.finish();
        println!("{sent} frames in {took:?}, {at_first} KiB, then {at_last} KiB");
        assert!(matches!(code, Some(0 | 3)), "{said}");
        let summary = net.summary();
        assert_eq!(frames_add_up(&summary), (sent, 0));
        // The ring is not all of it, and is touched as it fills; the client's queue holds 64 MiB.
        assert!(
            at_last - at_first < 480 << 10,
            "{at_first} KiB, then {at_last} KiB"
        );
        cluster
            .mock
            .broker_round_trip_time(-1, Duration::ZERO)
            .unwrap();
        let records = records(&cluster);
        // What the client gave up at the end may have arrived all the same: it is counted as lost.
        let lost = number(&summary, "/lost/records");
        let exported = number(&summary, "/flows/exported");
        println!(
            "{} arrived, {exported} known to, {lost} lost",
            records.len()
        );
        assert!(lost > 0 && records.len() as u64 >= exported);
        let numbers: BTreeSet<u64> = records
            .iter()
            .map(|record| number(record, "/seq"))
            .collect();
        assert_eq!(numbers.len(), records.len());
    });
}
