//! The rule on one pair of ends is what `docs/gate-truth-table.md` says, cell by cell.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail, and says why"
)]

use sekisho::fate::Class;
use sekisho::gate::{Authorisation, PairVerdict, Policy};
use sekisho::geo::Finding;

const PAGE: &str = include_str!("../docs/gate-truth-table.md");

/// The rows of the table under a heading, without its rule line.
fn table(heading: &str) -> Vec<Vec<&'static str>> {
    let start = PAGE.find(heading).expect("the heading is on the page");
    PAGE[start..]
        .lines()
        .skip(1)
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .filter(|line| !line.starts_with("|-"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect()
}

/// What a short name stands for, by the page's own list: as a finding, or as a reason.
fn long(short: &'static str) -> &'static str {
    let rows = table("## One pair of ends");
    let quoted = format!("`{short}`");
    let row = rows[1..].iter().find(|row| row[0] == quoted);
    let Some(row) = row else { return short };
    let names = [row[1], row[2]].map(|name| name.trim_matches('`'));
    assert!(names[0] == names[1] || names.contains(&""), "{names:?}");
    if names[0].is_empty() {
        names[1]
    } else {
        names[0]
    }
}

fn finding(id: &str) -> Finding {
    Finding::ALL
        .into_iter()
        .find(|finding| finding.id() == id)
        .unwrap_or_else(|| panic!("no finding is called {id}"))
}

fn short(verdict: PairVerdict) -> &'static str {
    match verdict {
        PairVerdict::Admit(Class::ForeignForeign) => "FF",
        PairVerdict::Admit(Class::ForeignDomestic) => "FD",
        PairVerdict::Admit(Class::DomesticForeign) => "DF",
        PairVerdict::Admit(Class::ForeignUndetermined) => "FU",
        PairVerdict::Admit(Class::UndeterminedForeign) => "UF",
        PairVerdict::Exclude(reason) => reason.id(),
    }
}

#[test]
fn every_pair_of_findings_is_judged_as_the_page_says() {
    let rows = table("### All three classes authorised");
    let columns: Vec<Finding> = rows[0][1..].iter().map(|id| finding(long(id))).collect();
    assert_eq!(columns, Finding::ALL);
    assert_eq!(rows.len() - 1, Finding::ALL.len());
    let compiled = Policy::new(Authorisation::ALL);
    for row in &rows[1..] {
        let src = finding(row[0]);
        for (dst, cell) in columns.iter().zip(&row[1..]) {
            let verdict = Policy::judge_pair(src, *dst, Authorisation::ALL);
            assert_eq!(short(verdict), long(cell), "{} to {}", src.id(), dst.id());
            assert_eq!(compiled.verdict(src, *dst), verdict);
        }
    }
}

#[test]
fn fewer_authorised_classes_admit_what_the_page_says() {
    let rows = table("### Only some classes authorised");
    assert_eq!(rows.len() - 1, 8, "every subset of the three classes");
    for row in &rows[1..] {
        let has = |name| row[0].split(' ').any(|word| word == name);
        let authorisation = Authorisation {
            foreign_foreign: has("FF"),
            foreign_domestic: has("FD"),
            domestic_foreign: has("DF"),
        };
        for (heading, cell) in rows[0][1..].iter().zip(&row[1..]) {
            let end = |letter| match letter {
                Some('D') => Finding::Home,
                Some('F') => Finding::Abroad,
                Some('U') => Finding::Unlocated,
                other => panic!("no place is called {other:?}"),
            };
            let (src, dst) = (end(heading.chars().next()), end(heading.chars().last()));
            let verdict = Policy::judge_pair(src, dst, authorisation);
            assert_eq!(short(verdict), long(cell), "{heading} with {}", row[0]);
        }
    }
}

#[test]
fn no_authorisation_admits_what_could_be_domestic_at_both_ends() {
    for bits in 0..8 {
        let authorisation = Authorisation {
            foreign_foreign: bits & 1 != 0,
            foreign_domestic: bits & 2 != 0,
            domestic_foreign: bits & 4 != 0,
        };
        for src in Finding::ALL {
            for dst in Finding::ALL {
                if src != Finding::Abroad && dst != Finding::Abroad {
                    let verdict = Policy::judge_pair(src, dst, authorisation);
                    assert!(matches!(verdict, PairVerdict::Exclude(_)));
                }
            }
        }
    }
}
