//! `sekisho watch`: a running sensor in the terminal, from its metrics only.
//!
//! ```text
//!   endpoint ──client──▶ text ──▶ figures ──▶ history ──▶ view ──▶ frame ──▶ screen
//! ```
//!
//! It must never let a character through that drives a terminal, whoever answers, nor wait for an answer
//! with the screen. In: the text that Prometheus would scrape. Out: frames, or one frame as text.

mod amount;
mod app;
mod asking;
mod cells;
mod client;
mod clock;
mod figures;
mod frame;
mod gate;
mod header;
mod history;
mod keys;
mod look;
mod losses;
mod output;
mod parts;
mod screen;
mod text;
mod traffic;
mod trouble;
mod view;

#[cfg(test)]
mod tests;

use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::time::{Duration, Instant};

use ratatui::crossterm::event::Event;

use super::args::WatchArgs;
use super::exit::Exit;
use super::talk::{Problem, Talk, escaped};
use super::terminal::Style;
use crate::config::{Config, Layer};
use crate::metrics::Listen;
use app::{App, Moment, Pressed};
use look::Look;
use screen::Screen;

/// How long a key or a signal may wait.
const BEAT: Duration = Duration::from_millis(100);

/// A frame is as old as this at most: ages go on where nothing else does.
const REFRESH: Duration = Duration::from_secs(1);

/// Answers that `--once` waits for. The figures behind them are a second apart, so a rate needs the third.
const ANSWERS: u32 = 3;

/// Columns of the text of `--once`.
const COLUMNS: usize = 80;

pub(super) fn run(args: &WatchArgs, talk: &mut Talk) -> Result<Exit, Problem> {
    let place = place(args)?;
    let interval = Duration::from_secs(args.interval);
    if args.once {
        return once(place, interval, talk);
    }
    let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    let missing = if !io::stdout().is_terminal() || dumb {
        Some(("no terminal to show figures on", "standard output"))
    } else if !io::stdin().is_terminal() {
        Some(("no terminal to take keys from", "standard input"))
    } else {
        None
    };
    if let Some((what, place)) = missing {
        let hint = "use --once for one frame as text";
        return Err(Problem::new(Exit::Usage, what, place, hint));
    }
    interactive(place, interval).map_err(|error| Problem::stdout(&error))
}

/// Where the sensor is asked: as typed, as the configuration says, or at the usual place.
fn place(args: &WatchArgs) -> Result<Listen, Problem> {
    let place: Listen = match (&args.address, &args.config) {
        (Some(address), _) => address
            .parse()
            .map_err(|error| Problem::line(Exit::Usage, format!("{error}")))?,
        (None, Some(file)) => configured(file)?,
        (None, None) => Listen::default(),
    };
    if place.loopback().is_some_and(|address| address.port() == 0) {
        let hint = "name the port at which the sensor listens";
        return Err(Problem::new(
            Exit::Usage,
            "no port to ask at",
            &place.to_string(),
            hint,
        ));
    }
    Ok(place)
}

fn configured(file: &Path) -> Result<Listen, Problem> {
    let config = Config::load(Some(file), Layer::default())?;
    let name = file.display().to_string();
    if config.metrics.listen.is_empty() {
        return Err(Problem::new(
            Exit::Configuration,
            "no metrics to watch",
            &name,
            "set `listen` in [metrics], and restart the sensor",
        ));
    }
    let listen = config.metrics.listen.parse();
    listen.map_err(|error| Problem::line(Exit::Configuration, format!("{error} ({name})")))
}

/// One frame as text.
fn once(place: Listen, interval: Duration, talk: &mut Talk) -> Result<Exit, Problem> {
    let name = place.to_string();
    let mut app = App::new(escaped(&name), Look::new(Style::of(false)));
    let start = clock::now();
    let answers = asking::start(place, interval).map_err(|error| Problem::stdout(&error))?;
    for _ in 0..ANSWERS {
        // The thread that asks ends only after this one.
        let Ok(answer) = answers.recv() else { break };
        app.take(answer.at.saturating_duration_since(start), answer.figures);
        if let Some(trouble) = app.trouble() {
            return Err(trouble.problem(&name));
        }
    }
    let (view, _) = app.view(moment(start));
    let mut text = String::new();
    for line in frame::whole(&view, COLUMNS) {
        text.push_str(line.to_string().trim_end());
        text.push('\n');
    }
    talk.result(&text)?;
    Ok(Exit::Done)
}

fn interactive(place: Listen, interval: Duration) -> io::Result<Exit> {
    let mut app = App::new(escaped(&place.to_string()), Look::new(Style::of(true)));
    let start = clock::now();
    let answers = asking::start(place, interval)?;
    let mut screen = Screen::open()?;
    let mut drawn: Option<Instant> = None;
    while !screen.is_asked_to_end() {
        let mut changed = false;
        while let Ok(answer) = answers.try_recv() {
            app.take(answer.at.saturating_duration_since(start), answer.figures);
            changed = true;
        }
        if changed || drawn.is_none_or(|drawn| drawn.elapsed() >= REFRESH) {
            let (view, help) = app.view(moment(start));
            screen.draw(|frame| frame::draw(frame, &view, help))?;
            drawn = Some(clock::now());
        }
        match Screen::event(BEAT)? {
            Some(Event::Key(key)) => match app.press(key, moment(start)) {
                Pressed::Nothing => {}
                Pressed::Changed => drawn = None,
                Pressed::Redraw => {
                    screen.clear()?;
                    drawn = None;
                }
                Pressed::Quit => break,
            },
            Some(Event::Resize(..)) => drawn = None,
            _ => {}
        }
    }
    Ok(Exit::Done)
}

fn moment(start: Instant) -> Moment {
    Moment {
        now: clock::now().saturating_duration_since(start),
        wall: clock::wall(),
    }
}
