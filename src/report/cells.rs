//! The counts of a report, by bucket, fate, IP version and protocol group: the only place from which a
//! figure of packets, bytes or openings is made, and where small cells are left out.
//!
//! In a published report every figure, sums included, is added up from the cells that are large enough, and
//! from nothing else. So it cannot depend on what is left out, and no subtraction can bring it back.

use std::collections::BTreeMap;

use super::figures::{Alone, Figure, SMALL_CELL};
use super::window::floor;
use crate::fate::{Class, Fate, NetworkGroup, ProtocolGroup, Reason};
use crate::ledger::{Cell, Interval};
use crate::tally::Count;
use crate::time::Timestamp;

/// Which cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// The begin of its bucket.
    pub(super) bucket: Timestamp,
    fate: usize,
    network: usize,
    protocol: usize,
}

impl Place {
    pub(super) fn fate(self) -> Fate {
        FATES[self.fate]
    }

    pub(super) fn is_kept(self) -> bool {
        matches!(self.fate(), Fate::Admitted(_))
    }

    pub(super) const fn network(self) -> NetworkGroup {
        NetworkGroup::ALL[self.network]
    }

    pub(super) const fn protocol(self) -> ProtocolGroup {
        ProtocolGroup::ALL[self.protocol]
    }
}

/// By [`Fate::index`].
static FATES: std::sync::LazyLock<Vec<Fate>> = std::sync::LazyLock::new(|| {
    let classes = Class::ALL.into_iter().map(Fate::Admitted);
    classes
        .chain(Reason::ALL.into_iter().map(Fate::Excluded))
        .collect()
});

#[derive(Debug, Clone, Copy, Default)]
struct Counted {
    packets: u64,
    bytes: u64,
    openings: u64,
}

/// The counts of the intervals of a report.
#[derive(Debug)]
pub(super) struct Cells {
    width: u64,
    publish: bool,
    cells: BTreeMap<Place, Counted>,
    dropped: BTreeMap<Timestamp, u64>,
    /// As the sources delivered them.
    frames: Count,
    /// How many were added.
    pub(super) intervals: u64,
}

impl Cells {
    /// Empty, with buckets of so many seconds.
    pub(super) const fn new(width: u64, publish: bool) -> Self {
        Self {
            width,
            publish,
            cells: BTreeMap::new(),
            dropped: BTreeMap::new(),
            frames: Count {
                packets: 0,
                bytes: 0,
            },
            intervals: 0,
        }
    }

    /// Adds an interval, to the bucket in which it begins.
    pub(super) fn add(&mut self, interval: &Interval) {
        let bucket = floor(interval.from.0, self.width);
        self.intervals += 1;
        self.frames = self.frames.plus(interval.frames);
        let dropped = self.dropped.entry(bucket).or_default();
        *dropped = dropped.saturating_add(interval.kernel_dropped);
        for cell in &interval.cells {
            // A cell that names nothing is no part of any figure: the sum does not close then, and the check
            // of the ledger says where.
            let Some(place) = place(bucket, cell) else {
                continue;
            };
            let counted = self.cells.entry(place).or_default();
            counted.packets = counted.packets.saturating_add(cell.packets);
            counted.bytes = counted.bytes.saturating_add(cell.bytes);
            counted.openings = counted.openings.saturating_add(cell.openings);
        }
    }

    /// Frames and bytes that the sources delivered and no cell holds, or the other way round.
    pub(super) fn unaccounted(&self) -> Count {
        let cells = self.cells.values().fold(Count::default(), |sum, cell| {
            sum.plus(Count {
                packets: cell.packets,
                bytes: cell.bytes,
            })
        });
        Count {
            packets: cells.packets.abs_diff(self.frames.packets),
            bytes: cells.bytes.abs_diff(self.frames.bytes),
        }
    }

    /// The figures of groups of cells; a cell without a group is in none.
    pub(super) fn grouped<K: Ord>(
        &self,
        group: impl Fn(Place) -> Option<K>,
    ) -> BTreeMap<K, Figure> {
        let mut out: BTreeMap<K, Figure> = BTreeMap::new();
        for (place, counted) in &self.cells {
            if let Some(key) = group(*place) {
                self.count(out.entry(key).or_default(), *place, *counted);
            }
        }
        out
    }

    /// The figure of all cells that are asked for.
    pub(super) fn figure(&self, wanted: impl Fn(Place) -> bool) -> Figure {
        let mut all = self.grouped(|place| wanted(place).then_some(()));
        all.remove(&()).unwrap_or_default()
    }

    /// What the kernel dropped, by groups of buckets.
    pub(super) fn dropped(
        &self,
        group: impl Fn(Timestamp) -> Timestamp,
    ) -> BTreeMap<Timestamp, Alone> {
        let mut out: BTreeMap<Timestamp, Alone> = BTreeMap::new();
        for (bucket, dropped) in &self.dropped {
            let alone = out.entry(group(*bucket)).or_default();
            if self.publish && is_small(*dropped) {
                alone.small += 1;
            } else {
                alone.count = alone.count.saturating_add(*dropped);
            }
        }
        out
    }

    fn count(&self, figure: &mut Figure, place: Place, cell: Counted) {
        let Counted {
            packets,
            bytes,
            openings,
        } = cell;
        if self.publish && is_small(packets) {
            figure.small += 1;
            // Whether it had openings is left out, too.
            figure.small_openings += u64::from(place.protocol() == ProtocolGroup::Tcp);
            return;
        }
        figure.packets = figure.packets.saturating_add(packets);
        figure.bytes = figure.bytes.saturating_add(bytes);
        if self.publish && is_small(openings) {
            figure.small_openings += 1;
        } else {
            figure.openings = figure.openings.saturating_add(openings);
        }
    }
}

/// Whether a count says too much of too few.
pub(super) const fn is_small(count: u64) -> bool {
    0 < count && count < SMALL_CELL
}

fn place(bucket: Timestamp, cell: &Cell) -> Option<Place> {
    let fate = cell.fate()?.index();
    let network = NetworkGroup::ALL
        .iter()
        .position(|group| group.id() == cell.ip)?;
    let protocol = ProtocolGroup::ALL
        .iter()
        .position(|group| group.id() == cell.protocol)?;
    Some(Place {
        bucket,
        fate,
        network,
        protocol,
    })
}
