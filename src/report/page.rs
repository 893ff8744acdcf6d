//! The page as blocks, and its rendering. Everything that a block holds is escaped by the template, but for
//! pictures, which are made of numbers alone.

use askama::Template;

/// A page of one language.
#[derive(Template)]
#[template(path = "page.html", config = "src/report/askama.toml")]
pub(super) struct Page {
    pub(super) lang: &'static str,
    pub(super) title: String,
    pub(super) subtitle: String,
    pub(super) verdict: Verdict,
    pub(super) contents: &'static str,
    pub(super) sections: Vec<Section>,
    pub(super) footer: &'static str,
}

impl Page {
    /// In the page, not beside it: a report is one file.
    const STYLE: &'static str = include_str!("page.css");
}

/// The first thing on the page.
pub(super) struct Verdict {
    pub(super) holds: bool,
    pub(super) headline: &'static str,
    pub(super) blocks: Vec<Block>,
}

pub(super) struct Section {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) blocks: Vec<Block>,
}

pub(super) enum Block {
    Heading(String),
    Text(String),
    /// Of what is wrong, or must not be overlooked.
    Warning(String),
    List(Vec<String>),
    Facts(Vec<(String, Vec<Value>)>),
    Table(Table),
    /// A table behind a click.
    Fold(String, Table),
    Chart(Chart),
}

pub(super) struct Chart {
    pub(super) title: String,
    pub(super) legend: Vec<(String, String)>,
    /// Made by `chart` of numbers and its own words.
    pub(super) svg: String,
}

#[derive(Default)]
pub(super) struct Table {
    pub(super) head: Vec<Value>,
    pub(super) rows: Vec<Row>,
}

pub(super) struct Row {
    /// A sum of the rows around it.
    pub(super) strong: bool,
    pub(super) cells: Vec<Value>,
}

/// A cell, or a fact.
#[derive(Default, Clone)]
pub(super) struct Value {
    pub(super) text: String,
    /// The exact number, of what is rendered with a unit or in groups.
    pub(super) exact: Option<u64>,
    pub(super) number: bool,
    pub(super) code: bool,
    /// Smaller and below.
    pub(super) below: Option<String>,
    /// The colour's name, in the legend's sense.
    pub(super) swatch: Option<String>,
}

impl Value {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    /// A digest, a key, an id.
    pub(super) fn code(text: impl Into<String>) -> Self {
        Self {
            code: true,
            ..Self::text(text)
        }
    }

    /// Something in a column of numbers.
    pub(super) fn number(text: impl Into<String>) -> Self {
        Self {
            number: true,
            ..Self::text(text)
        }
    }

    pub(super) fn exact(self, exact: u64) -> Self {
        Self {
            exact: Some(exact),
            ..self
        }
    }

    pub(super) fn below(self, below: impl Into<String>) -> Self {
        Self {
            below: Some(below.into()),
            ..self
        }
    }

    pub(super) fn swatch(self, colour: impl Into<String>) -> Self {
        Self {
            swatch: Some(colour.into()),
            ..self
        }
    }
}

/// Names of operators and files come from outside: what could move a cursor, break a line or turn the
/// direction of reading is shown as its number, in the page as on a terminal.
pub(super) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || is_invisible(c) {
            out.push_str(&format!("\\u{{{:x}}}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

/// Separators of lines, marks of direction, and what takes no room.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}')
}
