//! Scenes that make a gate decide: tunnels between places, quotes, groups, martians, frames without
//! IP, frames that lie or end too early.

use super::encap::Wrap;
use super::extensions::{destination_options, hop_by_hop, routing};
use super::link::{Link, MACS, ethernet};
use super::packet::{Ends, Ip, Kind, Pdu, ip, udp};
use super::places::{self, Place};
use super::scene::{Scene, dns, fragmented, ping, tcp_session, unreachable};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use Place::{Abroad, Documentation, Home, Private, Shared, Unlocated};

/// The pairs of places between which tunnels run: outer, then inner. Of every class and reason.
const TUNNELLED: [([Place; 2], [Place; 2]); 9] = [
    ([Abroad, Abroad], [Home, Abroad]),
    ([Abroad, Home], [Abroad, Home]),
    ([Home, Abroad], [Home, Abroad]),
    ([Abroad, Abroad], [Abroad, Abroad]),
    ([Home, Home], [Home, Abroad]),
    ([Home, Abroad], [Home, Home]),
    ([Abroad, Home], [Home, Private]),
    ([Abroad, Abroad], [Private, Abroad]),
    ([Home, Abroad], [Private, Private]),
];

/// How many scenes there are for [`play`].
pub const COUNT: usize = Wrap::ALL.len() + 24;

/// Plays the odd scene of this number (any number: they repeat).
pub fn play(scene: &mut Scene<'_>, number: usize) {
    let number = number % COUNT;
    if let Some(wrap) = Wrap::ALL.get(number) {
        return tunnelled(scene, *wrap);
    }
    match number - Wrap::ALL.len() {
        0 => neighbours(scene),
        1 => discovery(scene),
        2 => group(scene, Home),
        3 => group(scene, Abroad),
        4 => between(scene, Home, Unlocated),
        5 => between(scene, Unlocated, Abroad),
        6 => between(scene, Home, Private),
        7 => between(scene, Shared, Home),
        8 => between(scene, Private, Abroad),
        9 => between(scene, Documentation, Abroad),
        10 => quoting(scene, Home, Abroad, Abroad),
        11 => quoting(scene, Abroad, Home, Home),
        12 => quoting(scene, Home, Home, Abroad),
        13 => quoting(scene, Home, Private, Abroad),
        14 => in_parts(scene, Home, Abroad, 0),
        15 => in_parts(scene, Home, Home, 0),
        16 => in_parts(scene, Abroad, Home, 1),
        17 => too_deep(scene),
        18 => cut_short(scene),
        19 => lying(scene),
        20 => translated(scene),
        21 => source_routed(scene),
        22 => tagged(scene),
        _ => extended(scene),
    }
}

/// A conversation through one kind of tunnel, between places that take turns.
fn tunnelled(scene: &mut Scene<'_>, wrap: Wrap) {
    let (outer, inner) = *scene.rng.pick(&TUNNELLED);
    let teredo = matches!(wrap, Wrap::Teredo | Wrap::TeredoIndicated);
    let new = teredo || scene.rng.percent(30);
    let inner = scene.ends_of(new, inner[0], inner[1]);
    // GTP-U, Teredo and L2TP run over IPv4 where they run at all.
    let old = teredo || matches!(wrap, Wrap::Gtpu | Wrap::GtpuExtension | Wrap::L2tp);
    let new = !old && scene.rng.percent(20);
    let outer = scene.ends_of(new, outer[0], outer[1]);
    scene.through(wrap, outer);
    match scene.rng.below(4) {
        0 => dns(scene, inner),
        1 => ping(scene, inner, 2),
        _ => tcp_session(scene, inner, 443, 1),
    }
}

fn between(scene: &mut Scene<'_>, src: Place, dst: Place) {
    let ends = scene.ends(src, dst);
    if scene.rng.percent(50) {
        dns(scene, ends);
    } else {
        tcp_session(scene, ends, 443, 1);
    }
}

/// ARP: a question and its answer.
fn neighbours(scene: &mut Scene<'_>) {
    let asker = places::v4(Private, scene.rng).octets();
    for operation in [1, 2] {
        let mut bytes = vec![0, 1, 8, 0, 6, 4, 0, operation];
        bytes.extend_from_slice(&MACS[6..]);
        bytes.extend_from_slice(&asker);
        bytes.extend_from_slice(&MACS[..6]);
        bytes.extend_from_slice(&[10, 20, 0, 1]);
        bytes.resize(46, 0);
        scene.send_frame(
            ethernet(MACS, Pdu::new(Kind::EtherType(0x0806), bytes)),
            1_514,
        );
        scene.wait(300);
    }
}

/// LLDP, and a spanning tree hello in an 802.3 frame.
fn discovery(scene: &mut Scene<'_>) {
    let group = [0x01, 0x80, 0xc2, 0, 0, 0x0e, 0x02, 0x5e, 0, 0, 0, 0x02];
    let mut bytes = vec![
        2, 7, 4, 2, 0x5e, 0, 0, 0, 2, 4, 2, 7, 0x31, 6, 2, 0, 120, 0, 0,
    ];
    bytes.resize(46, 0);
    scene.send_frame(
        ethernet(group, Pdu::new(Kind::EtherType(0x88cc), bytes)),
        1_514,
    );
    scene.wait(2_000);
    let mut hello = vec![0x42, 0x42, 3];
    hello.resize(46, 0);
    scene.send_frame(ethernet(group, Pdu::new(Kind::EtherType(38), hello)), 1_514);
}

/// Datagrams to a group: name discovery, and broadcast.
fn group(scene: &mut Scene<'_>, from: Place) {
    let src = places::v4(from, scene.rng);
    let groups = [
        Ipv4Addr::new(224, 0, 0, 251),
        Ipv4Addr::new(239, 255, 255, 250),
        Ipv4Addr::BROADCAST,
    ];
    let ends = Ends::new(src, *scene.rng.pick(&groups));
    scene.send(ip(ends, udp(ends, 5_353, 5_353, &[0; 40])), false);
    scene.wait(1_000);
    let all = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0xfb);
    let ends = Ends::new(places::v6(from, scene.rng), all);
    scene.send(ip(ends, udp(ends, 5_353, 5_353, &[0; 40])), false);
}

/// An error about a datagram from `src` to `dst`, reported by a host at `by`.
fn quoting(scene: &mut Scene<'_>, src: Place, dst: Place, by: Place) {
    let ends = scene.ends(src, dst);
    let reporter = scene.hosts.draw(by, ends.is_v6(), scene.rng);
    let seen = scene.rng.percent(60);
    unreachable(scene, ends, reporter, seen);
}

/// A long datagram in fragments; a capture that began late has only those from `from` on.
fn in_parts(scene: &mut Scene<'_>, src: Place, dst: Place, from: usize) {
    let ends = scene.ends(src, dst);
    let size = scene.rng.between(2_000, 6_000) as usize;
    let payload = scene.rng.bytes(size);
    fragmented(scene, ends, &udp(ends, 5_060, 5_060, &payload), from);
}

/// Six IP layers, all abroad.
fn too_deep(scene: &mut Scene<'_>) {
    for _ in 0..5 {
        let outer = scene.ends_of(false, Abroad, Abroad);
        scene.through(Wrap::Ip, outer);
    }
    let inner = scene.ends_of(false, Abroad, Abroad);
    ping(scene, inner, 1);
}

/// Frames that end before the addresses do.
fn cut_short(scene: &mut Scene<'_>) {
    for (is_v6, kept) in [
        (false, 24),
        (false, 31),
        (true, 40),
        (true, 53),
        (false, 13),
    ] {
        let ends = scene.ends_of(is_v6, Home, Abroad);
        let frame = ethernet(MACS, ip(ends, udp(ends, 4_000, 4_000, &[0; 64])));
        scene.send_frame(frame, kept);
        scene.wait(700);
    }
}

/// Headers that contradict themselves: version, header length, total length.
fn lying(scene: &mut Scene<'_>) {
    for (at, value) in [(14, 0x75), (14, 0x43), (17, 12), (14, 0x00)] {
        let ends = scene.ends_of(false, Home, Abroad);
        let mut frame = ethernet(MACS, ip(ends, udp(ends, 4_000, 4_000, &[0; 18])));
        frame.bytes[at] = value;
        if at == 17 {
            frame.bytes[16] = 0;
        }
        scene.send_frame(frame, 1_514);
        scene.wait(700);
    }
}

/// Addresses with an IPv4 address inside: 6to4, NAT64, Teredo; of home and abroad.
fn translated(scene: &mut Scene<'_>) {
    let abroad = places::v6(Abroad, scene.rng);
    for place in [Home, Abroad] {
        let embedded = u128::from(u32::from(places::v4(place, scene.rng)));
        let server = u128::from(u32::from(places::v4(place, scene.rng)));
        let six_to_four = 0x2002_u128 << 112 | embedded << 80 | 1;
        let nat64 = 0x64_ff9b_u128 << 96 | embedded;
        let teredo = 0x2001_u128 << 112 | server << 64 | (!embedded & 0xffff_ffff);
        for address in [six_to_four, nat64, teredo] {
            let ends = Ends::new(abroad, Ipv6Addr::from(address));
            dns(scene, ends);
            let home = Ends::new(places::v6(Home, scene.rng), Ipv6Addr::from(address));
            ping(scene, home, 1);
        }
    }
}

/// A packet that is to go on from abroad to home, by IPv4 option and by routing header.
fn source_routed(scene: &mut Scene<'_>) {
    let ends = scene.ends_of(false, Home, Abroad);
    let hop = places::v4(Home, scene.rng);
    let route = super::extensions::source_route(131, &[hop], 0);
    let packet = Ip::new(ends)
        .options(&route)
        .carry(udp(ends, 4_000, 4_000, &[0; 32]));
    scene.send(packet, false);
    scene.wait(5_000);
    for last in [Home, Abroad] {
        let ends = scene.ends_of(true, Home, Abroad);
        let goal = places::v6(last, scene.rng);
        let datagram = udp(
            Ends::new(ends.src, IpAddr::V6(goal)),
            4_000,
            4_000,
            &[0; 32],
        );
        scene.send(ip(ends, routing(0, 1, &[goal], datagram)), false);
        scene.wait(5_000);
    }
}

/// The same conversation behind tags, labels and a subscriber's session.
fn tagged(scene: &mut Scene<'_>) {
    for link in [
        Link::Vlan,
        Link::Qinq,
        Link::Mpls,
        Link::Pppoe,
        Link::VlanPppoe,
        Link::Snap,
    ] {
        scene.over(link);
        let ends = scene.ends(Home, Abroad);
        dns(scene, ends);
    }
}

/// Extension headers that a packet may well have.
fn extended(scene: &mut Scene<'_>) {
    let ends = scene.ends_of(true, Abroad, Home);
    let datagram = udp(ends, 4_000, 4_000, &[0; 32]);
    scene.send(ip(ends, hop_by_hop(destination_options(datagram))), false);
}
