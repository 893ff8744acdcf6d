//! One frame of the screen: which parts stand where, and how many rows each gets.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::look::{Look, Role};
use super::parts::Parts;
use super::view::{Condition, View};
use super::{cells, gate, header, keys, losses, output, traffic};

/// The smallest screen that shows anything.
pub(super) const SMALLEST: (u16, u16) = (40, 10);

/// From so many columns on, the gate stands beside the rest.
const WIDE: usize = 140;

/// Draws everything.
pub(super) fn draw(frame: &mut Frame<'_>, view: &View<'_>, help: bool) {
    let area = frame.area();
    let lines = lines(
        view,
        help,
        usize::from(area.width),
        usize::from(area.height),
    );
    put(frame.buffer_mut(), area, &lines);
    if matches!(view.condition(), Condition::Gone(_)) {
        // What is below the head is no more than what was.
        let below = Rect {
            y: area.y.saturating_add(2),
            height: area.height.saturating_sub(3),
            ..area
        };
        let old = view.look.of(Role::Faint);
        frame.buffer_mut().set_style(below.intersection(area), old);
    }
}

fn put(buffer: &mut Buffer, area: Rect, lines: &[Line<'_>]) {
    for (y, line) in area.rows().zip(lines) {
        buffer.set_line(y.x, y.y, line, y.width);
    }
}

/// The rows of a screen of this size.
pub(super) fn lines(
    view: &View<'_>,
    help: bool,
    width: usize,
    height: usize,
) -> Vec<Line<'static>> {
    if width < usize::from(SMALLEST.0) || height < usize::from(SMALLEST.1) {
        let (columns, rows) = SMALLEST;
        let text = format!("too small: make it {columns} by {rows}");
        return vec![Parts::new(view.look, width).put(Role::Warn, &text).line()];
    }
    let foot = keys::line(view, width);
    let mut lines = if help {
        let mut lines = header::lines(view, width, 1);
        lines.push(view.look.rule("help", &[], width));
        lines.extend(keys::page(view, width));
        lines
    } else if view.figures().is_none() {
        let mut lines = header::lines(view, width, 2);
        // A long line is cut: what to do stands on one of its own.
        if let Some(trouble) = &view.watched.trouble {
            lines.truncate(1);
            for (role, text) in [
                (Role::Plain, view.watched.place.as_str()),
                (Role::Warn, &trouble.what),
                (Role::Plain, trouble.hint),
            ] {
                lines.push(Parts::new(view.look, width).put(role, text).line());
            }
        }
        lines
    } else if width >= WIDE && height >= 16 {
        wide(view, width, height - 1)
    } else {
        stacked(
            &[HEADER, TRAFFIC, GATE, LOSSES, OUTPUT, INTERFACES, LANES],
            view,
            width,
            height - 1,
        )
    };
    lines.resize(height - 1, Line::default());
    lines.push(foot);
    lines
}

fn wide(view: &View<'_>, width: usize, height: usize) -> Vec<Line<'static>> {
    let mut lines = header::lines(view, width, 2);
    let left_width = (width * 11 / 20).max(84);
    let right_width = width - left_width - 2;
    let parts = [LOSSES, OUTPUT, INTERFACES, LANES];
    let right_wanted: usize = parts
        .iter()
        .map(|part| (part.wanted)(view, right_width).1)
        .sum();
    let titles = parts.iter().filter(|part| part.titled).count();
    let wanted = (right_wanted + titles).max(gate::wanted(view).1 + 1);
    // The curves take what nobody else can use.
    let curves = height.saturating_sub(lines.len() + 1 + wanted).clamp(2, 12);
    lines.push(rule(
        view.look,
        traffic::TITLE,
        &[(width - 2, traffic::HEAD)],
        width,
    ));
    lines.extend(traffic::lines(view, width, curves));
    let rows = height.saturating_sub(lines.len());
    let left = stacked(&[GATE], view, left_width, rows);
    let right = stacked(&parts, view, right_width, rows);
    for at in 0..rows {
        let mut spans = left
            .get(at)
            .map_or_else(Vec::new, |line| line.spans.clone());
        let used: usize = spans.iter().map(ratatui::text::Span::width).sum();
        spans.push((" ".repeat((left_width + 2).saturating_sub(used))).into());
        spans.extend(
            right
                .get(at)
                .map_or_else(Vec::new, |line| line.spans.clone()),
        );
        lines.push(Line::from(spans));
    }
    lines
}

fn rule(look: Look, title: &str, heads: &[(usize, &str)], width: usize) -> Line<'static> {
    look.rule(title, heads, width)
}

/// A part of the screen: rows that it must have, and how it is drawn in those that it gets.
struct Part {
    /// Who gets rows first: losses are what somebody looks for.
    rank: u8,
    least: usize,
    /// Whether it has a title if there is room for titles.
    titled: bool,
    title: fn(&View<'_>, usize) -> Line<'static>,
    lines: fn(&View<'_>, usize, usize) -> Vec<Line<'static>>,
    /// Rows that would be good to have, and those that would be used.
    wanted: fn(&View<'_>, usize) -> (usize, usize),
}

const HEADER: Part = Part {
    rank: 1,
    least: 1,
    titled: false,
    title: |_, _| Line::default(),
    lines: header::lines,
    wanted: |_, _| (2, 2),
};

const TRAFFIC: Part = Part {
    rank: 6,
    least: 2,
    titled: true,
    title: |view, width| {
        rule(
            view.look,
            traffic::TITLE,
            &[(width - 2, traffic::HEAD)],
            width,
        )
    },
    lines: traffic::lines,
    wanted: |_, _| (2, 8),
};

const GATE: Part = Part {
    rank: 3,
    least: 2,
    titled: true,
    title: |view, width| rule(view.look, gate::TITLE, &gate::heads(width), width),
    lines: gate::lines,
    wanted: |view, _| gate::wanted(view),
};

const LOSSES: Part = Part {
    rank: 0,
    least: 1,
    titled: true,
    title: |view, width| rule(view.look, &losses::title(view), &[], width),
    lines: losses::lines,
    wanted: |view, _| (losses::wanted(view), losses::wanted(view)),
};

const OUTPUT: Part = Part {
    rank: 2,
    least: 0,
    titled: true,
    title: |view, width| rule(view.look, output::TITLE, &[], width),
    lines: output::lines,
    wanted: |_, _| (2, output::WANTED),
};

const INTERFACES: Part = Part {
    rank: 4,
    least: 0,
    titled: true,
    title: |view, width| rule(view.look, cells::TITLE, &[], width),
    lines: |view, width, rows| cells::lines(view, &cells::INTERFACES, width, rows),
    wanted: |view, width| {
        let all = cells::wanted(view, &cells::INTERFACES, width);
        (all.min(2), all)
    },
};

const LANES: Part = Part {
    rank: 5,
    least: 0,
    titled: false,
    title: |_, _| Line::default(),
    lines: |view, width, rows| cells::lines(view, &cells::LANES, width, rows),
    wanted: |view, width| {
        let all = cells::wanted(view, &cells::LANES, width);
        (all.min(2), all)
    },
};

/// Everything there is to tell, below each other, without curves: for a text.
pub(super) fn whole(view: &View<'_>, width: usize) -> Vec<Line<'static>> {
    let mut lines = header::lines(view, width, 2);
    lines.extend(traffic::now(view, width));
    for part in [GATE, LOSSES, OUTPUT, INTERFACES, LANES] {
        if part.titled {
            lines.push((part.title)(view, width));
        }
        lines.extend((part.lines)(view, width, (part.wanted)(view, width).1));
    }
    lines
}

/// Parts below each other in so many rows.
fn stacked(parts: &[Part], view: &View<'_>, width: usize, height: usize) -> Vec<Line<'static>> {
    let wanted: Vec<(usize, usize)> = parts
        .iter()
        .map(|part| (part.wanted)(view, width))
        .collect();
    let mut rows: Vec<usize> = parts.iter().map(|part| part.least).collect();
    let mut left = height.saturating_sub(rows.iter().sum());
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|at| parts[*at].rank);
    let mut grow = |at: usize, to: usize, left: &mut usize| {
        let more = to.saturating_sub(rows[at]).min(*left);
        rows[at] += more;
        *left -= more;
    };
    for at in &order {
        let losses = parts[*at].rank == LOSSES.rank;
        grow(*at, if losses { wanted[*at].0 } else { 1 }, &mut left);
    }
    let titles = parts.iter().filter(|part| part.titled).count();
    let titled = left >= titles + 3;
    if titled {
        left -= titles;
    }
    for at in &order {
        grow(*at, wanted[*at].0, &mut left);
    }
    for at in &order {
        grow(*at, wanted[*at].1, &mut left);
    }
    let mut lines = Vec::new();
    for (part, rows) in parts.iter().zip(rows) {
        if titled && part.titled {
            lines.push((part.title)(view, width));
        }
        lines.extend((part.lines)(view, width, rows));
    }
    lines.truncate(height);
    lines
}
