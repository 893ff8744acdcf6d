//! Properties that hold for any bytes.

use super::packets::{
    ETHERNET, cut_frame, describe, eth, frame, inner, ip4, ip4_options, ip6, join, same, tcp, udp,
};
use etherparse::{LaxNetSlice, LaxSlicedPacket, TransportSlice};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use sekisho::decode::{Headers, decode, general};

const LINKS: [u32; 36] = [
    0, 1, 6, 7, 8, 9, 10, 11, 12, 14, 50, 51, 101, 104, 105, 107, 108, 109, 113, 117, 119, 122,
    123, 127, 138, 163, 166, 192, 204, 219, 228, 229, 239, 240, 276, 9999,
];

/// Ports that mean something, and their neighbours.
const PORTS: [u16; 18] = [
    53, 80, 443, 1701, 2152, 3544, 4341, 4500, 4754, 4789, 4790, 5072, 5247, 6081, 6635, 8472,
    51820, 51821,
];

/// IP packets, nested at most four deep, most of them common ones.
fn packet() -> impl Strategy<Value = Vec<u8>> {
    let leaf = prop_oneof![
        vec(any::<u8>(), 0..30).prop_map(|data| ip4(1, 2, 6, &data)),
        (any::<u8>(), vec(any::<u8>(), 0..60)).prop_map(|(p, data)| ip4(1, 2, p, &data)),
        Just(inner()),
        Just(ip6(5, 6, 6, &tcp())),
        (ports(), vec(any::<u8>(), 0..60)).prop_map(|((s, d), data)| ip4(
            1,
            2,
            17,
            &udp(s, d, &data)
        )),
        (ports(), vec(any::<u8>(), 0..60)).prop_map(|((s, d), data)| ip6(
            1,
            2,
            17,
            &udp(s, d, &data)
        )),
        (ports(), any::<bool>()).prop_map(|((s, d), is_exact)| {
            let mut inside = ip6(5, 6, 6, &tcp());
            inside[8..12].copy_from_slice(&[0x20, 1, 0, 0]);
            inside.extend(std::iter::repeat_n(0, usize::from(!is_exact)));
            ip4(1, 2, 17, &udp(s, d, &inside))
        }),
        vec(any::<u8>(), 0..5).prop_map(|o| ip4_options(1, 2, 6, &o.repeat(4), &tcp())),
        (
            select(vec![0, 43, 44, 51, 60, 135]),
            vec(any::<u8>(), 0..80)
        )
            .prop_map(|(next, data)| { ip6(1, 2, next, &join(&[&[6, 1], &data])) }),
    ];
    // Left to itself, the recursion nearly always nests as deep as it may.
    let nested = leaf.clone().prop_recursive(4, 16, 1, |packet| {
        prop_oneof![
            packet.clone().prop_map(|inside| ip4(1, 2, 4, &inside)),
            packet.clone().prop_map(|inside| ip6(1, 2, 4, &inside)),
            packet
                .clone()
                .prop_map(|inside| ip4(1, 2, 47, &join(&[&[0, 0, 8, 0], &inside]))),
            packet.clone().prop_map(|inside| {
                let inside = join(&[&[8, 0, 0, 0, 0, 0, 0, 1], &eth(0x0800, &inside)]);
                ip4(1, 2, 17, &udp(9, 4789, &inside))
            }),
            packet.prop_map(|inside| {
                ip4(
                    1,
                    2,
                    17,
                    &udp(9, 2152, &join(&[&[0x30, 255, 0, 0, 0, 0, 0, 0], &inside])),
                )
            }),
        ]
    });
    prop_oneof![2 => leaf, 1 => nested]
}

fn ports() -> impl Strategy<Value = (u16, u16)> {
    let port = || prop_oneof![any::<u16>(), select(PORTS.to_vec())];
    (port(), port())
}

/// Ethernet frames of packets with up to three tags, and then some bytes overwritten: in the outer IP
/// header, whose every field decides something, and anywhere.
fn ethernet() -> impl Strategy<Value = Vec<u8>> {
    let tags = vec(
        (select(vec![0x8100_u16, 0x88a8, 0x9100]), any::<u16>()),
        0..4,
    );
    let telling = select(vec![
        0, 1, 6, 17, 0x20, 0x40, 0x44, 0x45, 0x46, 0x60, 0x65, 0x80, 0xff,
    ]);
    let in_header = prop_oneof![2 => Just(vec![]), 1 => vec((0_usize..10, telling), 1..3)];
    let anywhere = prop_oneof![2 => Just(vec![]), 1 => vec((any::<Index>(), any::<u8>()), 1..3)];
    (packet(), tags, in_header, anywhere).prop_map(|(packet, tags, in_header, anywhere)| {
        let kind = if packet[0] >> 4 == 4 {
            0x0800_u16
        } else {
            0x86dd
        };
        let mut frame = vec![2; 12];
        for (tag, id) in tags {
            frame.extend(tag.to_be_bytes());
            frame.extend(id.to_be_bytes());
        }
        frame.extend(kind.to_be_bytes());
        let header = frame.len();
        frame.extend(packet);
        for (at, byte) in in_header {
            frame[header + at] = byte;
        }
        for (at, byte) in anywhere {
            let at = at.index(frame.len());
            frame[at] = byte;
        }
        frame
    })
}

fn agree(bytes: &[u8], wire_len: usize) {
    let frame = cut_frame(ETHERNET, bytes, wire_len);
    let (mut fast, mut slow) = (Headers::new(), Headers::new());
    // What an earlier frame left behind must not show.
    let _ = decode(
        &self::frame(ETHERNET, &eth(0x8100, &[0, 7, 8, 0])),
        &mut fast,
    );
    assert_eq!(decode(&frame, &mut fast), general(&frame, &mut slow));
    assert!(
        same(&fast, &slow),
        "{} and {}",
        describe(&fast),
        describe(&slow)
    );
}

fn never_other(link: u32, bytes: &[u8], captured: usize) {
    let (mut whole, mut part) = (Headers::new(), Headers::new());
    let _ = decode(&cut_frame(link, bytes, bytes.len()), &mut whole);
    let _ = decode(&cut_frame(link, &bytes[..captured], bytes.len()), &mut part);
    assert!(part.layers().len() <= whole.layers().len());
    for (part, whole) in part.layers().iter().zip(whole.layers()) {
        assert!(part.pair == whole.pair);
        assert_eq!(part.ip_len, whole.ip_len);
    }
    for side in part.side_pairs() {
        assert!(whole.side_pairs().contains(side));
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 16_384,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_bytes_end(link in select(LINKS.to_vec()), bytes in vec(any::<u8>(), 0..200), wire in any::<u32>()) {
        let _ = decode(&cut_frame(link, &bytes, wire as usize), &mut Headers::new());
    }

    #[test]
    fn the_fast_path_is_the_general_one(bytes in ethernet(), cut in any::<Index>(), is_cut in any::<bool>()) {
        let captured = if is_cut { cut.index(bytes.len() + 1) } else { bytes.len() };
        agree(&bytes[..captured], bytes.len());
    }

    #[test]
    fn a_shorter_capture_never_shows_other_addresses(bytes in ethernet(), cut in any::<Index>()) {
        never_other(ETHERNET, &bytes, cut.index(bytes.len() + 1));
    }

    #[test]
    fn nor_does_it_behind_any_link(
        link in select(LINKS.to_vec()),
        header in vec(select(vec![0_u8, 1, 2, 3, 4, 6, 8, 0x21, 0x45, 0x60, 0x81, 0xaa, 0xff]), 0..40),
        packet in packet(),
        cut in any::<Index>(),
    ) {
        let bytes = join(&[&header, &packet]);
        never_other(link, &bytes, cut.index(bytes.len() + 1));
    }

    #[test]
    fn the_usual_tuple_is_etherparses(
        (src, dst) in ports(),
        v6 in any::<bool>(),
        is_tcp in any::<bool>(),
        tag in any::<Option<u16>>(),
        data in vec(any::<u8>(), 0..100),
        captured in 60_usize..200,
    ) {
        let mut segment = if is_tcp { join(&[&tcp(), &data]) } else { udp(src, dst, &data) };
        segment[..4].copy_from_slice(&[src.to_be_bytes(), dst.to_be_bytes()].concat());
        let protocol = if is_tcp { 6 } else { 17 };
        let packet = if v6 { ip6(1, 2, protocol, &segment) } else { ip4(1, 2, protocol, &segment) };
        let kind: u16 = if v6 { 0x86dd } else { 0x0800 };
        let bytes = match tag {
            Some(id) => eth(0x8100, &join(&[&id.to_be_bytes(), &kind.to_be_bytes(), &packet])),
            None => eth(kind, &packet),
        };
        let bytes = &bytes[..captured.min(bytes.len())];
        let mut headers = Headers::new();
        decode(&frame(ETHERNET, bytes), &mut headers).unwrap();
        let theirs = LaxSlicedPacket::from_ethernet(bytes).unwrap();
        let (addresses, protocol) = match theirs.net.unwrap() {
            LaxNetSlice::Ipv4(ip) => {
                let header = ip.header();
                let number = |address: [u8; 4]| u128::from(u32::from_be_bytes(address));
                ((number(header.source()), number(header.destination())), header.protocol())
            }
            LaxNetSlice::Ipv6(ip) => {
                let header = ip.header();
                let number = u128::from_be_bytes;
                ((number(header.source()), number(header.destination())), header.next_header())
            }
            LaxNetSlice::Arp(_) => unreachable!(),
        };
        let outer = &headers.layers()[0];
        prop_assert_eq!((outer.pair.src, outer.pair.dst), addresses);
        prop_assert_eq!(outer.protocol, protocol.0);
        let their_ports = match theirs.transport {
            Some(TransportSlice::Tcp(tcp)) => (tcp.source_port(), tcp.destination_port()),
            Some(TransportSlice::Udp(udp)) => (udp.source_port(), udp.destination_port()),
            _ => return Ok(()),
        };
        if headers.layers().len() == 1 {
            let ours = headers.transport();
            prop_assert_eq!((ours.src_port, ours.dst_port), their_ports);
        }
        let ids: Vec<u16> = tag.iter().map(|id| id & 0xfff).collect();
        prop_assert_eq!(headers.path().vlans(), &ids[..]);
    }
}
