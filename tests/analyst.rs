//! The questions of `docs/analyst.md`, asked of DuckDB over records of every format: the page shows what it
//! answers.
//!
//! `SEKISHO_ACCEPT=1 cargo test --test analyst` writes the answers anew.
#![cfg(feature = "embedded-geo")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may stop where it is, and says what it did not try"
)]

mod common;

use common::page::{Block, accept_or_compare, blocks, folder, root, shell, text};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

const PAGE: &str = "docs/analyst.md";

/// What is fenced on a page: its language, and its lines.
fn fenced(page: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut is_open = false;
    for line in page.lines() {
        match line.strip_prefix("```") {
            Some(language) if !is_open => {
                found.push((language.to_owned(), String::new()));
                is_open = true;
            }
            Some(_) => is_open = false,
            None if is_open => {
                let (_, text) = found.last_mut().unwrap();
                text.push_str(line);
                text.push('\n');
            }
            None => {}
        }
    }
    found
}

/// What the page has its reader do.
struct Asked {
    /// Statements before any question; of those that make `flows`, one is to be chosen.
    prepare: Vec<String>,
    questions: Vec<String>,
}

fn asked(page: &str) -> Asked {
    let fenced = fenced(page);
    let (mut prepare, mut questions) = (Vec::new(), Vec::new());
    for (number, (language, text)) in fenced.iter().enumerate() {
        if language != "sql" {
            continue;
        }
        match fenced.get(number + 1) {
            Some((next, _)) if next == "text" => questions.push(text.clone()),
            _ => prepare.push(text.clone()),
        }
    }
    Asked { prepare, questions }
}

/// What DuckDB answers, over the records that `reader` opens.
fn answers(python: &Path, folder: &Path, asked: &Asked, reader: &str) -> serde_json::Value {
    let is_other = |statement: &&String| !statement.contains("read_") || statement.contains(reader);
    let prepare: Vec<&String> = asked.prepare.iter().filter(is_other).collect();
    assert_eq!(prepare.len(), 3, "{reader}: {prepare:?}");
    let job = serde_json::json!({"prepare": prepare, "questions": asked.questions});
    let mut child = Command::new(python)
        .arg(root().join("tests/analyst.py"))
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let input = job.to_string();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{reader}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The page with these answers.
fn with_answers(page: &str, answers: &serde_json::Value) -> String {
    let mut now = String::new();
    let mut answers = answers["answers"].as_array().unwrap().iter();
    let mut is_inside = false;
    for line in page.lines() {
        if is_inside && line != "```" {
            continue;
        }
        is_inside = false;
        now.push_str(line);
        now.push('\n');
        if line == "```text" {
            let answer = answers.next().unwrap()["text"].as_str().unwrap();
            for line in answer.trim_end().lines() {
                now.push_str(line.trim_end());
                now.push('\n');
            }
            is_inside = true;
        }
    }
    now
}

#[test]
fn the_ten_answers_are_those_that_duckdb_gives_over_every_format() {
    let page = text(PAGE);
    let asked = asked(&page);
    assert_eq!(asked.questions.len(), 10);
    let Some(python) = common::python::with(&["duckdb"]) else {
        println!("NOT TESTED: needs a Python with duckdb (SEKISHO_PYTHON)");
        return;
    };
    let folder = folder();
    for block in blocks(&page) {
        let Block::Typed(command) = block else {
            panic!("an output on {PAGE}: {block:?}");
        };
        let run = shell(&command, folder.path()).output().unwrap();
        assert_eq!(run.status.code(), Some(0), "{command}");
    }
    let found = answers(&python, folder.path(), &asked, "read_json");
    let rows = |found: &serde_json::Value| -> Vec<serde_json::Value> {
        let answers = found["answers"].as_array().unwrap();
        answers
            .iter()
            .map(|answer| answer["rows"].clone())
            .collect()
    };
    for (question, rows) in rows(&found).iter().enumerate() {
        assert!(
            !rows.as_array().unwrap().is_empty(),
            "question {}",
            question + 1
        );
    }
    let of_csv = answers(&python, folder.path(), &asked, "read_csv");
    assert_eq!(rows(&of_csv), rows(&found));
    let parquet =
        "sekisho replay testdata/example.pcap testdata/day.pcap --format parquet -o flows.parquet";
    if shell(parquet, folder.path())
        .output()
        .unwrap()
        .status
        .success()
    {
        let of_parquet = answers(&python, folder.path(), &asked, "read_parquet");
        assert_eq!(rows(&of_parquet), rows(&found));
    } else {
        println!("NOT TESTED: Parquet: this program does not write it");
    }
    let version = found["version"].as_str().unwrap();
    if page.contains(&format!("DuckDB {version} ")) {
        accept_or_compare(PAGE, &page, &with_answers(&page, &found));
    } else {
        println!("NOT TESTED: how DuckDB {version} prints: the page shows another version");
    }
}
