//! The captures in `testdata/` are those that the code here writes, byte for byte.
//!
//! `SEKISHO_ACCEPT=1 cargo test --test testdata` writes them anew.

#![allow(clippy::unwrap_used, reason = "a test may stop where it is")]

#[path = "testdata/day.rs"]
mod day;

use sekisho::demo::capture::{Format, pcap_image, pcapng_image};
use sekisho::demo::encap::Wrap;
use sekisho::demo::extensions::{
    authentication, control_header, destination_options, fragments, home_address, hop_by_hop,
    routing, source_route,
};
use sekisho::demo::link::{Link, MACS, vlan};
use sekisho::demo::packet::{
    Ends, Ip, Kind, Pdu, Tcp, echo, flags, icmp_error, ip, sctp, tcp, udp,
};
use sekisho::demo::rng::Rng;
use sekisho::demo::{OwnedFrame, Traffic};
use sekisho::source::LinkType;
use sekisho::time::Timestamp;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

/// Hosts of the topic captures: two at home and two abroad for each version, one private.
const HOME: Ipv4Addr = Ipv4Addr::new(133, 11, 5, 17);
const HOME_2: Ipv4Addr = Ipv4Addr::new(60, 70, 1, 9);
const ABROAD: Ipv4Addr = Ipv4Addr::new(79, 200, 3, 4);
const ABROAD_2: Ipv4Addr = Ipv4Addr::new(12, 34, 56, 78);
const PRIVATE: Ipv4Addr = Ipv4Addr::new(10, 20, 30, 40);
const HOME_6: Ipv6Addr = Ipv6Addr::new(0x2400, 0x2000, 1, 2, 0, 0, 0, 0x17);
const HOME_6_2: Ipv6Addr = Ipv6Addr::new(0x240f, 3, 1, 2, 0, 0, 0, 0x18);
const ABROAD_6: Ipv6Addr = Ipv6Addr::new(0x2003, 0x400, 1, 2, 0, 0, 0, 0x19);
const ABROAD_6_2: Ipv6Addr = Ipv6Addr::new(0x2601, 0x9001, 1, 2, 0, 0, 0, 0x20);

/// A capture being written: one frame every 100 ms from 2026-10-05T09:00:00Z.
struct Capture {
    frames: Vec<OwnedFrame>,
    rng: Rng,
}

impl Capture {
    fn new(seed: u64) -> Self {
        Self {
            frames: Vec::new(),
            rng: Rng::new(seed),
        }
    }

    fn add(&mut self, (link, bytes): (LinkType, Vec<u8>)) {
        let nanos = 1_791_190_800_000_000_000 + self.frames.len() as u64 * 100_000_000;
        let seen = Timestamp::from_nanos(nanos);
        self.frames.push(OwnedFrame::whole(seen, link, bytes));
    }

    fn packet(&mut self, packet: Pdu) {
        self.add(Link::Ethernet.frame(MACS, packet));
    }
}

fn ask(ends: Ends) -> Pdu {
    ip(ends, udp(ends, 40_053, 53, b"what may be seen here?"))
}

fn answer(ends: Ends) -> Pdu {
    let back = ends.reversed();
    ip(back, udp(back, 53, 40_053, b"headers, added up."))
}

/// Every tunnel, between places of every combination, one packet each way.
fn tunnels() -> Vec<OwnedFrame> {
    let mut capture = Capture::new(1);
    let outer_pairs = [
        Ends::new(ABROAD, ABROAD_2),
        Ends::new(HOME, ABROAD),
        Ends::new(HOME, HOME_2),
        Ends::new(ABROAD_6, HOME_6),
    ];
    let inner_pairs = [
        Ends::new(HOME_2, ABROAD_2),
        Ends::new(HOME_2, HOME),
        Ends::new(HOME_2, PRIVATE),
        Ends::new(ABROAD_6_2, ABROAD_6),
        Ends::new(HOME_6, HOME_6_2),
    ];
    for wrap in Wrap::ALL {
        for outer in outer_pairs {
            for inner in inner_pairs {
                for (outer, packet) in [(outer, ask(inner)), (outer.reversed(), answer(inner))] {
                    let mut rng = capture.rng.clone();
                    capture.packet(wrap.wrap(outer, MACS, packet, &mut rng));
                }
                capture.rng.next();
            }
        }
    }
    // Tunnels in tunnels: four IP layers may pass, five may not.
    for depth in 2..=5 {
        for innermost in [Ends::new(HOME, ABROAD), Ends::new(HOME, HOME_2)] {
            let mut packet = ask(innermost);
            for level in 1..depth {
                let wrap = [Wrap::Ip, Wrap::Gre, Wrap::Vxlan, Wrap::Gtpu][level % 4];
                let mut rng = capture.rng.clone();
                packet = wrap.wrap(Ends::new(ABROAD, ABROAD_2), MACS, packet, &mut rng);
            }
            capture.packet(packet);
        }
    }
    capture.frames
}

/// Fragments of both versions: in order, backwards, without their first, reused identifications, a
/// first too small for ports, tunnels in parts.
fn fragmented() -> Vec<OwnedFrame> {
    let mut capture = Capture::new(2);
    let pairs = [
        Ends::new(HOME, ABROAD),
        Ends::new(HOME, HOME_2),
        Ends::new(ABROAD_6, HOME_6),
        Ends::new(HOME_6, HOME_6_2),
    ];
    for (index, ends) in pairs.into_iter().enumerate() {
        let id = 0x1000 + index as u32 * 16;
        let datagram = udp(ends, 5_060, 5_060, &[0x55; 3_000]);
        for part in fragments(ends, id, &datagram, 1_400) {
            capture.packet(part);
        }
        for part in fragments(ends, id + 1, &datagram, 1_400).into_iter().rev() {
            capture.packet(part);
        }
        for part in fragments(ends, id + 2, &datagram, 1_400)
            .into_iter()
            .skip(1)
        {
            capture.packet(part);
        }
        // TCP cannot carry IP: later fragments may pass without their first.
        let segment = Tcp {
            src_port: 40_000,
            dst_port: 443,
            flags: flags::ACK,
            ..Tcp::default()
        };
        let segment = tcp(ends, segment, &[0x66; 2_000]);
        for part in fragments(ends, id + 3, &segment, 1_400).into_iter().skip(1) {
            capture.packet(part);
        }
        // The first holds no more than eight bytes of the TCP header: ports, no flags.
        for part in fragments(ends, id + 4, &segment, 8).into_iter().take(3) {
            capture.packet(part);
        }
        // An only fragment (IPv6: atomic).
        capture
            .packet(fragments(ends, id + 5, &udp(ends, 1_111, 2_222, b"alone"), 1_400).remove(0));
    }
    // A tunnel whose packet comes in parts: the rest goes where the first went.
    for inner in [Ends::new(HOME_2, ABROAD_2), Ends::new(HOME_2, HOME)] {
        let outer = Ends::new(ABROAD, ABROAD_2);
        let carried = ip(inner, udp(inner, 7_000, 7_001, &[0x77; 2_000]));
        for part in fragments(
            outer,
            0x2000 + u32::from(inner.dst == HOME),
            &carried,
            1_400,
        ) {
            capture.packet(part);
        }
    }
    capture.frames
}

/// ICMP errors of both versions about packets of every pair of places, and messages that are none.
fn icmp_quotes() -> Vec<OwnedFrame> {
    let mut capture = Capture::new(3);
    let (h, h2, a, a2) = (
        IpAddr::V4(HOME),
        IpAddr::V4(HOME_2),
        IpAddr::V4(ABROAD),
        IpAddr::V4(ABROAD_2),
    );
    let p = IpAddr::V4(PRIVATE);
    let (h6, h62) = (IpAddr::V6(HOME_6), IpAddr::V6(HOME_6_2));
    let (a6, a62) = (IpAddr::V6(ABROAD_6), IpAddr::V6(ABROAD_6_2));
    // Sender of the quoted packet (who is told), its receiver, and who reports.
    for (told, other, reporter) in [
        (h, a, a2),
        (a, h, h2),
        (a, a2, h),
        (h, h2, a),
        (h, p, a),
        (a, p, h),
        (h, a, h2),
        (a, a2, a2),
        (h6, a6, a62),
        (a6, h6, h62),
        (h6, h62, a6),
        (a6, a62, a62),
    ] {
        let quoted = ask(Ends::new(told, other));
        let back = Ends::new(reporter, told);
        let kinds: &[(u8, u8)] = if back.is_v6() {
            &[(1, 4), (2, 0), (3, 0), (4, 1)]
        } else {
            &[(3, 3), (4, 0), (5, 1), (11, 0), (12, 0)]
        };
        for (kind, code) in kinds {
            capture.packet(ip(back, icmp_error(back, *kind, *code, &quoted)));
        }
    }
    for ends in [
        Ends::new(HOME, ABROAD),
        Ends::new(HOME, HOME_2),
        Ends::new(ABROAD_6, HOME_6),
    ] {
        capture.packet(ip(ends, echo(ends, false, 7, 1, b"are you there?")));
        capture.packet(ip(
            ends.reversed(),
            echo(ends.reversed(), true, 7, 1, b"are you there?"),
        ));
    }
    // A quote of a tunnel, and a quote cut before its addresses.
    let inner = ask(Ends::new(HOME, HOME_2));
    let tunnel = ip(Ends::new(HOME, ABROAD), inner);
    let back = Ends::new(ABROAD_2, HOME);
    capture.packet(ip(back, icmp_error(back, 11, 0, &tunnel)));
    let stub = Pdu::new(Kind::Ipv4, tunnel.bytes[..12].to_vec());
    capture.packet(ip(back, icmp_error(back, 11, 0, &stub)));
    capture.frames
}

/// Every extension header, routing headers, home addresses, source routes, AH, and too many of them.
fn ipv6_extensions() -> Vec<OwnedFrame> {
    let mut capture = Capture::new(4);
    for ends in [Ends::new(HOME_6, ABROAD_6), Ends::new(HOME_6, HOME_6_2)] {
        let body = || udp(ends, 4_001, 4_002, b"behind headers");
        capture.packet(ip(ends, hop_by_hop(body())));
        capture.packet(ip(ends, destination_options(body())));
        capture.packet(ip(ends, hop_by_hop(destination_options(body()))));
        capture.packet(ip(ends, authentication(9, 1, body())));
        capture.packet(ip(ends, hop_by_hop(authentication(9, 2, body()))));
        for protocol in [135, 139, 140] {
            capture.packet(ip(ends, control_header(protocol)));
        }
        capture.packet(ip(ends, sctp(2_905, 2_906, 5, b"chunk")));
        capture.packet(ip(ends, Pdu::new(Kind::Protocol(59), vec![])));
        for depth in [8, 9] {
            let stacked = (0..depth).fold(body(), |inner, _| destination_options(inner));
            capture.packet(ip(ends, stacked));
        }
    }
    // To a hop abroad, and from there to the goal.
    for goal in [ABROAD_6_2, HOME_6_2] {
        let ends = Ends::new(HOME_6, ABROAD_6);
        let body = || udp(Ends::new(HOME_6, goal), 4_001, 4_002, b"routed");
        for kind in [0, 2, 4] {
            capture.packet(ip(ends, routing(kind, 1, &[goal], body())));
        }
        // Segment lists begin with the last segment; all but one are still to come.
        capture.packet(ip(
            ends,
            routing(4, 2, &[goal, ABROAD_6, ABROAD_6_2], body()),
        ));
        // Nothing left to route.
        capture.packet(ip(
            Ends::new(HOME_6, goal),
            routing(0, 0, &[ABROAD_6], body()),
        ));
        // A sender whose home is elsewhere.
        let ends = Ends::new(ABROAD_6, HOME_6);
        let body = udp(Ends::new(goal, HOME_6), 4_001, 4_002, b"homesick");
        capture.packet(ip(ends, home_address(goal, body)));
    }
    for goal in [ABROAD_2, HOME_2] {
        let ends = Ends::new(HOME, ABROAD);
        let body = || udp(Ends::new(HOME, goal), 4_001, 4_002, b"loosely");
        for kind in [131, 137] {
            capture.packet(
                Ip::new(ends)
                    .options(&source_route(kind, &[goal], 0))
                    .carry(body()),
            );
        }
        let route = source_route(131, &[ABROAD], 1);
        capture.packet(Ip::new(Ends::new(HOME, goal)).options(&route).carry(body()));
    }
    // Addresses with an IPv4 address inside, of home and abroad.
    let inside = |address: Ipv4Addr| u128::from(u32::from(address));
    for (one, other) in [(HOME, HOME_2), (ABROAD, HOME), (ABROAD, ABROAD_2)] {
        for address in [
            0x2002_u128 << 112 | inside(one) << 80 | 1,
            0x64_ff9b_u128 << 96 | inside(one),
            0xffff_u128 << 32 | inside(one),
            0x2001_u128 << 112 | inside(one) << 64 | (!inside(other) & 0xffff_ffff),
            inside(one),
        ] {
            capture.packet(ask(Ends::new(Ipv6Addr::from(address), HOME_6)));
            capture.packet(ask(Ends::new(Ipv6Addr::from(address), ABROAD_6)));
        }
    }
    capture.frames
}

/// An admitted and an excluded pair on every link.
fn links() -> Vec<OwnedFrame> {
    let mut capture = Capture::new(5);
    for link in Link::ALL {
        for ends in [
            Ends::new(HOME, ABROAD),
            Ends::new(HOME, HOME_2),
            Ends::new(ABROAD_6, HOME_6),
            Ends::new(HOME_6, HOME_6_2),
        ] {
            capture.add(link.frame(MACS, ask(ends)));
        }
    }
    // USB has no IP, and is not decoded.
    capture.add((LinkType(220), vec![0; 64]));
    capture.frames
}

/// Tags, labels and sessions in one file of Ethernet.
fn tags() -> Vec<OwnedFrame> {
    let mut capture = Capture::new(6);
    for link in Link::ALL {
        if link.frame(MACS, ask(Ends::new(HOME, ABROAD))).0 != LinkType(1) {
            continue;
        }
        for ends in [
            Ends::new(HOME, ABROAD),
            Ends::new(HOME, HOME_2),
            Ends::new(ABROAD_6, HOME_6),
        ] {
            capture.add(link.frame(MACS, ask(ends)));
            capture.add(link.frame(MACS, answer(ends)));
        }
    }
    // Eight tags, and a PPPoE session that says goodbye (no IP).
    let ends = Ends::new(HOME, ABROAD);
    let tagged = (1..=8).fold(ask(ends), |inner, id| vlan(0x8100, id, inner));
    capture.packet(tagged);
    let goodbye = Pdu::new(Kind::EtherType(0x8863), vec![0x11, 0xa7, 0x0a, 0x51, 0, 0]);
    capture.packet(goodbye);
    capture.frames
}

/// What a mirror port at an international link sees in ten minutes, scaled down; 128 bytes a frame.
fn example() -> Vec<OwnedFrame> {
    Traffic::new(2_025_042, 2_800).snap(128).collect()
}

#[test]
fn the_shipped_captures_are_what_the_code_writes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let usual = |frames: Vec<OwnedFrame>| pcap_image(&frames, Format::USUAL);
    let nanos = Format {
        nanos: true,
        big_endian: true,
    };
    let captures = [
        ("example.pcap", usual(example())),
        ("day.pcap", usual(day::day())),
        ("tunnels.pcap", usual(tunnels())),
        ("fragments.pcap", usual(fragmented())),
        ("icmp-quotes.pcap", usual(icmp_quotes())),
        (
            "ipv6-extensions.pcap",
            pcap_image(&ipv6_extensions(), nanos),
        ),
        ("links.pcapng", pcapng_image(&links())),
        ("vlan-mpls-pppoe.pcap", usual(tags())),
    ];
    for (name, image) in captures {
        assert!(image.len() <= 400_000, "{name} has {} bytes", image.len());
        let path = folder.join(name);
        if std::env::var_os("SEKISHO_ACCEPT").is_some() {
            std::fs::write(&path, &image).unwrap();
        }
        let shipped = std::fs::read(&path).unwrap_or_default();
        assert!(
            shipped == image,
            "testdata/{name} is not what the code writes now; if that is meant, run \
             SEKISHO_ACCEPT=1 cargo test --test testdata and look at what changed"
        );
    }
}
