//! The mixes on which speed is measured, as captures in memory: flows drawn by Zipf's law with exponent
//! 1, 80 % TCP, 10 % IPv6, 5 % tagged; 45 % of flows within home, 35 % between home and abroad, 15 %
//! abroad, 5 % with a private end. And [`Steady`]: as many live flows as asked for, all alike.

use super::OwnedFrame;
use super::capture::{Format, Pcap};
use super::encap::Wrap;
use super::link::{MACS, ethernet, vlan};
use super::packet::{Ends, Pdu, Tcp, flags, ip, tcp, udp};
use super::places::{self, Place};
use super::rng::Rng;
use crate::source::LinkType;
use crate::time::Timestamp;
use std::io::{self, Write};

/// When the first packet is seen, in microseconds: a whole number of five minutes.
const BEGIN: u64 = 1_791_190_800_000_000;

/// Sizes of frames, and how much of them is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mix {
    /// 64, 594 and 1518 bytes at 7 : 4 : 1, whole.
    Imix,
    /// 64 bytes.
    Min64,
    /// The sizes of [`Mix::Imix`], cut at 96 bytes.
    Hdr96,
}

/// One flow: who, on which ports, and what has been sent.
struct Flow {
    ends: Ends,
    ports: [u16; 2],
    tcp: bool,
    tag: Option<u16>,
    left: u32,
    begun: bool,
    seq: [u32; 2],
}

/// Replaces `image` by a capture as [`write()`] writes it.
pub fn fill(mix: Mix, packets: usize, flows: usize, seed: u64, image: &mut Vec<u8>) {
    image.clear();
    // A vector takes everything.
    let _ = write(mix, packets, flows, seed, image);
}

/// Writes a pcap file of so many packets over so many flows, one packet a microsecond on average.
///
/// # Errors
/// Those of `out`.
pub fn write(mix: Mix, packets: usize, flows: usize, seed: u64, out: impl Write) -> io::Result<()> {
    let mut rng = Rng::new(seed);
    let flows = flows.max(1);
    let mut table: Vec<Flow> = (0..flows).map(|_| draw(&mut rng)).collect();
    let order = zipf(packets, flows, &mut rng);
    for flow in &order {
        table[*flow as usize].left += 1;
    }
    let payload = rng.bytes(2_048);
    let mut pcap = Pcap::new(out, LinkType(1), Format::USUAL)?;
    let mut micros = BEGIN;
    for flow in order {
        let size = match (mix, rng.below(12)) {
            (Mix::Min64, _) | (_, 0..7) => 64,
            (_, 7..11) => 594,
            _ => 1_518,
        };
        let packet = next_packet(&mut table[flow as usize], size, &payload, &mut rng);
        micros += rng.below(3);
        let seen = Timestamp::from_nanos(micros * 1_000);
        let frame = OwnedFrame::whole(seen, LinkType(1), framed(packet));
        let kept = if mix == Mix::Hdr96 { 96 } else { usize::MAX };
        pcap.write(&frame.cut(kept))?;
    }
    pcap.into_inner().flush()
}

/// A trace to see growth on: small packets of flows that all stay live, visited in turn, in an order
/// that is another in every round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Steady {
    /// Flows, all of which have been seen after as many packets.
    pub flows: u64,
    /// Packets.
    pub packets: u64,
    /// Microseconds from one to the next.
    pub step: u64,
    /// Whether every flow is within home, or none: then one end at least is abroad.
    pub home: bool,
    /// VXLAN tunnels around every packet, one inside the other, between hosts abroad.
    pub tunnels: usize,
}

impl Steady {
    /// Writes a pcap file.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: impl Write) -> io::Result<()> {
        let mut pcap = Pcap::new(out, LinkType(1), Format::USUAL)?;
        let flows = self.flows.max(1);
        for nth in 0..self.packets {
            let (round, turn) = (nth / flows, nth % flows);
            let seen = Timestamp::from_nanos((BEGIN + nth * self.step) * 1_000);
            let bytes = self.packet(shuffled(turn, flows, round), round);
            pcap.write(&OwnedFrame::whole(seen, LinkType(1), bytes))?;
        }
        pcap.into_inner().flush()
    }

    fn packet(&self, number: u64, round: u64) -> Vec<u8> {
        let mut rng = Rng::new(Rng::new(number).next());
        let mut flow = draw(&mut rng);
        let is_v6 = flow.ends.is_v6();
        let [one, other] = match (self.home, rng.percent(30)) {
            (true, _) => [Place::Home, Place::Home],
            (false, true) => [Place::Abroad, Place::Abroad],
            (false, false) => [Place::Home, Place::Abroad],
        };
        flow.ends = Ends::new(
            places::address(one, is_v6, &mut rng),
            places::address(other, is_v6, &mut rng),
        );
        flow.begun = round > 0;
        // Never the last packet.
        flow.left = u32::MAX;
        let mut packet = next_packet(&mut flow, 64, &[0; 64], &mut rng);
        for depth in 0..self.tunnels as u64 {
            // A few tunnels, each with ends, sending port and network identifier of its own.
            let mut rng = Rng::new(8 * depth + number % 8);
            let outer = Ends::new(
                places::v4(Place::Abroad, &mut rng),
                places::v4(Place::Abroad, &mut rng),
            );
            packet = Wrap::Vxlan.wrap(outer, MACS, packet, &mut rng);
        }
        framed(packet)
    }
}

/// The place of `turn` in an order of the numbers below `count` that is another for every `round`.
fn shuffled(turn: u64, count: u64, round: u64) -> u64 {
    // Shifts and odd factors move the numbers below a power of two among themselves; what comes to lie
    // above `count` moves on until it is below.
    let bits = u64::BITS - (count - 1).leading_zeros();
    let (mask, half) = ((1 << bits) - 1, bits.div_ceil(2));
    let mut place = turn;
    loop {
        for step in 0..3 {
            let factor = Rng::new(round << 2 | step).next() | 1;
            place = place.wrapping_mul(factor) & mask;
            place ^= place >> half;
        }
        if place < count {
            return place;
        }
    }
}

fn draw(rng: &mut Rng) -> Flow {
    let (is_v6, tcp, tagged) = (rng.percent(10), rng.percent(80), rng.percent(5));
    let (one, other) = match rng.below(100) {
        0..45 => (Place::Home, Place::Home),
        45..80 => (Place::Home, Place::Abroad),
        80..95 => (Place::Abroad, Place::Abroad),
        95..98 => (Place::Private, Place::Home),
        _ => (Place::Private, Place::Abroad),
    };
    let ends = Ends::new(
        places::address(one, is_v6, rng),
        places::address(other, is_v6, rng),
    );
    let ends = if rng.percent(20) {
        ends.reversed()
    } else {
        ends
    };
    let any = rng.between(1_024, 61_000) as u16;
    let server = match (tcp, rng.below(100)) {
        (true, 0..60) | (false, 0..50) => 443,
        (true, 60..75) => 80,
        (false, 50..80) => 53,
        _ => any,
    };
    Flow {
        ends,
        ports: [rng.between(1_024, 65_000) as u16, server],
        tcp,
        tag: tagged.then(|| rng.between(100, 107) as u16),
        left: 0,
        begun: false,
        seq: [rng.next() as u32, rng.next() as u32],
    }
}

/// Which flow each packet belongs to: the k-th flow k times as seldom as the first.
#[allow(
    clippy::cast_precision_loss,
    reason = "weights of at most a few million ranks"
)]
fn zipf(packets: usize, flows: usize, rng: &mut Rng) -> Vec<u32> {
    let mut total = 0.0;
    let heights: Vec<f64> = (1..=flows)
        .map(|rank| {
            total += 1.0 / rank as f64;
            total
        })
        .collect();
    (0..packets)
        .map(|_| {
            let height = rng.unit() * total;
            let rank = heights.partition_point(|reached| *reached <= height);
            rank.min(flows - 1) as u32
        })
        .collect()
}

/// The next packet of a flow, for a frame of about `size` bytes: a SYN first, a FIN last.
fn next_packet(flow: &mut Flow, size: usize, payload: &[u8], rng: &mut Rng) -> Pdu {
    let back = flow.begun && rng.percent(45);
    let ends = if back {
        flow.ends.reversed()
    } else {
        flow.ends
    };
    let way = usize::from(back);
    let ports = [flow.ports[way], flow.ports[1 - way]];
    flow.left = flow.left.saturating_sub(1);
    let bits = match (flow.begun, flow.left) {
        (false, _) => flags::SYN,
        (true, 0) => flags::FIN | flags::ACK,
        (true, _) => flags::ACK,
    };
    flow.begun = true;
    let network = if ends.is_v6() { 54 } else { 34 };
    let transport = match (flow.tcp, bits) {
        (true, flags::SYN) => 28,
        (true, _) => 20,
        (false, _) => 8,
    };
    let room = size.saturating_sub(network + transport);
    let room = if flow.tcp && bits == flags::SYN {
        0
    } else {
        room
    };
    let data = &payload[..room.min(payload.len())];
    let inner = if flow.tcp {
        let fields = Tcp {
            src_port: ports[0],
            dst_port: ports[1],
            seq: flow.seq[way],
            ack: flow.seq[1 - way],
            flags: bits,
        };
        let sent = data.len() as u32 + u32::from(bits != flags::ACK);
        flow.seq[way] = flow.seq[way].wrapping_add(sent);
        tcp(ends, fields, data)
    } else {
        udp(ends, ports[0], ports[1], data)
    };
    let packet = ip(ends, inner);
    match flow.tag {
        Some(id) => vlan(0x8100, id, packet),
        None => packet,
    }
}

fn framed(packet: Pdu) -> Vec<u8> {
    let mut bytes = ethernet(MACS, packet).bytes;
    bytes.resize(bytes.len().max(64), 0);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_has_the_asked_packets_of_the_asked_sizes() {
        let (mut image, mut cut) = (Vec::new(), Vec::new());
        fill(Mix::Min64, 1_000, 100, 1, &mut image);
        assert_eq!(&image[..4], &0xa1b2_c3d4u32.to_le_bytes());
        assert!(image.len() > 24 + 1_000 * (16 + 64) && image.len() < 24 + 1_000 * (16 + 90));
        fill(Mix::Imix, 1_000, 100, 1, &mut image);
        fill(Mix::Hdr96, 1_000, 100, 1, &mut cut);
        assert!(cut.len() <= 24 + 1_000 * (16 + 96) && cut.len() < image.len() / 2);
    }

    #[test]
    fn an_order_has_every_number_once_and_is_another_in_the_next_round() {
        for count in [1, 2, 3, 64, 1_000] {
            for round in 0..3 {
                let mut seen: Vec<u64> = (0..count).map(|n| shuffled(n, count, round)).collect();
                seen.sort_unstable();
                assert!(seen.into_iter().eq(0..count), "{count} {round}");
            }
        }
        assert!((0..1_000).any(|turn| shuffled(turn, 1_000, 0) != shuffled(turn, 1_000, 1)));
    }

    #[test]
    fn a_flow_keeps_its_ends_in_every_round_and_a_tunnel_adds_its_headers() {
        let bare = Steady {
            flows: 10,
            packets: 30,
            step: 1,
            home: false,
            tunnels: 0,
        };
        let tunnelled = Steady { tunnels: 2, ..bare };
        // The ends are the same, whichever way the packet goes.
        let ends = |packet: &[u8]| {
            let mut ends: Vec<&[u8]> = packet[26..34].chunks(4).collect();
            ends.sort_unstable();
            ends.concat()
        };
        let is_plain_v4 = |packet: &[u8]| packet[12..14] == [8, 0];
        let mut compared = 0;
        for number in 0..10 {
            let (first, later) = (bare.packet(number, 0), bare.packet(number, 1));
            if is_plain_v4(&first) {
                assert_eq!(ends(&first), ends(&later));
                compared += 1;
            }
            let inside = &tunnelled.packet(number, 0)[2 * 50..];
            let length = first.len().min(inside.len());
            assert_eq!(&inside[..length - 20], &first[..length - 20]);
        }
        assert!(compared > 5);
        let mut image = Vec::new();
        assert!(bare.write(&mut image).is_ok());
        assert!(image.len() >= 24 + 30 * (16 + 64));
    }
}
