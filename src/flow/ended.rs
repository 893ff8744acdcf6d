//! A record that will not grow, except by joining with its neighbour.

use super::Settings;
use super::boundary::{Rule, Seam};
use super::entry::Entry;
use super::key::{Key, Packet};
use super::paths::PathId;
use crate::gate::{Class, IpVersion};
use crate::time::Timestamp;

/// Length of [`Ended::to_bytes`], in bytes.
pub const ENDED_LEN: usize = 137;

const SUPERSEDED: u8 = 1;
const EVICTED: u8 = 2;
const EPOCH: u8 = 4;

/// How the initiator of a record was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Initiator {
    /// It sent the first SYN without ACK.
    Syn,
    /// It sent the first packet that was seen.
    FirstSeen,
}

/// Why a record ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndReason {
    /// No packet for the idle timeout.
    Idle,
    /// Its active slot ended.
    Active,
    /// A RST, a FIN from both sides, or a new connection between the same ends.
    TcpEnd,
    /// The input ended first.
    EndOfInput,
    /// The country table or the policy was replaced, or the clock set back (live capture only).
    Epoch,
    /// The flow table was full.
    Evicted,
}

impl EndReason {
    /// The stable id in records.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Active => "active",
            Self::TcpEnd => "tcp_end",
            Self::EndOfInput => "end_of_input",
            Self::Epoch => "epoch",
            Self::Evicted => "evicted",
        }
    }
}

/// One end of a record, and what it sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Side {
    /// Address; IPv4 in the low 32 bits.
    pub address: u128,
    /// Port; 0 where there is none.
    pub port: u16,
    /// Packets sent.
    pub packets: u64,
    /// IP total lengths of the innermost layer, in bytes.
    pub bytes: u64,
    /// Frame lengths on the wire, in bytes.
    pub wire_bytes: u64,
    /// OR of all TCP flags.
    pub tcp_flags: u8,
}

/// A record, or a piece of one, that has left the flow table. Plain data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    pub(super) entry: Entry,
    pub(super) order: u64,
    pub(super) how: u8,
}

impl Ended {
    pub(super) const fn new(entry: Entry, order: u64) -> Self {
        Self {
            entry,
            order,
            how: 0,
        }
    }

    pub(super) const fn evicted(mut self) -> Self {
        self.how |= EVICTED;
        self
    }

    pub(super) const fn by_epoch(mut self) -> Self {
        self.how |= EPOCH;
        self
    }

    pub(super) const fn superseded(mut self) -> Self {
        self.how |= SUPERSEDED;
        self
    }

    /// The flow it is of.
    #[must_use]
    pub const fn key(&self) -> Key {
        self.entry.key()
    }

    /// Place in the order in which tables let go of the pieces of one flow, which is capture order.
    #[must_use]
    pub const fn order(&self) -> u64 {
        self.order
    }

    /// IP version of both ends.
    #[must_use]
    pub const fn version(&self) -> IpVersion {
        self.entry.key().version
    }

    /// IANA protocol number.
    #[must_use]
    pub const fn protocol(&self) -> u8 {
        self.entry.key().protocol
    }

    /// Earliest packet time.
    #[must_use]
    pub const fn start(&self) -> Timestamp {
        Timestamp::from_nanos(self.entry.start)
    }

    /// Latest packet time.
    #[must_use]
    pub const fn end(&self) -> Timestamp {
        Timestamp::from_nanos(self.entry.end)
    }

    /// How [`Self::src`] was chosen.
    #[must_use]
    pub const fn initiator(&self) -> Initiator {
        match self.entry.syn_by_b() {
            Some(_) => Initiator::Syn,
            None => Initiator::FirstSeen,
        }
    }

    const fn src_is_b(&self) -> bool {
        match self.entry.syn_by_b() {
            Some(by_b) => by_b,
            None => self.entry.first_by_b(),
        }
    }

    /// The initiator.
    #[must_use]
    pub const fn src(&self) -> Side {
        self.side(self.src_is_b())
    }

    /// The other end.
    #[must_use]
    pub const fn dst(&self) -> Side {
        self.side(!self.src_is_b())
    }

    const fn side(&self, b: bool) -> Side {
        let key = self.entry.key();
        let (address, port) = if b { key.b } else { key.a };
        let way = b as usize;
        Side {
            address,
            port,
            packets: self.entry.packets(way),
            bytes: self.entry.bytes(way),
            wire_bytes: self.entry.wire_bytes(way),
            tcp_flags: self.entry.tcp_flags[way],
        }
    }

    /// Class of the direction src → dst.
    #[must_use]
    pub fn class(&self) -> Class {
        let class = self.entry.class();
        if self.src_is_b() {
            class.mirror()
        } else {
            class
        }
    }

    /// ICMP type and code of the first packet, if it had them.
    #[must_use]
    pub const fn icmp(&self) -> Option<(u8, u8)> {
        self.entry.icmp()
    }

    /// Marks of all packets together: those of [`Admitted`](crate::gate::Admitted).
    #[must_use]
    pub const fn marks(&self) -> u8 {
        self.entry.marks()
    }

    /// The way that the first packet came.
    #[must_use]
    pub const fn path(&self) -> PathId {
        PathId::from_bits(self.entry.path)
    }

    /// Whether it is of TCP, and an end acknowledged what the other sent.
    #[must_use]
    pub const fn acknowledges(&self) -> bool {
        let [a, b] = self.entry.tcp_flags;
        self.entry.key().protocol == 6 && (a | b) & Packet::ACK != 0
    }

    /// Whether packets of one direction only were seen.
    #[must_use]
    pub const fn is_one_way(&self) -> bool {
        self.entry.packets(0) == 0 || self.entry.packets(1) == 0
    }

    /// Packets of both directions.
    #[must_use]
    pub const fn packets(&self) -> u64 {
        self.entry.packets(0) + self.entry.packets(1)
    }

    /// IP bytes of both directions.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.entry.bytes(0) + self.entry.bytes(1)
    }

    /// Wire bytes of both directions.
    #[must_use]
    pub const fn wire_bytes(&self) -> u64 {
        self.entry.wire_bytes(0) + self.entry.wire_bytes(1)
    }

    /// Whether a full table let it go.
    #[must_use]
    pub const fn was_evicted(&self) -> bool {
        self.how & EVICTED != 0
    }

    /// Why it ended, in a run whose latest frame was seen at `run_end`.
    #[must_use]
    pub fn end_reason(&self, settings: &Settings, run_end: Timestamp) -> EndReason {
        let [a, b] = self.entry.tcp_flags;
        if self.was_evicted() {
            EndReason::Evicted
        } else if (a | b) & Packet::RST != 0
            || a & b & Packet::FIN != 0
            || self.how & SUPERSEDED != 0
        {
            EndReason::TcpEnd
        } else {
            let (by_idle, by_slot) = Rule::new(settings).deadlines(self.entry.last);
            if by_idle.min(by_slot) > run_end.nanos() {
                if self.how & EPOCH == 0 {
                    EndReason::EndOfInput
                } else {
                    EndReason::Epoch
                }
            } else if by_idle <= by_slot {
                EndReason::Idle
            } else {
                EndReason::Active
            }
        }
    }

    /// Joins with the piece of the same flow that follows in capture order, if the rule says that
    /// they are one record: then this one is both. Otherwise this one has ended, and the answer is
    /// false. What was evicted joins nothing after it.
    pub fn join(&mut self, later: &Self, settings: &Settings) -> bool {
        if self.was_evicted() || self.key() != later.key() {
            return false;
        }
        match self.seam(&later.entry, &mut Rule::new(settings)) {
            Seam::Joins => {
                self.entry.append(&later.entry);
                self.how |= later.how;
                true
            }
            Seam::Superseded => {
                self.how |= SUPERSEDED;
                false
            }
            Seam::Apart => false,
        }
    }

    fn seam(&self, later: &Entry, rule: &mut Rule) -> Seam {
        let Entry { last, .. } = self.entry;
        rule.seam(last, self.entry.last_syn(), later.first, later.opens())
    }

    /// The same piece at another place in the order, under another number of its path: of a run of which its
    /// own was a part.
    #[must_use]
    pub const fn placed(mut self, order: u64, path: PathId) -> Self {
        self.order = order;
        self.entry.path = path.to_bits();
        self
    }

    /// Whether a replay can have given this: it may come from a file.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let Entry {
            start,
            end,
            first,
            last,
            ..
        } = self.entry;
        let key = self.key();
        let within = |seen| start <= seen && seen <= end;
        let fits = |address: u128| match key.version {
            IpVersion::V4 => address <= u128::from(u32::MAX),
            IpVersion::V6 => true,
        };
        // No bytes without a packet.
        let adds_up = |way: usize| {
            let bytes = self.entry.bytes(way).max(self.entry.wire_bytes(way));
            self.entry.packets(way) > 0 || bytes == 0
        };
        self.how & !(SUPERSEDED | EVICTED) == 0
            && adds_up(0)
            && adds_up(1)
            && within(first)
            && within(last)
            && key.a <= key.b
            && fits(key.a.0)
            && fits(key.b.0)
            && self.entry.packets(0).checked_add(self.entry.packets(1)) > Some(0)
    }

    /// Packets, IP bytes and wire bytes of both directions; nothing where that is too much.
    #[must_use]
    pub fn checked_sums(&self) -> Option<[u64; 3]> {
        let entry = &self.entry;
        Some([
            entry.packets(0).checked_add(entry.packets(1))?,
            entry.bytes(0).checked_add(entry.bytes(1))?,
            entry.wire_bytes(0).checked_add(entry.wire_bytes(1))?,
        ])
    }

    /// A fixed-size form, for spilling to a temporary file of the same run.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; ENDED_LEN] {
        let mut bytes = [0; ENDED_LEN];
        if let Some((entry, rest)) = bytes.split_first_chunk_mut::<128>() {
            self.entry.write(entry);
            if let Some((order, how)) = rest.split_first_chunk_mut::<8>() {
                *order = self.order.to_le_bytes();
                how.fill(self.how);
            }
        }
        bytes
    }

    /// Back from [`Self::to_bytes`]; nothing if no record looks like that.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; ENDED_LEN]) -> Option<Self> {
        let (entry, rest) = bytes.split_first_chunk::<128>()?;
        let (order, how) = rest.split_first_chunk::<8>()?;
        Some(Self {
            entry: Entry::read(entry)?,
            order: u64::from_le_bytes(*order),
            how: *how.first()?,
        })
    }
}
