//! `sekisho demo`: made-up traffic through the whole road.

use super::args::DemoArgs;
use super::exit::Exit;
use super::progress::Bar;
use super::talk::{Problem, Talk};
use super::{flags, replay};
use crate::pipeline;

pub(super) fn run(args: DemoArgs, talk: &mut Talk) -> Result<Exit, Problem> {
    flags::listen(&args.talk);
    let mut run = args.run;
    // A demonstration is about its summary: records only for who asks.
    if run.output.is_none() && run.format.is_none() && args.place.config.is_none() {
        run.format = Some("null".to_owned());
    }
    let config = flags::config(args.place, args.gate, run, flags::How::Replay(args.how))?;
    let bar = Bar::new(&config);
    let outcome = pipeline::demo(&config, args.seed, args.packets, &bar)?;
    replay::close(&config, &outcome, talk)
}
