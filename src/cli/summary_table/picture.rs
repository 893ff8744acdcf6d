//! The picture in `README.md`: the table of its first command, so that the page shows what this version
//! prints.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::{Style, columns, render};
use crate::cli::progress::Bar;
use crate::config::{Config, Layer, Target};

/// Of a column and a row, in units of the picture.
const WIDTH: usize = 9;
const HEIGHT: usize = 20;
const COLUMNS: usize = 80;

#[test]
fn the_picture_of_the_readme_is_of_this_version() {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut config = Config::load(None, Layer::default()).unwrap();
    config.export.output = Target::Path(folder.path().join("flows.jsonl"));
    let captures: [PathBuf; 1] = [root.join("testdata/example.pcap")];
    let outcome = crate::pipeline::replay(&config, &captures, &Bar::new(&config)).unwrap();
    config.export.output = Target::Path("flows.jsonl".into());
    let style = Style {
        colour: true,
        unicode: true,
    };
    let table = render(&outcome.summary, &config.export, style);
    let typed = "\u{1b}[36m$\u{1b}[0m sekisho replay testdata/example.pcap -o flows.jsonl\n";
    let got = svg(&format!("{typed}{table}"));
    let path = root.join("docs/figures/summary.svg");
    if std::env::var_os("SEKISHO_ACCEPT").is_some() {
        std::fs::write(&path, &got).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).unwrap_or_default() == got,
        "docs/figures/summary.svg changed; SEKISHO_ACCEPT=1 accepts it"
    );
}

/// Colour and weight by the parameters that the table uses.
fn paint(sgr: &str) -> (&'static str, bool) {
    match sgr {
        "1" => ("#ffffff", true),
        "32" => ("#7ec97e", false),
        "33" => ("#e5c15c", false),
        "36" => ("#63c5c9", false),
        "1;31" => ("#ff6b68", true),
        _ => ("#d6d6d6", false),
    }
}

fn svg(text: &str) -> String {
    let rows: Vec<&str> = text.lines().collect();
    let (width, height) = (COLUMNS * WIDTH + 24, rows.len() * HEIGHT + 24);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\">\n\
         <title>sekisho replay</title>\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"6\" fill=\"#14181b\"/>\n\
         <g transform=\"translate(12 12)\" font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" \
         font-size=\"15\">\n"
    );
    for (y, row) in rows.iter().enumerate() {
        let mut x = 0;
        for (number, part) in row.split('\u{1b}').enumerate() {
            let (sgr, text) = match part.strip_prefix('[').filter(|_| number > 0) {
                Some(rest) => rest.split_once('m').unwrap(),
                None => ("0", part),
            };
            piece(&mut out, &mut x, y, paint(sgr), text);
        }
        assert!(x <= COLUMNS, "{row}");
    }
    out.push_str("</g>\n</svg>\n");
    out
}

/// Text of one colour, word by word, each at its place: fonts differ in width. Bars are drawn.
fn piece(out: &mut String, x: &mut usize, y: usize, (fill, bold): (&str, bool), text: &str) {
    let weight = if bold { " font-weight=\"bold\"" } else { "" };
    let is_block = |c: char| matches!(c, '\u{2588}'..='\u{258f}');
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let kind = |c: char| (c == ' ', is_block(c), columns(c.encode_utf8(&mut [0; 4])));
        let end = rest.find(|c| kind(c) != kind(first)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let (left, top) = (*x * WIDTH, y * HEIGHT);
        if is_block(first) {
            let eighths: u32 = word.chars().map(|c| 0x2590 - u32::from(c)).sum();
            let width = f64::from(eighths) / 8.0 * WIDTH as f64;
            writeln!(
                out,
                "<rect x=\"{left}\" y=\"{}\" width=\"{width}\" height=\"{}\" fill=\"{fill}\"/>",
                top + 3,
                HEIGHT - 6
            )
            .unwrap();
        } else if first != ' ' {
            let word = word.replace('&', "&amp;").replace('<', "&lt;");
            writeln!(
                out,
                "<text x=\"{left}\" y=\"{}\" fill=\"{fill}\"{weight}>{word}</text>",
                top + 15
            )
            .unwrap();
        }
        *x += columns(word);
        rest = after;
    }
}
