//! The flow table, the records that leave it, and the process.

use ratatui::text::Line;

use super::amount::{a_second, units};
use super::look::Role;
use super::parts::Parts;
use super::view::View;
use crate::cli::number::{bytes, grouped, share};
use crate::cli::terminal::bar;

const NAME: usize = 10;
const BAR: usize = 8;

pub(super) const TITLE: &str = "flows and records";
pub(super) const WANTED: usize = 3;

/// As many of the three as there are rows.
pub(super) fn lines(view: &View<'_>, width: usize, rows: usize) -> Vec<Line<'static>> {
    let mut lines = vec![
        flows(view, width),
        records(view, width),
        process(view, width),
    ];
    lines.truncate(rows);
    lines
}

/// How full something is, as what it means.
fn role_of_fill(part: u64, whole: u64) -> Role {
    match u128::from(part) * 100 / u128::from(whole.max(1)) {
        0..70 => Role::Good,
        70..90 => Role::Warn,
        _ => Role::Alarm,
    }
}

fn flows(view: &View<'_>, width: usize) -> Line<'static> {
    let mut parts = Parts::new(view.look, width);
    let Some(figures) = view.figures() else {
        return Line::default();
    };
    let (open, capacity) = (figures.flows.open, figures.flows.capacity);
    let role = role_of_fill(open, capacity);
    parts.left(Role::Plain, "flows", NAME);
    parts.right(Role::Strong, &grouped(open), 12);
    parts.put(Role::Plain, " open");
    parts.put(Role::Faint, &format!(" of {}", grouped(capacity)));
    parts.add(Role::Plain, &share(open, capacity));
    // Of what is nearly full the number itself is coloured.
    let fill = bar(open, capacity, BAR, view.look.unicode);
    parts.add(
        if role == Role::Alarm {
            Role::Warn
        } else {
            role
        },
        fill.trim_end(),
    );
    let evicted = view.history().total(|figures| figures.flows.evicted);
    if evicted > 0 {
        parts.add(Role::Warn, &format!("{} evicted", grouped(evicted)));
    }
    let recalled = view.history().total(|figures| figures.flows.recalled);
    if recalled > 0 {
        parts.add(Role::Faint, &format!("{} recalled", grouped(recalled)));
    }
    parts.line()
}

fn records(view: &View<'_>, width: usize) -> Line<'static> {
    let (look, history) = (view.look, view.history());
    let mut parts = Parts::new(look, width);
    let Some(figures) = view.figures() else {
        return Line::default();
    };
    let output = &figures.output;
    let rate = history.rate(|figures| figures.output.records);
    parts.left(Role::Plain, "records", NAME);
    parts.right(Role::Strong, &a_second(rate, look), 12);
    parts.put(Role::Plain, "/s  ");
    let rate = history.rate(|figures| figures.output.bytes);
    parts.right(Role::Plain, &units(rate, "B/s", look), 10);
    let role = role_of_fill(output.queue, output.queue_capacity);
    let queue = format!("queue {} of {}", output.queue, output.queue_capacity);
    parts.add(
        if role == Role::Good {
            Role::Faint
        } else {
            role
        },
        &queue,
    );
    let files = history.total(|figures| figures.output.files);
    if files > 0 {
        parts.add(Role::Faint, &format!("{} files", grouped(files)));
    }
    let errors = history.total(|figures| figures.output.errors);
    if errors > 0 {
        parts.add(Role::Warn, &format!("{} errors", grouped(errors)));
    }
    parts.line()
}

fn process(view: &View<'_>, width: usize) -> Line<'static> {
    let mut parts = Parts::new(view.look, width);
    let Some(figures) = view.figures() else {
        return Line::default();
    };
    parts.left(Role::Plain, "process", NAME);
    let memory = figures
        .memory
        .map_or_else(|| view.look.nothing().to_owned(), bytes);
    parts.right(Role::Strong, &memory, 12);
    parts.put(Role::Plain, "     ");
    if figures.cpu.is_some() {
        let cores = view
            .history()
            .rate_of_time(|figures| figures.cpu.unwrap_or_default());
        let text = cores.map_or_else(
            || view.look.nothing().to_owned(),
            |cores| format!("{:.0}%", cores * 100.0),
        );
        parts.right(Role::Plain, &text, 7);
        parts.put(Role::Plain, " of a core");
    }
    parts.line()
}
