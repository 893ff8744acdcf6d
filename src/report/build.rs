//! From entries to figures.

use super::cells::{Cells, is_small};
use super::figures::{
    Alone, AuthorityInPeriod, AuthoritySpan, Blind, Bounded, Bucket, BucketPart, Clock, Events,
    Exports, Figure, FormatCount, Found, GapSum, Losses, Network, Openings, Part, Period,
    PolicySpan, Report, SCHEMA, SMALL_CELL, Sensor, Span, Sum, Timeline, Undetermined, Variant,
    Verified, ppm,
};
use super::happening::{mode, standing};
use super::tables::geo_spans;
use super::walk::Walk;
use super::window::{PUBLISHED_SECONDS, Window, ceil, floor, seconds, width};
use crate::fate::{Class, Fate, NetworkGroup, ProtocolGroup, Reason};
use crate::ledger::{Authority, Entry, Event, Moment, Profile, Verification};
use crate::time::{NANOS_PER_SEC, Timestamp};
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

/// Reasons that an undetermined place alone gave.
pub(super) const UNDETERMINED: [Reason; 4] = [
    Reason::Unlocated,
    Reason::SourceDisagreement,
    Reason::Anycast,
    Reason::NonGlobal,
];
/// Of names, and of what is rarely many.
const MOST_NAMES: usize = 24;
/// Of tables, authorisations, times and findings.
const MOST_ROWS: usize = 60;

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
                output_packets: alone(walk.output_packets, publish),
                output_records: alone(walk.output_records, publish),
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

fn sum(cells: &Cells, publish: bool) -> Sum {
    let seen = cells.figure(|_| true);
    let by_fate = cells.grouped(|place| Some(place.fate().index()));
    let part = |fate: Fate, id| part(id, by_fate.get(&fate.index()), seen);
    let unaccounted = cells.unaccounted();
    Sum {
        seen,
        kept: cells.figure(super::cells::Place::is_kept),
        excluded: cells.figure(|place| !place.is_kept()),
        closes: unaccounted.packets == 0 && unaccounted.bytes == 0,
        unaccounted_packets: (!publish).then_some(unaccounted.packets),
        unaccounted_bytes: (!publish).then_some(unaccounted.bytes),
        by_class: Class::ALL
            .map(|class| part(Fate::Admitted(class), class.id()))
            .into(),
        by_reason: Reason::ALL
            .map(|reason| part(Fate::Excluded(reason), reason.id()))
            .into(),
    }
}

fn part(id: &'static str, figure: Option<&Figure>, whole: Figure) -> Part {
    let figure = figure.copied().unwrap_or_default();
    Part {
        id,
        figure,
        share_ppm: ppm(figure.packets, whole.packets),
    }
}

fn timeline(cells: &Cells, walk: &Walk<'_>, shown: u64) -> Timeline {
    let at = |bucket: Timestamp| floor(bucket, shown);
    let parts = cells.grouped(|place| Some((at(place.bucket), place.fate().index())));
    let sides = cells.grouped(|place| Some((at(place.bucket), place.is_kept())));
    let seen = cells.grouped(|place| Some(at(place.bucket)));
    let dropped = cells.dropped(at);
    let blind = walk.blind.clone().merged();
    let mut buckets = BTreeMap::new();
    for from in seen.keys().chain(dropped.keys()) {
        buckets.insert(*from, ());
    }
    // So that a picture has no hole where nothing was counted: the width bounds how many these are.
    if let Some((from, to)) = walk.extent {
        let mut next = at(from);
        while next < to {
            buckets.insert(next, ());
            next = Timestamp::from_nanos(next.nanos().saturating_add(shown * NANOS_PER_SEC));
            if next.nanos() == u64::MAX {
                break;
            }
        }
    }
    let bucket = |from: Timestamp| {
        let end = Timestamp::from_nanos(from.nanos().saturating_add(shown * NANOS_PER_SEC));
        let part = |fate: Fate, id| {
            let figure = *parts.get(&(from, fate.index()))?;
            Some(BucketPart { id, figure })
        };
        let classes = Class::ALL.into_iter();
        let reasons = Reason::ALL.into_iter();
        let inside = |span: &(Timestamp, Timestamp)| {
            let (begin, until) = (span.0.max(from), span.1.min(end));
            if begin < until {
                until.nanos() - begin.nanos()
            } else {
                0
            }
        };
        Bucket {
            from: Moment(from),
            seen: seen.get(&from).copied().unwrap_or_default(),
            kept: sides.get(&(from, true)).copied().unwrap_or_default(),
            excluded: sides.get(&(from, false)).copied().unwrap_or_default(),
            by_class: classes
                .filter_map(|class| part(Fate::Admitted(class), class.id()))
                .collect(),
            by_reason: reasons
                .filter_map(|reason| part(Fate::Excluded(reason), reason.id()))
                .collect(),
            kernel_dropped: dropped.get(&from).copied().unwrap_or_default(),
            blind_seconds: blind.iter().map(inside).sum::<u64>() / NANOS_PER_SEC,
        }
    };
    Timeline {
        bucket_seconds: shown,
        buckets: buckets.into_keys().map(bucket).collect(),
    }
}

fn undetermined(cells: &Cells, seen: Figure) -> Undetermined {
    let is_cause = |place: super::cells::Place| matches!(place.fate(), Fate::Excluded(reason) if UNDETERMINED.contains(&reason));
    let is_kept = |place: super::cells::Place| matches!(place.fate(), Fate::Admitted(class) if is_undetermined(class));
    let by_fate = cells.grouped(|place| Some(place.fate().index()));
    let (kept, excluded) = (cells.figure(is_kept), cells.figure(is_cause));
    let classes = Class::ALL
        .into_iter()
        .filter(|class| is_undetermined(*class));
    Undetermined {
        kept,
        kept_ppm: ppm(kept.packets, seen.packets),
        excluded,
        excluded_ppm: ppm(excluded.packets, seen.packets),
        kept_by_class: classes
            .map(|class| {
                part(
                    class.id(),
                    by_fate.get(&Fate::Admitted(class).index()),
                    seen,
                )
            })
            .collect(),
        excluded_by_reason: UNDETERMINED
            .map(|reason| {
                part(
                    reason.id(),
                    by_fate.get(&Fate::Excluded(reason).index()),
                    seen,
                )
            })
            .into(),
    }
}

const fn is_undetermined(class: Class) -> bool {
    matches!(
        class,
        Class::ForeignUndetermined | Class::UndeterminedForeign
    )
}

fn networks(cells: &Cells) -> Vec<Network> {
    let seen = cells.grouped(|place| Some((place.network() as u8, place.protocol() as u8)));
    let sides = cells.grouped(|place| {
        Some((
            place.network() as u8,
            place.protocol() as u8,
            place.is_kept(),
        ))
    });
    let mut out = Vec::new();
    for network in NetworkGroup::ALL {
        for protocol in ProtocolGroup::ALL {
            let (ip, kind) = (network as u8, protocol as u8);
            if let Some(seen) = seen.get(&(ip, kind)) {
                out.push(Network {
                    ip: network.id(),
                    protocol: protocol.id(),
                    seen: *seen,
                    kept: sides.get(&(ip, kind, true)).copied().unwrap_or_default(),
                    excluded: sides.get(&(ip, kind, false)).copied().unwrap_or_default(),
                });
            }
        }
    }
    out
}

fn openings(cells: &Cells) -> Vec<Openings> {
    let of = |id, wanted: &dyn Fn(Fate) -> bool| {
        let figure = cells.figure(|place| wanted(place.fate()));
        Openings {
            id,
            openings: Alone {
                count: figure.openings,
                small: figure.small_openings,
            },
        }
    };
    let mut out: Vec<Openings> = Class::ALL
        .into_iter()
        .map(|class| of(class.id(), &move |fate| fate == Fate::Admitted(class)))
        .collect();
    out.push(of("excluded", &|fate| matches!(fate, Fate::Excluded(_))));
    out
}

fn blind(cells: &Cells, walk: &Walk<'_>, period: u64) -> Blind {
    let total = |spans: Vec<(Timestamp, Timestamp)>| {
        spans
            .iter()
            .map(|(from, to)| to.nanos() - from.nanos())
            .sum::<u64>()
            / NANOS_PER_SEC
    };
    let blind = total(walk.blind.clone().merged());
    let gaps = walk.gaps.iter().map(|((cause, interface), of)| {
        let seconds = total(of.time.clone().merged());
        GapSum {
            cause,
            interface: interface.map(str::to_owned),
            gaps: of.count,
            seconds,
            share_ppm: ppm(seconds, period),
        }
    });
    let gaps = Bounded::of(gaps.collect(), MOST_ROWS);
    let zero = Timestamp::default();
    Blind {
        kernel_dropped: cells.dropped(|_| zero).remove(&zero).unwrap_or_default(),
        seconds: blind,
        share_ppm: ppm(blind, period),
        gaps: gaps.shown,
        left_out: gaps.left_out,
    }
}

/// A moment of a span, to the hour in a published report.
pub(super) const fn moment(at: Timestamp, publish: bool) -> Moment {
    Moment(if publish {
        floor(at, PUBLISHED_SECONDS)
    } else {
        at
    })
}

fn policies(walk: &Walk<'_>, publish: bool) -> Bounded<PolicySpan> {
    let spans = walk.policies.iter().map(|span| PolicySpan {
        from: moment(span.from, publish),
        to: moment(span.to, publish),
        profile: profile(span.what.profile),
        classes: span.what.classes.clone(),
    });
    Bounded::of(spans.collect(), MOST_ROWS)
}

const fn profile(profile: Profile) -> &'static str {
    match profile {
        Profile::Standard => "standard",
        Profile::Statutory => "statutory",
    }
}

fn authority(walk: &Walk<'_>, period: u64, publish: bool) -> AuthorityInPeriod {
    let spans = walk.authorities.iter().map(|span| {
        let Authority {
            standing: stands,
            id,
            authority,
            purpose,
            classes,
            interfaces,
            not_before,
            not_after,
            volume,
            sha256,
            keys,
        } = span.what;
        AuthoritySpan {
            from: moment(span.from, publish),
            to: moment(span.to, publish),
            standing: standing(*stands),
            id: id.clone(),
            authority: authority.clone(),
            purpose: purpose.clone(),
            classes: classes.clone(),
            interfaces: interfaces.clone(),
            not_before: *not_before,
            not_after: *not_after,
            cap_packets: volume.and_then(|volume| volume.packets),
            cap_bytes: volume.and_then(|volume| volume.bytes),
            sha256: sha256.clone(),
            keys: keys.clone(),
        }
    });
    let without = walk.without.clone().merged();
    let without: Vec<Span> = without
        .into_iter()
        .map(|(from, to)| Span {
            from: moment(from, publish),
            to: moment(to, publish),
            seconds: seconds(from, to),
        })
        .filter(|span| span.seconds > 0)
        .collect();
    let without_seconds = without.iter().map(|span| span.seconds).sum();
    let by_itself = walk.self_authorised.clone().merged();
    AuthorityInPeriod {
        spans: Bounded::of(spans.collect(), MOST_ROWS),
        without: Bounded::of(without, MOST_ROWS),
        without_seconds,
        without_ppm: ppm(without_seconds, period),
        self_authorised_seconds: by_itself.iter().map(|(from, to)| seconds(*from, *to)).sum(),
    }
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
    Exports {
        files: all.len() as u64,
        length: sum(|export| export.length),
        records: alone(sum(|export| export.records), publish),
        packets: (!publish).then(|| sum(|export| export.packets)),
        bytes: (!publish).then(|| sum(|export| export.bytes)),
        recalled_records: alone(walk.recalled_records, publish),
        recalled_packets: (!publish).then_some(walk.recalled_packets),
        formats: Bounded::of(formats.collect(), MOST_NAMES),
        purged_files: walk.purged_files,
        purged_length: walk.purged_length,
    }
}

const fn alone(count: u64, publish: bool) -> Alone {
    if publish && is_small(count) {
        Alone { count: 0, small: 1 }
    } else {
        Alone { count, small: 0 }
    }
}
