//! The oracle's answer for a capture, and how a run compares with it.

use sekisho::fate::{Class, Reason};
use sekisho::pipeline::{Failure, FailureKind, Outcome};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::Path;

/// How a run compares.
pub(crate) enum Verdict {
    /// Every class as the oracle prefers it, and every flow.
    Exact,
    /// Within the bounds that the rules leave.
    Sound,
    /// Refused, as there was nothing to read.
    Refused,
    /// Anything else, with what differs.
    Wrong(Vec<String>),
}

#[derive(Default)]
pub(crate) struct Score {
    pub(crate) files: usize,
    exact: usize,
    pub(crate) sound: Vec<String>,
    refused: usize,
    pub(crate) wrong: Vec<String>,
}

impl Score {
    pub(crate) fn add(&mut self, name: &str, verdict: Verdict) {
        self.files += 1;
        match verdict {
            Verdict::Exact => self.exact += 1,
            Verdict::Sound => self.sound.push(name.to_owned()),
            Verdict::Refused => self.refused += 1,
            Verdict::Wrong(what) => self.wrong.push(format!("{name}: {}", what.join("; "))),
        }
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} captures x homes: {} exact, {} sound, {} refused, {} wrong",
            self.files,
            self.exact,
            self.sound.len(),
            self.refused,
            self.wrong.len()
        )
    }
}

pub(crate) struct Answer(Value);

type End = (String, u64);
type Key = (u64, End, End);

impl Answer {
    pub(crate) fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).expect("an expected answer");
        Self(serde_json::from_str(&text).expect("JSON"))
    }

    fn number(&self, path: &str) -> u64 {
        self.0.pointer(path).and_then(Value::as_u64).unwrap_or(0)
    }

    fn is_capture(&self) -> bool {
        self.0["format"]
            .as_str()
            .is_some_and(|format| format.starts_with("pcap"))
    }

    pub(crate) fn check(&self, outcome: &Result<Outcome, Failure>, records: &[u8]) -> Verdict {
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(failure)
                if failure.kind() == FailureKind::NotACapture
                    && (self.number("/packets") == 0 || !self.is_capture()) =>
            {
                return Verdict::Refused;
            }
            Err(failure) => return Verdict::Wrong(vec![failure.to_string()]),
        };
        let mut wrong = Vec::new();
        let mut exact = true;
        self.check_totals(outcome, &mut wrong);
        self.check_classes(outcome, &mut wrong, &mut exact);
        if self.0["flow_checks"] == "strict" && self.0["flows"].is_array() {
            self.check_flows(records, &mut wrong);
        }
        match (wrong.is_empty(), exact) {
            (true, true) => Verdict::Exact,
            (true, false) => Verdict::Sound,
            (false, _) => Verdict::Wrong(wrong),
        }
    }

    fn check_totals(&self, outcome: &Outcome, wrong: &mut Vec<String>) {
        let summary = &outcome.summary;
        let mut same = |what: &str, got: u64, expected: u64| {
            if got != expected {
                wrong.push(format!("{what} {got}, expected {expected}"));
            }
        };
        same("frames", summary.frames.packets, self.number("/packets"));
        same("bytes", summary.frames.bytes, self.number("/wire_bytes"));
        let settled = summary.admitted.packets + summary.excluded.packets;
        same("settled", settled, summary.frames.packets);
        let certain = summary.excluded.by_reason.0[Reason::DomesticPair as usize].packets;
        same("domestic pairs", certain, self.number("/domestic_sure"));
        if !summary.balanced {
            wrong.push("books do not balance".to_owned());
        }
        let damaged = !outcome.damaged.is_empty();
        if self.is_capture() && damaged != self.0["file_error"].is_string() {
            wrong.push(format!(
                "damaged {damaged}, expected {}",
                self.0["file_error"]
            ));
        }
    }

    fn check_classes(&self, outcome: &Outcome, wrong: &mut Vec<String>, exact: &mut bool) {
        let got: BTreeMap<String, u64> = Class::ALL
            .iter()
            .zip(outcome.summary.admitted.by_class.0)
            .map(|(class, count)| (class.id().to_owned(), count.packets))
            .collect();
        let named = |key: &str| -> Vec<String> {
            self.0[key]
                .as_object()
                .map(|map| map.keys().cloned().collect())
                .unwrap_or_default()
        };
        let classes: BTreeSet<String> = got
            .keys()
            .cloned()
            .chain(named("sure"))
            .chain(named("admitted"))
            .collect();
        let any = self.number("/either/any");
        for class in classes {
            let count = got.get(&class).copied().unwrap_or(0);
            let low = self.number(&format!("/sure/{class}"));
            let high = low + self.number(&format!("/either/{class}")) + any;
            if !(low..=high).contains(&count) {
                wrong.push(format!("class {class}: {count}, expected {low}..{high}"));
            }
            if count != self.number(&format!("/admitted/{class}/packets")) {
                *exact = false;
            }
        }
    }

    fn check_flows(&self, records: &[u8], wrong: &mut Vec<String>) {
        let mut expected = BTreeMap::new();
        for flow in self.0["flows"].as_array().into_iter().flatten() {
            add(&mut expected, flow);
        }
        let mut got = BTreeMap::new();
        for line in records
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
        {
            add(
                &mut got,
                &serde_json::from_slice(line).expect("a JSON record"),
            );
        }
        let keys: BTreeSet<&Key> = expected.keys().chain(got.keys()).collect();
        let differing: Vec<_> = keys
            .into_iter()
            .filter(|key| expected.get(*key) != got.get(*key))
            .collect();
        if let Some(first) = differing.first() {
            wrong.push(format!(
                "{} flows differ, such as {first:?}: {:?}, expected {:?}",
                differing.len(),
                got.get(*first),
                expected.get(*first)
            ));
        }
    }
}

/// Adds a record or an expected flow to the totals of its key, ends in a canonical order.
fn add(totals: &mut BTreeMap<Key, [u64; 6]>, record: &Value) {
    let number = |name: &str| record[name].as_u64().unwrap_or(0);
    let protocol = number("protocol");
    let end = |side: &str| -> End {
        let address: std::net::IpAddr = record[format!("{side}_ip")]
            .as_str()
            .expect("an address")
            .parse()
            .expect("an address");
        let port = match protocol {
            1 | 58 => 0,
            _ => number(&format!("{side}_port")),
        };
        (address.to_string(), port)
    };
    let side = |side: &str| {
        ["packets", "bytes", "wire_bytes"].map(|name| number(&format!("{side}_{name}")))
    };
    let (mut a, mut b) = ((end("src"), side("src")), (end("dst"), side("dst")));
    if a.0 > b.0 {
        std::mem::swap(&mut a, &mut b);
    }
    let total = totals.entry((protocol, a.0, b.0)).or_default();
    for (sum, more) in total.iter_mut().zip(a.1.into_iter().chain(b.1)) {
        *sum += more;
    }
}
