//! One open record: 128 bytes, two cache lines, both directions.

use super::key::{Key, Packet};
use super::paths::PathId;
use super::prefetch::prefetch;
use crate::gate::{Class, IpVersion};

const ONLY_SYNS: u8 = 1;
const OPENS: u8 = 1 << 1;
const SYN_BY_A: u8 = 1 << 2;
const SYN_BY_B: u8 = 1 << 3;
const FIRST_BY_B: u8 = 1 << 4;
const HAS_ICMP: u8 = 1 << 5;
const LAST_SYN: u8 = 1 << 6;
const CLASS_BITS: u8 = 0b111;
const MARKS_SHIFT: u32 = 3;

/// What is known of a record that may still grow. Direction 0 is a → b of its [`Key`].
///
/// The first 64 bytes hold all that a packet of an IPv4 flow reads and writes; the others are for what
/// IPv6 adds, for where the record began, and for sums of more than 32 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub(super) struct Entry {
    /// The low 32 bits of the addresses.
    a: u32,
    b: u32,
    a_port: u16,
    b_port: u16,
    protocol: u8,
    version: IpVersion,
    state: u8,
    /// Class of a → b in the low three bits, marks above.
    class_and_marks: u8,
    /// Time of the last packet in capture order.
    pub(super) last: u64,
    /// Latest time.
    pub(super) end: u64,
    /// Packets, IP bytes of the innermost layer, bytes on the wire: the low 32 bits of each.
    sums: [[u32; 2]; 3],
    /// OR of all TCP flags.
    pub(super) tcp_flags: [u8; 2],
    icmp: [u8; 2],
    pub(super) path: u32,

    /// The high 96 bits of the addresses.
    a_high: [u32; 3],
    b_high: [u32; 3],
    /// Earliest time.
    pub(super) start: u64,
    /// Time of the first packet in capture order.
    pub(super) first: u64,
    /// The high 32 bits of the sums.
    carried: [[u32; 2]; 3],
}

const _: () = assert!(size_of::<Entry>() == 128 && std::mem::offset_of!(Entry, a_high) == 64);

impl Entry {
    /// A record that begins with this packet, and has not counted it yet.
    #[inline]
    pub(super) const fn begin(packet: &Packet, path: PathId) -> Self {
        let mut state = ONLY_SYNS;
        if packet.opens() {
            state |= OPENS;
        }
        if packet.from_b {
            state |= FIRST_BY_B;
        }
        let icmp = match packet.icmp {
            Some((kind, code)) => {
                state |= HAS_ICMP;
                [kind, code]
            }
            None => [0; 2],
        };
        Self {
            a: packet.a as u32,
            b: packet.b as u32,
            a_port: packet.a_port,
            b_port: packet.b_port,
            protocol: packet.protocol,
            version: packet.version,
            state,
            class_and_marks: packet.class as u8,
            last: packet.seen,
            end: packet.seen,
            sums: [[0; 2]; 3],
            tcp_flags: [0; 2],
            icmp,
            path: path.to_bits(),
            a_high: high(packet.a),
            b_high: high(packet.b),
            start: packet.seen,
            first: packet.seen,
            carried: [[0; 2]; 3],
        }
    }

    /// Counts a packet that belongs to the record.
    #[inline]
    pub(super) fn count(&mut self, packet: &Packet) {
        let way = usize::from(packet.from_b);
        if packet.seen < self.last {
            // The record began no later than its last packet was seen.
            self.start = self.start.min(packet.seen);
        }
        self.last = packet.seen;
        self.end = self.end.max(packet.seen);
        let mut carries = false;
        let more = [1, packet.ip_len, packet.wire_len];
        for (sum, more) in self.sums.iter_mut().zip(more) {
            let (low, carry) = sum[way].overflowing_add(more);
            sum[way] = low;
            carries |= carry;
        }
        if carries {
            self.carry(way, more);
        }
        self.tcp_flags[way] |= packet.tcp_flags;
        self.class_and_marks |= packet.marks << MARKS_SHIFT;
        if packet.tcp_flags & Packet::SYN == 0 {
            self.state &= !(ONLY_SYNS | LAST_SYN);
        } else {
            self.state |= LAST_SYN;
            if packet.opens() && self.state & (SYN_BY_A | SYN_BY_B) == 0 {
                self.state |= if packet.from_b { SYN_BY_B } else { SYN_BY_A };
            }
        }
    }

    /// Some sums went over 32 bits with what was added: those that are now less than that.
    #[cold]
    fn carry(&mut self, way: usize, added: [u32; 3]) {
        let sums = self.sums.iter().zip(&mut self.carried);
        for ((sum, carried), added) in sums.zip(added) {
            // Stays far below 64 bits: no record gets 2³² times as much as one packet.
            carried[way] += u32::from(sum[way] < added);
        }
    }

    #[inline]
    const fn sum(&self, which: usize, way: usize) -> u64 {
        self.sums[which][way] as u64 | (self.carried[which][way] as u64) << 32
    }

    /// Packets in one direction.
    pub(super) const fn packets(&self, way: usize) -> u64 {
        self.sum(0, way)
    }

    /// IP bytes of the innermost layer in one direction.
    pub(super) const fn bytes(&self, way: usize) -> u64 {
        self.sum(1, way)
    }

    /// Bytes on the wire in one direction.
    pub(super) const fn wire_bytes(&self, way: usize) -> u64 {
        self.sum(2, way)
    }

    /// Adds the piece that follows and belongs to the same record. Full destructuring, so that no
    /// field is forgotten.
    pub(super) fn append(&mut self, later: &Self) {
        let Self {
            a: _,
            b: _,
            a_port: _,
            b_port: _,
            protocol: _,
            version: _,
            state,
            class_and_marks,
            last,
            end,
            sums: _,
            tcp_flags,
            icmp: _,
            path: _,
            a_high: _,
            b_high: _,
            start,
            first: _,
            carried: _,
        } = *later;
        self.last = last;
        self.end = self.end.max(end);
        self.start = self.start.min(start);
        self.class_and_marks |= class_and_marks & !CLASS_BITS;
        if state & ONLY_SYNS == 0 {
            self.state &= !ONLY_SYNS;
        }
        self.state = self.state & !LAST_SYN | state & LAST_SYN;
        if self.state & (SYN_BY_A | SYN_BY_B) == 0 {
            self.state |= state & (SYN_BY_A | SYN_BY_B);
        }
        for way in [0, 1] {
            self.tcp_flags[way] |= tcp_flags[way];
            for which in 0..self.sums.len() {
                let sum = self.sum(which, way) + later.sum(which, way);
                self.sums[which][way] = sum as u32;
                self.carried[which][way] = (sum >> 32) as u32;
            }
        }
    }

    #[inline]
    pub(super) const fn key(&self) -> Key {
        Key {
            version: self.version,
            protocol: self.protocol,
            a: (address(self.a, self.a_high), self.a_port),
            b: (address(self.b, self.b_high), self.b_port),
        }
    }

    /// Whether this is the open record of the flow. Without a branch on the way but for IPv6.
    #[inline]
    pub(super) fn is_of(&self, key: &Key) -> bool {
        let is_low = (self.a == key.a.0 as u32)
            & (self.b == key.b.0 as u32)
            & (self.a_port == key.a.1)
            & (self.b_port == key.b.1)
            & (self.protocol == key.protocol)
            & (self.version == key.version);
        is_low && (key.version == IpVersion::V4 || self.is_of_high(key))
    }

    #[inline]
    fn is_of_high(&self, key: &Key) -> bool {
        (self.a_high == high(key.a.0)) & (self.b_high == high(key.b.0))
    }

    /// Starts reading what a packet of this version needs.
    #[inline]
    pub(super) fn prefetch(&self, version: IpVersion) {
        prefetch(&self.last);
        if version == IpVersion::V6 {
            prefetch(&self.first);
        }
    }

    /// Holds nothing but packets with SYN set (means nothing where the protocol is not TCP).
    pub(super) const fn only_syns(&self) -> bool {
        self.state & ONLY_SYNS != 0
    }

    /// The last packet in capture order had SYN set.
    #[inline]
    pub(super) const fn last_syn(&self) -> bool {
        self.state & LAST_SYN != 0
    }

    /// Begins with a SYN without ACK.
    pub(super) const fn opens(&self) -> bool {
        self.state & OPENS != 0
    }

    /// Nobody answered yet, as far as a record can tell.
    pub(super) const fn is_half_open(&self) -> bool {
        (self.protocol == 6 && self.only_syns()) || self.packets(0) + self.packets(1) == 1
    }

    /// Whether end b sent the first SYN without ACK; nothing if nobody did.
    pub(super) const fn syn_by_b(&self) -> Option<bool> {
        match self.state & (SYN_BY_A | SYN_BY_B) {
            0 => None,
            by => Some(by == SYN_BY_B),
        }
    }

    /// Whether end b sent the first packet.
    pub(super) const fn first_by_b(&self) -> bool {
        self.state & FIRST_BY_B != 0
    }

    pub(super) const fn icmp(&self) -> Option<(u8, u8)> {
        if self.state & HAS_ICMP == 0 {
            None
        } else {
            Some((self.icmp[0], self.icmp[1]))
        }
    }

    /// Class of the direction a → b.
    pub(super) fn class(&self) -> Class {
        let number = usize::from(self.class_and_marks & CLASS_BITS);
        // `begin` wrote a class there, and `read` refuses anything else.
        Class::ALL
            .get(number)
            .copied()
            .unwrap_or(Class::ForeignForeign)
    }

    pub(super) const fn marks(&self) -> u8 {
        self.class_and_marks >> MARKS_SHIFT
    }

    /// Writes all fields in little-endian order.
    pub(super) fn write(&self, out: &mut [u8; 128]) {
        let mut rest = out.as_mut_slice();
        let mut put = |bytes: &[u8]| {
            // The fields below are 128 bytes together, which a test holds.
            if let Some((here, after)) = std::mem::take(&mut rest).split_at_mut_checked(bytes.len())
            {
                here.copy_from_slice(bytes);
                rest = after;
            }
        };
        put(&self.a.to_le_bytes());
        put(&self.b.to_le_bytes());
        put(&self.a_port.to_le_bytes());
        put(&self.b_port.to_le_bytes());
        put(&[
            self.protocol,
            self.version as u8,
            self.state,
            self.class_and_marks,
        ]);
        put(&self.last.to_le_bytes());
        put(&self.end.to_le_bytes());
        put(&self.tcp_flags);
        put(&self.icmp);
        put(&self.path.to_le_bytes());
        put(&self.start.to_le_bytes());
        put(&self.first.to_le_bytes());
        let words = self.sums.iter().chain(&self.carried).flatten();
        for word in words.chain(&self.a_high).chain(&self.b_high) {
            put(&word.to_le_bytes());
        }
    }

    /// Back from [`Self::write`]; nothing if no record looks like that.
    pub(super) fn read(bytes: &[u8; 128]) -> Option<Self> {
        let mut at = bytes.as_slice();
        let entry = Self {
            a: u32::from_le_bytes(take(&mut at)?),
            b: u32::from_le_bytes(take(&mut at)?),
            a_port: u16::from_le_bytes(take(&mut at)?),
            b_port: u16::from_le_bytes(take(&mut at)?),
            protocol: u8::from_le_bytes(take(&mut at)?),
            version: match u8::from_le_bytes(take(&mut at)?) {
                4 => IpVersion::V4,
                6 => IpVersion::V6,
                _ => return None,
            },
            state: u8::from_le_bytes(take(&mut at)?),
            class_and_marks: u8::from_le_bytes(take(&mut at)?),
            last: u64::from_le_bytes(take(&mut at)?),
            end: u64::from_le_bytes(take(&mut at)?),
            tcp_flags: take(&mut at)?,
            icmp: take(&mut at)?,
            path: u32::from_le_bytes(take(&mut at)?),
            start: u64::from_le_bytes(take(&mut at)?),
            first: u64::from_le_bytes(take(&mut at)?),
            sums: [
                take_words(&mut at)?,
                take_words(&mut at)?,
                take_words(&mut at)?,
            ],
            carried: [
                take_words(&mut at)?,
                take_words(&mut at)?,
                take_words(&mut at)?,
            ],
            a_high: take_words(&mut at)?,
            b_high: take_words(&mut at)?,
        };
        let class = usize::from(entry.class_and_marks & CLASS_BITS);
        (class < Class::ALL.len()).then_some(entry)
    }
}

fn take<const N: usize>(at: &mut &[u8]) -> Option<[u8; N]> {
    let (here, after) = at.split_first_chunk()?;
    *at = after;
    Some(*here)
}

fn take_words<const N: usize>(at: &mut &[u8]) -> Option<[u32; N]> {
    let mut words = [0; N];
    for word in &mut words {
        *word = u32::from_le_bytes(take(at)?);
    }
    Some(words)
}

/// All but the low 32 bits of an address, lowest first.
#[inline]
const fn high(address: u128) -> [u32; 3] {
    [
        (address >> 32) as u32,
        (address >> 64) as u32,
        (address >> 96) as u32,
    ]
}

#[inline]
const fn address(low: u32, [one, two, three]: [u32; 3]) -> u128 {
    let upper = (three as u128) << 96 | (two as u128) << 64;
    upper | (one as u128) << 32 | low as u128
}
