//! Interfaces and lanes: a cell each, beside each other where there is room.

use ratatui::text::{Line, Span};

use super::amount::{a_second, span};
use super::figures::{Figures, Interface, Lane};
use super::look::Role;
use super::parts::Parts;
use super::view::View;
use crate::cli::number::grouped;
use crate::cli::terminal::{bar, columns};
use std::time::Duration;

/// Narrower than this no cell says anything.
const NARROWEST: usize = 38;

/// Wider than this none says more.
const WIDEST: usize = 64;

/// What stands in the cells.
pub(super) struct Kind {
    pub(super) title: &'static str,
    one: &'static str,
    many: &'static str,
    count: fn(&Figures) -> usize,
    /// How much it has to be looked at.
    urgency: fn(&View<'_>, usize) -> u64,
    cell: fn(&View<'_>, usize, usize) -> Vec<Span<'static>>,
}

pub(super) const INTERFACES: Kind = Kind {
    title: "interfaces",
    one: "interface",
    many: "interfaces",
    count: |figures| figures.interfaces.len(),
    urgency: urgency_of_interface,
    cell: interface,
};

pub(super) const LANES: Kind = Kind {
    title: "lanes",
    one: "lane",
    many: "lanes",
    count: |figures| figures.lanes.len(),
    urgency: urgency_of_lane,
    cell: lane,
};

/// Rows that show all.
pub(super) fn wanted(view: &View<'_>, kind: &Kind, width: usize) -> usize {
    let count = view.figures().map_or(0, kind.count);
    count.div_ceil(beside(width, count)).max(1)
}

/// Cells beside each other: no more than needed, and none too wide.
fn beside(width: usize, count: usize) -> usize {
    let most = (width + 2) / (NARROWEST + 2);
    most.min(count).max(1)
}

/// As many rows of cells as are given. What does not fit is told in the last cell.
pub(super) fn lines(view: &View<'_>, kind: &Kind, width: usize, rows: usize) -> Vec<Line<'static>> {
    let count = view.figures().map_or(0, kind.count);
    let beside = beside(width, count);
    let each = ((width + 2) / beside).saturating_sub(2).min(WIDEST);
    let room = beside * rows;
    let mut shown: Vec<usize> = (0..count).collect();
    if count > room {
        shown.sort_by_key(|at| std::cmp::Reverse((kind.urgency)(view, *at)));
        shown.truncate(room.saturating_sub(1));
        shown.sort_unstable();
    }
    let mut cells: Vec<Vec<Span<'static>>> = shown
        .iter()
        .map(|at| (kind.cell)(view, *at, each))
        .collect();
    if count > shown.len() {
        let left = count - shown.len();
        let name = if left == 1 { kind.one } else { kind.many };
        let more = if shown.is_empty() { "" } else { " more" };
        let mut parts = Parts::new(view.look, each);
        parts.put(Role::Faint, &format!("{left}{more} {name}"));
        if shown.is_empty() {
            parts.add(Role::Faint, "(no room to show them)");
        }
        cells.push(parts.spans());
    }
    if cells.is_empty() {
        cells.push(Parts::new(view.look, each).put(Role::Faint, "none").spans());
    }
    cells.chunks(beside).map(|row| joined(row, each)).collect()
}

/// Cells in one line, each as wide as the others, two blanks between.
fn joined(cells: &[Vec<Span<'static>>], each: usize) -> Line<'static> {
    let mut line = Vec::new();
    for (at, cell) in cells.iter().enumerate() {
        line.extend(cell.iter().cloned());
        if at + 1 < cells.len() {
            let used: usize = cell.iter().map(|span| columns(&span.content)).sum();
            line.push(Span::raw(" ".repeat(each.saturating_sub(used) + 2)));
        }
    }
    Line::from(line)
}

/// Columns of the longest name, within limits.
fn name_width<'a>(names: impl Iterator<Item = &'a String>) -> usize {
    names
        .map(|name| columns(name))
        .max()
        .unwrap_or_default()
        .clamp(2, 12)
}

fn interface(view: &View<'_>, at: usize, width: usize) -> Vec<Span<'static>> {
    let mut parts = Parts::new(view.look, width);
    let Some(figures) = view.figures() else {
        return Vec::new();
    };
    let Some(each) = figures.interfaces.get(at) else {
        return Vec::new();
    };
    let of = |figures: &Figures, count: fn(&Interface) -> u64| {
        let mut all = figures.interfaces.iter();
        all.find(|other| other.name == each.name).map_or(0, count)
    };
    let names = figures.interfaces.iter().map(|each| &each.name);
    parts.left(Role::Strong, &each.name, name_width(names));
    let (role, state) = if each.up {
        (Role::Good, "up")
    } else {
        (Role::Alarm, "DOWN")
    };
    // The alarm is the word alone, not the blanks after it.
    parts
        .put(Role::Plain, " ")
        .left(role, state, 4.min(columns(state)));
    parts.put(Role::Plain, &" ".repeat(4 - columns(state)));
    let rate = view
        .history()
        .rate(|figures| of(figures, |each| each.packets));
    parts.right(Role::Plain, &a_second(rate, view.look), 12);
    parts.put(Role::Plain, "/s");
    let lost = |figures: &Figures| {
        of(figures, |each| {
            each.kernel_dropped.saturating_add(each.dropped)
        })
    };
    dropped(&mut parts, view, lost);
    let gaps = view
        .history()
        .total(|figures| of(figures, |each| each.gaps));
    if gaps > 0 {
        let time = Duration::try_from_secs_f64(each.gap_seconds).unwrap_or_default();
        let plural = if gaps == 1 { "gap" } else { "gaps" };
        let text = format!("{} {plural}, {}", grouped(gaps), span(time));
        parts.add(Role::Warn, &text);
    }
    parts.spans()
}

fn urgency_of_interface(view: &View<'_>, at: usize) -> u64 {
    let each = view
        .figures()
        .and_then(|figures| figures.interfaces.get(at));
    each.map_or(0, |each| {
        let down = if each.up { 0 } else { u64::MAX };
        let lost = each
            .kernel_dropped
            .saturating_add(each.dropped)
            .saturating_add(each.gaps);
        down.max(lost)
    })
}

fn lane(view: &View<'_>, at: usize, width: usize) -> Vec<Span<'static>> {
    let mut parts = Parts::new(view.look, width);
    let Some(figures) = view.figures() else {
        return Vec::new();
    };
    let Some(each) = figures.lanes.get(at) else {
        return Vec::new();
    };
    let of = |figures: &Figures, count: fn(&Lane) -> f64| {
        let mut all = figures.lanes.iter();
        all.find(|other| other.name == each.name).map_or(0.0, count)
    };
    let names = figures.lanes.iter().map(|each| &each.name);
    parts.left(Role::Strong, &each.name, name_width(names));
    let busy = view
        .history()
        .rate_of_time(|figures| of(figures, |each| each.busy_seconds));
    let percent = (busy.unwrap_or_default() * 100.0).round().clamp(0.0, 100.0) as u64;
    let role = match percent {
        0..70 => Role::Good,
        70..90 => Role::Warn,
        _ => Role::Alarm,
    };
    let blocks = bar(percent, 100, 8, view.look.unicode);
    parts.put(Role::Plain, " ");
    parts.put(
        if role == Role::Alarm {
            Role::Warn
        } else {
            role
        },
        &blocks,
    );
    let text = busy.map_or_else(|| view.look.nothing().to_owned(), |_| format!("{percent}%"));
    parts.put(Role::Plain, &" ".repeat(5 - columns(&text).min(5)));
    parts.put(
        if role == Role::Good {
            Role::Plain
        } else {
            role
        },
        &text,
    );
    let rate = view
        .history()
        .rate_of_time(|figures| of(figures, |each| each.packets as f64));
    parts.right(Role::Plain, &a_second(rate, view.look), 12);
    parts.put(Role::Plain, "/s");
    dropped(&mut parts, view, |figures| {
        of(figures, |each| each.kernel_dropped as f64) as u64
    });
    parts.spans()
}

fn urgency_of_lane(view: &View<'_>, at: usize) -> u64 {
    let Some(name) = view
        .figures()
        .and_then(|figures| figures.lanes.get(at))
        .map(|lane| &lane.name)
    else {
        return 0;
    };
    let of = |figures: &Figures, count: fn(&Lane) -> f64| {
        let mut all = figures.lanes.iter();
        all.find(|other| other.name == *name).map_or(0.0, count)
    };
    let (lost, _) = view
        .history()
        .growth(|figures| of(figures, |each| each.kernel_dropped as f64) as u64);
    let busy = view
        .history()
        .rate_of_time(|figures| of(figures, |each| each.busy_seconds));
    let busy = (busy.unwrap_or_default().clamp(0.0, 1.0) * 1000.0) as u64;
    lost.saturating_mul(1000).saturating_add(busy)
}

/// What was dropped, if anything was.
fn dropped(parts: &mut Parts, view: &View<'_>, of: impl Fn(&Figures) -> u64) {
    let lost = view.history().total(&of);
    if lost > 0 {
        let growing = view.history().growth(&of).0 > 0;
        let role = if growing { Role::Alarm } else { Role::Warn };
        let number = grouped(lost);
        let long = format!("{number} dropped");
        let text = if columns(&long) + 2 <= parts.room() {
            long
        } else {
            format!("{number} lost")
        };
        parts.add(role, &text);
    }
}
