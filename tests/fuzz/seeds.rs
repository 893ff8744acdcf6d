//! What fuzzing starts from, made by code: the same bytes each time, so that what is committed is known.
//!
//! `SEKISHO_ACCEPT=1 cargo test --test fuzz` writes them anew. Those of `mmdb` are made where the writer of
//! databases is, in `src/geo/tests`.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use sekisho::config::Config;
use sekisho::demo::capture::{Format, pcap_image, pcapng_image};
use sekisho::demo::{OwnedFrame, Traffic};

use crate::{ledger, notes};

/// Frames of a demonstration, cut so that seeds stay small.
fn frames(count: usize) -> Vec<OwnedFrame> {
    let traffic = Traffic::new(7, 1000).take(count);
    traffic.map(|frame| frame.cut(72)).collect()
}

/// A seed: its target and name, its bytes, and whether these are the same by every version of a compressor.
struct Seed(String, Vec<u8>, bool);

fn seed(name: &str, bytes: impl AsRef<[u8]>) -> Seed {
    Seed(name.to_owned(), bytes.as_ref().to_vec(), true)
}

fn led(first: u8, bytes: impl AsRef<[u8]>) -> Vec<u8> {
    [&[first], bytes.as_ref()].concat()
}

fn sources() -> Vec<Seed> {
    let frames = frames(3);
    let plain = pcap_image(&frames, Format::USUAL);
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(&plain).unwrap();
    let gzip = encoder.finish().unwrap();
    let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
    encoder.write_all(&plain).unwrap();
    let lz4 = encoder.finish().unwrap();
    let zstd = zstd::encode_all(plain.as_slice(), 3).unwrap();
    let mut seeds: Vec<Seed> = [("gz", gzip), ("zst", zstd), ("lz4", lz4)]
        .into_iter()
        .map(|(ending, bytes)| Seed(format!("source/three-frames.pcap.{ending}"), bytes, false))
        .collect();
    seeds.push(seed("source/three-frames.pcapng", pcapng_image(&frames)));
    for (number, format) in Format::ALL.into_iter().enumerate() {
        let name = format!("source/three-frames-{number}.pcap");
        seeds.push(seed(&name, pcap_image(&frames, format)));
    }
    seeds
}

fn containers() -> Vec<Seed> {
    let (few, many) = (frames(4), frames(40));
    let mut seeds = Vec::new();
    for which in 0..6 {
        let plain = match which % 2 {
            0 => pcap_image(&few, Format::USUAL),
            _ => pcapng_image(&few),
        };
        let bytes = [&[which, 0x80, 0], plain.as_slice()].concat();
        seeds.push(seed(&format!("packed/kind-{which}.bin"), bytes));
    }
    for (number, format) in Format::ALL.into_iter().enumerate() {
        let name = format!("parts/forty-frames-{number}.pcap");
        seeds.push(seed(&name, pcap_image(&many, format)));
    }
    seeds
}

fn texts() -> Vec<Seed> {
    let statistics = "2|apnic|20260922|3|19830613|20260921|+1000\n# of a registry\n\
        apnic|*|ipv4|*|2|summary\napnic|JP|ipv4|133.0.0.0|16777216|19970301|allocated|A\n\
        apnic||ipv4|203.0.113.0|256||available\napnic|JP|asn|173|1|20020801|allocated\n\
        apnic|JP|ipv6|2001:200::|32|19990813|assigned|A\n";
    let list = "\u{feff}# ours\n133.11.0.0/16\n2400:2000::/20 # and this\n\n79.200.3.4\r\n";
    let truth =
        "prefix,place\n133.0.0.0/8,JP\n79.192.0.0/10,foreign # a carrier\n2003::/19,domestic\n";
    vec![
        seed("lists/domestic.txt", led(0, list)),
        seed("lists/anycast.txt", led(1, list)),
        seed("lists/truth.csv", led(2, truth)),
        seed("lists/statistics.txt", led(3, statistics)),
        seed("config/defaults.toml", Config::default().to_toml()),
        seed(
            "config/some.toml",
            "sensor = 'lab'\nprofile = 'standard'\n[geo]\nhome = ['JP', 'DE']\nsources = ['a.mmdb', 'embedded']\n\
             domestic_list = ['d.txt']\nsite = 'home'\nmax_age = 'never'\nnat64_prefixes = ['2001:db8::/96']\n\
             [gate]\nauthorize = ['foreign_domestic']\n[flow]\nidle = 5\n[export]\noutput = 'udp://[::1]:4739'\n\
             [capture]\ninterfaces = ['eth1']\nfilter = 'not port 22'\n[metrics]\nlisten = '[::1]:9000'\n",
        ),
    ]
}

fn papers() -> Vec<Seed> {
    let mut seeds = Vec::new();
    for (number, (path, bytes)) in (0..).zip(ledger::FILES.iter()) {
        // The full bundle and the full tile are longer than all the others together.
        if bytes.len() < 4096 {
            let name = path.to_str().unwrap().replace('/', "-");
            seeds.push(seed(&format!("ledger/{name}"), led(number, bytes)));
        }
    }
    seeds.push(seed("ledger/one-is-gone", [255]));
    let key = notes::key().verifier().to_string();
    seeds.push(seed("notes/checkpoint", led(0, &notes::MADE.since)));
    seeds.push(seed("notes/proof", led(1, &notes::MADE.proof)));
    seeds.push(seed("notes/key", led(2, key)));
    let signed = |name: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/authorisation/signed");
        fs::read(folder.join(name)).unwrap()
    };
    for (which, ending) in [(0, ""), (1, ".sshsig"), (2, ".minisig")] {
        let bytes = signed(&format!("example.toml{ending}"));
        seeds.push(seed(
            &format!("authorisation/signed{ending}"),
            led(which, bytes),
        ));
    }
    let keys = String::from_utf8(signed("keys.txt")).unwrap();
    for (number, key) in keys.lines().enumerate() {
        seeds.push(seed(&format!("authorisation/key-{number}"), led(3, key)));
    }
    seeds
}

fn records() -> Vec<Seed> {
    let line = |packets: u64, more: &str| {
        format!(
            "{{\"src_packets\":{packets},\"dst_packets\":0,\"src_wire_bytes\":60,\"dst_wire_bytes\":0{more}}}\n"
        )
    };
    let expires = ",\"expires_at\":\"2026-12-01T00:00:00.000000000Z\"";
    let jsonl = [line(1, ""), line(2, expires)].concat();
    let csv = "sensor,src_packets,dst_packets,src_wire_bytes,dst_wire_bytes,expires_at\r\n\
        lab,1,2,60,120,2026-12-01T00:00:00.000000000Z\r\n\"a \"\"b\"\", c\",1,0,60,0,\r\n";
    let packed = zstd::encode_all(jsonl.as_bytes(), 3).unwrap();
    vec![
        seed("records/two.jsonl", led(0, jsonl)),
        seed("records/two.csv", led(1, csv)),
        Seed("records/two.jsonl.zst".to_owned(), led(2, packed), false),
    ]
}

/// A spilled record (`Ended::to_bytes`) of so many packets.
fn spilled(version: u8, protocol: u8, number: u8) -> Vec<u8> {
    let ports = [4_000_u16 + u16::from(number), 53].map(u16::to_le_bytes);
    let time = (1_790_000_000_000_000_000 + 1_000_000 * u64::from(number)).to_le_bytes();
    let sums = [7_u32, 420, 518].map(u32::to_le_bytes);
    let sums = sums.iter().flat_map(|sum| [*sum, *sum]).flatten();
    // A SYN by the lower end; type and code of ICMP.
    let state = match protocol {
        6 => 1 << 2,
        1 | 58 => 1 << 5,
        _ => 0,
    };
    let mut bytes = [[8, 8, 8, number], [133, 11, 0, 1]].concat();
    bytes.extend(ports.as_flattened());
    bytes.extend([protocol, version, state, number]);
    bytes.extend([time, time].as_flattened());
    // Flags, type and code, path.
    bytes.extend([2, 18, 8, number, 0x32, number, 3, number]);
    bytes.extend([time, time].as_flattened());
    bytes.extend(sums);
    bytes.resize(104, 0);
    bytes.extend([0x26 * u8::from(version == 6); 24]);
    bytes.extend(u64::from(number).to_le_bytes());
    bytes.push(number & 3);
    bytes
}

/// How, under what terms, of how many records; each of its own kind.
fn told() -> Vec<Seed> {
    let kinds = [(4, 6), (4, 17), (4, 1), (6, 6), (6, 58), (6, 47)];
    let mut seeds = Vec::new();
    for (form, name, count) in [
        (0, "file", 6),
        (1, "file-uniflow", 6),
        (0b0010, "datagrams", 48),
        (0b1011, "datagrams-uniflow-deterministic", 12),
        (0b1100, "file-prefix", 12),
        (0, "file-of-nothing", 0),
        (0b0010, "datagrams-of-nothing", 0),
    ] {
        let mut bytes = vec![form, 180, 0, 0, 0x7e, 0xd9];
        bytes.extend(1_790_000_099_000_000_000_u64.to_le_bytes());
        bytes.extend(1_790_000_001_000_000_000_u64.to_le_bytes());
        bytes.extend([1_000_u32, 64_000].map(u32::to_le_bytes).as_flattened());
        bytes.extend(b"\x05sensor-lab");
        let ids = "2026-001,".repeat(2 * count.min(20));
        bytes.push((ids.len() / 2) as u8);
        bytes.extend(ids.bytes());
        for (number, (version, protocol)) in (0..).zip(kinds.iter().cycle()).take(count) {
            bytes.extend(spilled(*version, *protocol, number));
        }
        seeds.push(seed(&format!("ipfix/{name}"), bytes));
    }
    seeds
}

#[test]
fn seeds_are_those_that_are_made_here() {
    let all = [
        sources(),
        containers(),
        texts(),
        papers(),
        records(),
        told(),
    ];
    for Seed(name, bytes, is_fixed) in all.into_iter().flatten() {
        let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("testdata/fuzz")
            .join(&name);
        if std::env::var_os("SEKISHO_ACCEPT").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &bytes).unwrap();
        }
        let there = fs::read(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!is_fixed || there == bytes, "{name} is made otherwise");
    }
}
