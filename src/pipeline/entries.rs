//! What a run puts into its ledger, from what its stages counted and were told.

use super::books::Losses;
use super::output::Recorded;
use crate::config::Config;
use crate::gate::Authorisation;
use crate::geo::Table;
use crate::ledger::{
    Authority, Cell, Configured, Event, GeoInForce, GeoSource, Interval, List, Mode, Moment,
    Policy, Profile, Standing, Start, Totals,
};
use crate::tally::{Count, Counts, Tally};
use crate::time::{NANOS_PER_SEC, Timestamp};
use std::path::Path;

/// The id of runs that nobody else authorised.
const SELF_AUTHORISED: &str = "self-authorised";

/// What stands at the begin of every run: how it was started, and under which settings, policy and table.
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
    events.extend(policy(config));
    events.push(geo(table));
    events
}

/// The settings in force.
pub(super) fn configured(config: &Config) -> Event {
    Event::Configured(Configured {
        sha256: config.digest(),
    })
}

/// What may pass, and by whose leave.
pub(super) fn policy(config: &Config) -> [Event; 2] {
    let Authorisation {
        foreign_foreign,
        foreign_domestic,
        domestic_foreign,
    } = config.authorisation;
    let classes = [
        (foreign_foreign, "foreign_foreign"),
        (foreign_domestic, "foreign_domestic"),
        (domestic_foreign, "domestic_foreign"),
    ];
    let classes = classes.into_iter().filter(|(authorised, _)| *authorised);
    let classes: Vec<String> = classes.map(|(_, id)| id.to_owned()).collect();
    [
        Event::Policy(Policy {
            profile: Profile::Standard,
            classes: classes.clone(),
        }),
        Event::Authority(Authority {
            standing: Standing::SelfAuthorised,
            id: SELF_AUTHORISED.to_owned(),
            authority: None,
            purpose: None,
            classes,
            interfaces: Vec::new(),
            not_before: None,
            not_after: None,
            volume: None,
            sha256: None,
            keys: Vec::new(),
        }),
    ]
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

/// Nanoseconds of an interval.
pub(super) const fn width(config: &Config) -> u64 {
    config.ledger.interval_secs.saturating_mul(NANOS_PER_SEC)
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
