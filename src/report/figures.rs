//! What a report says, as data: integers and text, in the order of the page.
//!
//! The page in either language and the JSON are two renderings of these.

use super::evaluated::Evaluated;
use crate::ledger::Moment;
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

/// The schema's name, in the JSON.
pub(super) const SCHEMA: &str = "sekisho.report.v1";

/// A published report shows no count of packets between nothing and this: k of the small-cell rule.
///
/// *Given*: the number that the product's own requirements name; statistics offices use 3 to 20.
pub const SMALL_CELL: u64 = 20;

/// A report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    pub(super) schema: &'static str,
    pub(super) variant: Variant,
    pub(super) small_cell: u64,
    pub(super) verification: Verified,
    pub(super) period: Period,
    pub(super) sensor: Sensor,
    pub(super) sum: Sum,
    pub(super) timeline: Timeline,
    pub(super) undetermined: Undetermined,
    pub(super) networks: Vec<Network>,
    pub(super) openings: Vec<Openings>,
    pub(super) blind: Blind,
    pub(super) losses: Losses,
    pub(super) geo: Bounded<GeoSpan>,
    pub(super) policies: Bounded<PolicySpan>,
    pub(super) authority: AuthorityInPeriod,
    pub(super) events: Events,
    pub(super) exports: Exports,
    /// Measured apart from the ledger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) evaluation: Option<Evaluated>,
}

/// For whom it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Variant {
    /// The operator and the reviewer: exact.
    Full,
    /// Everybody: without small cells.
    Published,
}

/// The first of a list that anybody could make long, and how many more there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Bounded<T> {
    pub(super) shown: Vec<T>,
    pub(super) left_out: u64,
}

impl<T> Default for Bounded<T> {
    fn default() -> Self {
        Self {
            shown: Vec::new(),
            left_out: 0,
        }
    }
}

impl<T> Bounded<T> {
    /// The first `most` of them.
    pub(super) fn of(mut all: Vec<T>, most: usize) -> Self {
        let left_out = all.len().saturating_sub(most) as u64;
        all.truncate(most);
        Self {
            shown: all,
            left_out,
        }
    }
}

/// Packets, bytes on the wire and TCP openings; in a published report of what is large enough only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Figure {
    pub(super) packets: u64,
    pub(super) bytes: u64,
    pub(super) openings: u64,
    /// How many cells with 1 to 19 packets belong here and are left out.
    pub(super) small: u64,
    /// How many cells have their openings left out, being 1 to 19, or small themselves.
    pub(super) small_openings: u64,
}

impl Figure {
    /// Nothing but small cells.
    pub(super) const fn is_small(&self) -> bool {
        self.packets == 0 && self.small > 0
    }

    /// No opening but in cells whose openings are left out.
    pub(super) const fn has_small_openings(&self) -> bool {
        self.openings == 0 && self.small_openings > 0
    }
}

impl Serialize for Figure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self {
            packets,
            bytes,
            openings,
            small,
            small_openings,
        } = *self;
        let fields = 3 + usize::from(small > 0) + usize::from(small_openings > 0);
        let mut out = serializer.serialize_struct("Figure", fields)?;
        if self.is_small() {
            out.serialize_field("packets", &below(small))?;
            out.serialize_field("bytes", "withheld")?;
        } else {
            out.serialize_field("packets", &packets)?;
            out.serialize_field("bytes", &bytes)?;
        }
        if self.has_small_openings() {
            out.serialize_field("openings", "withheld")?;
        } else {
            out.serialize_field("openings", &openings)?;
        }
        if small > 0 {
            out.serialize_field("small_cells", &small)?;
        }
        if small_openings > 0 {
            out.serialize_field("small_openings", &small_openings)?;
        }
        out.end()
    }
}

/// What so many cells of fewer than [`SMALL_CELL`] packets stay below.
pub(super) fn below(cells: u64) -> String {
    format!("<{}", cells.saturating_mul(SMALL_CELL))
}

/// A count that stands alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Alone {
    pub(super) count: u64,
    pub(super) small: u64,
}

impl Serialize for Alone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.count == 0 && self.small > 0 {
            serializer.collect_str(&below(self.small))
        } else {
            serializer.serialize_u64(self.count)
        }
    }
}

/// Whether the ledger holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Verified {
    pub(super) holds: bool,
    pub(super) origin: String,
    pub(super) key: String,
    /// Whether whoever made the report had it from elsewhere.
    pub(super) key_given: bool,
    pub(super) root: String,
    pub(super) entries: u64,
    pub(super) signed: u64,
    pub(super) unsigned: u64,
    pub(super) findings: Bounded<Found>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Found {
    pub(super) index: Option<u64>,
    pub(super) what: String,
}

/// The time that the report is about; it ends before `to`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Period {
    pub(super) from: Moment,
    pub(super) to: Moment,
    pub(super) seconds: u64,
    /// Whether entries carry the wall clock, or the report goes by packet time alone.
    pub(super) clock: Clock,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Clock {
    Wall,
    Packet,
}

/// Who counted, and under which rules.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub(super) struct Sensor {
    pub(super) names: Bounded<String>,
    pub(super) interfaces: Bounded<String>,
    pub(super) modes: Vec<String>,
    pub(super) versions: Bounded<String>,
    pub(super) configurations: Bounded<String>,
    pub(super) profiles: Vec<String>,
    pub(super) home: Bounded<String>,
    pub(super) runs: u64,
    pub(super) inputs: u64,
    pub(super) intervals: u64,
}

/// Seen = kept + excluded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Sum {
    pub(super) seen: Figure,
    pub(super) kept: Figure,
    pub(super) excluded: Figure,
    /// Whether the frames delivered are the frames of the cells, in packets and bytes.
    pub(super) closes: bool,
    /// By how much they are not; not in a published report.
    pub(super) unaccounted_packets: Option<u64>,
    pub(super) unaccounted_bytes: Option<u64>,
    pub(super) by_class: Vec<Part>,
    pub(super) by_reason: Vec<Part>,
}

/// A part of the sum: of a class or a reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Part {
    pub(super) id: &'static str,
    #[serde(flatten)]
    pub(super) figure: Figure,
    /// Of the packets seen.
    pub(super) share_ppm: u64,
}

/// The same, bucket by bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Timeline {
    pub(super) bucket_seconds: u64,
    pub(super) buckets: Vec<Bucket>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Bucket {
    pub(super) from: Moment,
    pub(super) seen: Figure,
    pub(super) kept: Figure,
    pub(super) excluded: Figure,
    /// Without those that have nothing.
    pub(super) by_class: Vec<BucketPart>,
    pub(super) by_reason: Vec<BucketPart>,
    pub(super) kernel_dropped: Alone,
    /// Seconds in which nothing could be seen anywhere.
    pub(super) blind_seconds: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct BucketPart {
    pub(super) id: &'static str,
    #[serde(flatten)]
    pub(super) figure: Figure,
}

/// What was decided although a place was not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Undetermined {
    pub(super) kept: Figure,
    pub(super) kept_ppm: u64,
    pub(super) excluded: Figure,
    pub(super) excluded_ppm: u64,
    pub(super) kept_by_class: Vec<Part>,
    pub(super) excluded_by_reason: Vec<Part>,
}

/// By IP version and protocol group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Network {
    pub(super) ip: &'static str,
    pub(super) protocol: &'static str,
    pub(super) seen: Figure,
    pub(super) kept: Figure,
    pub(super) excluded: Figure,
}

/// TCP segments that ask for a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Openings {
    /// A class, or `excluded`.
    pub(super) id: &'static str,
    pub(super) openings: Alone,
}

/// When nothing could be seen, and what was not.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub(super) struct Blind {
    pub(super) kernel_dropped: Alone,
    /// Time in which the sensor saw nothing anywhere, each moment once.
    pub(super) seconds: u64,
    pub(super) share_ppm: u64,
    pub(super) gaps: Vec<GapSum>,
    /// Interfaces whose own gaps are not listed.
    pub(super) left_out: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct GapSum {
    pub(super) cause: &'static str,
    /// Where, if not everywhere.
    pub(super) interface: Option<String>,
    pub(super) gaps: u64,
    pub(super) seconds: u64,
    pub(super) share_ppm: u64,
}

/// Lost without intent, after the gate.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub(super) struct Losses {
    pub(super) output_packets: Alone,
    pub(super) output_records: Alone,
}

/// A country table, and when it decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct GeoSpan {
    pub(super) from: Moment,
    pub(super) to: Moment,
    pub(super) sha256: String,
    pub(super) home: Vec<String>,
    pub(super) sources: Vec<SourceUsed>,
    pub(super) lists: Vec<ListUsed>,
    /// Against the table before it.
    pub(super) changes: Vec<Change>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct SourceUsed {
    pub(super) name: String,
    pub(super) source: String,
    pub(super) date: Option<String>,
    pub(super) sha256: String,
    /// Days from its date to the first and to the last moment of the span.
    pub(super) age_days_first: Option<u64>,
    pub(super) age_days_last: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct ListUsed {
    pub(super) list: String,
    pub(super) sha256: String,
}

/// What is another thing than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub(super) enum Change {
    SourceAdded {
        name: String,
    },
    SourceRemoved {
        name: String,
    },
    SourceRenewed {
        name: String,
        before: Option<String>,
        after: Option<String>,
    },
    ListAdded {
        list: String,
    },
    ListRemoved {
        list: String,
    },
    Home {
        before: Vec<String>,
        after: Vec<String>,
    },
    Settings,
}

/// What might pass, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct PolicySpan {
    pub(super) from: Moment,
    pub(super) to: Moment,
    pub(super) profile: &'static str,
    pub(super) classes: Vec<String>,
}

/// Under which authorisations.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub(super) struct AuthorityInPeriod {
    pub(super) spans: Bounded<AuthoritySpan>,
    /// Times at which the sensor ran and no authorisation was in force.
    pub(super) without: Bounded<Span>,
    pub(super) without_seconds: u64,
    pub(super) without_ppm: u64,
    /// Time at which the operator authorised itself.
    pub(super) self_authorised_seconds: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Span {
    pub(super) from: Moment,
    pub(super) to: Moment,
    pub(super) seconds: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct AuthoritySpan {
    pub(super) from: Moment,
    pub(super) to: Moment,
    pub(super) standing: &'static str,
    pub(super) id: String,
    pub(super) authority: Option<String>,
    pub(super) purpose: Option<String>,
    pub(super) classes: Vec<String>,
    pub(super) interfaces: Vec<String>,
    pub(super) not_before: Option<Moment>,
    pub(super) not_after: Option<Moment>,
    pub(super) cap_packets: Option<u64>,
    pub(super) cap_bytes: Option<u64>,
    pub(super) sha256: Option<String>,
    pub(super) keys: Vec<String>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub(super) struct Events {
    /// Every kind that happened, and how often.
    pub(super) counts: Vec<KindCount>,
    /// In the order of the ledger; of each kind the first ones.
    pub(super) list: Vec<Happening>,
    pub(super) left_out: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct KindCount {
    pub(super) kind: &'static str,
    pub(super) count: u64,
}

/// One event, by the figures that it has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Happening {
    /// Its place in the ledger.
    pub(super) index: u64,
    pub(super) at: Moment,
    pub(super) kind: &'static str,
    /// `done`, `refused`, or a cause, a standing, a mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) how: Option<&'static str>,
    /// An interface's, an authorisation's or a version's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    /// In the order of the kind; the JSON names each.
    #[serde(flatten)]
    pub(super) figures: std::collections::BTreeMap<&'static str, u64>,
}

/// What was handed over.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub(super) struct Exports {
    pub(super) files: u64,
    /// This and what follows is not in a published report: with what was kept, or with another report, it would
    /// tell what is left out there.
    pub(super) length: Option<u64>,
    pub(super) records: Option<u64>,
    pub(super) packets: Option<u64>,
    pub(super) bytes: Option<u64>,
    pub(super) recalled_records: Option<u64>,
    pub(super) recalled_packets: Option<u64>,
    pub(super) formats: Bounded<FormatCount>,
    pub(super) purged_files: u64,
    /// Not in a published report.
    pub(super) purged_length: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct FormatCount {
    pub(super) format: String,
    pub(super) files: u64,
    /// Sent, and nobody knows what of it arrived.
    #[serde(skip_serializing_if = "is_false")]
    pub(super) best_effort: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// A part in millionths, rounded down but never to nothing; 0 of nothing.
pub(super) fn ppm(part: u64, whole: u64) -> u64 {
    if whole == 0 || part == 0 {
        return 0;
    }
    if part >= whole {
        return 1_000_000;
    }
    // By long division: the product could need more than 64 bits.
    let (mut left, mut out) = (part, 0_u64);
    for _ in 0..6 {
        let mut digit = 0;
        let mut rest = 0_u64;
        for _ in 0..10 {
            let room = whole - rest;
            if left >= room {
                rest = left - room;
                digit += 1;
            } else {
                rest += left;
            }
        }
        left = rest;
        out = out * 10 + digit;
    }
    out.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_right_at_any_size() {
        assert_eq!(ppm(0, 10), 0);
        assert_eq!(ppm(1, 3), 333_333);
        assert_eq!(ppm(2, 3), 666_666);
        assert_eq!(ppm(10, 10), 1_000_000);
        assert_eq!(ppm(1, u64::MAX), 1);
        assert_eq!(ppm(u64::MAX / 2, u64::MAX), 499_999);
        assert_eq!(ppm(u64::MAX - 1, u64::MAX), 999_999);
        assert_eq!(ppm(5, 0), 0);
    }

    #[test]
    fn what_is_small_is_no_number() {
        let small = Figure {
            small: 1,
            small_openings: 1,
            ..Figure::default()
        };
        assert_eq!(
            serde_json::to_string(&small).unwrap(),
            r#"{"packets":"<20","bytes":"withheld","openings":"withheld","small_cells":1,"small_openings":1}"#
        );
        assert_eq!(
            serde_json::to_string(&Alone { count: 0, small: 3 }).unwrap(),
            r#""<60""#
        );
    }
}
