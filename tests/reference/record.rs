//! The record, from its schema, and the summary.

use crate::cell;
use crate::common::page::{shell, text};
use std::fmt::Write as _;

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

pub(crate) fn record() -> String {
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

pub(crate) fn summary() -> String {
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
