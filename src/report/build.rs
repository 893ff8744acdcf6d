//! From entries to figures.

use super::cells::{Cells, is_small};
use super::counted::{blind, networks, openings, sum, timeline, undetermined};
use super::figures::{
    Alone, Bounded, Clock, Events, Exports, FormatCount, Found, Losses, Period, Report, SCHEMA,
    SMALL_CELL, Sensor, Variant, Verified,
};
use super::happening::mode;
use super::spans::{authority, policies, profile};
use super::tables::geo_spans;
use super::walk::Walk;
use super::window::{PUBLISHED_SECONDS, Window, ceil, floor, seconds, width};
use crate::ledger::{Entry, Event, Moment, Verification};
use std::collections::{BTreeMap, BTreeSet};

/// What a report is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Which part of the ledger; whole hours of it, outwards, in a published report.
    pub window: Window,
    /// Without small cells and single events.
    pub publish: bool,
    /// Whether the check was made with a key from elsewhere, and not with the ledger's own.
    pub key_given: bool,
}

/// Of names, and of what is rarely many.
const MOST_NAMES: usize = 24;
/// Of tables, authorisations, times and findings.
pub(super) const MOST_ROWS: usize = 60;

impl Report {
    /// Of a ledger that was checked: its entries, and what the check found.
    #[must_use]
    pub fn of(entries: &[Entry], verification: &Verification, options: &Options) -> Self {
        let publish = options.publish;
        let window = if publish {
            options.window.of_whole_hours()
        } else {
            options.window
        };
        let walk = Walk::through(entries, window);
        let (from, to) = walk.extent.unwrap_or_default();
        let (from, to) = if publish {
            (floor(from, PUBLISHED_SECONDS), ceil(to, PUBLISHED_SECONDS))
        } else {
            (from, to)
        };
        let longest = walk.starts.iter().map(|start| start.interval_secs).max();
        let least = longest.unwrap_or(1).clamp(1, 86_400);
        let shown = width(
            from,
            to,
            if publish {
                PUBLISHED_SECONDS.max(least)
            } else {
                least
            },
        );
        let mut cells = Cells::new(if publish { PUBLISHED_SECONDS } else { shown }, publish);
        for entry in entries {
            if let Event::Interval(interval) = &entry.event
                && window.holds(interval.from.0)
            {
                cells.add(interval);
            }
        }
        let sum = sum(&cells, publish);
        Self {
            schema: SCHEMA,
            variant: if publish {
                Variant::Published
            } else {
                Variant::Full
            },
            small_cell: SMALL_CELL,
            verification: verified(verification, options.key_given),
            period: Period {
                from: Moment(from),
                to: Moment(to),
                seconds: seconds(from, to),
                clock: if walk.wall_clock {
                    Clock::Wall
                } else {
                    Clock::Packet
                },
            },
            sensor: sensor(&walk, cells.intervals),
            timeline: timeline(&cells, &walk, shown),
            undetermined: undetermined(&cells, sum.seen),
            networks: networks(&cells),
            openings: openings(&cells),
            blind: blind(&cells, &walk, seconds(from, to)),
            losses: Losses {
                output_packets: by_hour(walk.lost.values().map(|lost| lost[0]), publish),
                output_records: by_hour(walk.lost.values().map(|lost| lost[1]), publish),
            },
            geo: Bounded::of(geo_spans(&walk.geo, publish), MOST_ROWS),
            policies: policies(&walk, publish),
            authority: authority(&walk, seconds(from, to), publish),
            events: Events {
                counts: walk.counts(),
                left_out: if publish { 0 } else { walk.happenings_left_out },
                list: if publish {
                    Vec::new()
                } else {
                    walk.happenings.clone()
                },
            },
            exports: exports(&walk, publish),
            evaluation: None,
            sum,
        }
    }
}

fn verified(verification: &Verification, key_given: bool) -> Verified {
    let Verification {
        origin,
        entries,
        signed,
        unsigned: _,
        root,
        key,
        findings,
    } = verification;
    let found = findings.iter().map(|finding| Found {
        index: finding.index,
        what: finding.what.clone(),
    });
    Verified {
        holds: verification.holds(),
        origin: origin.clone(),
        key: key.clone(),
        key_given,
        root: root.clone(),
        entries: *entries,
        signed: *signed,
        unsigned: entries.saturating_sub(*signed),
        findings: Bounded::of(found.collect(), MOST_ROWS),
    }
}

fn sensor(walk: &Walk<'_>, intervals: u64) -> Sensor {
    let starts = &walk.starts;
    let profiles = walk.policies.iter().map(|span| profile(span.what.profile));
    let home = walk
        .geo
        .iter()
        .flat_map(|span| span.what.home.iter().cloned());
    Sensor {
        names: distinct(starts.iter().map(|start| start.sensor.clone())),
        interfaces: distinct(starts.iter().flat_map(|start| start.interfaces.clone())),
        modes: distinct(starts.iter().map(|start| mode(start.mode).to_owned())).shown,
        versions: distinct(starts.iter().map(|start| start.version.clone())),
        configurations: distinct(
            walk.configurations
                .iter()
                .map(|sha256| (*sha256).to_owned()),
        ),
        profiles: distinct(profiles.map(str::to_owned)).shown,
        home: distinct(home),
        runs: starts.len() as u64,
        inputs: starts
            .iter()
            .fold(0, |sum, start| start.inputs.saturating_add(sum)),
        intervals,
    }
}

/// Each once, in the order in which they came up.
fn distinct(all: impl Iterator<Item = String>) -> Bounded<String> {
    let mut seen = BTreeSet::new();
    Bounded::of(
        all.filter(|name| seen.insert(name.clone())).collect(),
        MOST_NAMES,
    )
}

fn exports(walk: &Walk<'_>, publish: bool) -> Exports {
    let all = &walk.exports;
    let sum = |of: fn(&crate::ledger::Export) -> u64| {
        all.iter()
            .fold(0_u64, |sum, export| sum.saturating_add(of(export)))
    };
    let mut formats: BTreeMap<&str, u64> = BTreeMap::new();
    for export in all {
        *formats.entry(&export.format).or_default() += 1;
    }
    let formats = formats.into_iter().map(|(format, files)| FormatCount {
        format: format.to_owned(),
        files,
        best_effort: format.ends_with("+udp"),
    });
    let full = |count: u64| (!publish).then_some(count);
    Exports {
        files: all.len() as u64,
        length: full(sum(|export| export.length)),
        records: full(sum(|export| export.records)),
        packets: full(sum(|export| export.packets)),
        bytes: full(sum(|export| export.bytes)),
        recalled_records: full(walk.recalled_records),
        recalled_packets: full(walk.recalled_packets),
        formats: Bounded::of(formats.collect(), MOST_NAMES),
        purged_files: walk.purged_files,
        purged_length: full(walk.purged_length),
    }
}

/// Counts of hours, added up; in a published report without the small ones.
fn by_hour(hours: impl Iterator<Item = u64>, publish: bool) -> Alone {
    hours.fold(Alone::default(), |mut sum, count| {
        if publish && is_small(count) {
            sum.small += 1;
        } else {
            sum.count = sum.count.saturating_add(count);
        }
        sum
    })
}
