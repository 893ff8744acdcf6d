//! Rates as points with whiskers: how large, and how sure. Inline SVG of numbers and this program's own words.

use std::fmt::Write as _;

use super::chart::{escaped, scale, scaled, thousandths};
use super::number::share;
use crate::evaluation::Rate;

/// Height of a row, and where its line is in it.
const ROW: u64 = 40;
const LINE: u64 = 26;
/// Where 0 is and how wide the rest, in thousandths of a per cent: a point at an end is not cut.
const LEFT: u64 = 1_500;
const WIDTH: u64 = 97_000;

/// A row for each rate, on one axis from 0.
pub(super) fn whiskers(rates: &[(String, Rate)], label: &str) -> String {
    let highest = rates.iter().map(|(_, rate)| rate.high_ppm).max();
    let (step, top) = scale(highest.unwrap_or_default());
    let top = top.min(1_000_000);
    let x = |ppm: u64| thousandths(LEFT + scaled(ppm, top, WIDTH));
    let bottom = ROW * rates.len() as u64 + 6;
    let mut out = format!(
        "<svg height=\"{}\" role=\"img\" aria-label=\"{}\">",
        bottom + 24,
        escaped(label)
    );
    for tick in (0..=top / step).map(|tick| tick * step) {
        let anchor = match tick {
            0 => "start",
            _ if tick + step > top => "end",
            _ => "middle",
        };
        let at = match anchor {
            "start" => "0".to_owned(),
            "end" => "100".to_owned(),
            _ => x(tick),
        };
        let _ = write!(
            out,
            "<line class=\"grid\" x1=\"{0}%\" x2=\"{0}%\" y1=\"0\" y2=\"{bottom}\"/>\
             <text x=\"{at}%\" y=\"{1}\" text-anchor=\"{anchor}\">{2}</text>",
            x(tick),
            bottom + 18,
            share(tick)
        );
    }
    for (row, (name, rate)) in rates.iter().enumerate() {
        let y = ROW * row as u64 + LINE;
        let (low, high) = (x(rate.low_ppm), x(rate.high_ppm));
        let _ = write!(
            out,
            "<line class=\"whisker\" x1=\"{low}%\" x2=\"{high}%\" y1=\"{y}\" y2=\"{y}\"/>"
        );
        for end in [&low, &high] {
            let _ = write!(
                out,
                "<line class=\"whisker\" x1=\"{end}%\" x2=\"{end}%\" y1=\"{}\" y2=\"{}\"/>",
                y - 5,
                y + 5
            );
        }
        let _ = write!(
            out,
            "<circle class=\"c0\" cx=\"{}%\" cy=\"{y}\" r=\"5\"/><text x=\"{1}%\" y=\"{2}\">{3}</text>",
            x(rate.ppm),
            thousandths(LEFT),
            y - 10,
            escaped(name)
        );
    }
    let _ = write!(
        out,
        "<line class=\"base\" x1=\"0\" x2=\"100%\" y1=\"{bottom}\" y2=\"{bottom}\"/></svg>"
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whisker_goes_from_end_to_end_and_the_point_is_in_it() {
        let rate = Rate {
            events: 1,
            of: 4,
            ppm: 200_000,
            low_ppm: 100_000,
            high_ppm: 400_000,
        };
        let svg = whiskers(&[("<0>".to_owned(), rate)], "a");
        assert!(
            svg.contains("x1=\"25.750%\" x2=\"98.500%\" y1=\"26\""),
            "{svg}"
        );
        assert!(svg.contains("cx=\"50.000%\""), "{svg}");
        assert!(svg.contains("&lt;0&gt;"));
    }
}
