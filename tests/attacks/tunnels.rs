//! One more IP layer around a packet, through one of the ways in which IP carries IP.

use crate::leaf::{plain_port, udp};
use crate::links;
use crate::made::{Made, be16, ip};
use crate::world::{self, Pair, Place};
use sekisho::demo::rng::Rng;

const UNREAD: &str = "a carrier that is not decoded";

/// Puts a tunnel and an outer IP header around an IP packet.
pub(crate) fn wrap(inner: Made, rng: &mut Rng) -> Made {
    let is_v6 = rng.percent(30);
    let pair = world::pair(is_v6, rng);
    let (protocol, payload) = match rng.below(10) {
        0 | 1 => {
            let protocol = if inner.is_v6 { 41 } else { 4 };
            (protocol, inner.through("ip"))
        }
        2 | 3 if rng.below(12) == 0 => (47, routed_gre(inner, pair, rng)),
        2 | 3 => (47, gre(inner, rng)),
        4 => over_ip(inner, rng),
        _ => (17, over_udp(inner, rng)),
    };
    ip(pair, protocol, payload, rng)
}

fn ether_type(is_v6: bool) -> [u8; 2] {
    if is_v6 { [0x86, 0xdd] } else { [8, 0] }
}

fn before(mut made: Made, header: &[u8], what: &'static str) -> Made {
    made.prepend(header);
    made.through(what)
}

/// GRE in all its forms.
fn gre(inner: Made, rng: &mut Rng) -> Made {
    let is_v6 = inner.is_v6;
    let (number, made) = match rng.below(12) {
        0..3 => (ether_type(is_v6), inner.through("gre")),
        3 => (
            [0x65, 0x58],
            links::ethernet(inner, 2, rng).through("gre bridge"),
        ),
        4 => ([0x88, 0x47], links::mpls(inner, 2, rng).through("gre mpls")),
        5 => ([0x88, 0x0b], links::ppp(inner, rng).through("gre ppp")),
        6 => ([0x89, 0x4f], links::nsh(inner, rng).through("gre nsh")),
        7 => {
            let mut made = links::ethernet(inner, 2, rng);
            let mut header = rng.bytes(12);
            header[0] = 0x20 | header[0] & 0x0f;
            header[10] = 0;
            header[11] = rng.below(2) as u8;
            if header[11] == 1 {
                header.extend(rng.bytes(8));
            }
            made.prepend(&header);
            // Some write the number of the second version before it.
            let number = *rng.pick(&[[0x22, 0xeb], [0x22, 0xeb], [0x88, 0xbe]]);
            return gre_header(number, 0x10, made.through("erspan 3"), rng);
        }
        8 => return pptp(inner, rng),
        9 => return ethernet_over_ip(inner, rng),
        10 if !is_v6 => {
            let version_2 = rng.percent(70);
            // Bits without a meaning may have any value, a 4 among them.
            let redirect = [rng.next() as u8, 0, rng.next() as u8, rng.next() as u8];
            let made = if version_2 {
                before(inner, &redirect, "wccp 2")
            } else {
                inner.through("wccp 1")
            };
            ([0x88, 0x3e], made)
        }
        _ => return erspan(inner, rng),
    };
    gre_header(number, rng.next() as u8 & 0xb0, made, rng)
}

fn gre_header(number: [u8; 2], flags: u8, mut made: Made, rng: &mut Rng) -> Made {
    let mut header = vec![flags, 0];
    header.extend(number);
    let fields =
        (flags & 0x80 != 0) as usize + (flags & 0x20 != 0) as usize + (flags & 0x10 != 0) as usize;
    header.extend(rng.bytes(fields * 4));
    made.prepend(&header);
    made
}

fn erspan(inner: Made, rng: &mut Rng) -> Made {
    let made = links::ethernet(inner, 2, rng);
    let mut header = rng.bytes(8);
    header[0] = 0x10 | header[0] & 0x0f;
    let number = [0x88, 0xbe];
    match rng.below(8) {
        0..3 => gre_header(number, 0x10, before(made, &header, "erspan 2"), rng),
        3 => gre_header(number, 0x30, before(made, &header, "erspan 2"), rng),
        4..6 => gre_header(number, 0, made.through("erspan 1"), rng),
        // A key, and no sequence number: of either kind.
        6 => gre_header(number, 0x20, before(made, &header, "erspan 2 by key"), rng),
        _ => gre_header(number, 0x20, made.through("erspan 1 by key"), rng),
    }
}

/// GRE with a list of routers that the packet has to go by (RFC 1701).
fn routed_gre(inner: Made, outer: Pair, rng: &mut Rng) -> Made {
    let number = ether_type(inner.is_v6);
    let is_v6 = outer.is_v6;
    let mut made = inner.through("gre routed");
    let mut header = vec![0x40, 0, number[0], number[1], 0, 0, 0, 0];
    let mut routes = Vec::new();
    for _ in 0..rng.between(0, 3) {
        let count = rng.between(1, 3) as u8;
        header.extend([8, 0, 0, 4 * count]);
        for _ in 0..count {
            let place = *rng.pick(&[Place::Abroad, Place::Abroad, Place::Home]);
            let hop = world::end(place, false, rng);
            header.extend(hop.v4());
            routes.push((Pair { dst: hop, ..outer }, header.len()));
        }
    }
    header.extend([0; 4]);
    if is_v6 && !routes.is_empty() {
        made = made.veiled("routers of the other IP version");
        routes.clear();
    }
    made.prepend(&header);
    for (route, at) in routes {
        made.note(route, at);
    }
    made
}

fn pptp(inner: Made, rng: &mut Rng) -> Made {
    let mut made = links::ppp(inner, rng).through("pptp");
    let has_sequence = rng.percent(80);
    let acknowledges = rng.percent(50);
    let mut header = vec![
        0x20 | (u8::from(has_sequence) << 4),
        1 | (u8::from(acknowledges) << 7),
    ];
    header.extend([0x88, 0x0b]);
    header.extend(be16(made.bytes.len()));
    header.extend(rng.bytes(2));
    header.extend(rng.bytes(4 * (usize::from(has_sequence) + usize::from(acknowledges))));
    made.prepend(&header);
    if has_sequence {
        made
    } else {
        made.veiled("pptp without a sequence number")
    }
}

fn ethernet_over_ip(inner: Made, rng: &mut Rng) -> Made {
    let mut made = links::ethernet(inner, 2, rng).through("ethernet over ip");
    let length = (made.bytes.len() as u16).to_be_bytes();
    made.prepend(&[0x20, 1, 0x64, 0, length[0], length[1], 7, 0]);
    made
}

/// Protocols of their own.
fn over_ip(inner: Made, rng: &mut Rng) -> (u8, Made) {
    match rng.below(16) {
        12 if may_lie_open(&inner) => (50, open_esp(inner, rng)),
        13 => {
            let mut header = rng.bytes(20);
            header[17] = rng.between(7, 9) as u8;
            (54, before(inner, &header, "nhrp error").veiled(UNREAD))
        }
        14 => {
            let made = before(
                links::plain_frame(inner, rng),
                &[0, 0x10, 2, 0, 0, 0, 0, 0],
                "capwap",
            );
            let from = plain_port(rng);
            let mut made = udp(from, 5247, made.through("udp-lite")).veiled(UNREAD);
            made.hides(8, false);
            (136, made)
        }
        15 => (6, stt(inner, rng)),
        0 | 1 => (
            97,
            before(links::ethernet(inner, 2, rng), &[0x30, 0], "etherip"),
        ),
        2 | 3 => (137, links::mpls(inner, 2, rng).through("mpls in ip")),
        4 | 5 => (
            143,
            links::ethernet(inner, 2, rng).through("ethernet in ip"),
        ),
        6 => {
            let flags = *rng.pick(&[0, 0x40, 0x80]);
            (103, before(inner, &[0x21, 0, 0, 0, flags, 0, 0, 0], "pim"))
        }
        7 => (108, before(inner, &[4, 0, 0, 2], "ipcomp").veiled(UNREAD)),
        8 => (115, before(inner, &[0, 0, 1, 2], "l2tpv3").veiled(UNREAD)),
        9 => (
            141,
            before(inner, &[4, 12, 0, 0], "wrapped esp").veiled(UNREAD),
        ),
        10 => (
            2,
            before(inner, &[0x14, 1, 0, 0, 0, 0, 0, 0], "pim 1").veiled(UNREAD),
        ),
        _ => (
            *rng.pick(&[42, 48, 55, 57, 93, 94, 98, 120, 131, 144]),
            inner.through("odd protocol").veiled(UNREAD),
        ),
    }
}

fn over_udp(inner: Made, rng: &mut Rng) -> Made {
    let is_v6 = inner.is_v6;
    let (port, made) = match rng.below(28) {
        23 => {
            let made = links::plain_frame(inner, rng);
            let length = be16(made.bytes.len());
            let header = [0, 0, length[0], length[1], 30, 40];
            (12_222, before(made, &header, "lwapp").veiled(UNREAD))
        }
        24 if is_v6 => (3653, inner.through("tsp")),
        25 if may_lie_open(&inner) => (4500, open_esp(inner, rng).through("esp in udp")),
        26 => {
            let mut header = rng.bytes(8);
            header[0] |= 0x0c;
            let made = match rng.below(3) {
                0 => {
                    header[3] = if is_v6 { 2 } else { 1 };
                    inner
                }
                1 => {
                    header[3] = 3;
                    links::plain_frame(inner, rng).veiled(UNREAD)
                }
                _ => {
                    header[3] = 4;
                    links::nsh(inner, rng).veiled(UNREAD)
                }
            };
            (4341, before(made, &header, "lisp-gpe"))
        }

        0..3 => {
            let mut header = rng.bytes(8);
            // Some forget the flag that says there is an identifier.
            header[0] = *rng.pick(&[0x08, 0x08, 0x88, 0]);
            if header[0] == 0 {
                header = vec![0, 0, 0, 0, 1, 2, 3, 0];
            }
            let made = before(links::ethernet(inner, 2, rng), &header, "vxlan");
            let made = if header[0] == 0 {
                made.veiled("vxlan without its flag")
            } else {
                made
            };
            (*rng.pick(&[4789, 8472]), made)
        }
        3 | 4 => {
            let kind = rng.below(4);
            let (next, made) = match kind {
                0 => (if is_v6 { 2 } else { 1 }, inner),
                1 => (3, links::ethernet(inner, 2, rng)),
                2 => (4, links::nsh(inner, rng)),
                _ => (
                    *rng.pick(&[5, 6, 7, 0x81]),
                    inner.veiled("a next protocol that is not known"),
                ),
            };
            let port = *rng.pick(&[4790, 4790, 4789]);
            (
                port,
                before(made, &[0x0c, 0, 0, next, 0, 0, 1, 0], "vxlan-gpe"),
            )
        }
        5..7 => {
            let words = rng.below(4) as u8;
            let (number, made) = match rng.below(3) {
                0 => (ether_type(is_v6), inner),
                1 => ([0x65, 0x58], links::ethernet(inner, 2, rng)),
                _ => ([0x88, 0x47], links::mpls(inner, 2, rng)),
            };
            let mut header = vec![
                words,
                *rng.pick(&[0, 0x40, 0x80]),
                number[0],
                number[1],
                1,
                2,
                3,
                0,
            ];
            header.extend(rng.bytes(usize::from(words) * 4));
            (6081, before(made, &header, "geneve"))
        }
        7..9 => (2152, gtp(inner, rng)),
        9 => {
            let mut header = vec![0x1e, 255];
            header.extend(rng.bytes(18));
            (3386, before(inner, &header, "gtp 0"))
        }
        10 | 11 if is_v6 => {
            let mut made = inner;
            for _ in 0..rng.below(3) {
                let indication = if rng.percent(50) {
                    rng_origin(rng)
                } else {
                    rng_authentication(rng)
                };
                made.prepend(&indication);
            }
            (3544, made.through("teredo"))
        }
        12 => (1701, l2tp(inner, rng)),
        13 => {
            let mut header = rng.bytes(8);
            header[0] |= 0x08;
            (4341, before(inner, &header, "lisp"))
        }
        14 => (4342, before(inner, &[0x80, 0, 0, 0], "lisp control")),
        15 => {
            let mut header = vec![0x44, 0x52, 0x11, if is_v6 { 41 } else { 4 }, 0, 0, 0, 0];
            header.extend(rng.bytes(16 + 20));
            (5072, before(inner, &header, "ayiya"))
        }
        16 => {
            let kind = *rng.pick(&[4, 5, 6]);
            let mut header = vec![kind];
            header.extend(rng.bytes(if kind == 6 { 1 } else { 11 }));
            (2268, before(inner, &header, "amt"))
        }
        17 | 18 => {
            let words = rng.below(3) as u8;
            if rng.percent(40) {
                (6080, inner.through("gue 1"))
            } else {
                let mut header = vec![words, if is_v6 { 41 } else { 4 }, 0, 0];
                header.extend(rng.bytes(usize::from(words) * 4));
                (6080, before(inner, &header, "gue 0"))
            }
        }
        19 => {
            let header = [4, if is_v6 { 41 } else { 4 }, 0, 0];
            (434, before(inner, &header, "mobile ip"))
        }
        20 => (6635, links::mpls(inner, 2, rng).through("mpls in udp")),
        21 => (4754, gre(inner, rng).through("gre in udp")),
        22 => {
            let (port, header): (usize, &[u8]) = match rng.below(3) {
                0 => (37008, &[1, 0, 0, 1, 1]),
                1 => (1701, &[0x00, 0x03, 0, 0, 0, 0, 0, 1]),
                _ => (5247, &[0, 0x10, 2, 0, 0, 0, 0, 0]),
            };
            (
                port,
                before(links::ethernet(inner, 1, rng), header, "odd port").veiled(UNREAD),
            )
        }
        _ => return teredo_peer(rng),
    };
    let from = plain_port(rng);
    let mut made = udp(from, port, made);
    made.hides(if port == 4500 { 16 } else { 8 }, false);
    if rng.below(60) == 0 && !made.trail.contains(&"open esp") {
        // Shorter than what is there: who goes by the IP length reads the tunnel.
        let length = rng.below(made.bytes.len() as u64) as usize;
        made.bytes[4..6].copy_from_slice(&be16(length));
        made = made.through("short datagram").veiled("a length that lies");
    }
    made
}

/// A packet that says it is longer than there is room for, or that it ends long before ESP does, is not known in
/// ESP, and nobody takes it.
fn may_lie_open(inner: &Made) -> bool {
    !inner.trail.contains(&"long length") && inner.trail.last() != Some(&"short length")
}

/// ESP in which nothing is encrypted, with what authenticates it in front, behind, or nowhere.
fn open_esp(inner: Made, rng: &mut Rng) -> Made {
    let next = if inner.is_v6 { 41 } else { 4 };
    let length = *rng.pick(&[8, 8, 16]);
    let mut header = rng.bytes(length);
    header[0] = 1;
    let mut made = before(inner, &header, "open esp");
    let pad = rng.below(8) as u8;
    made.append(&(1..=pad).collect::<Vec<_>>());
    made.append(&[pad, next]);
    let check = *rng.pick(&[0, 12, 16, 24, 32]);
    made.append(&rng.bytes(check));
    made.hides(76, false);
    made
}

/// A frame in what looks like TCP.
fn stt(inner: Made, rng: &mut Rng) -> Made {
    let made = links::plain_frame(inner, rng);
    let mut header = [be16(plain_port(rng)), be16(7471)].concat();
    header.extend(rng.bytes(8));
    header.extend([0x50, 0x10]);
    header.extend(rng.bytes(6));
    header.extend([0, 0, 0, 0]);
    header.extend(rng.bytes(14));
    let mut made = before(made, &header, "stt").veiled(UNREAD);
    made.hides(3, true);
    made
}

fn rng_origin(rng: &mut Rng) -> Vec<u8> {
    [vec![0, 0], rng.bytes(6)].concat()
}

fn rng_authentication(rng: &mut Rng) -> Vec<u8> {
    let (client, secret) = (rng.below(5) as u8, rng.below(5) as u8);
    let more = rng.bytes(usize::from(client) + usize::from(secret) + 9);
    [vec![0, 1, client, secret], more].concat()
}

/// Teredo clients that talk directly, on any ports; the packet inside is made anew.
fn teredo_peer(rng: &mut Rng) -> Made {
    let place = |rng: &mut Rng| *rng.pick(&[Place::Abroad, Place::Abroad, Place::Home]);
    let (src, dst) = (place(rng), place(rng));
    let pair = world::teredo_pair(src, dst, rng);
    let from = plain_port(rng);
    let to = plain_port(rng);
    // Known by its length alone; where that lies, a receiver does not take it for one.
    let inner = loop {
        let inner = ip(pair, 6, Made::new(rng.bytes(20), "tcp"), rng);
        if inner.veil.is_none() {
            break inner;
        }
    };
    let mut made = udp(from, to, inner.through("teredo peer"));
    made.hides(8, false);
    made
}

fn gtp(inner: Made, rng: &mut Rng) -> Made {
    let flags = 0x30 | *rng.pick(&[0, 0, 1, 2, 4, 6]);
    let mut header = vec![flags, 255];
    header.extend(be16(inner.bytes.len()));
    header.extend(rng.bytes(4));
    if flags & 7 != 0 {
        header.extend(rng.bytes(3));
        let extensions = if flags & 4 != 0 { rng.below(3) } else { 0 };
        // Without its flag the number of the next extension says nothing.
        header.push(if flags & 4 == 0 {
            rng.next() as u8
        } else {
            u8::from(extensions > 0) * 0x85
        });
        for left in (0..extensions).rev() {
            let units = rng.between(1, 3) as u8;
            header.push(units);
            header.extend(rng.bytes(usize::from(units) * 4 - 2));
            header.push(u8::from(left > 0) * 0xc0);
        }
    }
    before(inner, &header, "gtp-u")
}

fn l2tp(inner: Made, rng: &mut Rng) -> Made {
    let made = links::ppp(inner, rng);
    if rng.percent(15) {
        return before(made, &[0, 1, 2, 0, 0, 1, 0, 2], "l2f").veiled(UNREAD);
    }
    let flags = *rng.pick(&[0, 0x40, 0x02, 0x08, 0x4a]);
    let mut header = vec![flags, 2];
    if flags & 0x40 != 0 {
        header.extend(be16(made.bytes.len()));
    }
    header.extend(rng.bytes(4));
    if flags & 0x08 != 0 {
        header.extend(rng.bytes(4));
    }
    if flags & 0x02 != 0 {
        let offset = rng.below(9) as usize;
        header.extend(be16(offset));
        header.extend(rng.bytes(offset));
    }
    before(made, &header, "l2tp")
}
