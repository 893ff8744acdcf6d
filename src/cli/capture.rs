//! `sekisho capture`: interfaces into records, until it is ended.

use std::time::Duration;

use super::args::CaptureArgs;
use super::exit::Exit;
use super::flags::{self, How};
use super::replay;
use super::talk::{Problem, Talk};
use crate::pipeline::{self, Limits};

pub(super) fn run(args: CaptureArgs, talk: &mut Talk) -> Result<Exit, Problem> {
    flags::listen(&args.talk);
    let config = flags::config(args.place, args.gate, args.run, How::Capture(args.how))?;
    if config.capture.interfaces.is_empty() {
        return Err(Problem::new(
            Exit::Usage,
            "missing",
            "-i <IFACE>",
            "name an interface, or `interfaces` in [capture]",
        ));
    }
    let limits = Limits {
        duration: args.duration.map(Duration::from_secs),
        frames: args.count,
    };
    let outcome = pipeline::capture(&config, limits, &mut |line| talk.say(line))?;
    replay::close(&config, &outcome, talk)
}
