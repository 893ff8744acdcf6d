//! Conversations between two hosts: what most of a mirror port's traffic is.

use super::OwnedFrame;
use super::encap::{Wrap, wireguard};
use super::extensions::fragments;
use super::link::{Link, MACS};
use super::packet::{Ends, Pdu, Tcp, echo, esp, flags, icmp_error, ip, sctp, tcp, udp};
use super::places::{Hosts, Place};
use super::rng::Rng;
use crate::source::LinkType;
use crate::time::Timestamp;
use std::net::IpAddr;

/// One conversation being written: its frames, in the order of their times.
pub struct Scene<'a> {
    /// Where arbitrary numbers come from.
    pub rng: &'a mut Rng,
    /// Who may take part.
    pub hosts: &'a Hosts,
    /// The moment of the next frame.
    now: Timestamp,
    /// How its packets are put on the link.
    link: Link,
    /// The tunnels its packets go through, innermost first.
    path: Vec<(Wrap, Ends)>,
    frames: Vec<OwnedFrame>,
}

impl<'a> Scene<'a> {
    /// A conversation that begins at `start`, on plain Ethernet.
    pub const fn new(start: Timestamp, rng: &'a mut Rng, hosts: &'a Hosts) -> Self {
        Self {
            rng,
            hosts,
            now: start,
            link: Link::Ethernet,
            path: Vec::new(),
            frames: Vec::new(),
        }
    }

    /// Puts what follows on another link (of Ethernet, on a mirror port).
    pub const fn over(&mut self, link: Link) {
        self.link = link;
    }

    /// Sends what follows through a tunnel between `outer`, around those there are.
    pub fn through(&mut self, wrap: Wrap, outer: Ends) {
        self.path.push((wrap, outer));
    }

    /// Lets packet time pass, in microseconds.
    pub const fn wait(&mut self, micros: u64) {
        self.now = Timestamp::from_nanos(self.now.nanos() + micros * 1_000);
    }

    /// Lets about this much packet time pass, in microseconds.
    pub const fn wait_about(&mut self, micros: u64) {
        let micros = self.rng.between(micros / 2, micros + micros / 2);
        self.wait(micros);
    }

    /// Sends an IP packet through the tunnels; `back` turns their ends round.
    pub fn send(&mut self, packet: Pdu, back: bool) {
        let mut packet = packet;
        for index in 0..self.path.len() {
            let (wrap, outer) = self.path[index];
            let outer = if back { outer.reversed() } else { outer };
            packet = wrap.wrap(outer, MACS, packet, self.rng);
        }
        let (link, mut bytes) = self.link.frame(macs(back), packet);
        // The shortest Ethernet frame, as a port sees it without its check sequence.
        let shortest = if link.0 == 1 { 60 } else { 0 };
        bytes.resize(bytes.len().max(shortest), 0);
        self.frames.push(OwnedFrame::whole(self.now, link, bytes));
    }

    /// Sends an Ethernet frame as it is, captured up to `snap_len` bytes.
    pub fn send_frame(&mut self, frame: Pdu, snap_len: usize) {
        let frame = OwnedFrame::whole(self.now, LinkType(1), frame.bytes);
        self.frames.push(frame.cut(snap_len));
    }

    /// Two hosts, of the same version: IPv6 in one of four cases.
    pub fn ends(&mut self, src: Place, dst: Place) -> Ends {
        let is_v6 = self.rng.percent(25);
        self.ends_of(is_v6, src, dst)
    }

    /// Two hosts of this version.
    pub fn ends_of(&mut self, is_v6: bool, src: Place, dst: Place) -> Ends {
        let src: IpAddr = self.hosts.draw(src, is_v6, self.rng);
        let mut dst_host: IpAddr = self.hosts.draw(dst, is_v6, self.rng);
        while dst_host == src {
            dst_host = super::places::address(dst, is_v6, self.rng);
        }
        Ends::new(src, dst_host)
    }

    /// The frames.
    #[must_use]
    pub fn finish(self) -> Vec<OwnedFrame> {
        self.frames
    }

    fn dynamic_port(&mut self) -> u16 {
        self.rng.between(32_768, 60_999) as u16
    }
}

/// Receiver and sender by direction.
const fn macs(back: bool) -> [u8; 12] {
    let mut macs = MACS;
    if back {
        (macs[5], macs[11]) = (macs[11], macs[5]);
    }
    macs
}

/// A TCP connection: handshake, requests and answers, and an end by FIN, by RST, or none at all.
pub fn tcp_session(scene: &mut Scene<'_>, ends: Ends, server_port: u16, rounds: u64) {
    let client_port = scene.dynamic_port();
    let round_trip = scene.rng.between(2_000, 180_000);
    let (mut client, mut server) = (scene.rng.next() as u32, scene.rng.next() as u32);
    let segment = |scene: &mut Scene<'_>, back: bool, bits: u8, seq: u32, ack: u32, size: usize| {
        let (ends, src_port, dst_port) = if back {
            (ends.reversed(), server_port, client_port)
        } else {
            (ends, client_port, server_port)
        };
        let fields = Tcp {
            src_port,
            dst_port,
            seq,
            ack,
            flags: bits,
        };
        let payload = scene.rng.bytes(size);
        scene.send(ip(ends, tcp(ends, fields, &payload)), back);
    };
    segment(scene, false, flags::SYN, client, 0, 0);
    client = client.wrapping_add(1);
    scene.wait(round_trip);
    if scene.rng.percent(6) {
        // Nobody listens there.
        segment(scene, true, flags::RST | flags::ACK, 0, client, 0);
        return;
    }
    segment(scene, true, flags::SYN | flags::ACK, server, client, 0);
    server = server.wrapping_add(1);
    scene.wait(90);
    segment(scene, false, flags::ACK, client, server, 0);
    for _ in 0..rounds {
        let asked = scene.rng.between(60, 700) as usize;
        segment(scene, false, flags::PSH | flags::ACK, client, server, asked);
        client = client.wrapping_add(asked as u32);
        scene.wait(round_trip);
        for _ in 0..scene.rng.between(1, 4) {
            let sent = scene.rng.between(200, 1_380) as usize;
            segment(scene, true, flags::ACK, server, client, sent);
            server = server.wrapping_add(sent as u32);
            scene.wait_about(300);
        }
        segment(scene, false, flags::ACK, client, server, 0);
        scene.wait_about(400_000);
    }
    match scene.rng.below(10) {
        0 => segment(scene, true, flags::RST, server, 0, 0),
        1 => {}
        _ => {
            segment(scene, false, flags::FIN | flags::ACK, client, server, 0);
            scene.wait(round_trip);
            segment(
                scene,
                true,
                flags::FIN | flags::ACK,
                server,
                client.wrapping_add(1),
                0,
            );
            scene.wait(90);
            segment(
                scene,
                false,
                flags::ACK,
                client.wrapping_add(1),
                server.wrapping_add(1),
                0,
            );
        }
    }
}

/// Connection attempts that nobody answers.
pub fn syn_scan(scene: &mut Scene<'_>, ends: Ends, count: u64) {
    let src_port = scene.dynamic_port();
    for _ in 0..count {
        let dst_port = *scene.rng.pick(&[22, 23, 80, 443, 445, 3_389, 8_080]);
        let seq = scene.rng.next() as u32;
        let fields = Tcp {
            src_port,
            dst_port,
            seq,
            ack: 0,
            flags: flags::SYN,
        };
        scene.send(ip(ends, tcp(ends, fields, &[])), false);
        scene.wait_about(80_000);
    }
}

/// Questions and answers over UDP port 53.
pub fn dns(scene: &mut Scene<'_>, ends: Ends) {
    let port = scene.dynamic_port();
    for _ in 0..scene.rng.between(1, 3) {
        let id = scene.rng.next() as u16;
        let name = [
            7, b'e', b'x', b'a', b'm', b'p', b'l', b'e', 3, b'n', b'e', b't', 0, 0, 1, 0, 1,
        ];
        let header = |flags: u16, answers: u16| {
            let mut message = Vec::with_capacity(12);
            for word in [id, flags, 1, answers, 0, 0] {
                message.extend_from_slice(&word.to_be_bytes());
            }
            message
        };
        let question = [header(0x0100, 0), name.to_vec()].concat();
        scene.send(ip(ends, udp(ends, port, 53, &question)), false);
        scene.wait_about(30_000);
        let answer = [0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 192, 0, 2, 80];
        let answer = [header(0x8180, 1), name.to_vec(), answer.to_vec()].concat();
        let back = ends.reversed();
        scene.send(ip(back, udp(back, 53, port, &answer)), true);
        scene.wait_about(250_000);
    }
}

/// What QUIC looks like from outside: a padded long header each way, then short ones.
pub fn quic(scene: &mut Scene<'_>, ends: Ends, rounds: u64) {
    let port = scene.dynamic_port();
    let mut datagram = |back: bool, long: bool, size: usize| {
        let mut payload = scene.rng.bytes(size);
        payload[0] = if long { 0xc3 } else { 0x43 };
        if long {
            payload[1..5].copy_from_slice(&[0, 0, 0, 1]);
        }
        let packet = if back {
            ip(ends.reversed(), udp(ends.reversed(), 443, port, &payload))
        } else {
            ip(ends, udp(ends, port, 443, &payload))
        };
        scene.send(packet, back);
        scene.wait_about(20_000);
    };
    datagram(false, true, 1_200);
    datagram(true, true, 1_200);
    for round in 0..rounds {
        datagram(false, false, 40 + (round as usize * 7) % 90);
        datagram(true, false, 1_150);
        datagram(true, false, 600);
    }
}

/// Echo requests and replies.
pub fn ping(scene: &mut Scene<'_>, ends: Ends, count: u16) {
    let id = scene.rng.next() as u16;
    for seq in 1..=count {
        scene.send(ip(ends, echo(ends, false, id, seq, &[0x61; 56])), false);
        scene.wait_about(40_000);
        let back = ends.reversed();
        scene.send(ip(back, echo(back, true, id, seq, &[0x61; 56])), true);
        scene.wait(960_000);
    }
}

/// A datagram from `ends.src`, and the error that `reporter` sends back about it, quoting it. The
/// datagram itself passes elsewhere where `seen` is false.
pub fn unreachable(scene: &mut Scene<'_>, ends: Ends, reporter: IpAddr, seen: bool) {
    let port = scene.dynamic_port();
    let datagram = ip(ends, udp(ends, port, 33_434, &[0; 32]));
    if seen {
        scene.send(datagram.clone(), false);
        scene.wait_about(15_000);
    }
    let back = Ends::new(reporter, ends.src);
    let (kind, code) = if back.is_v6() { (1, 4) } else { (3, 3) };
    scene.send(ip(back, icmp_error(back, kind, code, &datagram)), true);
}

/// A datagram too large for the link, in fragments; `from` leaves the first ones out.
pub fn fragmented(scene: &mut Scene<'_>, ends: Ends, inner: &Pdu, from: usize) {
    let id = scene.rng.next() as u32;
    for part in fragments(ends, id, inner, 1_448).into_iter().skip(from) {
        scene.send(part, false);
        scene.wait(120);
    }
}

/// Packets whose inside is sealed: ESP or WireGuard.
pub fn sealed(scene: &mut Scene<'_>, ends: Ends, count: u64) {
    let (spi, over_udp) = (scene.rng.next() as u32, scene.rng.percent(50));
    for sequence in 0..count {
        let size = scene.rng.between(64, 1_300) as usize;
        let inside = scene.rng.bytes(size);
        let back = sequence % 3 == 1;
        let way = if back { ends.reversed() } else { ends };
        let packet = if over_udp {
            udp(way, 51_820, 51_820, &wireguard(spi, sequence, &inside))
        } else {
            esp(spi, sequence as u32, &inside)
        };
        scene.send(ip(way, packet), back);
        scene.wait_about(50_000);
    }
}

/// A few SCTP packets each way, as between telephone exchanges.
pub fn signalling(scene: &mut Scene<'_>, ends: Ends) {
    let tag = scene.rng.next() as u32;
    for turn in 0..4 {
        let back = turn % 2 == 1;
        let way = if back { ends.reversed() } else { ends };
        let chunk = scene.rng.bytes(92);
        scene.send(ip(way, sctp(2_905, 2_905, tag, &chunk)), back);
        scene.wait_about(70_000);
    }
}
