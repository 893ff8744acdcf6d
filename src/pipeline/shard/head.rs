//! What a shard file says of its run, beside the pieces of records: settings, inputs, counts.
//!
//! It may come from anywhere: whatever is read is checked before it is believed.

use super::ShardNumber;
use crate::decode::{MAX_TUNNELS, MAX_VLANS, Path as Way, Tunnel};
use crate::flow::MAX_PATHS;
use crate::gate::{FRAGMENT_MEMORY, FragmentTimes, Span};
use crate::pipeline::FailureKind;
use crate::pipeline::job::{Read, Told};
use crate::pipeline::summary::Input as InputBooks;
use crate::tally::{Count, Intervals};
use crate::time::NANOS_PER_SEC;
use serde::{Deserialize, Serialize};
use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

/// The head of a shard file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::pipeline) struct Head {
    /// Which part it is.
    pub shard: ShardNumber,
    /// Of the run that it is a part of.
    pub run: RunHead,
    /// Place of the part's first input among all.
    pub first: u64,
    /// Its inputs.
    pub part: Vec<InputHead>,
    /// What was read before, for the memory of fragments.
    pub look_back: LookBack,
    /// Frames by interval.
    pub intervals: Intervals,
    /// What the flow table went through.
    pub flows: FlowHead,
    /// The ways that records' first packets came, by their number.
    pub paths: Vec<PathHead>,
    /// Pieces of records in the file.
    pub records: u64,
}

/// What all shards of a run must have alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::pipeline) struct RunHead {
    /// Of the program.
    pub version: String,
    /// The settings in force as the text of a file, without where results go.
    pub configuration: String,
    /// SHA-256 of the table, in hex.
    pub table: String,
    /// SHA-256 over the authorisations, in hex.
    pub authority: String,
    /// How many inputs there are in all parts.
    pub inputs: u64,
    /// SHA-256 over their paths and sizes, in hex.
    pub list: String,
}

/// A path that is text, or bytes where it is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(in crate::pipeline) enum Name {
    Text(String),
    Bytes(Vec<u8>),
}

/// One input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::pipeline) struct InputHead {
    pub path: Name,
    /// In bytes; nothing where it was not there.
    pub size: Option<u64>,
    pub frames: Count,
    pub complete: bool,
    pub complaint: Option<String>,
    pub unopened: Option<FailureKind>,
    pub firsts: Option<Seconds>,
    pub unsure: Option<Seconds>,
}

/// Moments, in whole seconds of packet time that hold them: first, last. Fragments may be excluded ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::pipeline) struct Seconds(pub u64, pub u64);

/// What was read before the part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::pipeline) struct LookBack {
    /// Place of the first input that was, among all.
    pub from: u64,
    /// As of an input.
    pub unsure: Option<Seconds>,
}

/// What a flow table went through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::pipeline) struct FlowHead {
    /// Most flows at a time, or more.
    pub peak: u64,
    /// Flows at the end.
    pub live: u64,
    pub evicted: u64,
    /// Earliest and latest admitted packet, in nanoseconds; nothing where none was admitted.
    pub seen: Option<(u64, u64)>,
}

/// A way: VLAN tags, and names of tunnels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::pipeline) struct PathHead {
    vlans: Vec<u16>,
    tunnels: Vec<String>,
}

impl Head {
    /// Whether a run can have written this of itself.
    pub(super) fn is_sound(&self) -> bool {
        let Self {
            shard: _,
            run,
            first,
            part,
            look_back,
            intervals: _,
            flows,
            paths,
            records,
        } = self;
        let last = first.checked_add(part.len() as u64);
        let seen = flows.seen.is_none_or(|(first, last)| first <= last);
        let live = flows.live <= flows.peak && flows.live <= *records && flows.evicted <= *records;
        let spans = part.iter().flat_map(|input| [input.firsts, input.unsure]);
        let mut spans = spans.chain([look_back.unsure]).flatten();
        last.is_some_and(|last| last <= run.inputs)
            && look_back.from <= *first
            && seen
            && live
            && (flows.seen.is_some() || *records == 0)
            && spans.all(|Seconds(from, to)| from <= to)
            && (1..=MAX_PATHS).contains(&paths.len())
    }
}

impl Name {
    fn new(path: &Path) -> Self {
        match path.to_str() {
            Some(text) => Self::Text(text.to_owned()),
            None => Self::Bytes(path.as_os_str().as_bytes().to_owned()),
        }
    }

    pub(in crate::pipeline) fn path(&self) -> PathBuf {
        match self {
            Self::Text(text) => text.into(),
            Self::Bytes(bytes) => std::ffi::OsString::from_vec(bytes.clone()).into(),
        }
    }
}

impl InputHead {
    /// Of an input that was read.
    pub(super) fn new(path: &OsStr, size: Option<u64>, read: Read) -> Self {
        let FragmentTimes { firsts, unsure } = read.fragments;
        let Told {
            books,
            frames,
            complaint,
            unopened,
        } = read.told();
        Self {
            path: Name::new(Path::new(path)),
            size,
            frames,
            complete: books.complete,
            complaint,
            unopened,
            firsts: firsts.map(Seconds::of),
            unsure: unsure.map(Seconds::of),
        }
    }

    /// What there is to tell of it.
    pub(in crate::pipeline) fn told(&self) -> Told {
        Told {
            books: InputBooks {
                path: self.path.path().display().to_string(),
                packets: self.frames.packets,
                complete: self.complete,
            },
            frames: self.frames,
            complaint: self.complaint.clone(),
            unopened: self.unopened,
        }
    }
}

impl Seconds {
    pub(super) const fn of(span: Span) -> Self {
        let (from, to) = (span.from.nanos(), span.to.nanos());
        Self(from / NANOS_PER_SEC, to.div_ceil(NANOS_PER_SEC))
    }

    /// Whether a first fragment in the one may be remembered in the other.
    pub(super) const fn reaches(self, other: Self) -> bool {
        let memory = FRAGMENT_MEMORY.div_ceil(NANOS_PER_SEC);
        self.0 <= other.1.saturating_add(memory) && other.0 <= self.1.saturating_add(memory)
    }

    pub(super) fn with(self, other: Self) -> Self {
        Self(self.0.min(other.0), self.1.max(other.1))
    }
}

impl PathHead {
    pub(super) fn new(path: &Way) -> Self {
        let tunnels = path.tunnels().iter().map(|tunnel| tunnel.name().to_owned());
        Self {
            vlans: path.vlans().to_vec(),
            tunnels: tunnels.collect(),
        }
    }

    /// The way; nothing where no packet can have come it.
    pub(in crate::pipeline) fn path(&self) -> Option<Way> {
        let fits = self.vlans.len() <= MAX_VLANS && self.tunnels.len() <= MAX_TUNNELS;
        let mut path = fits.then_some(Way::DIRECT)?;
        for vlan in &self.vlans {
            path.push_vlan((*vlan < 1 << 12).then_some(*vlan)?);
        }
        for tunnel in &self.tunnels {
            path.push_tunnel(Tunnel::of_name(tunnel)?);
        }
        Some(path)
    }
}
