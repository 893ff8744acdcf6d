//! A record with everything that its run adds to it: what all formats render.

use super::Terms;
use super::community_id::{LEN, community_id};
use super::pseudonym::Written;
use crate::flow::{
    Admitted, Atlas, Class, CountryCode, EndReason, Ended, Initiator, IpVersion, Path, PathList,
    Place, Settings, Side, Timestamp,
};
use crate::spelling::hex;

/// What a run knows when its records are rendered.
pub struct Run<'a> {
    /// Name of the sensor, as in the configuration.
    pub sensor: &'a str,
    /// Time of the latest frame of the run.
    pub end: Timestamp,
    /// The flow table's settings.
    pub settings: Settings,
    /// The paths that records name.
    pub paths: &'a PathList,
    /// The country table.
    pub atlas: &'a dyn Atlas,
    /// Under what they are collected.
    pub terms: &'a Terms,
}

/// [`Run`], with what all records share already rendered.
pub struct RunContext<'a> {
    pub(super) run: Run<'a>,
    /// First 16 hex digits of the table's digest.
    pub(super) geo: String,
    /// The sensor's name as a JSON string, quotes included.
    pub(super) sensor_json: String,
    /// The sensor's name as a CSV field.
    pub(super) sensor_csv: String,
    /// The authorisations as a JSON string, quotes included.
    pub(super) authorisation_json: String,
    /// Likewise as a CSV field.
    pub(super) authorisation_csv: String,
}

impl<'a> RunContext<'a> {
    /// Prepares what all records of a run share.
    #[must_use]
    pub fn new(run: Run<'a>) -> Self {
        let mut geo = hex(&run.atlas.digest());
        geo.truncate(16);
        let authorisation = run.terms.authorisation.as_str();
        Self {
            geo,
            sensor_json: serde_json::Value::from(run.sensor).to_string(),
            sensor_csv: super::csv::field(run.sensor),
            authorisation_json: serde_json::Value::from(authorisation).to_string(),
            authorisation_csv: super::csv::field(authorisation),
            run,
        }
    }
}

/// The marks of a record, in the order in which they are listed.
pub(super) const MARKS: [(u8, &str); 3] = [
    (Admitted::TRUNCATED, "truncated"),
    (Admitted::FRAGMENT, "fragments"),
    (Admitted::OPAQUE, "opaque"),
];

/// One record, resolved. Nothing in it is on the heap.
pub(super) struct View<'r> {
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
    pub(super) src: Side,
    pub(super) dst: Side,
    /// What is written of their addresses.
    pub(super) src_ip: Written,
    pub(super) dst_ip: Written,
    pub(super) protocol: u8,
    pub(super) icmp: Option<(u8, u8)>,
    pub(super) src_country: Option<CountryCode>,
    pub(super) dst_country: Option<CountryCode>,
    pub(super) class: Class,
    pub(super) initiator: Initiator,
    pub(super) path: &'r Path,
    pub(super) end_reason: EndReason,
    pub(super) seq: u64,
    /// When it expires, if it does.
    pub(super) expiry: Option<Timestamp>,
    /// Its Community ID, where that is asked for and known.
    pub(super) community_id: Option<[u8; LEN]>,
    /// The version of its addresses, whatever pseudonyms look like.
    pub(super) version: IpVersion,
    marks: u8,
    stale: bool,
}

impl<'r> View<'r> {
    pub(super) fn new(ended: &Ended, seq: u64, context: &'r RunContext<'_>) -> Self {
        let run = &context.run;
        let (src, dst, version) = (ended.src(), ended.dst(), ended.version());
        let [src_ip, dst_ip] = match &run.terms.pseudonyms {
            None => [src.address, dst.address].map(|address| Written::plain(version, address)),
            Some(pseudonyms) => pseudonyms.ends(ended),
        };
        Self {
            start: ended.start(),
            end: ended.end(),
            src_ip,
            dst_ip,
            protocol: ended.protocol(),
            icmp: ended.icmp(),
            src_country: run.atlas.country(version, src.address),
            dst_country: run.atlas.country(version, dst.address),
            class: ended.class(),
            initiator: ended.initiator(),
            path: run.paths.path(ended.path()),
            end_reason: ended.end_reason(&run.settings, run.end),
            seq,
            expiry: run.terms.expiry(ended.end()),
            community_id: match run.terms {
                Terms {
                    community_id: Some(seed),
                    pseudonyms: None,
                    ..
                } => community_id(*seed, ended),
                _ => None,
            },
            version,
            marks: ended.marks(),
            stale: run.atlas.is_stale_at(ended.start()),
            src,
            dst,
        }
    }

    /// The Community ID as text.
    pub(super) fn community_id(&self) -> Option<&str> {
        std::str::from_utf8(self.community_id.as_ref()?).ok()
    }

    /// Names of the flags that are set, in the order of the record's definition.
    pub(super) fn flags(&self) -> impl Iterator<Item = &'static str> {
        let [truncated, fragments, opaque] =
            MARKS.map(|(mark, name)| (self.marks & mark != 0).then_some(name));
        let stale = self.stale.then_some("geo_stale");
        let src = self.src_ip.is_pseudonym.then_some("pseudonym_src");
        let dst = self.dst_ip.is_pseudonym.then_some("pseudonym_dst");
        let all = [truncated, fragments, stale, opaque, src, dst];
        all.into_iter().flatten()
    }
}

/// The places of the source and the destination of a class.
pub(super) const fn places(class: Class) -> (Place, Place) {
    match class {
        Class::ForeignForeign => (Place::Foreign, Place::Foreign),
        Class::ForeignDomestic => (Place::Foreign, Place::Domestic),
        Class::DomesticForeign => (Place::Domestic, Place::Foreign),
        Class::ForeignUndetermined => (Place::Foreign, Place::Undetermined),
        Class::UndeterminedForeign => (Place::Undetermined, Place::Foreign),
    }
}

/// The scope of a class (rules §2).
pub(super) const fn scope(class: Class) -> &'static str {
    match class {
        Class::ForeignForeign => "foreign_only",
        Class::ForeignDomestic | Class::DomesticForeign => "domestic_touching",
        Class::ForeignUndetermined | Class::UndeterminedForeign => "undetermined",
    }
}

/// The id of an initiator.
pub(super) const fn initiator(initiator: Initiator) -> &'static str {
    match initiator {
        Initiator::Syn => "syn",
        Initiator::FirstSeen => "first_seen",
    }
}
