//! Every metric: the one table from which the exposition, the page `docs/metrics.md` and the tests come.
//!
//! A name here is an interface: adding one is a minor change, renaming one is breaking. No label has a value
//! that traffic chooses.

mod capture;
mod flows;
mod geo;
mod output;
mod service;
mod traffic;

use super::label::harmless;
use super::snapshot::Snapshot;

/// One metric.
pub(super) struct Entry {
    pub name: &'static str,
    pub kind: Kind,
    /// What its value counts.
    pub unit: &'static str,
    /// Its labels, in the order of the values.
    pub labels: &'static [&'static str],
    /// What it is, in one sentence.
    pub help: &'static str,
    /// What an operator does with it.
    pub usage: &'static str,
    /// Its samples.
    pub read: fn(&Snapshot, &mut Samples),
}

/// Whether a metric only grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    Gauge,
}

impl Kind {
    /// As the text format calls it.
    pub(super) const fn id(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
        }
    }
}

/// Some metrics with a title.
pub(super) struct Group {
    pub title: &'static str,
    pub entries: &'static [Entry],
}

/// All groups, in the order of the page.
pub(super) const GROUPS: [Group; 6] = [
    Group {
        title: "Traffic",
        entries: traffic::ENTRIES,
    },
    Group {
        title: "Capture",
        entries: capture::ENTRIES,
    },
    Group {
        title: "Flows",
        entries: flows::ENTRIES,
    },
    Group {
        title: "Output",
        entries: output::ENTRIES,
    },
    Group {
        title: "Geo table",
        entries: geo::ENTRIES,
    },
    Group {
        title: "Service",
        entries: service::ENTRIES,
    },
];

/// All metrics.
pub(super) fn entries() -> impl Iterator<Item = &'static Entry> {
    GROUPS.iter().flat_map(|group| group.entries)
}

/// The samples of one metric: values of its labels, and its value.
#[derive(Default)]
pub(super) struct Samples(Vec<(Vec<String>, f64)>);

impl Samples {
    /// The only sample of a metric without labels.
    fn one(&mut self, value: f64) {
        self.with(&[], value);
    }

    /// A sample with values of the labels.
    fn with(&mut self, labels: &[&str], value: f64) {
        let labels = labels.iter().map(|value| harmless(value));
        self.0.push((labels.collect(), value));
    }
}

impl IntoIterator for Samples {
    type Item = (Vec<String>, f64);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// A count as Prometheus holds it: exact up to 2⁵³.
const fn number(count: u64) -> f64 {
    count as f64
}

/// Yes is 1, no is 0.
fn flag(yes: bool) -> f64 {
    f64::from(u8::from(yes))
}

/// A moment in seconds after 1970-01-01 UTC.
fn seconds(moment: crate::time::Timestamp) -> f64 {
    std::time::Duration::from_nanos(moment.nanos()).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_are_what_prometheus_expects_and_differ() {
        let mut names = HashSet::new();
        for entry in entries() {
            let name = entry.name;
            assert!(names.insert(name), "{name} stands twice");
            assert!(
                name.starts_with("sekisho_") || name.starts_with("process_"),
                "{name}"
            );
            assert!(
                name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
                "{name}"
            );
            let total = name.ends_with("_total");
            assert_eq!(total, entry.kind == Kind::Counter, "{name}");
            let base = name.trim_end_matches("_total");
            for unit in ["bytes", "seconds", "packets", "records", "flows"] {
                let claims = base.ends_with(&format!("_{unit}"));
                assert!(
                    !claims || entry.unit.starts_with(unit),
                    "{name} in {}",
                    entry.unit
                );
            }
            assert!(
                entry.help.ends_with('.') && entry.usage.ends_with('.'),
                "{name}"
            );
            assert!(
                !entry.help.contains('|') && !entry.usage.contains('|'),
                "{name}"
            );
        }
    }
}
