//! The source tree is the road: this reads the `use` lines and paths of every file under `src/` and
//! holds the table in `src/lib.rs` (who may import whom), and the one below (where each outside crate lives).

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail, and says why"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

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
    ("parquet", &["export"]),
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

/// Stage, and the stages whose names may stand behind `crate::` in it: the table of `src/lib.rs`.
fn table() -> BTreeMap<String, Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs");
    let text = fs::read_to_string(path).expect("the root of the crate");
    let (_, table) = text
        .split_once("# Who may import whom")
        .expect("its heading");
    let table = table.split("```").nth(1).expect("the table");
    let mut stages = BTreeMap::new();
    let mut stage = String::new();
    for line in table.lines().filter_map(|line| line.strip_prefix("//!   ")) {
        let (name, imports) = line.split_at(14);
        if !name.trim().is_empty() {
            name.trim().clone_into(&mut stage);
        }
        let imports = imports.split(',').map(str::trim);
        let imports = imports.filter(|name| !name.is_empty() && *name != "nothing");
        let of: &mut Vec<String> = stages.entry(stage.clone()).or_default();
        of.extend(imports.map(str::to_owned));
    }
    stages
}

/// The names that follow `crate::` in a text, each up to the end of the identifier; of a brace group the
/// first name of every item in it.
fn names_behind_crate(text: &str) -> Vec<&str> {
    let ident = |text: &str| {
        let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
        end.unwrap_or(text.len())
    };
    let mut names = Vec::new();
    for (at, prefix) in text.match_indices("crate::") {
        let rest = &text[at + prefix.len()..];
        let Some(group) = rest.strip_prefix('{') else {
            names.push(&rest[..ident(rest)]);
            continue;
        };
        let (mut depth, mut is_first) = (1, true);
        for (at, letter) in group.char_indices() {
            match letter {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => is_first = true,
                _ if is_first && depth == 1 && !letter.is_whitespace() => {
                    names.push(&group[at..at + ident(&group[at..])]);
                    is_first = false;
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    names
}

#[test]
fn names_are_found_in_groups_within_groups() {
    let text = "use crate::{config::{Config, deep::{A}}, cli}; crate::gate::Gate crate::{ time }";
    assert_eq!(names_behind_crate(text), ["config", "cli", "gate", "time"]);
}

#[test]
fn imports_point_upstream_only() {
    let table = table();
    let mut wrong = Vec::new();
    for (path, text) in source_files() {
        let Some(stage) = stage(&path) else { continue };
        let Some(allowed) = table.get(&stage) else {
            wrong.push(format!("{stage} is not on the road"));
            continue;
        };
        // Whole statements: `use crate::{` may span lines.
        let joined = code(&text)
            .map(|(_, line)| line)
            .collect::<Vec<_>>()
            .join(" ");
        for name in names_behind_crate(&joined) {
            if name != stage && name != EVERYWHERE && !allowed.iter().any(|other| other == name) {
                wrong.push(format!("{}: {stage} imports {name}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Nor does one leave its stage by climbing.
#[test]
fn no_chain_of_supers_leaves_its_stage() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for (path, text) in source_files() {
        let inside = path.strip_prefix(&src).expect("a path below src");
        let is_folder = inside.file_name().is_some_and(|name| name == "mod.rs");
        let depth = inside.components().count() - usize::from(is_folder);
        for (number, line) in code(&text) {
            // A module within the file is a level more.
            let levels = depth + usize::from(line.starts_with(' '));
            let chain = "super::".repeat(levels);
            assert!(!line.contains(&chain), "{}:{number} {line}", path.display());
        }
    }
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
