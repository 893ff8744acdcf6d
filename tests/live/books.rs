//! More than the sensor can take: what it loses is counted, the rest is right, and nothing grows.

use crate::harness::{ENDLESS, Net, frames_add_up, now, number, packets, records_add_up, until};
use crate::traffic::{Frames, SERVER, caller, datagram, flood, mixed};
use rustix::process::Signal;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

#[test]
fn row_16_what_is_sent_is_delivered_or_counted_as_dropped() {
    let Some(net) = Net::new() else { return };
    let frames = mixed(6, 20_000);
    for stopped in [false, true] {
        let capture = net.capture(&["-o", "flows.jsonl", "--ring-mib", "1", "--lanes", "2"]);
        if stopped {
            // Nobody reads: the rings run full.
            capture.signal(Signal::STOP);
        }
        let sent = net.sender("va").repeat(&frames, 2);
        capture.signal(Signal::TERM);
        capture.signal(Signal::CONT);
        let begun = now();
        let (code, said) = capture.end();
        assert!(begun.elapsed() < Duration::from_secs(10));
        assert_eq!(code, Some(0), "{said}");
        let summary = net.summary();
        let (delivered, dropped) = frames_add_up(&summary);
        assert_eq!(delivered + dropped, sent, "{delivered} and {dropped}");
        assert!(delivered > 0);
        records_add_up(&summary, &net.records("flows.jsonl"));
        if stopped {
            assert!(dropped > 0);
            assert!(said.contains("frames dropped by the kernel"), "{said}");
        }
    }
}

/// What each host sent, by its number, and what the server got from a host far away.
fn sent_by_hosts(records: &[Value]) -> BTreeMap<String, u64> {
    let mut found = BTreeMap::new();
    for record in records {
        *found
            .entry(record["src_ip"].as_str().unwrap().to_owned())
            .or_default() += packets(record);
    }
    found
}

#[test]
fn row_15_one_flow_that_is_too_much_costs_only_its_own_lane() {
    const HOSTS: u32 = 200;
    const EACH: u64 = 10;
    const ELEPHANT: [u8; 4] = [82, 230, 7, 7];
    let Some(net) = Net::new() else { return };
    let one = datagram(ELEPHANT, SERVER, [50_000, 443], 1_000);
    let elephant: Frames = vec![one; 40_000];
    let mice: Frames = (0..HOSTS)
        .map(|n| datagram(caller(n), SERVER, [40_000, 53], 60))
        .collect();
    let sender = net.sender("va");
    for stopped in [false, true] {
        // Room for less than half of the elephant's frames, of which 512 bytes are kept; and for what the
        // others send, as long as that takes: a block of the ring is used up after 50 ms, however little is
        // in it.
        let mut args = vec!["--lanes", "2", "--ring-mib", "16", "-o", "flows.jsonl"];
        args.extend(ENDLESS);
        let capture = net.capture(&args);
        if stopped {
            // The lane of the elephant is far behind: its ring is full before anyone else comes.
            capture.signal(Signal::STOP);
        }
        let mut sent = sender.send(&elephant);
        for part in elephant.chunks(elephant.len() / EACH as usize) {
            sent += sender.send(&mice) + sender.send(part);
        }
        capture.signal(Signal::CONT);
        capture.done();
        let summary = net.summary();
        let (delivered, dropped) = frames_add_up(&summary);
        assert_eq!(delivered + dropped, sent);
        let records = net.records("flows.jsonl");
        records_add_up(&summary, &records);
        let mut by_host = sent_by_hosts(&records);
        by_host.remove("82.230.7.7").unwrap();
        let whole = by_host.values().filter(|count| **count == EACH).count();
        let part = HOSTS as usize - whole;
        // Half of the hosts are in the other lane, give or take: with this many, never fewer than a
        // third.
        assert!(whole > HOSTS as usize / 3, "{whole} whole, {part} not");
        if stopped {
            assert!(dropped > 40_000);
            // In the full lane nothing got through, in the other one everything.
            assert_eq!(by_host.len(), whole);
            assert!(part > HOSTS as usize / 3, "{whole} whole, {part} not");
        }
        println!("{dropped} of {sent} dropped, {whole} of {HOSTS} hosts whole");
    }
}

#[test]
fn row_14_a_flood_of_flows_is_held_in_a_table_of_fixed_size() {
    const MOST: u64 = 1_000;
    const FLOWS: u32 = 60_000;
    let Some(net) = Net::new() else { return };
    let mut args = vec!["-o", "flows.jsonl", "--max-flows", "1000"];
    args.extend(ENDLESS);
    let capture = net.capture(&args);
    // Some that are no flood: packets both ways.
    let sender = net.sender("va");
    let established: Frames = (0..100)
        .flat_map(|n| {
            let host = caller(0x00ff_0000 + n);
            [
                datagram(host, SERVER, [40_000, 443], 60),
                datagram(SERVER, host, [443, 40_000], 60),
            ]
        })
        .collect();
    let mut sent = sender.send(&established);
    for part in flood(0, FLOWS).chunks(6_000) {
        sent += sender.send(part) + sender.send(&established);
    }
    capture.done();
    let summary = net.summary();
    assert_eq!(frames_add_up(&summary), (sent, 0));
    let records = net.records("flows.jsonl");
    records_add_up(&summary, &records);
    assert_eq!(number(&summary, "/lost/records"), 0);
    let evicted = records
        .iter()
        .filter(|record| record["end_reason"] == "evicted");
    let evicted: Vec<&Value> = evicted.collect();
    assert_eq!(number(&summary, "/flows/evicted"), evicted.len() as u64);
    // All but what was in the table in the end, and each once.
    assert_eq!(records.len(), FLOWS as usize + 100);
    assert!(evicted.len() as u64 >= u64::from(FLOWS) - MOST);
    // Half-open ones first: no conversation was cut.
    for record in records
        .iter()
        .filter(|record| number(record, "/dst_packets") > 0)
    {
        assert_eq!(
            (packets(record), &record["end_reason"]),
            (22, &"end_of_input".into())
        );
    }
}

#[test]
fn row_14_memory_stays_where_it_is_under_a_flood_of_flows() {
    const PARTS: usize = 40;
    const PART: u32 = 40_000;
    let Some(net) = Net::new() else { return };
    let mut args = vec!["--format", "null", "--max-flows", "10000"];
    args.extend(ENDLESS);
    let capture = net.capture(&args);
    let sender = net.sender("va");
    let mut sent = 0;
    let mut resident = Vec::new();
    for part in 0..PARTS {
        for slice in flood(part as u32 * PART, PART).chunks(500) {
            sent += sender.send(slice);
            // What the kernel drops is no load.
            std::thread::sleep(Duration::from_millis(1));
        }
        resident.push(capture.kib("VmHWM:"));
    }
    capture.done();
    let summary = net.summary();
    let (delivered, dropped) = frames_add_up(&summary);
    assert_eq!(delivered + dropped, sent);
    let evicted = number(&summary, "/flows/evicted");
    println!("resident: {resident:?} KiB, {evicted} evicted, {dropped} frames dropped");
    assert!(evicted > 1_200_000, "{evicted} evicted, {dropped} dropped");
    // What ends in a second and what waits for the writer is memory too, up to a limit. The flows alone
    // that were let go since: more than 100 MB.
    let grown = resident[PARTS - 1] - resident[PARTS / 3];
    assert!(grown < 64 << 10, "{resident:?} KiB");
}

#[test]
fn loss_is_seen_in_the_summary_and_nothing_else_is_wrong_for_it() {
    let Some(net) = Net::new() else { return };
    let mut args = vec!["--format", "null", "--ring-mib", "1"];
    args.extend(ENDLESS);
    let capture = net.capture(&args);
    capture.signal(Signal::STOP);
    let sent = net.send(&flood(0, 50_000));
    capture.signal(Signal::CONT);
    // It goes on, and takes what comes then.
    until("the ring is empty again", || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", capture.id())).unwrap();
        !stat.contains(") T ")
    });
    std::thread::sleep(Duration::from_millis(300));
    let later = net.send(&flood(50_000, 1_000));
    let said = capture.done();
    let summary = net.summary();
    let (delivered, dropped) = frames_add_up(&summary);
    assert_eq!(delivered + dropped, sent + later);
    assert!(dropped > 0 && delivered >= later);
    assert!(said.contains("frames dropped by the kernel"), "{said}");
}
