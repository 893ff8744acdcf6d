//! The innermost packets: transports, what only looks like a tunnel, and ICMP errors with their quotes.

use crate::made::{Made, be16, ip};
use crate::tunnels;
use crate::world::{self, Pair};
use sekisho::demo::rng::Rng;

/// A port that no tunnel has.
pub(crate) fn plain_port(rng: &mut Rng) -> usize {
    rng.between(12_300, 36_000) as usize
}

pub(crate) fn udp(from: usize, to: usize, mut made: Made) -> Made {
    let length = made.bytes.len() + 8;
    let header = [be16(from), be16(to), be16(length), [0, 0]].concat();
    made.prepend(&header);
    made
}

/// Whether this is an IPv6 packet with an end in 2001::/32.
fn is_teredo(packet: &[u8]) -> bool {
    let ends = [packet.get(8..12), packet.get(24..28)];
    packet[0] >> 4 == 6 && ends.contains(&Some(&[0x20, 1, 0, 0]))
}

/// A packet with one layer, or an error that quotes others.
pub(crate) fn packet(quotes: usize, rng: &mut Rng) -> Made {
    let is_v6 = rng.percent(50);
    let pair = world::pair(is_v6, rng);
    if quotes > 0 && rng.below(5) == 0 {
        return error(pair, quotes, rng);
    }
    let size = rng.below(64) as usize;
    let (protocol, payload) = match rng.below(12) {
        0..4 => {
            let mut header = [be16(plain_port(rng)), be16(443)].concat();
            header.extend(rng.bytes(8));
            header.extend([0x50, *rng.pick(&[2, 0x10, 0x12, 0x18])]);
            header.extend(rng.bytes(6 + size));
            (6, Made::new(header, "tcp"))
        }
        4..7 => {
            let (from, to) = (plain_port(rng), plain_port(rng));
            (17, udp(from, to, Made::new(rng.bytes(size), "udp")))
        }
        7 => {
            // Data, whatever it looks like: its port is nobody's.
            let hidden = packet(0, rng);
            let (from, to) = (plain_port(rng), plain_port(rng));
            if is_teredo(&hidden.bytes) && !hidden.trail.contains(&"long length") {
                // Unless it is what Teredo clients send each other, on whatever ports, known by its length.
                let mut made = udp(from, to, hidden.through("teredo peer"));
                made.hides.push((made.bytes.len(), 8));
                (17, made)
            } else {
                (
                    17,
                    udp(from, to, Made::new(hidden.bytes, "a packet as data")),
                )
            }
        }
        8 => (132, Made::new(rng.bytes(12 + size), "sctp")),
        9 => (50, Made::new(rng.bytes(24 + size), "esp")),
        10 => {
            let kind = if is_v6 { 128 } else { 8 };
            let mut echo = vec![kind, 0];
            echo.extend(rng.bytes(6 + size));
            (if is_v6 { 58 } else { 1 }, Made::new(echo, "echo"))
        }
        _ => (89, Made::new(rng.bytes(size), "other")),
    };
    ip(pair, protocol, payload, rng)
}

/// An ICMP error, or a redirect, that quotes a packet: whole, cut, or changed on its way.
fn error(pair: Pair, quotes: usize, rng: &mut Rng) -> Made {
    let mut quote = packet(quotes - 1, rng);
    for _ in 0..rng.below(3) {
        quote = tunnels::wrap(quote, rng);
    }
    quote = quote.through("quoted");
    if quote.layers > 4 {
        quote = quote.veiled("more than four layers");
    }
    // Quotes do not count as layers.
    quote.layers = 0;
    if rng.percent(50) {
        // Senders change lengths, times to live and checksums before they quote.
        let field = *rng.pick(if quote.is_v6 {
            &[4_usize, 6][..]
        } else {
            &[2, 8, 10]
        });
        if field != 6 {
            quote.bytes[field] = rng.next() as u8;
            quote.bytes[field + 1] = if field == 8 {
                quote.bytes[9]
            } else {
                rng.next() as u8
            };
        }
        quote = quote.through("changed");
    }
    if rng.percent(50) {
        let least = if quote.is_v6 { 48 } else { 28 };
        let most = quote.bytes.len().max(least);
        let kept = rng.between(least as u64, most as u64) as usize;
        if kept < quote.bytes.len() {
            let all = quote.seen.len();
            let (total, dropped) = (quote.bytes.len(), quote.bytes.len() - kept);
            quote.keep_within(kept);
            quote.bytes.truncate(kept);
            for seen in &mut quote.seen {
                seen.from_end -= dropped.min(total);
            }
            quote.hides.retain(|(from_end, _)| *from_end > dropped);
            for (from_end, _) in &mut quote.hides {
                *from_end -= dropped;
            }
            if quote.seen.len() < all {
                quote = quote.veiled("a quote that ends before all its addresses");
            }
            quote = quote.through("cut quote");
        }
    }
    let mut header = vec![0; 8];
    let protocol = if pair.is_v6 {
        if rng.percent(25) {
            // A redirect: two addresses, then options, one of which quotes.
            header[0] = 137;
            header.extend(rng.bytes(32));
            if rng.percent(50) {
                header.extend([2, 1, 2, 0, 0, 0, 0, 1]);
            }
            header.extend([4, (quote.bytes.len() / 8 + 1) as u8, 0, 0, 0, 0, 0, 0]);
        } else {
            header[0] = rng.between(1, 4) as u8;
        }
        58
    } else {
        header[0] = *rng.pick(&[3, 4, 5, 11, 12]);
        1
    };
    quote.prepend(&header);
    ip(pair, protocol, quote.through("error"), rng)
}
