//! Frames that the tests send.

use sekisho::demo::link::{MACS, ethernet};
use sekisho::demo::packet::Pdu;
use sekisho::demo::{OwnedFrame, Traffic};
use sekisho::source::{Frame, LinkType};
use sekisho::time::Timestamp;

/// Whole frames of an interface.
pub(crate) type Frames = Vec<Vec<u8>>;

/// Believable traffic of all classes, as an interface takes it.
pub(crate) fn mixed(seed: u64, packets: u64) -> Frames {
    let mut frames = Frames::new();
    Traffic::new(seed, packets).for_each_frame(&mut |frame: &Frame<'_>| {
        if frame.link.0 == 1 && frame.bytes.len() >= 14 {
            let mut whole = frame.bytes.to_vec();
            // A frame that the traffic has cut is sent as long as it claims to be.
            whole.resize(frame.wire_len.clamp(14, 9_000) as usize, 0);
            frames.push(whole);
        }
    });
    frames
}

/// The same frames as a file has them.
pub(crate) fn captured(frames: &[Vec<u8>]) -> Vec<OwnedFrame> {
    let seen = |at: usize| Timestamp::from_nanos(1_763_790_540_000_000_000 + at as u64 * 1_000);
    let frames = frames.iter().enumerate();
    frames
        .map(|(at, bytes)| OwnedFrame::whole(seen(at), LinkType(1), bytes.clone()))
        .collect()
}

/// An Ethernet frame around a packet.
pub(crate) fn framed(packet: Pdu) -> Vec<u8> {
    ethernet(MACS, packet).bytes
}

/// The `n`-th of many hosts in one country abroad.
pub(crate) const fn caller(n: u32) -> [u8; 4] {
    let [_, high, middle, low] = n.to_be_bytes();
    [12, high, middle, low]
}

/// A host in another country abroad.
pub(crate) const SERVER: [u8; 4] = [79, 200, 1, 9];

/// A datagram in a frame of this length, 60 or more.
pub(crate) fn datagram(src: [u8; 4], dst: [u8; 4], ports: [u16; 2], length: u16) -> Vec<u8> {
    let [from, to] = ports.map(u16::to_be_bytes);
    let payload = (length - 34).to_be_bytes();
    let rest = [from, to, payload, [0, 0]].concat();
    packet(src, dst, 17, &rest, length)
}

/// A TCP segment without payload.
pub(crate) fn segment(src: [u8; 4], dst: [u8; 4], ports: [u16; 2], flags: u8) -> Vec<u8> {
    let [from, to] = ports.map(u16::to_be_bytes);
    let mut rest = [from, to].concat();
    rest.extend([0, 0, 0, 1, 0, 0, 0, 0, 0x50, flags, 0xfa, 0xf0, 0, 0, 0, 0]);
    packet(src, dst, 6, &rest, 60)
}

fn packet(src: [u8; 4], dst: [u8; 4], protocol: u8, rest: &[u8], length: u16) -> Vec<u8> {
    let total = (if protocol == 17 { length - 14 } else { 40 }).to_be_bytes();
    let mut bytes = MACS.to_vec();
    bytes.extend([
        8, 0, 0x45, 0, total[0], total[1], 0, 0, 0, 0, 64, protocol, 0, 0,
    ]);
    bytes.extend(src);
    bytes.extend(dst);
    bytes.extend(rest);
    bytes.resize(usize::from(length), 0);
    bytes
}

/// One datagram each way between a server and so many hosts, one direction after the other.
pub(crate) fn conversations(hosts: u32) -> Frames {
    let there = (0..hosts).map(|n| datagram(caller(n), SERVER, [40_000, 443], 60));
    let back = (0..hosts).map(|n| datagram(SERVER, caller(n), [443, 40_000], 60));
    there.chain(back).collect()
}

/// One packet each, of flows that never go on: a flood of SYNs.
pub(crate) fn flood(from: u32, count: u32) -> Frames {
    (from..from + count)
        .map(|n| segment(caller(n), SERVER, [50_000, 443], 2))
        .collect()
}
