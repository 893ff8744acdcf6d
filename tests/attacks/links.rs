//! What lies below IP, at the bottom or inside a tunnel: tags, labels, sessions, pseudowires.

use crate::made::{Made, be16};
use sekisho::demo::rng::Rng;

fn before(mut made: Made, header: &[u8], what: &'static str) -> Made {
    made.prepend(header);
    made.through(what)
}

fn ether_type(made: &Made) -> [u8; 2] {
    if made.is_v6 { [0x86, 0xdd] } else { [8, 0] }
}

/// Two hardware addresses, which may begin with anything.
fn macs(rng: &mut Rng) -> Vec<u8> {
    let mut macs = rng.bytes(12);
    if rng.percent(50) {
        macs[0] = 2;
    }
    macs
}

/// An Ethernet frame around an IP packet; `depth` bounds the frames in frames.
pub(crate) fn ethernet(inner: Made, depth: usize, rng: &mut Rng) -> Made {
    let (number, made) = content(inner, depth, rng);
    let (number, made) = tagged(number, made, rng);
    let mut header = macs(rng);
    header.extend(number);
    before(made, &header, "ethernet")
}

/// A frame of nothing but addresses and a type.
pub(crate) fn plain_frame(inner: Made, rng: &mut Rng) -> Made {
    let mut header = macs(rng);
    header.extend(ether_type(&inner));
    before(inner, &header, "plain frame")
}

fn tagged(number: [u8; 2], made: Made, rng: &mut Rng) -> ([u8; 2], Made) {
    let count = match rng.below(40) {
        0..28 => 0,
        28..34 => 1,
        34..38 => rng.between(2, 5),
        38 => rng.between(6, 20),
        _ => rng.between(40, 80),
    };
    let (mut number, mut made) = (number, made);
    for _ in 0..count {
        let tag = rng.bytes(2);
        let header = [tag[0], tag[1], number[0], number[1]];
        made.prepend(&header);
        number = *rng.pick(&[[0x81, 0], [0x88, 0xa8], [0x91, 0], [0x92, 0], [0x93, 0]]);
    }
    if count > 0 {
        made = made.through("vlan");
    }
    if count > 20 {
        made = made.veiled("more tags than are stepped over");
    }
    (number, made)
}

/// What follows an EtherType, and the type; an 802.3 length is one, too.
fn content(inner: Made, depth: usize, rng: &mut Rng) -> ([u8; 2], Made) {
    let plain = (ether_type(&inner), rng.below(20));
    match plain {
        (_, 0 | 1) => (
            *rng.pick(&[[0x88, 0x47], [0x88, 0x48]]),
            mpls(inner, depth, rng),
        ),
        (_, 2 | 3) => ([0x88, 0x64], pppoe(inner, rng)),
        (number, 4) => llc(number, inner, rng),
        (_, 5) => ([0x89, 0x4f], nsh(inner, rng)),
        (_, 6) if depth > 0 => {
            let frame = ethernet(inner, depth - 1, rng);
            ([0x88, 0xe7], before(frame, &[0, 0, 1, 2], "pbb"))
        }
        (number, 7) => {
            let mut made = before(
                inner,
                &[&[0x00, 0, 0, 0, 0, 1][..], &number].concat(),
                "macsec",
            );
            made.append(&rng.bytes(16));
            ([0x88, 0xe5], made)
        }
        (number, 8) => {
            let header = [&rng.bytes(6)[..], &number].concat();
            ([0x89, 0x3f], before(inner, &header, "e-tag"))
        }
        (number, 9) => {
            let header = [&rng.bytes(4)[..], &number].concat();
            ([0x89, 0x26], before(inner, &header, "vn-tag"))
        }
        (_, 10) => ([0x88, 0x0b], ppp(inner, rng)),
        (_, 11) if depth > 0 => ([0x65, 0x58], ethernet(inner, depth - 1, rng)),
        (_, 12) if rng.percent(20) => (
            [0x99, 0x99],
            inner
                .through("unknown type")
                .veiled("a number that nobody knows"),
        ),
        (_, 13) if rng.percent(20) => {
            // Frames in a trunk of one maker: an address of its own behind SNAP.
            let frame = ethernet(inner, 0, rng);
            let made = before(
                frame,
                &[0xaa, 0xaa, 3, 0, 0, 0x0c, 0, 2, 0, 1, 0, 0],
                "trunk",
            );
            let length = be16(made.bytes.len().min(1500));
            (length, made.veiled("a trunk that is not decoded"))
        }
        (number, _) => (number, inner),
    }
}

/// 802.3 with LLC: SNAP, the old number for IP, or OSI's.
fn llc(number: [u8; 2], inner: Made, rng: &mut Rng) -> ([u8; 2], Made) {
    if inner.bytes.len() > 1400 {
        return (number, inner);
    }
    let made = match rng.below(4) {
        0 => before(inner, &[6, 6, 3], "llc"),
        1 => {
            let identifier = if inner.is_v6 { 0x8e } else { 0xcc };
            before(inner, &[0xfe, 0xfe, 3, identifier], "llc osi")
        }
        kind => {
            let last = if kind == 2 { 0 } else { 0xf8 };
            before(
                inner,
                &[0xaa, 0xaa, 3, 0, 0, last, number[0], number[1]],
                "snap",
            )
        }
    };
    (be16(made.bytes.len()), made)
}

/// PPP with or without address and control bytes, its number compressed or not.
pub(crate) fn ppp(inner: Made, rng: &mut Rng) -> Made {
    let number = if inner.is_v6 { 0x57 } else { 0x21 };
    let mut header = Vec::new();
    if rng.percent(50) {
        header.extend([0xff, 3]);
    }
    if rng.percent(60) {
        header.push(0);
    }
    header.push(number);
    before(inner, &header, "ppp")
}

fn pppoe(inner: Made, rng: &mut Rng) -> Made {
    let made = ppp(inner, rng);
    let length = be16(made.bytes.len());
    before(made, &[0x11, 0, 0, 7, length[0], length[1]], "pppoe")
}

pub(crate) fn nsh(inner: Made, rng: &mut Rng) -> Made {
    let (next, made) = if rng.percent(50) {
        (if inner.is_v6 { 2 } else { 1 }, inner)
    } else {
        (3, ethernet(inner, 0, rng))
    };
    let words = rng.between(2, 6) as u8;
    let mut header = vec![0, words, 1, next];
    header.extend(rng.bytes(usize::from(words) * 4 - 4));
    before(made, &header, "nsh")
}

/// A label stack over a packet, a pseudowire, or a channel beside one.
pub(crate) fn mpls(inner: Made, depth: usize, rng: &mut Rng) -> Made {
    let made = match rng.below(9) {
        0..4 => inner.through("mpls"),
        8 => serial(inner, rng),
        4 if depth > 0 => ethernet(inner, depth - 1, rng).through("pseudowire"),
        5 if depth > 0 => {
            let frame = ethernet(inner, depth - 1, rng);
            before(
                frame,
                &[0, 0, 0, rng.next() as u8],
                "pseudowire with a word",
            )
        }
        6 => {
            let number = if inner.is_v6 { 0x57 } else { 0x21 };
            before(inner, &[0x10, 0, 0, number], "channel")
        }
        7 if rng.percent(30) => {
            let header = [0x10, 0, 0, *rng.pick(&[1, 2, 9, 0x60])];
            before(inner, &header, "odd channel").veiled("a channel that is not decoded")
        }
        _ => inner.through("mpls"),
    };
    let count = match rng.below(20) {
        0..10 => 1,
        10..19 => rng.between(2, 8),
        _ => rng.between(9, 40),
    };
    let mut labels = Vec::new();
    for nth in 0..count {
        let label = rng.bytes(2);
        labels.extend([label[0], label[1], 0x10 | u8::from(nth + 1 == count), 64]);
    }
    let made = before(made, &labels, "labels");
    if count > 32 {
        made.veiled("more labels than are stepped over")
    } else {
        made
    }
}

/// A pseudowire of a serial line, with a word or without.
fn serial(inner: Made, rng: &mut Rng) -> Made {
    let number = ether_type(&inner);
    let is_v6 = inner.is_v6;
    let has_word = rng.percent(70);
    let made = match rng.below(5) {
        0 => ppp(inner, rng),
        1 => before(inner, &[0x0f, 0, number[0], number[1]], "hdlc"),
        2 => before(inner, &[3, if is_v6 { 0x8e } else { 0xcc }], "frame relay"),
        3 => before(
            inner,
            &[0xaa, 0xaa, 3, 0, 0, 0, number[0], number[1]],
            "atm",
        ),
        _ if has_word => inner.through("ip behind a word"),
        _ => return inner.through("mpls"),
    };
    let made = if has_word {
        before(made, &[0, 0, 0, rng.next() as u8], "word")
    } else {
        made
    };
    made.through("serial pseudowire")
        .veiled("a pseudowire that is not decoded")
}

/// The link below the outermost layer: its type, and the frame.
pub(crate) fn link(made: Made, rng: &mut Rng) -> (u32, Made) {
    match rng.below(14) {
        0 => (101, made.through("raw")),
        1 => {
            let number = ether_type(&made);
            let mut header = vec![0, 0, 0, 1, 0, 6];
            header.extend(rng.bytes(8));
            header.extend(number);
            (113, before(made, &header, "sll"))
        }
        2 => (9, ppp(made, rng)),
        3 => {
            let family = if made.is_v6 { 10 } else { 2 };
            (0, before(made, &[family, 0, 0, 0], "null"))
        }
        4 => {
            // A data frame of 802.11 without quality of service.
            let number = ether_type(&made);
            let mut header = vec![8, 1, 0, 0];
            header.extend(rng.bytes(18));
            header.extend([0, 0, 0xaa, 0xaa, 3, 0, 0, 0, number[0], number[1]]);
            (105, before(made, &header, "802.11"))
        }
        _ => (1, ethernet(made, 2, rng)),
    }
}
