//! What is authorised when: a function of packet time, so that what passes depends on no clock, no lane
//! and no order of packets.

use super::policy::Authorisation;
use crate::time::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Classes authorised for a time, and for a volume if there is a meter.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The classes.
    pub classes: Authorisation,
    /// From when on.
    pub not_before: Timestamp,
    /// Until when, itself not included.
    pub not_after: Timestamp,
    /// What limits how much is admitted under it.
    pub meter: Option<Arc<Meter>>,
}

impl Grant {
    fn is_in_force_at(&self, seen: Timestamp) -> bool {
        self.not_before <= seen && seen < self.not_after
    }
}

/// A stretch of packet time in which the same is authorised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    /// Its first nanosecond.
    pub first: u64,
    /// Its last one.
    pub last: u64,
    pub authorisation: Authorisation,
    /// The table is too old to prove anybody foreign.
    pub is_stale: bool,
    /// Something in force has a meter.
    pub is_metered: bool,
}

/// What is authorised at every moment.
///
/// An interface has grants of its own, and a lane does not know on which interface a packet came in: a
/// class is authorised while it is on every one of them.
#[derive(Debug)]
pub struct Schedule {
    /// In order; together all of packet time.
    spans: Vec<Span>,
    /// By interface, in the order in which they are charged.
    interfaces: Vec<Vec<Grant>>,
}

impl Schedule {
    /// A schedule of what `limit` and, on each of the interfaces, some grant in force authorise. After
    /// `fresh_until` nobody is provably foreign (rules §3). Without an interface nothing is authorised.
    #[must_use]
    pub fn new(
        limit: Authorisation,
        interfaces: Vec<Vec<Grant>>,
        fresh_until: Option<Timestamp>,
    ) -> Self {
        let grants = || interfaces.iter().flatten();
        let stale_from = fresh_until.and_then(|until| until.nanos().checked_add(1));
        let mut firsts: Vec<u64> = grants()
            .flat_map(|grant| [grant.not_before.nanos(), grant.not_after.nanos()])
            .chain(stale_from)
            .chain([0])
            .collect();
        firsts.sort_unstable();
        firsts.dedup();
        let mut spans: Vec<Span> = Vec::with_capacity(firsts.len());
        for first in firsts {
            let seen = Timestamp::from_nanos(first);
            let in_force = |grant: &&Grant| grant.is_in_force_at(seen);
            let span = Span {
                first,
                last: u64::MAX,
                authorisation: authorised(limit, &interfaces, seen),
                is_stale: stale_from.is_some_and(|from| first >= from),
                is_metered: grants().filter(in_force).any(|grant| grant.meter.is_some()),
            };
            match spans.last_mut() {
                Some(before) if before.goes_on_as(&span) => {}
                Some(before) => {
                    before.last = first - 1;
                    spans.push(span);
                }
                None => spans.push(span),
            }
        }
        Self { spans, interfaces }
    }

    /// The span of a moment.
    pub(super) fn at(&self, seen: Timestamp) -> Span {
        let after = self
            .spans
            .partition_point(|span| span.first <= seen.nanos());
        // The first span begins with time.
        let span = after.checked_sub(1).and_then(|at| self.spans.get(at));
        span.copied().unwrap_or(Span::NOTHING)
    }

    /// Every class that is authorised at some time.
    pub(super) fn ever(&self) -> Authorisation {
        let spans = self.spans.iter();
        spans.fold(Authorisation::NONE, |ever, span| {
            ever.or(span.authorisation)
        })
    }

    /// Charges a packet that could belong to `classes` to what authorises it: on each interface and for
    /// each class to the first grant that has room, to each grant once. False, and nothing is charged, if
    /// there is none.
    pub(super) fn charge(&self, seen: Timestamp, classes: Authorisation, wire_len: u32) -> bool {
        // Every failure uses up a meter for good: it ends.
        'choice: loop {
            let mut chosen: Vec<&Meter> = Vec::new();
            for grants in &self.interfaces {
                for class in classes.each() {
                    let grant = grants.iter().find(|grant| {
                        grant.is_in_force_at(seen)
                            && grant.classes.covers(class)
                            && !grant.meter.as_ref().is_some_and(|meter| meter.is_used_up())
                    });
                    let Some(grant) = grant else { return false };
                    if let Some(meter) = grant.meter.as_deref()
                        && !chosen.iter().any(|other| std::ptr::eq(*other, meter))
                    {
                        chosen.push(meter);
                    }
                }
            }
            for (at, meter) in chosen.iter().enumerate() {
                if !meter.take(wire_len) {
                    for meter in &chosen[..at] {
                        meter.give_back(wire_len);
                    }
                    continue 'choice;
                }
            }
            return true;
        }
    }
}

impl Span {
    const NOTHING: Self = Self {
        first: 0,
        last: u64::MAX,
        authorisation: Authorisation::NONE,
        is_stale: false,
        is_metered: false,
    };

    fn goes_on_as(&self, next: &Self) -> bool {
        (self.authorisation, self.is_stale, self.is_metered)
            == (next.authorisation, next.is_stale, next.is_metered)
    }
}

/// The classes that some grant in force authorises on every interface.
fn authorised(limit: Authorisation, interfaces: &[Vec<Grant>], seen: Timestamp) -> Authorisation {
    if interfaces.is_empty() {
        return Authorisation::NONE;
    }
    interfaces.iter().fold(limit, |all, grants| {
        let in_force = grants.iter().filter(|grant| grant.is_in_force_at(seen));
        all.and(in_force.fold(Authorisation::NONE, |any, grant| any.or(grant.classes)))
    })
}

/// Counts what is admitted under a grant, over all lanes, and never lets it go beyond a limit.
#[derive(Debug)]
pub struct Meter {
    packets: Option<u64>,
    bytes: Option<u64>,
    used: Arc<Used>,
    is_used_up: AtomicBool,
}

#[derive(Debug, Default)]
struct Used {
    packets: AtomicU64,
    bytes: AtomicU64,
}

impl Meter {
    /// A meter at zero; no limit where none is given. Bytes are those on the wire.
    #[must_use]
    pub fn new(packets: Option<u64>, bytes: Option<u64>) -> Self {
        Self {
            packets,
            bytes,
            used: Arc::default(),
            is_used_up: AtomicBool::new(false),
        }
    }

    /// A meter with other limits that goes on counting where this one is, though lanes still charge it.
    #[must_use]
    pub fn with_limits(&self, packets: Option<u64>, bytes: Option<u64>) -> Self {
        Self {
            packets,
            bytes,
            used: Arc::clone(&self.used),
            is_used_up: AtomicBool::new(false),
        }
    }

    /// Whether a packet did not fit any more. From then on none does, however small.
    #[must_use]
    pub fn is_used_up(&self) -> bool {
        self.is_used_up.load(Ordering::Relaxed)
    }

    /// Whether what the one counts the other counts too.
    #[must_use]
    pub fn counts_as(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.used, &other.used)
    }

    /// Packets and bytes counted so far.
    #[must_use]
    pub fn used(&self) -> (u64, u64) {
        let Used { packets, bytes } = &*self.used;
        (
            packets.load(Ordering::Relaxed),
            bytes.load(Ordering::Relaxed),
        )
    }

    /// Counts a packet, if it fits.
    fn take(&self, wire_len: u32) -> bool {
        let Used { packets, bytes } = &*self.used;
        if self.is_used_up() {
            return false;
        }
        if add_within(packets, 1, self.packets) {
            if add_within(bytes, u64::from(wire_len), self.bytes) {
                return true;
            }
            packets.fetch_sub(1, Ordering::Relaxed);
        }
        self.is_used_up.store(true, Ordering::Relaxed);
        false
    }

    /// Counts a packet no more that was turned back after all.
    fn give_back(&self, wire_len: u32) {
        let Used { packets, bytes } = &*self.used;
        packets.fetch_sub(1, Ordering::Relaxed);
        bytes.fetch_sub(u64::from(wire_len), Ordering::Relaxed);
    }
}

/// Adds where the sum is within the limit.
fn add_within(sum: &AtomicU64, more: u64, limit: Option<u64>) -> bool {
    let limit = limit.unwrap_or(u64::MAX);
    let add = |sum: u64| sum.checked_add(more).filter(|sum| *sum <= limit);
    sum.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add)
        .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FF: Authorisation = Authorisation {
        foreign_foreign: true,
        ..Authorisation::NONE
    };

    fn grant(classes: Authorisation, from: u64, to: u64) -> Grant {
        Grant {
            classes,
            not_before: Timestamp::from_nanos(from),
            not_after: Timestamp::from_nanos(to),
            meter: None,
        }
    }

    fn spans(schedule: &Schedule) -> Vec<(u64, u64, bool)> {
        let spans = schedule.spans.iter();
        spans
            .map(|span| (span.first, span.last, span.authorisation.foreign_foreign))
            .collect()
    }

    #[test]
    fn neighbours_that_say_the_same_are_one_span() {
        let grants = vec![grant(FF, 10, 20), grant(FF, 20, 30), grant(FF, 40, 50)];
        let schedule = Schedule::new(Authorisation::ALL, vec![grants], None);
        assert_eq!(
            spans(&schedule),
            [
                (0, 9, false),
                (10, 29, true),
                (30, 39, false),
                (40, 49, true),
                (50, u64::MAX, false)
            ]
        );
    }

    #[test]
    fn a_class_is_authorised_while_it_is_on_every_interface() {
        let both = vec![vec![grant(FF, 10, 30)], vec![grant(FF, 20, 40)]];
        let schedule = Schedule::new(Authorisation::ALL, both, None);
        assert_eq!(
            spans(&schedule),
            [(0, 19, false), (20, 29, true), (30, u64::MAX, false)]
        );
        let none = Schedule::new(Authorisation::ALL, Vec::new(), None);
        assert_eq!(spans(&none), [(0, u64::MAX, false)]);
        let limited = Schedule::new(Authorisation::NONE, vec![vec![grant(FF, 1, 2)]], None);
        assert_eq!(limited.ever(), Authorisation::NONE);
    }

    #[test]
    fn the_end_of_time_is_in_a_span() {
        let grants = vec![grant(FF, 0, u64::MAX)];
        let until = Some(Timestamp::from_nanos(u64::MAX));
        let schedule = Schedule::new(Authorisation::ALL, vec![grants], until);
        let last = schedule.at(Timestamp::from_nanos(u64::MAX));
        assert_eq!(
            (last.authorisation, last.is_stale),
            (Authorisation::NONE, false)
        );
        let before = schedule.at(Timestamp::from_nanos(u64::MAX - 1));
        assert_eq!((before.authorisation, before.last), (FF, u64::MAX - 1));
    }

    #[test]
    fn a_packet_is_charged_to_the_first_that_has_room_and_to_each_once() {
        let meter = |packets| Some(Arc::new(Meter::new(Some(packets), None)));
        let metered = |classes, packets| Grant {
            meter: meter(packets),
            ..grant(classes, 0, 100)
        };
        let grants = vec![metered(Authorisation::ALL, 2), metered(FF, 1)];
        let meters: Vec<Arc<Meter>> = grants.iter().filter_map(|g| g.meter.clone()).collect();
        let schedule = Schedule::new(Authorisation::ALL, vec![grants], None);
        let now = Timestamp::from_nanos(5);
        let both = Authorisation {
            foreign_domestic: true,
            ..FF
        };
        assert!(schedule.charge(now, both, 60));
        assert_eq!(meters[0].used(), (1, 60));
        assert!(schedule.charge(now, FF, 60));
        // The first is full: what both are needed for passes no more, and takes nothing of the second.
        assert!(!schedule.charge(now, both, 60));
        assert_eq!((meters[0].used(), meters[1].used()), ((2, 120), (0, 0)));
        assert!(schedule.charge(now, FF, 60));
        assert!(!schedule.charge(now, FF, 60));
        assert!(!schedule.charge(Timestamp::from_nanos(100), FF, 60));
    }

    #[test]
    fn many_threads_never_take_more_than_there_is() {
        let meter = Meter::new(Some(10_000), Some(500_000));
        let taken: u64 = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| (0..10_000).filter(|_| meter.take(60)).count() as u64))
                .collect();
            threads.into_iter().map(|t| t.join().unwrap()).sum()
        });
        assert_eq!(taken, 500_000 / 60);
        assert_eq!(meter.used(), (taken, taken * 60));
        assert!(meter.is_used_up());
        let more = meter.with_limits(Some(10_000), None);
        assert!(!more.is_used_up() && more.take(1));
        assert_eq!(more.used().0, taken + 1);
    }
}
