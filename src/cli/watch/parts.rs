//! Lines put together from parts of known width.

use ratatui::text::{Line, Span};

use super::look::{Look, Role};
use crate::cli::terminal::{columns, fit};

/// A line of parts, as many as fit into so many columns; the last that does is cut.
pub(super) struct Parts {
    look: Look,
    width: usize,
    used: usize,
    spans: Vec<Span<'static>>,
}

impl Parts {
    pub(super) const fn new(look: Look, width: usize) -> Self {
        Self {
            look,
            width,
            used: 0,
            spans: Vec::new(),
        }
    }

    /// Columns that are left.
    pub(super) const fn room(&self) -> usize {
        self.width.saturating_sub(self.used)
    }

    /// A part, cut if it does not fit.
    pub(super) fn put(&mut self, role: Role, text: &str) -> &mut Self {
        if self.room() > 0 {
            let text = fit(text, self.room(), self.look.unicode);
            self.used += columns(&text);
            self.spans.push(self.look.span(role, text));
        }
        self
    }

    /// A part after two blanks, or none if it does not fit.
    pub(super) fn add(&mut self, role: Role, text: &str) -> &mut Self {
        let gap = if self.used == 0 { 0 } else { 2 };
        if columns(text) + gap <= self.room() {
            self.put(Role::Plain, &" ".repeat(gap)).put(role, text);
        }
        self
    }

    /// A part that ends the line, or none if it does not fit.
    pub(super) fn end(&mut self, role: Role, text: &str) -> &mut Self {
        if columns(text) < self.room() || self.used == 0 {
            let gap = self.room().saturating_sub(columns(text));
            self.put(Role::Plain, &" ".repeat(gap)).put(role, text);
        }
        self
    }

    /// A number or the like, to the right of so many columns.
    pub(super) fn right(&mut self, role: Role, text: &str, width: usize) -> &mut Self {
        let gap = width.saturating_sub(columns(text));
        self.put(Role::Plain, &" ".repeat(gap)).put(role, text)
    }

    /// A name or the like, to the left of so many columns.
    pub(super) fn left(&mut self, role: Role, text: &str, width: usize) -> &mut Self {
        let text = fit(text, width, self.look.unicode);
        let gap = width.saturating_sub(columns(&text));
        self.put(role, &text).put(Role::Plain, &" ".repeat(gap))
    }

    pub(super) fn spans(&mut self) -> Vec<Span<'static>> {
        std::mem::take(&mut self.spans)
    }

    pub(super) fn line(&mut self) -> Line<'static> {
        Line::from(self.spans())
    }
}
