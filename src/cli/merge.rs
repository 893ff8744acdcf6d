//! `sekisho merge`: the shards of a run into what one run would have given.

use super::args::{GateFlags, MergeArgs, PlaceFlags, RunFlags};
use super::exit::Exit;
use super::progress::Bar;
use super::talk::{Problem, Talk};
use super::{flags, replay};
use crate::config::{Config, Layer};
use crate::pipeline::{self, Shards};
use std::path::Path;

pub(super) fn run(args: MergeArgs, talk: &mut Talk) -> Result<Exit, Problem> {
    flags::listen(&args.talk);
    let shards = Shards::open(&args.shards)?;
    if let Some(path) = &args.config
        && !shards.were_made_with(&Config::load(Some(path), Layer::default())?)
    {
        return Err(Problem::new(
            Exit::Configuration,
            "shards were made with other settings",
            &path.display().to_string(),
            "make them with this file and no flag that changes it",
        ));
    }
    let run = RunFlags {
        format: args.format,
        output: Some(args.output),
        summary: args.summary,
        ledger: args.ledger,
        ledger_key: args.ledger_key,
        ..RunFlags::default()
    };
    let how = flags::How::Replay(args.how);
    let (_, layer) = flags::layer(PlaceFlags::default(), GateFlags::default(), run, how);
    // A name without a folder: paths are as they were for the shards.
    let file = Path::new("settings of the shards");
    let config = Config::join(Some((file, shards.configuration())), layer)?;
    let bar = Bar::new(&config);
    let outcome = pipeline::merge(&config, &shards, &bar)?;
    replay::close(&config, &outcome, talk)
}
