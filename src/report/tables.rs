//! Country tables in force: how old they were when they decided, and what changed from one to the next.

use super::figures::{Change, GeoSpan, ListUsed, SourceUsed};
use super::spans::moment;
use super::walk::InForce;
use crate::ledger::{GeoInForce, GeoSource};
use crate::time::Timestamp;

/// The tables, in the order in which they decided.
pub(super) fn geo_spans(spans: &[InForce<'_, GeoInForce>], publish: bool) -> Vec<GeoSpan> {
    let mut before: Option<&GeoInForce> = None;
    let mut out = Vec::with_capacity(spans.len());
    for span in spans {
        out.push(GeoSpan {
            from: moment(span.from, publish),
            to: moment(span.to, publish),
            sha256: span.what.sha256.clone(),
            home: span.what.home.clone(),
            sources: span
                .what
                .sources
                .iter()
                .map(|source| used(source, span.from, span.to))
                .collect(),
            lists: span
                .what
                .lists
                .iter()
                .map(|list| ListUsed {
                    list: list.list.clone(),
                    sha256: list.sha256.clone(),
                })
                .collect(),
            changes: before.map_or_else(Vec::new, |before| changes(before, span.what)),
        });
        before = Some(span.what);
    }
    out
}

fn used(source: &GeoSource, from: Timestamp, to: Timestamp) -> SourceUsed {
    let GeoSource {
        name,
        source: kind,
        date,
        sha256,
    } = source;
    let days = |at| age_days(date.as_deref()?, at);
    SourceUsed {
        name: name.clone(),
        source: kind.clone(),
        date: date.clone(),
        sha256: sha256.clone(),
        age_days_first: days(from),
        age_days_last: days(to),
    }
}

/// Whole days from the begin of a date to a moment; 0 before it, nothing where the date is none.
fn age_days(date: &str, at: Timestamp) -> Option<u64> {
    let begin = Timestamp::parse_rfc3339(&format!("{date}T00:00:00.000000000Z"))?;
    Some(super::window::seconds(begin, at) / 86_400)
}

fn changes(before: &GeoInForce, after: &GeoInForce) -> Vec<Change> {
    let mut out = Vec::new();
    if before.home != after.home {
        out.push(Change::Home {
            before: before.home.clone(),
            after: after.home.clone(),
        });
    }
    for source in &after.sources {
        match before.sources.iter().find(|old| old.name == source.name) {
            None => out.push(Change::SourceAdded {
                name: source.name.clone(),
            }),
            Some(old) if old.sha256 != source.sha256 => out.push(Change::SourceRenewed {
                name: source.name.clone(),
                before: old.date.clone(),
                after: source.date.clone(),
            }),
            Some(_) => {}
        }
    }
    for old in &before.sources {
        if !after.sources.iter().any(|source| source.name == old.name) {
            out.push(Change::SourceRemoved {
                name: old.name.clone(),
            });
        }
    }
    for list in after
        .lists
        .iter()
        .filter(|list| !before.lists.contains(list))
    {
        out.push(Change::ListAdded {
            list: list.list.clone(),
        });
    }
    for list in before
        .lists
        .iter()
        .filter(|list| !after.lists.contains(list))
    {
        out.push(Change::ListRemoved {
            list: list.list.clone(),
        });
    }
    // What findings depend on is more than sources and lists: how private addresses are judged, too.
    if out.is_empty() && before.sha256 != after.sha256 {
        out.push(Change::Settings);
    }
    out
}
