//! Where one record ends and the next begins: the rule, and nothing else.

use super::{SLACK, Settings};

/// What the rule says of two neighbouring pieces of a flow (a packet is the smallest piece).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seam {
    /// One record.
    Joins,
    /// Two: too far apart in time, or in two active slots.
    Apart,
    /// Two: the later opens a new connection.
    Superseded,
}

/// The timeouts, and the active slot of the packets at hand (it saves two divisions a packet; the
/// answer does not depend on it).
#[derive(Clone, Copy)]
pub(super) struct Rule {
    idle: u64,
    active: u64,
    slot_start: u64,
    /// The last moment of the slot.
    slot_last: u64,
}

impl Rule {
    pub(super) fn new(settings: &Settings) -> Self {
        let mut rule = Self {
            idle: settings.idle.max(1),
            active: settings.active.max(1),
            slot_start: 0,
            slot_last: 0,
        };
        rule.remember_slot_of(0);
        rule
    }

    /// Remembers the active slot of a moment.
    fn remember_slot_of(&mut self, seen: u64) {
        self.slot_start = seen - seen % self.active;
        self.slot_last = self.slot_start.saturating_add(self.active - 1);
    }

    /// The rule between a piece whose last packet was seen at `last` and the piece that follows it.
    ///
    /// `last_syn`: that packet had SYN set. `first`, `opens`: time of the first packet of the piece
    /// after, and whether that is a SYN without ACK.
    #[inline]
    pub(super) fn seam(&mut self, last: u64, last_syn: bool, first: u64, opens: bool) -> Seam {
        if first < self.slot_start || first > self.slot_last {
            self.remember_slot_of(first);
        }
        let one_slot = self.slot_start <= last && last <= self.slot_last;
        if !one_slot || last.abs_diff(first) >= self.idle {
            Seam::Apart
        } else if opens && !last_syn {
            Seam::Superseded
        } else {
            Seam::Joins
        }
    }

    /// The deadlines of a record whose last packet was seen at `last`: by idleness, and the first
    /// moment behind its active slot.
    pub(super) const fn deadlines(&self, last: u64) -> (u64, u64) {
        (
            last.saturating_add(self.idle),
            (last - last % self.active).saturating_add(self.active),
        )
    }

    /// The distance of the moments at which the table is swept, in nanoseconds.
    pub(super) fn sweep_interval(&self) -> u64 {
        (self.idle.min(self.active) / 8).max(crate::time::NANOS_PER_SEC)
    }

    /// At the sweep at `moment`, records whose last packet was seen before this leave the table:
    /// both deadlines of [`Self::deadlines`] rise with `last`, so one number tells them apart.
    pub(super) const fn swept_before(&self, moment: u64) -> u64 {
        // The latest moment that is past the deadline, if any is.
        let by_idle = match moment.saturating_sub(SLACK).checked_sub(self.idle) {
            Some(latest) if moment >= SLACK => latest.saturating_add(1),
            _ => 0,
        };
        let settled = moment.saturating_sub(SLACK);
        let by_slot = settled - settled % self.active;
        if by_idle > by_slot { by_idle } else { by_slot }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::NANOS_PER_SEC as SEC;

    fn rule(idle: u64, active: u64) -> Rule {
        Rule::new(&Settings {
            idle,
            active,
            max_flows: 1,
            seed: 0,
        })
    }

    #[test]
    fn the_rule_is_this_table() {
        use Seam::{Apart, Joins, Superseded};
        // idle 60, active 300; time and SYN of the last packet; first, opens
        for (last, last_syn, first, opens, seam) in [
            (310, false, 310, false, Joins),
            (310, false, 369, false, Joins),
            (310, false, 370, false, Apart),
            (310, false, 371, false, Apart),
            (369, false, 310, false, Joins), // time going back
            (370, false, 310, false, Apart),
            (299, false, 300, false, Apart), // the edge of an active slot
            (300, false, 299, false, Apart),
            (300, false, 359, false, Joins),
            (598, false, 599, false, Joins),
            (310, true, 311, true, Joins), // a SYN again
            (310, false, 311, true, Superseded),
            (310, true, 311, false, Joins),
            (310, false, 370, true, Apart), // time comes first
            (299, true, 300, true, Apart),
        ] {
            assert_eq!(
                rule(60, 300).seam(last, last_syn, first, opens),
                seam,
                "{last} {last_syn} {first} {opens}"
            );
        }
    }

    #[test]
    fn the_remembered_slot_changes_no_answer() {
        let mut remembering = rule(60, 100);
        for first in [5, 950, 130, 131, 99, 100, 5, u64::MAX, 0] {
            for last in [0, 99, 100, 101, 199, 200, 949, u64::MAX - 1, u64::MAX] {
                assert_eq!(
                    remembering.seam(last, false, first, false),
                    rule(60, 100).seam(last, false, first, false)
                );
            }
        }
    }

    #[test]
    fn a_sweep_takes_what_is_past_a_deadline_and_the_slack() {
        for (idle, active) in [
            (60 * SEC, 300 * SEC),
            (300 * SEC, 7 * SEC),
            (SEC, SEC),
            (u64::MAX, 300 * SEC),
            (60 * SEC, u64::MAX),
            (u64::MAX, u64::MAX),
            (1, 1),
        ] {
            let rule = rule(idle, active);
            for moment in [0, SEC, 11 * SEC, 71 * SEC, 640 * SEC, 1_000 * SEC, u64::MAX] {
                let bound = rule.swept_before(moment);
                for last in [0, 1, SEC, 290 * SEC, 299 * SEC, 300 * SEC, 580 * SEC]
                    .into_iter()
                    .chain((0..3).map(|back| bound.saturating_sub(back)))
                {
                    let (by_idle, by_slot) = rule.deadlines(last);
                    let due = |deadline: u64| {
                        deadline
                            .checked_add(SLACK)
                            .is_some_and(|deadline| deadline <= moment)
                    };
                    assert_eq!(
                        last < bound,
                        due(by_idle) || due(by_slot),
                        "{idle} {active} {moment} {last}"
                    );
                }
            }
        }
    }
}
