//! What an evaluation says in a report: its figures as given, how they fit the report's period, and in a
//! published report what is left out.

use serde::Serialize;
use std::collections::BTreeSet;

use super::cells::is_small;
use super::figures::{Figure, GeoSpan, Report, Variant, ppm};
use super::measured::Measured;
use crate::evaluation::{Confusion, FlowErrors, Judged, Rate, Space, Traffic, Weight};

/// How sure the country tables are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Evaluated {
    /// Of the program that measured.
    pub(super) version: String,
    pub(super) home: Vec<String>,
    /// Whether it is the home of every table in force.
    pub(super) home_in_force: bool,
    pub(super) tables: Vec<TableMeasured>,
    /// Files of tables in force that were not measured.
    pub(super) unmeasured_in_force: u64,
    pub(super) by_space: Vec<SpaceMeasured>,
    pub(super) by_traffic: Option<TrafficMeasured>,
    pub(super) truth: Option<TruthMeasured>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct TableMeasured {
    pub(super) name: String,
    pub(super) date: Option<String>,
    pub(super) sha256: Vec<String>,
    /// Whether all its files were, in the report's period.
    pub(super) in_force: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct SpaceMeasured {
    #[serde(flatten)]
    pub(super) space: Space,
    pub(super) agreed: u64,
    /// What at least one of the two places.
    pub(super) placed: u64,
    pub(super) agreed_ppm: u64,
    pub(super) disputed_home: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct TrafficMeasured {
    pub(super) frames: Figure,
    pub(super) pairs: Vec<JudgedMeasured>,
    /// Pairs of three and more tables tell of each other what is left out of one: then none is shown.
    pub(super) withheld: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct JudgedMeasured {
    pub(super) one: usize,
    pub(super) other: usize,
    pub(super) one_class: String,
    pub(super) other_class: String,
    #[serde(flatten)]
    pub(super) figure: Figure,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct TruthMeasured {
    pub(super) sha256: String,
    pub(super) prefixes: u64,
    pub(super) tables: Vec<ConfusionMeasured>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct ConfusionMeasured {
    /// Nothing for all of them together.
    pub(super) table: Option<usize>,
    pub(super) ipv4: [[u64; 3]; 2],
    pub(super) ipv6: [[u64; 3]; 2],
    /// Nothing without captures, and where it tells of too few flows for a published report.
    pub(super) false_keep: Option<Rate>,
    pub(super) false_exclude: Option<Rate>,
}

impl Report {
    /// With what was measured of country tables, apart from the ledger.
    #[must_use]
    pub fn with_evaluation(mut self, measured: &Measured) -> Self {
        let found = measured.get();
        let publish = self.variant == Variant::Published;
        let spans = &self.geo.shown;
        let of_span = |span: &GeoSpan| -> Vec<String> {
            let sources = span.sources.iter();
            sources.map(|source| source.sha256.clone()).collect()
        };
        let in_force: BTreeSet<String> = spans.iter().flat_map(of_span).collect();
        let known: BTreeSet<&String> = found
            .tables
            .iter()
            .flat_map(|table| &table.sha256)
            .collect();
        let home: BTreeSet<&String> = found.home.iter().collect();
        let is_home = |span: &GeoSpan| span.home.iter().collect::<BTreeSet<_>>() == home;
        let tables = found.tables.iter().map(|table| TableMeasured {
            name: table.name.clone(),
            date: table.date.clone(),
            sha256: table.sha256.clone(),
            in_force: table.sha256.iter().all(|sha256| in_force.contains(sha256)),
        });
        let unmeasured = in_force.iter().filter(|sha256| !known.contains(sha256));
        let evaluated = Evaluated {
            version: found.version.clone(),
            home: found.home.clone(),
            home_in_force: spans.iter().all(is_home),
            tables: tables.collect(),
            unmeasured_in_force: unmeasured.count() as u64,
            by_space: found.by_space.iter().map(space).collect(),
            by_traffic: found
                .by_traffic
                .as_ref()
                .map(|of| traffic(of, found.tables.len(), publish)),
            truth: found.truth.as_ref().map(|truth| TruthMeasured {
                sha256: truth.sha256.clone(),
                prefixes: truth.prefixes,
                tables: confusions(&truth.tables, publish),
            }),
        };
        self.evaluation = Some(evaluated);
        self
    }
}

fn space(space: &Space) -> SpaceMeasured {
    let (agreed, placed) = space.agreed();
    SpaceMeasured {
        space: space.clone(),
        agreed,
        placed,
        agreed_ppm: ppm(agreed, placed),
        disputed_home: space.disputed_home(),
    }
}

fn figure(weight: Weight, publish: bool) -> Figure {
    let Weight {
        packets,
        bytes,
        openings,
    } = weight;
    if publish && is_small(packets) {
        return Figure {
            small: 1,
            small_openings: 1,
            ..Figure::default()
        };
    }
    let hide = publish && is_small(openings);
    Figure {
        packets,
        bytes,
        openings: if hide { 0 } else { openings },
        small: 0,
        small_openings: u64::from(hide),
    }
}

/// Sums of what is shown, and of nothing else.
pub(super) fn sum<'a>(figures: impl Iterator<Item = &'a Figure>) -> Figure {
    figures.fold(Figure::default(), |sum, figure| Figure {
        packets: sum.packets.saturating_add(figure.packets),
        bytes: sum.bytes.saturating_add(figure.bytes),
        openings: sum.openings.saturating_add(figure.openings),
        small: sum.small + figure.small,
        small_openings: sum.small_openings + figure.small_openings,
    })
}

fn traffic(found: &Traffic, tables: usize, publish: bool) -> TrafficMeasured {
    let shown = |judged: &Judged| JudgedMeasured {
        one: judged.one,
        other: judged.other,
        one_class: judged.one_class.clone(),
        other_class: judged.other_class.clone(),
        figure: figure(judged.weight, publish),
    };
    let pairs: Vec<JudgedMeasured> = found.pairs.iter().map(shown).collect();
    let has_small = |pair: &JudgedMeasured| pair.figure.small + pair.figure.small_openings > 0;
    let some_small = pairs.iter().any(has_small);
    let withheld = tables > 2 && some_small;
    TrafficMeasured {
        // All of it, less the cells shown, would be those that are not.
        frames: if some_small && !withheld {
            sum(pairs.iter().map(|pair| &pair.figure))
        } else {
            figure(found.frames, publish)
        },
        pairs: if withheld { Vec::new() } else { pairs },
        withheld,
    }
}

fn confusions(rows: &[Confusion], publish: bool) -> Vec<ConfusionMeasured> {
    let false_keep = rates(rows, |flows| flows.false_keep, publish);
    let false_exclude = rates(rows, |flows| flows.false_exclude, publish);
    let rates = false_keep.into_iter().zip(false_exclude);
    let measured = |(row, (false_keep, false_exclude)): (&Confusion, _)| ConfusionMeasured {
        table: row.table,
        ipv4: row.ipv4,
        ipv6: row.ipv6,
        false_keep,
        false_exclude,
    };
    rows.iter().zip(rates).map(measured).collect()
}

/// The rates of one kind, by row. In a published report none tells of few flows: not of those that were judged
/// wrongly, nor of those that were not, and not beside another row (what all tables together get wrong, each of
/// them does).
fn rates(rows: &[Confusion], of: fn(&FlowErrors) -> Rate, publish: bool) -> Vec<Option<Rate>> {
    let enough = |rate: &Rate| {
        let right = rate.of.saturating_sub(rate.events);
        !publish || rate.of >= super::SMALL_CELL && !is_small(rate.events) && !is_small(right)
    };
    let all = rows.iter().map(|row| row.flows.as_ref().map(of));
    let mut all: Vec<Option<Rate>> = all.map(|rate| rate.filter(enough)).collect();
    let shown: Vec<Rate> = all.iter().flatten().copied().collect();
    let differ_little = |one: &Rate, other: &Rate| {
        is_small(one.events.abs_diff(other.events)) || is_small(one.of.abs_diff(other.of))
    };
    let is_told_by_two = |one: &Rate| shown.iter().any(|other| differ_little(one, other));
    if publish && shown.iter().any(is_told_by_two) {
        all.fill(None);
    }
    all
}
