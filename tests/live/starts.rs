//! Starts under traffic: from the first frame that a lane sees, every frame is delivered once.

use crate::harness::{ENDLESS, Net, frames_add_up, number, records_add_up, until};
use crate::traffic::{SERVER, caller, conversations};
use serde_json::Value;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

/// Conversations, whose packets go there and back by turns.
const FLOWS: u64 = 200;

/// The kernel's own neighbour traffic is switched off here, so that what is sent is all there is.
#[test]
fn row_16_and_57_every_frame_after_a_start_under_traffic_is_delivered_once() {
    const STARTS: u64 = 20;
    let Some(net) = Net::new() else { return };
    let frames = conversations(FLOWS as u32);
    let sender = net.sender("va");
    let mut under_traffic = 0;
    for start in 0..STARTS {
        let lanes = 1 + start % 4;
        let (end, sent) = (AtomicBool::new(false), AtomicU64::new(0));
        let (capture, sent_before, sent_when_ready) = thread::scope(|scope| {
            // 200 000 frames a second.
            scope.spawn(|| sender.flow(&frames, FLOWS as usize, &end, &sent));
            let stop = Stop(&end);
            let sent_before = sent.load(Ordering::Relaxed);
            let lanes = lanes.to_string();
            let mut args = vec!["--lanes", &lanes, "-o", "flows.jsonl"];
            args.extend(ENDLESS);
            let capture = net.capture(&args);
            let sent_when_ready = sent.load(Ordering::Relaxed) + FLOWS;
            // A tenth of a second, or longer on a busy machine.
            until("the traffic goes on", || {
                sent.load(Ordering::Relaxed) > sent_when_ready + 20_000
            });
            drop(stop);
            (capture, sent_before, sent_when_ready)
        });
        capture.done();
        let sent = sent.into_inner();
        let summary = net.summary();
        let (delivered, dropped) = frames_add_up(&summary);
        assert_eq!(dropped, 0);
        assert!(delivered <= sent - sent_before, "{delivered} of {sent}");
        assert!(delivered + sent_when_ready >= sent, "{delivered} of {sent}");
        under_traffic += u64::from(delivered < sent);
        let records = net.records("flows.jsonl");
        records_add_up(&summary, &records);
        // Both directions together, and nothing of it elsewhere.
        assert_eq!(
            records.len() as u64,
            FLOWS,
            "{lanes} lanes: a flow was split: {delivered} of {sent} delivered"
        );
        let beginnings = records.iter().map(|record| beginning(record, sent));
        let beginnings: Vec<[u64; 2]> = beginnings.collect();
        let begun = fewest_moments(beginnings.clone());
        assert!(
            begun <= lanes,
            "{lanes} lanes began at {begun} moments: {beginnings:?}"
        );
    }
    assert!(under_traffic > STARTS / 2, "{under_traffic}");
}

/// Ends the traffic however the scope is left.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Frames of a record are the last ones of its flow, without a gap: between which two frames of all its
/// lane began.
#[track_caller]
fn beginning(record: &Value, sent: u64) -> [u64; 2] {
    let server = Ipv4Addr::from(SERVER).to_string();
    let is_back = record["src_ip"] == server.as_str();
    let host = &record[if is_back { "dst_ip" } else { "src_ip" }];
    let host: Ipv4Addr = host.as_str().unwrap().parse().unwrap();
    let flow = u64::from(host.to_bits() - Ipv4Addr::from(caller(0)).to_bits());
    // Frame k is of flow k mod FLOWS, and the direction changes with each round.
    let rounds = sent / FLOWS;
    let [first, second] = ["/src_packets", "/dst_packets"].map(|way| number(record, way));
    let missed = rounds.checked_sub(first + second).unwrap();
    assert_eq!(is_back, missed % 2 == 1, "begins in the middle: {record}");
    assert!(
        first == second || first == second + 1,
        "a frame is missing or came twice: {record}"
    );
    let first = missed * FLOWS + flow;
    [(first + 1).saturating_sub(FLOWS), first]
}

/// The fewest moments of which each interval holds one.
fn fewest_moments(mut intervals: Vec<[u64; 2]>) -> u64 {
    intervals.sort_by_key(|[_, last]| *last);
    let (mut count, mut latest) = (0, None);
    for [first, last] in intervals {
        if latest.is_none_or(|latest| latest < first) {
            count += 1;
            latest = Some(last);
        }
    }
    count
}
