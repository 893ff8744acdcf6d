//! An evaluation of country tables as a report takes it: read strictly, for it was made elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::evaluation::{Evaluation, Rate, SCHEMA, Traffic, Truth, Weight};
use crate::fate::Class;

/// What a file may be long. *Guessed*: one of sixteen tables with traffic is a tenth of it.
pub const LONGEST_EVALUATION: u64 = 1 << 20;
/// Of tables: with more, the pairs are no reading for people.
const MOST_TABLES: usize = 16;
/// Of a name, in bytes.
const LONGEST_NAME: usize = 1024;
/// The class of what a table does not let pass.
pub(super) const EXCLUDED: &str = "excluded";

/// An evaluation whose figures fit each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured(Evaluation);

/// Why a file is not taken as an evaluation: one line, without the file's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable(String);

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unusable {}

impl Measured {
    /// Reads what `sekisho evaluate --json` wrote, of at most [`LONGEST_EVALUATION`] bytes.
    ///
    /// # Errors
    /// Where it is longer, not JSON, of another schema, has a field that the schema does not, or figures that
    /// cannot be.
    pub fn read(json: &[u8]) -> Result<Self, Unusable> {
        let no = |what: &str| Unusable(what.to_owned());
        if json.len() as u64 > LONGEST_EVALUATION {
            return Err(no("evaluation is longer than 1 MiB"));
        }
        let value: serde_json::Value =
            serde_json::from_slice(json).map_err(|_| no("evaluation is not JSON"))?;
        if value.get("schema").and_then(serde_json::Value::as_str) != Some(SCHEMA) {
            return Err(Unusable(format!("not of schema {SCHEMA}")));
        }
        let found: Evaluation =
            serde_json::from_slice(json).map_err(|_| no("evaluation is damaged"))?;
        // What a reader of the schema would pass over is no part of it.
        if serde_json::to_value(&found).ok().as_ref() != Some(&value) {
            return Err(no("evaluation has a field that its schema does not have"));
        }
        check(&found).map_err(|what| Unusable(format!("evaluation is absurd: {what}")))?;
        Ok(Self(found))
    }

    pub(super) const fn get(&self) -> &Evaluation {
        &self.0
    }
}

type Checked = Result<(), &'static str>;

fn so(holds: bool, otherwise: &'static str) -> Checked {
    if holds { Ok(()) } else { Err(otherwise) }
}

fn check(found: &Evaluation) -> Checked {
    let Evaluation {
        schema: _,
        version,
        home,
        tables,
        by_space,
        by_traffic,
        truth,
    } = found;
    so(version.len() <= 64, "its version is too long")?;
    so(
        (1..=MOST_TABLES).contains(&tables.len()),
        "not 1 to 16 tables",
    )?;
    let is_country =
        |name: &String| name.len() == 2 && name.bytes().all(|c| c.is_ascii_uppercase());
    so(
        (1..=300).contains(&home.len()) && home.iter().all(is_country),
        "its home is not a list of countries",
    )?;
    for table in tables {
        so(
            table.name.len() <= LONGEST_NAME,
            "a table's name is too long",
        )?;
        so(
            table.date.as_ref().is_none_or(|date| date.len() <= 64),
            "a table's date is too long",
        )?;
        let digests = &table.sha256;
        so(
            (1..=64).contains(&digests.len()) && digests.iter().all(|sha256| is_digest(sha256)),
            "a table's SHA-256 is none",
        )?;
    }
    let pair = |one: usize, other: usize| {
        so(
            one < other && other < tables.len(),
            "a pair is not of two tables",
        )
    };
    let mut spaces = BTreeSet::new();
    for space in by_space {
        pair(space.one, space.other)?;
        so(
            spaces.insert((space.one, space.other, &space.ip)),
            "a pair stands twice",
        )?;
        fits(space.places.iter().flatten(), &space.ip)?;
    }
    if let Some(traffic) = by_traffic {
        check_traffic(traffic, &pair)?;
    }
    truth
        .as_ref()
        .map_or(Ok(()), |truth| check_truth(truth, tables.len()))
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether counts fit into their address space.
fn fits<'a>(mut cells: impl Iterator<Item = &'a u64>, ip: &str) -> Checked {
    let sum = cells.try_fold(0_u64, |sum, cell| sum.checked_add(*cell));
    let fits = match ip {
        "ipv4" => sum.is_some_and(|sum| sum <= 1 << 32),
        "ipv6" => sum.is_some(),
        _ => return Err("an IP version is neither ipv4 nor ipv6"),
    };
    so(fits, "a matrix has more than its address space")
}

fn check_traffic(traffic: &Traffic, pair: &dyn Fn(usize, usize) -> Checked) -> Checked {
    let is_class = |id: &str| id == EXCLUDED || Class::ALL.iter().any(|class| class.id() == id);
    let whole = |weight: &Weight| {
        so(
            weight.openings <= weight.packets && (weight.packets > 0 || weight.bytes == 0),
            "a count of traffic has more openings or bytes than packets allow",
        )
    };
    whole(&traffic.frames)?;
    let mut sums: BTreeMap<(usize, usize), Weight> = BTreeMap::new();
    let mut cells = BTreeSet::new();
    for judged in &traffic.pairs {
        pair(judged.one, judged.other)?;
        whole(&judged.weight)?;
        let (one, other) = (judged.one_class.as_str(), judged.other_class.as_str());
        so(is_class(one) && is_class(other), "a class is unknown")?;
        so(
            cells.insert((judged.one, judged.other, one, other)),
            "two classes of a pair stand twice",
        )?;
        let sum = sums.entry((judged.one, judged.other)).or_default();
        let Weight {
            packets,
            bytes,
            openings,
        } = judged.weight;
        let sums = (
            sum.packets.checked_add(packets),
            sum.bytes.checked_add(bytes),
            sum.openings.checked_add(openings),
        );
        let (Some(packets), Some(bytes), Some(openings)) = sums else {
            return Err("traffic of a pair is more than can be counted");
        };
        *sum = Weight {
            packets,
            bytes,
            openings,
        };
    }
    so(
        sums.values().all(|sum| *sum == traffic.frames),
        "traffic of a pair is not all of the traffic",
    )
}

fn check_truth(truth: &Truth, tables: usize) -> Checked {
    so(is_digest(&truth.sha256), "the SHA-256 of the truth is none")?;
    let mut seen = BTreeSet::new();
    for confusion in &truth.tables {
        so(
            confusion.table.is_none_or(|table| table < tables) && seen.insert(confusion.table),
            "a row of the truth is of no table, or of one that had its row",
        )?;
        fits(confusion.ipv4.iter().flatten(), "ipv4")?;
        fits(confusion.ipv6.iter().flatten(), "ipv6")?;
        if let Some(flows) = confusion.flows {
            for rate in [flows.false_keep, flows.false_exclude] {
                so(
                    rate.events <= rate.of && Rate::new(rate.events, rate.of) == rate,
                    "a rate is not that of its counts",
                )?;
            }
        }
    }
    Ok(())
}
