//! Talks with people: reads what was typed, runs it, renders what came out, and chooses the exit code.
//!
//! It is the only place that prints: results on standard output, talk on standard error, one line an
//! error, control characters escaped. It must never print an address of an excluded packet. In: the
//! command line. Out: text and an [`Exit`].

mod args;
mod atlas;
mod audit;
#[cfg(feature = "live")]
mod capture;
mod check;
mod demo;
mod evaluate;
mod exit;
mod explain;
mod flags;
mod geo;
mod help;
mod locate;
mod merge;
mod number;
mod panic;
mod progress;
mod purge;
mod replay;
mod report;
mod summary;
mod summary_table;
mod talk;
mod terminal;
mod usage;
mod verify;
pub mod view;
#[cfg(feature = "watch")]
mod watch;

pub use exit::Exit;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use args::{Args, Command};
use talk::{Problem, Talk};

/// The command line as clap knows it: manual pages and shell completions are made from it.
#[must_use]
pub fn command() -> clap::Command {
    Args::command()
}

/// Runs the program: the command line in, the exit code out.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    panic::install_hook();
    crate::sandbox::forbid_core_files();
    let mut talk = Talk::new();
    let exit = match Args::try_parse_from(args) {
        Ok(args) => match dispatch(args, &mut talk) {
            Ok(exit) => exit,
            Err(problem) => talk.problem(&problem),
        },
        Err(error) => usage::answer(&error, &mut talk),
    };
    exit.into()
}

fn dispatch(args: Args, talk: &mut Talk) -> Result<Exit, Problem> {
    match args.command {
        Command::Replay(args) => replay::run(args, talk),
        Command::Merge(args) => merge::run(args, talk),
        #[cfg(feature = "live")]
        Command::Capture(args) => capture::run(args, talk),
        #[cfg(feature = "watch")]
        Command::Watch(args) => watch::run(&args, talk),
        #[cfg(not(feature = "watch"))]
        Command::Watch(_) => Err(Problem::not_built("watch", "watch")),
        Command::Demo(args) => demo::run(args, talk),
        Command::Locate(args) => locate::run(args, talk),
        Command::Explain(args) => explain::run(args, talk),
        Command::Geo(args) => geo::run(args, talk),
        Command::Summary(args) => summary::run(&args, talk),
        Command::Check(args) => check::run(args, talk),
        Command::Evaluate(args) => evaluate::run(args, talk),
        Command::Verify(args) => verify::run(args, talk),
        Command::Purge(args) => purge::run(&args, talk),
        Command::Report(args) => report::run(&args, talk),
    }
}
