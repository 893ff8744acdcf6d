//! The geo table in force.

use super::super::board::SOURCES_SHOWN;
use super::{Entry, Kind, flag, number, seconds};
use crate::metrics::snapshot::Snapshot;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        name: "sekisho_geo_info",
        kind: Kind::Gauge,
        unit: "always 1",
        labels: &["digest", "home"],
        help: "The geo table in force: SHA-256 over everything that its findings depend on, and the home countries.",
        usage: "Sensors that shall decide alike show the same digest.",
        read: |shown, out| {
            let home = shown.geo.home.join(",");
            out.with(&[&shown.geo.digest, &home], 1.0);
        },
    },
    Entry {
        name: "sekisho_geo_source_info",
        kind: Kind::Gauge,
        unit: "always 1",
        labels: &["source", "name", "kind", "date", "sha256"],
        help: "What the geo table in force was made of, numbered in the order given.",
        usage: "Joined by source, it names the file of a date that is too old.",
        read: |shown, out| {
            for (number, source) in sources(shown) {
                let date = source.date.as_deref().unwrap_or_default();
                let labels = [&number, &source.name, &source.kind, date, &source.sha256];
                out.with(&labels, 1.0);
            }
        },
    },
    Entry {
        name: "sekisho_geo_source_timestamp_seconds",
        kind: Kind::Gauge,
        unit: "seconds after 1970-01-01 UTC",
        labels: &["source"],
        help: "When the data of a source was made; absent where it does not say.",
        usage: "time() less this is its age: fetch a newer one and reload before geo.max_age is reached (SekishoGeoOld).",
        read: |shown, out| {
            for (number, source) in sources(shown) {
                if let Some(built) = source.built {
                    out.with(&[&number], seconds(built));
                }
            }
        },
    },
    Entry {
        name: "sekisho_geo_epoch",
        kind: Kind::Gauge,
        unit: "tables",
        labels: &[],
        help: "Geo tables that were in force so far, with this one; 1 is that of the start.",
        usage: "Grows by one when a reload has brought a new table into force.",
        read: |shown, out| out.one(number(shown.geo.epoch)),
    },
    Entry {
        name: "sekisho_geo_stale",
        kind: Kind::Gauge,
        unit: "0 or 1",
        labels: &[],
        help: "Whether the geo table in force was older than geo.max_age for some packet.",
        usage: "At 1 records are marked geo_stale, or nothing is admitted any more: bring a newer table (SekishoGeoStale).",
        read: |shown, out| out.one(flag(shown.geo.stale)),
    },
];

fn sources(shown: &Snapshot) -> impl Iterator<Item = (String, &super::super::GeoSource)> {
    let sources = shown.geo.sources.iter().take(SOURCES_SHOWN);
    (0_usize..).map(|number| number.to_string()).zip(sources)
}
