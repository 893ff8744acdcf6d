//! How much comes in now, and how it was in the last minutes.

use std::time::Duration;

use ratatui::text::Line;

use super::amount::{a_second, units};
use super::history::Point;
use super::look::Role;
use super::parts::Parts;
use super::view::View;
use crate::cli::number::{grouped, with_unit};
use crate::cli::terminal::columns;

/// What the curves show.
const PAST: Duration = Duration::from_secs(300);

const NAME: usize = 10;
const NOW: usize = 12;
/// A blank, `top `, and a value.
const TOP: usize = 17;

pub(super) const TITLE: &str = "traffic";
pub(super) const HEAD: &str = "last 5 minutes";

/// Both rates, each with its curve over half of the rows.
pub(super) fn lines(view: &View<'_>, width: usize, rows: usize) -> Vec<Line<'static>> {
    let each = (rows / 2).max(1);
    let both = rates(view);
    both.iter()
        .flat_map(|rate| curve(view, width, each, rate))
        .collect()
}

/// Both rates, without the past.
pub(super) fn now(view: &View<'_>, width: usize) -> Vec<Line<'static>> {
    let line = |rate: &Rate| {
        let mut parts = Parts::new(view.look, width);
        parts
            .left(Role::Plain, rate.name, NAME)
            .right(Role::Strong, &rate.now, NOW)
            .line()
    };
    rates(view).iter().map(line).collect()
}

/// A rate, and how it is told.
struct Rate {
    name: &'static str,
    now: String,
    of: fn(&Point) -> f64,
    top: fn(u64) -> String,
}

fn rates(view: &View<'_>) -> [Rate; 2] {
    let history = view.history();
    let packets = history.rate(|figures| figures.frames.packets);
    let bits = history
        .rate(|figures| figures.frames.bytes)
        .map(|bytes| 8.0 * bytes);
    [
        Rate {
            name: "packets/s",
            now: a_second(packets, view.look),
            of: |point| point.packets,
            top: grouped,
        },
        Rate {
            name: "bits/s",
            now: units(bits, "bit/s", view.look),
            of: |point| point.bits,
            top: |top| with_unit(top, "bit/s"),
        },
    ]
}

fn curve(view: &View<'_>, width: usize, rows: usize, rate: &Rate) -> Vec<Line<'static>> {
    let look = view.look;
    let room = width.saturating_sub(NAME + NOW + 1);
    // Without room for the curve, its highest value says nothing.
    let drawn = if room >= TOP + 20 { room - TOP } else { room };
    let values = sampled(view, drawn, rate.of);
    let highest = values.iter().flatten().copied().fold(0.0, f64::max);
    let drawn_rows = look.curve(&values, highest, rows).into_iter().enumerate();
    let line = |(at, row): (usize, String)| {
        let mut parts = Parts::new(look, width);
        let first = at == 0;
        parts.left(Role::Plain, if first { rate.name } else { "" }, NAME);
        parts.right(Role::Strong, if first { &rate.now } else { "" }, NOW);
        parts.put(Role::Plain, " ").put(Role::Accent, &row);
        if first && drawn < room {
            let top = format!("top {}", (rate.top)(highest.round() as u64));
            let gap = TOP.saturating_sub(columns(&top));
            parts
                .put(Role::Plain, &" ".repeat(gap))
                .put(Role::Faint, &top);
        }
        parts.line()
    };
    drawn_rows.map(line).collect()
}

/// The past in so many columns, the latest last: in each the highest value of its time.
fn sampled(view: &View<'_>, width: usize, of: fn(&Point) -> f64) -> Vec<Option<f64>> {
    let mut values = vec![None; width];
    let each = PAST.as_secs_f64() / width.max(1) as f64;
    for point in view.history().points().rev() {
        let ago = view.now.saturating_sub(point.at);
        if ago >= PAST {
            break;
        }
        let back = (ago.as_secs_f64() / each) as usize;
        let slot = width
            .checked_sub(back + 1)
            .and_then(|at| values.get_mut(at));
        if let Some(slot) = slot {
            let value = of(&point);
            *slot = Some(slot.map_or(value, |before: f64| before.max(value)));
        }
    }
    filled(values)
}

/// A column between two that are known and that are not far apart shows the earlier one: there are more
/// columns than answers.
fn filled(mut values: Vec<Option<f64>>) -> Vec<Option<f64>> {
    const FAR: usize = 4;
    let known: Vec<usize> = (0..values.len())
        .filter(|at| values[*at].is_some())
        .collect();
    for pair in known.windows(2) {
        if let [before, after] = *pair
            && after - before <= FAR
        {
            let value = values[before];
            values[before + 1..after].fill(value);
        }
    }
    values
}
