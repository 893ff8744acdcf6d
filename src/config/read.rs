//! The text of a file as a [`Layer`], or the first thing wrong with it.

use std::fs::File;
use std::io::{self, Read as _};
use std::ops::Range;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::error::{Error, place};
use super::keys::{SECTIONS, advice, find};
use super::layer::Layer;

/// The longest file, in bytes. *Guessed*: a hundred times the shipped one.
const LONGEST: u64 = 1 << 20;

/// The text of a file, which may be a pipe.
pub(super) fn text(path: &Path) -> Result<String, Error> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes));
    read.map_err(|error| Error::unreadable(path, &error))?;
    if bytes.len() as u64 > LONGEST {
        return Err(Error::new(
            "configuration is longer than 1 MiB",
            path.display().to_string(),
            "give a shorter file",
        ));
    }
    String::from_utf8(bytes)
        .map_err(|_| Error::unreadable(path, &io::ErrorKind::InvalidData.into()))
}

/// Reads a layer. The path is only named in errors.
pub(super) fn layer(path: &Path, text: &str) -> Result<Layer, Error> {
    let at = |span: Option<Range<usize>>| place(path, text, span.map_or(0, |span| span.start));
    let tree = DeTable::parse(text).map_err(|e| {
        let what = match e.message() {
            "duplicate key" => "key given twice".to_owned(),
            message => format!("not TOML ({message})"),
        };
        let hint = match e.message() {
            "duplicate key" => "keep one of the two",
            _ => "texts stand in quotes, lists in [ ], see config/sekisho.toml",
        };
        Error::new(what, at(e.span()), hint)
    })?;
    if let Some(unknown) = first_unknown(tree.get_ref()) {
        return Err(Error::new(
            unknown.what,
            at(Some(unknown.span)),
            unknown.hint,
        ));
    }
    toml::from_str(text).map_err(|e| {
        let offset = e.span().map_or(0, |span| span.start);
        match key_at(tree.get_ref(), offset) {
            Some((section, name, found)) => {
                let expects = find(&section, &name).map_or("another type", |key| key.expects);
                Error::new(
                    format!("`{name}` cannot be {found}"),
                    at(e.span()),
                    format!("give {expects}"),
                )
            }
            None => Error::new(
                format!("not understood ({})", e.message()),
                at(e.span()),
                "see config/sekisho.toml",
            ),
        }
    })
}

struct Unknown {
    span: Range<usize>,
    what: String,
    hint: String,
}

/// The first key or section, in the order of the file, that is not ours.
fn first_unknown(tree: &DeTable<'_>) -> Option<Unknown> {
    let mut unknown = Vec::new();
    for (name, value) in tree {
        let (key, span) = (name.get_ref().as_ref(), name.span());
        match (SECTIONS.contains(&key), value.get_ref()) {
            (true, DeValue::Table(section)) => {
                for name in section.keys() {
                    let (inner, span) = (name.get_ref().as_ref(), name.span());
                    if find(key, inner).is_none() {
                        unknown.push(Unknown {
                            span,
                            what: format!("unknown key `{inner}` in [{key}]"),
                            hint: advice(key, inner),
                        });
                    }
                }
            }
            (true, _) => unknown.push(Unknown {
                span,
                what: format!("`{key}` is a section"),
                hint: format!("write [{key}] on a line of its own, its keys below"),
            }),
            (false, DeValue::Table(_)) => unknown.push(Unknown {
                span,
                what: format!("unknown section [{key}]"),
                hint: advice("", key),
            }),
            (false, _) if find("", key).is_none() => unknown.push(Unknown {
                span,
                what: format!("unknown key `{key}` at the top"),
                hint: advice("", key),
            }),
            (false, _) => {}
        }
    }
    unknown.into_iter().min_by_key(|unknown| unknown.span.start)
}

/// The key whose value holds a byte: section, name, and what stands at that byte.
fn key_at(tree: &DeTable<'_>, offset: usize) -> Option<(String, String, String)> {
    for (name, value) in tree {
        if let DeValue::Table(section) = value.get_ref()
            && let Some((_, inner, found)) = key_at(section, offset)
        {
            return Some((name.get_ref().to_string(), inner, found));
        }
        if value.span().contains(&offset) {
            let found = found_at(value.get_ref(), offset);
            return Some((String::new(), name.get_ref().to_string(), found));
        }
    }
    None
}

/// The kind of value at a byte, inside a list where it lies in one.
fn found_at(value: &DeValue<'_>, offset: usize) -> String {
    if let DeValue::Array(entries) = value
        && let Some(entry) = entries.iter().find(|entry| entry.span().contains(&offset))
    {
        return format!("a list with {}", found_at(entry.get_ref(), offset));
    }
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(number) if number.as_str().starts_with('-') => "negative",
        DeValue::Integer(_) => "that number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a section",
    }
    .to_owned()
}
