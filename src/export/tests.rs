//! Renderings against the type, sorting against a plain sort, files on a disk.

use super::*;
use crate::flow::Transport;
use crate::flow::{
    Admitted, Atlas, Class, CountryCode, Ended, FlowTable, IpVersion, Path, PathList, Settings,
    Timestamp, Tunnel,
};
use proptest::prelude::*;
use std::path::Path as FilePath;
use std::sync::{Arc, LazyLock};

struct TestAtlas;

impl Atlas for TestAtlas {
    fn country(&self, _: IpVersion, address: u128) -> Option<CountryCode> {
        ["JP", "US", "DE", ""]
            .get(address as usize % 4)
            .and_then(|code| CountryCode::new(code))
    }

    fn digest(&self) -> [u8; 32] {
        [0xa7; 32]
    }

    fn is_stale_at(&self, seen: Timestamp) -> bool {
        seen.nanos().is_multiple_of(3)
    }
}

const SETTINGS: Settings = Settings {
    idle: 60_000_000_000,
    active: 300_000_000_000,
    max_flows: 1 << 18,
    seed: 1,
};

/// `Admitted` has no `Debug`, and proptest needs one.
#[derive(Clone)]
pub(super) struct Packet(pub(super) Admitted);

impl std::fmt::Debug for Packet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a packet at {}", self.0.seen())
    }
}

pub(super) fn any_packet() -> impl Strategy<Value = Packet> {
    let path = (
        prop::collection::vec(0..4096_u16, 0..3),
        prop::collection::vec(
            prop::sample::select(vec![Tunnel::Gre, Tunnel::SixInFour]),
            0..3,
        ),
    );
    let address = prop_oneof![any::<u128>(), 0..9_u128, Just(0xffff_u128 << 32 | 5)];
    (
        (
            prop_oneof![any::<u64>(), 0..9_u64],
            any::<bool>(),
            any::<[u8; 5]>(),
        ),
        (address.clone(), address),
        any::<[u16; 2]>(),
        (any::<u32>(), any::<u32>()),
        (prop::sample::select(Class::ALL.to_vec()), 0..8_u8),
        path,
    )
        .prop_map(
            |(
                (seen, v4, [protocol, flags, kind, code, has]),
                (src, dst),
                ports,
                lens,
                class,
                way,
            )| {
                let mut path = Path::DIRECT;
                way.0.into_iter().for_each(|vlan| path.push_vlan(vlan));
                way.1
                    .into_iter()
                    .for_each(|tunnel| path.push_tunnel(tunnel));
                let transport = Transport {
                    src_port: ports[0],
                    dst_port: ports[1],
                    tcp_flags: flags,
                    icmp_type: kind,
                    icmp_code: code,
                    has: has % 8,
                };
                let (version, mask) = if v4 {
                    (IpVersion::V4, u128::from(u32::MAX))
                } else {
                    (IpVersion::V6, u128::MAX)
                };
                let protocol = if protocol % 2 == 0 { 6 } else { protocol };
                Packet(Admitted::for_test(
                    Timestamp::from_nanos(seen),
                    version,
                    protocol,
                    (src & mask, dst & mask),
                    transport,
                    lens,
                    class,
                    path,
                ))
            },
        )
}

pub(super) fn records_of(packets: &[Packet]) -> (Vec<Ended>, PathList) {
    let mut table = FlowTable::new(&SETTINGS);
    for Packet(packet) in packets {
        table.advance(packet.seen());
        table.add(packet);
    }
    let mut ended = Vec::new();
    let (_, paths, live) = table.end(&mut ended);
    ended.extend(live.iter());
    (ended, paths)
}

pub(super) fn context(paths: &PathList) -> RunContext<'_> {
    static TERMS: LazyLock<Terms> = LazyLock::new(Terms::default);
    context_under(paths, &TERMS)
}

pub(super) fn any_terms() -> impl Strategy<Value = Terms> {
    use PseudonymMode::{Deterministic, None, Prefix};
    let modes = prop::sample::select(vec![None, Deterministic, Prefix]);
    let ids = prop::sample::select(vec![SELF_AUTHORISED, "A-1,\"B\"-2"]);
    let retention = prop_oneof![Just(0), 1..40_000_u32];
    (ids, retention, modes, any::<Option<u16>>()).prop_map(
        |(ids, retention_days, mode, community_id)| {
            let pseudonyms = Pseudonyms::new(&PseudonymKey::new([3; 32]), ids, mode);
            Terms {
                authorisation: ids.to_owned(),
                retention_days,
                pseudonyms: pseudonyms.map(Arc::new),
                community_id,
            }
        },
    )
}

pub(super) fn context_under<'a>(paths: &'a PathList, terms: &'a Terms) -> RunContext<'a> {
    RunContext::new(Run {
        sensor: "gate \"7\", 関所",
        end: Timestamp::from_nanos(1 << 60),
        settings: SETTINGS,
        paths,
        atlas: &TestAtlas,
        terms,
    })
}

/// A value as CSV shows it.
fn cell(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => String::new(),
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(all) => all.iter().map(cell).collect::<Vec<_>>().join(";"),
        other => other.to_string(),
    }
}

/// A plain reader of RFC 4180 lines.
fn cells(line: &str) -> Vec<String> {
    let (mut all, mut field, mut quoted) = (Vec::new(), String::new(), false);
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => field.extend(characters.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => all.push(std::mem::take(&mut field)),
            other => field.push(other),
        }
    }
    all.push(field);
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn json_lines_are_what_serde_gives(packets in prop::collection::vec(any_packet(), 1..40), first: u32, terms in any_terms()) {
        let (records, paths) = records_of(&packets);
        let context = context_under(&paths, &terms);
        let mut out = Rendered::default();
        render(Format::Jsonl, &records, u64::from(first), &context, &mut out);
        let mut expected = Vec::new();
        for (seq, ended) in (u64::from(first)..).zip(&records) {
            let record = FlowRecord::new(ended, seq, &context);
            serde_json::to_writer(&mut expected, &record).unwrap();
            expected.push(b'\n');
            let text = serde_json::to_string(&record).unwrap();
            prop_assert_eq!(serde_json::from_str::<FlowRecord>(&text).unwrap(), record);
        }
        prop_assert_eq!(String::from_utf8(out.bytes).unwrap(), String::from_utf8(expected).unwrap());
    }

    #[test]
    fn csv_has_the_same_fields(packets in prop::collection::vec(any_packet(), 1..40), terms in any_terms()) {
        let (records, paths) = records_of(&packets);
        let context = context_under(&paths, &terms);
        let (mut csv, mut json) = (Rendered::from(csv::HEADER), Rendered::default());
        render(Format::Csv, &records, 0, &context, &mut csv);
        render(Format::Jsonl, &records, 0, &context, &mut json);
        let csv = String::from_utf8(csv.bytes).unwrap();
        let mut lines = csv.strip_suffix("\r\n").unwrap().split("\r\n").map(cells);
        let names = lines.next().unwrap();
        for (line, json) in lines.zip(String::from_utf8(json.bytes).unwrap().lines()) {
            let value: serde_json::Value = serde_json::from_str(json).unwrap();
            // Only these may be absent from the object.
            let absent = |name: &String| match name.as_str() {
                "collected_at" | "expires_at" => terms.retention_days == 0,
                "community_id" => value.get(name).is_none(),
                _ => false,
            };
            let expected: Vec<_> = names.iter().map(|name| cell(&value[name])).collect();
            prop_assert_eq!(line, expected);
            // In the order of the object, too.
            let names: Vec<_> = names.iter().filter(|name| !absent(name)).collect();
            prop_assert_eq!(value.as_object().unwrap().len(), names.len());
            let places: Vec<_> = names.iter().map(|name| json.find(&format!("\"{name}\":")).unwrap()).collect();
            prop_assert!(places.is_sorted());
        }
    }

    #[test]
    fn sorting_with_and_without_spilling_is_sorting(
        packets in prop::collection::vec(any_packet(), 1..80),
        limit in 1..40_usize,
    ) {
        let (records, _) = records_of(&packets);
        let mut expected = records.clone();
        expected.sort_by_key(|ended| (ended.start(), ended.key(), ended.order()));
        for limit in [limit, Sorter::DEFAULT_LIMIT] {
            let mut sorter = Sorter::new(Order::Start, limit);
            sorter.append(&mut records.clone()).unwrap();
            let mut got = Vec::new();
            sorter.finish().unwrap().fill(&mut got, usize::MAX).unwrap();
            prop_assert_eq!(&got, &expected);
        }
    }

    /// The order can be had from what is written: start, then version, protocol and the ends as text says.
    #[test]
    fn pseudonyms_are_sorted_by_what_is_written(
        packets in prop::collection::vec(any_packet(), 1..80),
        limit in 1..40_usize,
    ) {
        let (records, paths) = records_of(&packets);
        let key = PseudonymKey::new([3; 32]);
        let pseudonyms = Pseudonyms::new(&key, SELF_AUTHORISED, PseudonymMode::Deterministic);
        let terms = Terms { pseudonyms: pseudonyms.map(Arc::new), ..Terms::default() };
        let mut orders = Vec::new();
        for limit in [limit, Sorter::DEFAULT_LIMIT] {
            let mut sorter = Sorter::new(Order::of(&terms), limit);
            sorter.append(&mut records.clone()).unwrap();
            let mut got = Vec::new();
            sorter.finish().unwrap().fill(&mut got, usize::MAX).unwrap();
            orders.push(got);
        }
        prop_assert_eq!(&orders[0], &orders[1]);
        let context = context_under(&paths, &terms);
        let written = orders[0].iter().map(|ended| FlowRecord::new(ended, 0, &context));
        let ranks: Vec<_> = written.zip(&orders[0]).map(|(record, ended)| {
            let number = |ip: &str| match ip.parse().unwrap() {
                std::net::IpAddr::V4(ip) => u128::from(u32::from(ip)),
                std::net::IpAddr::V6(ip) => u128::from(ip),
            };
            let mut ends = [
                (number(&record.src_ip), record.src_port),
                (number(&record.dst_ip), record.dst_port),
            ];
            ends.sort_unstable();
            // The end abroad, of which there is always one, has the version.
            let is_v6 = ended.version() == IpVersion::V6;
            (record.start, is_v6, record.protocol, ends)
        }).collect();
        prop_assert!(ranks.is_sorted());
    }
}

pub(super) fn syn_and_more(seen: u64, flags: u8) -> Packet {
    let transport = Transport {
        src_port: 5,
        dst_port: 6,
        tcp_flags: flags,
        has: Transport::PORTS | Transport::TCP_FLAGS,
        ..Transport::default()
    };
    Packet(Admitted::for_test(
        Timestamp::from_nanos(seen * 1_000_000_000),
        IpVersion::V4,
        6,
        (1, 2),
        transport,
        (40, 60),
        (Class::ForeignForeign, 0),
        Path::DIRECT,
    ))
}

#[test]
fn pieces_that_disorder_tore_apart_are_healed() {
    let mut table = FlowTable::new(&SETTINGS);
    let mut pieces = Sorter::new(Order::Flow, 2);
    let mut ended = Vec::new();
    for (seen, flags) in [(10, 2), (290, 0), (20, 0x10), (30, 0x10), (31, 2)] {
        table.advance(Timestamp::from_nanos(seen * 1_000_000_000));
        if seen != 290 {
            table.add(&syn_and_more(seen, flags).0);
        }
        table.flush();
        table.take_ended(&mut ended);
    }
    assert!(table.disordered());
    let (_, _, live) = table.end(&mut ended);
    ended.extend(live.iter());
    assert_eq!(ended.len(), 3);
    pieces.append(&mut ended).unwrap();
    let mut records = Sorter::new(Order::Start, 2);
    heal(&mut pieces.finish().unwrap(), &SETTINGS, |record| {
        records.push(record)
    })
    .unwrap();
    let mut healed = Vec::new();
    records.finish().unwrap().fill(&mut healed, 10).unwrap();
    let counts: Vec<_> = healed.iter().map(Ended::packets).collect();
    assert_eq!(counts, [3, 1]);
}

#[test]
fn the_schema_names_what_records_have() {
    let schema: serde_json::Value = serde_json::from_str(&schema()).unwrap();
    let (records, paths) = records_of(&[syn_and_more(1, 2)]);
    let terms = Terms {
        retention_days: 1,
        community_id: Some(0),
        ..Terms::default()
    };
    let record = FlowRecord::new(&records[0], 0, &context_under(&paths, &terms));
    let value = serde_json::to_value(record).unwrap();
    let properties = schema["properties"].as_object().unwrap();
    for name in value.as_object().unwrap().keys() {
        assert!(properties.contains_key(name), "{name}");
    }
    assert_eq!(properties.len(), value.as_object().unwrap().len());
    assert_eq!(schema["additionalProperties"], false);
}

fn written(output: Output, records: &[Ended], paths: &PathList) -> Written {
    let mut output = output;
    output.write(records, &context(paths)).unwrap();
    output.finish().unwrap().written
}

#[test]
fn a_file_appears_when_it_is_complete_and_only_its_owner_may_read_it() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let (records, paths) = records_of(&[syn_and_more(1, 2), syn_and_more(9, 0x10)]);
    let target = folder.path().join("out.jsonl");
    let temporary = folder.path().join("out.jsonl.tmp");
    // A link where the temporary file goes must not lead anywhere.
    let elsewhere = folder.path().join("elsewhere");
    std::fs::write(&elsewhere, "kept").unwrap();
    symlink(&elsewhere, &temporary).unwrap();

    let mut output = Output::open(&target, Format::Jsonl, false).unwrap();
    output.write(&records, &context(&paths)).unwrap();
    assert!(!target.exists());
    let books = output.finish().unwrap().written;
    assert_eq!((books.records, books.packets), (1, 2));
    assert_eq!((books.bytes, books.wire_bytes), (80, 120));
    assert!(!temporary.exists());
    assert_eq!(std::fs::read_to_string(&elsewhere).unwrap(), "kept");
    assert_eq!(std::fs::read_to_string(&target).unwrap().lines().count(), 1);
    let mode = std::fs::metadata(&target).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    // Given up: the old file stays.
    let mut output = Output::open(&target, Format::Jsonl, false).unwrap();
    output.write(&records, &context(&paths)).unwrap();
    drop(output);
    assert!(!temporary.exists());
    assert_eq!(std::fs::read_to_string(&target).unwrap().lines().count(), 1);
}

#[test]
fn an_output_tells_the_digest_of_its_bytes_if_it_is_asked_to() {
    use sha2::{Digest as _, Sha256};
    let folder = tempfile::tempdir().unwrap();
    let (records, paths) = records_of(&[syn_and_more(1, 2), syn_and_more(900, 2)]);
    for format in [Format::Jsonl, Format::Csv] {
        let target = folder.path().join(format!("out.{}", format.id()));
        let mut output = Output::open(&target, format, true).unwrap();
        output.write(&records, &context(&paths)).unwrap();
        let Finished {
            written, digested, ..
        } = output.finish().unwrap();
        let bytes = std::fs::read(&target).unwrap();
        let expected = Digested {
            format: format.id().to_owned(),
            sha256: crate::spelling::hex(&Sha256::digest(&bytes)),
            length: bytes.len() as u64,
            records: written.records,
            packets: written.packets,
            wire_bytes: written.wire_bytes,
        };
        assert_eq!(digested, std::slice::from_ref(&expected));
        assert_eq!(expected.records, 2);
        assert_eq!(inspect(&target).unwrap().digested, expected);
    }
    let output = Output::open(FilePath::new("-"), Format::Null, true).unwrap();
    assert_eq!(output.finish().unwrap().digested, []);
}

#[test]
fn a_missing_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing/flows.jsonl");
    let error = Output::open(&missing, Format::Jsonl, false).err().unwrap();
    let message = error.to_string();
    assert!(message.contains("missing/flows.jsonl.tmp"), "{message}");
    assert!(message.contains("create the folder first"), "{message}");
}

#[test]
fn a_full_disk_is_an_error_and_the_null_format_only_counts() {
    let (records, paths) = records_of(&[syn_and_more(1, 2)]);
    let mut output = Output::open(FilePath::new("/dev/full"), Format::Jsonl, false).unwrap();
    let error = output.write(&records, &context(&paths)).unwrap_err();
    assert!(error.to_string().contains("free space"), "{error}");
    let output = Output::open(FilePath::new("/does/not/exist"), Format::Null, false).unwrap();
    let books = written(output, &records, &paths);
    assert_eq!((books.records, books.packets, books.closed), (1, 1, false));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    use std::os::fd::OwnedFd;
    let (reader, writer) = std::io::pipe().unwrap();
    let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&writer));
    let mut output = Output::open(FilePath::new(&path), Format::Jsonl, true).unwrap();
    drop::<(OwnedFd, OwnedFd)>((reader.into(), writer.into()));
    let (records, paths) = records_of(&[syn_and_more(1, 2)]);
    output.write(&records, &context(&paths)).unwrap();
    assert!(output.is_closed());
    let Finished {
        written, digested, ..
    } = output.finish().unwrap();
    assert!(written.closed && written.records == 1);
    // Nothing of it was taken.
    let [digested] = digested.as_slice() else {
        panic!("one output")
    };
    assert_eq!((digested.records, digested.length), (0, 0));
}

/// As `flow::measure`.
#[test]
#[ignore = "a measurement"]
#[expect(clippy::disallowed_methods, reason = "this measures")]
fn measure_rendering() {
    let packets: Vec<Packet> = (0..200_000)
        .map(|n| Packet(crate::flow::tests::a_udp_packet(n)))
        .collect();
    let (records, paths) = records_of(&packets);
    let context = context(&paths);
    let mut out = Rendered::default();
    let mut timed = |name: &str, each: &dyn Fn(&[Ended], &mut Rendered)| {
        for pass in 0..2 {
            let began = std::time::Instant::now();
            for batch in records.chunks(512) {
                out.clear();
                each(batch, &mut out);
            }
            let nanos = began.elapsed().as_nanos() as f64 / records.len() as f64;
            if pass == 1 {
                println!("{name}: {nanos:.0} ns a record");
            }
        }
    };
    timed("jsonl", &|batch, out| {
        render(Format::Jsonl, batch, 0, &context, out);
    });
    timed("csv", &|batch, out| {
        render(Format::Csv, batch, 0, &context, out);
    });
    for mode in [PseudonymMode::Deterministic, PseudonymMode::Prefix] {
        let pseudonyms = Pseudonyms::new(&PseudonymKey::new([3; 32]), "A-1", mode);
        let terms = Terms {
            retention_days: 730,
            pseudonyms: pseudonyms.map(Arc::new),
            ..Terms::default()
        };
        let context = context_under(&paths, &terms);
        timed(mode.id(), &|batch, out| {
            render(Format::Jsonl, batch, 0, &context, out);
        });
    }
    timed("serde_json, with the type", &|batch, out| {
        for ended in batch {
            serde_json::to_writer(&mut out.bytes, &FlowRecord::new(ended, 0, &context)).unwrap();
        }
    });
    let typed: Vec<FlowRecord> = records[..512]
        .iter()
        .map(|ended| FlowRecord::new(ended, 0, &context))
        .collect();
    timed("serde_json, type given", &|batch, out| {
        for (record, _) in typed.iter().zip(batch) {
            serde_json::to_writer(&mut out.bytes, record).unwrap();
        }
    });
    let began = std::time::Instant::now();
    let mut sorter = Sorter::new(Order::Start, Sorter::DEFAULT_LIMIT);
    sorter.append(&mut records.clone()).unwrap();
    let mut sorted = Vec::with_capacity(records.len());
    sorter
        .finish()
        .unwrap()
        .fill(&mut sorted, usize::MAX)
        .unwrap();
    let nanos = began.elapsed().as_nanos() as f64 / records.len() as f64;
    println!("sorting in memory: {nanos:.0} ns a record");
}
