//! What a run puts into its ledger, from what its stages counted and were told.

use super::authority::{Authorities, Standings};
use super::books::Losses;
use super::output::Recorded;
use crate::config::Config;
use crate::export::{self, Digested, Format};
use crate::fate::{Fate, Reason};
use crate::geo::Table;
use crate::ledger::{
    Cell, Configured, Event, Export, GeoInForce, GeoSource, Interval, List, Mode, Moment, Start,
    Totals,
};
use crate::tally::{Count, Counts, Tally};
use crate::time::{NANOS_PER_SEC, Timestamp};
use std::path::Path;

/// SHA-256 of no byte.
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// What stands at the begin of every run: how it was started, and with which settings and table.
pub(super) fn beginning(mode: Mode, inputs: u64, config: &Config, table: &Table) -> Vec<Event> {
    let interfaces = match mode {
        Mode::Capture => config.capture.interfaces.clone(),
        Mode::Replay | Mode::Demo | Mode::Purge => Vec::new(),
    };
    let mut events = vec![
        Event::Start(Start {
            mode,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            sensor: config.sensor.clone(),
            interval_secs: config.ledger.interval_secs,
            interfaces,
            inputs,
        }),
        configured(config),
    ];
    events.push(geo(table));
    events
}

/// The settings in force.
pub(super) fn configured(config: &Config) -> Event {
    Event::Configured(Configured {
        sha256: config.digest(),
    })
}

/// What may pass at a moment, and by whose leave, where that is otherwise than when this was asked before.
pub(super) fn leave(
    standings: &mut Standings,
    authorities: &Authorities,
    table: &Table,
    at: Timestamp,
) -> Vec<Event> {
    let changes = standings.changes(authorities, at);
    if changes.is_empty() {
        return Vec::new();
    }
    let policy = Event::Policy(authorities.policy_entry(table, at));
    let changes = changes.into_iter().map(Event::Authority);
    std::iter::once(policy).chain(changes).collect()
}

/// The table that decides.
pub(super) fn geo(table: &Table) -> Event {
    let sources = table.origins().map(|origin| GeoSource {
        // Not where it lies: the same table is the same entry.
        name: Path::new(&origin.name)
            .file_name()
            .map_or_else(|| origin.name.clone(), |name| name.to_string_lossy().into()),
        source: origin.kind.id().to_owned(),
        date: origin.date,
        sha256: origin.sha256,
    });
    let lists = table.lists().map(|(list, sha256)| List {
        list: list.to_owned(),
        sha256,
    });
    Event::Geo(GeoInForce {
        sha256: table.digest_hex(),
        home: table.home().map(|country| country.to_string()).collect(),
        sources: sources.collect(),
        lists: lists.collect(),
    })
}

/// An interval between two moments in nanoseconds.
pub(super) fn interval(from: u64, to: u64, counts: &Counts, kernel_dropped: u64) -> Event {
    let cells = counts
        .cells()
        .map(|(fate, network, protocol, count, openings)| {
            Cell::new(fate, network, protocol, count, openings)
        });
    Event::Interval(Interval {
        from: Moment(Timestamp::from_nanos(from)),
        to: Moment(Timestamp::from_nanos(to)),
        frames: counts.frames(),
        cells: cells.collect(),
        kernel_dropped,
    })
}

/// A file of records that is complete.
pub(super) fn export(digested: &Digested) -> Event {
    let Digested {
        format,
        sha256,
        length,
        records,
        packets,
        wire_bytes,
    } = digested.clone();
    Event::Export(Export {
        format,
        sha256,
        length,
        records,
        packets,
        bytes: wire_bytes,
    })
}

/// The files of a run that is over. Records that were counted and not written (format null) are in none;
/// they stand as one of nothing.
pub(super) fn exports(files: &[Digested], totals: &Totals) -> Vec<Event> {
    if !files.is_empty() || totals.records == 0 {
        return files.iter().map(export).collect();
    }
    vec![Event::Export(Export {
        format: Format::Null.id().to_owned(),
        sha256: EMPTY.to_owned(),
        length: 0,
        records: totals.records,
        packets: totals.recorded.packets,
        bytes: totals.recorded.bytes,
    })]
}

/// Nanoseconds of an interval.
pub(super) const fn width(config: &Config) -> u64 {
    config.ledger.interval_secs.saturating_mul(NANOS_PER_SEC)
}

/// What a run counted, for collectors that are told.
pub(super) fn told(frames: Count, tally: &Tally, kernel_dropped: u64) -> export::Totals {
    let admitted = tally.admitted();
    let excluded = Reason::ALL.map(|reason| {
        let Count { packets, bytes } = tally.fate(Fate::Excluded(reason));
        (reason.id(), packets, bytes)
    });
    export::Totals {
        frames: (frames.packets, frames.bytes),
        admitted: (admitted.packets, admitted.bytes),
        excluded: excluded.into(),
        kernel_dropped,
        end: 0,
    }
}

/// The sums over a run.
pub(super) fn totals(frames: Count, tally: &Tally, recorded: &Recorded, losses: &Losses) -> Totals {
    let Losses {
        kernel_dropped,
        lost,
        lost_bytes,
        recalled,
    } = *losses;
    Totals {
        frames,
        admitted: tally.admitted(),
        excluded: tally.excluded(),
        kernel_dropped,
        records: recorded.written.records,
        recorded: Count {
            packets: recorded.written.packets,
            bytes: recorded.written.wire_bytes,
        },
        recalled_records: recalled.records,
        recalled: Count {
            packets: recalled.packets,
            bytes: recalled.wire_bytes,
        },
        lost_records: lost.records,
        lost: Count {
            packets: lost.packets,
            bytes: lost_bytes,
        },
    }
}
