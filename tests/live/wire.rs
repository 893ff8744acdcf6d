//! What is on the wire is what the records say: as from a file, from both ports of a tap, with the tags
//! that an interface takes off, and of one direction alone.

use crate::harness::{ENDLESS, Net, PROGRAM, ends, frames_add_up, number, packets, records_add_up};
use crate::sockets::Sender;
use crate::traffic::{
    Frames, SERVER, caller, captured, conversations, datagram, framed, mixed, segment,
};
use rustix::process::Signal;
use sekisho::demo::capture::{Format, pcap_image};
use sekisho::demo::link::vlan;
use sekisho::demo::packet::{Ends, ip, udp};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;

/// Records without times, numbers and what depends on the age of the table, sorted.
fn timeless(records: Vec<Value>) -> Vec<String> {
    let mut records: Vec<String> = records
        .into_iter()
        .map(|mut record| {
            let fields = record.as_object_mut().unwrap();
            for field in ["start", "end", "seq"] {
                assert!(fields.remove(field).is_some());
            }
            let flags = fields.get_mut("flags").unwrap().as_array_mut().unwrap();
            flags.retain(|flag| flag != "geo_stale");
            record.to_string()
        })
        .collect();
    records.sort();
    records
}

/// From abroad to abroad; its UDP header lies behind the first 512 bytes.
fn long_headers() -> Vec<u8> {
    let mut bytes = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x86, 0xdd];
    // 560 bytes of destination options, all padding, then UDP.
    bytes.extend_from_slice(&[0x60, 0, 0, 0, 2, 0x38, 60, 64]);
    for last in [1, 2] {
        bytes.extend_from_slice(&[0x2a, 0, 0x14, 0x50, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]);
    }
    bytes.extend_from_slice(&[17, 69]);
    bytes.resize(14 + 40 + 560, 0);
    bytes.extend_from_slice(&[0, 53, 0, 53, 0, 8, 0, 0]);
    bytes
}

#[test]
fn the_wire_gives_the_records_of_the_file() {
    let Some(net) = Net::new() else { return };
    let mut sent = mixed(5, 20_000);
    sent.push(long_headers());
    let cut: Vec<_> = captured(&sent)
        .into_iter()
        .map(|frame| frame.cut(512))
        .collect();
    fs::write(net.path("cut.pcap"), pcap_image(&cut, Format::USUAL)).unwrap();
    let replay = Command::new(PROGRAM)
        .args(["replay", "cut.pcap", "-o", "file.jsonl"])
        .args(["--summary", "summary.json"])
        .args(ENDLESS)
        .current_dir(net.folder())
        .output()
        .unwrap();
    assert!(replay.status.success());
    let of_file = timeless(net.records("file.jsonl"));
    let books = net.summary();
    assert!(of_file.len() > 1_000, "{}", of_file.len());
    for lanes in ["1", "2", "5"] {
        let mut args = vec!["--lanes", lanes, "-o", "wire.jsonl"];
        args.extend(ENDLESS);
        let capture = net.capture(&args);
        net.send(&sent);
        capture.done();
        assert_eq!(frames_add_up(&net.summary()), (sent.len() as u64, 0));
        for part in ["frames", "admitted", "excluded"] {
            assert_eq!(net.summary()[part], books[part], "{part}");
        }
        // Fragments and what is inside tunnels too: frames are shared by their outermost addresses.
        let of_wire = timeless(net.records("wire.jsonl"));
        assert!(of_wire == of_file, "{lanes} lanes: other records");
    }
}

#[test]
fn a_tap_with_two_ports_gives_whole_flows() {
    let Some(net) = Net::new() else { return };
    net.join("vc", "vd");
    // There on one port, back on the other; and half of it the other way round.
    let all = conversations(500);
    let (there, back) = all.split_at(500);
    let (one, other) = (
        [&there[..250], &back[250..]].concat(),
        [&back[..250], &there[250..]].concat(),
    );
    for lanes in ["1", "3"] {
        let mut args = vec!["--lanes", lanes, "-o", "flows.jsonl"];
        args.extend(ENDLESS);
        let capture = net.capture_on(&["vb", "vd"], &args);
        let (va, vc) = (net.sender("va"), net.sender("vc"));
        for _ in 0..5 {
            va.send(&one);
            vc.send(&other);
        }
        capture.done();
        let summary = net.summary();
        assert_eq!(frames_add_up(&summary), (5_000, 0));
        for (at, name) in ["vb", "vd"].iter().enumerate() {
            assert_eq!(summary["inputs"][at]["path"], *name);
            assert_eq!(summary["inputs"][at]["packets"], 2_500);
        }
        let records = net.records("flows.jsonl");
        records_add_up(&summary, &records);
        assert_eq!(records.len(), 500, "{lanes} lanes: a flow was split");
        for record in &records {
            assert_eq!(
                (&record["src_packets"], &record["dst_packets"]),
                (&json!(5), &json!(5))
            );
        }
    }
}

#[test]
fn a_filter_leaves_out_what_it_does_not_name() {
    let Some(net) = Net::new() else { return };
    let frames = mixed(12, 5_000);
    let capture = net.capture(&["-o", "flows.jsonl", "--filter", "tcp port 443"]);
    net.send(&frames);
    capture.done();
    let (delivered, dropped) = frames_add_up(&net.summary());
    assert!((1..frames.len() as u64).contains(&delivered) && dropped == 0);
    for record in net.records("flows.jsonl") {
        let ports = [&record["src_port"], &record["dst_port"]];
        assert!(record["protocol"] == 6 && ports.contains(&&Value::from(443)));
    }
}

/// A datagram of the `n`-th caller and one back, behind these tags, outermost first.
fn tagged(n: u32, tags: &[(u16, u16)]) -> [Vec<u8>; 2] {
    let there = Ends::new(caller(n), SERVER);
    [(there, 40_000, 53), (there.reversed(), 53, 40_000)].map(|(ends, from, to)| {
        let packet = ip(ends, udp(ends, from, to, b"tagged"));
        let behind = |packet, (kind, id): &(u16, u16)| vlan(*kind, *id, packet);
        framed(tags.iter().rev().fold(packet, behind))
    })
}

/// Interface, tags in the frame, tags of the record.
type Sent = (&'static str, &'static [(u16, u16)], &'static [u16]);

/// Interfaces that put tags on what is sent out of them.
fn vlan_devices(net: &Net) -> Result<(), String> {
    for (below, name, tag) in [
        ("va", "va.7", "id 7"),
        ("va", "va.20", "proto 802.1ad id 20"),
        ("va.20", "va.20.30", "id 30"),
        ("vb", "vb.9", "id 9"),
    ] {
        net.try_ip(&format!(
            "link add link {below} name {name} type vlan {tag}"
        ))?;
        net.raise(name)?;
    }
    Ok(())
}

#[test]
fn row_53_tags_that_the_interface_takes_off_come_back() {
    let Some(net) = Net::new() else { return };
    let mut sent: Vec<Sent> = vec![
        ("va", &[], &[]),
        ("va", &[(0x8100, 5)], &[5]),
        ("va", &[(0x88a8, 2_001), (0x8100, 101)], &[2_001, 101]),
        (
            "va",
            &[(0x9100, 29), (0x8100, 30), (0x8100, 31)],
            &[29, 30, 31],
        ),
        ("vb", &[(0x8100, 6)], &[6]),
    ];
    if let Err(reason) = vlan_devices(&net) {
        println!("NOT TESTED: tags that an interface puts on: {reason}");
    } else {
        // By the interface itself, beside the frame; the last as this machine's own.
        sent.push(("va.7", &[], &[7]));
        sent.push(("va.7", &[(0x8100, 8)], &[7, 8]));
        sent.push(("va.20", &[], &[20]));
        sent.push(("va.20.30", &[], &[20, 30]));
        sent.push(("vb.9", &[], &[9]));
    }
    // What a socket gets, the kernel has taken the outermost tag off.
    let listening = net.inside(|| Sender::listening("vb")).unwrap();
    net.send(&[&tagged(1, sent[1].1)[..1], &tagged(2, sent[2].1)[..1]].concat());
    for (n, ethertype) in [(1, [8, 0]), (2, [0x81, 0])] {
        let untagged = listening.receive().unwrap();
        assert_eq!(untagged[12..14], ethertype, "{n}: the tag is still there");
    }
    let mut tried = 0;
    for offload in ["on", "off"] {
        let mut ethtool = net.command("ethtool");
        let set = ethtool.args(["-K", "vb", "rxvlan", offload, "txvlan", offload]);
        if !set.output().is_ok_and(|done| done.status.success()) {
            println!("NOT TESTED: rxvlan {offload}: no ethtool here, or not for this interface");
            continue;
        }
        tried += 1;
        for lanes in ["1", "3"] {
            let capture = net.capture(&["--lanes", lanes, "-o", "flows.jsonl"]);
            for (n, (interface, tags, _)) in sent.iter().enumerate() {
                net.sender(interface).send(&tagged(n as u32, tags));
            }
            capture.done();
            assert_eq!(frames_add_up(&net.summary()), (2 * sent.len() as u64, 0));
            let mut found: BTreeMap<String, Value> = BTreeMap::new();
            for record in net.records("flows.jsonl") {
                assert_eq!(packets(&record), 2, "{lanes} lanes: a flow was split");
                found.insert(record["src_ip"].to_string(), record["vlans"].clone());
            }
            for (n, (_, _, expected)) in sent.iter().enumerate() {
                let [a, b, c, d] = caller(n as u32);
                let vlans = found.get(&format!("\"{a}.{b}.{c}.{d}\""));
                assert_eq!(
                    vlans,
                    Some(&json!(expected)),
                    "rxvlan {offload}: {:?}",
                    sent[n]
                );
            }
        }
    }
    println!("with {tried} settings of the interface");
}

#[test]
fn row_53_what_this_machine_sends_is_seen_once() {
    let Some(net) = Net::new() else { return };
    net.ip("link set lo up");
    let frames = conversations(200);
    // Out of the interface that is captured from, and through the loopback, where every frame goes out
    // and comes in.
    for interface in ["vb", "lo"] {
        for lanes in ["1", "3"] {
            let capture = net.capture_on(&[interface], &["--lanes", lanes, "-o", "flows.jsonl"]);
            net.sender(interface).send(&frames);
            capture.done();
            let summary = net.summary();
            assert_eq!(
                frames_add_up(&summary),
                (400, 0),
                "{interface}, {lanes} lanes"
            );
            let records = net.records("flows.jsonl");
            records_add_up(&summary, &records);
            assert_eq!(
                records.len(),
                200,
                "{interface}, {lanes} lanes: a flow was split"
            );
            assert!(records.iter().all(|record| packets(record) == 2));
        }
    }
}

#[test]
fn row_54_one_direction_alone_claims_nothing_of_the_other() {
    const SYN: u8 = 2;
    const ACK: u8 = 16;
    let Some(net) = Net::new() else { return };
    // Whole conversations of 20 callers; the mirror shows one direction of 10, the other of 10.
    let mut frames = Frames::new();
    for n in 0..20 {
        let (there, back) = ([50_000, 443], [443, 50_000]);
        if n < 10 {
            frames.push(segment(caller(n), SERVER, there, SYN));
            frames.push(segment(caller(n), SERVER, there, ACK));
        } else {
            frames.push(segment(SERVER, caller(n), back, SYN | ACK));
            frames.push(segment(SERVER, caller(n), back, ACK));
        }
    }
    frames.push(datagram(SERVER, caller(99), [53, 40_000], 90));
    let capture = net.capture(&["--lanes", "2", "-o", "flows.jsonl"]);
    net.send(&frames);
    let said = capture.done();
    assert_eq!(frames_add_up(&net.summary()), (41, 0));
    let records = net.records("flows.jsonl");
    records_add_up(&net.summary(), &records);
    assert_eq!(records.len(), 21);
    for record in &records {
        let begun_by_server = record["src_ip"] == "79.200.1.9";
        // Who began is known by a SYN alone; the answer to one is none.
        let expected = if begun_by_server { "first_seen" } else { "syn" };
        assert_eq!(record["initiator"], expected, "{record}");
        for field in [
            "dst_packets",
            "dst_bytes",
            "dst_wire_bytes",
            "dst_tcp_flags",
        ] {
            assert_eq!(number(record, &format!("/{field}")), 0, "{record}");
        }
        // No word on a direction that was not seen.
        let flags = record["flags"].as_array().unwrap();
        assert!(flags.iter().all(|flag| flag == "geo_stale"), "{record}");
        assert_ne!(record["end_reason"], "tcp_end");
    }
    let pairs: HashSet<_> = records.iter().map(ends).collect();
    assert_eq!(pairs.len(), 21);
    assert!(!said.contains("unanswered"), "{said}");
}

#[test]
fn a_limit_of_frames_is_kept_to_the_frame() {
    let Some(net) = Net::new() else { return };
    let capture = net.capture(&["--format", "null", "--count", "1000", "--lanes", "2"]);
    net.send(&mixed(7, 3_000));
    let (code, said) = capture.end();
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(frames_add_up(&net.summary()).0, 1_000);
}

#[test]
fn what_came_before_the_end_was_asked_for_is_in_the_records() {
    let Some(net) = Net::new() else { return };
    let capture = net.capture(&["-o", "flows.jsonl"]);
    net.send(&conversations(100));
    // At once: what the kernel has not handed over yet is read all the same.
    capture.signal(Signal::TERM);
    let (code, said) = capture.end();
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(frames_add_up(&net.summary()), (200, 0));
}

/// A connection over loopback, whose interface takes 1500 octets: the system hands over what it will cut later, or
/// has joined, in one.
#[test]
fn row_55_joined_frames_are_told_of_once() {
    let Some(net) = Net::new() else { return };
    net.ip("link set lo mtu 1500 up");
    let capture = net.capture_on(&["lo"], &["--format", "null", "--lanes", "2"]);
    net.inside(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let place = listener.local_addr().unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                TcpStream::connect(place)
                    .unwrap()
                    .write_all(&[7; 4 << 20])
                    .unwrap()
            });
            let mut taken = Vec::new();
            listener
                .accept()
                .unwrap()
                .0
                .read_to_end(&mut taken)
                .unwrap();
            assert_eq!(taken.len(), 4 << 20);
        });
    });
    let said = capture.done();
    let told = said
        .matches("frames longer than the interface takes: lo: ")
        .count();
    assert_eq!(told, 1, "{said}");
    assert!(
        said.contains("1500 fit") && said.contains("ethtool -K lo gro off"),
        "{said}"
    );
    assert!(number(&net.summary(), "/frames/packets") > 10);
}
