//! Counts frames by fate. Plain integers in each lane, added up at the end; every number that anyone
//! sees is a rendering of a tally. It holds no address and nothing made from one.

mod intervals;

pub use intervals::{Counts, Intervals};

use crate::fate::{Class, Fate, NetworkGroup, ProtocolGroup, Reason};
use std::ops::AddAssign;

/// Packets and their bytes on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Count {
    /// Packets.
    pub packets: u64,
    /// Bytes on the wire.
    pub bytes: u64,
}

impl Count {
    /// Both, added up; nothing where that is too much.
    #[must_use]
    pub const fn checked_plus(self, other: Self) -> Option<Self> {
        match (
            self.packets.checked_add(other.packets),
            self.bytes.checked_add(other.bytes),
        ) {
            (Some(packets), Some(bytes)) => Some(Self { packets, bytes }),
            _ => None,
        }
    }

    /// Both, added up; saturates.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            packets: self.packets.saturating_add(other.packets),
            bytes: self.bytes.saturating_add(other.bytes),
        }
    }
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        let Self { packets, bytes } = other;
        self.packets += packets;
        self.bytes += bytes;
    }
}

impl std::iter::Sum for Count {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |mut sum, count| {
            sum += count;
            sum
        })
    }
}

const NETWORKS: usize = NetworkGroup::ALL.len();
const PROTOCOLS: usize = ProtocolGroup::ALL.len();
const CELLS: usize = Fate::COUNT * NETWORKS * PROTOCOLS;

const OPENINGS: usize = Fate::COUNT * NETWORKS;

/// Frames and bytes by fate, IP version and protocol group, and TCP openings by fate and IP version.
#[derive(Clone, PartialEq, Eq)]
pub struct Tally {
    cells: Box<[Count; CELLS]>,
    openings: Box<[u64; OPENINGS]>,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            cells: Box::new([Count::default(); CELLS]),
            openings: Box::new([0; OPENINGS]),
        }
    }
}

impl Tally {
    /// Counts one frame.
    ///
    /// There is no place for an address:
    ///
    /// ```compile_fail,E0308
    /// use sekisho::fate::{Fate, NetworkGroup, ProtocolGroup, Reason};
    /// fn count(tally: &mut sekisho::tally::Tally, address: std::net::Ipv4Addr) {
    ///     let fate = Fate::Excluded(Reason::DomesticPair);
    ///     tally.count(fate, NetworkGroup::V4, ProtocolGroup::Tcp, address);
    /// }
    /// ```
    ///
    /// ```
    /// use sekisho::fate::{Fate, NetworkGroup, ProtocolGroup, Reason};
    /// fn count(tally: &mut sekisho::tally::Tally, wire_len: u32) {
    ///     let fate = Fate::Excluded(Reason::DomesticPair);
    ///     tally.count(fate, NetworkGroup::V4, ProtocolGroup::Tcp, wire_len);
    /// }
    /// ```
    #[inline]
    pub fn count(
        &mut self,
        fate: Fate,
        network: NetworkGroup,
        protocol: ProtocolGroup,
        wire_len: u32,
    ) {
        let cell = &mut self.cells[index(fate, network, protocol)];
        cell.packets += 1;
        cell.bytes += u64::from(wire_len);
    }

    /// Counts a TCP segment with SYN and without ACK, beside [`Tally::count`]: about as many connections
    /// were asked for, and nothing tells whose.
    #[inline]
    pub fn count_opening(&mut self, fate: Fate, network: NetworkGroup) {
        self.openings[fate.index() * NETWORKS + network as usize] += 1;
    }

    /// Adds to a cell what was counted elsewhere, with the TCP openings among it.
    fn add(
        &mut self,
        fate: Fate,
        network: NetworkGroup,
        protocol: ProtocolGroup,
        count: Count,
        openings: u64,
    ) {
        self.cells[index(fate, network, protocol)] += count;
        self.openings[fate.index() * NETWORKS + network as usize] += openings;
    }

    /// TCP openings that ended in one fate, of one IP version.
    #[must_use]
    pub fn openings(&self, fate: Fate, network: NetworkGroup) -> u64 {
        self.openings[fate.index() * NETWORKS + network as usize]
    }

    /// What ended in one cell.
    #[must_use]
    pub fn cell(&self, fate: Fate, network: NetworkGroup, protocol: ProtocolGroup) -> Count {
        self.cells[index(fate, network, protocol)]
    }

    /// What ended in one fate.
    #[must_use]
    pub fn fate(&self, fate: Fate) -> Count {
        let start = fate.index() * NETWORKS * PROTOCOLS;
        self.cells[start..start + NETWORKS * PROTOCOLS]
            .iter()
            .copied()
            .sum()
    }

    /// What was admitted, in all classes.
    #[must_use]
    pub fn admitted(&self) -> Count {
        Class::ALL
            .into_iter()
            .map(|class| self.fate(Fate::Admitted(class)))
            .sum()
    }

    /// What was excluded, for all reasons.
    #[must_use]
    pub fn excluded(&self) -> Count {
        Reason::ALL
            .into_iter()
            .map(|reason| self.fate(Fate::Excluded(reason)))
            .sum()
    }
}

impl AddAssign<&Self> for Tally {
    fn add_assign(&mut self, other: &Self) {
        let Self { cells, openings } = other;
        for (cell, more) in self.cells.iter_mut().zip(cells.iter()) {
            *cell += *more;
        }
        for (count, more) in self.openings.iter_mut().zip(openings.iter()) {
            *count += more;
        }
    }
}

/// Below [`CELLS`] by construction: the three parts are dense and their product is its length.
#[inline]
const fn index(fate: Fate, network: NetworkGroup, protocol: ProtocolGroup) -> usize {
    (fate.index() * NETWORKS + network as usize) * PROTOCOLS + protocol as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fate_has_cells_of_its_own_and_the_sums_close() {
        let mut tally = Tally::default();
        let fates = Class::ALL
            .into_iter()
            .map(Fate::Admitted)
            .chain(Reason::ALL.into_iter().map(Fate::Excluded));
        let mut expected = Count::default();
        for (position, fate) in fates.clone().enumerate() {
            for network in NetworkGroup::ALL {
                for protocol in ProtocolGroup::ALL {
                    let bytes = position as u32 + 60;
                    tally.count(fate, network, protocol, bytes);
                    expected += Count {
                        packets: 1,
                        bytes: u64::from(bytes),
                    };
                }
            }
        }
        for fate in fates {
            assert_eq!(tally.fate(fate).packets, (NETWORKS * PROTOCOLS) as u64);
        }
        let mut sum = tally.admitted();
        sum += tally.excluded();
        assert_eq!(sum, expected);
    }

    #[test]
    fn adding_tallies_adds_every_cell() {
        let mut one = Tally::default();
        let fate = Fate::Excluded(Reason::Fragment);
        one.count(fate, NetworkGroup::V6, ProtocolGroup::Udp, 1500);
        let mut two = one.clone();
        two += &one;
        assert_eq!(
            two.cell(fate, NetworkGroup::V6, ProtocolGroup::Udp),
            Count {
                packets: 2,
                bytes: 3000
            }
        );
        assert_eq!(two.admitted(), Count::default());
    }
}
