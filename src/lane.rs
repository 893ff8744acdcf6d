//! The whole road, without a thread, a clock or a file: frames in, fates out, records behind.
//!
//! Live capture, replay, tests, benches and fuzzing all drive the same [`Lane`]. A lane shares nothing
//! but the immutable table.

use crate::decode::{Headers, decode};
use crate::fate::{Fate, NetworkGroup, ProtocolGroup};
use crate::flow::{self, FlowTable};
use crate::gate::{Admitted, Excluded, Fragments, Gate, IpVersion, Policy, SeamVerdict};
use crate::geo::Table;
use crate::locate::locate;
use crate::source::Frame;
use crate::tally::Tally;
use std::sync::Arc;

/// What a lane needs to be built: the same for every lane of a run.
#[derive(Clone)]
pub struct Settings {
    /// Where every address is.
    pub table: Arc<Table>,
    /// What may pass.
    pub policy: Policy,
    /// How flows are cut into records.
    pub flow: flow::Settings,
}

/// One lane of the road.
pub struct Lane {
    table: Arc<Table>,
    gate: Gate,
    headers: Headers,
    flows: FlowTable,
    tally: Tally,
}

impl Lane {
    /// A lane that has seen nothing.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let fragments = Fragments::new(settings.flow.seed);
        Self {
            table: Arc::clone(&settings.table),
            gate: Gate::new(settings.policy.clone(), fragments),
            headers: Headers::new(),
            flows: FlowTable::new(&settings.flow),
            tally: Tally::default(),
        }
    }

    /// The lane of a later range (from 1) of the same run, to be absorbed by the lane before it.
    #[must_use]
    pub fn for_range(&self, nth: u32) -> Self {
        Self {
            table: Arc::clone(&self.table),
            gate: Gate::new(self.gate.policy().clone(), self.gate.fragments().empty()),
            headers: Headers::new(),
            flows: self.flows.for_range(nth),
            tally: Tally::default(),
        }
    }

    /// Takes one frame down the road and says how it ended.
    #[inline]
    pub fn pass(&mut self, frame: &Frame<'_>) -> Fate {
        let verdict = match decode(frame, &mut self.headers) {
            Ok(()) => self.gate.judge(&locate(&self.headers, &self.table)),
            Err(undecodable) => Err(self.gate.turn_back(undecodable)),
        };
        match verdict {
            Ok(admitted) => {
                // Only what is admitted moves the packet clock: excluded traffic changes no record.
                self.flows.advance(admitted.seen());
                self.flows.add(&admitted);
                self.count_admitted(&admitted)
            }
            Err(excluded) => self.count_excluded(excluded),
        }
    }

    #[inline]
    fn count_admitted(&mut self, admitted: &Admitted) -> Fate {
        let fate = Fate::Admitted(admitted.class());
        let network = match admitted.version() {
            IpVersion::V4 => NetworkGroup::V4,
            IpVersion::V6 => NetworkGroup::V6,
        };
        let protocol = ProtocolGroup::of(admitted.protocol());
        self.tally
            .count(fate, network, protocol, admitted.wire_len());
        fate
    }

    #[inline]
    fn count_excluded(&mut self, excluded: Excluded) -> Fate {
        let Excluded {
            reason,
            wire_len,
            network,
            protocol,
        } = excluded;
        let fate = Fate::Excluded(reason);
        self.tally.count(fate, network, protocol, wire_len);
        fate
    }

    /// The frames of this lane so far, by fate.
    #[must_use]
    pub const fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The flows of the frames so far; packets that still wait in a batch are added first.
    pub fn flows(&mut self) -> &mut FlowTable {
        self.flows.flush();
        &mut self.flows
    }

    /// Whether `later`, which walked the next range of the same capture on its own, ended every frame
    /// and record as this lane would have. If not, this lane must walk that range itself.
    #[must_use]
    pub fn accepts(&mut self, later: &mut Self) -> bool {
        let seam = later.gate.fragments().seam(self.gate.fragments());
        seam == SeamVerdict::Holds && self.flows.fits(&mut later.flows)
    }

    /// Becomes what this lane would be, had it walked the range of `later` itself. Only where
    /// [`Lane::accepts`] says so.
    pub fn absorb(&mut self, later: Self) {
        self.flows.absorb(later.flows);
        self.tally += &later.tally;
        self.gate
            .fragments_mut()
            .absorb(later.gate.into_fragments());
    }

    /// Ends every open flow and hands over what the lane counted.
    #[must_use]
    pub fn finish(mut self) -> (FlowTable, Tally) {
        self.flows.flush();
        (self.flows, self.tally)
    }
}
