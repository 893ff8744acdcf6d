//! Interfaces and lanes: a cell each, beside each other where there is room.

use ratatui::text::{Line, Span};

use super::amount::{a_second, span};
use super::figures::{Figures, Interface, Lane};
use super::look::Role;
use super::parts::Parts;
use super::view::View;
use crate::cli::number::{grouped, with_unit};
use crate::cli::terminal::{bar, columns};
use std::time::Duration;

pub(super) const TITLE: &str = "interfaces and lanes";

/// Wider than this none says more.
const WIDEST: usize = 64;

/// What stands in the cells.
pub(super) struct Kind {
    one: &'static str,
    many: &'static str,
    count: fn(&Figures) -> usize,
    /// Narrower than this no cell says enough.
    narrowest: usize,
    /// How much it has to be looked at.
    urgency: fn(&View<'_>, usize) -> u64,
    cell: fn(&View<'_>, usize, usize) -> Vec<Span<'static>>,
    /// What is to be said of those that are left out.
    rest: fn(&View<'_>, &[usize]) -> (Role, String),
}

pub(super) const INTERFACES: Kind = Kind {
    one: "interface",
    many: "interfaces",
    count: |figures| figures.interfaces.len(),
    narrowest: 38,
    urgency: urgency_of_interface,
    cell: interface,
    rest: rest_of_interfaces,
};

pub(super) const LANES: Kind = Kind {
    one: "lane",
    many: "lanes",
    count: |figures| figures.lanes.len(),
    narrowest: 34,
    urgency: urgency_of_lane,
    cell: lane,
    rest: rest_of_lanes,
};

/// Rows that show all.
pub(super) fn wanted(view: &View<'_>, kind: &Kind, width: usize) -> usize {
    let count = view.figures().map_or(0, kind.count);
    count.div_ceil(beside(width, count, kind)).max(1)
}

/// Cells beside each other: no more than needed, and none too wide.
fn beside(width: usize, count: usize, kind: &Kind) -> usize {
    let most = (width + 2) / (kind.narrowest + 2);
    most.min(count).max(1)
}

/// As many rows of cells as are given. What does not fit is told in the last cell.
pub(super) fn lines(view: &View<'_>, kind: &Kind, width: usize, rows: usize) -> Vec<Line<'static>> {
    let count = view.figures().map_or(0, kind.count);
    let beside = beside(width, count, kind);
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
        let left: Vec<usize> = (0..count).filter(|at| !shown.contains(at)).collect();
        let name = if left.len() == 1 { kind.one } else { kind.many };
        let more = if shown.is_empty() { "" } else { " more" };
        let mut parts = Parts::new(view.look, each);
        parts.put(Role::Faint, &format!("{}{more} {name},", left.len()));
        let (role, text) = (kind.rest)(view, &left);
        parts.put(Role::Plain, " ").put(role, &text);
        cells.push(parts.spans());
    }
    if cells.is_empty() {
        cells.push(
            Parts::new(view.look, each)
                .put(Role::Faint, &format!("no {}", kind.many))
                .spans(),
        );
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

/// What a lane counts, wherever it stands in other figures.
fn of_lane(figures: &Figures, name: &str, count: fn(&Lane) -> f64) -> f64 {
    let mut lanes = figures.lanes.iter();
    lanes.find(|lane| lane.name == name).map_or(0.0, count)
}

/// The share of its time that a lane worked, in per cent; nothing before the second answer.
fn busy(view: &View<'_>, name: &str) -> Option<u64> {
    let busy = |figures: &Figures| of_lane(figures, name, |lane| lane.busy_seconds);
    let busy = view.history().rate_of_time(busy)?;
    Some((busy * 100.0).round().clamp(0.0, 100.0) as u64)
}

fn role_of_busy(percent: u64) -> Role {
    match percent {
        0..70 => Role::Good,
        70.. => Role::Warn,
    }
}

fn lane(view: &View<'_>, at: usize, width: usize) -> Vec<Span<'static>> {
    let (look, history) = (view.look, view.history());
    let mut parts = Parts::new(look, width);
    let Some(figures) = view.figures() else {
        return Vec::new();
    };
    let Some(each) = figures.lanes.get(at) else {
        return Vec::new();
    };
    // Of many, those that are left stand for themselves: `the rest`.
    let is_number = each.name.bytes().all(|byte| byte.is_ascii_digit());
    let name = if is_number {
        format!("lane {}", each.name)
    } else {
        each.name.clone()
    };
    parts.left(
        Role::Strong,
        &name,
        if figures.lanes.len() > 10 { 8 } else { 6 },
    );
    let lost =
        |figures: &Figures| of_lane(figures, &each.name, |lane| lane.kernel_dropped as f64) as u64;
    let percent = busy(view, &each.name);
    let role = role_of_busy(percent.unwrap_or_default());
    // In a narrow cell what was dropped is worth more than a bar.
    if width >= 46 || history.total(lost) == 0 {
        let blocks = bar(percent.unwrap_or_default(), 100, 6, look.unicode);
        parts.put(Role::Plain, " ").put(role, &blocks);
    }
    let text = percent.map_or_else(
        || look.nothing().to_owned(),
        |percent| format!("{percent}%"),
    );
    let number = if role == Role::Good {
        Role::Plain
    } else {
        role
    };
    parts.right(number, &text, 5);
    if width >= 50 {
        parts.put(Role::Faint, " busy");
    }
    let rate =
        history.rate_of_time(|figures| of_lane(figures, &each.name, |lane| lane.packets as f64));
    parts
        .right(Role::Plain, &a_second(rate, look), 11)
        .put(Role::Plain, "/s");
    dropped(&mut parts, view, lost);
    parts.spans()
}

fn urgency_of_lane(view: &View<'_>, at: usize) -> u64 {
    let lane = view.figures().and_then(|figures| figures.lanes.get(at));
    let Some(name) = lane.map(|lane| &lane.name) else {
        return 0;
    };
    let lost = |figures: &Figures| of_lane(figures, name, |lane| lane.kernel_dropped as f64) as u64;
    let (lost, _) = view.history().growth(lost);
    // Whatever is lost is more than being busy.
    lost.saturating_mul(1_000)
        .saturating_add(busy(view, name).unwrap_or_default())
}

fn rest_of_lanes(view: &View<'_>, left: &[usize]) -> (Role, String) {
    let names = left
        .iter()
        .filter_map(|at| view.figures()?.lanes.get(*at))
        .map(|lane| &lane.name);
    let busiest = names
        .filter_map(|name| busy(view, name))
        .max()
        .unwrap_or_default();
    let role = role_of_busy(busiest);
    let role = if role == Role::Good {
        Role::Faint
    } else {
        role
    };
    let most = if left.len() == 1 { "" } else { "at most " };
    (role, format!("{most}{busiest}% busy"))
}

fn rest_of_interfaces(view: &View<'_>, left: &[usize]) -> (Role, String) {
    let all = left
        .iter()
        .filter_map(|at| view.figures()?.interfaces.get(*at));
    match all.filter(|interface| !interface.up).count() {
        0 => (Role::Faint, "all up".to_owned()),
        down => (Role::Alarm, format!("{down} DOWN")),
    }
}

/// What was dropped, if anything was.
fn dropped(parts: &mut Parts, view: &View<'_>, of: impl Fn(&Figures) -> u64) {
    let lost = view.history().total(&of);
    if lost > 0 {
        let growing = view.history().growth(&of).0 > 0;
        let role = if growing { Role::Alarm } else { Role::Warn };
        let short = with_unit(lost, "").replace(' ', "");
        let texts = [
            format!("{} dropped", grouped(lost)),
            format!("{} lost", grouped(lost)),
            format!("{short} lost"),
        ];
        let fits = |text: &&String| columns(text) + 2 <= parts.room();
        if let Some(text) = texts.iter().find(fits) {
            parts.add(role, text);
        }
    }
}
