//! Runs lanes over captures and joins what they found.

mod books;
mod failure;
mod job;
mod lanes;
mod outcome;
mod output;
mod plan;
mod summary;
mod walk;

pub use failure::{Failure, FailureKind};
pub use job::Job;
pub use outcome::{Outcome, Progress};
pub use summary::{
    Admitted, ByClass, ByReason, Count, Excluded, Flows, Geo, GeoSource, Input, Lost, SCHEMA,
    Summary,
};

use std::path::PathBuf;

use crate::config::Config;

/// Replays captures through the whole road. (Interface; the lanes come next.)
///
/// # Errors
/// What ended the run before its end; damaged inputs are no error.
pub fn replay(
    _config: &Config,
    inputs: &[PathBuf],
    _progress: &dyn Progress,
) -> Result<Outcome, Failure> {
    for input in inputs {
        if input.as_os_str() != "-" && !input.exists() {
            return Err(Failure::new(
                FailureKind::NoInput,
                "no such input",
                input.display().to_string(),
                "check the path",
            ));
        }
    }
    Err(Failure::new(
        FailureKind::Configuration,
        "cannot replay",
        "this build",
        "its lanes are not connected yet",
    ))
}

/// Runs made-up traffic through the whole road. (Interface; the traffic comes next.)
///
/// # Errors
/// What ended the run before its end.
pub fn demo(
    _config: &Config,
    _seed: u64,
    _packets: u64,
    _progress: &dyn Progress,
) -> Result<Outcome, Failure> {
    Err(Failure::new(
        FailureKind::Configuration,
        "cannot make traffic",
        "this build",
        "its lanes are not connected yet",
    ))
}
