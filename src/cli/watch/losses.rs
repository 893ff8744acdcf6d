//! What was lost, and where. Nothing that law or policy turned back is here.

use ratatui::text::Line;

use super::amount::span;
use super::figures::Figures;
use super::look::Role;
use super::parts::Parts;
use super::view::View;
use crate::cli::number::{grouped, share};

const NAME: usize = 16;
const COUNT: usize = 14;

/// One way to lose something.
struct Cause {
    name: &'static str,
    unit: &'static str,
    of: fn(&Figures) -> u64,
    /// What all of it would be.
    whole: fn(&Figures) -> u64,
    hint: &'static str,
}

const CAUSES: [Cause; 4] = [
    Cause {
        name: "kernel dropped",
        unit: "frames",
        of: |figures| figures.dropped().0,
        whole: offered,
        hint: "more lanes, or a larger ring",
    },
    Cause {
        name: "iface dropped",
        unit: "frames",
        of: |figures| figures.dropped().1,
        whole: offered,
        hint: "see ethtool -S and -g",
    },
    Cause {
        name: "queue was full",
        unit: "records",
        of: |figures| figures.output.lost_queue,
        whole: finished,
        hint: "a faster disk",
    },
    Cause {
        name: "output failed",
        unit: "records",
        of: |figures| figures.output.lost_output,
        whole: finished,
        hint: "see the log of the sensor",
    },
];

/// Whatever was lost, in one number that grows if any of it does.
pub(super) fn all_lost(figures: &Figures) -> u64 {
    CAUSES
        .iter()
        .map(|cause| (cause.of)(figures))
        .fold(0, u64::saturating_add)
}

/// Frames that came to the interfaces, as far as anybody counted them.
fn offered(figures: &Figures) -> u64 {
    let (kernel, interface) = figures.dropped();
    figures
        .frames
        .packets
        .saturating_add(kernel)
        .saturating_add(interface)
}

/// Records that ended.
fn finished(figures: &Figures) -> u64 {
    let output = &figures.output;
    output
        .records
        .saturating_add(output.lost_queue)
        .saturating_add(output.lost_output)
}

/// Since when they are counted.
pub(super) fn title(view: &View<'_>) -> String {
    view.history().zero_at().map_or_else(
        || "losses since the start".to_owned(),
        |zero| format!("losses since {} ago", span(view.now.saturating_sub(zero))),
    )
}

/// Rows that tell all.
pub(super) fn wanted(view: &View<'_>) -> usize {
    all(view, usize::MAX).len()
}

/// The worst first, one in a row.
pub(super) fn lines(view: &View<'_>, width: usize, rows: usize) -> Vec<Line<'static>> {
    let mut lines = all(view, width);
    if lines.len() > rows
        && let Some(last) = rows.checked_sub(1)
    {
        let more = format!("and {} more losses", lines.len() - last);
        lines.truncate(last);
        let mut parts = Parts::new(view.look, width);
        lines.push(parts.put(Role::Alarm, &more).line());
    }
    lines
}

fn all(view: &View<'_>, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    if view.figures().is_some_and(|figures| figures.output.failing) {
        let mut parts = Parts::new(view.look, width);
        parts.put(Role::Alarm, " OUTPUT IS FAILING ");
        parts.add(
            Role::Faint,
            "records are being lost: free space, or repair the place",
        );
        lines.push(parts.line());
    }
    let mut causes: Vec<(u64, Line<'static>)> = Vec::new();
    for cause in &CAUSES {
        let lost = view.history().total(cause.of);
        if lost > 0 {
            causes.push((
                view.history().growth(cause.of).0,
                row(view, width, cause, lost),
            ));
        }
    }
    // Of those that grow none is cut before one that does not.
    causes.sort_by_key(|(growth, _)| *growth == 0);
    lines.extend(causes.into_iter().map(|(_, line)| line));
    if lines.is_empty() {
        let mut parts = Parts::new(view.look, width);
        lines.push(parts.put(Role::Good, "nothing was lost").line());
    }
    lines
}

fn row(view: &View<'_>, width: usize, cause: &Cause, lost: u64) -> Line<'static> {
    let (growth, within) = view.history().growth(cause.of);
    let role = if growth > 0 { Role::Alarm } else { Role::Warn };
    let mut parts = Parts::new(view.look, width);
    let (count, unit) = (grouped(lost), cause.unit);
    let share = share(lost, view.history().total(cause.whole));
    let text = format!("{:NAME$}{count:>COUNT$} {unit:7}{share:>7}", cause.name);
    if growth > 0 {
        // In one piece: on red, gaps would look like parts.
        let text = format!("{text}  +{} in {} ", grouped(growth), span(within));
        parts.put(role, &text);
    } else {
        parts.put(role, &text).add(Role::Faint, "not growing");
    }
    parts.add(Role::Faint, cause.hint);
    parts.line()
}
