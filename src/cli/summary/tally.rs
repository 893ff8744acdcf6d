//! What records add up to: totals, and the largest of what there may be too many of to keep.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::net::IpAddr;
use std::ops::AddAssign;

use serde::Serialize;

use super::By;
use crate::export::{ClassName, EndReasonName, Mark, PlaceName, Recorded, RecordedEnd};
use crate::geo::CountryCode;
use crate::time::Timestamp;

/// Keys that each of the lists keeps at once. *Guessed*: at 80 bytes each, an address list takes 80 MiB.
pub(super) const KEPT: usize = 1 << 20;

/// Records, and what is in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub(super) struct Sums {
    /// Records.
    pub(super) flows: u64,
    /// Packets of both directions.
    pub(super) packets: u64,
    /// Wire bytes of these.
    pub(super) bytes: u64,
}

impl Sums {
    fn of(record: &Recorded) -> Self {
        Self {
            flows: 1,
            packets: record.src.packets.saturating_add(record.dst.packets),
            bytes: record.src.wire_bytes.saturating_add(record.dst.wire_bytes),
        }
    }

    /// The one that is asked for.
    pub(super) const fn by(&self, by: By) -> u64 {
        match by {
            By::Bytes => self.bytes,
            By::Packets => self.packets,
            By::Flows => self.flows,
        }
    }
}

impl AddAssign for Sums {
    fn add_assign(&mut self, more: Self) {
        let Self {
            flows,
            packets,
            bytes,
        } = more;
        self.flows = self.flows.saturating_add(flows);
        self.packets = self.packets.saturating_add(packets);
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

/// Sums by key, of which the smallest are dropped when there are too many.
pub(super) struct Largest<K> {
    sums: HashMap<K, Sums>,
    kept: usize,
    by: By,
    /// No sum is too small by more than this, in the unit that is asked for: what the largest that were dropped
    /// had, of each time added up.
    pub(super) error: u64,
}

impl<K: Ord + Hash + Copy> Largest<K> {
    pub(super) fn new(by: By, kept: usize) -> Self {
        Self {
            sums: HashMap::new(),
            kept: kept.max(2),
            by,
            error: 0,
        }
    }

    fn add(&mut self, key: K, sums: Sums) {
        if self.sums.len() >= self.kept && !self.sums.contains_key(&key) {
            self.drop_smaller_half();
        }
        *self.sums.entry(key).or_default() += sums;
    }

    /// In an order that depends on nothing but keys and sums.
    fn drop_smaller_half(&mut self) {
        let mut all = self.sorted();
        let dropped = all.split_off(self.kept / 2);
        let largest = dropped.first().map_or(0, |(_, sums)| sums.by(self.by));
        self.error = self.error.saturating_add(largest);
        self.sums = all.into_iter().collect();
    }

    /// All that are kept, the largest first.
    pub(super) fn sorted(&self) -> Vec<(K, Sums)> {
        let mut all: Vec<_> = self.sums.iter().map(|(key, sums)| (*key, *sums)).collect();
        all.sort_unstable_by(|(a, sums_a), (b, sums_b)| {
            let by = self.by;
            sums_b.by(by).cmp(&sums_a.by(by)).then_with(|| a.cmp(b))
        });
        all
    }
}

/// What a flow was to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Service {
    /// A port of the destination.
    Port(u8, u16),
    /// A type of ICMP.
    Icmp(u8, u8),
    /// A protocol without ports, or a port that was not seen.
    Bare(u8),
}

/// An address, and where it was said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Talker {
    pub(super) ip: IpAddr,
    pub(super) country: Option<[u8; 2]>,
}

/// What all records add up to.
pub(super) struct Tally {
    pub(super) whole: Sums,
    /// IP bytes of the innermost layers.
    pub(super) ip_bytes: u64,
    /// Earliest start and latest end.
    pub(super) span: Option<(Timestamp, Timestamp)>,
    pub(super) classes: [Sums; ClassName::ALL.len()],
    /// Either end; a record between two of one country counts once.
    pub(super) countries: BTreeMap<Option<[u8; 2]>, Sums>,
    pub(super) abroad: Largest<Talker>,
    pub(super) home: Largest<Talker>,
    pub(super) undetermined: Largest<Talker>,
    pub(super) services: Largest<Service>,
    pub(super) protocols: BTreeMap<u8, Sums>,
    pub(super) flags: [Sums; Mark::ALL.len()],
    pub(super) end_reasons: [Sums; EndReasonName::ALL.len()],
}

impl Tally {
    pub(super) fn new(by: By, kept: usize) -> Self {
        Self {
            whole: Sums::default(),
            ip_bytes: 0,
            span: None,
            classes: Default::default(),
            countries: BTreeMap::new(),
            abroad: Largest::new(by, kept),
            home: Largest::new(by, kept),
            undetermined: Largest::new(by, kept),
            services: Largest::new(by, kept),
            protocols: BTreeMap::new(),
            flags: Default::default(),
            end_reasons: Default::default(),
        }
    }

    pub(super) fn add(&mut self, record: &Recorded) {
        let sums = Sums::of(record);
        let (src, dst) = (&record.src, &record.dst);
        self.whole += sums;
        self.ip_bytes = self
            .ip_bytes
            .saturating_add(src.bytes)
            .saturating_add(dst.bytes);
        let (first, last) = self.span.unwrap_or((record.start, record.end));
        self.span = Some((first.min(record.start), last.max(record.end)));
        for (class, all) in ClassName::ALL.iter().zip(&mut self.classes) {
            if *class == record.class {
                *all += sums;
            }
        }
        let (from, to) = (letters(src), letters(dst));
        *self.countries.entry(from).or_default() += sums;
        if from != to {
            *self.countries.entry(to).or_default() += sums;
        }
        for end in [src, dst] {
            let talkers = match end.place {
                PlaceName::Foreign => &mut self.abroad,
                PlaceName::Domestic => &mut self.home,
                PlaceName::Undetermined => &mut self.undetermined,
            };
            let (ip, country) = (end.ip, letters(end));
            talkers.add(Talker { ip, country }, sums);
        }
        let service = match (record.protocol, record.icmp) {
            (1 | 58, Some((kind, _))) => Service::Icmp(record.protocol, kind),
            (protocol, None) if dst.port != 0 => Service::Port(protocol, dst.port),
            (protocol, _) => Service::Bare(protocol),
        };
        self.services.add(service, sums);
        *self.protocols.entry(record.protocol).or_default() += sums;
        for (mark, all) in Mark::ALL.iter().zip(&mut self.flags) {
            if record.flags.contains(mark) {
                *all += sums;
            }
        }
        for (reason, all) in EndReasonName::ALL.iter().zip(&mut self.end_reasons) {
            if *reason == record.end_reason {
                *all += sums;
            }
        }
    }
}

fn letters(end: &RecordedEnd) -> Option<[u8; 2]> {
    end.country
        .as_ref()
        .map(CountryCode::as_str)
        .and_then(|code| code.as_bytes().try_into().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_are_kept_and_no_sum_is_wrong_by_more_than_is_said() {
        let by = By::Bytes;
        let mut largest = Largest::new(by, 64);
        let mut exact: HashMap<u64, u64> = HashMap::new();
        for nth in 0..20_000_u64 {
            // One in four to ten that come again and again, the others to keys that come seldom.
            let key = match nth % 4 {
                0 => nth / 4 % 10,
                _ => 10 + nth.wrapping_mul(0x9e37_79b9) % 5_000,
            };
            let bytes = 100 + nth % 7;
            *exact.entry(key).or_default() += bytes;
            largest.add(
                key,
                Sums {
                    flows: 1,
                    packets: 1,
                    bytes,
                },
            );
            assert!(largest.sums.len() <= 64);
        }
        assert!(largest.error > 0);
        let sorted = largest.sorted();
        for (key, sums) in &sorted {
            assert!(sums.bytes <= exact[key] && exact[key] - sums.bytes <= largest.error);
        }
        let mut top: Vec<u64> = sorted.iter().take(10).map(|(key, _)| *key).collect();
        top.sort_unstable();
        assert_eq!(top, (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn below_the_bound_all_sums_are_exact_and_ties_stand_in_the_order_of_keys() {
        let mut largest = Largest::new(By::Flows, 10);
        for key in [5, 3, 9, 3, 1] {
            let sums = Sums {
                flows: 1,
                ..Sums::default()
            };
            largest.add(key, sums);
        }
        assert_eq!(largest.error, 0);
        let order: Vec<_> = largest.sorted().iter().map(|(key, _)| *key).collect();
        assert_eq!(order, [3, 1, 5, 9]);
    }
}
