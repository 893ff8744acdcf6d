//! A packet under construction, from the inside out, with everything in it that must be judged.

use crate::world::{self, Pair, Place};
use sekisho::demo::rng::Rng;

/// A pair in a packet, and how far from the packet's end its addresses end.
#[derive(Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) pair: Pair,
    pub(crate) from_end: usize,
}

/// Bytes, and what is known of them by construction.
#[derive(Clone)]
pub(crate) struct Made {
    pub(crate) bytes: Vec<u8>,
    /// Every pair of a layer, quote or route.
    pub(crate) seen: Vec<Seen>,
    /// Why nobody can know what is in it, where that is so: then it may well be excluded.
    pub(crate) veil: Option<&'static str>,
    /// What it was made of, inside out.
    pub(crate) trail: Vec<&'static str>,
    /// How far from the end headers of UDP tunnels and of ESP begin, and how long they hide what they carry: cut
    /// within that, they are taken for plain UDP, and for sealed.
    pub(crate) hides: Vec<(usize, usize)>,
    /// Of a fragment: which of two datagrams it is of, and whether it is the first.
    pub(crate) piece_of: Option<(usize, bool)>,
    pub(crate) layers: usize,
    pub(crate) is_v6: bool,
}

impl Made {
    /// The payload of a packet that is still to get its first IP header.
    pub(crate) fn new(bytes: Vec<u8>, what: &'static str) -> Self {
        Self {
            bytes,
            seen: Vec::new(),
            veil: None,
            trail: vec![what],
            hides: Vec::new(),
            piece_of: None,
            layers: 0,
            is_v6: false,
        }
    }

    pub(crate) fn prepend(&mut self, header: &[u8]) {
        self.bytes.splice(0..0, header.iter().copied());
    }

    pub(crate) fn append(&mut self, trailer: &[u8]) {
        self.bytes.extend_from_slice(trailer);
        for seen in &mut self.seen {
            seen.from_end += trailer.len();
        }
        for (from_end, _) in &mut self.hides {
            *from_end += trailer.len();
        }
    }

    pub(crate) fn through(mut self, what: &'static str) -> Self {
        self.trail.push(what);
        self
    }

    pub(crate) fn veiled(mut self, why: &'static str) -> Self {
        self.veil = Some(self.veil.unwrap_or(why));
        self
    }

    /// Notes a pair whose addresses end at this place, counted from the beginning.
    pub(crate) fn note(&mut self, pair: Pair, at: usize) {
        let from_end = self.bytes.len() - at;
        self.seen.push(Seen { pair, from_end });
    }

    /// Forgets the pairs whose addresses are not within the first bytes.
    pub(crate) fn keep_within(&mut self, length: usize) {
        let total = self.bytes.len();
        self.seen.retain(|seen| total - seen.from_end <= length);
    }

    /// Makes the checksum of the outermost header right again.
    fn sum_up(&mut self) {
        if !self.is_v6 {
            let length = usize::from(self.bytes[0] & 15) * 4;
            write_checksum(&mut self.bytes[..length]);
        }
    }

    /// Claims no more than the pair of its own header, which was noted last.
    pub(crate) fn claim_own_pair_only(&mut self) {
        let others = self.seen.len().saturating_sub(1);
        self.seen.drain(..others);
    }

    /// Whether it may pass by all that it carries.
    pub(crate) fn may_pass(&self) -> bool {
        self.seen.iter().all(|seen| seen.pair.may_pass())
    }
}

pub(crate) fn be16(number: usize) -> [u8; 2] {
    u16::try_from(number).unwrap_or(u16::MAX).to_be_bytes()
}

/// Puts an IP header before a payload: plain, or with options, routes and extension headers, some of
/// which name further ends.
pub(crate) fn ip(pair: Pair, protocol: u8, payload: Made, rng: &mut Rng) -> Made {
    let mut made = if pair.is_v6 {
        ipv6(pair, protocol, payload, rng)
    } else {
        ipv4(pair, protocol, payload, rng)
    };
    made.is_v6 = pair.is_v6;
    made.layers += 1;
    if made.layers > 4 {
        made = made.veiled("more than four layers");
    }
    // Nobody takes ESP of which a part is missing, or too much there.
    let may_lie = !made
        .trail
        .iter()
        .any(|part| ["fragment", "open esp"].contains(part));
    if rng.below(100) == 0 && may_lie {
        made = lie(made, rng);
    }
    made
}

/// A header whose length ends the packet early: what lies behind is not part of it.
fn lie(mut made: Made, rng: &mut Rng) -> Made {
    let (header, field) = if made.is_v6 { (40, 4) } else { (20, 2) };
    let length = header + rng.below((made.bytes.len() - header) as u64 + 1) as usize;
    if rng.percent(20) {
        // More than there is.
        let more = made.bytes.len() - header + rng.between(1, 2000) as usize;
        let written = if made.is_v6 { more } else { more + header };
        made.bytes[field..field + 2].copy_from_slice(&be16(written));
        made.sum_up();
        return made.through("long length").veiled("a length that lies");
    }
    let written = if made.is_v6 { length - 40 } else { length };
    // In IPv6 a length of 0 is no lie, but offloading.
    if written != 0 {
        made.bytes[field..field + 2].copy_from_slice(&be16(written));
        made.sum_up();
        made.keep_within(length);
    }
    made.through("short length").veiled("a length that lies")
}

/// The checksum of an IPv4 header, over all its bytes.
pub(crate) fn write_checksum(header: &mut [u8]) {
    header[10..12].fill(0);
    let words = header.chunks(2);
    let sum: u32 = words
        .map(|word| u32::from(word[0]) << 8 | u32::from(word[1]))
        .sum();
    let sum = (sum & 0xffff) + (sum >> 16);
    let sum = !((sum & 0xffff) + (sum >> 16)) as u16;
    header[10..12].copy_from_slice(&sum.to_be_bytes());
}

fn authentication(next: u8, made: &mut Made, rng: &mut Rng) {
    let words = rng.between(1, 6) as u8;
    let mut header = vec![next, words, 0, 0];
    header.extend(rng.bytes(usize::from(words) * 4 + 4));
    made.prepend(&header);
    made.trail.push("ah");
}

fn ipv4(pair: Pair, protocol: u8, payload: Made, rng: &mut Rng) -> Made {
    let mut made = payload;
    let mut protocol = protocol;
    if rng.below(30) == 0 {
        authentication(protocol, &mut made, rng);
        protocol = 51;
    }
    let mut options = Vec::new();
    let mut routes = Vec::new();
    if rng.below(15) == 0 {
        made.trail.push("options");
        options.extend(std::iter::repeat_n(1, rng.below(4) as usize));
        if rng.percent(40) {
            let count = rng.between(1, 5) as usize;
            if rng.percent(80) {
                options.extend([*rng.pick(&[131, 137]), 3 + 4 * count as u8, 4]);
            } else {
                // A list of receivers has no pointer.
                options.extend([149, 2 + 4 * count as u8]);
            }
            for _ in 0..count {
                let place = *rng.pick(&[Place::Abroad, Place::Abroad, Place::Home]);
                let hop = world::end(place, false, rng);
                options.extend(hop.v4());
                routes.push((Pair { dst: hop, ..pair }, 20 + options.len()));
            }
            made.trail.push("source route");
        } else {
            options.extend([7, 7, 8, 1, 2, 3, 4]);
        }
        options.resize(options.len().next_multiple_of(4), 0);
    }
    let words = 5 + options.len() / 4;
    let total = words * 4 + made.bytes.len();
    let mut header = vec![0x40 | words as u8, 0];
    header.extend(be16(total));
    header.extend(be16(rng.next() as u16 as usize));
    header.extend([*rng.pick(&[0, 0x40]), 0, 64, protocol, 0, 0]);
    header.extend(pair.src.v4());
    header.extend(pair.dst.v4());
    header.extend(options);
    write_checksum(&mut header);
    made.prepend(&header);
    made.note(pair, 20);
    for (route, at) in routes {
        made.note(route, at);
    }
    made
}

/// One extension header by its number, for what follows it, with the ends that it names.
fn extension(
    number: u8,
    next: u8,
    pair: Pair,
    rng: &mut Rng,
) -> (Vec<u8>, Vec<Pair>, &'static str) {
    let usual =
        |rng: &mut Rng| *rng.pick(&[Place::Abroad, Place::Abroad, Place::Abroad, Place::Home]);
    let mut header = vec![next, 0];
    let mut pairs = Vec::new();
    let what = match number {
        43 => {
            let kind = *rng.pick(&[0, 2, 3, 4]);
            let count = if kind == 2 {
                1
            } else {
                rng.between(1, 3) as usize
            };
            header.extend([kind, rng.between(1, count as u64) as u8]);
            let last = if kind == 4 { count as u8 - 1 } else { 0 };
            header.extend([last, 0, 0, 0]);
            for _ in 0..count {
                let place = usual(rng);
                let hop = world::end(place, true, rng);
                header.extend(hop.address);
                pairs.push(Pair { dst: hop, ..pair });
            }
            ["routing 0", "", "routing 2", "routing 3", "routing 4"][usize::from(kind)]
        }
        60 if rng.percent(40) => {
            let place = usual(rng);
            let home = world::end(place, true, rng);
            header.extend([1, 2, 0, 0, 0xc9, 16]);
            header.extend(home.address);
            pairs.push(Pair { src: home, ..pair });
            "home address"
        }
        0 | 60 => {
            let filler = rng.below(3) as u8 * 8 + 4;
            header.extend([1, filler]);
            header.extend(rng.bytes(usize::from(filler)));
            "options"
        }
        44 => {
            header.extend([0, 0]);
            header.extend(rng.bytes(4));
            "atomic fragment"
        }
        _ => {
            header.extend([0, 0]);
            header.extend(rng.bytes(12));
            header[1] = 2;
            "ah"
        }
    };
    if matches!(number, 0 | 43 | 60) {
        header.resize(header.len().next_multiple_of(8), 0);
        header[1] = (header.len() / 8 - 1) as u8;
    }
    (header, pairs, what)
}

fn ipv6(pair: Pair, protocol: u8, payload: Made, rng: &mut Rng) -> Made {
    let mut made = payload;
    let count = match rng.below(40) {
        0..32 => 0,
        32..38 => rng.between(1, 3),
        38 => rng.between(4, 8),
        _ => rng.between(9, 14),
    };
    let mut next = protocol;
    let mut homes: Vec<(Pair, usize)> = Vec::new();
    let mut fragments = 0;
    for nth in 0..count {
        let mut number = *rng.pick(&[43, 60, 60, 44, 51]);
        if nth + 1 == count && rng.percent(30) {
            number = 0;
        }
        fragments += usize::from(number == 44);
        let (header, pairs, what) = extension(number, next, pair, rng);
        made.prepend(&header);
        made.trail.push(what);
        // Where addresses end within the header does not matter: no cut is made in the middle of it.
        let from_end = made.bytes.len() - header.len();
        homes.extend(pairs.into_iter().map(|pair| (pair, from_end)));
        next = number;
    }
    if count > 8 {
        made = made.veiled("more than eight extension headers");
    }
    if fragments > 0 {
        // The only fragment there is, but what it says of others is not known.
        made.trail.push("atomic");
    }
    let length = made.bytes.len();
    let mut header = vec![0x60, 0, 0, 0];
    header.extend(be16(length));
    header.extend([next, 64]);
    header.extend(pair.src.address);
    header.extend(pair.dst.address);
    made.prepend(&header);
    made.note(pair, 40);
    // Every home goes with every route of the same layer.
    let names_home = |named: &Pair| named.src.address != pair.src.address;
    for (named, from_end) in &homes {
        made.seen.push(Seen {
            pair: *named,
            from_end: *from_end,
        });
        for (other, other_from_end) in homes.iter().filter(|(other, _)| !names_home(other)) {
            if names_home(named) {
                let both = Pair {
                    src: named.src,
                    dst: other.dst,
                    ..*named
                };
                made.seen.push(Seen {
                    pair: both,
                    from_end: *from_end.min(other_from_end),
                });
            }
        }
    }
    if homes.len() > 4 {
        made = made.veiled("many routed ends");
    }
    made
}
