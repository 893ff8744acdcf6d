//! Lines of every profile against the record's type, the schemas' own rules, and docs/formats.md.

use crate::export::lines::{Reader, Sums};
use crate::export::tests::{Packet, any_packet, any_terms, context_under, records_of};
use crate::export::{FlowRecord, Format, Rendered, RunContext, Terms, Written, render};
use crate::flow::{Admitted, Class, Ended, IpVersion, Path, PathList, Timestamp, Transport};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What stands in a test's terms as the sensor's name (`context_under`).
const SENSOR: &str = "gate \"7\", 関所";

const JSON: [Format; 4] = [Format::ZeekConnJson, Format::Ecs, Format::Ocsf, Format::Eve];

fn text(format: Format, records: &[Ended], context: &RunContext<'_>) -> String {
    let mut out = Rendered::default();
    render(format, records, 7, context, &mut out);
    String::from_utf8(out.as_bytes().to_vec()).unwrap()
}

/// A value by the names of the members that lead to it, joined by dots; null if it is not there.
fn at<'v>(value: &'v Value, path: &str) -> &'v Value {
    path.split('.').fold(value, |value, name| &value[name])
}

/// All members of an object that are no objects, by the names that lead to them.
fn members(prefix: &str, value: &Value, found: &mut BTreeMap<String, Value>) {
    let Value::Object(object) = value else {
        found.insert(prefix.to_owned(), value.clone());
        return;
    };
    for (name, value) in object {
        let path = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}.{name}")
        };
        members(&path, value, found);
    }
}

/// Where a profile has: the source's address, packets and bytes, the destination's, the protocol, the country of
/// the source, the Community ID, and the object of ours.
fn places(format: Format) -> [&'static str; 10] {
    match format {
        Format::Ecs => [
            "source.ip",
            "source.packets",
            "source.bytes",
            "destination.ip",
            "destination.packets",
            "destination.bytes",
            "network.iana_number",
            "source.geo.country_iso_code",
            "network.community_id",
            "sekisho",
        ],
        Format::Ocsf => [
            "src_endpoint.ip",
            "traffic.packets_out",
            "traffic.bytes_out",
            "dst_endpoint.ip",
            "traffic.packets_in",
            "traffic.bytes_in",
            "connection_info.protocol_num",
            "src_endpoint.location.country",
            "connection_info.community_uid",
            "unmapped.sekisho",
        ],
        Format::Eve => [
            "src_ip",
            "flow.pkts_toserver",
            "flow.bytes_toserver",
            "dest_ip",
            "flow.pkts_toclient",
            "flow.bytes_toclient",
            "proto",
            "-",
            "community_id",
            "sekisho",
        ],
        _ => unreachable!("a profile of nested objects"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_line_says_what_the_record_says(packets in prop::collection::vec(any_packet(), 1..30), terms in any_terms()) {
        let (records, paths) = records_of(&packets);
        let context = context_under(&paths, &terms);
        for format in [Format::Ecs, Format::Ocsf, Format::Eve] {
            let text = text(format, &records, &context);
            prop_assert_eq!(text.lines().count(), records.len());
            for (line, (seq, ended)) in text.lines().zip((7..).zip(&records)) {
                let record = FlowRecord::new(ended, seq, &context);
                let value: Value = serde_json::from_str(line).unwrap();
                let [src_ip, src_packets, src_bytes, dst_ip, dst_packets, dst_bytes, protocol, country, community, ours] = places(format);
                prop_assert_eq!(at(&value, src_ip), &Value::from(record.src_ip.clone()));
                prop_assert_eq!(at(&value, dst_ip), &Value::from(record.dst_ip.clone()));
                prop_assert_eq!(at(&value, src_packets), record.src_packets);
                prop_assert_eq!(at(&value, dst_packets), record.dst_packets);
                let bytes = match format {
                    Format::Eve => [record.src_wire_bytes, record.dst_wire_bytes],
                    _ => [record.src_bytes, record.dst_bytes],
                };
                prop_assert_eq!([src_bytes, dst_bytes].map(|path| at(&value, path).as_u64()), bytes.map(Some));
                match format {
                    Format::Ecs => prop_assert_eq!(at(&value, protocol), &Value::from(record.protocol.to_string())),
                    Format::Ocsf => prop_assert_eq!(at(&value, protocol), record.protocol),
                    _ => prop_assert!(at(&value, protocol).is_string()),
                }
                if format != Format::Eve {
                    prop_assert_eq!(at(&value, country), &record.src_country.clone().map_or(Value::Null, Value::from));
                }
                prop_assert_eq!(at(&value, community), &record.community_id.clone().map_or(Value::Null, Value::from));
                // Ours are the record's own, under the record's own names.
                let whole = serde_json::to_value(&record).unwrap();
                for (name, value) in at(&value, ours).as_object().unwrap() {
                    prop_assert_eq!(value, &whole[name], "{}", name);
                }
                prop_assert_eq!(&at(&value, ours)["sensor"], SENSOR);
            }
        }
    }

    #[test]
    fn zeek_has_the_same_in_both_forms(packets in prop::collection::vec(any_packet(), 1..30), terms in any_terms()) {
        let (records, paths) = records_of(&packets);
        let context = context_under(&paths, &terms);
        let names = column("fields");
        let tabs = text(Format::ZeekConn, &records, &context);
        let json = text(Format::ZeekConnJson, &records, &context);
        for ((row, line), (seq, ended)) in tabs.lines().zip(json.lines()).zip((7..).zip(&records)) {
            let record = FlowRecord::new(ended, seq, &context);
            let cells: Vec<&str> = row.split('\t').collect();
            prop_assert_eq!(cells.len(), names.len());
            let value: Value = serde_json::from_str(line).unwrap();
            for (name, cell) in names.iter().zip(&cells) {
                let as_cell = match &value[name] {
                    Value::Null => "-".to_owned(),
                    Value::Bool(truth) => if *truth { "T" } else { "F" }.to_owned(),
                    Value::Array(items) if items.is_empty() => "(empty)".to_owned(),
                    Value::Array(items) => items.iter().map(|item| item.to_string().replace('"', "")).collect::<Vec<_>>().join(","),
                    Value::String(text) => text.clone(),
                    // A double has no room for all digits of a time.
                    Value::Number(number) if cell.contains('.') => {
                        let double: f64 = cell.parse().unwrap();
                        prop_assert!((number.as_f64().unwrap() - double).abs() < 1e-5);
                        (*cell).to_owned()
                    }
                    other => other.to_string(),
                };
                prop_assert_eq!(&as_cell, cell, "{}", name);
            }
            prop_assert_eq!(&value["id.orig_h"], &record.src_ip);
            prop_assert_eq!(&value["orig_ip_bytes"], record.src_bytes);
            prop_assert_eq!(&value["resp_ip_bytes"], record.dst_bytes);
            prop_assert_eq!(&value["sekisho.authorisation"], &record.authorisation);
            prop_assert_eq!(value["orig_cc"].as_str(), record.src_country.as_deref());
            for name in ["orig_bytes", "resp_bytes", "history", "service", "missed_bytes"] {
                prop_assert!(value[name].is_null());
            }
        }
    }

    #[test]
    fn totals_and_expiry_can_be_read_back_from_every_format(packets in prop::collection::vec(any_packet(), 1..30), terms in any_terms()) {
        let (records, paths) = records_of(&packets);
        let context = context_under(&paths, &terms);
        let mut expected = Written::default();
        expected.count(&records);
        let last = records.iter().map(|ended| terms.expiry(ended.end())).max().flatten();
        for format in Format::ALL.into_iter().filter(|format| format.is_text()) {
            // Of JSON, the first line tells which it is.
            let mut reader = Reader::new(if format.is_json() { Format::Jsonl } else { format });
            let mut sums = Sums::default();
            let whole = format!("{}{}", format.header(), text(format, &records, &context));
            for line in whole.split_terminator('\n') {
                prop_assert!(reader.add(line, &mut sums).is_some(), "{}: {}", format.id(), line);
                let half: String = line.chars().take(line.chars().count() / 2).collect();
                let half = reader.add(&half, &mut Sums::default());
                prop_assert!(half.is_none() || line.starts_with('#'));
            }
            prop_assert_eq!(reader.format(), format);
            let got = sums.holds;
            prop_assert_eq!(
                (got.records, got.packets, got.wire_bytes),
                (expected.records, expected.packets, expected.wire_bytes),
                "{}", format.id()
            );
            prop_assert_eq!(sums.expires(), last);
        }
    }
}

/// The names behind `#fields` or `#types`.
fn column(which: &str) -> Vec<&'static str> {
    let line = Format::ZeekConn
        .header()
        .lines()
        .find_map(|line| line.strip_prefix('#')?.strip_prefix(which));
    line.unwrap().split('\t').skip(1).collect()
}

#[test]
fn the_header_of_zeek_has_a_type_for_every_column() {
    let (names, types) = (column("fields"), column("types"));
    assert_eq!(names.len(), types.len());
    let distinct: BTreeSet<_> = names.iter().collect();
    assert_eq!(distinct.len(), names.len());
    let known = [
        "time", "string", "addr", "port", "enum", "interval", "count", "int", "bool",
    ];
    for kind in types {
        let inner = kind.split(['[', ']']).nth(1).unwrap_or(kind);
        assert!(known.contains(&inner), "{kind}");
    }
}

/// A packet of TCP or another protocol from one end to the other, or back.
fn packet(class: Class, protocol: u8, forth: bool, flags: u8, seen: u64) -> Packet {
    let transport = Transport {
        src_port: if forth { 50_000 } else { 443 },
        dst_port: if forth { 443 } else { 50_000 },
        tcp_flags: flags,
        has: Transport::PORTS | Transport::TCP_FLAGS,
        ..Transport::default()
    };
    let ends = if forth { (1, 2) } else { (2, 1) };
    Packet(Admitted::for_test(
        Timestamp::from_nanos(1_000_000_000 + seen * 1_000),
        IpVersion::V4,
        protocol,
        ends,
        transport,
        (40, 60),
        (if forth { class } else { class.mirror() }, 0),
        Path::DIRECT,
    ))
}

fn lines_of(class: Class, protocol: u8, packets: &[(bool, u8)], format: Format) -> Vec<Value> {
    let packets: Vec<Packet> = (0..)
        .zip(packets)
        .map(|(nth, &(forth, flags))| packet(class, protocol, forth, flags, nth))
        .collect();
    let (records, paths): (_, PathList) = records_of(&packets);
    let terms = Terms::default();
    let text = text(format, &records, &context_under(&paths, &terms));
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Flags: FIN 1, SYN 2, RST 4, ACK 16.
#[test]
fn the_state_of_a_connection_is_what_its_flags_prove() {
    let handshake = [(true, 2), (false, 18), (true, 16)];
    let after = |more: &[(bool, u8)]| [&handshake, more].concat();
    for (what, packets, expected) in [
        ("unanswered", vec![(true, 2), (true, 2)], Some("S0")),
        ("refused", vec![(true, 2), (false, 20)], Some("REJ")),
        ("given up", vec![(true, 2), (true, 4)], Some("RSTOS0")),
        ("open", after(&[]), Some("S1")),
        ("closed by its source", after(&[(true, 17)]), Some("S2")),
        (
            "closed by its destination",
            after(&[(false, 17)]),
            Some("S3"),
        ),
        (
            "closed by both",
            after(&[(true, 17), (false, 17)]),
            Some("SF"),
        ),
        ("reset by its source", after(&[(true, 4)]), Some("RSTO")),
        (
            "reset by its destination",
            after(&[(false, 20)]),
            Some("RSTR"),
        ),
        (
            "in the middle of it",
            vec![(true, 16), (false, 24)],
            Some("OTH"),
        ),
        // What came first is not known.
        ("closed, then reset", after(&[(true, 17), (false, 4)]), None),
        (
            "the end of one that began before",
            vec![(true, 17), (false, 17)],
            None,
        ),
        ("half of a handshake", vec![(true, 2), (false, 18)], None),
        (
            "answered, and the answer not seen",
            vec![(true, 2), (true, 16)],
            None,
        ),
    ] {
        let lines = lines_of(Class::ForeignForeign, 6, &packets, Format::ZeekConnJson);
        assert_eq!(lines[0]["conn_state"].as_str(), expected, "{what}");
    }
    for (protocol, packets, expected) in [
        (17, vec![(true, 0)], "S0"),
        (17, vec![(true, 0), (false, 0)], "SF"),
        (47, vec![(true, 0), (false, 0)], "OTH"),
    ] {
        let lines = lines_of(
            Class::ForeignForeign,
            protocol,
            &packets,
            Format::ZeekConnJson,
        );
        assert_eq!(lines[0]["conn_state"], expected);
    }
}

#[test]
fn the_direction_is_seen_from_home_and_two_ends_abroad_are_external() {
    for (class, ecs, ocsf, boundary, local) in [
        (
            Class::ForeignForeign,
            "external",
            99,
            3,
            [Some(false), Some(false)],
        ),
        (
            Class::ForeignDomestic,
            "inbound",
            1,
            99,
            [Some(false), Some(true)],
        ),
        (
            Class::DomesticForeign,
            "outbound",
            2,
            99,
            [Some(true), Some(false)],
        ),
        (
            Class::ForeignUndetermined,
            "unknown",
            0,
            0,
            [Some(false), None],
        ),
        (
            Class::UndeterminedForeign,
            "unknown",
            0,
            0,
            [None, Some(false)],
        ),
    ] {
        let packets = [(true, 2), (false, 18)];
        let line = |format| lines_of(class, 6, &packets, format).remove(0);
        assert_eq!(line(Format::Ecs)["network"]["direction"], ecs);
        let info = line(Format::Ocsf)["connection_info"].clone();
        assert_eq!(
            (&info["direction_id"], &info["boundary_id"]),
            (&Value::from(ocsf), &Value::from(boundary))
        );
        let zeek = line(Format::ZeekConnJson);
        assert_eq!(
            [zeek["local_orig"].as_bool(), zeek["local_resp"].as_bool()],
            local
        );
    }
}

/// What class 4001 of the schema requires, and the values that it knows.
#[test]
fn ocsf_has_what_is_required_with_values_that_are_known() {
    for class in Class::ALL {
        let line = &lines_of(class, 6, &[(true, 2), (false, 18)], Format::Ocsf)[0];
        for (path, known) in [
            ("activity_id", vec![0, 1, 2, 3, 4, 5, 6, 7, 99]),
            ("category_uid", vec![4]),
            ("class_uid", vec![4001]),
            ("severity_id", vec![0, 1, 2, 3, 4, 5, 6, 99]),
            ("connection_info.direction_id", vec![0, 1, 2, 3, 99]),
            (
                "connection_info.boundary_id",
                (0..=11).chain([99]).collect(),
            ),
            ("connection_info.protocol_ver_id", vec![0, 4, 6, 99]),
        ] {
            let value = at(line, path).as_u64().unwrap();
            assert!(known.contains(&value), "{path}: {value}");
        }
        let (class_uid, activity) = (&line["class_uid"], &line["activity_id"]);
        assert_eq!(
            line["type_uid"].as_u64().unwrap(),
            class_uid.as_u64().unwrap() * 100 + activity.as_u64().unwrap()
        );
        // Milliseconds.
        assert_eq!(line["time"], 1_000);
        for path in ["metadata.version", "metadata.product.vendor_name"] {
            assert!(at(line, path).is_string(), "{path}");
        }
    }
}

#[test]
fn eve_looks_like_suricata_s() {
    let packets = [(true, 2), (false, 18), (true, 17), (false, 17)];
    let line = &lines_of(Class::ForeignDomestic, 6, &packets, Format::Eve)[0];
    assert_eq!(line["timestamp"], "1970-01-01T00:00:01.000003+0000");
    assert_eq!(line["event_type"], "flow");
    assert_eq!(line["proto"], "TCP");
    assert_eq!(line["flow"]["bytes_toserver"], 120);
    assert_eq!(line["flow"]["state"], "closed");
    assert_eq!(line["tcp"]["tcp_flags_ts"], "13");
    assert_eq!(line["tcp"]["tcp_flags_tc"], "13");
    assert_eq!(line["tcp"]["rst"], Value::Null);
    assert!(line["flow_id"].as_u64().unwrap() < 1 << 53);
    let line = &lines_of(Class::ForeignDomestic, 9, &[(true, 0)], Format::Eve)[0];
    assert_eq!(
        (&line["proto"], &line["tcp"]),
        (&"009".into(), &Value::Null)
    );
}

#[test]
fn a_name_of_a_record_depends_on_nothing_but_sensor_start_and_number() {
    let uid = |class| lines_of(class, 6, &[(true, 2)], Format::ZeekConnJson)[0]["uid"].clone();
    let one = uid(Class::ForeignForeign);
    assert_eq!(one, uid(Class::ForeignDomestic));
    let text = one.as_str().unwrap();
    assert!(text.len() == 18 && text.starts_with('C'));
    assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric()));
}

#[test]
fn what_comes_from_outside_is_escaped_for_tabs() {
    let mut out = Vec::new();
    for (text, expected) in [
        ("tokyo-1", "tokyo-1"),
        ("a\tb\nc", "a\\x09b\\x0ac"),
        ("back\\slash", "back\\\\slash"),
        ("-", "\\x2d"),
        ("(empty)", "\\x28empty)"),
        ("", "(empty)"),
        ("関所", "関所"),
    ] {
        out.clear();
        super::zeek::escaped(text, &mut out);
        assert_eq!(std::str::from_utf8(&out).unwrap(), expected);
    }
}

/// Every member that is ever written stands in docs/formats.md.
#[test]
fn the_documentation_names_every_member() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/formats.md");
    let page = std::fs::read_to_string(page).unwrap();
    let mut packets: Vec<Packet> = Class::ALL
        .into_iter()
        .flat_map(|class| {
            [
                packet(class, 6, true, 0xff, 1),
                packet(class, 17, true, 0, 2),
            ]
        })
        .collect();
    let mut path = Path::DIRECT;
    path.push_vlan(1);
    path.push_vlan(2);
    let icmp = Transport {
        icmp_type: 8,
        has: Transport::ICMP,
        ..Transport::default()
    };
    packets.push(Packet(Admitted::for_test(
        Timestamp::from_nanos(5),
        IpVersion::V6,
        58,
        (4, 5),
        icmp,
        (40, 60),
        (Class::ForeignForeign, 0),
        path,
    )));
    let (records, paths) = records_of(&packets);
    let terms = Terms {
        retention_days: 1,
        community_id: Some(0),
        ..Terms::default()
    };
    let context = context_under(&paths, &terms);
    let mut missing = Vec::new();
    for format in JSON {
        let section = page
            .split("\n## ")
            .find(|section| {
                let heading = section.lines().next().unwrap_or_default();
                heading.contains(&format!("`{}`", format.id()))
            })
            .unwrap_or_default();
        for line in text(format, &records, &context).lines() {
            let mut found = BTreeMap::new();
            if format == Format::ZeekConnJson {
                found.extend(serde_json::from_str::<BTreeMap<String, Value>>(line).unwrap());
            } else {
                members("", &serde_json::from_str(line).unwrap(), &mut found);
            }
            for name in found.keys() {
                let known = section.contains(&format!("`{name}`"))
                    || name.contains("sekisho.")
                        && page.contains(&format!("`{}`", name.rsplit('.').next().unwrap()));
                if !known {
                    missing.push(format!("{}: {name}", format.id()));
                }
            }
        }
    }
    missing.sort();
    missing.dedup();
    assert!(missing.is_empty(), "docs/formats.md lacks {missing:#?}");
}
