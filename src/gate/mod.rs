//! Decides what may pass, and turns the rest back without a trace.
//!
//! It must never admit what could be domestic–domestic in any layer, and never let an address of an
//! excluded packet out. In: [`Located`] headers. Out: [`Admitted`], the only thing a flow table
//! accepts, or [`Excluded`], a reason and lengths.
//!
//! The rule itself is [`Policy::judge_pair`] over one pair of ends and `rule::judge` over a packet;
//! what a later fragment inherits from its first is in `fragments`, what is authorised when in `schedule`.

mod fragments;
mod policy;
mod rule;
mod schedule;

pub use fragments::{
    FRAGMENT_CAPACITY, FRAGMENT_MEMORY, FragmentTimes, Fragments, SeamVerdict, Span,
};
pub use policy::{Authorisation, PairVerdict, Policy};
pub use rule::{Admitted, Excluded, Pass};
pub use schedule::{Grant, Meter, Schedule};

pub use crate::decode::{IpVersion, Path, Transport, Tunnel};
pub use crate::fate::{Class, Fate, NetworkGroup, ProtocolGroup, Reason};

use crate::decode::Undecodable;
use crate::locate::Located;

/// The gate of one lane: the policy, and what it remembers of fragmented packets.
pub struct Gate {
    policy: Policy,
    fragments: Fragments,
}

impl Gate {
    /// A gate that remembers no fragments yet.
    #[must_use]
    pub fn new(policy: Policy, fragments: Fragments) -> Self {
        Self { policy, fragments }
    }

    /// Judges a located packet.
    ///
    /// # Errors
    /// [`Excluded`], with the reason that decides (rules §5).
    #[inline]
    pub fn judge(&mut self, located: &Located<'_>) -> Result<Admitted, Excluded> {
        match self.judge_usual(located) {
            Some(verdict) => verdict.map(|pass| pass.admitted()),
            None => self.judge_any(located),
        }
    }

    /// Judges the usual packet, of one layer with nothing beside it, by the ends of that; nothing if
    /// it is not so simple, or of a time for which the policy is not compiled, or metered: then
    /// [`Gate::judge_any`] does.
    #[inline(always)]
    #[must_use]
    pub fn judge_usual<'h>(&self, located: &Located<'h>) -> Option<Result<Pass<'h>, Excluded>> {
        if !self.policy.is_plain_at(located.headers().seen()) {
            return None;
        }
        rule::judge_usual(located, &self.policy)
    }

    /// Judges any packet.
    ///
    /// # Errors
    /// As [`Gate::judge`].
    #[inline(never)]
    pub fn judge_any(&mut self, located: &Located<'_>) -> Result<Admitted, Excluded> {
        let headers = located.headers();
        let seen = headers.seen();
        self.policy.turn_to(seen);
        let mut classes = Authorisation::NONE;
        let mut verdict = rule::judge(located, &self.policy, &mut classes);
        let has_fragments = headers.layers().iter().any(rule::is_fragment);
        if has_fragments {
            verdict = self.fragments.inherit_all(headers, verdict, &self.policy);
        }
        if let Ok(admitted) = &verdict {
            // A later fragment is of its first one's class too.
            let classes = classes.or(Authorisation::of(admitted.class()));
            if !self.policy.charge(seen, classes, headers.wire_len()) {
                verdict = Err(Excluded::of(headers, Reason::VolumeCap));
            }
        }
        if has_fragments {
            self.fragments.remember_all(headers, &verdict);
        }
        verdict
    }

    /// Turns back a frame without any IP layer.
    #[must_use]
    pub const fn turn_back(&self, undecodable: Undecodable) -> Excluded {
        rule::turn_back(undecodable)
    }

    /// Judges by another policy from now on, and remembers no fragment of before: what its first
    /// fragment was admitted or excluded by may be in force no more.
    pub fn renew(&mut self, policy: Policy) {
        self.policy = policy;
        self.fragments = self.fragments.empty();
    }

    /// The policy in force.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What is remembered of fragments, for the join of ranges.
    #[must_use]
    pub const fn fragments(&self) -> &Fragments {
        &self.fragments
    }

    /// Likewise, to add what a later range remembers.
    pub const fn fragments_mut(&mut self) -> &mut Fragments {
        &mut self.fragments
    }

    /// Likewise, of a lane that is done.
    #[must_use]
    pub fn into_fragments(self) -> Fragments {
        self.fragments
    }
}
