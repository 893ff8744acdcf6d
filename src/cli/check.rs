//! `sekisho check`: builds everything, starts nothing.

use std::path::Path;

use super::args::CheckArgs;
use super::exit::Exit;
use super::talk::{Problem, Talk};
use super::{atlas, flags};
use crate::config::{Config, Format, Output};
use crate::gate::Authorisation;

pub(super) fn run(mut args: CheckArgs, talk: &mut Talk) -> Result<Exit, Problem> {
    flags::listen(&args.talk);
    args.place.config = args.place.config.or(args.file);
    let name = args
        .place
        .config
        .as_ref()
        .map_or_else(|| "defaults".to_owned(), |path| path.display().to_string());
    let config = flags::config(args.place, args.gate, args.run)?;
    let atlas = atlas::open(&config)?;
    for output in outputs(&config) {
        writable(output)?;
    }
    if args.print {
        talk.result(&config.to_toml())?;
    }
    for note in notes(&config) {
        talk.say(&format!("note: {name}: {note}"));
    }
    let digest: String = atlas.table().digest.chars().take(16).collect();
    talk.say(&format!(
        "fine: {name}: everything would start, with table {digest}"
    ));
    Ok(Exit::Done)
}

/// Where results would go.
fn outputs(config: &Config) -> impl Iterator<Item = &Output> {
    let records = (config.export.format != Format::Null).then_some(&config.export.output);
    records.into_iter().chain(&config.export.summary)
}

/// Whether a file could be put there, without putting one there.
fn writable(output: &Output) -> Result<(), Problem> {
    let Output::File(path) = output else {
        return Ok(());
    };
    let refuse = |what: &str, hint: &str| {
        Err(Problem::new(
            Exit::Output,
            what,
            &path.display().to_string(),
            hint,
        ))
    };
    if path.is_dir() {
        return refuse("output is a folder", "name a file");
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    match folder.metadata() {
        Ok(meta) if !meta.is_dir() => refuse("no folder to write to", "name a file in a folder"),
        Ok(meta) if meta.permissions().readonly() => {
            refuse("folder is read-only", "let this user write there")
        }
        Ok(_) => Ok(()),
        Err(_) => refuse("no folder to write to", "create it, or name another file"),
    }
}

/// What is allowed, but perhaps not meant.
fn notes(config: &Config) -> Vec<&'static str> {
    let mut notes = Vec::new();
    if config.authorisation == Authorisation::NONE {
        notes.push("no class is authorised, so everything is excluded and only the books are kept");
    }
    if config.flow.idle_secs > config.flow.active_secs {
        notes.push("`idle` is longer than `active`, so it never comes into play");
    }
    if !config.geo.softwire_prefixes.is_empty() {
        notes.push("between `softwire_prefixes` the inner layer alone decides");
    }
    notes
}
