//! The record `sekisho.flow.v1` as a type: what the schema is generated from and what reads records
//! back. Rendering does not go through it.

use super::text::address_text;
use super::view::{RunContext, View, places};
use crate::flow::{Class, EndReason, Ended, Initiator, Place};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$variant_doc])* $variant),* }

        impl $name {
            /// All of them, in the order of their definition.
            pub const ALL: [Self; [$(Self::$variant),*].len()] = [$(Self::$variant),*];
        }
    };
}

names!(
    /// Where an end is.
    PlaceName {
        /// At home.
        Domestic,
        /// Abroad, by every source.
        Foreign,
        /// Not known.
        Undetermined,
    }
);
names!(
    /// Class of the direction from source to destination. Domestic–domestic has no name here.
    ClassName {
        /// Both ends abroad.
        ForeignForeign,
        /// From abroad to home.
        ForeignDomestic,
        /// From home to abroad.
        DomesticForeign,
        /// From abroad to an end whose place is not known.
        ForeignUndetermined,
        /// From an end whose place is not known to abroad.
        UndeterminedForeign,
    }
);
names!(
    /// What a record touches.
    ScopeName {
        /// Both ends are abroad.
        ForeignOnly,
        /// One end is at home.
        DomesticTouching,
        /// The place of one end is not known.
        Undetermined,
    }
);
names!(
    /// How the source was told from the destination.
    InitiatorName {
        /// It sent a SYN without ACK.
        Syn,
        /// It sent the first packet that was seen.
        FirstSeen,
    }
);
names!(
    /// Why a record ended.
    EndReasonName {
        /// No packet for the idle timeout.
        Idle,
        /// The active timeout.
        Active,
        /// RST, FIN from both sides, or a new connection.
        TcpEnd,
        /// The input ended.
        EndOfInput,
        /// The country table or the policy was replaced, or the clock set back (live capture only).
        Epoch,
        /// The flow table was full.
        Evicted,
    }
);
names!(
    /// What else must be known about a record.
    Mark {
        /// A packet was cut before its ports.
        Truncated,
        /// There were fragments.
        Fragments,
        /// The country table was too old for its time.
        GeoStale,
        /// It was encrypted and judged by its own ends.
        Opaque,
        /// Not every packet was seen. Reserved: no version sets it, since none samples.
        Sampled,
        /// The source's address is a pseudonym.
        PseudonymSrc,
        /// The destination's address is a pseudonym.
        PseudonymDst,
    }
);

/// One bidirectional flow record, `sekisho.flow.v1`. The source is the initiator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "sekisho.flow.v1")]
pub struct FlowRecord {
    /// Time of the earliest packet, RFC 3339 UTC with nine digits.
    pub start: String,
    /// Time of the latest packet.
    pub end: String,
    /// Address of the initiator (RFC 5952 for IPv6), or its pseudonym.
    pub src_ip: String,
    /// Port of the initiator; 0 where there is none.
    pub src_port: u16,
    /// Address of the other end, or its pseudonym.
    pub dst_ip: String,
    /// Port of the other end; 0 where there is none.
    pub dst_port: u16,
    /// IANA protocol number.
    pub protocol: u8,
    /// ICMP type of the first packet; null unless ICMP.
    pub icmp_type: Option<u8>,
    /// ICMP code of the first packet; null unless ICMP.
    pub icmp_code: Option<u8>,
    /// Where the source is.
    pub src_place: PlaceName,
    /// Where the destination is.
    pub dst_place: PlaceName,
    /// Country of the source, ISO 3166-1 alpha-2; null if not known.
    pub src_country: Option<String>,
    /// Country of the destination.
    pub dst_country: Option<String>,
    /// Class of the direction from source to destination; the other one's is its mirror.
    pub class: ClassName,
    /// What the record touches.
    pub scope: ScopeName,
    /// How the source was told.
    pub initiator: InitiatorName,
    /// Packets from the source.
    pub src_packets: u64,
    /// Bytes from the source: IP total lengths of the innermost layer.
    pub src_bytes: u64,
    /// Packets from the destination.
    pub dst_packets: u64,
    /// Bytes from the destination, likewise.
    pub dst_bytes: u64,
    /// Bytes from the source as frames on the wire.
    pub src_wire_bytes: u64,
    /// Bytes from the destination as frames on the wire.
    pub dst_wire_bytes: u64,
    /// OR of all TCP flags from the source.
    pub src_tcp_flags: u8,
    /// OR of all TCP flags from the destination.
    pub dst_tcp_flags: u8,
    /// VLAN identifiers of the first packet, outer to inner.
    pub vlans: Vec<u16>,
    /// Tunnels of the first packet, outer to inner.
    pub tunnels: Vec<String>,
    /// Why the record ended.
    pub end_reason: EndReasonName,
    /// First 16 hex digits of the SHA-256 of the country table.
    pub geo: String,
    /// Name of the sensor.
    pub sensor: String,
    /// Number of the record in its run, after sorting, from 0.
    pub seq: u64,
    /// What else must be known.
    pub flags: Vec<Mark>,
    /// Under what it was collected: `self-authorised`, or the ids of the authorisations, joined by `,`.
    pub authorisation: String,
    /// When it was collected: the time of its latest packet. Absent (in CSV: empty) without a retention.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collected_at: Option<String>,
    /// When it expires: days of the retention after `collected_at`. Absent (in CSV: empty) without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// Community ID, version 1. Absent (in CSV: empty) where it was not asked for, or its ports or ICMP type
    /// were not seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub community_id: Option<String>,
}

impl FlowRecord {
    /// The record as a value of its own. Allocates; rendering goes by [`render`](super::render).
    #[must_use]
    pub fn new(ended: &Ended, seq: u64, run: &RunContext<'_>) -> Self {
        let view = View::new(ended, seq, run);
        let (src, dst) = (view.src, view.dst);
        let (src_place, dst_place) = places(view.class);
        Self {
            start: view.start.to_string(),
            end: view.end.to_string(),
            src_ip: address_text(view.src_ip),
            src_port: src.port,
            dst_ip: address_text(view.dst_ip),
            dst_port: dst.port,
            protocol: view.protocol,
            icmp_type: view.icmp.map(|(kind, _)| kind),
            icmp_code: view.icmp.map(|(_, code)| code),
            src_place: src_place.into(),
            dst_place: dst_place.into(),
            src_country: view.src_country.map(|code| code.to_string()),
            dst_country: view.dst_country.map(|code| code.to_string()),
            class: view.class.into(),
            scope: view.class.into(),
            initiator: view.initiator.into(),
            src_packets: src.packets,
            src_bytes: src.bytes,
            dst_packets: dst.packets,
            dst_bytes: dst.bytes,
            src_wire_bytes: src.wire_bytes,
            dst_wire_bytes: dst.wire_bytes,
            src_tcp_flags: src.tcp_flags,
            dst_tcp_flags: dst.tcp_flags,
            vlans: view.path.vlans().to_vec(),
            tunnels: view
                .path
                .tunnels()
                .iter()
                .map(|tunnel| tunnel.name().to_owned())
                .collect(),
            end_reason: view.end_reason.into(),
            geo: run.geo.clone(),
            sensor: run.run.sensor.to_owned(),
            seq,
            flags: view.flags().filter_map(Mark::of).collect(),
            authorisation: run.run.terms.authorisation.clone(),
            collected_at: view.expiry.map(|_| view.end.to_string()),
            expires_at: view.expiry.map(|expiry| expiry.to_string()),
            community_id: view.community_id().map(str::to_owned),
        }
    }
}

impl ClassName {
    /// The text in records.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::ForeignForeign => Class::ForeignForeign.id(),
            Self::ForeignDomestic => Class::ForeignDomestic.id(),
            Self::DomesticForeign => Class::DomesticForeign.id(),
            Self::ForeignUndetermined => Class::ForeignUndetermined.id(),
            Self::UndeterminedForeign => Class::UndeterminedForeign.id(),
        }
    }
}

impl EndReasonName {
    /// The text in records.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Idle => EndReason::Idle.id(),
            Self::Active => EndReason::Active.id(),
            Self::TcpEnd => EndReason::TcpEnd.id(),
            Self::EndOfInput => EndReason::EndOfInput.id(),
            Self::Epoch => EndReason::Epoch.id(),
            Self::Evicted => EndReason::Evicted.id(),
        }
    }
}

impl Mark {
    /// The text in records.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Truncated => "truncated",
            Self::Fragments => "fragments",
            Self::GeoStale => "geo_stale",
            Self::Opaque => "opaque",
            Self::Sampled => "sampled",
            Self::PseudonymSrc => "pseudonym_src",
            Self::PseudonymDst => "pseudonym_dst",
        }
    }

    fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mark| mark.id() == name)
    }
}

impl From<Place> for PlaceName {
    fn from(place: Place) -> Self {
        match place {
            Place::Domestic => Self::Domestic,
            Place::Foreign => Self::Foreign,
            Place::Undetermined => Self::Undetermined,
        }
    }
}

impl From<Class> for ClassName {
    fn from(class: Class) -> Self {
        match class {
            Class::ForeignForeign => Self::ForeignForeign,
            Class::ForeignDomestic => Self::ForeignDomestic,
            Class::DomesticForeign => Self::DomesticForeign,
            Class::ForeignUndetermined => Self::ForeignUndetermined,
            Class::UndeterminedForeign => Self::UndeterminedForeign,
        }
    }
}

impl From<Class> for ScopeName {
    fn from(class: Class) -> Self {
        match class {
            Class::ForeignForeign => Self::ForeignOnly,
            Class::ForeignDomestic | Class::DomesticForeign => Self::DomesticTouching,
            Class::ForeignUndetermined | Class::UndeterminedForeign => Self::Undetermined,
        }
    }
}

impl From<Initiator> for InitiatorName {
    fn from(initiator: Initiator) -> Self {
        match initiator {
            Initiator::Syn => Self::Syn,
            Initiator::FirstSeen => Self::FirstSeen,
        }
    }
}

impl From<EndReason> for EndReasonName {
    fn from(reason: EndReason) -> Self {
        match reason {
            EndReason::Idle => Self::Idle,
            EndReason::Active => Self::Active,
            EndReason::TcpEnd => Self::TcpEnd,
            EndReason::EndOfInput => Self::EndOfInput,
            EndReason::Epoch => Self::Epoch,
            EndReason::Evicted => Self::Evicted,
        }
    }
}
