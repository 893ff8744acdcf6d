//! Rates and spans of time, for people.

use std::time::Duration;

use super::look::Look;
use crate::cli::number::{grouped, with_unit};

/// So many a second; small ones with a digit after the point.
pub(super) fn a_second(rate: Option<f64>, look: Look) -> String {
    match rate {
        None => look.nothing().to_owned(),
        Some(rate) if rate <= 0.0 => "0".to_owned(),
        Some(rate) if rate < 0.05 => "<0.1".to_owned(),
        Some(rate) if rate < 9.95 => format!("{rate:.1}"),
        Some(rate) => grouped(rate.round() as u64),
    }
}

/// So many of a unit a second.
pub(super) fn units(rate: Option<f64>, unit: &str, look: Look) -> String {
    let text = rate.map(|rate| with_unit(rate.round() as u64, unit));
    text.map_or_else(
        || look.nothing().to_owned(),
        |text| text.trim_end().to_owned(),
    )
}

/// A rate as a whole number that shares can be taken of; the second digit after the point counts.
pub(super) fn weight(rate: Option<f64>) -> u64 {
    (rate.unwrap_or_default() * 100.0).round() as u64
}

/// A time, in its largest two units.
pub(super) fn span(time: Duration) -> String {
    let all = time.as_secs();
    let (days, hours, minutes) = (all / 86_400, all / 3_600 % 24, all / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{all} s"),
        (0, 0, _) => format!("{minutes} min {} s", all % 60),
        (0, ..) => format!("{hours} h {minutes} min"),
        (1..=9, ..) => format!("{days} d {hours} h"),
        _ => format!("{} d", grouped(days)),
    }
}

/// A time, in its largest unit.
pub(super) fn coarse(time: Duration) -> String {
    let mut words = span(time);
    // The second unit, if there is one.
    if let Some((at, _)) = words.match_indices(' ').nth(1) {
        words.truncate(at);
    }
    words
}

/// How long ago a moment was, both in seconds after 1970-01-01 UTC. Clocks of two machines may differ: what
/// is to come is now.
pub(super) fn since(moment: f64, wall: Duration) -> Duration {
    let seconds = wall.as_secs_f64() - moment;
    Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::terminal::Style;

    #[test]
    fn amounts_read_well() {
        let look = Look::new(Style {
            colour: false,
            unicode: false,
        });
        for (rate, text) in [
            (None, "-"),
            (Some(0.0), "0"),
            (Some(0.01), "<0.1"),
            (Some(0.34), "0.3"),
            (Some(9.94), "9.9"),
            (Some(9.96), "10"),
            (Some(123_456.4), "123,456"),
            (Some(f64::NAN), "0"),
            (Some(f64::INFINITY), "18,446,744,073,709,551,615"),
        ] {
            assert_eq!(a_second(rate, look), text);
        }
        assert_eq!(units(Some(1.25e9), "bit/s", look), "1.2 Gbit/s");
        assert_eq!(units(Some(640.0), "", look), "640");
        for (seconds, text) in [
            (0, "0 s"),
            (59, "59 s"),
            (61, "1 min 1 s"),
            (3_600, "1 h 0 min"),
            (90_000, "1 d 1 h"),
            (86_400 * 10 + 1, "10 d"),
            (u64::MAX, "213,503,982,334,601 d"),
        ] {
            assert_eq!(span(Duration::from_secs(seconds)), text);
        }
        assert_eq!(coarse(Duration::from_secs(7_300)), "2 h");
        assert_eq!(coarse(Duration::from_secs(12 * 86_400)), "12 d");
        assert_eq!(since(10.0, Duration::from_secs(5)), Duration::ZERO);
        assert_eq!(since(f64::NAN, Duration::from_secs(5)), Duration::ZERO);
    }
}
