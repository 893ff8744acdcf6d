//! `sekisho report`: what a ledger says, as a page and as JSON.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use super::args::ReportArgs;
use super::exit::Exit;
use super::talk::{Problem, Talk};
use super::{flags, verify};
use crate::ledger::{self, VerifyOptions};
use crate::report::{LONGEST_EVALUATION, Language, Measured, Options, Report, Window};
use crate::time::Timestamp;

pub(super) fn run(args: &ReportArgs, talk: &mut Talk) -> Result<Exit, Problem> {
    flags::listen(&args.talk);
    let language = language(&args.lang)?;
    let window = window(args.from.as_deref(), args.to.as_deref())?;
    let stdout = |path: &Option<_>| path.as_deref() == Some(Path::new("-"));
    if stdout(&args.output) && stdout(&args.json) {
        return Err(Problem::new(
            Exit::Usage,
            "page and JSON cannot share a stream",
            "-",
            "name a file for one of them",
        ));
    }
    let options = VerifyOptions {
        key: args.key.as_deref().map(verify::key).transpose()?,
        since: args.since.as_deref().map(verify::read).transpose()?,
        records: Vec::new(),
    };
    let measured = args.evaluation.as_deref().map(measured).transpose()?;
    let (entries, verification) = ledger::verify(&args.ledger, &options)?;
    let mut report = Report::of(
        &entries,
        &verification,
        &Options {
            window,
            publish: args.publish,
            key_given: options.key.is_some(),
        },
    );
    if let Some(measured) = &measured {
        report = report.with_evaluation(measured);
    }
    if let Some(path) = &args.output {
        put(
            path,
            &report.to_html(language).map_err(|_| internal())?,
            talk,
        )?;
    }
    if let Some(path) = &args.json {
        put(path, &report.to_json().map_err(|_| internal())?, talk)?;
    }
    Ok(if verification.holds() {
        Exit::Done
    } else {
        talk.say("the ledger does not hold: see the findings at the top of the report");
        Exit::Books
    })
}

fn put(path: &Path, text: &str, talk: &mut Talk) -> Result<(), Problem> {
    if path == Path::new("-") {
        talk.result(text)
    } else {
        verify::write(path, text.as_bytes())
    }
}

/// Reads an evaluation; never more of a file than one can be long.
fn measured(path: &Path) -> Result<Measured, Problem> {
    let place = path.display().to_string();
    let problem = |exit, what: &str, hint| Problem::new(exit, what, &place, hint);
    let read = || {
        // Before it is opened: opening a pipe would wait for its writer.
        if !fs::metadata(path)?.is_file() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let mut text = Vec::new();
        let file = fs::File::open(path)?;
        file.take(LONGEST_EVALUATION + 1).read_to_end(&mut text)?;
        Ok(text)
    };
    let text = read().map_err(|error: io::Error| match error.kind() {
        io::ErrorKind::InvalidInput => problem(
            Exit::NotACapture,
            "evaluation is not a plain file",
            "give what `sekisho evaluate --json` wrote",
        ),
        io::ErrorKind::PermissionDenied => problem(
            Exit::Permission,
            "cannot read the evaluation",
            "let this user read it",
        ),
        kind => problem(
            Exit::NoInput,
            &format!("cannot read the evaluation ({kind})"),
            "give a file that is there",
        ),
    })?;
    Measured::read(&text).map_err(|error| {
        problem(
            Exit::NotACapture,
            &error.to_string(),
            "give what `sekisho evaluate --json` of this version wrote",
        )
    })
}

/// Rendering into memory cannot fail; if it does, it is a fault of the program.
fn internal() -> Problem {
    Problem::line(
        Exit::Internal,
        "fault of this program: a report could not be rendered".to_owned(),
    )
}

fn language(tag: &str) -> Result<Language, Problem> {
    let found = Language::ALL
        .into_iter()
        .find(|language| language.tag() == tag);
    found.ok_or_else(|| Problem::new(Exit::Usage, "unknown language", tag, "use en or ja"))
}

fn window(from: Option<&str>, to: Option<&str>) -> Result<Window, Problem> {
    let window = Window {
        from: from.map(time).transpose()?,
        to: to.map(time).transpose()?,
    };
    match (window.from, window.to) {
        (Some(begin), Some(end)) if begin >= end => Err(Problem::new(
            Exit::Usage,
            "no time between --from and --to",
            &format!("{} to {}", from.unwrap_or_default(), to.unwrap_or_default()),
            "let --to be later",
        )),
        _ => Ok(window),
    }
}

/// A day, a minute or a moment, in UTC; what is left out is zero.
fn time(text: &str) -> Result<Timestamp, Problem> {
    const WHOLE: &str = "0000-00-00T00:00:00.000000000Z";
    let bare = text.strip_suffix('Z').unwrap_or(text);
    let complete = match bare.len() {
        10 | 16 | 19 | 21..=29 if bare.is_ascii() => format!("{bare}{}", &WHOLE[bare.len()..]),
        _ => String::new(),
    };
    Timestamp::parse_rfc3339(&complete).ok_or_else(|| {
        Problem::new(
            Exit::Usage,
            "not a time",
            text,
            "write 2026-11-16 or 2026-11-16T09:00:00Z",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_days_minutes_or_moments() {
        for (text, whole) in [
            ("2026-11-16", "2026-11-16T00:00:00.000000000Z"),
            ("2026-11-16T09:05", "2026-11-16T09:05:00.000000000Z"),
            ("2026-11-16T09:05:01Z", "2026-11-16T09:05:01.000000000Z"),
            ("2026-11-16T09:05:01.5Z", "2026-11-16T09:05:01.500000000Z"),
            (
                "2026-11-16T09:05:01.123456789Z",
                "2026-11-16T09:05:01.123456789Z",
            ),
        ] {
            assert_eq!(
                time(text).ok().map(|time| time.to_string()).as_deref(),
                Some(whole)
            );
        }
        for text in [
            "",
            "2026",
            "2026-11-31",
            "2026-11-16T9:05",
            "2026-11-16 09:05",
            "十一月一日ですよ",
            "2026-11-16T09:05:01.Z",
        ] {
            assert!(time(text).is_err(), "{text}");
        }
        assert!(window(Some("2026-11-17"), Some("2026-11-17")).is_err());
        assert!(window(None, Some("2026-11-17")).is_ok());
    }
}
