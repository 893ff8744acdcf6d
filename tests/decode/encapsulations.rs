//! Tunnels: each one's layers, name, and how it ends when it is cut or carries something else.

use super::packets::{
    ETHERNET, RAW, cut_frame, decoded, decoded_frame, eth, inner, ip4, ip6, join, tcp, udp,
};
use sekisho::decode::MAX_IP_LAYERS;

fn framed() -> Vec<u8> {
    eth(0x0800, &inner())
}

#[test]
fn protocols_over_ip_lead_to_the_inner_packet() {
    let gre = |header: &[u8], payload: &[u8]| join(&[header, payload]);
    for (name, protocol, payload) in [
        ("ipip", 4, inner()),
        ("gre", 47, gre(&[0, 0, 8, 0], &inner())),
        (
            "gre",
            47,
            gre(
                &[0xb0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2],
                &inner(),
            ),
        ),
        (
            "gre",
            47,
            gre(&[0x20, 0, 0x65, 0x58, 0, 0, 0, 1], &framed()),
        ),
        ("erspan", 47, gre(&[0, 0, 0x88, 0xbe], &framed())),
        (
            "erspan",
            47,
            gre(
                &[0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0],
                &framed(),
            ),
        ),
        (
            "erspan",
            47,
            join(&[&[0x10, 0, 0x22, 0xeb, 0, 0, 0, 1], &[0; 12], &framed()]),
        ),
        ("wccp", 47, gre(&[0, 0, 0x88, 0x3e, 0, 0, 0, 0], &inner())),
        (
            "pptp",
            47,
            gre(
                &[
                    0x30, 1, 0x88, 0x0b, 0, 0, 0, 1, 0, 0, 0, 1, 0xff, 3, 0, 0x21,
                ],
                &inner(),
            ),
        ),
        (
            "gre, mpls",
            47,
            gre(&[0, 0, 0x88, 0x47, 0, 1, 1, 64], &inner()),
        ),
        ("etherip", 97, join(&[&[0x30, 0], &framed()])),
        ("mpls", 137, join(&[&[0, 1, 0, 64, 0, 1, 1, 64], &inner()])),
        ("mpls", 137, join(&[&[0, 1, 1, 64, 0, 0, 0, 0], &framed()])),
        (
            "pim-register",
            103,
            join(&[&[0x21, 0, 0, 0, 0, 0, 0, 0], &inner()]),
        ),
    ] {
        assert_eq!(
            decoded(RAW, &ip4(1, 2, protocol, &payload)),
            format!("8.0.0.1>9.0.0.2:{protocol}, 8.0.0.3>9.0.0.4:6, 1000-80, {name}, Transport")
        );
    }
    assert_eq!(
        decoded(RAW, &ip4(1, 2, 51, &join(&[&[6, 1], &[0; 10], &tcp()]))),
        "8.0.0.1>9.0.0.2:6, 1000-80, ah, Transport"
    );
}

#[test]
fn ip_in_ip_is_named_by_its_versions() {
    for (outer, name) in [
        (ip4(1, 2, 41, &ip6(3, 4, 6, &tcp())), "6in4"),
        (ip6(1, 2, 4, &inner()), "4in6"),
        (ip6(1, 2, 41, &ip6(3, 4, 6, &tcp())), "6in6"),
    ] {
        let line = decoded(RAW, &outer);
        assert!(
            line.ends_with(&format!("1000-80, {name}, Transport")),
            "{line}"
        );
    }
}

#[test]
fn tunnels_over_udp_lead_to_the_inner_packet() {
    let geneve = |options: &[u8]| {
        join(&[
            &[(options.len() / 4) as u8, 0, 0x65, 0x58, 0, 0, 1, 0],
            options,
            &framed(),
        ])
    };
    let gtp = [0x30, 255, 0, 40, 0, 0, 0, 1];
    let gtp_extended = [0x34, 255, 0, 40, 0, 0, 0, 1, 0, 0, 0, 0x85, 1, 0x10, 0, 0];
    let teredo_inner = ip6(3, 4, 6, &tcp());
    for (name, port, payload) in [
        ("vxlan", 4789, join(&[&[8, 0, 0, 0, 0, 0, 1, 0], &framed()])),
        ("vxlan", 8472, join(&[&[8, 0, 0, 0, 0, 0, 1, 0], &framed()])),
        (
            "vxlan-gpe",
            4790,
            join(&[&[0x0c, 0, 0, 1, 0, 0, 1, 0], &inner()]),
        ),
        (
            "vxlan-gpe",
            4790,
            join(&[&[0x08, 0, 0, 0, 0, 0, 1, 0], &framed()]),
        ),
        (
            "vxlan-gpe, nsh",
            4790,
            join(&[
                &[0x0c, 0, 0, 4, 0, 0, 1, 0, 0, 2, 2, 1, 0, 0, 0, 0],
                &inner(),
            ]),
        ),
        ("geneve", 6081, geneve(&[])),
        ("geneve", 6081, geneve(&[0, 0, 0, 0, 1, 1, 1, 1])),
        ("gtpu", 2152, join(&[&gtp, &inner()])),
        ("gtpu", 2152, join(&[&gtp_extended, &inner()])),
        (
            "l2tp",
            1701,
            join(&[&[0, 2, 0, 1, 0, 1, 0xff, 3, 0, 0x21], &inner()]),
        ),
        (
            "l2tp",
            1701,
            join(&[
                &[0x4a, 2, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0x21],
                &inner(),
            ]),
        ),
        ("mpls", 6635, join(&[&[0, 1, 1, 64], &inner()])),
        ("gre", 4754, join(&[&[0, 0, 8, 0], &inner()])),
        ("lisp", 4341, join(&[&[0; 8], &inner()])),
        (
            "ayiya",
            5072,
            join(&[&[0x42, 0x51, 0x11, 4], &[0; 40], &inner()]),
        ),
    ] {
        let line = decoded(RAW, &ip4(1, 2, 17, &udp(9, port, &payload)));
        assert_eq!(
            line,
            format!("8.0.0.1>9.0.0.2:17, 8.0.0.3>9.0.0.4:6, 1000-80, {name}, Transport")
        );
    }
    let authenticated = join(&[
        &[0, 1, 0, 0],
        &[0; 9],
        &[0, 0, 1, 2, 3, 4, 5, 6],
        &teredo_inner,
    ]);
    for payload in [&teredo_inner, &authenticated] {
        assert_eq!(
            decoded(RAW, &ip4(1, 2, 17, &udp(3544, 9, payload))),
            "8.0.0.1>9.0.0.2:17, 2a00::3>2b00::4:6, 1000-80, teredo, Transport"
        );
    }
}

#[test]
fn teredo_between_peers_is_known_by_its_content() {
    let mut packet = ip6(3, 4, 6, &tcp());
    packet[8..12].copy_from_slice(&[0x20, 1, 0, 0]);
    assert_eq!(
        decoded(RAW, &ip4(1, 2, 17, &udp(40000, 50000, &packet))),
        "8.0.0.1>9.0.0.2:17, 2001::3>2b00::4:6, 1000-80, teredo, Transport"
    );
    // Trailers may follow (RFC 6081 §2.3).
    packet.push(0);
    assert_eq!(
        decoded(RAW, &ip4(1, 2, 17, &udp(40000, 50000, &packet))),
        "8.0.0.1>9.0.0.2:17, 2001::3>2b00::4:6, 1000-80, teredo, Transport"
    );
    // One byte less in the datagram, and it is only something that looks alike.
    packet.truncate(packet.len() - 2);
    assert_eq!(
        decoded(RAW, &ip4(1, 2, 17, &udp(40000, 50000, &packet))),
        "8.0.0.1>9.0.0.2:17, 40000-50000, Transport"
    );
}

#[test]
fn what_carries_ip_in_an_unknown_form_is_not_decoded() {
    for (payload, stop) in [
        (ip4(1, 2, 47, &[0, 2, 8, 0, 0, 0, 0, 0]), "NotDecoded(Gre)"),
        (
            ip4(1, 2, 47, &[0, 0, 0x82, 0, 0, 0, 0, 0]),
            "NotDecoded(Gre)",
        ),
        (ip4(1, 2, 47, &[0, 0, 0, 0]), "NotIp(TunnelControl)"),
        (ip4(1, 2, 47, &[0, 0, 8, 6, 0, 0, 0, 0]), "NotIp(Arp)"),
        (ip4(1, 2, 47, &[0, 0, 8]), "Malformed(Gre)"),
    ] {
        assert_eq!(
            decoded(RAW, &payload),
            format!("8.0.0.1>9.0.0.2:47, {stop}")
        );
    }
    for (port, payload, stop) in [
        (
            6081,
            &[0, 0, 0x12, 0x34, 0, 0, 0, 0][..],
            "NotDecoded(Geneve)",
        ),
        (
            6081,
            &[0, 0x80, 0x12, 0x34, 0, 0, 0, 0],
            "NotIp(TunnelControl)",
        ),
        (2152, &[0x30, 1, 0, 0, 0, 0, 0, 0], "NotIp(TunnelControl)"),
        (
            2152,
            &[0x30, 255, 0, 0, 0, 0, 0, 0, 0x02],
            "NotDecoded(Other)",
        ),
        (1701, &[0, 3, 0, 0, 0, 1, 1, 1], "NotDecoded(L2tpv3)"),
        (1701, &[0xc8, 2, 0, 12, 0, 0, 0, 0], "NotIp(TunnelControl)"),
        (
            1701,
            &[0, 2, 0, 1, 0, 1, 0xff, 3, 0, 0x2d, 1],
            "NotDecoded(Other)",
        ),
        (
            1701,
            &[0, 2, 0, 1, 0, 1, 0xff, 3, 0xc0, 0x21, 1],
            "NotIp(PppControl)",
        ),
        (4790, &[0x0c, 0, 0, 9, 0, 0, 0, 0], "NotDecoded(Other)"),
        (4789, &[0; 8], "Transport"),
        (5247, &[0; 16], "NotDecoded(Other)"),
    ] {
        assert_eq!(
            decoded(RAW, &ip4(1, 2, 17, &udp(9, port, payload))),
            format!("8.0.0.1>9.0.0.2:17, 9-{port}, {stop}")
        );
    }
}

#[test]
fn a_tunnel_to_something_else_is_not_on_the_path() {
    let arp = join(&[
        &[8, 0, 0, 0, 0, 0, 1, 0],
        &eth(0x8100, &[0, 9, 8, 6]),
        &[0; 28],
    ]);
    assert_eq!(
        decoded(RAW, &ip4(1, 2, 17, &udp(9, 4789, &arp))),
        "8.0.0.1>9.0.0.2:17, 9-4789, NotIp(Arp)"
    );
}

#[test]
fn a_tunnel_cut_before_the_addresses_is_truncated() {
    let payload = join(&[&[8, 0, 0, 0, 0, 0, 1, 0], &framed()]);
    let bytes = eth(0x0800, &ip4(1, 2, 17, &udp(9, 4789, &payload)));
    let whole = bytes.len();
    for (captured, stop) in [
        (60, "Truncated(Link)"),
        (64, "Truncated(Ipv4)"),
        // The tunnel's own header is missing: it may have been there.
        (48, "Truncated(Vxlan)"),
        (40, "Truncated(Other)"),
    ] {
        let line = decoded_frame(&cut_frame(ETHERNET, &bytes[..captured], whole));
        assert_eq!(line, format!("8.0.0.1>9.0.0.2:17, 9-4789, {stop}"));
    }
}

#[test]
fn layers_and_steps_are_bounded() {
    let mut packet = inner();
    for _ in 0..19 {
        packet = ip4(1, 2, 4, &packet);
        let line = decoded(RAW, &packet);
        let layers = line.matches('>').count();
        assert!(layers <= MAX_IP_LAYERS);
        assert_eq!(
            layers == MAX_IP_LAYERS && line.matches(":6").count() == 0,
            line.ends_with("TooManyLayers")
        );
    }
    let tags = [0, 1, 0x81, 0].repeat(1000);
    assert_eq!(
        decoded(ETHERNET, &eth(0x8100, &tags)),
        "undecodable TooManyLayers"
    );
    let labels = [0, 1, 0, 64].repeat(1000);
    assert_eq!(
        decoded(ETHERNET, &eth(0x8847, &labels)),
        "undecodable TooManyLayers"
    );
    let customer = eth(0x88e7, &[0; 4]).repeat(100);
    assert!(decoded(ETHERNET, &customer).starts_with("undecodable"));
}
