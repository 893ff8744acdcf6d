//! `docs/reference.md` is what the program says of itself: options, keys, fields, reasons, exit codes.
//!
//! `SEKISHO_ACCEPT=1 cargo test --test reference` writes it anew.
#![cfg(feature = "live")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop where it is"
)]

#[path = "../common/mod.rs"]
mod common;
mod options;
mod record;
mod settings;

use common::page::{accept_or_compare, root, text};
use sekisho::fate::Reason;
use std::fmt::Write as _;

const PAGE: &str = "docs/reference.md";

const HEAD: &str = "\
# Reference

For everyone. This page is written by the program's own tables: what each option, key, field and number is. What to do
with them is on the pages of the [index](README.md).

[Options](#options) · [configuration keys](#configuration-keys) · [the record](#the-record) · [the summary](#the-summary) ·
[reasons](#reasons) · [exit codes](#exit-codes) · metrics are on [a page of their own](metrics.md), the ledger's entries in
[ledger.md](ledger.md#an-entry), the report's JSON in [report.md](report.md#the-json-sekishoreportv1)
";

/// Text inside a cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn reasons() -> String {
    let mut out = String::from(
        "\n## Reasons\n\nWhy a packet is excluded. The list is fixed; where several apply, the first in this order decides \
         ([why](decisions/2026-11-22-which-reason-decides.md)). Sections are those of [the rules](rules.md).\n\n\
         | reason | 日本語 | meaning | rules |\n|---|---|---|---|\n",
    );
    for reason in Reason::ALL {
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {} |",
            reason.id(),
            reason.japanese(),
            reason.meaning(),
            reason.section()
        );
    }
    out
}

fn exit_codes() -> String {
    let mut out = String::from("\n## Exit codes\n\n| code | meaning |\n|---|---|\n");
    let help = sekisho::cli::command()
        .get_after_long_help()
        .unwrap()
        .to_string();
    for line in help.lines().skip(1) {
        let (code, meaning) = line.trim().split_once("  ").unwrap();
        let _ = writeln!(out, "| {code} | {meaning} |");
    }
    out.push_str(
        "| 130 | ended at once by a second signal |\n\nAn error is one line on standard error, `sekisho: what: where: what to \
         do`. Results go to standard output or files; a file appears under its name only when it is whole. A result of a run \
         that ended with 3 is not to be used.\n",
    );
    out
}

#[test]
fn the_reference_is_what_the_program_says_of_itself() {
    let now = [
        HEAD.to_owned(),
        options::options(),
        settings::keys(),
        record::record(),
        record::summary(),
        reasons(),
        exit_codes(),
    ]
    .concat();
    let page = std::fs::read_to_string(root().join(PAGE)).unwrap_or_default();
    accept_or_compare(PAGE, &page, &now);
}

#[test]
fn every_exit_code_stands_in_the_help() {
    let page = text(PAGE);
    for exit in sekisho::cli::Exit::ALL {
        assert!(page.contains(&format!("\n| {} | ", exit as u8)), "{exit:?}");
    }
}
