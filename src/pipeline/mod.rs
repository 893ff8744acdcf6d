//! Runs lanes over captures and interfaces, and joins what they found.

mod authority;
mod books;
#[cfg(feature = "live")]
mod capture;
mod claims;
mod entries;
mod evaluate;
mod failure;
mod job;
mod keeper;
mod lanes;
mod merge;
mod outcome;
mod output;
mod plan;
mod purge;
mod render;
mod shard;
mod summary;
mod target;
mod walk;
mod whole;

pub use authority::{Authorities, Standings, line as authority_line};
#[cfg(feature = "live")]
pub use capture::{Limits, Reread, capture};
pub use evaluate::evaluate;
pub use failure::{Failure, FailureKind};
pub use job::Job;
use keeper::Keeper;
pub use merge::merge;
pub use outcome::{Account, Outcome, Progress};
pub use purge::{Entered, enter_purge};
pub use shard::{ShardNumber, Shards, replay_shard};
pub use summary::{
    Admitted, Authorisation, ByClass, ByReason, Count, Excluded, Flows, Geo, GeoSource, Input,
    Lost, SCHEMA, Summary,
};
pub use target::probe;
#[cfg(feature = "live")]
pub use target::probe_capture;

use crate::config::{Config, MaxAge};
use crate::demo::Traffic;
use crate::export::{KeyError, PseudonymKey, Pseudonyms, Terms};
use crate::geo::{self, Table};
use crate::ledger::Mode;
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
    let authorities = Authorities::load(config, &[authority::REPLAY.to_owned()])?;
    let job = job(config, inputs.to_vec(), &authorities)?;
    kept(config, &job, &authorities, Mode::Replay, || {
        job.run(progress)
    })
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
    let authorities = Authorities::load(config, &[authority::DEMO.to_owned()])?;
    let job = job(config, Vec::new(), &authorities)?;
    let traffic = Traffic::new(seed, packets);
    kept(config, &job, &authorities, Mode::Demo, || {
        progress.begin(None);
        let outcome = job.run_frames("demo", |deliver| traffic.for_each_frame(deliver));
        progress.end();
        outcome
    })
}

/// A run with its ledger, if one is kept: opened before anything is read, and complete after the records
/// are.
fn kept(
    config: &Config,
    job: &Job,
    authorities: &Authorities,
    mode: Mode,
    run: impl FnOnce() -> Result<Outcome, Failure>,
) -> Result<Outcome, Failure> {
    let Some(mut keeper) = Keeper::open(config)? else {
        return run();
    };
    let inputs = job::count(&job.inputs);
    keeper.begin(
        None,
        &[],
        entries::beginning(mode, inputs, config, &job.lane.table),
    )?;
    let outcome = run();
    keeper.end(&outcome, authorities, &job.lane.table)?;
    outcome
}

fn job(config: &Config, inputs: Vec<PathBuf>, authorities: &Authorities) -> Result<Job, Failure> {
    let table = Table::build(&geo_settings(config))
        .map_err(|error| Failure::line(FailureKind::Configuration, error.to_string()))?;
    Ok(Job {
        inputs,
        lane: lane::Settings {
            policy: authorities.policy(&table),
            table: Arc::new(table),
            flow: flow::Settings {
                idle: config.flow.idle_secs.saturating_mul(NANOS_PER_SEC),
                active: config.flow.active_secs.saturating_mul(NANOS_PER_SEC),
                max_flows: config.flow.max_flows,
                // Seeded from the operating system; a secret of this run.
                seed: RandomState::new().hash_one(0),
            },
        },
        lanes: match config.replay.lanes {
            // In which order frames use up a volume must not depend on lanes.
            _ if authorities.are_metered() => 1,
            0 => thread::available_parallelism().map_or(1, usize::from),
            lanes => lanes,
        },
        range_bytes: RANGE_BYTES,
        format: config.export.format,
        target: config.export.output.clone(),
        ipfix_enterprise: config.export.ipfix_enterprise,
        ip_encoding: config.export.ip_encoding,
        ledger: config.ledger.folder.is_some().then(|| ledger_name(config)),
        sensor: config.sensor.clone(),
        terms: terms(config, authorities)?,
        digest: config.ledger.folder.is_some(),
        config: config.digest(),
        interval: config
            .ledger
            .folder
            .is_some()
            .then(|| entries::width(config)),
        authorisation: authorities.shown(),
    })
}

/// The name of its ledger.
fn ledger_name(config: &Config) -> String {
    format!("sekisho/{}", config.sensor)
}

/// Under what records are collected, and how long they are kept.
fn terms(config: &Config, authorities: &Authorities) -> Result<Terms, Failure> {
    let authorisation = authorities.joined_ids();
    let key = pseudonym_key(config)?;
    let mode = config.pseudonym.mode;
    let pseudonyms = key.and_then(|key| Pseudonyms::new(&key, &authorisation, mode));
    Ok(Terms {
        authorisation,
        retention_days: config.retention.days,
        pseudonyms: pseudonyms.map(Arc::new),
        community_id: config.export.community_id,
    })
}

/// The key of pseudonyms, if there are any.
fn pseudonym_key(config: &Config) -> Result<Option<PseudonymKey>, Failure> {
    let key = config.pseudonym.key.as_deref();
    Ok(key.map(PseudonymKey::read).transpose()?)
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
