//! One open record: 128 bytes, two cache lines, both directions.

use super::key::{Key, Packet};
use super::paths::PathId;
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
/// The first 64 bytes hold what looking up and judging a packet reads, the rest what counting writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub(super) struct Entry {
    a: u128,
    b: u128,
    /// Time of the last packet in capture order.
    pub(super) last: u64,
    /// Latest time.
    pub(super) end: u64,
    pub(super) path: u32,
    a_port: u16,
    b_port: u16,
    protocol: u8,
    version: IpVersion,
    state: u8,
    /// Class of a → b in the low three bits, marks above.
    class_and_marks: u8,
    /// OR of all TCP flags.
    pub(super) tcp_flags: [u8; 2],
    icmp: [u8; 2],

    /// Earliest time.
    pub(super) start: u64,
    /// Time of the first packet in capture order.
    pub(super) first: u64,
    pub(super) packets: [u64; 2],
    /// IP bytes of the innermost layer.
    pub(super) bytes: [u64; 2],
    pub(super) wire_bytes: [u64; 2],
}

const _: () = assert!(size_of::<Entry>() == 128 && align_of::<Entry>() == 16);

impl Entry {
    /// A record that begins with this packet, and has not counted it yet.
    #[inline]
    pub(super) const fn begin(packet: &Packet, path: PathId) -> Self {
        let key = &packet.key;
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
            a: key.a.0,
            b: key.b.0,
            last: packet.seen,
            end: packet.seen,
            path: path.to_bits(),
            a_port: key.a.1,
            b_port: key.b.1,
            protocol: key.protocol,
            version: key.version,
            state,
            class_and_marks: packet.class as u8,
            tcp_flags: [0; 2],
            icmp,
            start: packet.seen,
            first: packet.seen,
            packets: [0; 2],
            bytes: [0; 2],
            wire_bytes: [0; 2],
        }
    }

    /// Counts a packet that belongs to the record. Sums stay far below 2⁶⁴: bytes of a packet have
    /// 32 bits.
    #[inline]
    pub(super) fn count(&mut self, packet: &Packet) {
        let way = usize::from(packet.from_b);
        self.last = packet.seen;
        self.end = self.end.max(packet.seen);
        self.start = self.start.min(packet.seen);
        self.packets[way] += 1;
        self.bytes[way] += u64::from(packet.ip_len);
        self.wire_bytes[way] += u64::from(packet.wire_len);
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

    /// Adds the piece that follows and belongs to the same record. Full destructuring, so that no
    /// field is forgotten.
    pub(super) fn append(&mut self, later: &Self) {
        let Self {
            a: _,
            b: _,
            last,
            end,
            path: _,
            a_port: _,
            b_port: _,
            protocol: _,
            version: _,
            state,
            class_and_marks,
            tcp_flags,
            icmp: _,
            start,
            first: _,
            packets,
            bytes,
            wire_bytes,
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
        for way in 0..2 {
            self.tcp_flags[way] |= tcp_flags[way];
            self.packets[way] += packets[way];
            self.bytes[way] += bytes[way];
            self.wire_bytes[way] += wire_bytes[way];
        }
    }

    #[inline]
    pub(super) const fn key(&self) -> Key {
        Key {
            version: self.version,
            protocol: self.protocol,
            a: (self.a, self.a_port),
            b: (self.b, self.b_port),
        }
    }

    /// Whether this is the open record of the flow. Without a branch on the way.
    #[inline]
    pub(super) fn is_of(&self, key: &Key) -> bool {
        (self.a == key.a.0)
            & (self.b == key.b.0)
            & (self.a_port == key.a.1)
            & (self.b_port == key.b.1)
            & (self.protocol == key.protocol)
            & (self.version == key.version)
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
        (self.protocol == 6 && self.only_syns()) || self.packets[0] + self.packets[1] == 1
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
        put(&self.last.to_le_bytes());
        put(&self.end.to_le_bytes());
        put(&self.path.to_le_bytes());
        put(&self.a_port.to_le_bytes());
        put(&self.b_port.to_le_bytes());
        put(&[
            self.protocol,
            self.version as u8,
            self.state,
            self.class_and_marks,
        ]);
        put(&self.tcp_flags);
        put(&self.icmp);
        put(&self.start.to_le_bytes());
        put(&self.first.to_le_bytes());
        for pair in [self.packets, self.bytes, self.wire_bytes] {
            for value in pair {
                put(&value.to_le_bytes());
            }
        }
    }

    /// Back from [`Self::write`]; nothing if no record looks like that.
    pub(super) fn read(bytes: &[u8; 128]) -> Option<Self> {
        let mut at = bytes.as_slice();
        let entry = Self {
            a: u128::from_le_bytes(take(&mut at)?),
            b: u128::from_le_bytes(take(&mut at)?),
            last: u64::from_le_bytes(take(&mut at)?),
            end: u64::from_le_bytes(take(&mut at)?),
            path: u32::from_le_bytes(take(&mut at)?),
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
            tcp_flags: take(&mut at)?,
            icmp: take(&mut at)?,
            start: u64::from_le_bytes(take(&mut at)?),
            first: u64::from_le_bytes(take(&mut at)?),
            packets: take_pair(&mut at)?,
            bytes: take_pair(&mut at)?,
            wire_bytes: take_pair(&mut at)?,
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

fn take_pair(at: &mut &[u8]) -> Option<[u64; 2]> {
    Some([u64::from_le_bytes(take(at)?), u64::from_le_bytes(take(at)?)])
}
