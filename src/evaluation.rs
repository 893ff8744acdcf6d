//! What a comparison of country tables found, as `sekisho.evaluation.v1`. Counts only.
//!
//! It says how far tables disagree and, where the truth is known, how often they are wrong. It must never
//! hold an address or a prefix, and nothing here can name one.

use serde::{Deserialize, Serialize};

/// The schema's name.
pub const SCHEMA: &str = "sekisho.evaluation.v1";

/// The places, in the order of every matrix here.
pub const PLACES: [&str; 3] = ["domestic", "foreign", "undetermined"];

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evaluation {
    /// [`SCHEMA`].
    pub schema: String,
    /// The version of the program.
    pub version: String,
    /// The countries that are home.
    pub home: Vec<String>,
    /// The tables, in the order given.
    pub tables: Vec<TableName>,
    /// For each two of them and each IP version: how they place the address space.
    pub by_space: Vec<Space>,
    /// How they judge observed traffic, where captures were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_traffic: Option<Traffic>,
    /// How often they are wrong, where a list of the truth was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub truth: Option<Truth>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableName {
    /// `embedded`, or the names of its files.
    pub name: String,
    /// Its date, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// SHA-256 of its files, in hex.
    pub sha256: Vec<String>,
}

/// How two tables place an address space, without what no table is asked about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Space {
    /// The number of the first table.
    pub one: usize,
    /// The number of the second.
    pub other: usize,
    /// `ipv4`, in addresses, or `ipv6`, in /64 networks.
    pub ip: String,
    /// By place ([`PLACES`]): of the first in rows, of the second in columns.
    pub places: [[u64; 3]; 3],
}

impl Space {
    /// What both place alike, and what at least one of them places.
    #[must_use]
    pub fn agreed(&self) -> (u64, u64) {
        let [[home, _, _], [_, abroad, _], [_, _, neither]] = self.places;
        let all: u64 = self.places.iter().flatten().sum();
        (home + abroad, all - neither)
    }

    /// What exactly one of the two says is at home.
    #[must_use]
    pub const fn disputed_home(&self) -> u64 {
        let [[_, a, b], [c, _, _], [d, _, _]] = self.places;
        a + b + c + d
    }
}

/// Frames of the captures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Weight {
    /// Packets.
    pub packets: u64,
    /// Bytes on the wire.
    pub bytes: u64,
    /// TCP segments with SYN and without ACK: flows, as far as they can be told without addresses.
    pub openings: u64,
}

impl Weight {
    /// One frame more.
    pub fn add(&mut self, wire_len: u32, opening: bool) {
        self.packets += 1;
        self.bytes += u64::from(wire_len);
        self.openings += u64::from(opening);
    }
}

/// How tables judge observed traffic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    /// All of it.
    pub frames: Weight,
    /// For each two tables and each two judgements that met: how much.
    pub pairs: Vec<Judged>,
}

/// Frames that two tables judge so and so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// The number of the first table.
    pub one: usize,
    /// The number of the second.
    pub other: usize,
    /// The class by the first one, or `excluded`.
    pub one_class: String,
    /// The class by the second one, or `excluded`.
    pub other_class: String,
    /// How many.
    pub weight: Weight,
}

/// How tables do against a list of the truth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truth {
    /// SHA-256 of the list, in hex.
    pub sha256: String,
    /// Its lines.
    pub prefixes: u64,
    /// For each table, then for all of them together.
    pub tables: Vec<Confusion>,
}

/// One table against the truth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    /// The number of the table; nothing for all together, as a sensor uses them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<usize>,
    /// IPv4 addresses of the list: truly domestic and truly foreign in rows, by place in columns.
    pub ipv4: [[u64; 3]; 2],
    /// IPv6 /64 networks of the list, likewise.
    pub ipv6: [[u64; 3]; 2],
    /// Flows whose ends are all in the list, where captures were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flows: Option<FlowErrors>,
}

/// Errors by flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowErrors {
    /// Kept, of those that are truly domestic–domestic: what must not be.
    pub false_keep: Rate,
    /// Excluded for where they are, of those that are truly not.
    pub false_exclude: Rate,
}

/// A share, with the interval in which the true one lies in 95 of 100 cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// How many.
    pub events: u64,
    /// Of how many.
    pub of: u64,
    /// Parts per million; 0 of none.
    pub ppm: u64,
    /// The lower end.
    pub low_ppm: u64,
    /// The upper end.
    pub high_ppm: u64,
}

impl Rate {
    /// By Wilson's score interval (1927), rounded outwards: it holds for few cases and for none, too.
    #[must_use]
    pub fn new(events: u64, of: u64) -> Self {
        // The 97.5th percentile of the normal distribution.
        const Z: f64 = 1.959_963_984_540_054;
        const MILLION: f64 = 1e6;
        if of == 0 {
            return Self {
                events,
                of,
                ppm: 0,
                low_ppm: 0,
                high_ppm: 1_000_000,
            };
        }
        let (n, p) = (of as f64, events as f64 / of as f64);
        let centre = p + Z * Z / (2.0 * n);
        let spread = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        let scale = 1.0 + Z * Z / n;
        let low = ((centre - spread) / scale * MILLION).floor().max(0.0);
        let high = ((centre + spread) / scale * MILLION).ceil().min(MILLION);
        Self {
            events,
            of,
            ppm: (p * MILLION).round() as u64,
            low_ppm: if events == 0 { 0 } else { low as u64 },
            high_ppm: if events == of { 1_000_000 } else { high as u64 },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_s_interval_is_that_of_the_books() {
        // Newcombe (1998), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
        for (events, of, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let rate = Rate::new(events, of);
            let near = |ppm: u64, wanted: f64| (ppm as f64 / 1e6 - wanted).abs() < 1e-4;
            assert!(
                near(rate.low_ppm, low) && near(rate.high_ppm, high),
                "{rate:?}"
            );
        }
        assert_eq!(Rate::new(0, 0).high_ppm, 1_000_000);
        assert_eq!(Rate::new(7, 7).high_ppm, 1_000_000);
    }
}
