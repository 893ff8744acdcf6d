//! Figures of what was counted: the cells of all intervals, added up in each way that a page asks for.

use super::build::MOST_ROWS;
use super::cells::{Cells, Place};
use super::figures::{
    Alone, Blind, Bounded, Bucket, BucketPart, Figure, GapSum, Network, Openings, Part, Sum,
    Timeline, Undetermined, ppm,
};
use super::walk::Walk;
use super::window::floor;
use crate::fate::{Class, Fate, NetworkGroup, ProtocolGroup, Reason};
use crate::ledger::Moment;
use crate::time::{NANOS_PER_SEC, Timestamp};
use std::collections::BTreeMap;

/// Reasons that an undetermined place alone gave.
const UNDETERMINED: [Reason; 4] = [
    Reason::Unlocated,
    Reason::SourceDisagreement,
    Reason::Anycast,
    Reason::NonGlobal,
];
pub(super) fn sum(cells: &Cells, publish: bool) -> Sum {
    let seen = cells.figure(|_| true);
    let by_fate = cells.grouped(|place| Some(place.fate().index()));
    let part = |fate: Fate, id| part(id, by_fate.get(&fate.index()), seen);
    let unaccounted = cells.unaccounted();
    Sum {
        seen,
        kept: cells.figure(Place::is_kept),
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

pub(super) fn timeline(cells: &Cells, walk: &Walk<'_>, shown: u64) -> Timeline {
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

pub(super) fn undetermined(cells: &Cells, seen: Figure) -> Undetermined {
    let is_cause = |place: Place| matches!(place.fate(), Fate::Excluded(reason) if UNDETERMINED.contains(&reason));
    let is_kept =
        |place: Place| matches!(place.fate(), Fate::Admitted(class) if is_undetermined(class));
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

pub(super) fn networks(cells: &Cells) -> Vec<Network> {
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

pub(super) fn openings(cells: &Cells) -> Vec<Openings> {
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

pub(super) fn blind(cells: &Cells, walk: &Walk<'_>, period: u64) -> Blind {
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
