//! The tables, for people.

use std::fmt::Write as _;

use super::tally::{Largest, Service, Sums, Talker};
use super::{By, Read};
use crate::cli::args::SummaryArgs;
use crate::cli::number::{bytes, grouped, share};
use crate::cli::summary_table::class_note;
use crate::cli::terminal::{Style, bar, columns};
use crate::export::{ClassName, EndReasonName, Mark};
use crate::fate::Class;

const BOLD: &str = "1";
const YELLOW: &str = "33";
const BAR: usize = 6;

/// A row: its name, its sums and a note behind the bar.
struct Row {
    name: String,
    sums: Sums,
    note: &'static str,
}

impl Row {
    fn new(name: impl Into<String>, sums: Sums) -> Self {
        Self {
            name: name.into(),
            sums,
            note: "",
        }
    }
}

/// A table: its heading, its rows, and how many more there would be.
struct Table {
    heading: String,
    rows: Vec<Row>,
    more: usize,
}

pub(super) fn render(read: &Read, args: &SummaryArgs, style: Style) -> String {
    let tables = tables(read, args, style);
    let rows = || tables.iter().flat_map(|table| &table.rows);
    let width = |cell: &dyn Fn(&Sums) -> String, least: usize| {
        let whole = cell(&read.tally.whole).len();
        rows()
            .map(|row| cell(&row.sums).len())
            .max()
            .map_or(whole, |width| width.max(whole))
            .max(least)
    };
    let names = rows().map(|row| columns(&row.name) + 2).max().unwrap_or(0);
    let widths = [
        names.max(22),
        width(&|sums| grouped(sums.flows), 9),
        width(&|sums| grouped(sums.packets), 11),
    ];
    let mut out = String::new();
    head(read, args, style, &mut out);
    for table in &tables {
        if !table.rows.is_empty() {
            rows_of(table, read, args.by, widths, style, &mut out);
        }
    }
    notes(read, style, &mut out);
    out
}

/// What was read, and of what time.
fn head(read: &Read, args: &SummaryArgs, style: Style, out: &mut String) {
    let tally = &read.tally;
    let files = match read.files {
        1 => "1 file".to_owned(),
        many => format!("{} files", grouped(many)),
    };
    // Writing into a String cannot fail.
    let line = format!(
        "{} records in {files}: {} packets, {} on the wire, {} of IP",
        grouped(tally.whole.flows),
        grouped(tally.whole.packets),
        bytes(tally.whole.bytes),
        bytes(tally.ip_bytes),
    );
    let _ = writeln!(out, "{}", style.paint(BOLD, &line));
    if let Some((first, last)) = tally.span {
        let _ = writeln!(out, "from {first} to {last}");
    }
    let _ = writeln!(
        out,
        "the largest by {}; shares are of all records read",
        args.by.id()
    );
}

fn tables(read: &Read, args: &SummaryArgs, style: Style) -> Vec<Table> {
    let tally = &read.tally;
    let top = args.top;
    let by = args.by;
    let classes = ClassName::ALL.iter().zip(&tally.classes);
    let classes = classes.map(|(class, sums)| Row {
        note: class_note(class_of(*class), style.unicode),
        ..Row::new(class.id(), *sums)
    });
    let countries = tally.countries.iter();
    let countries = countries.map(|(code, sums)| Row::new(country(*code), *sums));
    let protocols = tally.protocols.iter();
    let protocols = protocols.map(|(protocol, sums)| Row::new(name(*protocol), *sums));
    let flags = Mark::ALL.iter().zip(&tally.flags);
    let flags = flags.map(|(mark, sums)| Row::new(mark.id(), *sums));
    let reasons = EndReasonName::ALL.iter().zip(&tally.end_reasons);
    let reasons = reasons.map(|(reason, sums)| Row::new(reason.id(), *sums));
    vec![
        listed("class", classes),
        largest("country, either end", countries, by, top),
        talkers("address abroad", &tally.abroad, top),
        talkers("address at home", &tally.home, top),
        talkers("address of unknown place", &tally.undetermined, top),
        services(&tally.services, top),
        largest("protocol", protocols, by, top),
        listed("flag", flags),
        listed("ended by", reasons),
    ]
}

/// Rows in their own order, without those of nothing.
fn listed(heading: &str, rows: impl Iterator<Item = Row>) -> Table {
    Table {
        heading: heading.to_owned(),
        rows: rows.filter(|row| row.sums.flows > 0).collect(),
        more: 0,
    }
}

/// The largest of few.
fn largest(heading: &str, rows: impl Iterator<Item = Row>, by: By, top: usize) -> Table {
    let mut table = listed(heading, rows);
    let rows = &mut table.rows;
    rows.sort_by(|a, b| {
        let order = b.sums.by(by).cmp(&a.sums.by(by));
        order.then_with(|| a.name.cmp(&b.name))
    });
    table.more = rows.len().saturating_sub(top);
    rows.truncate(top);
    table
}

fn talkers(heading: &str, all: &Largest<Talker>, top: usize) -> Table {
    of(heading, all, top, |talker| match talker.country {
        None => talker.ip.to_string(),
        code => format!("{} {}", talker.ip, country(code)),
    })
}

fn services(all: &Largest<Service>, top: usize) -> Table {
    of("service", all, top, service)
}

fn of<K: Ord + std::hash::Hash + Copy>(
    heading: &str,
    all: &Largest<K>,
    top: usize,
    name: impl Fn(K) -> String,
) -> Table {
    let sorted = all.sorted();
    Table {
        heading: heading.to_owned(),
        more: sorted.len().saturating_sub(top),
        rows: sorted
            .into_iter()
            .take(top)
            .map(|(key, sums)| Row::new(name(key), sums))
            .collect(),
    }
}

fn rows_of(
    table: &Table,
    read: &Read,
    by: By,
    [names, flows, packets]: [usize; 3],
    style: Style,
    out: &mut String,
) {
    let line = format!(
        "{:names$}{:>flows$} {:>packets$} {:>8} {:>6}",
        table.heading, "records", "packets", "bytes", "share"
    );
    // Writing into a String cannot fail.
    let _ = write!(out, "\n{}\n", style.paint(BOLD, &line));
    let whole = read.tally.whole.by(by);
    for Row { name, sums, note } in &table.rows {
        let part = sums.by(by);
        let blank = names.saturating_sub(columns(name) + 2);
        let line = format!(
            "  {name}{:blank$}{:>flows$} {:>packets$} {:>8} {:>6} {} {note}",
            "",
            grouped(sums.flows),
            grouped(sums.packets),
            bytes(sums.bytes),
            share(part, whole),
            bar(part, whole, BAR, style.unicode),
        );
        let _ = writeln!(out, "{}", line.trim_end());
    }
    if table.more > 0 {
        let _ = writeln!(out, "  and {} more", grouped(table.more as u64));
    }
}

/// What must be known beside the numbers.
fn notes(read: &Read, style: Style, out: &mut String) {
    let tally = &read.tally;
    let mut say = |text: String| {
        // Writing into a String cannot fail.
        let _ = write!(out, "\n{}\n", style.paint(YELLOW, &text));
    };
    let pseudonyms: u64 = Mark::ALL
        .iter()
        .zip(&tally.flags)
        .filter(|(mark, _)| matches!(mark, Mark::PseudonymSrc | Mark::PseudonymDst))
        .map(|(_, sums)| sums.flows)
        .sum();
    if pseudonyms > 0 {
        say(
            "some addresses are pseudonyms, of which nobody without the key knows the end"
                .to_owned(),
        );
    }
    let error = super::json::error(tally);
    if error > 0 {
        let text = format!(
            "too many addresses or services to keep all: sums of those may be too small, by {} at most",
            grouped(error)
        );
        say(text);
    }
    let damaged: u64 = read.damaged.iter().map(|(_, lines)| lines).sum();
    if damaged > 0 {
        say(format!(
            "{} damaged lines were passed over",
            grouped(damaged)
        ));
    }
}

/// Letters of a country.
pub(super) fn country(code: Option<[u8; 2]>) -> String {
    match code {
        None => "unknown".to_owned(),
        Some(code) => code.iter().map(|letter| char::from(*letter)).collect(),
    }
}

/// The name of a protocol, or its number.
pub(super) fn name(protocol: u8) -> String {
    let known = match protocol {
        1 => "icmp",
        2 => "igmp",
        6 => "tcp",
        17 => "udp",
        33 => "dccp",
        41 => "ipv6",
        47 => "gre",
        50 => "esp",
        51 => "ah",
        58 => "ipv6-icmp",
        89 => "ospf",
        132 => "sctp",
        other => return format!("protocol {other}"),
    };
    known.to_owned()
}

pub(super) fn service(service: Service) -> String {
    match service {
        Service::Port(protocol, port) => format!("{}/{port}", name(protocol)),
        Service::Icmp(protocol, kind) => format!("{} type {kind}", name(protocol)),
        Service::Bare(protocol) => name(protocol),
    }
}

const fn class_of(class: ClassName) -> Class {
    match class {
        ClassName::ForeignForeign => Class::ForeignForeign,
        ClassName::ForeignDomestic => Class::ForeignDomestic,
        ClassName::DomesticForeign => Class::DomesticForeign,
        ClassName::ForeignUndetermined => Class::ForeignUndetermined,
        ClassName::UndeterminedForeign => Class::UndeterminedForeign,
    }
}
