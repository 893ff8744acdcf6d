//! The class algebra of rules §2 on one pair of ends.

use super::schedule::{Schedule, Span};
use crate::fate::{Class, Reason};
use crate::geo::{Finding, Place};
use crate::time::Timestamp;
use std::sync::Arc;

/// The directional classes that an authorisation can name (rules §2). Domestic–domestic is not among
/// them: it can never be authorised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Authorisation {
    /// 外外.
    pub foreign_foreign: bool,
    /// 外内.
    pub foreign_domestic: bool,
    /// 内外.
    pub domestic_foreign: bool,
}

impl Authorisation {
    /// All three classes that can be authorised.
    pub const ALL: Self = Self {
        foreign_foreign: true,
        foreign_domestic: true,
        domestic_foreign: true,
    };

    /// None.
    pub const NONE: Self = Self {
        foreign_foreign: false,
        foreign_domestic: false,
        domestic_foreign: false,
    };

    /// The classes that a packet admitted as `class` could belong to.
    #[must_use]
    pub const fn of(class: Class) -> Self {
        let (foreign_foreign, foreign_domestic, domestic_foreign) = match class {
            Class::ForeignForeign => (true, false, false),
            Class::ForeignDomestic => (false, true, false),
            Class::DomesticForeign => (false, false, true),
            Class::ForeignUndetermined => (true, true, false),
            Class::UndeterminedForeign => (true, false, true),
        };
        Self {
            foreign_foreign,
            foreign_domestic,
            domestic_foreign,
        }
    }

    /// The classes in either.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self {
            foreign_foreign: self.foreign_foreign || other.foreign_foreign,
            foreign_domestic: self.foreign_domestic || other.foreign_domestic,
            domestic_foreign: self.domestic_foreign || other.domestic_foreign,
        }
    }

    /// The classes in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            foreign_foreign: self.foreign_foreign && other.foreign_foreign,
            foreign_domestic: self.foreign_domestic && other.foreign_domestic,
            domestic_foreign: self.domestic_foreign && other.domestic_foreign,
        }
    }

    /// Whether every class of `other` is in this one.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        self.and(other) == other
    }

    /// Each of its classes by itself.
    pub(super) fn each(self) -> impl Iterator<Item = Self> {
        let directional = [
            Class::ForeignForeign,
            Class::ForeignDomestic,
            Class::DomesticForeign,
        ];
        let classes = directional.into_iter().map(Self::of);
        classes.filter(move |class| self.covers(*class))
    }

    /// The ids of its classes, in the order of reports.
    pub fn ids(self) -> impl Iterator<Item = &'static str> {
        let given = [
            (self.foreign_foreign, Class::ForeignForeign),
            (self.foreign_domestic, Class::ForeignDomestic),
            (self.domestic_foreign, Class::DomesticForeign),
        ];
        let given = given.into_iter().filter(|(given, _)| *given);
        given.map(|(_, class)| class.id())
    }
}

/// What the algebra says of one pair of ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PairVerdict {
    /// Every class it could belong to is authorised.
    Admit(Class),
    /// It is, or could be, domestic–domestic, or something forbids it.
    Exclude(Reason),
}

/// The policy in force: which classes are authorised, compiled into one answer for each pair of
/// findings, with the packet time for which these answers are right.
#[derive(Clone)]
pub struct Policy {
    verdicts: [[PairVerdict; Finding::ALL.len()]; Finding::ALL.len()],
    span: Span,
    /// The first and last nanosecond in which the answers are all there is to it; none where what passes
    /// is metered.
    plain: (u64, u64),
    /// What is authorised at other times, if not the same.
    schedule: Option<Arc<Schedule>>,
}

impl Policy {
    /// A policy that admits what belongs to authorised classes only, at any time.
    #[must_use]
    pub fn new(authorisation: Authorisation) -> Self {
        let always = Span {
            first: 0,
            last: u64::MAX,
            authorisation,
            is_stale: false,
            is_metered: false,
        };
        Self::of(always, None)
    }

    /// A policy that admits what the schedule authorises at the packet's own time.
    #[must_use]
    pub fn scheduled(schedule: Arc<Schedule>) -> Self {
        Self::of(schedule.at(Timestamp::ZERO), Some(schedule))
    }

    fn of(span: Span, schedule: Option<Arc<Schedule>>) -> Self {
        let mut verdicts = [[PairVerdict::Exclude(Reason::NoAuthorisation); 10]; 10];
        for src in Finding::ALL {
            for dst in Finding::ALL {
                verdicts[src as usize][dst as usize] = judge_in(&span, src, dst);
            }
        }
        // Where it is metered, a range that holds no moment.
        let plain = if span.is_metered {
            (1, 0)
        } else {
            (span.first, span.last)
        };
        Self {
            verdicts,
            span,
            plain,
            schedule,
        }
    }

    /// The classes in force at a moment.
    #[must_use]
    pub fn authorisation_at(&self, seen: Timestamp) -> Authorisation {
        let schedule = self.schedule.as_ref();
        schedule.map_or(self.span.authorisation, |schedule| {
            schedule.at(seen).authorisation
        })
    }

    /// The classes in force at some time.
    #[must_use]
    pub fn ever(&self) -> Authorisation {
        let schedule = self.schedule.as_ref();
        schedule.map_or(self.span.authorisation, |schedule| schedule.ever())
    }

    /// The verdict on a pair, from the compiled answers.
    #[inline]
    #[must_use]
    pub fn verdict(&self, src: Finding, dst: Finding) -> PairVerdict {
        self.verdicts[src as usize][dst as usize]
    }

    /// Likewise for a moment, whatever it is compiled for.
    #[must_use]
    pub fn verdict_at(&self, seen: Timestamp, src: Finding, dst: Finding) -> PairVerdict {
        match &self.schedule {
            Some(schedule) if !self.holds_at(seen) => judge_in(&schedule.at(seen), src, dst),
            Some(_) | None => self.verdict(src, dst),
        }
    }

    /// Whether the compiled answers are right for a packet of this time, and all there is to it.
    #[inline(always)]
    #[must_use]
    pub(super) const fn is_plain_at(&self, seen: Timestamp) -> bool {
        let (first, last) = self.plain;
        first <= seen.nanos() && seen.nanos() <= last
    }

    /// Whether the compiled answers are right for a packet of this time.
    #[must_use]
    pub(super) const fn holds_at(&self, seen: Timestamp) -> bool {
        self.span.first <= seen.nanos() && seen.nanos() <= self.span.last
    }

    /// Compiles the answers for packets of this time, if they are not.
    pub(super) fn turn_to(&mut self, seen: Timestamp) {
        if let Some(schedule) = &self.schedule
            && !self.holds_at(seen)
        {
            *self = Self::of(schedule.at(seen), Some(Arc::clone(schedule)));
        }
    }

    /// Charges a packet of this time to what authorises it; false if there is no room.
    pub(super) fn charge(&self, seen: Timestamp, classes: Authorisation, wire_len: u32) -> bool {
        let metered = self.schedule.as_ref().filter(|_| self.span.is_metered);
        metered.is_none_or(|schedule| schedule.charge(seen, classes, wire_len))
    }

    /// The rule of rules §2 on one directed pair: it is admitted if and only if every class that it
    /// could belong to is authorised; domestic–domestic never is.
    #[must_use]
    pub fn judge_pair(src: Finding, dst: Finding, authorisation: Authorisation) -> PairVerdict {
        use PairVerdict::{Admit, Exclude};
        use Place::{Domestic, Foreign, Undetermined};
        let (Some(src_place), Some(dst_place)) = (src.place(), dst.place()) else {
            return Exclude(reason_of(src).min(reason_of(dst)));
        };
        let Authorisation {
            foreign_foreign,
            foreign_domestic,
            domestic_foreign,
        } = authorisation;
        let (class, authorised) = match (src_place, dst_place) {
            (Domestic, Domestic) => return Exclude(domestic_reason(src, dst)),
            (Domestic, Undetermined) | (Undetermined, Domestic) | (Undetermined, Undetermined) => {
                return Exclude(reason_of(src).min(reason_of(dst)));
            }
            (Foreign, Foreign) => (Class::ForeignForeign, foreign_foreign),
            (Foreign, Domestic) => (Class::ForeignDomestic, foreign_domestic),
            (Domestic, Foreign) => (Class::DomesticForeign, domestic_foreign),
            (Foreign, Undetermined) => (
                Class::ForeignUndetermined,
                foreign_foreign && foreign_domestic,
            ),
            (Undetermined, Foreign) => (
                Class::UndeterminedForeign,
                foreign_foreign && domestic_foreign,
            ),
        };
        if authorised {
            Admit(class)
        } else if authorisation == Authorisation::NONE {
            Exclude(Reason::NoAuthorisation)
        } else {
            Exclude(Reason::ClassNotAuthorised)
        }
    }
}

/// The verdict on a pair in a span: by a table that is too old nobody is provably foreign (rules §3).
fn judge_in(span: &Span, src: Finding, dst: Finding) -> PairVerdict {
    match Policy::judge_pair(src, dst, span.authorisation) {
        PairVerdict::Admit(_) if span.is_stale => PairVerdict::Exclude(Reason::GeoStale),
        verdict => verdict,
    }
}

/// Both ends are at home; whether a database says so or only the operator's list is told apart.
const fn domestic_reason(src: Finding, dst: Finding) -> Reason {
    match (src, dst) {
        (Finding::OperatorHome, _) | (_, Finding::OperatorHome) => Reason::OperatorDomestic,
        _ => Reason::DomesticPair,
    }
}

/// The reason that a finding gives for excluding, where its end is what keeps the pair back.
const fn reason_of(finding: Finding) -> Reason {
    match finding {
        Finding::Unlocated => Reason::Unlocated,
        Finding::SourceDisagreement => Reason::SourceDisagreement,
        Finding::Anycast => Reason::Anycast,
        Finding::NonGlobal => Reason::NonGlobal,
        Finding::Multicast => Reason::Multicast,
        Finding::Martian => Reason::Martian,
        // These ends keep nothing back: the other one decides, and every other reason comes first.
        Finding::Home | Finding::OperatorHome | Finding::SiteHome | Finding::Abroad => {
            Reason::Fragment
        }
    }
}
