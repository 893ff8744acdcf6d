//! Every command of every page and of every help text is typed, or is of a kind that is named here with the
//! reason why it cannot be. One that is of no kind fails.

use crate::common::page::{has, root, shell, text};
use crate::pages::names;
use crate::place::{folder, here};
use crate::typed::{Other, Typed, of_help, program, read};
use clap::error::ErrorKind;
use sekisho::config::REFERENCE;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Pages whose commands build on each other: typed in their order, with what they print, by tests of their own
/// (`walkthrough`, `tutorial`, `analyst`).
const TYPED_IN_ORDER: [&str; 3] = ["docs/walkthrough", "docs/tutorial", "docs/analyst"];

/// Programs that are run here as they stand on the page, in a folder of examples.
const RUN: [&str; 10] = [
    "cp",
    "gzip",
    "jq",
    "ls",
    "minisign",
    "mv",
    "sekisho",
    "ssh-keygen",
    "umask",
    "zcat",
];

/// Programs that are not run as they stand, and why.
const NOT_RUN: [(&str, &str); 25] = [
    ("ray", "needs a cluster: tests/engines"),
    ("duckdb", "reads what tests/parquet reads by its module"),
    (
        "apt-get",
        "changes the system; the package is checked by tests/package and config/package/try-deb",
    ),
    (
        "$(command",
        "likewise, and builds a release: `the_first_command_of_the_readme_does_what_it_says` runs the rest",
    ),
    ("adduser", "changes the system"),
    (
        "systemctl",
        "needs the installed package; verbs and units are checked by tests/package/operator.rs",
    ),
    ("journalctl", "needs the installed package"),
    (
        "pip",
        "changes the system; versions are pinned in tests/requirements.txt",
    ),
    (
        "clickhouse-client",
        "needs a server: tests/clickhouse runs the files and the engine",
    ),
    ("kafka-topics.sh", "needs brokers: tests/kafka"),
    ("nfcapd", "waits for records: tests/ipfix"),
    ("nfdump", "reads what nfcapd wrote: tests/ipfix"),
    ("nfacctd", "waits for records: tests/ipfix"),
    ("tshark", "reads what tests/ipfix checks with it"),
    ("spark-submit", "needs Spark: tests/engines"),
    (
        "zeek-cut",
        "another program; what it reads is checked by src/export/profiles/tests.rs",
    ),
    (
        "podman",
        "needs an engine; the file is checked by tests/package/container.rs",
    ),
    ("ip", "needs root: asked for an interface that is not there"),
    ("ethtool", "likewise"),
    (
        "curl",
        "needs a running sensor: its address and path are checked",
    ),
    (
        "setpriv",
        "needs root and a running sensor: tests/sandbox.rs",
    ),
    (
        "grep",
        "looks into a running sensor's /proc: tests/sandbox.rs",
    ),
    ("cargo", "builds: what it names is looked up"),
    ("mkdir", "writes into the source tree, for fuzzing"),
    (
        "python3",
        "measures for minutes to hours: asked for its help",
    ),
];

/// What else is set apart on a page: an output, or a file of others. By how it begins.
const SHOWN: [(&str, &str); 8] = [
    ("sensor ─", "a figure in characters"),
    ("SELECT ", "a query of ClickHouse: tests/clickhouse"),
    ("-- ", "likewise"),
    ("prefix,place", "a list for `evaluate`, as known.csv"),
    ("flows kept, though", "a line of `evaluate`"),
    ("e /var/lib/sekisho/", "of tmpfiles.d"),
    ("17 3 * * * sekisho ", "of cron: its command is run"),
    ("sandbox: ", "a line of `capture`"),
];

fn is_known(name: &str) -> bool {
    RUN.contains(&name) || name == "sudo" || NOT_RUN.iter().any(|(known, _)| *known == name)
}

fn all() -> Vec<(String, Typed)> {
    let mut found = Vec::new();
    for name in names() {
        let (typed, others) = read(&text(&name), is_known);
        let in_order = TYPED_IN_ORDER.iter().any(|page| name.starts_with(page));
        for other in others {
            match other {
                Other::Settings(line) => settings(&name, &line),
                Other::Shown(_) if in_order => {}
                Other::Shown(first) => {
                    let known = SHOWN.iter().any(|(begin, _)| first.starts_with(begin));
                    assert!(
                        known,
                        "{name}: neither a command of a known kind nor a known output: {first}"
                    );
                    if let Some((_, command)) = first.split_once(" sekisho /usr") {
                        found.push((
                            name.clone(),
                            Typed {
                                command: format!("/usr{command}"),
                                is_inline: false,
                            },
                        ));
                    }
                }
            }
        }
        let typed = typed
            .into_iter()
            .filter(|typed| typed.is_inline || !in_order);
        found.extend(typed.map(|typed| (name.clone(), typed)));
    }
    for entry in fs::read_dir(root().join("testdata/help")).unwrap() {
        let name = format!(
            "testdata/help/{}",
            entry.unwrap().file_name().to_str().unwrap()
        );
        found.extend(
            of_help(&text(&name))
                .into_iter()
                .map(|typed| (name.clone(), typed)),
        );
    }
    let mut seen = BTreeSet::new();
    found.retain(|(_, typed)| seen.insert(typed.clone()));
    // What is looked at must have been written.
    found.sort_by_key(|(_, typed)| {
        !(typed.command.starts_with("sekisho replay") && typed.command.contains(" --ledger "))
    });
    found
}

/// Keys that a page sets are keys; what systemd reads is written without blanks.
fn settings(page: &str, line: &str) {
    if let Some((key, _)) = line.split_once(" = ") {
        assert!(
            REFERENCE.contains(&format!("\n{key} = ")),
            "{page}: no such key: {line}"
        );
    }
    if let Some(name) = line
        .strip_prefix('[')
        .filter(|name| name.chars().all(|c| !c.is_uppercase()))
    {
        assert!(
            REFERENCE.contains(&format!("\n[{name}")),
            "{page}: no such section: {line}"
        );
    }
}

#[test]
fn every_command_of_the_pages_and_of_every_help_does_what_it_says() {
    let folder = folder();
    let found = all();
    assert!(found.len() > 60, "{}", found.len());
    let mut ran = 0;
    for (page, typed) in found {
        let command = typed
            .command
            .strip_prefix("sudo -u sekisho ")
            .unwrap_or(&typed.command);
        let command = command.strip_prefix("sudo ").unwrap_or(command);
        if typed.is_inline && (is_name(command) || command.contains("[OPTIONS]")) {
            continue;
        }
        let at = format!("{page}: {command}");
        let command = here(command);
        if typed.is_inline && names_something(&command) {
            parsed(&at, &command);
            continue;
        }
        match program(&command) {
            // Several machines' worth, each page another split: tests/shards.
            "sekisho" if command.contains("shard") => parsed(&at, &command),
            // Not in the default build: tests/parquet.
            "sekisho" if command.contains("--format parquet") => parsed(&at, &command),
            "sekisho" if command.contains("://") && !command.starts_with("sekisho watch") => {
                parsed(&at, &command);
            }
            "sekisho" if command.starts_with("sekisho capture") => {
                capture(&at, &command, folder.path());
            }
            "sekisho" if command.starts_with("sekisho watch") => {
                watch(&at, &command, folder.path());
            }
            "cargo" | "mkdir" => cargo(&at, &command),
            "python3" => help_of(&at, &command),
            "ip" | "ethtool" => no_such_interface(&at, &command, folder.path()),
            "curl" => assert!(command.contains("http://127.0.0.1:9317/"), "{at}"),
            name if RUN.contains(&name) => {
                if name != "sekisho" && !["umask", "cp", "mv", "ls"].contains(&name) && !has(name) {
                    println!("NOT TESTED: there is no {name} here: {at}");
                    continue;
                }
                let done = shell(&command, folder.path()).output().unwrap();
                let said = String::from_utf8_lossy(&done.stderr);
                assert!(done.status.success(), "{at}: {said}");
                ran += 1;
            }
            name => {
                assert!(
                    NOT_RUN.iter().any(|(known, _)| *known == name),
                    "{at}: of no known kind"
                );
                let parsed = std::process::Command::new("sh")
                    .args(["-n", "-c", &command])
                    .output();
                assert!(
                    parsed.unwrap().status.success(),
                    "{at}: no command for a shell"
                );
            }
        }
    }
    assert!(ran > 50, "{ran}");
}

/// Of running text: a command's name alone, or with options and without what it needs to be run. All that is
/// there must be known.
fn is_name(command: &str) -> bool {
    let words: Vec<&str> = command.split(' ').collect();
    if words[0] != "sekisho" {
        return false;
    }
    match sekisho::cli::command().try_get_matches_from(&words) {
        Ok(_) => words.len() == 2,
        Err(error) => matches!(
            error.kind(),
            ErrorKind::MissingRequiredArgument | ErrorKind::InvalidValue | ErrorKind::TooFewValues
        ),
    }
}

/// Whether a word stands for something of the reader's: `FILE`, `LEDGER`.
fn names_something(command: &str) -> bool {
    let stands = |word: &str| {
        let name = word.split('.').next().unwrap_or_default();
        let is_capital = |c: char| c.is_ascii_uppercase() || ['_', '/'].contains(&c);
        ["N", "I/N"].contains(&word) || name.len() > 2 && name.chars().all(is_capital)
    };
    command.starts_with("sekisho ") && command.split(' ').any(stands)
}

/// To somewhere else, where nobody is, or with words that stand for others: all options are known.
fn parsed(at: &str, command: &str) {
    let typed = command.split(" # ").next().unwrap_or_default().trim_end();
    if let Err(error) = sekisho::cli::command().try_get_matches_from(typed.split(' ')) {
        let lacks = [
            ErrorKind::ValueValidation,
            ErrorKind::MissingRequiredArgument,
        ];
        assert!(lacks.contains(&error.kind()), "{at}: {error}");
    }
}

/// Live: nobody ends it here. With no interface of that name, all the rest of the command is understood.
fn capture(at: &str, command: &str, folder: &Path) {
    let done = shell(command, folder).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(66), "{at}: {said}");
    assert!(
        said.starts_with("sekisho: no such interface: sk-none1: "),
        "{at}: {said}"
    );
}

/// A sensor that runs: nobody answers, or the reader's configuration names no place.
fn watch(at: &str, command: &str, folder: &Path) {
    let said = shell(command, folder).output().unwrap().stderr;
    let said = String::from_utf8_lossy(&said);
    let understood = [
        "command not built into this program",
        "no metrics to watch",
        "no terminal to show figures on",
        "nobody answers",
    ];
    let said_so = |line: &&str| said.starts_with(&format!("sekisho: {line}: "));
    assert!(understood.iter().any(said_so), "{at}: {said}");
}

/// What a command of cargo names is there: tests, features, targets of fuzzing.
fn cargo(at: &str, command: &str) {
    let manifest: toml::Table = text("Cargo.toml").parse().unwrap();
    let words: Vec<&str> = command.split([' ', '`']).collect();
    for pair in words.windows(2) {
        let is_there = match *pair {
            ["--test", name] => {
                let file = |path: String| root().join(path).exists();
                name == "TEST"
                    || file(format!("tests/{name}.rs"))
                    || file(format!("tests/{name}/main.rs"))
            }
            ["--features", names] => {
                (names.split(',')).all(|name| manifest["features"].get(name).is_some())
            }
            ["--bench", name] => root().join(format!("benches/{name}.rs")).exists(),
            ["run" | "tmin", name] if words.contains(&"fuzz") => {
                name == "TARGET" || root().join(format!("fuzz/fuzz_targets/{name}.rs")).exists()
            }
            _ => true,
        };
        assert!(is_there, "{at}: no {}", pair.join(" "));
    }
    if !command.contains("mkdir") {
        let verb = words.iter().skip_while(|word| **word != "cargo").nth(1);
        let verbs = [
            "bench", "build", "deny", "clippy", "fuzz", "install", "run", "test", "tree",
        ];
        assert!(verb.is_some_and(|verb| verbs.contains(verb)), "{at}");
    }
}

/// A measurement: it is there, and knows the options.
fn help_of(at: &str, command: &str) {
    let words: Vec<&str> = command.split(' ').collect();
    assert!(root().join(words[1]).exists(), "{at}");
    if !words[1].starts_with("benches/") {
        println!("NOT TESTED: {at}: needs what it is written for (tests/engines)");
        return;
    }
    let done = std::process::Command::new("python3")
        .args([words[1], "--help"])
        .current_dir(root())
        .output();
    let help = String::from_utf8(done.unwrap().stdout).unwrap();
    assert!(help.contains("usage:"), "{at}: {help}");
    for word in &words[2..] {
        assert!(
            help.contains(word.split('=').next().unwrap()),
            "{at}: {word}"
        );
    }
}

/// It understands everything but the interface.
fn no_such_interface(at: &str, command: &str, folder: &Path) {
    if !has(program(command)) {
        println!("NOT TESTED: there is no {} here: {at}", program(command));
        return;
    }
    let done = shell(command, folder).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    let no_device = [
        "Cannot find device",
        "does not exist",
        "No such device",
        "no device matches",
    ];
    assert!(
        no_device.iter().any(|text| said.contains(text)),
        "{at}: {said}"
    );
}
