//! Pictures as inline SVG, of numbers alone. Our own: plotters writes fixed colours and sizes, which
//! neither follow a dark page nor stay legible at the width of a telephone.
//!
//! Areas are drawn in a box that stretches with the page; text is not, and keeps its size.

use std::fmt::Write as _;

use super::figures::{Bucket, Timeline};
use super::number::axis;
use crate::time::{NANOS_PER_SEC, Timestamp};

/// Height of the box of the areas, in pixels and in its own units.
const HEIGHT: u64 = 190;
const UNITS: u64 = 10_000;
const TOP: u64 = 10;

/// A colour, and a value for each bucket.
pub(super) struct Series {
    pub(super) colour: String,
    pub(super) values: Vec<u64>,
}

/// A bar whose parts are as wide as their shares; what is nothing is not drawn.
pub(super) fn bar(parts: &[(String, u64)], label: &str) -> String {
    let whole = total(parts.iter().map(|(_, part)| *part));
    let mut out = format!(
        "<svg height=\"36\" role=\"img\" aria-label=\"{}\">",
        escaped(label)
    );
    let mut begin = 0_u64;
    for (colour, part) in parts.iter().filter(|(_, part)| *part > 0) {
        let end = begin.saturating_add(*part);
        let (from, to) = (scaled(begin, whole, 100_000), scaled(end, whole, 100_000));
        begin = end;
        let _ = write!(
            out,
            "<rect class=\"{colour}\" x=\"{}%\" y=\"0\" width=\"{}%\" height=\"36\"/>",
            thousandths(from),
            thousandths((to - from).max(100))
        );
    }
    out.push_str("</svg>");
    out
}

/// Areas on top of each other over time; hatched where nothing could be seen.
pub(super) fn stacked(
    timeline: &Timeline,
    series: &[Series],
    label: &str,
    with_blind: bool,
) -> String {
    let buckets = &timeline.buckets;
    let sums: Vec<u64> = (0..buckets.len())
        .map(|at| total(series.iter().map(|series| series.values[at])))
        .collect();
    let (step, top) = scale(sums.iter().copied().max().unwrap_or_default());
    let mut out = format!(
        "<svg height=\"{}\" role=\"img\" aria-label=\"{}\">",
        TOP + HEIGHT + 26,
        escaped(label)
    );
    out.push_str(
        "<defs><pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" \
         patternTransform=\"rotate(45)\"><line class=\"hatch\" x1=\"0\" y1=\"0\" x2=\"0\" y2=\"6\"/></pattern></defs>",
    );
    let lines: Vec<u64> = (1..=top / step).map(|line| line * step).collect();
    for value in &lines {
        let y = height_of(*value, top);
        let _ = write!(
            out,
            "<line class=\"grid\" x1=\"0\" x2=\"100%\" y1=\"{y}\" y2=\"{y}\"/>"
        );
    }
    areas(&mut out, buckets.len(), series, top);
    if with_blind {
        blind(&mut out, timeline);
    }
    let bottom = TOP + HEIGHT;
    let _ = write!(
        out,
        "<line class=\"base\" x1=\"0\" x2=\"100%\" y1=\"{bottom}\" y2=\"{bottom}\"/>"
    );
    for value in &lines {
        // Above its line, where there is room.
        let y = height_of(*value, top) + 13;
        let _ = write!(out, "<text x=\"3\" y=\"{y}\">{}</text>", axis(*value));
    }
    times(&mut out, timeline);
    out.push_str("</svg>");
    out
}

fn areas(out: &mut String, buckets: usize, series: &[Series], top: u64) {
    let _ = write!(
        out,
        "<svg x=\"0\" y=\"{TOP}\" width=\"100%\" height=\"{HEIGHT}\" viewBox=\"0 0 {} {UNITS}\" \
         preserveAspectRatio=\"none\">",
        buckets.max(1)
    );
    let mut floor = vec![0_u64; buckets];
    for series in series
        .iter()
        .filter(|series| series.values.iter().any(|value| *value > 0))
    {
        let ceiling: Vec<u64> = floor
            .iter()
            .zip(&series.values)
            .map(|(floor, value)| floor.saturating_add(*value))
            .collect();
        let y = |value: u64| UNITS - scaled(value, top, UNITS);
        let _ = write!(
            out,
            "<path class=\"{}\" d=\"M0 {}",
            series.colour,
            y(floor[0])
        );
        for (x, value) in ceiling.iter().enumerate() {
            let _ = write!(out, "V{}H{}", y(*value), x + 1);
        }
        for (x, value) in floor.iter().enumerate().rev() {
            let _ = write!(out, "V{}H{x}", y(*value));
        }
        out.push_str("Z\"/>");
        floor = ceiling;
    }
    out.push_str("</svg>");
}

fn blind(out: &mut String, timeline: &Timeline) {
    let buckets = timeline.buckets.len() as u64;
    for (at, bucket) in timeline.buckets.iter().enumerate() {
        let Bucket { blind_seconds, .. } = bucket;
        if *blind_seconds == 0 {
            continue;
        }
        let x = scaled(at as u64, buckets, 100_000);
        let width = scaled(*blind_seconds, timeline.bucket_seconds * buckets, 100_000);
        let _ = write!(
            out,
            "<rect class=\"gap\" x=\"{0}%\" y=\"{TOP}\" width=\"{1}%\" height=\"{HEIGHT}\"/>\
             <line class=\"edge\" x1=\"{0}%\" x2=\"{0}%\" y1=\"{TOP}\" y2=\"{2}\"/>",
            thousandths(x),
            thousandths(width),
            TOP + HEIGHT
        );
    }
}

/// Words below the picture: days, or hours where it is of few days.
fn times(out: &mut String, timeline: &Timeline) {
    let Some(first) = timeline.buckets.first() else {
        return;
    };
    let count = timeline.buckets.len() as u64;
    let begin = first.from.0.nanos() / NANOS_PER_SEC;
    let length = timeline.bucket_seconds.saturating_mul(count);
    let steps = [
        60, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200,
    ];
    let days = [1, 2, 5, 7, 14, 30, 60, 90, 180, 365, 3_650, 36_500];
    let mut steps = steps.into_iter().chain(days.map(|days| days * 86_400));
    let Some(step) = steps.find(|step| length / step <= 8) else {
        return;
    };
    let mut at = begin.div_ceil(step) * step;
    let mut odd = false;
    while at < begin.saturating_add(length) {
        let x = scaled(at - begin, length, 100_000);
        // Words at the edges would be cut.
        if (3_500..=96_500).contains(&x) {
            let text = Timestamp::from_parts(at, 0).to_string();
            let text = if step < 86_400 && at % 86_400 > 0 {
                &text[11..16]
            } else if step < 300 * 86_400 {
                &text[5..10]
            } else {
                &text[..7]
            };
            let _ = write!(
                out,
                "<line class=\"base\" x1=\"{0}%\" x2=\"{0}%\" y1=\"{1}\" y2=\"{2}\"/>\
                 <text{3} x=\"{0}%\" y=\"{4}\" text-anchor=\"middle\">{text}</text>",
                thousandths(x),
                TOP + HEIGHT,
                TOP + HEIGHT + 5,
                if odd { " class=\"o\"" } else { "" },
                TOP + HEIGHT + 20
            );
            odd = !odd;
        }
        at += step;
    }
}

fn height_of(value: u64, top: u64) -> u64 {
    TOP + HEIGHT - scaled(value, top, HEIGHT)
}

/// A step of 1, 2 or 5 and zeros, and the top of an axis: a multiple of it, not below the highest value.
pub(super) fn scale(highest: u64) -> (u64, u64) {
    let mut power = 1_u64;
    loop {
        for digit in [1, 2, 5] {
            let step = power.saturating_mul(digit);
            if highest.max(1).div_ceil(step) <= 4 || step > u64::MAX / 10 {
                return (step, highest.max(1).div_ceil(step).saturating_mul(step));
            }
        }
        power = power.saturating_mul(10);
    }
}

/// `part / whole` of `length`, rounded, of what is up to `whole`.
pub(super) fn scaled(part: u64, whole: u64, length: u64) -> u64 {
    if whole == 0 {
        return 0;
    }
    // A picture has fewer points than a float has digits.
    let share = part.min(whole) as f64 / whole as f64;
    (share * length as f64).round() as u64
}

/// `12345` as `12.345`.
pub(super) fn thousandths(number: u64) -> String {
    format!("{}.{:03}", number / 1_000, number % 1_000)
}

fn total(values: impl Iterator<Item = u64>) -> u64 {
    values.fold(0, u64::saturating_add)
}

/// For an attribute. Labels are this program's own words; a picture is the one thing that the template
/// takes as it is.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_ends_above_the_highest_value_in_few_round_steps() {
        for highest in [0, 1, 3, 7, 99, 100, 101, 12_345, 999_999, u64::MAX] {
            let (step, top) = scale(highest);
            assert!(top >= highest, "{highest}");
            assert!((1..=20).contains(&(top / step)), "{highest}");
        }
        assert_eq!(scale(350), (100, 400));
    }

    #[test]
    fn the_parts_of_a_bar_fill_it() {
        let svg = bar(
            &[
                ("c0".to_owned(), 1),
                ("r0".to_owned(), 0),
                ("c1".to_owned(), 3),
            ],
            "a \"<b>",
        );
        assert!(
            svg.contains("x=\"0.000%\" y=\"0\" width=\"25.000%\""),
            "{svg}"
        );
        assert!(
            svg.contains("x=\"25.000%\" y=\"0\" width=\"75.000%\""),
            "{svg}"
        );
        assert!(svg.contains("a &quot;&lt;b&gt;"));
        assert!(!svg.contains("r0"));
    }
}
