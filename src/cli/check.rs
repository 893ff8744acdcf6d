//! `sekisho check`: builds everything, starts nothing.

use super::args::CheckArgs;
use super::exit::Exit;
use super::talk::{Problem, Talk};
use super::{atlas, flags};
use crate::config::{Config, Profile};
use crate::export::Target;
use crate::gate::Authorisation;
use crate::pipeline::{self, Authorities, Failure};

pub(super) fn run(mut args: CheckArgs, talk: &mut Talk) -> Result<Exit, Problem> {
    flags::listen(&args.talk);
    args.place.config = args.place.config.or(args.file);
    let name = args
        .place
        .config
        .as_ref()
        .map_or_else(|| "defaults".to_owned(), |path| path.display().to_string());
    let config = flags::config(
        args.place,
        args.gate,
        args.run,
        flags::How::Replay(args.how),
    )?;
    let authorities = Authorities::load(&config, &config.capture.interfaces)?;
    let digest = atlas::digest_for_a_run(&config)?;
    probe(&config)?;
    if args.print {
        talk.result(&config.to_toml())?;
    }
    for line in authorities.lines() {
        talk.say(&line);
    }
    for note in notes(&config) {
        talk.say(&format!("note: {name}: {note}"));
    }
    talk.say(&format!(
        "fine: {name}: everything would start, with table {digest}"
    ));
    Ok(Exit::Done)
}

#[cfg(feature = "live")]
fn probe(config: &Config) -> Result<(), Failure> {
    if is_for_capture(config) {
        pipeline::probe_capture(config)
    } else {
        pipeline::probe(config)
    }
}

#[cfg(not(feature = "live"))]
fn probe(config: &Config) -> Result<(), Failure> {
    pipeline::probe(config)
}

/// Whether the settings are those of a live run: only that writes into a folder.
#[cfg(feature = "live")]
fn is_for_capture(config: &Config) -> bool {
    !config.capture.interfaces.is_empty() || writes_into_a_folder(config)
}

/// Whether a folder was asked for, by `/` at its end.
fn writes_into_a_folder(config: &Config) -> bool {
    match &config.export.output {
        Target::Path(path) => path.as_os_str().as_encoded_bytes().ends_with(b"/"),
        Target::Stdout | Target::Udp(_) | Target::Tcp(_) | Target::Kafka(_) => false,
    }
}

/// What is allowed, but perhaps not meant.
fn notes(config: &Config) -> Vec<&'static str> {
    let mut notes = Vec::new();
    if config.authorisation == Authorisation::NONE {
        notes.push("no class is authorised, so everything is excluded and only the books are kept");
    }
    if config.profile == Profile::Statutory && config.authorisations.files.is_empty() {
        notes.push(
            "there is no authorisation, so in the profile statutory everything is excluded and only \
             the books are kept",
        );
    }
    if config.flow.idle_secs > config.flow.active_secs {
        notes.push("`idle` is longer than `active`, so it never comes into play");
    }
    if config.capture.interfaces.is_empty() && writes_into_a_folder(config) {
        notes
            .push("no interface is named: `sekisho capture` needs one, in `interfaces` or with -i");
    }
    if !config.geo.softwire_prefixes.is_empty() {
        notes.push("between `softwire_prefixes` the inner layer alone decides");
    }
    notes
}
