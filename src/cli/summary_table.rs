//! The end of a run at one glance: what came in, what was kept, what was turned back and why.

use super::number::{bytes, grouped, share};
use super::talk::escaped;
use super::terminal::{Style, bar, columns, fit};
use crate::config::{Export, Format};
use crate::export::Target;
use crate::fate::{Class, Reason};
use crate::pipeline::{Count, Summary};

const WIDTH: usize = 80;
const NAME: usize = 23;
const BAR: usize = 6;
const BOLD: &str = "1";
const GREEN: &str = "32";
const YELLOW: &str = "33";
const ALARM: &str = "1;31";

/// Renders the table: at most 80 columns, rows of nothing left out.
pub(super) fn render(summary: &Summary, export: &Export, style: Style) -> String {
    let mut table = Table::new(summary, style);
    table.head();
    table.row("frames read", summary.frames, BOLD);
    let admitted = Count {
        packets: summary.admitted.packets,
        bytes: summary.admitted.bytes,
    };
    table.row("kept", admitted, GREEN);
    for (class, count) in Class::ALL.iter().zip(&summary.admitted.by_class.0) {
        table.part(
            class.id(),
            count.packets,
            Some(count.bytes),
            class_note(*class, style.unicode),
        );
    }
    let excluded = Count {
        packets: summary.excluded.packets,
        bytes: summary.excluded.bytes,
    };
    table.row("excluded", excluded, YELLOW);
    for (reason, count) in Reason::ALL.iter().zip(&summary.excluded.by_reason.0) {
        table.part(
            reason.id(),
            count.packets,
            Some(count.bytes),
            short(*reason),
        );
    }
    table.blank();
    table.flows(export);
    table.inputs();
    table.geo();
    table.authorisation();
    table.losses();
    table.books();
    table.out
}

struct Table<'a> {
    summary: &'a Summary,
    style: Style,
    packets_width: usize,
    out: String,
}

impl<'a> Table<'a> {
    fn new(summary: &'a Summary, style: Style) -> Self {
        let packets_width = grouped(summary.frames.packets).len().max(11);
        Self {
            summary,
            style,
            packets_width,
            out: String::new(),
        }
    }

    fn blank(&mut self) {
        self.out.push('\n');
    }

    fn head(&mut self) {
        let width = self.packets_width;
        self.blank();
        let text = format!(
            "{:NAME$}{:>width$} {:>8} {:>6}",
            "sekisho", "packets", "bytes", "share"
        );
        self.line(&self.style.paint(BOLD, &text));
    }

    /// A row of packets, bytes, share and a bar; the bytes are not known for every part.
    fn cells(&self, name: &str, packets: u64, wire: Option<u64>) -> String {
        let whole = self.summary.frames.packets;
        let width = self.packets_width;
        format!(
            "{name:NAME$}{:>width$} {:>8} {:>6}",
            grouped(packets),
            wire.map(bytes).unwrap_or_default(),
            share(packets, whole),
        )
    }

    /// One of the three sums.
    fn row(&mut self, name: &str, count: Count, sgr: &str) {
        let cells = self.cells(name, count.packets, Some(count.bytes));
        let text = format!("{cells} {}", self.bar(count.packets));
        self.line(&self.style.paint(sgr, text.trim_end()));
    }

    /// A part of what was kept or excluded; nothing if there is none of it.
    fn part(&mut self, id: &str, packets: u64, wire: Option<u64>, note: &str) {
        if packets == 0 {
            return;
        }
        let cells = self.cells(&format!("  {id}"), packets, wire);
        let bar = self.bar(packets);
        let room = WIDTH.saturating_sub(columns(&cells) + BAR + 2);
        let note = fit(note, room, self.style.unicode);
        self.line(format!("{cells} {bar} {note}").trim_end());
    }

    /// The share of all frames.
    fn bar(&self, packets: u64) -> String {
        bar(
            packets,
            self.summary.frames.packets,
            BAR,
            self.style.unicode,
        )
    }

    /// `name  text`, cut to the width.
    fn fact(&mut self, name: &str, text: &str, sgr: Option<&str>) {
        let text = fit(&format!("{name:<10} {text}"), WIDTH, self.style.unicode);
        let text = match sgr {
            Some(sgr) => self.style.paint(sgr, &text),
            None => text,
        };
        self.line(&text);
    }

    fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn flows(&mut self, export: &Export) {
        let flows = self.summary.flows;
        let target = match (export.format, &export.output) {
            (Format::Null, _) => "counted, not written (format null)".to_owned(),
            (_, Target::Stdout) => "written to standard output".to_owned(),
            (_, Target::Path(path)) => {
                format!("written to {}", escaped(&path.display().to_string()))
            }
            (_, Target::Udp(_)) => format!("sent to {}, best effort", export.output),
            (_, Target::Tcp(_) | Target::Kafka(_)) => format!("sent to {}", export.output),
        };
        let exported = flows.exported;
        let records = if exported == 1 { "record" } else { "records" };
        self.fact(
            "flows",
            &format!("{} {records} {target}", grouped(exported)),
            None,
        );
        if flows.evicted > 0 {
            let text = format!(
                "{} ended early: the flow table was full (raise --max-flows)",
                grouped(flows.evicted)
            );
            self.fact("", &text, Some(YELLOW));
        }
        if flows.recalled > 0 {
            let text = format!(
                "{} dropped: no longer admitted by a newer table or policy",
                grouped(flows.recalled)
            );
            self.fact("", &text, None);
        }
    }

    fn inputs(&mut self) {
        let inputs = &self.summary.inputs;
        let incomplete = inputs.iter().filter(|input| !input.complete).count();
        let plural = |n: usize| if n == 1 { "input" } else { "inputs" };
        let text = match incomplete {
            0 => format!("{} {}, read to the end", inputs.len(), plural(inputs.len())),
            n => format!(
                "{} {}, {n} not read to the end",
                inputs.len(),
                plural(inputs.len())
            ),
        };
        let sgr = (incomplete > 0).then_some(YELLOW);
        self.fact("inputs", &text, sgr);
    }

    fn geo(&mut self) {
        let geo = &self.summary.geo;
        let digest: String = geo.digest.chars().take(16).collect();
        let sources: Vec<String> = geo
            .sources
            .iter()
            .map(|source| {
                let name = source.name.rsplit('/').next().unwrap_or_default();
                let date = source.date.as_deref().unwrap_or("no date");
                format!("{} {}", escaped(name), escaped(date))
            })
            .collect();
        let text = format!(
            "{digest}, home {}, from {}",
            geo.home.join(" "),
            sources.join(" + ")
        );
        self.fact("table", &text, None);
        if geo.stale {
            self.fact(
                "",
                "too old for some of these packets: use a newer one",
                Some(YELLOW),
            );
        }
    }

    fn authorisation(&mut self) {
        let authorisation = &self.summary.authorisation;
        let profile = authorisation.profile;
        let (ids, sgr) = match authorisation.ids.as_slice() {
            [] => ("nothing".to_owned(), Some(YELLOW)),
            ids => (ids.join(" "), None),
        };
        self.fact("authorised", &format!("{ids} (profile {profile})"), sgr);
    }

    fn losses(&mut self) {
        let summary = self.summary;
        if summary.kernel_dropped > 0 {
            let text = format!(
                "{} frames dropped by the kernel before they were read",
                grouped(summary.kernel_dropped)
            );
            self.fact("dropped", &text, Some(YELLOW));
        }
        if summary.lost.packets > 0 || summary.lost.records > 0 {
            let text = format!(
                "LOST {} packets and {} records",
                grouped(summary.lost.packets),
                grouped(summary.lost.records)
            );
            self.fact("lost", &text, Some(ALARM));
        }
    }

    fn books(&mut self) {
        let summary = self.summary;
        let [frames, kept, excluded] = [
            summary.frames.packets,
            summary.admitted.packets,
            summary.excluded.packets,
        ];
        if summary.balanced && summary.frames_balance() {
            let text = format!(
                "balance: {} read = {} kept + {} excluded",
                grouped(frames),
                grouped(kept),
                grouped(excluded)
            );
            self.fact("books", &text, Some(GREEN));
            return;
        }
        self.fact(
            "books",
            "DO NOT BALANCE: trust no number of this run, and report it",
            Some(ALARM),
        );
        let accounted = u128::from(kept) + u128::from(excluded);
        let text = format!(
            "{} read, {} kept + {} excluded",
            grouped(frames),
            grouped(kept),
            grouped(excluded)
        );
        self.fact("", &text, Some(ALARM));
        let off = u128::from(frames).abs_diff(accounted);
        let text = match u128::from(frames).cmp(&accounted) {
            std::cmp::Ordering::Greater => format!("{off} frames in no bucket"),
            std::cmp::Ordering::Less => format!("{off} frames counted twice"),
            std::cmp::Ordering::Equal => {
                "frames add up, but bytes, parts or records do not".to_owned()
            }
        };
        self.fact("", &text, Some(ALARM));
    }
}

/// The class for people: its Japanese name where that can be shown, and its direction.
pub(super) const fn class_note(class: Class, unicode: bool) -> &'static str {
    match (class, unicode) {
        (Class::ForeignForeign, true) => "外外 abroad to abroad",
        (Class::ForeignDomestic, true) => "外内 abroad to home",
        (Class::DomesticForeign, true) => "内外 home to abroad",
        (Class::ForeignForeign, false) => "abroad to abroad",
        (Class::ForeignDomestic, false) => "abroad to home",
        (Class::DomesticForeign, false) => "home to abroad",
        (Class::ForeignUndetermined, _) => "abroad to unknown",
        (Class::UndeterminedForeign, _) => "unknown to abroad",
    }
}

/// What a reason means, in at most 22 columns.
pub(super) const fn short(reason: Reason) -> &'static str {
    match reason {
        Reason::DomesticPair => "both ends at home",
        Reason::Unlocated => "an end has no country",
        Reason::SourceDisagreement => "tables contradict",
        Reason::Anycast => "an end is anycast",
        Reason::NonGlobal => "an end is private",
        Reason::Multicast => "sent to a group",
        Reason::Martian => "impossible address",
        Reason::TunnelDomestic => "tunnel could be home",
        Reason::QuotedDomestic => "quote could be home",
        Reason::ClassNotAuthorised => "class not authorised",
        Reason::NoAuthorisation => "nothing authorised",
        Reason::GeoStale => "table too old",
        Reason::OperatorDomestic => "home by your list",
        Reason::VolumeCap => "volume used up",
        Reason::NonIp => "carries no IP",
        Reason::UnsupportedLink => "link not decoded",
        Reason::Truncated => "cut before addresses",
        Reason::Malformed => "broken headers",
        Reason::TooDeep => "too many layers",
        Reason::Fragment => "first part not seen",
    }
}

#[cfg(all(test, feature = "embedded-geo"))]
#[expect(clippy::unwrap_used, reason = "a test may stop where it is")]
mod picture;
#[cfg(test)]
pub(super) mod tests;
