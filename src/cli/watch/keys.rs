//! What can be pressed, and what is seen.

use ratatui::text::Line;

use super::look::Role;
use super::parts::Parts;
use super::view::View;

/// The last line of the screen: the keys, and where the sensor is asked.
pub(super) fn line(view: &View<'_>, width: usize) -> Line<'static> {
    let mut parts = Parts::new(view.look, width);
    let pause = if view.paused.is_some() {
        "go on"
    } else {
        "pause"
    };
    let mut keys = vec![
        ("q", "quit"),
        ("p", pause),
        ("r", "count from now"),
        ("?", "help"),
    ];
    if view.history().zero_at().is_some() {
        keys.insert(3, ("s", "from the start"));
    }
    for (key, what) in keys {
        parts.add(Role::Accent, key);
        if parts.room() > what.len() + 1 {
            parts.put(Role::Plain, " ").put(Role::Faint, what);
        }
    }
    if parts.room() > view.watched.place.len() + 2 {
        parts.end(Role::Faint, &view.watched.place);
    }
    parts.line()
}

/// Name and text; a line without a name goes on.
const HELP: &[(&str, &str)] = &[
    ("q Esc Ctrl-C", "quit"),
    ("p", "let the screen stand still, or go on"),
    ("r", "count losses and packets from now, not from the start"),
    ("s", "count from the start of the sensor again"),
    ("?", "this page, and back"),
    ("", ""),
    (
        "packets/s",
        "the mean of the last three seconds; shares are of these",
    ),
    ("curve", "the last five minutes; the highest is `top`"),
    ("kept", "passed the gate: these make flow records"),
    (
        "excluded",
        "turned back by law, policy, or since it cannot be judged:",
    ),
    ("", "never a loss"),
    (
        "losses",
        "what should have been counted or kept and was not; on red,",
    ),
    ("", "it grew in the last ten seconds"),
    ("busy %", "of a lane: near 100, the next burst is dropped"),
    (
        "restarted",
        "the sensor is a new run: its counts began at zero",
    ),
];

/// The page that explains, in place of the figures.
pub(super) fn page(view: &View<'_>, width: usize) -> Vec<Line<'static>> {
    let line = |(name, text): &(&str, &str)| {
        let mut parts = Parts::new(view.look, width);
        parts.left(Role::Accent, name, 14);
        parts.put(Role::Plain, text).line()
    };
    HELP.iter().map(line).collect()
}
