//! Pages that repeat what the code says are held to it.
#![expect(clippy::unwrap_used, reason = "a page that cannot be read has failed")]

use std::fs;
use std::path::Path;

use sekisho::fate::{Class, Reason};

fn page(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

#[test]
fn the_reviewer_s_page_lists_every_reason_in_the_order_that_decides() {
    let rows: Vec<String> = Reason::ALL
        .iter()
        .map(|reason| {
            format!(
                "| `{}` | {} | {} |",
                reason.id(),
                reason.japanese(),
                reason.meaning()
            )
        })
        .collect();
    let page = page("docs/reviewer.md");
    assert!(
        page.contains(&rows.join("\n")),
        "expected rows:\n{}",
        rows.join("\n")
    );
}

#[test]
fn the_rules_name_every_class() {
    let page = page("docs/rules.md");
    for class in Class::ALL {
        assert!(
            page.contains(&format!("`{}`", class.id())),
            "{}",
            class.id()
        );
    }
}

#[test]
fn every_exit_code_stands_in_the_readme_and_in_the_analyst_s_page() {
    use sekisho::cli::Exit;
    let (readme, analyst) = (page("README.md"), page("docs/analyst.md"));
    for exit in Exit::ALL {
        let code = (exit as u8).to_string();
        assert!(readme.contains(&format!("| {code} | ")), "README: {code}");
        assert!(
            analyst.split(['|', ',']).any(|cell| cell.trim() == code),
            "analyst: {code}"
        );
    }
}

#[test]
fn every_link_to_a_file_leads_somewhere() {
    let mut names: Vec<String> = ["README.md", "README.ja.md", "testdata/fuzz/README.md"]
        .map(str::to_owned)
        .into();
    for folder in ["docs", "docs/decisions"] {
        for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.ends_with(".md") && name != "TEMPLATE.md" {
                names.push(format!("{folder}/{name}"));
            }
        }
    }
    assert!(names.len() > 10);
    for name in &names {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        let folder = folder.parent().unwrap();
        let text = page(name);
        for link in text.split("](").skip(1) {
            let target = link.split([')', '#']).next().unwrap();
            if !target.is_empty() && !target.contains("://") {
                assert!(folder.join(target).exists(), "{name}: {target}");
            }
        }
    }
}

#[test]
fn the_readme_shows_what_its_first_command_prints() {
    let readme = page("README.md");
    let command = readme
        .lines()
        .find_map(|line| line.split_once("cargo run --release -- "))
        .unwrap()
        .1;
    let folder = tempfile::tempdir().unwrap();
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    std::os::unix::fs::symlink(testdata, folder.path().join("testdata")).unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(command.split(' '))
        .current_dir(folder.path())
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    let shown = String::from_utf8(output.stderr).unwrap();
    for line in shown.lines().filter(|line| !line.is_empty()) {
        assert!(readme.contains(&format!("    {line}\n")), "{line}");
    }
    let records = fs::read_to_string(folder.path().join("flows.jsonl")).unwrap();
    assert!(records.lines().count() > 200);
}

/// The record's fields, in the order of the analyst's table.
fn fields_of_the_table() -> Vec<String> {
    page("docs/analyst.md")
        .lines()
        .skip_while(|line| *line != "| fields | meaning |")
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .flat_map(|line| {
            let names = line.split('|').nth(1).unwrap();
            let names = names.split('`').skip(1).step_by(2);
            names.map(str::to_owned).collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn the_analyst_s_table_has_the_fields_of_the_record() {
    let schema: serde_json::Value =
        serde_json::from_str(&page("docs/schema/sekisho.flow.v1.json")).unwrap();
    let mut named = fields_of_the_table();
    named.sort();
    let in_schema: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
    assert_eq!(named.iter().collect::<Vec<_>>(), in_schema);
    // Values that a program would compare with stand there too.
    let analyst = page("docs/analyst.md");
    for name in ["EndReasonName", "InitiatorName", "Mark"] {
        let values = &schema["$defs"][name];
        let of_enum = values["enum"].as_array().into_iter().flatten();
        let of_choices = values["oneOf"].as_array().into_iter().flatten();
        let values: Vec<&str> = of_enum
            .chain(of_choices.map(|choice| &choice["const"]))
            .map(|value| value.as_str().unwrap())
            .collect();
        assert!(!values.is_empty(), "{name}");
        for value in values {
            assert!(analyst.contains(&format!("`{value}`")), "{value}");
        }
    }
}

/// Commands as a reader would type them: indented lines and inline code of a page, example lines of
/// a help text. What explains a command stands two blanks behind it.
fn commands(text: &str, indent: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in text.lines() {
        let typed = line.strip_prefix(indent).unwrap_or_default();
        let inline = line.split('`').skip(1).step_by(2);
        for command in std::iter::once(typed).chain(inline) {
            let command = command.split("  ").next().unwrap_or_default().trim();
            if command.starts_with("sekisho ") || command.contains("| sekisho ") {
                found.push(command.to_owned());
            }
        }
    }
    found
}

/// A folder with everything that the examples name: what is the reader's own is a shipped example
/// under that name.
fn examples_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let at = |name: &str| folder.path().join(name);
    std::os::unix::fs::symlink(root.join("testdata"), at("testdata")).unwrap();
    let example = root.join("testdata/example.pcap");
    for name in ["capture.pcap", "day1/a.pcap", "day2/a.pcap"] {
        fs::create_dir_all(at(name).parent().unwrap()).unwrap();
        fs::copy(&example, at(name)).unwrap();
    }
    fs::copy(root.join("config/sekisho.toml"), at("sekisho.toml")).unwrap();
    fs::write(at("addresses.txt"), "8.8.8.8\n2001:4860:4860::8888\n").unwrap();
    // A table of any kind is told by its content.
    fs::write(
        at("country.mmdb"),
        "2|ripencc|20260922|2|19830613|20260921|+0000\nripencc|*|ipv4|*|2|summary\n\
         ripencc|DE|ipv4|80.0.0.0|16777216|19950101|allocated|A\n\
         ripencc|JP|ipv4|133.0.0.0|16777216|19970301|allocated|B\n",
    )
    .unwrap();
    fs::write(at("known.csv"), "80.0.0.0/8,DE\n133.0.0.0/8,domestic\n").unwrap();
    // Records that are to be removed when they expire.
    fs::create_dir(at("kept")).unwrap();
    let records = root.join("testdata/ledger/records/flows.jsonl");
    fs::copy(records, at("kept/flows.jsonl")).unwrap();
    make_ledger(folder.path());
    folder
}

/// A ledger of some entries, its key, and a checkpoint that was kept.
fn make_ledger(folder: &Path) {
    use sekisho::ledger::{Event, Key, Ledger};
    let key = Key::from_seed("sekisho/lab", &[1; 32]).unwrap();
    let (mut ledger, _) = Ledger::open(&folder.join("ledger"), &key).unwrap();
    for nanos in 0..30 {
        ledger.append(None, Event::ClockStep { nanos }).unwrap();
    }
    ledger.sign().unwrap();
    let copy = |from: &str, to: &str| fs::copy(folder.join(from), folder.join(to)).unwrap();
    copy("ledger/key.pub", "lab.pub");
    copy("ledger/checkpoint", "checkpoint.last-month");
    fs::create_dir(folder.join("records")).unwrap();
}

#[test]
fn every_command_of_the_pages_and_of_every_help_does_what_it_says() {
    let program = Path::new(env!("CARGO_BIN_EXE_sekisho"));
    let folder = examples_folder();
    let shell = |command: &str| {
        let path = std::env::var("PATH").unwrap_or_default();
        let bin = program.parent().unwrap().display();
        std::process::Command::new("sh")
            .args(["-c", command])
            .current_dir(folder.path())
            .env("PATH", format!("{bin}:{path}"))
            .output()
            .unwrap()
    };
    assert!(shell("gzip -k capture.pcap").status.success());
    let mut found = Vec::new();
    for name in [
        "README.md",
        "README.ja.md",
        "docs/analyst.md",
        "docs/report.md",
        "docs/reviewer.md",
        "docs/rules.md",
        "docs/ledger.md",
        "docs/evaluate.md",
        "docs/walkthrough.md",
        "docs/walkthrough.ja.md",
    ] {
        found.extend(commands(&page(name), "    "));
    }
    let helps = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/help")).unwrap();
    for help in helps {
        let text = fs::read_to_string(help.unwrap().path()).unwrap();
        found.extend(commands(&text, "  "));
        let spread = text
            .lines()
            .filter_map(|line| line.split_once("   sekisho "));
        found.extend(spread.flat_map(|(_, rest)| commands(&format!("  sekisho {rest}"), "  ")));
    }
    found.sort();
    found.dedup();
    // What is looked at must have been written.
    found.sort_by_key(|command| !command.contains(" --ledger "));
    assert!(found.len() > 25, "{found:?}");
    let mut ran = 0;
    for command in found {
        // The name of a command alone, or of an option that wants a value, in running text.
        let is_name = [
            "capture", "evaluate", "explain", "locate", "purge", "replay", "report", "verify",
            "watch",
        ]
        .iter()
        .any(|name| command == format!("sekisho {name}"));
        let wants_more = [" --evaluation", " --json"];
        let is_name = is_name || wants_more.iter().any(|option| command.ends_with(option));
        if is_name || command.contains("[OPTIONS]") {
            continue;
        }
        let typed = command
            .replace("SRC DST", "8.8.8.8 1.1.1.1")
            .replace("送信元 宛先", "8.8.8.8 1.1.1.1")
            .replace("COMMAND", "replay")
            .replace("/etc/sekisho/sekisho.toml", "sekisho.toml")
            .replace("purge /var/lib/sekisho/records/", "purge kept/")
            .replace("--dry-run /var/lib/sekisho/records/", "--dry-run kept/")
            .replace(
                "sekisho.toml /var/lib/sekisho/records/",
                "sekisho.toml kept/",
            )
            .replace("/var/lib/sekisho/ledger", "ledger");
        let typed = match typed.starts_with("sekisho verify") {
            true => typed.replace("/var/lib/sekisho/records", "records"),
            false => typed,
        };
        // Live: the interface is the reader's, and nobody ends it here. With none of that name, all the
        // rest of the command is understood.
        if typed.starts_with("sekisho capture") {
            let typed = typed
                .replace("eth1", "sk-none1")
                .replace("eth2", "sk-none2")
                .replace("/var/lib/sekisho/records/", "./");
            let done = shell(&typed);
            let said = String::from_utf8_lossy(&done.stderr);
            assert_eq!(done.status.code(), Some(66), "{command}: {said}");
            assert!(said.starts_with("sekisho: no such interface: sk-none1: "));
            continue;
        }
        // So is a sensor that runs: nobody answers, or the reader's configuration names no place.
        if typed.starts_with("sekisho watch") {
            let said = String::from_utf8_lossy(&shell(&typed).stderr).into_owned();
            let understood = [
                "command not built into this program",
                "no metrics to watch",
                "no terminal to show figures on",
                "nobody answers",
            ];
            let said_so = |line: &&str| said.starts_with(&format!("sekisho: {line}: "));
            assert!(understood.iter().any(said_so), "{command}: {said}");
            continue;
        }
        let done = shell(&typed);
        assert!(
            done.status.success(),
            "{command}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
        ran += 1;
    }
    assert!(ran > 20);
}

/// Names in backquotes that look like those of test functions, in a page.
fn tests_named_in(page: &str) -> Vec<&str> {
    let names = page.split('`').skip(1).step_by(2);
    names
        .filter(|name| name.contains('_') && !name.contains(['…', ' ', '/', '.', '-']))
        .collect()
}

#[test]
fn every_test_that_the_page_of_faults_names_exists() {
    fn read(folder: &Path, all: &mut String) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read(&path, all);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                all.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }
    let mut all = String::new();
    for folder in ["src", "tests"] {
        read(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join(folder),
            &mut all,
        );
    }
    let page = page("docs/faults.md");
    let names = tests_named_in(&page);
    assert!(names.len() > 100, "{}", names.len());
    for name in names {
        assert!(
            all.contains(&format!("fn {name}(")),
            "no test has this name: {name}"
        );
    }
    for number in 1..=61 {
        assert!(page.contains(&format!("\n| {number} | ")), "row {number}");
    }
}
