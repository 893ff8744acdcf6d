//! The identity of a bidirectional flow, and its keyed hash.

use crate::gate::{Admitted, IpVersion, Transport};
use foldhash::SharedSeed;
use foldhash::quality::FoldHasher;
use std::hash::Hasher;

/// The identity of a flow: the same for both directions, the lower (address, port) end first.
///
/// Its order (version, protocol, lower end, higher end) is the order of records that start together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Of both ends.
    pub version: IpVersion,
    /// IANA protocol number.
    pub protocol: u8,
    /// The lower end: address (IPv4 in the low 32 bits) and port (0 where there is none).
    pub a: (u128, u16),
    /// The higher end, likewise.
    pub b: (u128, u16),
}

/// One admitted packet as the flow table sees it: canonical ends, and what it adds to a record.
#[derive(Clone, Copy)]
pub(super) struct Packet {
    pub(super) a: u128,
    pub(super) b: u128,
    pub(super) a_port: u16,
    pub(super) b_port: u16,
    pub(super) version: IpVersion,
    pub(super) protocol: u8,
    pub(super) seen: u64,
    pub(super) ip_len: u32,
    pub(super) wire_len: u32,
    pub(super) tcp_flags: u8,
    pub(super) marks: u8,
    /// ICMP type and code, if the packet has them.
    pub(super) icmp: Option<(u8, u8)>,
    /// Class of the direction a → b, whichever way this packet went.
    pub(super) class: crate::gate::Class,
    /// The sender is end b.
    pub(super) from_b: bool,
}

impl Packet {
    /// SYN bit of the TCP flags octet.
    pub(super) const SYN: u8 = 0x02;
    /// RST bit.
    pub(super) const RST: u8 = 0x04;
    /// FIN bit.
    pub(super) const FIN: u8 = 0x01;
    /// ACK bit.
    pub(super) const ACK: u8 = 0x10;

    /// Brings the ends into canonical order.
    #[inline(always)]
    pub(super) fn new(admitted: &Admitted) -> Self {
        let transport = admitted.transport();
        let has = |what| transport.has & what != 0;
        let (src_port, dst_port) = if has(Transport::PORTS) {
            (transport.src_port, transport.dst_port)
        } else {
            (0, 0)
        };
        let (src, dst) = (admitted.src(), admitted.dst());
        // Without a branch: which end is lower is anybody's guess.
        let from_b = (src > dst) | (src == dst) & (src_port > dst_port);
        let turn = u128::from(from_b).wrapping_neg();
        let (differ, ports_differ) = ((src ^ dst) & turn, (src_port ^ dst_port) & turn as u16);
        let (a, b) = (
            (src ^ differ, src_port ^ ports_differ),
            (dst ^ differ, dst_port ^ ports_differ),
        );
        let protocol = admitted.protocol();
        Self {
            a: a.0,
            b: b.0,
            a_port: a.1,
            b_port: b.1,
            version: admitted.version(),
            protocol,
            seen: admitted.seen().nanos(),
            ip_len: admitted.ip_len(),
            wire_len: admitted.wire_len(),
            tcp_flags: if protocol == 6 && has(Transport::TCP_FLAGS) {
                transport.tcp_flags
            } else {
                0
            },
            marks: admitted.marks(),
            icmp: has(Transport::ICMP).then_some((transport.icmp_type, transport.icmp_code)),
            class: if from_b {
                admitted.class().mirror()
            } else {
                admitted.class()
            },
            from_b,
        }
    }

    /// The flow it belongs to.
    #[inline]
    pub(super) const fn key(&self) -> Key {
        Key {
            version: self.version,
            protocol: self.protocol,
            a: (self.a, self.a_port),
            b: (self.b, self.b_port),
        }
    }

    /// Whether this is a TCP SYN without ACK: the sender opens a connection.
    #[inline]
    pub(super) const fn opens(&self) -> bool {
        self.tcp_flags & (Self::SYN | Self::ACK) == Self::SYN
    }
}

/// The secret of a run, expanded once.
pub(super) struct HashKey {
    shared: SharedSeed,
    seed: u64,
}

impl HashKey {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            shared: SharedSeed::from_u64(seed),
            // The two halves of the state must not be the same number.
            seed: seed.rotate_left(32) ^ 0x9e37_79b9_7f4a_7c15,
        }
    }

    /// The hash of a key: equal for both directions, different in every run.
    #[inline]
    pub(super) fn hash(&self, key: &Key) -> u64 {
        let mut hasher = FoldHasher::with_seed(self.seed, &self.shared);
        match key.version {
            IpVersion::V4 => {
                hasher.write_u64(u64::from(key.a.0 as u32) | u64::from(key.b.0 as u32) << 32);
            }
            IpVersion::V6 => {
                hasher.write_u64(key.a.0 as u64);
                hasher.write_u64((key.a.0 >> 64) as u64);
                hasher.write_u64(key.b.0 as u64);
                hasher.write_u64((key.b.0 >> 64) as u64);
            }
        }
        hasher.write_u64(
            u64::from(key.a.1)
                | u64::from(key.b.1) << 16
                | u64::from(key.protocol) << 32
                | (key.version as u64) << 40,
        );
        hasher.finish()
    }
}
