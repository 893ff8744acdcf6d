//! Closes the books of a run: every number of the summary comes from here.

use super::summary::{
    Admitted, ByClass, ByReason, Excluded, Flows, Geo, GeoSource, Input, Lost, SCHEMA, Summary,
};
use crate::fate::{Class, Fate, Reason};
use crate::geo::Table;
use crate::tally::{Count, Tally};

/// What the stages of a run counted, each on its own.
pub(super) struct Books<'a> {
    /// Frames that the sources delivered.
    pub frames: Count,
    /// How they ended at the gate.
    pub tally: &'a Tally,
    /// Packets and wire bytes in the records that were written.
    pub recorded: Count,
    /// Records written.
    pub exported: u64,
    /// Of these, ended because the flow table was full.
    pub evicted: u64,
    /// Finished records that could not be written.
    pub lost_records: u64,
    /// Packets in these.
    pub lost_packets: u64,
    /// Whether the table was too old for some record.
    pub stale: bool,
    /// The inputs, in order.
    pub inputs: Vec<Input>,
}

impl Books<'_> {
    /// The summary, with whether it balances (RULES §7): frames = admitted + Σ excluded in packets
    /// and bytes, and admitted = Σ packets in records + lost.
    pub(super) fn close(self, sensor: &str, config: String, table: &Table) -> Summary {
        let Self {
            frames,
            tally,
            recorded,
            exported,
            evicted,
            lost_records,
            lost_packets,
            stale,
            inputs,
        } = self;
        let admitted = tally.admitted();
        let excluded = tally.excluded();
        let mut summary = Summary {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION"),
            sensor: sensor.to_owned(),
            config,
            frames,
            kernel_dropped: 0,
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
                exported,
                recalled: 0,
                evicted,
            },
            lost: Lost {
                packets: lost_packets,
                records: lost_records,
            },
            inputs,
            geo: identity(table, stale),
            balanced: false,
        };
        summary.balanced =
            summary.frames_balance() && admitted.packets == recorded.packets + lost_packets;
        summary
    }
}

fn identity(table: &Table, stale: bool) -> Geo {
    let info = table.info();
    Geo {
        digest: info.digest,
        sources: info
            .sources
            .into_iter()
            .map(|source| GeoSource {
                name: source.name,
                kind: source.kind.id().to_owned(),
                date: source.date,
                sha256: source.sha256,
            })
            .collect(),
        home: info.home.iter().map(ToString::to_string).collect(),
        stale,
    }
}
