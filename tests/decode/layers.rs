//! Link layers, IP, and transport.

use super::packets::{
    ETHERNET, RAW, address6, cut_frame, decoded, decoded_frame, eth, inner, ip4, ip4_options, ip6,
    join, tcp, udp,
};

const INNER: &str = "8.0.0.3>9.0.0.4:6, 1000-80, Transport";

#[test]
fn link_layers_lead_to_ip() {
    let radiotap = [&[0, 0, 9, 0, 2, 0, 0, 0, 0x20][..], &[8, 0], &[0; 22]].concat();
    let quality_radiotap = [&[0, 0, 9, 0, 2, 0, 0, 0, 0x20][..], &[0x88, 0], &[0; 24]].concat();
    let snap: &[u8] = &[0xaa, 0xaa, 3, 0, 0, 0, 8, 0];
    for (name, link, header) in [
        ("ethernet", 1, eth(0x0800, &[])),
        ("802.3 with SNAP", 1, eth(48, snap)),
        ("null, little-endian", 0, vec![2, 0, 0, 0]),
        ("null, big-endian", 0, vec![0, 0, 0, 2]),
        ("loop", 108, vec![0, 0, 0, 2]),
        ("raw", 101, vec![]),
        ("raw of OpenBSD", 14, vec![]),
        ("ipv4", 228, vec![]),
        ("sll", 113, join(&[&[0; 14], &[8, 0]])),
        (
            "sll of a GRE device",
            113,
            join(&[&[0, 0, 3, 10], &[0; 10], &[8, 0]]),
        ),
        ("sll2", 276, join(&[&[8, 0], &[0; 18]])),
        ("ppp", 9, vec![0, 0x21]),
        ("ppp with address", 9, vec![0xff, 3, 0, 0x21]),
        ("ppp, compressed", 9, vec![0x21]),
        ("serial", 50, vec![0xff, 3, 0, 0x21]),
        ("serial with Cisco HDLC", 50, vec![0x0f, 0, 8, 0]),
        ("hdlc", 104, vec![0x8f, 0, 8, 0]),
        ("ppp with direction", 204, vec![1, 0xff, 3, 0, 0x21]),
        ("802.11", 105, join(&[&[8, 0], &[0; 22], snap])),
        ("radiotap", 127, join(&[&radiotap, snap])),
        (
            "radiotap with padding",
            127,
            join(&[&quality_radiotap, &[0, 0], snap]),
        ),
        (
            "ppi",
            192,
            join(&[&[0, 0, 8, 0, 105, 0, 0, 0, 8, 0], &[0; 22], snap]),
        ),
        (
            "prism",
            119,
            join(&[&[0, 0, 0, 0x44, 8, 0, 0, 0, 8, 0], &[0; 22], snap]),
        ),
        ("frame relay", 107, vec![0x18, 0x41, 3, 0xcc]),
        ("frame relay of Cisco", 107, vec![0x18, 0x41, 8, 0]),
        (
            "frame relay with SNAP",
            107,
            vec![0x18, 0x41, 3, 0, 0x80, 0, 0, 0, 8, 0],
        ),
        ("fddi", 10, join(&[&[0x50], &[0; 12], snap])),
        ("token ring", 6, join(&[&[0, 0x40], &[0; 12], snap])),
        (
            "nflog",
            239,
            join(&[&[2, 0, 0, 0], &[8, 0, 1, 0, 0, 0, 0, 0], &[44, 0, 9, 0]]),
        ),
        ("enc", 109, vec![0; 12]),
        ("pflog", 117, join(&[&[61], &[0; 63]])),
        ("firewire", 138, join(&[&[0; 16], &[8, 0]])),
        ("atm", 11, snap.to_vec()),
        ("sunatm", 123, join(&[&[2, 0, 0, 0], snap])),
        ("slip", 8, vec![0; 16]),
        ("fibre channel", 122, join(&[&[0; 16], snap])),
        ("netanalyzer", 240, join(&[&[0; 4], &eth(0x0800, &[])])),
    ] {
        assert_eq!(decoded(link, &join(&[&header, &inner()])), INNER, "{name}");
    }
    assert_eq!(decoded(7, &inner()), "undecodable UnsupportedLink");
    assert_eq!(
        decoded(51, &join(&[&[0x11, 0, 0, 1, 0, 42, 0, 0x21], &inner()])),
        "8.0.0.3>9.0.0.4:6, 1000-80, pppoe, Transport"
    );
}

#[test]
fn tags_are_stepped_over_and_named() {
    let tagged = |types: &[u16]| {
        let mut bytes = Vec::new();
        for (index, ether_type) in types.iter().enumerate() {
            bytes.extend([0xf0, index as u8 + 1]);
            bytes.extend(ether_type.to_be_bytes());
        }
        join(&[&bytes, &inner()])
    };
    for (outer, types, vlans) in [
        (0x8100, &[0x0800][..], "vlan 1"),
        (0x88a8, &[0x8100, 0x0800], "vlan 1, vlan 2"),
        (0x9100, &[0x9200, 0x9300, 0x0800], "vlan 1, vlan 2, vlan 3"),
    ] {
        assert_eq!(
            decoded(ETHERNET, &eth(outer, &tagged(types))),
            format!("8.0.0.3>9.0.0.4:6, 1000-80, {vlans}, Transport")
        );
    }
    for (ether_type, header) in [
        (0x8926_u16, vec![0, 0, 0, 0, 8, 0]),
        (0x893f, vec![0, 0, 0, 0, 0, 0, 8, 0]),
        (0x8909, vec![1, 1, 0, 0, 0, 0, 8, 0]),
    ] {
        assert_eq!(
            decoded(ETHERNET, &eth(ether_type, &join(&[&header, &inner()]))),
            INNER
        );
    }
}

#[test]
fn what_is_not_ip_has_a_name() {
    for (ether_type, payload, stop) in [
        (0x0806, &[0; 28][..], "NotIp(Arp)"),
        (0x88cc, &[0; 28], "NotIp(Lldp)"),
        (0x8863, &[0; 28], "NotIp(PppoeControl)"),
        (0x1234, &[0; 28], "NotIp(EtherType)"),
        (28, &[0x42, 0x42, 3, 0], "NotIp(Other)"),
        (28, &[0x40, 0x42, 3, 0], "NotIp(Llc)"),
        (28, &[0xff, 0xff, 3, 0], "NotIp(Other)"),
        (
            0x8864,
            &[0x11, 0, 0, 1, 0, 4, 0xc0, 0x21, 1, 2],
            "NotIp(PppControl)",
        ),
        (0x0800, &[0x45; 19], "Malformed(Ipv4)"),
        (0x0800, &[0x65; 40], "Malformed(Ipv4)"),
        (0x86dd, &[0x45; 40], "Malformed(Ipv6)"),
        (0x8100, &[0; 3], "Malformed(Vlan)"),
    ] {
        assert_eq!(
            decoded(ETHERNET, &eth(ether_type, payload)),
            format!("undecodable {stop}")
        );
    }
    let cut = eth(0x0800, &inner()[..19]);
    assert_eq!(
        decoded_frame(&cut_frame(ETHERNET, &cut, 54)),
        "undecodable Truncated(Ipv4)"
    );
}

#[test]
fn lengths_clip_what_is_read() {
    // The IPv4 total length ends before the ports: what follows is padding, not a TCP header.
    let mut short = inner();
    short[3] = 22;
    assert_eq!(decoded(RAW, &short), "8.0.0.3>9.0.0.4:6, Transport");
    // Total length 0: segmentation offload, the frame decides.
    let mut offloaded = inner();
    offloaded[3] = 0;
    assert_eq!(decoded(RAW, &offloaded), INNER);
    // A total length below the header's contradicts itself.
    let mut lying = inner();
    lying[3] = 19;
    assert_eq!(decoded(RAW, &lying), "undecodable Malformed(Ipv4)");
    // An inner packet that lies outside the outer's length does not exist.
    let mut tunnel = ip4(1, 2, 4, &inner());
    tunnel[3] = 30;
    assert_eq!(decoded(RAW, &tunnel), "8.0.0.1>9.0.0.2:4, Malformed(Ipv4)");
    // One that lies outside the UDP length does: some tunnel ends go by the IP length alone.
    let mut vxlan = udp(
        1,
        4789,
        &join(&[&[8, 0, 0, 0, 0, 0, 0, 0], &eth(0x0800, &inner())]),
    );
    vxlan[5] = 40;
    assert_eq!(
        decoded(RAW, &ip4(1, 2, 17, &vxlan)),
        "8.0.0.1>9.0.0.2:17, 8.0.0.3>9.0.0.4:6, 1000-80, vxlan, Transport"
    );
}

#[test]
fn source_routes_are_judged() {
    let route = [0x83, 11, 4, 7, 0, 0, 1, 7, 0, 0, 2, 0];
    assert_eq!(
        decoded(RAW, &ip4_options(1, 2, 6, &route, &tcp())),
        "8.0.0.1>9.0.0.2:6, routed 8.0.0.1>7.0.0.1, routed 8.0.0.1>7.0.0.2, 1000-80, Transport"
    );
    // Used up; longer than the options, which some routers take for as long as these; broken.
    let routed = "routed 8.0.0.1>7.0.0.1, routed 8.0.0.1>7.0.0.2, ";
    for (route, judged) in [
        ([0x83, 11, 12, 7, 0, 0, 1, 7, 0, 0, 2, 0], ""),
        ([0x83, 99, 4, 7, 0, 0, 1, 7, 0, 0, 2, 0], routed),
        ([0x83, 0, 4, 7, 0, 0, 1, 7, 0, 0, 2, 0], ""),
    ] {
        assert_eq!(
            decoded(RAW, &ip4_options(1, 2, 6, &route, &tcp())),
            format!("8.0.0.1>9.0.0.2:6, {judged}1000-80, Transport")
        );
    }
}

#[test]
fn extension_headers_are_stepped_over() {
    let padding = [1, 4, 0, 0, 0, 0];
    let header = |next: u8| join(&[&[next, 0], &padding]);
    let chain = join(&[
        &header(60),
        &header(44),
        &[51, 0, 0, 0, 0, 0, 0, 9],
        &[6, 1],
        &[0; 10],
        &tcp(),
    ]);
    assert_eq!(
        decoded(RAW, &ip6(1, 2, 0, &chain)),
        "2a00::1>2b00::2:6 first(9), 1000-80, ah, Transport"
    );
    let eight = join(&[&header(60).repeat(7), &header(6), &tcp()]);
    assert_eq!(
        decoded(RAW, &ip6(1, 2, 60, &eight)),
        "2a00::1>2b00::2:6, 1000-80, Transport"
    );
    let nine = join(&[&header(60).repeat(8), &header(6), &tcp()]);
    assert_eq!(
        decoded(RAW, &ip6(1, 2, 60, &nine)),
        "2a00::1>2b00::2:60, TooManyExtensions"
    );
    assert_eq!(
        decoded(RAW, &ip6(1, 2, 60, &header(60).repeat(1000))),
        "2a00::1>2b00::2:60, TooManyExtensions"
    );
    // Behind a mobility header nothing may follow.
    assert_eq!(
        decoded(RAW, &ip6(1, 2, 135, &header(59))),
        "2a00::1>2b00::2:135, Transport"
    );
    // A jumbogram has its length in an option.
    let mut jumbo = ip6(1, 2, 0, &join(&[&[6, 0, 0xc2, 4, 0, 0, 0, 28], &tcp()]));
    (jumbo[4], jumbo[5]) = (0, 0);
    assert_eq!(
        decoded(RAW, &jumbo),
        "2a00::1>2b00::2:6, 1000-80, Transport"
    );
}

#[test]
fn routed_addresses_and_home_addresses_are_judged() {
    let (a, b) = (address6(0x2c, 1), address6(0x2c, 2));
    let routed = "routed 2a00::1>2c00::1, routed 2a00::1>2c00::2, 1000-80, Transport";
    for (name, header) in [
        ("type 0", [6, 4, 0, 2, 0, 0, 0, 0]),
        ("segment list", [6, 4, 4, 1, 1, 0, 0, 0]),
        ("type 3, nothing elided", [6, 4, 3, 2, 0, 0, 0, 0]),
    ] {
        let packet = ip6(1, 2, 43, &join(&[&header, &a, &b, &tcp()]));
        assert_eq!(
            decoded(RAW, &packet),
            format!("2a00::1>2b00::2:6, {routed}"),
            "{name}"
        );
    }
    // RFC 6554: fifteen bytes shared with the destination, two bytes listed, six of padding.
    let compressed = [6, 1, 3, 2, 0xff, 0x60, 0, 0, 7, 8, 0, 0, 0, 0, 0, 0];
    assert_eq!(
        decoded(RAW, &ip6(1, 2, 43, &join(&[&compressed, &tcp()]))),
        "2a00::1>2b00::2:6, routed 2a00::1>2b00::7, routed 2a00::1>2b00::8, 1000-80, Transport"
    );
    let mobile = join(&[&[6, 2, 43, 1, 0, 0, 0, 0], &[0; 16], &tcp()]);
    let mut mobile = ip6(1, 2, 43, &mobile);
    mobile[42] = 2;
    mobile[48..64].copy_from_slice(&a);
    assert_eq!(
        decoded(RAW, &mobile),
        "2a00::1>2b00::2:6, routed 2a00::1>2c00::1, 1000-80, Transport"
    );
    let home = join(&[&[6, 2, 1, 2, 0, 0, 0xc9, 16], &a, &tcp()]);
    assert_eq!(
        decoded(RAW, &ip6(1, 2, 60, &home)),
        "2a00::1>2b00::2:6, routed 2c00::1>2b00::2, 1000-80, Transport"
    );
    let long = join(&[&[6, 34, 4, 1, 16, 0, 0, 0], &[0x2c; 17 * 16], &tcp()]);
    assert!(decoded(RAW, &ip6(1, 2, 43, &long)).ends_with("TooManyExtensions"));
}

#[test]
fn fragments_are_told_apart() {
    let mut packet = inner();
    packet[6] = 0x20;
    assert_eq!(
        decoded(RAW, &packet),
        "8.0.0.3>9.0.0.4:6 first(1234), 1000-80, Transport"
    );
    packet[7] = 1;
    assert_eq!(
        decoded(RAW, &packet),
        "8.0.0.3>9.0.0.4:6 later(1234), LaterFragment"
    );
    let later = join(&[&[17, 0, 0, 8, 0, 0, 0, 5], &udp(1, 4789, &[])]);
    assert_eq!(
        decoded(RAW, &ip6(1, 2, 44, &later)),
        "2a00::1>2b00::2:17 later(5), LaterFragment"
    );
}

#[test]
fn transports_give_ports_and_types() {
    for (protocol, payload, rest) in [
        (17, &udp(5, 6, &[])[..], "5-6, Transport"),
        (132, &[0, 5, 0, 6], "5-6, Transport"),
        (33, &[0, 5, 0, 6], "5-6, Transport"),
        (136, &[0, 5, 0, 6], "5-6, Transport"),
        (17, &[0, 5, 0], "Transport"),
        (6, &[0, 5, 0, 6], "5-6, Transport"),
        (1, &[8, 0, 0, 0], "icmp 8.0, Transport"),
        (50, &[0; 20], "Opaque"),
        (89, &[0; 20], "Transport"),
        (108, &[0; 20], "NotDecoded(Ipcomp)"),
        (115, &[0; 20], "NotIp(TunnelControl)"),
        (115, &[1; 20], "NotDecoded(L2tpv3)"),
        (17, &udp(443, 9, &[0x40, 1, 2]), "443-9, Opaque"),
        (17, &udp(443, 9, &[0, 1, 2]), "443-9, Transport"),
        (17, &udp(4500, 9, &[1; 8]), "4500-9, Opaque"),
        (17, &udp(4500, 9, &[0; 8]), "4500-9, Transport"),
        (17, &udp(9, 51820, &[1, 0, 0, 0]), "9-51820, Opaque"),
    ] {
        assert_eq!(
            decoded(RAW, &ip4(1, 2, protocol, payload)),
            format!("8.0.0.1>9.0.0.2:{protocol}, {rest}")
        );
    }
}

#[test]
fn quoted_packets_are_judged_by_their_pair() {
    let quote = join(&[&[3, 1, 0, 0, 0, 0, 0, 0], &inner()]);
    assert_eq!(
        decoded(RAW, &ip4(1, 2, 1, &quote)),
        "8.0.0.1>9.0.0.2:1, quoted 8.0.0.3>9.0.0.4, icmp 3.1, Transport"
    );
    let quote = join(&[&[2, 0, 0, 0, 0, 0, 5, 0], &ip6(5, 6, 17, &[])]);
    assert_eq!(
        decoded(RAW, &ip6(1, 2, 58, &quote)),
        "2a00::1>2b00::2:58, quoted 2a00::5>2b00::6, icmp 2.0, Transport"
    );
    // An answer to a ping quotes nothing, whatever its data look like.
    let echo = join(&[&[0, 0, 0, 0, 0, 0, 0, 0], &inner()]);
    assert_eq!(
        decoded(RAW, &ip4(1, 2, 1, &echo)),
        "8.0.0.1>9.0.0.2:1, icmp 0.0, Transport"
    );
}
