//! Pages that repeat what the code says are held to it, and their links lead somewhere.

use crate::common::page::{folder, root, text as page};
use sekisho::fate::{Class, Reason};
use std::collections::BTreeSet;
use std::fs;

/// Every page, by its path.
pub(crate) fn names() -> Vec<String> {
    let mut names: Vec<String> = ["README.md", "README.ja.md", "CHANGELOG.md", "SECURITY.md"]
        .map(str::to_owned)
        .into();
    for name in ["README.md", "fuzz/README.md", "ledger/README.md"] {
        names.push(format!("testdata/{name}"));
    }
    for folder in ["docs", "docs/decisions"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.ends_with(".md") && name != "TEMPLATE.md" {
                names.push(format!("{folder}/{name}"));
            }
        }
    }
    names.sort();
    assert!(names.len() > 30);
    names
}

#[test]
fn the_rules_name_every_class() {
    for name in ["docs/rules.md", "docs/rules.ja.md"] {
        let page = page(name);
        for class in Class::ALL {
            let id = class.id();
            assert!(page.contains(&format!("`{id}`")), "{name}: {id}");
        }
    }
}

#[test]
fn the_reviewer_s_page_in_japanese_lists_every_reason_in_the_order_that_decides() {
    let page = page("docs/reviewer.ja.md");
    let rows = page
        .lines()
        .skip_while(|line| *line != "| 理由 | 日本語 | 意味 |");
    let rows: Vec<&str> = rows
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .collect();
    assert_eq!(rows.len(), Reason::ALL.len());
    for (row, reason) in rows.iter().zip(Reason::ALL) {
        let begin = format!("| `{}` | {} | ", reason.id(), reason.japanese());
        assert!(row.starts_with(&begin), "{row}");
    }
}

/// What a page says in numbered sections, both languages have.
#[test]
fn the_rules_have_the_same_sections_in_both_languages() {
    let sections = |name| -> Vec<String> {
        let text = page(name);
        let headings = text.lines().filter(|line| line.starts_with('#'));
        headings
            .filter_map(|line| line.split(' ').nth(1).map(str::to_owned))
            .skip(1)
            .collect()
    };
    assert_eq!(sections("docs/rules.md"), sections("docs/rules.ja.md"));
}

/// The anchors of a page, as GitHub makes them of headings.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let kept = title
                .chars()
                .filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        })
        .collect()
}

#[test]
fn every_link_leads_to_a_file_and_to_a_heading_of_it() {
    for name in names() {
        let at = root().join(&name);
        let own = page(&name);
        for link in own.split("](").skip(1) {
            let Some(target) = link
                .split(')')
                .next()
                .filter(|target| !target.contains("://"))
            else {
                continue;
            };
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let leads_to = if file.is_empty() {
                at.clone()
            } else {
                at.parent().unwrap().join(file)
            };
            assert!(leads_to.exists(), "{name}: {target}");
            if !heading.is_empty() {
                let text = fs::read_to_string(&leads_to).unwrap();
                assert!(
                    anchors(&text).contains(heading),
                    "{name}: no such heading: {target}"
                );
            }
        }
    }
}

#[test]
fn the_index_names_every_page() {
    let index = page("docs/README.md");
    for name in names() {
        if let Some(name) = name
            .strip_prefix("docs/")
            .filter(|name| *name != "README.md" && !name.contains('/'))
        {
            assert!(
                index.contains(&format!("({name})")),
                "docs/README.md does not name {name}"
            );
        }
    }
    let decisions = page("docs/decisions/README.md");
    for name in names() {
        if let Some(name) = name
            .strip_prefix("docs/decisions/")
            .filter(|name| *name != "README.md")
        {
            assert!(
                decisions.contains(&format!("({name})")),
                "docs/decisions/README.md does not name {name}"
            );
        }
    }
}

#[test]
fn the_first_command_of_the_readme_does_what_it_says() {
    let readme = page("README.md");
    let command = readme
        .lines()
        .find_map(|line| line.split_once("cargo run --release -- "))
        .unwrap()
        .1;
    let folder = folder();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(command.split(' '))
        .current_dir(folder.path())
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    // What it prints is a picture, which a test of the table holds to it.
    assert!(readme.contains("](docs/figures/summary.svg)"));
    let records = fs::read_to_string(folder.path().join("flows.jsonl")).unwrap();
    assert!(records.lines().count() > 200);
}

/// What in a page's code looks like a path of the repository.
fn paths(text: &str) -> Vec<&str> {
    let code = text.split('`').skip(1).step_by(2);
    let folders = [
        "src/",
        "tests/",
        "benches/",
        "config/",
        "testdata/",
        "fuzz/",
    ];
    let is_path = |code: &&str| {
        folders.iter().any(|folder| code.starts_with(folder))
            && code.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c))
            // What fuzzing writes.
            && !code.starts_with("fuzz/artifacts/")
            && !code.contains("TARGET")
    };
    code.filter(is_path).collect()
}

#[test]
fn files_that_pages_name_are_there() {
    let mut found = 0;
    for name in names() {
        let text = page(&name);
        for path in paths(&text) {
            // The changelog names what was.
            let is_there = root().join(path).exists() || root().join(format!("{path}.rs")).exists();
            assert!(
                is_there || name == "CHANGELOG.md",
                "{name}: no such file: {path}"
            );
            found += 1;
        }
    }
    assert!(found > 60, "{found}");
}

/// The two packets of the page on a packet's life are judged as it says, and the record is that of the first.
#[cfg(feature = "embedded-geo")]
#[test]
fn the_life_of_a_packet_is_what_happens() {
    use sekisho::demo::OwnedFrame;
    use sekisho::demo::capture::{Format, pcap_image};
    use sekisho::demo::encap::Wrap;
    use sekisho::demo::link::{Link, MACS};
    use sekisho::demo::packet::{Ends, Tcp, flags, ip, tcp, udp};
    use sekisho::demo::rng::Rng;
    use sekisho::time::Timestamp;
    use std::net::Ipv4Addr;

    let ends = |src: [u8; 4], dst: [u8; 4]| Ends::new(Ipv4Addr::from(src), Ipv4Addr::from(dst));
    let abroad = ends([133, 20, 8, 41], [91, 7, 32, 90]);
    let opening = Tcp {
        src_port: 49_152,
        dst_port: 443,
        seq: 1,
        ack: 0,
        flags: flags::SYN,
    };
    let first = ip(abroad, tcp(abroad, opening, &[]));
    let home = ends([133, 20, 8, 41], [60, 70, 1, 9]);
    let inside = ip(home, udp(home, 49_152, 53, b"?"));
    let outer = ends([84, 27, 1, 1], [12, 10, 10, 10]);
    let second = Wrap::Gre.wrap(outer, MACS, inside, &mut Rng::new(1));
    let frames = [(0, first), (1, second)].map(|(micros, packet)| {
        let seen = Timestamp::from_nanos(1_791_190_800_000_000_000 + micros * 1_000);
        let (link, bytes) = Link::Ethernet.frame(MACS, packet);
        OwnedFrame::whole(seen, link, bytes)
    });
    let folder = folder();
    fs::write(
        folder.path().join("two.pcap"),
        pcap_image(&frames, Format::USUAL),
    )
    .unwrap();
    let command = "sekisho replay two.pcap -o flows.jsonl --summary books.json";
    let run = crate::common::page::shell(command, folder.path())
        .output()
        .unwrap();
    assert_eq!(run.status.code(), Some(0));
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    let books = json(&fs::read_to_string(folder.path().join("books.json")).unwrap());
    assert_eq!(books["frames"]["packets"], 2);
    assert_eq!(
        books["admitted"]["by_class"]["domestic_foreign"]["packets"],
        1
    );
    assert_eq!(
        books["excluded"]["by_reason"]["domestic_pair"]["packets"],
        1
    );
    let page = page("docs/life-of-a-packet.md");
    let shown = page
        .split("```json\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    let record = fs::read_to_string(folder.path().join("flows.jsonl")).unwrap();
    assert_eq!(json(shown), json(record.trim_end()));
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
    fn read(folder: &std::path::Path, all: &mut String) {
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
        read(&root().join(folder), &mut all);
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
