//! `docs/reference.md` is what the program says of itself: options, keys, fields, reasons, exit codes.
//!
//! `SEKISHO_ACCEPT=1 cargo test --test reference` writes it anew.
#![cfg(feature = "live")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop where it is"
)]

mod common;

use clap::{Arg, Command};
use common::keys::{Item, items};
use common::page::{accept_or_compare, shell, text};
use sekisho::config::REFERENCE;
use sekisho::fate::Reason;
use std::fmt::Write as _;

const PAGE: &str = "docs/reference.md";

const HEAD: &str = "\
# Reference

For everyone. This page is written by the program's own tables: what each option, key, field and number is. What to do
with them is on the pages of the [index](README.md).

[Options](#options) · [configuration keys](#configuration-keys) · [the record](#the-record) · [the summary](#the-summary) ·
[reasons](#reasons) · [exit codes](#exit-codes) · metrics are on [a page of their own](metrics.md), the ledger's entries in
[ledger.md](ledger.md#an-entry), the report's JSON in [report.md](report.md#the-json-sekishoreportv1)
";

/// Text inside a cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// `-o`, `--output PATH` or `FILE...`.
fn spelled(arg: &Arg) -> String {
    let value = arg.get_value_names().map(|names| names[0].to_string());
    let takes = arg.get_action().takes_values();
    let Some(long) = arg.get_long() else {
        let many = arg
            .get_num_args()
            .is_some_and(|range| range.max_values() > 1);
        return format!("`{}{}`", value.unwrap(), if many { "..." } else { "" });
    };
    let value = match value {
        Some(value) if takes => format!(" {value}"),
        _ => String::new(),
    };
    let short = arg.get_short().map(|short| format!("`-{short}`, "));
    format!("{}`--{long}{value}`", short.unwrap_or_default())
}

fn help(arg: &Arg) -> String {
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let default = arg.get_default_values().first();
    match default {
        Some(default) if arg.get_action().takes_values() => {
            format!("{help} [default: {}]", default.to_string_lossy())
        }
        _ => help,
    }
}

/// The options of every command; those that several have stand once.
fn options() -> String {
    let command = sekisho::cli::command();
    let commands: Vec<&Command> = command.get_subcommands().collect();
    let own = |command: &Command| -> Vec<(String, String, String)> {
        let shown = command.get_arguments().filter(|arg| arg.get_id() != "help");
        shown
            .map(|arg| {
                let heading = arg.get_help_heading().unwrap_or_default().to_owned();
                (heading, spelled(arg), help(arg))
            })
            .collect()
    };
    // Heading, spelling and text, and the commands that have it so; in the order of the first.
    let mut shared: Vec<((String, String, String), Vec<&str>)> = Vec::new();
    for command in &commands {
        for row in own(command) {
            match shared.iter_mut().find(|(known, _)| *known == row) {
                Some((_, of)) => of.push(command.get_name()),
                None => shared.push((row, vec![command.get_name()])),
            }
        }
    }
    let mut out = String::from(
        "\n## Options\n\nDefaults, then the configuration file, then what is typed: the last wins. Examples are in \
         `sekisho COMMAND --help`.\n",
    );
    for command in &commands {
        let _ = write!(
            out,
            "\n### `sekisho {}`\n\n{}.\n",
            command.get_name(),
            command.get_about().unwrap()
        );
        let of_it = shared.iter().filter(|(_, of)| of == &[command.get_name()]);
        let mut rows = of_it.peekable();
        if rows.peek().is_some() {
            out.push_str("\n| option | what it does |\n|---|---|\n");
            for ((_, spelled, help), _) in rows {
                let _ = writeln!(out, "| {spelled} | {} |", cell(help));
            }
        }
        let mut also: Vec<&str> = Vec::new();
        for ((heading, ..), of) in &shared {
            if of.len() > 1 && of.contains(&command.get_name()) && !also.contains(&heading.as_str())
            {
                also.push(heading);
            }
        }
        if !also.is_empty() {
            let list: Vec<String> = also
                .iter()
                .map(|heading| format!("*{}*", title(heading)))
                .collect();
            let _ = writeln!(out, "\nAlso, of those below: {}.", list.join(", "));
        }
    }
    out.push_str("\n### Options of several commands\n");
    let mut headings: Vec<&str> = Vec::new();
    for ((heading, ..), of) in &shared {
        if of.len() > 1 && !headings.contains(&heading.as_str()) {
            headings.push(heading);
        }
    }
    for heading in headings {
        let of_it = |((of_heading, ..), of): &&((String, String, String), Vec<&str>)| {
            of.len() > 1 && of_heading == heading
        };
        let rows: Vec<_> = shared.iter().filter(of_it).collect();
        let first = &rows[0].1;
        // Where all are of the same commands, these stand once.
        if rows.iter().all(|(_, of)| of == first) {
            let _ = write!(
                out,
                "\n*{}*, of {}:\n\n| option | what it does |\n|---|---|\n",
                title(heading),
                first.join(", ")
            );
        } else {
            let _ = write!(
                out,
                "\n*{}*:\n\n| option | what it does | of |\n|---|---|---|\n",
                title(heading)
            );
        }
        let same = rows.iter().all(|(_, of)| of == first);
        for ((_, spelled, help), of) in rows {
            let of = match same {
                true => String::new(),
                false => format!(" {} |", of.join(", ")),
            };
            let _ = writeln!(out, "| {spelled} | {} |{of}", cell(help));
        }
    }
    out
}

fn title(heading: &str) -> &str {
    match heading {
        "" => "Others",
        heading => heading,
    }
}

/// The keys of the configuration, from the file that ships.
fn keys() -> String {
    let mut out = String::from(
        "\n## Configuration keys\n\nOf the file that `--config` names, in TOML; [config/sekisho.toml](../config/sekisho.toml) is \
         this as a file, and `man sekisho.toml` as a page. What is left out has the value that stands here.\n",
    );
    let mut is_open = false;
    for item in items(REFERENCE) {
        match item {
            // What the file says of itself stands above.
            Item::Text(_) => {}
            Item::Section(name, about) => {
                let _ = write!(out, "\n### `[{name}]`\n\n{}\n", linked(&about));
                is_open = false;
            }
            Item::Keys(keys, meaning) => {
                if !is_open {
                    out.push_str("\n| key | default | meaning |\n|---|---|---|\n");
                    is_open = true;
                }
                let of = |value: fn(&(String, String)) -> &String| {
                    let values: Vec<String> =
                        keys.iter().map(|key| format!("`{}`", value(key))).collect();
                    values.join(", ")
                };
                let _ = writeln!(
                    out,
                    "| {} | {} | {} |",
                    of(|key| &key.0),
                    of(|key| &key.1),
                    cell(&linked(&meaning))
                );
            }
        }
    }
    out
}

/// The pages that a comment names, as links.
fn linked(text: &str) -> String {
    let mut out = String::new();
    let mut parts = text.split("docs/");
    out.push_str(parts.next().unwrap());
    for part in parts {
        match part.split_once(".md") {
            Some((name, rest)) => {
                let _ = write!(out, "[{name}.md]({name}.md){rest}");
            }
            None => out.push_str(part),
        }
    }
    out
}

/// The record's fields in their order: that of the head of a CSV file.
fn order() -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let demo = shell("sekisho demo --packets 10 --format csv -o -", folder.path());
    let output = { demo }.output().unwrap();
    let head = String::from_utf8(output.stdout).unwrap();
    head.lines()
        .next()
        .unwrap()
        .split(',')
        .map(str::to_owned)
        .collect()
}

fn unit(field: &str) -> &'static str {
    match field {
        "start" | "end" | "collected_at" | "expires_at" => "packet time, RFC 3339 UTC, nanoseconds",
        name if name.ends_with("_wire_bytes") => "bytes on the wire",
        name if name.ends_with("_bytes") => "bytes",
        name if name.ends_with("_packets") => "packets",
        _ => "",
    }
}

/// What a field holds, and whether it can be null.
fn kind(property: &serde_json::Value) -> (String, bool) {
    if property["$ref"].is_string() {
        return ("[one of these](#values)".to_owned(), false);
    }
    let types: Vec<&str> = match &property["type"] {
        serde_json::Value::Array(types) => types.iter().map(|one| one.as_str().unwrap()).collect(),
        one => vec![one.as_str().unwrap()],
    };
    let text = match types[0] {
        "string" => "text".to_owned(),
        "array" => format!("list: {}", kind(&property["items"]).0),
        other => match property["maximum"].as_u64() {
            Some(most) => format!("{other}, 0 to {most}"),
            None => format!("{other}, 0 to 2⁶⁴ − 1"),
        },
    };
    (text, types.contains(&"null"))
}

fn record() -> String {
    let schema: serde_json::Value =
        serde_json::from_str(&text("docs/schema/sekisho.flow.v1.json")).unwrap();
    let required: Vec<&str> = schema["required"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .collect();
    let mut out = String::from(
        "\n## The record\n\n`sekisho.flow.v1`: one flow in both directions, without content. The same names in every format; \
         as JSON one object a line, in CSV lists are joined by `;` and null is empty. The same as a\n\
         [JSON Schema](schema/sekisho.flow.v1.json). `src` is the initiator: who sent a SYN without ACK, else who was seen \
         first.\n\nRecords of a replay are sorted by `start` and byte-identical for the same inputs, table, settings and version. A \
         record ends after `idle` seconds without a packet, at every multiple of `active` seconds of packet time, and before a \
         new SYN: [why](decisions/2026-11-22-where-a-record-ends.md).\n\n\
         | field | type | unit | null | meaning |\n|---|---|---|---|---|\n",
    );
    let properties = schema["properties"].as_object().unwrap();
    let order = order();
    let mut sorted = order.clone();
    sorted.sort();
    assert_eq!(sorted, properties.keys().cloned().collect::<Vec<_>>());
    for field in &order {
        let property = &properties[field];
        let (kind, nullable) = kind(property);
        // Null is what stands there; what is not required may be left out.
        let null = match (
            nullable,
            required.contains(&field.as_str()) || !field.ends_with("_at"),
        ) {
            (false, _) => "",
            (true, true) => "may be",
            (true, false) => "absent",
        };
        let _ = writeln!(
            out,
            "| `{field}` | {kind} | {} | {null} | {} |",
            unit(field),
            cell(property["description"].as_str().unwrap())
        );
    }
    out.push_str("\n### Values\n\n| of | value | meaning |\n|---|---|---|\n");
    let kinds = schema["$defs"].as_object().unwrap();
    for (name, kind) in kinds {
        let names = format!("#/$defs/{name}");
        let fields: Vec<String> = (order.iter())
            .filter(|field| {
                let property = &properties[*field];
                property["$ref"] == names.as_str() || property["items"]["$ref"] == names.as_str()
            })
            .map(|field| format!("`{field}`"))
            .collect();
        for value in kind["oneOf"].as_array().unwrap() {
            let _ = writeln!(
                out,
                "| {} | `{}` | {} |",
                fields.join(", "),
                value["const"].as_str().unwrap(),
                cell(value["description"].as_str().unwrap())
            );
        }
    }
    out
}

/// What each key of a summary is, in its order.
const SUMMARY: [(&str, &str); 15] = [
    ("schema", "`sekisho.summary.v1`"),
    ("version", "of the program"),
    ("sensor", "its name"),
    ("config", "SHA-256 over the settings in force"),
    (
        "authorisation",
        "the `profile`, and the `ids` under which it was collected",
    ),
    ("frames", "frames read, before anything is known of them"),
    (
        "kernel_dropped",
        "frames that the kernel or an interface dropped before: in no other figure",
    ),
    (
        "admitted",
        "what passed, in all and `by_class`, each packet by its own direction",
    ),
    ("excluded", "what did not pass, in all and `by_reason`"),
    (
        "flows",
        "records: `exported`, `recalled` (a newer table does not let them out), `evicted` (exported early, the flow \
         table being full)",
    ),
    ("recalled", "packets that were admitted and then recalled"),
    (
        "lost",
        "packets and records that should have been written and were not",
    ),
    (
        "inputs",
        "each capture or interface: `path`, `packets`, and whether it was read to its end (`complete`)",
    ),
    (
        "geo",
        "the country table: `digest`, `sources`, `home`, whether it was too old for a packet (`stale`)",
    ),
    (
        "balanced",
        "whether frames = admitted + excluded, and admitted = packets in records + recalled + lost",
    ),
];

fn summary() -> String {
    let golden: serde_json::Value =
        serde_json::from_str(&text("testdata/golden/example.pcap.summary.json")).unwrap();
    let written: Vec<&String> = golden.as_object().unwrap().keys().collect();
    let mut explained = SUMMARY.map(|(key, _)| key);
    explained.sort_unstable();
    assert_eq!(written, explained);
    let mut out = String::from(
        "\n## The summary\n\nWhat `--summary` writes, `sekisho.summary.v1`: one JSON object. Bytes are those on the wire.\n\n\
         | key | meaning |\n|---|---|\n",
    );
    for (key, meaning) in SUMMARY {
        let _ = writeln!(out, "| `{key}` | {meaning} |");
    }
    out
}

fn reasons() -> String {
    let mut out = String::from(
        "\n## Reasons\n\nWhy a packet is excluded. The list is fixed; where several apply, the first in this order decides \
         ([why](decisions/2026-11-22-which-reason-decides.md)). Sections are those of [the rules](rules.md).\n\n\
         | reason | 日本語 | meaning | rules |\n|---|---|---|---|\n",
    );
    for reason in Reason::ALL {
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {} |",
            reason.id(),
            reason.japanese(),
            reason.meaning(),
            reason.section()
        );
    }
    out
}

fn exit_codes() -> String {
    let mut out = String::from("\n## Exit codes\n\n| code | meaning |\n|---|---|\n");
    let help = sekisho::cli::command()
        .get_after_long_help()
        .unwrap()
        .to_string();
    for line in help.lines().skip(1) {
        let (code, meaning) = line.trim().split_once("  ").unwrap();
        let _ = writeln!(out, "| {code} | {meaning} |");
    }
    out.push_str(
        "| 130 | ended at once by a second signal |\n\nAn error is one line on standard error, `sekisho: what: where: what to \
         do`. Results go to standard output or files; a file appears under its name only when it is whole. A result of a run \
         that ended with 3 is not to be used.\n",
    );
    out
}

#[test]
fn the_reference_is_what_the_program_says_of_itself() {
    let now = [
        HEAD.to_owned(),
        options(),
        keys(),
        record(),
        summary(),
        reasons(),
        exit_codes(),
    ]
    .concat();
    accept_or_compare(
        PAGE,
        &std::fs::read_to_string(common::page::root().join(PAGE)).unwrap_or_default(),
        &now,
    );
}

#[test]
fn every_exit_code_stands_in_the_help() {
    let page = text(PAGE);
    for exit in sekisho::cli::Exit::ALL {
        assert!(page.contains(&format!("\n| {} | ", exit as u8)), "{exit:?}");
    }
}
