//! What the gate lets pass and what it turns back: the rows of the summary table, as rates.

use ratatui::text::Line;

use super::amount::{a_second, units, weight};
use super::figures::Figures;
use super::look::Role;
use super::parts::Parts;
use super::view::View;
use crate::cli::number::{grouped, share};
use crate::cli::summary_table::{class_note, short};
use crate::cli::terminal::bar;
use crate::fate::{Class, Reason};
use crate::pipeline::Count;

/// Columns, as far as they fit.
const NAME: usize = 22;
const PACKETS: usize = 11;
const SHARE: usize = 7;
const BITS: usize = 8;
const TOTAL: usize = 17;
const NOTE: usize = 21;
const LONGEST_BAR: usize = 30;

/// Reasons that are shown if there is little room.
const FEW: usize = 4;

pub(super) const TITLE: &str = "gate";

/// The heads of the columns, with the columns at which they end.
pub(super) fn heads(width: usize) -> Vec<(usize, &'static str)> {
    let columns = Columns::of(width);
    let mut heads = vec![(NAME + PACKETS, "packets/s")];
    let mut end = NAME + PACKETS + SHARE;
    heads.push((end, "share"));
    if columns.bits {
        end += BITS;
        heads.push((end, "bits/s"));
    }
    if columns.total {
        heads.push((end + TOTAL, "packets"));
    }
    heads
}

/// Rows with few reasons, and with all.
pub(super) fn wanted(view: &View<'_>) -> (usize, usize) {
    let classes = present(view, &CLASSES).len();
    let reasons = present(view, &REASONS).len();
    (2 + classes + reasons.min(FEW), 2 + classes + reasons)
}

pub(super) fn lines(view: &View<'_>, width: usize, rows: usize) -> Vec<Line<'static>> {
    let table = Table {
        view,
        width,
        columns: Columns::of(width),
    };
    let classes = shown(view, &CLASSES, rows.saturating_sub(2));
    let room = rows.saturating_sub(2 + classes.len());
    let all = present(view, &REASONS).len();
    // The last row tells of those that are left out.
    let left_out = all > room && room > 1;
    let reasons = shown(view, &REASONS, if left_out { room - 1 } else { room });
    let mut lines = vec![table.row("kept", "", Role::Good, Role::Strong, &|figures| {
        figures.judged().0
    })];
    for at in classes {
        let class = Class::ALL[at];
        let note = class_note(class, view.look.unicode);
        let name = format!("  {}", class.id());
        lines.push(table.row(&name, note, Role::Good, Role::Plain, &|figures| {
            figures.classes[at]
        }));
    }
    lines.push(
        table.row("excluded", "", Role::Warn, Role::Strong, &|figures| {
            figures.judged().1
        }),
    );
    for at in &reasons {
        let (at, reason) = (*at, Reason::ALL[*at]);
        let name = format!("  {}", reason.id());
        lines.push(
            table.row(&name, short(reason), Role::Warn, Role::Plain, &|f| {
                f.reasons[at]
            }),
        );
    }
    if left_out {
        let name = format!("  {} more reasons", all - reasons.len());
        let rest = |figures: &Figures| {
            let others = (0..Reason::ALL.len()).filter(|at| !reasons.contains(at));
            others
                .map(|at| figures.reasons[at])
                .fold(Count::default(), Count::plus)
        };
        lines.push(table.row(&name, "", Role::Warn, Role::Faint, &rest));
    }
    lines
}

/// Either classes or reasons.
struct Kind {
    all: usize,
    of: fn(&Figures, usize) -> u64,
}

const CLASSES: Kind = Kind {
    all: Class::ALL.len(),
    of: |figures, at| figures.classes[at].packets,
};

const REASONS: Kind = Kind {
    all: Reason::ALL.len(),
    of: |figures, at| figures.reasons[at].packets,
};

/// Those of which there is any, in their own order.
fn present(view: &View<'_>, kind: &Kind) -> Vec<usize> {
    let is_there = |at: &usize| view.history().total(|figures| (kind.of)(figures, *at)) > 0;
    (0..kind.all).filter(is_there).collect()
}

/// As many of those as there is room for: those of which most came lately, in their own order, so that rows
/// keep their places.
fn shown(view: &View<'_>, kind: &Kind, room: usize) -> Vec<usize> {
    let history = view.history();
    let mut all = present(view, kind);
    all.sort_by_key(|at| {
        let of = |figures: &Figures| (kind.of)(figures, *at);
        std::cmp::Reverse((history.growth(of).0, history.total(of)))
    });
    all.truncate(room);
    all.sort_unstable();
    all
}

/// Which columns there is room for, and how long a bar.
#[derive(Clone, Copy)]
struct Columns {
    bits: bool,
    total: bool,
    note: bool,
    bar: usize,
}

impl Columns {
    const fn of(width: usize) -> Self {
        let mut left = width.saturating_sub(NAME + PACKETS + SHARE);
        let bits = left >= BITS;
        if bits {
            left -= BITS;
        }
        let total = left >= TOTAL + NOTE + 12;
        if total {
            left -= TOTAL;
        }
        let note = left >= NOTE + 6;
        if note {
            left -= NOTE;
        }
        // A blank on either side.
        let bar = left.saturating_sub(2);
        let bar = if bar > LONGEST_BAR { LONGEST_BAR } else { bar };
        Self {
            bits,
            total,
            note,
            bar,
        }
    }
}

struct Table<'a> {
    view: &'a View<'a>,
    width: usize,
    columns: Columns,
}

impl Table<'_> {
    fn row(
        &self,
        name: &str,
        note: &str,
        kind: Role,
        weight_of_name: Role,
        of: &dyn Fn(&Figures) -> Count,
    ) -> Line<'static> {
        let (history, look) = (self.view.history(), self.view.look);
        let packets = history.rate(|figures| of(figures).packets);
        let whole = weight(history.rate(|figures| figures.frames.packets));
        // Rounded each for itself.
        let part = weight(packets).min(whole);
        let sum = weight_of_name == Role::Strong;
        let name_role = if sum { kind } else { weight_of_name };
        let number_role = if sum { kind } else { Role::Plain };
        let mut parts = Parts::new(look, self.width);
        parts.left(name_role, name, NAME);
        parts.right(number_role, &a_second(packets, look), PACKETS);
        parts.right(number_role, &share(part, whole), SHARE);
        if self.columns.bits {
            let bits = history
                .rate(|figures| of(figures).bytes)
                .map(|bytes| 8.0 * bytes);
            parts.right(number_role, &units(bits, "", look), BITS);
        }
        if self.columns.total {
            let total = history.total(|figures| of(figures).packets);
            parts.right(number_role, &grouped(total), TOTAL);
        }
        if self.columns.bar > 3 {
            let bar = bar(part, whole, self.columns.bar, look.unicode);
            parts
                .put(Role::Plain, " ")
                .put(kind, &bar)
                .put(Role::Plain, " ");
        }
        if self.columns.note {
            parts.put(Role::Faint, note);
        }
        parts.line()
    }
}
