//! The class algebra of RULES §2 on one pair of ends.

use crate::fate::{Class, Reason};
use crate::geo::{Finding, Place};

/// The directional classes that an authorisation can name (RULES §2). Domestic–domestic is not among
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
/// findings.
#[derive(Clone)]
pub struct Policy {
    authorisation: Authorisation,
    verdicts: [[PairVerdict; Finding::ALL.len()]; Finding::ALL.len()],
}

impl Policy {
    /// A policy that admits what belongs to authorised classes only.
    #[must_use]
    pub fn new(authorisation: Authorisation) -> Self {
        let mut verdicts = [[PairVerdict::Exclude(Reason::NoAuthorisation); 10]; 10];
        for src in Finding::ALL {
            for dst in Finding::ALL {
                verdicts[src as usize][dst as usize] = Self::judge_pair(src, dst, authorisation);
            }
        }
        Self {
            authorisation,
            verdicts,
        }
    }

    /// The classes in force.
    #[must_use]
    pub const fn authorisation(&self) -> Authorisation {
        self.authorisation
    }

    /// The verdict on a pair, from the compiled answers.
    #[inline]
    #[must_use]
    pub fn verdict(&self, src: Finding, dst: Finding) -> PairVerdict {
        self.verdicts[src as usize][dst as usize]
    }

    /// The rule of RULES §2 on one directed pair: it is admitted if and only if every class that it
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
