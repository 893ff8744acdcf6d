//! A command line that was not understood, in one line; and help, where it was asked for.

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

use super::exit::Exit;
use super::talk::{Problem, Talk};

/// Answers what clap gave instead of arguments.
pub(super) fn answer(error: &Error, talk: &mut Talk) -> Exit {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            match talk.result(&error.render().to_string()) {
                Ok(()) => Exit::Done,
                Err(problem) => talk.problem(&problem),
            }
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            talk.block(&error.render().to_string());
            Exit::Usage
        }
        _ => talk.problem(&problem(error)),
    }
}

fn problem(error: &Error) -> Problem {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => Some(texts.join(" ")),
        _ => None,
    };
    let argument = text(ContextKind::InvalidArg);
    let near = text(ContextKind::SuggestedArg)
        .or_else(|| text(ContextKind::SuggestedSubcommand))
        .or_else(|| text(ContextKind::SuggestedValue));
    let hint = near.map_or_else(
        || "see sekisho --help, or --help after a command".to_owned(),
        |near| format!("did you mean {near}?"),
    );
    let usage = |what: &str, place: &str| Problem::new(Exit::Usage, what, place, &hint);
    match (error.kind(), argument) {
        (ErrorKind::UnknownArgument, Some(argument)) => usage("unknown option", &argument),
        (ErrorKind::InvalidSubcommand, _) => usage(
            "unknown command",
            &text(ContextKind::InvalidSubcommand).unwrap_or_default(),
        ),
        (ErrorKind::MissingRequiredArgument, Some(argument)) => usage("missing", &argument),
        (ErrorKind::InvalidValue, Some(argument)) => {
            usage("missing or bad value", &argument)
        }
        (ErrorKind::ValueValidation, Some(argument)) => {
            let value = text(ContextKind::InvalidValue).unwrap_or_default();
            let reason = std::error::Error::source(error)
                .map(ToString::to_string)
                .unwrap_or_default();
            Problem::new(Exit::Usage, &format!("bad value `{value}`"), &argument, &reason)
        }
        (ErrorKind::ArgumentConflict, Some(argument)) => {
            let prior = text(ContextKind::PriorArg).unwrap_or_default();
            let what = if prior.is_empty() || prior == argument {
                "given twice".to_owned()
            } else {
                format!("cannot be used with {prior}")
            };
            usage(&what, &argument)
        }
        (kind, argument) => usage(
            kind.as_str().unwrap_or("not understood"),
            &argument.unwrap_or_else(|| "command line".to_owned()),
        ),
    }
}
