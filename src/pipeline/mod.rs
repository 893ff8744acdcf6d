//! Runs lanes over captures and interfaces, and joins what they found.

mod books;
#[cfg(feature = "live")]
mod capture;
mod claims;
mod failure;
mod job;
mod lanes;
mod outcome;
mod output;
mod plan;
mod render;
mod summary;
mod target;
mod walk;

#[cfg(feature = "live")]
pub use capture::{Limits, Reread, capture};
pub use failure::{Failure, FailureKind};
pub use job::Job;
pub use outcome::{Outcome, Progress};
pub use summary::{
    Admitted, ByClass, ByReason, Count, Excluded, Flows, Geo, GeoSource, Input, Lost, SCHEMA,
    Summary,
};
pub use target::probe;
#[cfg(feature = "live")]
pub use target::probe_capture;

use crate::config::{self, Config, MaxAge};
use crate::demo::Traffic;
use crate::export::{KeyError, PseudonymKey, Pseudonyms, SELF_AUTHORISED, Terms};
use crate::gate::Policy;
use crate::geo::{self, Table};
use crate::time::NANOS_PER_SEC;
use crate::{flow, lane};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// Bytes of a plain capture that are worth a lane of their own: below, starting one costs more than it
/// gives. *Guessed*: a few milliseconds of work.
const RANGE_BYTES: u64 = 4 << 20;

/// Replays captures through the whole road.
///
/// # Errors
/// What ended the run before its end; damaged inputs are no error.
pub fn replay(
    config: &Config,
    inputs: &[PathBuf],
    progress: &dyn Progress,
) -> Result<Outcome, Failure> {
    probe(config)?;
    job(config, inputs.to_vec())?.run(progress)
}

/// Runs made-up traffic through the whole road.
///
/// # Errors
/// What ended the run before its end.
pub fn demo(
    config: &Config,
    seed: u64,
    packets: u64,
    progress: &dyn Progress,
) -> Result<Outcome, Failure> {
    probe(config)?;
    let job = job(config, Vec::new())?;
    let traffic = Traffic::new(seed, packets);
    progress.begin(None);
    let outcome = job.run_frames("demo", |deliver| traffic.for_each_frame(deliver));
    progress.end();
    outcome
}

fn job(config: &Config, inputs: Vec<PathBuf>) -> Result<Job, Failure> {
    let table = Table::build(&geo_settings(config))
        .map_err(|error| Failure::line(FailureKind::Configuration, error.to_string()))?;
    Ok(Job {
        inputs,
        lane: lane::Settings {
            table: Arc::new(table),
            policy: Policy::new(config.authorisation),
            flow: flow::Settings {
                idle: config.flow.idle_secs.saturating_mul(NANOS_PER_SEC),
                active: config.flow.active_secs.saturating_mul(NANOS_PER_SEC),
                max_flows: config.flow.max_flows,
                // Seeded from the operating system; a secret of this run.
                seed: RandomState::new().hash_one(0),
            },
        },
        lanes: match config.replay.lanes {
            0 => thread::available_parallelism().map_or(1, usize::from),
            lanes => lanes,
        },
        range_bytes: RANGE_BYTES,
        format: config.export.format,
        target: match &config.export.output {
            config::Output::Stdout => "-".into(),
            config::Output::File(path) => path.clone(),
        },
        sensor: config.sensor.clone(),
        terms: terms(config)?,
        digest: false,
        config: config.digest(),
    })
}

/// Under what records are collected, and how long they are kept.
fn terms(config: &Config) -> Result<Terms, Failure> {
    let authorisation = SELF_AUTHORISED.to_owned();
    let key = config.pseudonym.key.as_deref();
    let key = key.map(PseudonymKey::read).transpose()?;
    let mode = config.pseudonym.mode;
    let pseudonyms = key.and_then(|key| Pseudonyms::new(&key, &authorisation, mode));
    Ok(Terms {
        authorisation,
        retention_days: config.retention.days,
        pseudonyms: pseudonyms.map(Arc::new),
    })
}

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        let kind = match &error {
            KeyError::Unreadable { source, .. }
                if source.kind() == io::ErrorKind::PermissionDenied =>
            {
                FailureKind::Permission
            }
            KeyError::Unreadable { .. } | KeyError::Open(_) | KeyError::NotAKey(_) => {
                FailureKind::Configuration
            }
        };
        Self::line(kind, error.to_string())
    }
}

/// The part of the configuration that decides where addresses are.
#[must_use]
pub fn geo_settings(config: &Config) -> geo::Settings {
    let geo = &config.geo;
    geo::Settings {
        home: geo.home.iter().copied().collect(),
        sources: geo.sources.clone(),
        domestic_lists: geo.domestic_lists.clone(),
        anycast_lists: geo.anycast_lists.clone(),
        site: geo.site,
        nat64_prefixes: geo.nat64_prefixes.clone(),
        softwire_prefixes: geo.softwire_prefixes.clone(),
        max_age: match geo.max_age {
            MaxAge::Days(days) => Some(Duration::from_secs(u64::from(days) * 86_400)),
            MaxAge::Never => None,
        },
    }
}
