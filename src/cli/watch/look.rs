//! How things look: a few roles, in colour or, where that is not wanted, in weight alone.

use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

use crate::cli::terminal::{self, columns};

/// What a text is, to whoever looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Plain,
    /// What is looked for first.
    Strong,
    /// What is looked for last.
    Faint,
    Accent,
    /// As it should be; what was kept.
    Good,
    /// To be looked at; what was turned back.
    Warn,
    /// To be looked at now.
    Alarm,
}

/// The same for the whole screen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    pub(super) unicode: bool,
    colour: bool,
}

impl Look {
    pub(super) const fn new(style: terminal::Style) -> Self {
        let terminal::Style { colour, unicode } = style;
        Self { unicode, colour }
    }

    /// Of a role.
    pub(super) fn of(self, role: Role) -> Style {
        let style = Style::new();
        let (colour, weight) = match role {
            Role::Plain => return style,
            Role::Strong => return style.add_modifier(Modifier::BOLD),
            Role::Faint => (Color::DarkGray, Modifier::DIM),
            Role::Accent => (Color::Cyan, Modifier::empty()),
            Role::Good => (Color::Green, Modifier::empty()),
            Role::Warn => (Color::Yellow, Modifier::BOLD),
            Role::Alarm => {
                let style = style.add_modifier(Modifier::BOLD | Modifier::REVERSED);
                return if self.colour {
                    style.fg(Color::Red)
                } else {
                    style
                };
            }
        };
        if self.colour {
            style.fg(colour)
        } else {
            style.add_modifier(weight)
        }
    }

    /// A text in a role.
    pub(super) fn span(self, role: Role, text: impl Into<String>) -> Span<'static> {
        Span::styled(text.into(), self.of(role))
    }

    /// What stands where nothing is known.
    pub(super) const fn nothing(self) -> &'static str {
        if self.unicode { "–" } else { "-" }
    }

    /// The title of a part of the screen, in a rule of so many columns. What stands in the rule too is given
    /// with the column at which it ends.
    pub(super) fn rule(self, title: &str, heads: &[(usize, &str)], width: usize) -> Line<'static> {
        let dash = if self.unicode { "─" } else { "-" };
        let mut spans = vec![
            self.span(Role::Faint, dash.repeat(2)),
            self.span(Role::Strong, format!(" {title} ")),
        ];
        let mut at = 4 + columns(title);
        for (end, head) in heads {
            let start = end.saturating_sub(columns(head) + 1);
            if start < at || *end + 1 > width {
                continue;
            }
            spans.push(self.span(Role::Faint, dash.repeat(start - at)));
            spans.push(self.span(Role::Faint, format!(" {head} ")));
            at = end + 1;
        }
        spans.push(self.span(Role::Faint, dash.repeat(width.saturating_sub(at))));
        Line::from(spans)
    }

    /// Values drawn in so many rows, each row from left to right, the first the highest; `None` where
    /// nothing is known.
    pub(super) fn curve(self, values: &[Option<f64>], highest: f64, rows: usize) -> Vec<String> {
        let levels: &[char] = if self.unicode {
            &['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']
        } else {
            &['.', ':', '-', '=', '+', '*', '#', '@']
        };
        let steps = levels.len();
        let letter = |value: &Option<f64>, row: usize| {
            let Some(value) = value.filter(|_| highest > 0.0) else {
                return ' ';
            };
            let all = (rows * steps) as f64;
            // What is there is seen, however little.
            let least = if value > 0.0 { 1.0 } else { 0.0 };
            let filled = (value / highest * all).round().clamp(least, all) as usize;
            match filled.saturating_sub((rows - 1 - row) * steps) {
                0 => ' ',
                filled => levels[filled.min(steps) - 1],
            }
        };
        let row = |row| values.iter().map(|value| letter(value, row)).collect();
        (0..rows).map(row).collect()
    }
}
