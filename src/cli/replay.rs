//! `sekisho replay`: captures into records, and the end of every run.

use super::args::ReplayArgs;
use super::audit::Audit;
use super::exit::Exit;
use super::progress::Bar;
use super::talk::{Problem, Talk};
use super::terminal::Style;
use super::{flags, summary_table};
use crate::config::{Config, Output, Target};
use crate::pipeline::{self, Outcome, ShardNumber};
use crate::spelling::reason;
use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

pub(super) fn run(args: ReplayArgs, talk: &mut Talk) -> Result<Exit, Problem> {
    flags::listen(&args.talk);
    if args.shard.is_some() && args.run.ledger.is_some() {
        let hint = "give it to `sekisho merge` instead";
        return Err(Problem::new(
            Exit::Usage,
            "a shard keeps no ledger",
            "--ledger",
            hint,
        ));
    }
    let config = flags::config(
        args.place,
        args.gate,
        args.run,
        flags::How::Replay(args.how),
    )?;
    if let Some(shard) = args.shard {
        return run_shard(&config, shard, &args.files, talk);
    }
    let audit = args.audit.as_deref().map(Audit::open).transpose()?;
    let bar = Bar::new(&config);
    let outcome = pipeline::replay(&config, &args.files, &bar)?;
    let exit = close(&config, &outcome, talk)?;
    if let Some(audit) = audit {
        audit.compare(&outcome.summary, talk)?;
    }
    Ok(exit)
}

/// One part of the captures, into a shard.
fn run_shard(
    config: &Config,
    shard: ShardNumber,
    files: &[PathBuf],
    talk: &mut Talk,
) -> Result<Exit, Problem> {
    if files.iter().any(|file| file.as_os_str() == "-") {
        let hint = "give files, or folders of them";
        let what = "no part can be told of what is read once";
        return Err(Problem::new(Exit::Usage, what, "standard input", hint));
    }
    if config.export.output == Target::Stdout && io::stdout().is_terminal() {
        let hint = "name a file or a folder with -o";
        let what = "a shard is not for reading";
        return Err(Problem::new(Exit::Usage, what, "standard output", hint));
    }
    let outcome = pipeline::replay_shard(config, shard, files, &Bar::new(config))?;
    close(config, &outcome, talk)
}

/// The end of a run: the summary as a file, what was damaged, the summary as a table, and the exit
/// code.
pub(super) fn close(config: &Config, outcome: &Outcome, talk: &mut Talk) -> Result<Exit, Problem> {
    let written = match &config.export.summary {
        None => Ok(()),
        Some(Output::Stdout) => outcome
            .summary
            .to_json()
            .map_err(|e| Problem::stdout(&e))
            .and_then(|text| talk.result(&text)),
        Some(Output::File(path)) => outcome.summary.write_to(path).map_err(|e| {
            Problem::new(
                Exit::Output,
                &format!("cannot write the summary ({})", reason(&e)),
                &path.display().to_string(),
                "check its folder and the space there",
            )
        }),
    };
    for line in outcome.damaged.iter().chain(&outcome.notes) {
        talk.say(line);
    }
    talk.block(&summary_table::render(
        &outcome.summary,
        &config.export,
        Style::of_stderr(),
    ));
    written?;
    Ok(verdict(outcome))
}

/// The exit code of a run that was finished: the worst thing that is true of it.
fn verdict(outcome: &Outcome) -> Exit {
    let summary = &outcome.summary;
    let lost = summary.lost.packets > 0 || summary.lost.records > 0;
    if !summary.balanced || !summary.frames_balance() || lost {
        Exit::Books
    } else if let Some(kind) = outcome.ended_by {
        kind.into()
    } else if !outcome.damaged.is_empty() || summary.inputs.iter().any(|input| !input.complete) {
        Exit::Damaged
    } else {
        Exit::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::summary_table::tests::example;
    use crate::pipeline::FailureKind;

    #[test]
    fn the_worst_thing_decides_the_exit_code() {
        let fine = example();
        assert_eq!(verdict(&fine), Exit::Done);
        let mut damaged = fine.clone();
        damaged.summary.inputs[0].complete = false;
        assert_eq!(verdict(&damaged), Exit::Damaged);
        let mut gone = damaged.clone();
        gone.ended_by = Some(FailureKind::InterfaceGone);
        assert_eq!(verdict(&gone), Exit::Output);
        let mut lost = gone.clone();
        lost.summary.lost.records = 1;
        assert_eq!(verdict(&lost), Exit::Books);
        let mut unbalanced = fine.clone();
        unbalanced.summary.frames.packets += 1;
        assert_eq!(verdict(&unbalanced), Exit::Books);
    }
}
