//! What is known and what was pressed, without a terminal and without a clock.

use std::time::Duration;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::figures::Figures;
use super::history::History;
use super::look::Look;
use super::trouble::Trouble;
use super::view::{View, Watched};

/// The watch of one sensor.
pub(super) struct App {
    watched: Watched,
    look: Look,
    /// What the screen stands still at, if it does.
    frozen: Option<Frozen>,
    help: bool,
}

/// What was known at a moment.
struct Frozen {
    watched: Watched,
    at: Moment,
}

/// Now, by two clocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// Since the start of the watch.
    pub(super) now: Duration,
    /// Since 1970-01-01 UTC.
    pub(super) wall: Duration,
}

/// What comes of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pressed {
    Nothing,
    /// Something changed.
    Changed,
    /// All is to be drawn anew.
    Redraw,
    Quit,
}

impl App {
    pub(super) fn new(place: String, look: Look) -> Self {
        let watched = Watched {
            place,
            history: History::default(),
            trouble: None,
        };
        Self {
            watched,
            look,
            frozen: None,
            help: false,
        }
    }

    /// Takes what came of a question.
    pub(super) fn take(&mut self, at: Duration, answer: Result<Box<Figures>, Trouble>) {
        match answer {
            Ok(figures) => {
                self.watched.history.add(at, *figures);
                self.watched.trouble = None;
            }
            Err(trouble) => self.watched.trouble = Some(trouble),
        }
    }

    pub(super) fn press(&mut self, key: KeyEvent, at: Moment) -> Pressed {
        if key.kind == KeyEventKind::Release {
            return Pressed::Nothing;
        }
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            return match key.code {
                KeyCode::Char('c' | 'C') => Pressed::Quit,
                KeyCode::Char('l' | 'L') => Pressed::Redraw,
                _ => Pressed::Nothing,
            };
        }
        match key.code {
            KeyCode::Esc if self.help => self.help = false,
            KeyCode::Char('q' | 'Q') | KeyCode::Esc => return Pressed::Quit,
            KeyCode::Char('?' | 'h' | 'H') => self.help = !self.help,
            KeyCode::Char('p' | 'P' | ' ') => {
                let watched = self.watched.clone();
                self.frozen = match self.frozen {
                    None => Some(Frozen { watched, at }),
                    Some(_) => None,
                };
            }
            KeyCode::Char('r' | 'R') => {
                self.watched.history.reset();
                self.frozen = None;
            }
            KeyCode::Char('s' | 'S') => {
                self.watched.history.count_from_the_start();
                self.frozen = None;
            }
            _ => return Pressed::Nothing,
        }
        Pressed::Changed
    }

    /// What is to be drawn, and whether the help is.
    pub(super) fn view(&self, at: Moment) -> (View<'_>, bool) {
        let (watched, shown) = match &self.frozen {
            Some(frozen) => (&frozen.watched, frozen.at),
            None => (&self.watched, at),
        };
        let paused = self
            .frozen
            .as_ref()
            .map(|frozen| at.now.saturating_sub(frozen.at.now));
        let view = View {
            watched,
            now: shown.now,
            wall: shown.wall,
            look: self.look,
            paused,
        };
        (view, self.help)
    }

    /// Why the latest question was not answered, if it was not.
    pub(super) const fn trouble(&self) -> Option<&Trouble> {
        self.watched.trouble.as_ref()
    }
}
