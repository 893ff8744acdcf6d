//! Manual pages of the commands: what `--help` says, as a page.

use crate::golden::{golden, names, tool};
use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, roman};

/// The date of the newest version in the changelog: of a page that may not change by itself.
pub(crate) fn date() -> String {
    let changelog = crate::golden::text("CHANGELOG.md");
    let heading = changelog.lines().find_map(|line| {
        let (_, date) = line.strip_prefix("## ")?.split_once(" (")?;
        Some(date.trim_end_matches(')').to_owned())
    });
    heading.unwrap()
}

/// The source of a page, as its foot says it.
pub(crate) const SOURCE: &str = concat!("sekisho ", env!("CARGO_PKG_VERSION"));

/// A part of a help text.
enum Block<'a> {
    Text(&'a str),
    /// Lines that stand as they are.
    Lines(Vec<&'a str>),
}

/// Takes a help text apart: prose is one line a paragraph, what is indented stands as it is.
fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        match (line.strip_prefix("  "), blocks.last_mut()) {
            (None, _) => blocks.push(Block::Text(line)),
            (Some(line), Some(Block::Lines(lines))) => lines.push(line),
            (Some(line), _) => blocks.push(Block::Lines(vec![line])),
        }
    }
    blocks
}

fn write_blocks(page: &mut Roff, blocks: &[Block<'_>]) {
    for (number, block) in blocks.iter().enumerate() {
        // A section begins with a paragraph of itself.
        if number > 0 {
            page.control("PP", []);
        }
        match block {
            Block::Text(text) => {
                page.text([roman(*text)]);
            }
            Block::Lines(lines) => {
                page.control("RS", ["4"]).control("nf", []);
                for line in lines {
                    page.text([roman(*line)]);
                }
                page.control("fi", []).control("RE", []);
            }
        }
    }
}

/// The exit codes of a line: `0 done, 1 damaged input, 66 no such input`. A code stands first or behind a
/// comma; other numbers are prose.
fn exit_codes(line: &str) -> Vec<(u8, String)> {
    let mut codes: Vec<(u8, String)> = Vec::new();
    for part in line.trim().trim_end_matches('.').split(", ") {
        let code = part.split_once(' ').and_then(|(code, meaning)| {
            let code = code.parse().ok()?;
            Some((code, meaning.trim().to_owned()))
        });
        match (code, codes.last_mut()) {
            (Some(code), _) => codes.push(code),
            (None, Some((_, meaning))) => *meaning = format!("{meaning}, {part}"),
            (None, None) => {}
        }
    }
    codes
}

fn write_exit_codes(page: &mut Roff, codes: &[(u8, String)]) {
    page.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in codes {
        page.control("TP", []);
        page.text([bold(code.to_string())]);
        page.text([roman(meaning)]);
    }
}

/// What the text below the options of a help consists of.
#[derive(Default)]
struct Below<'a> {
    /// Belongs to the description.
    prose: Vec<Block<'a>>,
    signals: Vec<Block<'a>>,
    examples: Vec<Block<'a>>,
    codes: Vec<(u8, String)>,
}

fn below(text: &str) -> Below<'_> {
    let mut below = Below::default();
    let mut in_examples = false;
    let mut in_codes = false;
    for block in blocks(text) {
        match block {
            Block::Text("Examples:") => in_examples = true,
            Block::Text("Exit codes:") => in_codes = true,
            Block::Text(text) => match text.split_once(": ") {
                Some(("Exit codes", list)) => below.codes = exit_codes(list),
                Some(("Signals", text)) => below.signals.push(Block::Text(text)),
                _ => below.prose.push(Block::Text(text)),
            },
            Block::Lines(lines) if in_codes => {
                in_codes = false;
                below.codes = lines.iter().flat_map(|line| exit_codes(line)).collect();
            }
            Block::Lines(lines) if in_examples => {
                in_examples = false;
                below.examples.push(Block::Lines(lines));
            }
            Block::Lines(lines) => below.prose.push(Block::Lines(lines)),
        }
    }
    below
}

/// The sections below the options.
fn write_below(page: &mut Roff, name: &str, below: &Below<'_>) {
    for (heading, blocks) in [("SIGNALS", &below.signals), ("EXAMPLES", &below.examples)] {
        if !blocks.is_empty() {
            page.control("SH", [heading]);
            write_blocks(page, blocks);
        }
    }
    if below.codes.is_empty() {
        page.control("SH", ["EXIT STATUS"]);
        page.text([roman("As in "), bold("sekisho"), roman("(1).")]);
    } else {
        write_exit_codes(page, &below.codes);
    }
    if name == "sekisho-capture" {
        page.control("SH", ["FILES"]);
        for (file, what) in [
            (
                "/etc/sekisho/sekisho.toml",
                "Configuration of the service sekisho.",
            ),
            ("/var/lib/sekisho/records/", "Its records."),
            ("/usr/share/doc/sekisho/operator.md", "How to run a sensor."),
        ] {
            page.control("TP", []);
            page.text([Inline::Italic(file.to_owned())]);
            page.text([roman(what)]);
        }
    }
}

/// What clap_mangen writes of the options: one section, the groups of `--help` within it.
fn options(man: &Man) -> String {
    let mut bytes = Vec::new();
    man.render_options_section(&mut bytes).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let mut lines = vec![".SH OPTIONS".to_owned()];
    // Up to the first section it only says how to write apostrophes, which the page has said already.
    for line in text.lines().skip_while(|line| !line.starts_with(".SH")) {
        match line.strip_prefix(".SH ") {
            Some("OPTIONS") => {}
            Some(group) => {
                let group = group.trim_matches('"').to_lowercase();
                let (first, rest) = group.split_at(1);
                lines.push(format!(".SS \"{}{rest}\"", first.to_uppercase()));
            }
            None => lines.push(line.to_owned()),
        }
    }
    lines.join("\n") + "\n"
}

/// `sekisho` or `sekisho-COMMAND`.
fn title(command: &Command) -> String {
    let name = command.get_display_name().unwrap_or(command.get_name());
    name.to_owned()
}

fn page(command: &Command, name: &str, others: &[String]) -> String {
    let mut command = command.clone();
    let usage = command.render_usage().to_string();
    let usage = usage.strip_prefix("Usage: ").unwrap().to_owned();
    let command = command.override_usage(usage);

    let mut page = Roff::new();
    let date = date();
    page.control("TH", [name, "1", &date, SOURCE, "sekisho"]);
    page.control("SH", ["NAME"]);
    let about = command.get_about().unwrap().to_string();
    let (first, rest) = about.split_at(1);
    page.text([roman(format!("{name} - {}{rest}", first.to_lowercase()))]);
    let man = Man::new(command.clone());
    let mut text = page.render();
    let mut bytes = Vec::new();
    man.render_synopsis_section(&mut bytes).unwrap();
    let synopsis = String::from_utf8(bytes).unwrap();
    text.extend(
        synopsis
            .lines()
            .skip_while(|line| !line.starts_with(".SH"))
            .map(|line| format!("{line}\n")),
    );

    let mut page = Roff::new();
    page.control("SH", ["DESCRIPTION"]);
    let long = command.get_long_about().map(ToString::to_string);
    let long = long.unwrap_or_else(|| format!("{about}."));
    let after = command.get_after_long_help().or(command.get_after_help());
    let after = after.unwrap().to_string();
    let mut below = below(&after);
    let mut description = blocks(&long);
    description.append(&mut below.prose);
    write_blocks(&mut page, &description);
    text.push_str(&page.to_roff());
    text.push_str(&options(&man));

    let mut page = Roff::new();
    if command.has_subcommands() {
        page.control("SH", ["COMMANDS"]);
        for sub in command.get_subcommands() {
            page.control("TP", []);
            page.text([bold(title(sub)), roman("(1)")]);
            page.text([roman(sub.get_about().unwrap().to_string())]);
        }
    }
    write_below(&mut page, name, &below);
    page.control("SH", ["SEE ALSO"]);
    let mut also: Vec<Inline> = Vec::new();
    for other in others.iter().filter(|other| *other != name) {
        also.extend([bold(other), roman("(1), ")]);
    }
    also.extend([bold("sekisho.toml"), roman("(5)")]);
    page.text(also);
    text.push_str(&page.to_roff());
    installed(&text)
}

/// Names pages of the repository as they are installed.
pub(crate) fn installed(text: &str) -> String {
    text.replace("docs/", "/usr/share/doc/sekisho/")
}

/// Name and text of every page.
fn pages() -> Vec<(String, String)> {
    let mut program = sekisho::cli::command();
    program.build();
    let commands = std::iter::once(&program).chain(program.get_subcommands());
    let commands: Vec<&Command> = commands.filter(|command| !command.is_hide_set()).collect();
    let titles: Vec<String> = commands.iter().map(|command| title(command)).collect();
    let of_commands = commands.iter().zip(&titles).map(|(command, title)| {
        let text = page(command, title, &titles);
        (format!("{title}.1"), text)
    });
    let of_file = ("sekisho.toml.5".to_owned(), crate::reference::page());
    of_commands.chain([of_file]).collect()
}

#[test]
fn every_command_has_its_manual_page_and_the_configuration_too() {
    let pages = pages();
    for (name, text) in &pages {
        let of_command = name.ends_with(".1");
        assert!(
            !of_command || text.contains(".SH \"EXIT STATUS\""),
            "{name}"
        );
        assert!(
            !name.contains('-') || text.contains(".SH EXAMPLES"),
            "{name}"
        );
        golden(&format!("config/man/{name}"), text);
    }
    let mut expected: Vec<&String> = pages.iter().map(|(name, _)| name).collect();
    expected.sort();
    assert_eq!(names("config/man").iter().collect::<Vec<_>>(), expected);
}

#[test]
fn the_exit_codes_of_a_page_are_those_of_the_program() {
    let told = exit_codes("0 done, 1 an input, or 2 of them, is damaged, 66 no such input.");
    let told: Vec<(u8, &str)> = told.iter().map(|(code, text)| (*code, &**text)).collect();
    let damaged = "an input, or 2 of them, is damaged";
    assert_eq!(told, [(0, "done"), (1, damaged), (66, "no such input")]);
    let (_, page) = &pages()[0];
    for exit in sekisho::cli::Exit::ALL {
        let entry = format!(".TP\n\\fB{}\\fR\n", exit as u8);
        assert!(page.contains(&entry), "{exit:?}");
    }
}

#[test]
fn a_reader_of_manual_pages_finds_nothing_wrong() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in pages() {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        let file = file.to_str().unwrap();
        let Some(lint) = tool("mandoc", &["-T", "lint", "-W", "warning", file]) else {
            return;
        };
        let found = String::from_utf8(lint.stdout).unwrap();
        assert!(found.is_empty(), "{found}");
    }
}
