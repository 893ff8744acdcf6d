//! `sekisho demo`: made-up traffic through the whole road.

use super::args::DemoArgs;
use super::exit::Exit;
use super::progress::Bar;
use super::talk::{Problem, Talk};
use super::{flags, replay};
use crate::pipeline;

pub(super) fn run(args: DemoArgs, talk: &mut Talk) -> Result<Exit, Problem> {
    flags::listen(&args.talk);
    let config = flags::config(args.place, args.gate, args.run)?;
    let bar = Bar::new(&config);
    let outcome = pipeline::demo(&config, args.seed, args.packets, &bar)?;
    replay::close(&config, &outcome, talk)
}
