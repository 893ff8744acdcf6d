//! The report: its figures, its page in both languages, what is left out of a published one, and what must
//! never be in any.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot read its own output has failed"
)]

mod browser;
mod command;
mod evaluation;
mod figures;
mod golden;
mod html;
mod ledger;
mod page;
mod published;

use sekisho::ledger::Entry;
use sekisho::report::{Language, Options, Report};
use serde_json::Value;

/// The report of a ledger that holds.
fn report(entries: &[Entry], options: &Options) -> Report {
    Report::of(entries, &ledger::holds(entries), options)
}

fn json(report: &Report) -> Value {
    serde_json::from_str(&report.to_json().unwrap()).unwrap()
}

const PUBLISH: Options = Options {
    window: sekisho::report::Window {
        from: None,
        to: None,
    },
    publish: true,
    key_given: false,
};

#[test]
#[ignore = "writes pages to look at, into the folder that SEKISHO_LOOK names"]
fn pages_to_look_at() {
    let folder = std::env::var("SEKISHO_LOOK").unwrap();
    let entries = ledger::week(1);
    for (name, verification, options) in [
        ("week", ledger::holds(&entries), Options::default()),
        ("broken", ledger::broken(&entries), Options::default()),
        ("published", ledger::holds(&entries), PUBLISH),
    ] {
        let report = Report::of(&entries, &verification, &options);
        for language in Language::ALL {
            let path = format!("{folder}/{name}.{}.html", language.tag());
            std::fs::write(path, report.to_html(language).unwrap()).unwrap();
        }
        std::fs::write(format!("{folder}/{name}.json"), report.to_json().unwrap()).unwrap();
    }
    evaluation::to_look_at(&folder);
    eprintln!("written to {folder}");
}
