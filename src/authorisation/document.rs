//! What an authorisation says: TOML, every key known, every value checked.

use super::error::Flaw;
pub use super::term::Moment;
use crate::gate::{Authorisation, Class};
use serde::Deserialize;
use toml::{Spanned, Value};

/// The longest `authority` and `purpose`, in characters.
const LONGEST_TEXT: usize = 200;

/// What an authorisation says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// By what it is known: 1 to 64 letters, digits, dots, _ and -.
    pub id: String,
    /// Who gave it.
    pub authority: String,
    /// The classes that may pass.
    pub classes: Authorisation,
    /// The interfaces that it is for, `replay` and `demo` among them where it is for these.
    pub interfaces: Vec<String>,
    /// From when on.
    pub not_before: Moment,
    /// Until when, itself not included.
    pub not_after: Moment,
    /// What for.
    pub purpose: String,
    /// How much may pass, if that is limited.
    pub volume: Option<Volume>,
}

/// How much may pass; what is not given is not limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// Packets.
    pub packets: Option<u64>,
    /// Bytes on the wire.
    pub bytes: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    id: Spanned<String>,
    authority: Spanned<String>,
    classes: Spanned<Vec<String>>,
    interfaces: Spanned<Vec<String>>,
    not_before: Spanned<Value>,
    not_after: Spanned<Value>,
    purpose: Spanned<String>,
    volume: Option<Spanned<Volume>>,
}

impl Document {
    /// Reads the bytes of a file.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Flaw> {
        let text = str::from_utf8(bytes)
            .map_err(|_| Flaw::new("authorisation is not text", "write it in UTF-8"))?;
        let raw: Raw = toml::from_str(text).map_err(|error| {
            let what = format!("authorisation not understood ({})", error.message());
            let flaw = Flaw::new(what, "see docs/authorisation.md");
            match error.span() {
                Some(span) if span.start > 0 => flaw.in_line(line_of(text, span.start)),
                _ => flaw,
            }
        })?;
        Reader(text).document(raw)
    }
}

struct Reader<'a>(&'a str);

impl Reader<'_> {
    fn document(&self, raw: Raw) -> Result<Document, Flaw> {
        let (not_before, not_after) = (
            self.moment("not_before", &raw.not_before)?,
            self.moment("not_after", &raw.not_after)?,
        );
        if not_after.at <= not_before.at {
            return Err(self.flaw(
                &raw.not_after,
                "authorisation ends before it begins",
                "`not_after` must be later than `not_before`",
            ));
        }
        Ok(Document {
            id: self.id(raw.id)?,
            authority: self.text("authority", raw.authority)?,
            classes: self.classes(&raw.classes)?,
            interfaces: self.interfaces(raw.interfaces)?,
            not_before,
            not_after,
            purpose: self.text("purpose", raw.purpose)?,
            volume: raw.volume.map(|given| self.volume(&given)).transpose()?,
        })
    }

    fn flaw<T>(&self, given: &Spanned<T>, what: impl Into<String>, hint: &str) -> Flaw {
        Flaw::new(what, hint).in_line(line_of(self.0, given.span().start))
    }

    fn id(&self, given: Spanned<String>) -> Result<String, Flaw> {
        let id = given.get_ref();
        let fits = (1..=64).contains(&id.len())
            && id
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        // What stands in every output where there is no authorisation.
        if fits && id != "self-authorised" {
            return Ok(given.into_inner());
        }
        let hint = "use 1 to 64 letters, digits, dots, _ and -, and not `self-authorised`";
        Err(self.flaw(&given, "bad `id` of an authorisation", hint))
    }

    fn text(&self, name: &str, given: Spanned<String>) -> Result<String, Flaw> {
        let text = given.get_ref();
        let fits = !text.trim().is_empty()
            && text.chars().count() <= LONGEST_TEXT
            && !text.chars().any(char::is_control);
        if fits {
            return Ok(given.into_inner());
        }
        let hint = format!("use one line of 1 to {LONGEST_TEXT} characters");
        Err(self.flaw(&given, format!("bad `{name}` of an authorisation"), &hint))
    }

    fn moment(&self, name: &str, given: &Spanned<Value>) -> Result<Moment, Flaw> {
        let text = match given.get_ref() {
            Value::String(text) => Some(text.clone()),
            Value::Datetime(moment) => Some(moment.to_string()),
            _ => None,
        };
        text.and_then(|text| Moment::parse(&text)).ok_or_else(|| {
            let hint = "write 2026-04-01T00:00:00Z, or with an offset such as +09:00";
            self.flaw(given, format!("`{name}` is no moment"), hint)
        })
    }

    fn classes(&self, given: &Spanned<Vec<String>>) -> Result<Authorisation, Flaw> {
        let mut classes = Authorisation::NONE;
        for id in given.get_ref() {
            if id == "domestic_domestic" {
                let hint =
                    "remove it: traffic between two ends at home is excluded whatever is signed";
                return Err(self.flaw(given, "domestic_domestic can never be authorised", hint));
            }
            let known = [
                Class::ForeignForeign,
                Class::ForeignDomestic,
                Class::DomesticForeign,
            ];
            let Some(class) = known.into_iter().find(|class| class.id() == id) else {
                let hint = "known: foreign_foreign, foreign_domestic, domestic_foreign";
                return Err(self.flaw(given, format!("unknown class `{id}`"), hint));
            };
            classes = classes.or(Authorisation::of(class));
        }
        if classes == Authorisation::NONE {
            let hint = "name one of foreign_foreign, foreign_domestic, domestic_foreign";
            return Err(self.flaw(given, "authorisation names no class", hint));
        }
        Ok(classes)
    }

    fn interfaces(&self, given: Spanned<Vec<String>>) -> Result<Vec<String>, Flaw> {
        let names = given.get_ref();
        let odd = |name: &String| {
            name.is_empty()
                || name.len() > 15
                || name.contains(|c: char| c == '/' || c.is_whitespace() || c.is_control())
        };
        if names.is_empty() || names.iter().any(odd) {
            let hint = "name interfaces as `ip link` does, or replay, or demo";
            return Err(self.flaw(&given, "bad `interfaces` of an authorisation", hint));
        }
        Ok(given.into_inner())
    }

    fn volume(&self, given: &Spanned<Volume>) -> Result<Volume, Flaw> {
        let volume = *given.get_ref();
        match volume {
            Volume {
                packets: None,
                bytes: None,
            }
            | Volume {
                packets: Some(0), ..
            }
            | Volume { bytes: Some(0), .. } => {
                let hint = "give `packets`, `bytes` or both, each 1 or more";
                Err(self.flaw(given, "[volume] limits nothing, or everything", hint))
            }
            Volume { .. } => Ok(volume),
        }
    }
}

/// The line of a byte, the first being 1.
fn line_of(text: &str, offset: usize) -> usize {
    let before = text.get(..offset).unwrap_or(text);
    before.matches('\n').count() + 1
}
