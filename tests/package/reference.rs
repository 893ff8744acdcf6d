//! The manual page of the configuration: the reference file, as a page.

use crate::keys::{Item, items};
use crate::manual::{SOURCE, date, installed};
use clap_mangen::roff::{Inline, Roff, bold, roman};
use sekisho::config::REFERENCE;

/// Text of the reference, with the names in backquotes set as names.
fn prose(page: &mut Roff, text: &str) {
    for (number, paragraph) in text.lines().enumerate() {
        if number > 0 {
            page.control("PP", []);
        }
        let parts = paragraph.split('`').enumerate();
        let parts: Vec<Inline> = parts
            .map(|(number, part)| {
                if number % 2 == 1 {
                    bold(part)
                } else {
                    roman(part)
                }
            })
            .collect();
        page.text(parts);
    }
}

/// The page.
pub(crate) fn page() -> String {
    let mut page = Roff::new();
    let date = date();
    page.control("TH", ["sekisho.toml", "5", &date, SOURCE, "sekisho"]);
    page.control("SH", ["NAME"]);
    page.text([roman("sekisho.toml - configuration of sekisho")]);
    page.control("SH", ["SYNOPSIS"]);
    page.text([bold("/etc/sekisho/sekisho.toml")]);
    page.control("SH", ["DESCRIPTION"]);
    page.text([
        roman("A file in TOML, named with "),
        bold("--config"),
        roman(". The value behind a key here is its default."),
    ]);
    page.control("PP", []);
    let mut options = false;
    for item in items(REFERENCE) {
        match item {
            Item::Text(text) => prose(&mut page, &text),
            Item::Section(name, about) => {
                page.control("SH", [format!("[{name}]").as_str()]);
                prose(&mut page, &about);
                options = true;
            }
            Item::Keys(keys, meaning) => {
                if !options {
                    page.control("SH", ["BEFORE ANY SECTION"]);
                    options = true;
                }
                for (number, (key, default)) in keys.iter().enumerate() {
                    page.control(if number == 0 { "TP" } else { "TQ" }, []);
                    page.text([bold(key), roman(format!(" = {default}"))]);
                }
                prose(&mut page, &meaning);
            }
        }
    }
    page.control("SH", ["SEE ALSO"]);
    page.text([
        bold("sekisho"),
        roman("(1), "),
        bold("sekisho-capture"),
        roman("(1), "),
    ]);
    page.text([
        bold("sekisho-check"),
        roman("(1), "),
        bold("pcap-filter"),
        roman("(7)"),
    ]);
    installed(&page.render())
}

#[test]
fn every_key_of_the_reference_stands_on_its_page() {
    let page = page();
    let keys = REFERENCE.lines().filter_map(|line| line.split_once(" = "));
    let keys: Vec<&str> = keys.map(|(key, _)| key).collect();
    assert!(keys.len() > 20);
    for key in keys {
        assert!(page.contains(&format!("\\fB{key}\\fR = ")), "{key}");
    }
}
