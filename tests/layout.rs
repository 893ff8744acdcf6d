//! The source tree is the road: this reads the `use` lines and paths of every file under `src/` and
//! holds the table in `src/lib.rs` (who may import whom, and where each outside crate lives).

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail, and says why"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Stage, and the stages whose names may stand behind `crate::` in it.
const IMPORTS: &[(&str, &[&str])] = &[
    ("time", &[]),
    ("fate", &[]),
    ("spelling", &[]),
    ("source", &["time"]),
    ("decode", &["source", "time"]),
    ("geo", &[]),
    ("locate", &["decode", "geo"]),
    ("gate", &["decode", "fate", "geo", "locate", "time"]),
    ("authorisation", &["gate", "time"]),
    ("flow", &["gate", "geo", "time"]),
    ("export", &["flow", "time"]),
    ("tally", &["fate"]),
    (
        "lane",
        &[
            "source", "decode", "geo", "locate", "gate", "flow", "fate", "tally", "time",
        ],
    ),
    ("metrics", &["fate", "tally", "time"]),
    ("ledger", &["fate", "tally", "time"]),
    ("report", &["fate", "tally", "time", "ledger", "evaluation"]),
    ("demo", &["source", "time"]),
    ("sandbox", &[]),
    ("evaluation", &[]),
    (
        "config",
        &[
            "authorisation",
            "gate",
            "geo",
            "flow",
            "export",
            "time",
            "sandbox",
        ],
    ),
    (
        "pipeline",
        &[
            "source",
            "decode",
            "geo",
            "locate",
            "gate",
            "flow",
            "export",
            "fate",
            "tally",
            "time",
            "lane",
            "config",
            "demo",
            "metrics",
            "sandbox",
            "ledger",
            "evaluation",
            "authorisation",
        ],
    ),
    (
        "cli",
        &[
            "config",
            "pipeline",
            "geo",
            "demo",
            "gate",
            "fate",
            "locate",
            "decode",
            "export",
            "source",
            "time",
            "sandbox",
            "metrics",
            "ledger",
            "tally",
            "evaluation",
            "report",
        ],
    ),
];

/// What every stage may import: it knows nothing.
const EVERYWHERE: &str = "spelling";

/// Outside crate, and the only stages that may name it.
const HOMES: &[(&str, &[&str])] = &[
    ("pcap", &["source"]),
    ("libc", &["sandbox", "source"]),
    ("landlock", &["sandbox"]),
    ("seccompiler", &["sandbox"]),
    ("signal_hook", &["pipeline", "cli"]),
    ("etherparse", &["decode"]),
    ("maxminddb", &["geo"]),
    ("tor_geoip_db", &["geo"]),
    ("askama", &["report"]),
    ("clap", &["cli"]),
    ("indicatif", &["cli"]),
    ("ratatui", &["cli"]),
    ("httparse", &["cli"]),
    ("tracing_subscriber", &["cli"]),
    ("prometheus", &["metrics"]),
    ("hyper", &["metrics"]),
    ("hyper_util", &["metrics"]),
    ("tokio", &["metrics"]),
    ("crossbeam_channel", &["pipeline"]),
    ("flate2", &["source", "export"]),
    ("zstd", &["source", "export"]),
    ("lz4_flex", &["source"]),
    ("toml", &["authorisation", "config"]),
    ("minisign_verify", &["authorisation"]),
    ("schemars", &["export"]),
    ("ed25519_dalek", &["authorisation", "ledger"]),
    ("ct_merkle", &["ledger"]),
    ("base64ct", &["ledger", "export"]),
    ("zeroize", &["ledger", "export"]),
    ("ipcrypt_rs", &["export"]),
    ("rdkafka", &["export"]),
    ("sha1", &["export"]),
];

/// Words that may not appear in the stages beside the road: there is no address there.
const ADDRESS_WORDS: &[&str] = &["IpAddr", "Ipv4Addr", "Ipv6Addr", "u128", "Headers", "Pair"];

fn source_files() -> BTreeMap<PathBuf, String> {
    fn walk(folder: &Path, found: &mut BTreeMap<PathBuf, String>) {
        for entry in fs::read_dir(folder).expect("a folder of the source tree") {
            let path = entry.expect("an entry of the source tree").path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(&path).expect("a source file");
                found.insert(path, text);
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut found,
    );
    found
}

/// The stage that a file belongs to; nothing for `lib.rs` and `main.rs`.
fn stage(path: &Path) -> Option<String> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let first = path.strip_prefix(src).ok()?.components().next()?;
    let name = Path::new(first.as_os_str()).file_stem()?.to_str()?;
    (!matches!(name, "lib" | "main")).then(|| name.to_owned())
}

/// Code lines, without comments: what a doc comment links to is no import.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(number, line)| (number + 1, line.split("//").next().unwrap_or_default()))
}

/// The names that follow `prefix` in a line, each up to the end of the identifier; a brace group
/// counts every name in it.
fn names_behind<'a>(line: &'a str, prefix: &str) -> Vec<&'a str> {
    line.match_indices(prefix)
        .flat_map(|(at, _)| {
            let rest = &line[at + prefix.len()..];
            match rest.strip_prefix('{') {
                Some(group) => group
                    .split('}')
                    .next()
                    .unwrap_or_default()
                    .split(',')
                    .map(|item| item.trim().split("::").next().unwrap_or_default())
                    .collect(),
                None => vec![
                    rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
                        .next()
                        .unwrap_or_default(),
                ],
            }
        })
        .filter(|name| !name.is_empty())
        .collect()
}

#[test]
fn imports_point_upstream_only() {
    let mut wrong = Vec::new();
    for (path, text) in source_files() {
        let Some(stage) = stage(&path) else { continue };
        let allowed = IMPORTS.iter().find(|(name, _)| *name == stage);
        let Some((_, allowed)) = allowed else {
            wrong.push(format!("{stage} is not on the road"));
            continue;
        };
        // Whole statements: `use crate::{` may span lines.
        let joined = code(&text)
            .map(|(_, line)| line)
            .collect::<Vec<_>>()
            .join(" ");
        for name in names_behind(&joined, "crate::") {
            if name != stage && name != EVERYWHERE && !allowed.contains(&name) {
                wrong.push(format!("{}: {stage} imports {name}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_outside_crate_has_one_home() {
    let mut wrong = Vec::new();
    for (path, text) in source_files() {
        let stage = stage(&path).unwrap_or_default();
        for (number, line) in code(&text) {
            for (name, homes) in HOMES {
                let named = line.contains(&format!("{name}::"));
                if named && !homes.contains(&stage.as_str()) {
                    wrong.push(format!("{}:{number}: {name}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_address_type_is_named_beside_the_road() {
    for (path, text) in source_files() {
        let beside = ["fate", "tally", "ledger", "report", "metrics"];
        if !stage(&path).is_some_and(|stage| beside.contains(&stage.as_str())) {
            continue;
        }
        for (number, line) in code(&text) {
            for word in ADDRESS_WORDS {
                let named = line
                    .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
                    .any(|token| token == *word);
                assert!(!named, "{}:{number} names {word}", path.display());
            }
        }
    }
}

#[test]
fn files_have_a_purpose_that_their_name_tells() {
    for (path, text) in source_files() {
        let name = path.file_stem().and_then(|name| name.to_str());
        let vague = ["utils", "util", "types", "common", "helpers", "misc"];
        assert!(
            !name.is_some_and(|name| vague.contains(&name)),
            "{} tells no purpose",
            path.display()
        );
        assert!(
            text.starts_with("//!"),
            "{} does not open with what it does",
            path.display()
        );
    }
}

#[test]
fn only_listed_files_may_be_unsafe() {
    let listed = [
        "flow/pages.rs",
        "flow/prefetch.rs",
        "sandbox/rings.rs",
        "source/live/options.rs",
    ];
    for (path, text) in source_files() {
        let is_listed = listed.iter().any(|name| path.ends_with(name));
        for (number, line) in code(&text) {
            assert!(
                is_listed || !line.contains("unsafe "),
                "{}:{number} is unsafe",
                path.display()
            );
        }
    }
}
