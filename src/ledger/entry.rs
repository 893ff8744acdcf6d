//! What an entry can say. Counts, names of settings, digests and times; no text that comes from traffic.

use crate::fate::{Class, Fate, NetworkGroup, ProtocolGroup, Reason};
use crate::tally::Count;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The schema's name, in every entry.
pub const SCHEMA: &str = "sekisho.ledger.v1";

/// A moment as text: RFC 3339, UTC, nine digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub Timestamp);

impl Serialize for Moment {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        let moment = Timestamp::parse_rfc3339(&text).map(Self);
        moment.ok_or_else(|| serde::de::Error::custom("not a moment as RFC 3339 with nine digits"))
    }
}

/// One entry. Its index is its place in the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// [`SCHEMA`].
    pub schema: String,
    /// When it was written, by the wall clock, never earlier than the entry before it; absent in a replay,
    /// whose ledger depends on nothing but its input, table, configuration and key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Moment>,
    /// What it says.
    #[serde(flatten)]
    pub event: Event,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// A run begins.
    Start(Start),
    /// The settings in force.
    Configured(Configured),
    /// What may pass.
    Policy(Policy),
    /// An authorisation, or that there is none to show.
    Authority(Authority),
    /// The table that decides from here on.
    Geo(GeoInForce),
    /// Frames of an interval, by fate.
    Interval(Interval),
    /// A file of records is complete.
    Export(Export),
    /// A request to take over new settings.
    Reload(Reload),
    /// Nothing could be seen.
    Gap(Gap),
    /// Frames or records were lost, without intent.
    Drop(Drop),
    /// Open records that a newer table or policy does not let out.
    Recall(Recall),
    /// The clock of frames was set back.
    ClockStep {
        /// By how many nanoseconds.
        nanos: u64,
    },
    /// Files of records were removed, their time being over.
    Purge(Purge),
    /// The run before this one did not end by itself.
    CrashRecovered(CrashRecovered),
    /// The run ends.
    Stop(Stop),
    /// A run over captures ended without a result: no record of it is kept.
    Aborted {},
}

impl Event {
    /// Whether it can be entered: whether an entry of it is no longer than 65,535 bytes.
    #[must_use]
    pub fn fits(&self) -> bool {
        let entry = Entry {
            schema: SCHEMA.to_owned(),
            at: Some(Moment(Timestamp::default())),
            event: self.clone(),
        };
        super::canonical::encode(&entry).is_some()
    }

    /// The name of its kind, as in the entry.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Start(_) => "start",
            Self::Configured(_) => "configured",
            Self::Policy(_) => "policy",
            Self::Authority(_) => "authority",
            Self::Geo(_) => "geo",
            Self::Interval(_) => "interval",
            Self::Export(_) => "export",
            Self::Reload(_) => "reload",
            Self::Gap(_) => "gap",
            Self::Drop(_) => "drop",
            Self::Recall(_) => "recall",
            Self::ClockStep { .. } => "clock_step",
            Self::Purge(_) => "purge",
            Self::CrashRecovered(_) => "crash_recovered",
            Self::Stop(_) => "stop",
            Self::Aborted {} => "aborted",
        }
    }
}

/// How the program was asked to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// On interfaces.
    Capture,
    /// Over captures.
    Replay,
    /// Over made-up traffic.
    Demo,
    /// `sekisho purge`.
    Purge,
}

/// A run begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// How.
    pub mode: Mode,
    /// The version of the program.
    pub version: String,
    /// The sensor's name.
    pub sensor: String,
    /// Length of an interval in seconds.
    pub interval_secs: u64,
    /// Of a capture; in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interfaces: Vec<String>,
    /// How many captures are read, in a replay. Their names are not kept: people write addresses in them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub inputs: u64,
}

/// The settings in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configured {
    /// SHA-256 of them, in hex.
    pub sha256: String,
}

/// Under which rules the sensor is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// The operator authorises itself.
    Standard,
    /// Nothing is admitted without a signed authorisation.
    Statutory,
}

/// What may pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// By which profile.
    pub profile: Profile,
    /// Ids of the directional classes that are authorised now.
    pub classes: Vec<String>,
}

/// How an authorisation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It is in force from here on.
    InForce,
    /// Its time has not come.
    NotYet,
    /// Its time is over.
    Expired,
    /// Its volume is used up.
    Exhausted,
    /// There is none: the operator authorises itself.
    SelfAuthorised,
    /// There is none, and the profile wants one.
    Missing,
}

/// An authorisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authority {
    /// How it stands.
    pub standing: Standing,
    /// Its id; `self-authorised` where there is none.
    pub id: String,
    /// Who gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
    /// What for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// Ids of the classes that it names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// The interfaces that it names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interfaces: Vec<String>,
    /// From when on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Moment>,
    /// Until when, itself not included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Moment>,
    /// How much may be admitted under it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume: Option<Volume>,
    /// SHA-256 of its file, in hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Ids of the keys whose signatures hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
}

/// A cap on what is admitted; what is not given is not limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Volume {
    /// Packets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packets: Option<u64>,
    /// Bytes on the wire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

/// The table that decides from here on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GeoInForce {
    /// SHA-256 over everything that findings depend on, in hex; the first 16 digits are in every record.
    pub sha256: String,
    /// The countries that are home.
    pub home: Vec<String>,
    /// What it was made of.
    pub sources: Vec<GeoSource>,
    /// The operator's lists in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lists: Vec<List>,
}

/// One thing that the table was made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GeoSource {
    /// `embedded`, or the file's name.
    pub name: String,
    /// Of what kind.
    pub source: String,
    /// Its own date, `YYYY-MM-DD`, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
}

/// A list of the operator's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct List {
    /// What it says of its prefixes: `domestic` or `anycast`.
    pub list: String,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
}

/// Frames of an interval, by fate. An interval without frames has no entry in a replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    /// Its begin: packet time in a replay, the wall clock in a capture.
    pub from: Moment,
    /// Its end, itself not included.
    pub to: Moment,
    /// Frames that the sources delivered, counted before anything is known of them.
    pub frames: Count,
    /// How they ended; cells without a frame are absent. In the order of the fates.
    pub cells: Vec<Cell>,
    /// Frames that the kernel or an interface dropped meanwhile.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub kernel_dropped: u64,
}

/// What ended in one way: of an IP version and a protocol group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// Id of the class, of what was admitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Id of the reason, of what was excluded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Id of the IP version.
    pub ip: String,
    /// Id of the protocol group.
    pub protocol: String,
    /// Packets.
    pub packets: u64,
    /// Bytes on the wire.
    pub bytes: u64,
    /// TCP segments with SYN and without ACK: about as many connections were asked for.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub openings: u64,
}

impl Cell {
    /// Of a fate.
    #[must_use]
    pub fn new(
        fate: Fate,
        network: NetworkGroup,
        protocol: ProtocolGroup,
        count: Count,
        openings: u64,
    ) -> Self {
        let (class, reason) = match fate {
            Fate::Admitted(class) => (Some(class.id().to_owned()), None),
            Fate::Excluded(reason) => (None, Some(reason.id().to_owned())),
        };
        Self {
            class,
            reason,
            ip: network.id().to_owned(),
            protocol: protocol.id().to_owned(),
            packets: count.packets,
            bytes: count.bytes,
            openings,
        }
    }

    /// The fate that it names, if it names one and only one that there is.
    #[must_use]
    pub fn fate(&self) -> Option<Fate> {
        match (&self.class, &self.reason) {
            (Some(id), None) => Class::ALL
                .into_iter()
                .find(|class| class.id() == id)
                .map(Fate::Admitted),
            (None, Some(id)) => Reason::ALL
                .into_iter()
                .find(|reason| reason.id() == id)
                .map(Fate::Excluded),
            _ => None,
        }
    }

    /// Its packets and bytes.
    #[must_use]
    pub const fn count(&self) -> Count {
        Count {
            packets: self.packets,
            bytes: self.bytes,
        }
    }
}

/// A file of records is complete. Its name is not kept: its digest finds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    /// `jsonl`, `csv` …, as the format is called; with `.zst` behind it where it is packed, and with `+udp` or
    /// the like where it went over a network.
    pub format: String,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
    /// Its length in bytes.
    pub length: u64,
    /// Records in it.
    pub records: u64,
    /// Packets in these.
    pub packets: u64,
    /// Bytes of these on the wire.
    pub bytes: u64,
}

impl Export {
    /// Whether it went over a network, to no file of ours.
    #[must_use]
    pub fn is_stream(&self) -> bool {
        self.format.contains('+')
    }
}

/// A request to take over new settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reload {
    /// Whether they are in force now; else those of before stay.
    pub done: bool,
}

/// Why nothing could be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapCause {
    /// The interface carried nothing.
    LinkDown,
    /// The sensor did not run, having been ended.
    Stopped,
    /// The sensor did not run, and had not been ended: what it counted since its last entry is not known.
    Crashed,
}

/// Nothing could be seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Why.
    pub cause: GapCause,
    /// Since when.
    pub from: Moment,
    /// Until when.
    pub to: Moment,
    /// Where, if not everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
}

/// What could not keep up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DropCause {
    /// The program: the kernel's ring was full.
    Kernel,
    /// The writer: the queue to it was full, or it could not write.
    Output,
}

/// Something was lost without intent, since the last entry of its cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drop {
    /// What could not keep up.
    pub cause: DropCause,
    /// Frames, or admitted packets that are in no record.
    pub packets: u64,
    /// Records.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub records: u64,
}

/// Records that a newer table or policy does not let out: intent, not loss.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recall {
    /// Records.
    pub records: u64,
    /// Packets in them.
    pub packets: u64,
    /// Bytes of these on the wire.
    pub bytes: u64,
}

/// Files of records were removed, their time being over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purge {
    /// What expired before this was removed.
    pub expired_before: Moment,
    /// The files.
    pub files: Vec<Purged>,
}

/// A file that was removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purged {
    /// SHA-256 of its bytes, in hex: as in the entry of its export.
    pub sha256: String,
    /// Its length in bytes.
    pub length: u64,
}

/// The run before this one did not end by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrashRecovered {
    /// Entries that it left: the index of the first one that is not its own.
    pub entries: u64,
}

/// The run ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// The sums over the run.
    pub totals: Totals,
    /// Whether the run's own books balance.
    pub balanced: bool,
}

/// Sums over a run: what its summary says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Totals {
    /// Frames that the sources delivered.
    pub frames: Count,
    /// Frames that passed.
    pub admitted: Count,
    /// Frames that were turned back.
    pub excluded: Count,
    /// Frames that the kernel or an interface dropped before.
    pub kernel_dropped: u64,
    /// Records written.
    pub records: u64,
    /// Packets in them, and bytes of these on the wire.
    pub recorded: Count,
    /// Records that were recalled.
    pub recalled_records: u64,
    /// Packets in them, and bytes of these on the wire.
    pub recalled: Count,
    /// Records that were lost.
    pub lost_records: u64,
    /// Packets in them, and bytes of these on the wire.
    pub lost: Count,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's form")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}
