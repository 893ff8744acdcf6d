//! `sekisho capture`: interfaces into records, until it is ended.

use std::time::Duration;

use super::args::CaptureArgs;
use super::exit::Exit;
use super::flags::{self, How};
use super::replay;
use super::talk::{Problem, Talk};
use crate::config::Config;
use crate::pipeline::{self, Failure, FailureKind, Limits, Reread};

pub(super) fn run(args: CaptureArgs, talk: &mut Talk) -> Result<Exit, Problem> {
    flags::listen(&args.talk);
    let (file, layer) = flags::layer(args.place, args.gate, args.run, How::Capture(args.how));
    let load = || Config::load(file.as_deref(), layer.clone());
    let config = load()?;
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
    let load_again =
        || load().map_err(|error| Failure::line(FailureKind::Configuration, error.to_string()));
    let reread = Reread {
        file: file.as_deref(),
        load: &load_again,
    };
    let outcome = pipeline::capture(&config, limits, &reread, &mut |line| talk.say(line))?;
    replay::close(&config, &outcome, talk)
}
