//! The report: its figures, its page in both languages, and what must never be in it.
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot read its own output has failed, and says what it did not do"
)]

mod ledger;

use sekisho::report::{Language, Options, Report};

#[test]
#[ignore = "writes pages to look at, into the folder that SEKISHO_LOOK names"]
fn pages_to_look_at() {
    let folder = std::env::var("SEKISHO_LOOK").unwrap();
    let entries = ledger::week(1);
    let publish = Options {
        publish: true,
        ..Options::default()
    };
    for (name, verification, options) in [
        ("week", ledger::holds(&entries), Options::default()),
        ("broken", ledger::broken(&entries), Options::default()),
        ("published", ledger::holds(&entries), publish),
    ] {
        let report = Report::of(&entries, &verification, &options);
        for language in Language::ALL {
            let path = format!("{folder}/{name}.{}.html", language.tag());
            std::fs::write(path, report.to_html(language).unwrap()).unwrap();
        }
        std::fs::write(format!("{folder}/{name}.json"), report.to_json().unwrap()).unwrap();
    }
    eprintln!("written to {folder}");
}
