//! The text that a scrape gets: the table of metrics, filled in from a snapshot of the board.

use super::board::Board;
use super::catalogue::{self, Entry, Kind, Samples};
use super::snapshot::Snapshot;
use prometheus::core::{Collector, Desc};
use prometheus::proto::{Counter, Gauge, LabelPair, Metric, MetricFamily, MetricType};
use prometheus::{Registry, TextEncoder};
use std::collections::HashMap;
use std::io;
use std::sync::Arc;

/// Of the text format, version 0.0.4.
pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Renders a board.
pub struct Exposition {
    registry: Registry,
}

impl Exposition {
    /// Of a board.
    ///
    /// # Errors
    /// If the table of metrics contradicts itself, which a test excludes.
    pub fn new(board: &Arc<Board>) -> io::Result<Self> {
        let shown = Shown::new(Arc::clone(board)).map_err(io::Error::other)?;
        let registry = Registry::new();
        registry
            .register(Box::new(shown))
            .map_err(io::Error::other)?;
        Ok(Self { registry })
    }

    /// Everything as it is now, in the text format.
    ///
    /// # Errors
    /// As the encoder's, which no number gives cause for.
    pub fn text(&self) -> io::Result<String> {
        TextEncoder::new()
            .encode_to_string(&self.registry.gather())
            .map_err(io::Error::other)
    }
}

/// A board as the registry wants to see it.
struct Shown {
    board: Arc<Board>,
    descriptions: Vec<Desc>,
}

impl Shown {
    fn new(board: Arc<Board>) -> prometheus::Result<Self> {
        let descriptions = catalogue::entries().map(|entry| {
            let labels = entry.labels.iter().map(|label| (*label).to_owned());
            let (name, help) = (entry.name.to_owned(), entry.help.to_owned());
            Desc::new(name, help, labels.collect(), HashMap::new())
        });
        Ok(Self {
            board,
            descriptions: descriptions.collect::<Result<_, _>>()?,
        })
    }
}

impl Collector for Shown {
    fn desc(&self) -> Vec<&Desc> {
        self.descriptions.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let snapshot = Snapshot::of(&self.board);
        catalogue::entries()
            .map(|entry| family(entry, &snapshot))
            .collect()
    }
}

fn family(entry: &Entry, snapshot: &Snapshot) -> MetricFamily {
    let mut samples = Samples::default();
    (entry.read)(snapshot, &mut samples);
    let metrics = samples.into_iter().map(|(values, value)| {
        let labels = entry.labels.iter().zip(values).map(|(name, value)| {
            let mut pair = LabelPair::default();
            pair.set_name((*name).to_owned());
            pair.set_value(value);
            pair
        });
        let mut metric = Metric::from_label(labels.collect());
        match entry.kind {
            Kind::Counter => {
                let mut counter = Counter::default();
                counter.set_value(value);
                metric.set_counter(counter);
            }
            Kind::Gauge => {
                let mut gauge = Gauge::default();
                gauge.set_value(value);
                metric.set_gauge(gauge);
            }
        }
        metric
    });
    let mut family = MetricFamily::default();
    family.set_name(entry.name.to_owned());
    family.set_help(entry.help.to_owned());
    family.set_field_type(match entry.kind {
        Kind::Counter => MetricType::COUNTER,
        Kind::Gauge => MetricType::GAUGE,
    });
    family.set_metric(metrics.collect());
    family
}
