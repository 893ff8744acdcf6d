//! The head of the screen: which sensor, how it is, with which table, behind which sandbox.

use ratatui::text::Line;

use super::amount::{coarse, since, span};
use super::figures::Figures;
use super::look::Role;
use super::parts::Parts;
use super::view::{Condition, View};
use crate::cli::terminal::{columns, fit};

/// The first line, and the second if there is room for it.
pub(super) fn lines(view: &View<'_>, width: usize, rows: usize) -> Vec<Line<'static>> {
    let mut lines = vec![first(view, width)];
    if rows > 1 {
        lines.push(second(view, width));
    }
    lines
}

fn first(view: &View<'_>, width: usize) -> Line<'static> {
    let (role, state) = state(view);
    let mut parts = Parts::new(view.look, width);
    parts.put(Role::Accent, "sekisho");
    if let Some(figures) = view.figures() {
        // The state is worth more than a long name.
        let room = parts.room().saturating_sub(columns(&state) + 3);
        let name = fit(&figures.sensor, room, view.look.unicode);
        parts.add(Role::Strong, &name);
        if parts.room() > columns(&state) + columns(&figures.version) + 3 {
            parts.add(Role::Faint, &figures.version);
        }
    }
    parts.end(role, &state);
    parts.line()
}

/// The condition in words.
fn state(view: &View<'_>) -> (Role, String) {
    let up = || {
        let start = view.figures().map_or(0.0, |figures| figures.start);
        span(since(start, view.wall))
    };
    let (role, text) = match view.condition() {
        Condition::Waiting(time) => (Role::Warn, format!("waiting for {}", span(time))),
        Condition::Gone(time) => (Role::Alarm, format!(" NO ANSWER for {} ", span(time))),
        Condition::Unbalanced => (Role::Alarm, " BOOKS DO NOT BALANCE ".to_owned()),
        Condition::Down => (Role::Alarm, " EVERY INTERFACE IS DOWN ".to_owned()),
        Condition::Losing => (Role::Alarm, format!(" LOSING, up {} ", up())),
        Condition::Restarted(time) => (Role::Warn, format!("restarted {} ago", span(time))),
        Condition::Silent(time) => (
            Role::Warn,
            format!("no packet for {}, up {}", span(time), up()),
        ),
        Condition::Capturing => (Role::Good, format!("capturing, up {}", up())),
    };
    match view.paused {
        Some(time) => (
            Role::Warn,
            format!("PAUSED for {}; then: {}", span(time), text.trim()),
        ),
        None => (role, text),
    }
}

fn second(view: &View<'_>, width: usize) -> Line<'static> {
    let mut parts = Parts::new(view.look, width);
    if let Some(trouble) = &view.watched.trouble {
        let text = format!("{}: {}: {}", trouble.what, view.watched.place, trouble.hint);
        return parts.put(Role::Warn, &text).line();
    }
    let Some(figures) = view.figures() else {
        return Line::default();
    };
    if !figures.balanced {
        let text =
            "no number of this sensor can be believed: stop it, keep what it wrote, report it";
        return parts.put(Role::Warn, text).line();
    }
    let (role, text) = table(figures, view);
    parts.add(role, &text);
    let (role, text) = reload(figures, view);
    if role != Role::Faint {
        parts.add(role, &text);
    }
    let (role_of_layers, layers) = sandbox(figures);
    parts.add(role_of_layers, &layers);
    if role == Role::Faint {
        parts.add(role, &text);
    }
    parts.line()
}

/// The geo table: which, how old, for whom.
fn table(figures: &Figures, view: &View<'_>) -> (Role, String) {
    let geo = &figures.geo;
    let digest: String = geo.digest.chars().take(16).collect();
    let age = geo.made.map_or_else(
        || "no date".to_owned(),
        |made| format!("{} old", coarse(since(made, view.wall))),
    );
    if geo.stale {
        return (
            Role::Warn,
            format!("table {digest} TOO OLD ({age}), home {}", geo.home),
        );
    }
    (
        Role::Faint,
        format!("table {digest}, {age}, home {}", geo.home),
    )
}

fn sandbox(figures: &Figures) -> (Role, String) {
    let missing: Vec<&str> = figures
        .layers
        .iter()
        .filter(|(_, holds)| !holds)
        .map(|(id, _)| id.as_str())
        .collect();
    match (figures.layers.len(), missing.as_slice()) {
        (0, _) => (Role::Faint, "sandbox unknown".to_owned()),
        (all, []) => (Role::Faint, format!("sandbox {all} of {all}")),
        (all, missing) => {
            let text = format!(
                "sandbox {} of {all}, not {}",
                all - missing.len(),
                missing.join(" ")
            );
            (Role::Warn, text)
        }
    }
}

fn reload(figures: &Figures, view: &View<'_>) -> (Role, String) {
    let reload = &figures.reload;
    let ago = coarse(since(reload.at, view.wall));
    if reload.done_count == 0 && reload.refused_count == 0 {
        return (Role::Faint, "never reloaded".to_owned());
    }
    if reload.done {
        (Role::Faint, format!("reloaded {ago} ago"))
    } else {
        (Role::Warn, format!("RELOAD REFUSED {ago} ago"))
    }
}
