//! Datagrams in fragments: in order, out of it, without their first, overlapping, with an
//! identification that comes again.

use crate::leaf;
use crate::made::{self, Made, Seen, be16};
use crate::tunnels;
use crate::world::{self, Pair};
use sekisho::demo::rng::Rng;

/// The pieces of a datagram, in the order in which they are sent.
pub(crate) fn datagram(rng: &mut Rng) -> Vec<Made> {
    let is_v6 = rng.percent(40);
    let pair = world::pair(is_v6, rng);
    let (protocol, whole) = payload(pair, rng);
    let id = rng.next() as u32;
    // Most hold all addresses in the first piece; the others try to split them.
    let reach = whole
        .seen
        .iter()
        .map(|seen| whole.bytes.len() - seen.from_end)
        .max()
        .unwrap_or(0);
    let tiny = rng.percent(50);
    let size = if tiny {
        rng.between(1, 9) as usize * 8
    } else {
        (reach + 64).next_multiple_of(8)
    };
    let mut pieces: Vec<Made> = Vec::new();
    let mut at = 0;
    while at < whole.bytes.len() && pieces.len() < 12 {
        let end = (at + size).min(whole.bytes.len());
        pieces.push(piece(&whole, pair, protocol, (at, end), id, rng));
        at = end;
    }
    let order = rng.below(6);
    if tiny || order > 1 {
        for piece in &mut pieces {
            piece
                .veil
                .get_or_insert("a fragment whose others are not there, or in another order");
        }
    }
    match order {
        0 | 1 => {}
        2 => pieces.reverse(),
        3 => drop(pieces.remove(0)),
        4 if pieces.len() > 1 => {
            // A later piece that writes over the one before it.
            let from = (pieces.len() - 1) * size - 8 * rng.between(1, (size / 8) as u64) as usize;
            let from = from.max(8);
            let mut over = piece(&whole, pair, protocol, (from, whole.bytes.len()), id, rng);
            over.veil
                .get_or_insert("a fragment that writes over another");
            pieces.push(over);
        }
        _ => {
            // The same identification again, for another datagram between the same ends.
            let (protocol, other) = payload(pair, rng);
            if other.bytes.len() > 8 {
                let end = size.min(other.bytes.len() - 1).next_multiple_of(8);
                let mut first = piece(&other, pair, protocol, (0, end), id, rng);
                first.piece_of = Some((1, true));
                let place = rng.below(pieces.len() as u64 + 1) as usize;
                pieces.insert(place, first);
            }
            let all: Vec<Seen> = pieces.iter().flat_map(|piece| piece.seen.clone()).collect();
            for piece in &mut pieces {
                piece.veil = Some("a fragment of one of two datagrams");
                // Which of the two it completes nobody can say; each is judged by its own.
                if all.iter().any(|seen| !seen.pair.may_pass()) {
                    piece.trail.push("id again");
                }
            }
        }
    }
    for piece in &mut pieces {
        piece.trail.push("fragment");
    }
    pieces
}

/// What is to be cut: a tunnel as a rule, so that there is something to hide.
fn payload(pair: Pair, rng: &mut Rng) -> (u8, Made) {
    let mut inner = loop {
        let inner = tunnels::wrap(leaf::packet(1, rng), rng);
        // A length that lies is in the header that is taken off, with what it hides.
        if inner.trail.last() != Some(&"short length") {
            break inner;
        }
    };
    // Only what the outer header of that tunnel carries, without the header.
    let protocol_at = if inner.is_v6 { 6 } else { 9 };
    let length = if inner.is_v6 {
        40
    } else {
        usize::from(inner.bytes[0] & 15) * 4
    };
    let protocol = inner.bytes[protocol_at];
    // TCP, in which few know frames, and ESP cannot hide IP in what follows the first piece (RULES §4). Routers
    // in GRE go with the ends around it.
    let is_kept = matches!(protocol, 0 | 6 | 43 | 44 | 50 | 51 | 60)
        || inner.bytes.len() < length
        || inner.trail.contains(&"gre routed");
    if rng.percent(25) || is_kept {
        // The packet itself in IP.
        let protocol = if inner.is_v6 { 41 } else { 4 };
        return (protocol, inner);
    }
    let protocol = match (protocol, pair.is_v6) {
        (1, true) => 58,
        (58, false) => 1,
        (other, _) => other,
    };
    inner.bytes.drain(..length);
    let left = inner.bytes.len();
    inner.seen.retain(|seen| seen.from_end < left);
    inner.layers -= 1;
    (protocol, inner)
}

fn piece(
    whole: &Made,
    pair: Pair,
    protocol: u8,
    (from, to): (usize, usize),
    id: u32,
    rng: &mut Rng,
) -> Made {
    let to = to.min(whole.bytes.len()).max(from);
    let more = to < whole.bytes.len();
    let mut made = Made {
        bytes: whole.bytes[from..to].to_vec(),
        seen: Vec::new(),
        hides: if from == 0 && !more {
            whole.hides.clone()
        } else {
            Vec::new()
        },
        piece_of: Some((0, from == 0)),
        ..whole.clone()
    };
    if pair.is_v6 {
        // What a later piece says of the protocol nobody reads.
        let says = if from > 0 && rng.percent(30) {
            6
        } else {
            protocol
        };
        let field = (from as u16 & !7 | u16::from(more)).to_be_bytes();
        let mut header = vec![0x60, 0, 0, 0];
        header.extend(be16(made.bytes.len() + 8));
        header.extend([44, 64]);
        header.extend(pair.src.address);
        header.extend(pair.dst.address);
        header.extend([says, 0, field[0], field[1]]);
        header.extend(id.to_be_bytes());
        made.prepend(&header);
    } else {
        let field = ((from / 8) as u16 | u16::from(more) << 13).to_be_bytes();
        let mut header = vec![0x45, 0];
        header.extend(be16(made.bytes.len() + 20));
        header.extend([
            (id >> 8) as u8,
            id as u8,
            field[0],
            field[1],
            64,
            protocol,
            0,
            0,
        ]);
        header.extend(pair.src.v4());
        header.extend(pair.dst.v4());
        made::write_checksum(&mut header);
        made.prepend(&header);
    }
    made.is_v6 = pair.is_v6;
    made.layers += 1;
    if made.layers > 4 {
        made = made.veiled("more than four layers");
    }
    // All pieces together carry all pairs: none may pass if one of these may not.
    let all = whole.seen.iter().map(|seen| Seen {
        pair: seen.pair,
        from_end: 0,
    });
    made.seen.extend(all);
    made.seen.push(Seen { pair, from_end: 0 });
    made
}
