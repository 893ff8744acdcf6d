//! Pages that show commands and what these print: typed again, and compared.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Programs that a page may have its reader type.
const PROGRAMS: [&str; 12] = [
    "cargo", "cat", "cmp", "cp", "curl", "cut", "grep", "head", "jq", "sed", "sekisho", "wc",
];

/// What is indented on a page: what is typed, and what is shown of its output.
#[derive(Debug)]
pub(crate) enum Block {
    Typed(String),
    Shown(Vec<String>),
}

/// The folder of the package.
pub(crate) fn root() -> PathBuf {
    env!("CARGO_MANIFEST_DIR").into()
}

/// Whether pages are to be written anew.
pub(crate) fn accepts() -> bool {
    std::env::var_os("SEKISHO_ACCEPT").is_some()
}

/// The text of a page.
pub(crate) fn text(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A folder with `testdata` in it, as the reader has.
pub(crate) fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(root().join("testdata"), folder.path().join("testdata")).unwrap();
    folder
}

/// What is typed in a shell, with the built program found by its name.
pub(crate) fn shell(command: &str, folder: &Path) -> Command {
    let bin = Path::new(env!("CARGO_BIN_EXE_sekisho")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let mut shell = Command::new("sh");
    shell
        .args(["-c", command])
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", bin.display()))
        .env("LC_ALL", "C.UTF-8");
    shell
}

/// Whether a program is here.
pub(crate) fn has(program: &str) -> bool {
    let found = Command::new("sh")
        .args(["-c", &format!("command -v {program}")])
        .output();
    found.is_ok_and(|found| found.status.success())
}

/// Whether a line is a command. The head of the summary table begins with the program's name too, and goes on
/// with blanks.
fn is_typed(line: &str) -> bool {
    let mut words = line.split(' ');
    PROGRAMS.contains(&words.next().unwrap_or_default()) && words.next() != Some("")
}

/// The indented blocks of a page, without what is fenced.
pub(crate) fn blocks(page: &str) -> Vec<Block> {
    placed(page).into_iter().map(|(block, _)| block).collect()
}

/// The same, each with its lines' numbers. A line that is empty belongs to an output that goes on behind it.
fn placed(page: &str) -> Vec<(Block, Range<usize>)> {
    let mut found: Vec<(Block, Range<usize>)> = Vec::new();
    let (mut is_open, mut empty, mut is_fenced) = (false, 0, false);
    for (number, line) in page.lines().enumerate() {
        is_fenced ^= line.starts_with("```");
        if line.is_empty() && !is_fenced {
            empty += 1;
            continue;
        }
        let Some(line) = line.strip_prefix("    ").filter(|_| !is_fenced) else {
            (is_open, empty) = (false, 0);
            continue;
        };
        let place = number..number + 1;
        match found.last_mut() {
            _ if is_typed(line) => found.push((Block::Typed(line.to_owned()), place)),
            Some((Block::Shown(lines), placed)) if is_open => {
                lines.resize(lines.len() + empty, String::new());
                lines.push(line.to_owned());
                placed.end = place.end;
            }
            _ => found.push((Block::Shown(vec![line.to_owned()]), place)),
        }
        (is_open, empty) = (true, 0);
    }
    found
}

/// The page with what its commands print now. An output is shown from a line on, found by its first
/// word, to its end.
pub(crate) fn as_printed(page: &str, folder: &Path) -> String {
    let lines: Vec<&str> = page.lines().collect();
    let (mut now, mut done) = (String::new(), 0);
    let (mut output, mut typed) = (String::new(), 0);
    for (block, place) in placed(page) {
        match block {
            // Built already.
            Block::Typed(command) if command.starts_with("cargo install") => {}
            Block::Typed(command) => {
                let command = format!("{{ {command}; }} 2>&1");
                let run = shell(&command, folder).output().unwrap();
                output = String::from_utf8(run.stdout).unwrap();
                // What does not hold is shown.
                let expected = if output.contains("holds      NO") {
                    3
                } else {
                    0
                };
                assert_eq!(run.status.code(), Some(expected), "{command}: {output}");
                typed += 1;
            }
            Block::Shown(shown) => {
                let first = shown[0].split(' ').next().unwrap();
                let printed: Vec<&str> = output
                    .lines()
                    .skip_while(|line| line.split(' ').next() != Some(first))
                    .collect();
                assert!(!printed.is_empty(), "{first}: {output}");
                for line in &lines[done..place.start] {
                    now.push_str(line);
                    now.push('\n');
                }
                for line in printed {
                    now.push_str(if line.is_empty() { "" } else { "    " });
                    now.push_str(line);
                    now.push('\n');
                }
                done = place.end;
            }
        }
    }
    assert!(typed >= 6);
    for line in &lines[done..] {
        now.push_str(line);
        now.push('\n');
    }
    now
}

/// Fails unless the page shows what its commands print; `SEKISHO_ACCEPT=1` writes it.
#[track_caller]
pub(crate) fn shows_what_is_printed(name: &str, folder: &Path) {
    let page = text(name);
    let now = as_printed(&page, folder);
    accept_or_compare(name, &page, &now);
}

/// Fails unless a page is as it would be written now; `SEKISHO_ACCEPT=1` writes it.
#[track_caller]
pub(crate) fn accept_or_compare(name: &str, page: &str, now: &str) {
    if accepts() {
        fs::write(root().join(name), now).unwrap();
    } else {
        assert!(
            page == now,
            "{name} does not show what is printed now; the same test with SEKISHO_ACCEPT=1 writes:\n{now}"
        );
    }
}
