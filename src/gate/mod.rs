//! Decides what may pass, and turns the rest back without a trace.
//!
//! It must never admit what could be domestic–domestic in any layer, and never let an address of an
//! excluded packet out. In: [`Located`] headers. Out: [`Admitted`], the only thing a flow table
//! accepts, or [`Excluded`], a reason and lengths.
//!
//! The rule itself is [`Policy::judge_pair`] over one pair of ends and `rule::judge` over a packet;
//! what a later fragment inherits from its first is in `fragments`.

mod fragments;
mod policy;
mod rule;

pub use fragments::{FRAGMENT_CAPACITY, FRAGMENT_MEMORY, Fragments, SeamVerdict};
pub use policy::{Authorisation, PairVerdict, Policy};
pub use rule::{Admitted, Excluded, Pass};

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
    /// [`Excluded`], with the reason that decides (RULES §5).
    #[inline]
    pub fn judge(&mut self, located: &Located<'_>) -> Result<Admitted, Excluded> {
        match self.judge_usual(located) {
            Some(verdict) => verdict.map(|pass| pass.admitted()),
            None => self.judge_any(located),
        }
    }

    /// Judges the usual packet, of one layer with nothing beside it, by the ends of that; nothing if
    /// it is not so simple: then [`Gate::judge_any`] does.
    #[inline(always)]
    #[must_use]
    pub fn judge_usual<'h>(&self, located: &Located<'h>) -> Option<Result<Pass<'h>, Excluded>> {
        rule::judge_usual(located, &self.policy)
    }

    /// Judges any packet.
    ///
    /// # Errors
    /// As [`Gate::judge`].
    #[inline(never)]
    pub fn judge_any(&mut self, located: &Located<'_>) -> Result<Admitted, Excluded> {
        let verdict = rule::judge(located, &self.policy);
        if located.headers().layers().iter().any(rule::is_fragment) {
            return self.fragments.settle(located.headers(), verdict);
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
