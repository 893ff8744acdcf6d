//! Rows 2 and 6: odd captures and lengths that contradict each other, as tcpdump (libpcap) and tshark read them. Where
//! these are not installed, the tests say so and pass.

use sekisho::decode::{Headers, IpVersion, Transport, decode};
use sekisho::demo::OwnedFrame;
use sekisho::demo::capture::{Format, pcap_image};
use sekisho::demo::link::{MACS, ethernet};
use sekisho::demo::packet::{Ends, Ip, Tcp, flags, tcp, udp};
use sekisho::demo::places::{Place, v4, v6};
use sekisho::demo::rng::Rng;
use sekisho::source::{Input, LinkType, open};
use sekisho::time::Timestamp;
use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Stdio};

/// Frames that tcpdump reads, and whether it finds all well; nothing where it does not open the file.
fn libpcap(path: &Path) -> Option<(usize, bool)> {
    let done = Command::new("tcpdump")
        .args(["-nn", "-q", "-t", "-r"])
        .arg(path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    let is_open = said.contains("reading from file");
    let lines = done.stdout.iter().filter(|byte| **byte == b'\n').count();
    is_open.then_some((lines, done.status.success()))
}

/// Likewise, as we read it.
fn ours(path: &Path) -> Option<(usize, bool)> {
    let mut reader = open(&Input::File(path.to_owned())).ok()?;
    let mut frames = 0;
    let end = reader.read(|_| {
        frames += 1;
        ControlFlow::Continue(())
    });
    Some((frames, format!("{end:?}").starts_with("Complete")))
}

/// A capture with this head and two records, of which the first says these lengths of its 60 octets.
fn image(is_big: bool, head: [u32; 6], first: [u32; 2]) -> Vec<u8> {
    let word = |number: u32| {
        if is_big {
            number.to_be_bytes()
        } else {
            number.to_le_bytes()
        }
    };
    let half = |number: u32| {
        let number = number as u16;
        if is_big {
            number.to_be_bytes()
        } else {
            number.to_le_bytes()
        }
    };
    let [magic, version, zone, figures, snaplen, link] = head;
    let mut bytes = word(magic).to_vec();
    bytes.extend(half(version >> 16));
    bytes.extend(half(version));
    for number in [zone, figures, snaplen, link] {
        bytes.extend(word(number));
    }
    for lengths in [first, [60, 60]] {
        for number in [1_763_790_540, 7, lengths[0], lengths[1]] {
            bytes.extend(word(number));
        }
        let mut frame = vec![0; 60];
        frame[12] = 8;
        frame[14..34].copy_from_slice(&[
            0x45, 0, 0, 28, 0, 1, 0, 0, 64, 17, 0, 0, 12, 0, 0, 1, 79, 200, 1, 9,
        ]);
        frame[34..42].copy_from_slice(&[0x9c, 0x40, 0, 53, 0, 8, 0, 0]);
        bytes.extend(frame);
    }
    bytes
}

#[test]
fn row_02_a_matrix_of_odd_heads_is_read_or_refused_as_libpcap_does() {
    const MICROS: u32 = 0xa1b2_c3d4;
    const NANOS: u32 = 0xa1b2_3c4d;
    const VERSION: u32 = 2 << 16 | 4;
    if Command::new("tcpdump").arg("--version").output().is_err() {
        println!("NOT TESTED: needs tcpdump");
        return;
    }
    let usual = [MICROS, VERSION, 0, 0, 65_535, 1];
    let mut heads = vec![usual, [NANOS, VERSION, 0, 0, 65_535, 1]];
    // Magic numbers that are none, versions, snap lengths, link types, zones.
    heads.extend([0, 1, 0xa1b2_c3d5, 0xffff_ffff].map(|magic| [magic, VERSION, 0, 0, 65_535, 1]));
    let versions = [
        (0, 0),
        (1, 2),
        (2, 0),
        (2, 3),
        (2, 5),
        (3, 0),
        (4, 2),
        (0xffff, 0xffff),
    ];
    heads.extend(versions.map(|(major, minor)| [MICROS, major << 16 | minor, 0, 0, 65_535, 1]));
    let snaplens = [0, 1, 59, 60, 262_144, 262_145, 1 << 31, u32::MAX];
    heads.extend(snaplens.map(|snaplen| [MICROS, VERSION, 0, 0, snaplen, 1]));
    heads.extend([[MICROS, VERSION, u32::MAX, u32::MAX, 65_535, 1]]);
    let lengths = [
        [60, 60],
        [60, 59],
        [60, 0],
        [60, 1_500],
        [59, 60],
        [0, 60],
        [61, 60],
    ];
    let huge = [262_144, 262_145, 1 << 31, u32::MAX].map(|length| [length, 60]);
    let firsts = lengths.into_iter().chain(huge);
    let cases = heads.into_iter().map(|head| (head, [60, 60]));
    let cases = cases.chain(firsts.map(|first| (usual, first)));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.pcap");
    let (mut compared, mut differ) = (0, Vec::new());
    for (head, first) in cases {
        for is_big in [false, true] {
            fs::write(&path, image(is_big, head, first)).unwrap();
            let [theirs, ours] = [libpcap(&path), ours(&path)];
            compared += 1;
            if theirs != ours {
                differ.push(format!("{head:x?} {first:x?}: {theirs:?}, and we {ours:?}"));
            }
        }
    }
    println!("{compared} heads compared, {} differ", differ.len());
    differ.iter().for_each(|case| println!("  {case}"));
    assert!(compared >= 40);
    assert_eq!(differ, Vec::<String>::new());
}

/// A packet whose lengths say something else than the frame.
fn liar(rng: &mut Rng) -> Vec<u8> {
    let is_v6 = rng.percent(40);
    let ends = if is_v6 {
        Ends::new(v6(Place::Abroad, rng), v6(Place::Home, rng))
    } else {
        Ends::new(v4(Place::Abroad, rng), v4(Place::Home, rng))
    };
    // Ports that no dissector of a tunnel waits at.
    let ports = [0, 1].map(|_| 20_000 + (rng.next() % 1_000) as u16);
    let payload = vec![0xaa; (rng.next() % 90) as usize];
    let body = if rng.percent(50) {
        udp(ends, ports[0], ports[1], &payload)
    } else {
        let fields = Tcp {
            src_port: ports[0],
            dst_port: ports[1],
            seq: 1,
            ack: 0,
            flags: flags::SYN,
        };
        tcp(ends, fields, &payload)
    };
    let mut packet = Ip::new(ends);
    if !is_v6 && rng.percent(30) {
        packet = packet.options(&vec![1; 4 * (rng.next() % 11) as usize]);
    }
    let mut frame = ethernet(MACS, packet.carry(body)).bytes;
    let lie = |rng: &mut Rng| match rng.next() % 4 {
        0 => 0,
        1 => (rng.next() % 40) as u16,
        2 => rng.next() as u16,
        _ => frame.len() as u16 + 100,
    };
    match rng.next() % 8 {
        // The total length of IPv4, or the payload length of IPv6.
        0 | 1 => {
            let at = if is_v6 { 18 } else { 16 };
            let lie = lie(rng).to_be_bytes();
            frame[at..at + 2].copy_from_slice(&lie);
        }
        // The length of UDP, or the sequence number of TCP.
        2 => {
            let ip = if is_v6 {
                40
            } else {
                usize::from(frame[14] & 15) * 4
            };
            let lie = lie(rng).to_be_bytes();
            frame[14 + ip + 4..14 + ip + 6].copy_from_slice(&lie);
        }
        // The length of the header of IPv4.
        3 if !is_v6 => frame[14] = 0x40 | (rng.next() % 16) as u8,
        // Padding of Ethernet.
        4 => frame.extend(vec![0x55; 40]),
        // Cut by the capture.
        5 => frame.truncate(14 + (rng.next() % 70) as usize),
        _ => {}
    }
    frame
}

#[test]
fn row_06_lengths_that_lie_lead_to_the_five_tuple_that_tshark_finds() {
    const PACKETS: usize = 10_000;
    let version = Command::new("tshark")
        .arg("--version")
        .stdin(Stdio::null())
        .output();
    if version.is_err() {
        println!("NOT TESTED: needs tshark");
        return;
    }
    let mut rng = Rng::new(6);
    let frames: Vec<OwnedFrame> = (0..PACKETS)
        .map(|_| {
            OwnedFrame::whole(
                Timestamp::from_nanos(1_763_790_540_000_000_000),
                LinkType(1),
                liar(&mut rng),
            )
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.pcap");
    fs::write(&path, pcap_image(&frames, Format::USUAL)).unwrap();
    let mut tshark = Command::new("tshark");
    tshark
        .arg("-n")
        .arg("-r")
        .arg(&path)
        .args(["-T", "fields", "-E", "occurrence=f"]);
    // Each is read as it is, whatever was before.
    for preference in [
        "ip.defragment",
        "tcp.desegment_tcp_streams",
        "udp.try_heuristic_first",
    ] {
        tshark.args(["-o", &format!("{preference}:FALSE")]);
    }
    for field in [
        "ip.src",
        "ip.dst",
        "ipv6.src",
        "ipv6.dst",
        "tcp.srcport",
        "tcp.dstport",
        "udp.srcport",
        "udp.dstport",
    ] {
        tshark.args(["-e", field]);
    }
    let done = tshark.stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8(done.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines.len(),
        PACKETS,
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let (mut compared, mut by_choice, mut differ) = (0, 0, Vec::new());
    let mut headers = Headers::new();
    for (number, (frame, line)) in frames.iter().zip(lines).enumerate() {
        if decode(&frame.lend(), &mut headers).is_err() {
            continue;
        }
        let Some(layer) = headers.innermost() else {
            continue;
        };
        let found: Vec<&str> = line.split('\t').filter(|field| !field.is_empty()).collect();
        let address = |number: u128| match layer.pair.version {
            IpVersion::V4 => Ipv4Addr::from_bits(number as u32).to_string(),
            IpVersion::V6 => Ipv6Addr::from_bits(number).to_string(),
        };
        let mut expected = vec![address(layer.pair.src), address(layer.pair.dst)];
        let transport = headers.transport();
        if transport.has & Transport::PORTS > 0 {
            expected.extend([transport.src_port, transport.dst_port].map(|port| port.to_string()));
        }
        // A length of 0 is of a packet that the sender's card will cut: ours is that of the frame, and tshark's 0.
        let is_unknown = layer.pair.version == IpVersion::V6 && frame.bytes[18..20] == [0, 0];
        // Options that are none, where a header claims to be longer: tshark stops there, and we read source routes only.
        let options = frame
            .bytes
            .iter()
            .skip(34)
            .take((usize::from(frame.bytes[14] & 15) * 4).saturating_sub(20));
        let is_odd = layer.pair.version == IpVersion::V4 && options.copied().any(|byte| byte != 1);
        if (is_unknown || is_odd) && found == expected[..2] {
            by_choice += 1;
            continue;
        }
        compared += 1;
        if found != expected {
            let bytes = &frame.bytes[14..frame.bytes.len().min(90)];
            differ.push(format!(
                "{number}: tshark {found:?}, and we {expected:?} of {bytes:02x?}"
            ));
        }
    }
    println!(
        "{compared} of {PACKETS} compared, {} differ, {by_choice} by choice",
        differ.len()
    );
    differ.iter().take(20).for_each(|case| println!("  {case}"));
    assert!(compared > PACKETS / 2);
    assert!(differ.is_empty());
}
