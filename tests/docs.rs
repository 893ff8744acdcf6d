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
    for name in [
        "README.md",
        "README.ja.md",
        "docs/analyst.md",
        "docs/reviewer.md",
        "docs/rules.md",
        "docs/decisions/README.md",
    ] {
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
