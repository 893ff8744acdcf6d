//! Closes the books of a run: every number of the summary comes from here.

use super::output::Recorded;
use super::summary::{
    Admitted, Authorisation, ByClass, ByReason, Excluded, Flows, Geo, GeoSource, Input, Lost,
    SCHEMA, Summary,
};
use crate::fate::{Class, Fate, Reason};
use crate::flow::Held;
use crate::geo::Table;
use crate::tally::{Count, Tally};

/// What the stages of a run counted, each on its own.
pub(super) struct Books<'a> {
    /// Frames that the sources delivered.
    pub frames: Count,
    /// How they ended at the gate.
    pub tally: &'a Tally,
    /// What was written.
    pub recorded: &'a Recorded,
    /// The inputs, in order.
    pub inputs: Vec<Input>,
    /// What it was authorised by.
    pub authorisation: Authorisation,
}

/// What a live run did not get, or did not write. Never part of what was excluded.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Losses {
    /// Frames that the kernel or an interface dropped.
    pub kernel_dropped: u64,
    /// Finished records that were not written, and the packets in them.
    pub lost: Lost,
    /// Wire bytes of these packets.
    pub lost_bytes: u64,
    /// Records that a newer table or policy did not let out: intent, not loss.
    pub recalled: Held,
}

impl Losses {
    /// Of a replay, which loses nothing but what a collector did not take.
    pub(super) const fn of(recorded: &Recorded) -> Self {
        let lost = &recorded.lost;
        Self {
            kernel_dropped: 0,
            lost: Lost {
                packets: lost.packets,
                records: lost.records,
            },
            lost_bytes: lost.wire_bytes,
            recalled: Held {
                records: 0,
                packets: 0,
                wire_bytes: 0,
            },
        }
    }
}

impl Books<'_> {
    /// The summary, with whether it balances (rules §6): frames = admitted + Σ excluded in packets
    /// and bytes, and admitted = Σ over the records that were written + recalled + lost, in both too.
    pub(super) fn close(
        self,
        sensor: &str,
        config: String,
        table: &Table,
        losses: Losses,
    ) -> Summary {
        let Self {
            frames,
            tally,
            recorded,
            inputs,
            authorisation,
        } = self;
        let Recorded {
            written,
            lost: _,
            digested: _,
            evicted,
            stale,
        } = *recorded;
        let Losses {
            kernel_dropped,
            lost,
            lost_bytes,
            recalled,
        } = losses;
        let admitted = tally.admitted();
        let excluded = tally.excluded();
        let mut summary = Summary {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION"),
            sensor: sensor.to_owned(),
            config,
            authorisation,
            frames,
            kernel_dropped,
            admitted: Admitted {
                packets: admitted.packets,
                bytes: admitted.bytes,
                by_class: ByClass(Class::ALL.map(|class| tally.fate(Fate::Admitted(class)))),
            },
            excluded: Excluded {
                packets: excluded.packets,
                bytes: excluded.bytes,
                by_reason: ByReason(Reason::ALL.map(|reason| tally.fate(Fate::Excluded(reason)))),
            },
            flows: Flows {
                exported: written.records,
                recalled: recalled.records,
                evicted,
            },
            recalled: Count {
                packets: recalled.packets,
                bytes: recalled.wire_bytes,
            },
            lost,
            inputs,
            geo: identity(table, stale),
            balanced: false,
        };
        summary.balanced = summary.frames_balance()
            && written.packets + recalled.packets + lost.packets == admitted.packets
            && written.wire_bytes + recalled.wire_bytes + lost_bytes == admitted.bytes;
        summary
    }
}

fn identity(table: &Table, stale: bool) -> Geo {
    Geo {
        digest: table.digest_hex(),
        sources: table
            .origins()
            .map(|origin| GeoSource {
                name: origin.name,
                kind: origin.kind.id().to_owned(),
                date: origin.date,
                sha256: origin.sha256,
            })
            .collect(),
        home: table.home().map(|country| country.to_string()).collect(),
        stale,
    }
}
