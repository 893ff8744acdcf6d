//! nfcapd and nfacctd on loopback: every record of a capture arrives, and says what JSON Lines say of it.

use crate::running::{Beside, CAPTURES, finish, free_port, is_there, replay, wait_until_read};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::process::Command;

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn number(value: &Value) -> u64 {
    // nfacctd writes some numbers as text.
    let text = value.as_str().and_then(|text| text.parse().ok());
    value.as_u64().or(text).unwrap_or(0)
}

fn address(value: &Value) -> IpAddr {
    text(value).parse().unwrap()
}

/// A record as nfdump knows it: when, who, what and how much each way.
type Seen = (String, IpAddr, IpAddr, [u64; 9]);

/// To the millisecond.
fn milli(time: &str) -> String {
    time.chars().take("2026-10-05T09:00:05.237".len()).collect()
}

fn ours(record: &Value) -> Seen {
    let n = |name: &str| number(&record[name]);
    (
        milli(text(&record["start"])),
        address(&record["src_ip"]),
        address(&record["dst_ip"]),
        [
            n("src_port"),
            n("dst_port"),
            n("protocol"),
            n("src_packets"),
            n("src_bytes"),
            n("dst_packets"),
            n("dst_bytes"),
            n("icmp_type"),
            n("icmp_code"),
        ],
    )
}

fn nfdumps(flow: &Value) -> Seen {
    let n = |name: &str| number(&flow[name]);
    let either = |four: &str, six: &str| match flow.get(four) {
        Some(found) => address(found),
        None => address(&flow[six]),
    };
    (
        milli(text(&flow["first"])),
        either("src4_addr", "src6_addr"),
        either("dst4_addr", "dst6_addr"),
        [
            n("src_port"),
            n("dst_port"),
            n("proto"),
            n("in_packets"),
            n("in_bytes"),
            n("out_packets"),
            n("out_bytes"),
            n("icmp_type"),
            n("icmp_code"),
        ],
    )
}

#[test]
fn nfcapd_stores_every_record_with_both_directions_and_misses_nothing() {
    if !is_there("nfcapd", "-V", "nfdump") {
        return;
    }
    for name in CAPTURES {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let mut nfcapd = Beside::start(
            Command::new("nfcapd").arg("-w").arg(folder.path()).args([
                "-b",
                "127.0.0.1",
                "-p",
                &port.to_string(),
                "-t",
                "3600",
            ]),
            "Startup nfcapd",
        );
        let replayed = replay(name, &["-o", &format!("udp://127.0.0.1:{port}")]);
        assert!(replayed.text().contains("best effort"));
        wait_until_read(port);
        nfcapd.end("TERM", "Terminating nfcapd");
        let (records, packets) = (replayed.records.len(), replayed.admitted());
        let bytes = replayed.sum("src_bytes") + replayed.sum("dst_bytes");
        let books = format!(
            "Flows: {records}, Packets: {packets}, Bytes: {bytes}, Sequence Errors: 0, Bad Packets: 0"
        );
        assert!(nfcapd.text.contains(&books), "{name}: {}", nfcapd.text);
        let mut nfdump = Command::new("nfdump");
        nfdump.arg("-R").arg(folder.path()).args(["-o", "json"]);
        let dumped = finish(nfdump.env("TZ", "UTC"));
        let flows: Vec<Value> = serde_json::from_slice(&dumped.stdout).unwrap();
        let mut found: Vec<Seen> = flows.iter().map(nfdumps).collect();
        let mut expected: Vec<Seen> = replayed.records.iter().map(ours).collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{name}");
        // Of TCP the flags too, which this version keeps of one direction only.
        let flags = |bits: u64| {
            let letters = "CEUAPRSF".chars().enumerate();
            let set = letters.map(|(at, letter)| {
                if bits >> (7 - at) & 1 == 1 {
                    letter
                } else {
                    '.'
                }
            });
            set.collect::<String>()
        };
        let mut found: Vec<String> = flows
            .iter()
            .filter(|flow| flow["proto"] == 6)
            .map(|flow| text(&flow["tcp_flags"]).to_owned())
            .collect();
        let tcp = replayed
            .records
            .iter()
            .filter(|record| record["protocol"] == 6);
        let mut expected: Vec<String> = tcp
            .map(|record| flags(number(&record["src_tcp_flags"])))
            .collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{name}");
    }
}

/// The shipped configuration, at another port and with another file.
fn nfacctd_conf(folder: &Path, port: u16) -> std::path::PathBuf {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/ipfix");
    let text = fs::read_to_string(shipped.join("nfacctd.conf")).unwrap();
    let primitives = shipped.join("sekisho.primitives");
    let output = folder.join("flows.json");
    let text = text
        .replace("nfacctd_port: 4739", &format!("nfacctd_port: {port}"))
        .replace("flows.json", output.to_str().unwrap())
        .replace("sekisho.primitives", primitives.to_str().unwrap());
    let path = folder.join("nfacctd.conf");
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn nfacctd_reads_a_record_for_each_direction_and_our_own_elements() {
    if !is_there("nfacctd", "-V", "pmacct") {
        return;
    }
    for name in ["example.pcap", "tunnels.pcap"] {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let conf = nfacctd_conf(folder.path(), port);
        let mut command = Command::new("nfacctd");
        command.arg("-f").arg(conf).current_dir(folder.path());
        let mut nfacctd = Beside::start(&mut command, "waiting for NetFlow/IPFIX data on");
        let target = format!("udp://127.0.0.1:{port}");
        let replayed = replay(name, &["--format", "ipfix-uniflow", "-o", &target]);
        wait_until_read(port);
        nfacctd.end("INT", "OK, Exiting");
        let written = fs::read_to_string(folder.path().join("flows.json")).unwrap();
        let rows: Vec<Value> = written
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let sum = |field: &str| rows.iter().map(|row| number(&row[field])).sum::<u64>();
        assert_eq!(sum("packets"), replayed.admitted(), "{name}");
        let both = |one, other| replayed.sum(one) + replayed.sum(other);
        assert_eq!(sum("bytes"), both("src_bytes", "dst_bytes"), "{name}");
        let wire = both("src_wire_bytes", "dst_wire_bytes");
        assert_eq!(sum("wire_bytes"), wire, "{name}");
        // Each direction of each record, by its number; of those from the initiator, all that is told.
        let mut numbers = BTreeSet::new();
        for row in &rows {
            let at = number(&row["record_number"]);
            let record = &replayed.records[at as usize];
            let is_reply = number(&row["is_reply"]) == 1;
            assert!(numbers.insert((at, is_reply)), "{row}");
            let (src, dst) = if is_reply {
                ("dst", "src")
            } else {
                ("src", "dst")
            };
            for (theirs, ours) in [
                (&row["ip_src"], &record[format!("{src}_ip")]),
                (&row["ip_dst"], &record[format!("{dst}_ip")]),
            ] {
                assert_eq!(address(theirs), address(ours), "{row}");
            }
            for (theirs, ours) in [
                (&row["packets"], &record[format!("{src}_packets")]),
                (&row["bytes"], &record[format!("{src}_bytes")]),
                (&row["wire_bytes"], &record[format!("{src}_wire_bytes")]),
                (&row["tcp_flags"], &record[format!("{src}_tcp_flags")]),
                (&row["port_src"], &record[format!("{src}_port")]),
                (&row["port_dst"], &record[format!("{dst}_port")]),
            ] {
                assert_eq!(number(theirs), number(ours), "{row}");
            }
            let tunnels = record["tunnels"].as_array().unwrap().iter().map(text);
            let tunnels = tunnels.collect::<Vec<_>>().join(",");
            for (theirs, ours) in [
                ("src_country", text(&record[format!("{src}_country")])),
                ("dst_country", text(&record[format!("{dst}_country")])),
                ("flow_scope", text(&record["scope"])),
                ("tunnel_path", &tunnels),
                ("end_reason", text(&record["end_reason"])),
                ("table_digest", text(&record["geo"])),
                ("sensor_name", text(&record["sensor"])),
                ("authorised_by", text(&record["authorisation"])),
            ] {
                assert_eq!(text(&row[theirs]), ours, "{theirs}: {row}");
            }
            if !is_reply {
                assert_eq!(row["flow_class"], record["class"]);
            }
        }
        let wanted = replayed.records.iter().zip(0..).flat_map(|(record, at)| {
            let ways = [(false, "src_packets"), (true, "dst_packets")];
            ways.map(|(is_reply, field)| (number(&record[field]) > 0).then_some((at, is_reply)))
        });
        assert_eq!(numbers, wanted.flatten().collect(), "{name}");
    }
}
