//! The picture in `docs/watch.md`: a frame of an example, cell by cell, so that the page shows what this
//! version shows.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use super::{COLOUR, Sensor, Watch, same_as};
use crate::cli::terminal::columns;

/// Of a cell, in units of the picture.
const WIDTH: usize = 9;
const HEIGHT: usize = 20;

const GROUND: &str = "#14181b";

#[test]
fn the_picture_of_the_page_is_of_this_version() {
    let lanes = [(61_728, 0.42), (58_301, 0.39)];
    let mut watch = Watch::new(Sensor::new(&lanes, &["eth1", "eth2"]), COLOUR);
    watch.look(320, |_| ());
    watch.look(30, |sensor| sensor.lost_queue = 37);
    same_as("docs/figures/watch.svg", &svg(&watch.buffer(100, 32)));
}

const fn colour(colour: Color) -> &'static str {
    match colour {
        Color::Red => "#ff6b68",
        Color::Green => "#7ec97e",
        Color::Yellow => "#e5c15c",
        Color::Cyan => "#63c5c9",
        Color::DarkGray => "#7d858c",
        _ => "#d6d6d6",
    }
}

fn svg(buffer: &Buffer) -> String {
    let (columns, rows) = (buffer.area.width as usize, buffer.area.height as usize);
    let (width, height) = (columns * WIDTH + 24, rows * HEIGHT + 24);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\">\n\
         <title>sekisho watch</title>\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"6\" fill=\"{GROUND}\"/>\n\
         <g transform=\"translate(12 12)\" font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" \
         font-size=\"15\">\n"
    );
    for y in 0..rows {
        let row = &buffer.content[y * columns..][..columns];
        let mut x = 0;
        while x < columns {
            // Cells that are drawn in one piece.
            let like = |cell: &Cell| {
                (cell.fg, cell.modifier, kind(cell)) == (row[x].fg, row[x].modifier, kind(&row[x]))
            };
            let length = row[x..].iter().take_while(|cell| like(cell)).count();
            piece(&mut out, x, y, &row[x..x + length]);
            x += length;
        }
    }
    out.push_str("</g>\n</svg>\n");
    out
}

/// What can be drawn together: text, or the same block.
fn kind(cell: &Cell) -> char {
    let block = |c: &char| matches!(c, '\u{2580}'..='\u{258f}' | '─');
    cell.symbol().chars().next().filter(block).unwrap_or(' ')
}

fn piece(out: &mut String, x: usize, y: usize, cells: &[Cell]) {
    let reversed = cells[0].modifier.contains(Modifier::REVERSED);
    let fill = colour(cells[0].fg);
    let mut area = |x: f64, y: f64, width: f64, height: f64| {
        writeln!(
            out,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{fill}\"/>"
        )
        .unwrap();
    };
    let (left, top) = ((x * WIDTH) as f64, (y * HEIGHT) as f64);
    let (width, height) = ((cells.len() * WIDTH) as f64, HEIGHT as f64);
    let eighths = |block: char, from: u32| f64::from(u32::from(block).abs_diff(from)) / 8.0;
    match kind(&cells[0]) {
        ' ' => {}
        '─' => return area(left, top + height / 2.0, width, 1.0),
        block @ ..='\u{2588}' => {
            let filled = height * eighths(block, 0x2580);
            return area(left, top + height - filled, width, filled);
        }
        block => return area(left, top, WIDTH as f64 * eighths(block, 0x2590), height),
    }
    if reversed {
        area(left, top, width, height);
    }
    let fill = if reversed { GROUND } else { fill };
    let bold = cells[0].modifier.contains(Modifier::BOLD);
    let weight = if bold { " font-weight=\"bold\"" } else { "" };
    // Word by word, each at its place: fonts differ in width.
    let mut at = 0;
    while at < cells.len() {
        let is_word = |cell: &&Cell| cell.symbol() != " ";
        let mut word = String::new();
        for cell in cells[at..].iter().take_while(is_word) {
            word.push_str(cell.symbol());
            if columns(cell.symbol()) > 1 {
                break;
            }
        }
        if !word.is_empty() {
            let (x, y) = ((x + at) * WIDTH, y * HEIGHT + 15);
            let word = word.replace('&', "&amp;").replace('<', "&lt;");
            writeln!(
                out,
                "<text x=\"{x}\" y=\"{y}\" fill=\"{fill}\"{weight}>{word}</text>"
            )
            .unwrap();
        }
        at += columns(&word).max(1);
    }
}
