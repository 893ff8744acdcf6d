//! The books of a run as `sekisho.summary.v1`, and how they are written.
//!
//! Counts only: no address, no prefix, nothing of a single packet. All bytes are wire bytes.

use std::io::{self, Write as _};
use std::path::Path;

use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::whole::complete;
use crate::export::SELF_AUTHORISED;
use crate::fate::{Class, Reason};
use crate::spelling::folder_of;
pub use crate::tally::Count;

/// The schema's name.
pub const SCHEMA: &str = "sekisho.summary.v1";

/// Everything that a run did, in counts.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The version of the program.
    pub version: &'static str,
    /// The sensor's name.
    pub sensor: String,
    /// SHA-256 of the settings in force, in hex.
    pub config: String,
    /// What it was authorised by.
    pub authorisation: Authorisation,
    /// Frames received by the program.
    pub frames: Count,
    /// Frames that the kernel or an interface dropped before; none in a replay.
    pub kernel_dropped: u64,
    /// Frames that passed.
    pub admitted: Admitted,
    /// Frames that were turned back.
    pub excluded: Excluded,
    /// Flow records.
    pub flows: Flows,
    /// Admitted packets of flows that were recalled, and their bytes on the wire.
    pub recalled: Count,
    /// What was lost without intent.
    pub lost: Lost,
    /// The inputs, in the order in which they were read.
    pub inputs: Vec<Input>,
    /// The table that decided.
    pub geo: Geo,
    /// Whether every frame is in exactly one of the numbers above, and every admitted packet in
    /// exactly one record, recalled or lost.
    pub balanced: bool,
}

/// What a run was authorised by.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Authorisation {
    /// The profile: `standard` or `statutory`.
    pub profile: &'static str,
    /// Ids of the authorisations whose signatures hold, in force or not; `self-authorised` where the operator
    /// authorises itself.
    pub ids: Vec<String>,
}

impl Default for Authorisation {
    /// The operator's own.
    fn default() -> Self {
        Self {
            profile: "standard",
            ids: vec![SELF_AUTHORISED.to_owned()],
        }
    }
}

/// Frames that passed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Admitted {
    /// Packets.
    pub packets: u64,
    /// Bytes on the wire.
    pub bytes: u64,
    /// Packets by the class of their own direction.
    pub by_class: ByClass,
}

/// Frames that were turned back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Excluded {
    /// Packets.
    pub packets: u64,
    /// Bytes on the wire.
    pub bytes: u64,
    /// By the reason that decided.
    pub by_reason: ByReason,
}

/// One count for each class, in the order of [`Class::ALL`]; all classes are always written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ByClass(pub [Count; Class::ALL.len()]);

/// One count for each reason, in the order of [`Reason::ALL`]; all reasons are always written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ByReason(pub [Count; Reason::ALL.len()]);

impl Serialize for ByClass {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (class, count) in Class::ALL.iter().zip(&self.0) {
            map.serialize_entry(class.id(), count)?;
        }
        map.end()
    }
}

impl Serialize for ByReason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (reason, count) in Reason::ALL.iter().zip(&self.0) {
            map.serialize_entry(reason.id(), count)?;
        }
        map.end()
    }
}

/// Flow records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Flows {
    /// Records written.
    pub exported: u64,
    /// Flows dropped unexported, since a newer table or policy does not admit them, or nothing can prove that it
    /// does.
    pub recalled: u64,
    /// Flows exported early, since the flow table was full.
    pub evicted: u64,
}

/// What was lost without intent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Lost {
    /// Admitted packets that are in no record.
    pub packets: u64,
    /// Finished records that could not be written.
    pub records: u64,
}

/// One input.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Input {
    /// Its path as given or found.
    pub path: String,
    /// Packets read from it.
    pub packets: u64,
    /// Whether it was read to its proper end.
    pub complete: bool,
}

/// The table that decided.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Geo {
    /// SHA-256 over everything that the findings depend on, in hex.
    pub digest: String,
    /// What it was made of.
    pub sources: Vec<GeoSource>,
    /// The countries that are home.
    pub home: Vec<String>,
    /// Whether it was too old for some packet.
    pub stale: bool,
}

/// One thing that the table was made of.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct GeoSource {
    /// `embedded`, or the file's name.
    pub name: String,
    /// Of what kind.
    pub kind: String,
    /// Its own date, `YYYY-MM-DD`, where it has one.
    pub date: Option<String>,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
}

impl Summary {
    /// Whether frames = admitted + Σ excluded, in packets and in bytes, and the sums are those of
    /// their parts. (That admitted packets are those of records is only known to who counts records.)
    #[must_use]
    pub fn frames_balance(&self) -> bool {
        let Self {
            frames,
            admitted,
            excluded,
            ..
        } = self;
        let sum = |counts: &[Count]| {
            counts
                .iter()
                .fold(Count::default(), |sum, &count| sum.plus(count))
        };
        let reasons = sum(&excluded.by_reason.0);
        let classes = sum(&admitted.by_class.0);
        (classes.packets, classes.bytes) == (admitted.packets, admitted.bytes)
            && (reasons.packets, reasons.bytes) == (excluded.packets, excluded.bytes)
            && admitted.packets.checked_add(excluded.packets) == Some(frames.packets)
            && admitted.bytes.checked_add(excluded.bytes) == Some(frames.bytes)
    }

    /// As one JSON object, indented, with a line feed at its end.
    ///
    /// # Errors
    /// As the serializer's, which a summary gives no cause for.
    pub fn to_json(&self) -> io::Result<String> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        Ok(text)
    }

    /// Writes the JSON to a file: beside it, synced, then renamed over it, for its owner alone. A
    /// device or pipe is written in place.
    ///
    /// # Errors
    /// As the file system's.
    pub fn write_to(&self, path: &Path) -> io::Result<()> {
        let text = self.to_json()?;
        if path
            .metadata()
            .is_ok_and(|meta| !meta.is_file() && !meta.is_dir())
        {
            return std::fs::OpenOptions::new()
                .write(true)
                .open(path)?
                .write_all(text.as_bytes());
        }
        // Created with mode 0600, and removed again if anything below fails.
        let mut file = tempfile::Builder::new()
            .prefix(".sekisho-summary-")
            .suffix(".tmp")
            .tempfile_in(folder_of(path))?;
        file.write_all(text.as_bytes())?;
        complete(file, text.len() as u64, path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary() -> Summary {
        let mut by_reason = ByReason::default();
        by_reason.0[Reason::DomesticPair as usize] = Count {
            packets: 2,
            bytes: 200,
        };
        Summary {
            schema: SCHEMA,
            version: "0.0.0",
            sensor: "test".to_owned(),
            config: "00".to_owned(),
            authorisation: Authorisation::default(),
            frames: Count {
                packets: 5,
                bytes: 500,
            },
            kernel_dropped: 0,
            admitted: Admitted {
                packets: 3,
                bytes: 300,
                by_class: ByClass([
                    Count {
                        packets: 3,
                        bytes: 300,
                    },
                    Count::default(),
                    Count::default(),
                    Count::default(),
                    Count::default(),
                ]),
            },
            excluded: Excluded {
                packets: 2,
                bytes: 200,
                by_reason,
            },
            flows: Flows::default(),
            recalled: Count::default(),
            lost: Lost::default(),
            inputs: vec![Input {
                path: "a\u{1b}[2J\"</script>\n.pcap".to_owned(),
                packets: 5,
                complete: true,
            }],
            geo: Geo {
                digest: "ab".to_owned(),
                sources: Vec::new(),
                home: vec!["JP".to_owned()],
                stale: false,
            },
            balanced: true,
        }
    }

    #[test]
    fn the_keys_are_the_contract_s_in_their_order() {
        let text = summary().to_json().unwrap();
        let keys: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with("  \""))
            .filter_map(|line| line.split('"').nth(1))
            .collect();
        assert_eq!(
            keys,
            [
                "schema",
                "version",
                "sensor",
                "config",
                "authorisation",
                "frames",
                "kernel_dropped",
                "admitted",
                "excluded",
                "flows",
                "recalled",
                "lost",
                "inputs",
                "geo",
                "balanced"
            ]
        );
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            value["excluded"]["by_reason"]["domestic_pair"]["bytes"],
            200
        );
        assert_eq!(
            value["admitted"]["by_class"]["foreign_foreign"]["packets"],
            3
        );
        assert_eq!(value["inputs"][0]["path"], "a\u{1b}[2J\"</script>\n.pcap");
        assert!(!text.contains('\u{1b}'));
    }

    #[test]
    fn a_frame_too_many_or_a_byte_too_few_is_no_balance() {
        assert!(summary().frames_balance());
        let wrong: [fn(&mut Summary); 5] = [
            |s| s.frames.packets += 1,
            |s| s.frames.bytes -= 1,
            |s| s.admitted.by_class.0[1].packets += 1,
            |s| s.excluded.by_reason.0[3].bytes += 1,
            |s| s.admitted.packets = u64::MAX,
        ];
        for change in wrong {
            let mut summary = summary();
            change(&mut summary);
            assert!(!summary.frames_balance());
        }
    }

    #[test]
    fn a_file_is_replaced_as_a_whole_and_is_its_owner_s_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("summary.json");
        std::fs::write(&path, "old").unwrap();
        summary().write_to(&path).unwrap();
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            summary().to_json().unwrap()
        );
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(folder.path().read_dir().unwrap().count(), 1);
        assert!(summary().write_to(folder.path()).is_err());
        assert_eq!(folder.path().read_dir().unwrap().count(), 1);
    }
}
