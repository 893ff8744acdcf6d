//! Names and colours of classes and reasons, the same in every picture and table of a page.

use super::figures::{Part, Report};
use super::language::Language;
use crate::fate::{Class, Reason};

/// Reasons that have a colour of their own.
const COLOURED: usize = 5;

/// The name of a class or a reason, by its id.
pub(super) fn name_of(id: &str, language: Language) -> &'static str {
    let class = Class::ALL.into_iter().find(|class| class.id() == id);
    let reason = Reason::ALL.into_iter().find(|reason| reason.id() == id);
    class
        .map(|class| language.class(class))
        .or_else(|| reason.map(|reason| language.reason(reason)))
        .unwrap_or_default()
}

pub(super) fn class_colour(id: &str) -> String {
    let at = Class::ALL.iter().position(|class| class.id() == id);
    format!("c{}", at.unwrap_or_default())
}

/// Which reasons have a colour of their own: those with most packets.
pub(super) struct Colours {
    pub(super) named: Vec<&'static str>,
}

impl Colours {
    pub(super) fn of(report: &Report) -> Self {
        let mut parts: Vec<&Part> = report.sum.by_reason.iter().collect();
        // In the order of the list where two have as many.
        parts.sort_by_key(|part| std::cmp::Reverse(part.figure.packets));
        let largest = parts
            .into_iter()
            .take(COLOURED)
            .filter(|part| part.figure.packets > 0);
        Self {
            named: largest.map(|part| part.id).collect(),
        }
    }

    pub(super) fn reason(&self, id: &str) -> String {
        let at = self.named.iter().position(|named| *named == id);
        format!("r{}", at.unwrap_or(COLOURED))
    }

    /// Reasons with a colour first, the most frequent at the left.
    pub(super) fn in_order<'a>(&self, report: &'a Report) -> Vec<&'a Part> {
        let mut parts: Vec<&Part> = report.sum.by_reason.iter().collect();
        parts.sort_by_key(|part| {
            self.named
                .iter()
                .position(|named| *named == part.id)
                .unwrap_or(COLOURED)
        });
        parts
    }

    pub(super) fn legend(
        &self,
        report: &Report,
        language: Language,
        classes: bool,
        reasons: bool,
    ) -> Vec<(String, String)> {
        let mut out = Vec::new();
        if classes {
            for part in report
                .sum
                .by_class
                .iter()
                .filter(|part| part.figure.packets > 0)
            {
                out.push((class_colour(part.id), name_of(part.id, language).to_owned()));
            }
        }
        if reasons {
            for id in &self.named {
                out.push((self.reason(id), name_of(id, language).to_owned()));
            }
            let other = |part: &&Part| part.figure.packets > 0 && !self.named.contains(&part.id);
            if report.sum.by_reason.iter().any(|part| other(&part)) {
                let text = language.of("excluded, other reasons", "その他の除外理由");
                out.push(("r5".to_owned(), text.to_owned()));
            }
        }
        out
    }
}
