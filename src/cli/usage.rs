//! A command line that was not understood, in one line; and help, where it was asked for.

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

use super::exit::Exit;
use super::talk::{Problem, Talk};
use crate::config::nearest;

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
        // Of several suggestions, the last is the nearest.
        Some(ContextValue::Strings(texts)) if is_suggestion(kind) => texts.last().cloned(),
        Some(ContextValue::Strings(texts)) => Some(texts.join(" ")),
        _ => None,
    };
    let argument = text(ContextKind::InvalidArg);
    // clap suggests commands that only sound alike.
    let command = || {
        let typed = text(ContextKind::InvalidSubcommand)?;
        let near = text(ContextKind::SuggestedSubcommand)?;
        nearest(&typed, [near.as_str()]).map(str::to_owned)
    };
    let near = text(ContextKind::SuggestedArg)
        .or_else(command)
        .or_else(|| text(ContextKind::SuggestedValue));
    let hint = near.map_or_else(
        || "see sekisho --help, or --help after a command".to_owned(),
        |near| format!("did you mean {near}?"),
    );
    let usage = |what: &str, place: &str| Problem::new(Exit::Usage, what, place, &hint);
    match (error.kind(), argument) {
        (ErrorKind::UnknownArgument, Some(argument)) if argument.starts_with('-') => {
            usage("unknown option", &argument)
        }
        (ErrorKind::UnknownArgument, Some(argument)) => usage("one argument too many", &argument),
        (ErrorKind::InvalidSubcommand, _) => {
            let typed = text(ContextKind::InvalidSubcommand).unwrap_or_default();
            #[cfg(not(feature = "live"))]
            if typed == "capture" {
                return Problem::not_built("capture", "live");
            }
            usage("unknown command", &typed)
        }
        (ErrorKind::MissingRequiredArgument, Some(argument)) => usage("missing", &argument),
        (ErrorKind::InvalidValue, Some(argument)) => usage("missing or bad value", &argument),
        (ErrorKind::ValueValidation, Some(argument)) => {
            let value = text(ContextKind::InvalidValue).unwrap_or_default();
            let reason = std::error::Error::source(error);
            let reason = match reason {
                // "invalid digit found in string"
                Some(reason) if reason.is::<std::num::ParseIntError>() => {
                    "give a whole number".to_owned()
                }
                Some(reason) => reason.to_string(),
                None => hint.clone(),
            };
            Problem::new(
                Exit::Usage,
                &format!("bad value `{value}`"),
                &argument,
                &reason,
            )
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

const fn is_suggestion(kind: ContextKind) -> bool {
    matches!(
        kind,
        ContextKind::SuggestedArg | ContextKind::SuggestedSubcommand | ContextKind::SuggestedValue
    )
}
