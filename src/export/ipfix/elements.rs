//! The Information Elements of our records: their numbers, types and names.
//!
//! Numbers of IANA's registry (RFC 7012), of its reverse half (RFC 5103), and our own under the private
//! enterprise number of [`IPFIX_ENTERPRISE`] or of the configuration. Our own are from 100 on: pmacct 1.7.7
//! reads none below, and no text of fixed length.

use Kind::{
    Ipv4Address, Ipv6Address, Milliseconds, Text, Unsigned8, Unsigned16, Unsigned32, Unsigned64,
};
use Owner::{Iana, Own, Reverse};

/// The enterprise number of our own elements unless the configuration gives another: the one for documentation
/// (RFC 5612). We have none from IANA yet, and a release needs one.
pub const IPFIX_ENTERPRISE: u32 = 32_473;

/// The enterprise number of what goes the other way (RFC 5103 §6.1).
const REVERSE: u32 = 29_305;

/// Length in a template of what tells its own.
pub(super) const VARIABLE: u16 = 0xffff;

/// Whose number it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    Iana,
    Reverse,
    Own,
}

/// Abstract types (RFC 7012 §3.1); the number is that of RFC 5610 §3.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Unsigned8 = 1,
    Unsigned16 = 2,
    Unsigned32 = 3,
    Unsigned64 = 4,
    Text = 13,
    Milliseconds = 15,
    Ipv4Address = 18,
    Ipv6Address = 19,
}

/// What a number means (RFC 5610 §3.6): the default, a count since the last record, or a name for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Semantics {
    Default = 0,
    Delta = 3,
    Identifier = 4,
}

/// What it is counted in (RFC 5610 §3.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    None = 0,
    Octets = 2,
    Nanoseconds = 8,
}

/// An Information Element as we write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) owner: Owner,
    pub(super) number: u16,
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// Octets in a record, or [`VARIABLE`].
    pub(super) octets: u16,
    pub(super) semantics: Semantics,
    pub(super) unit: Unit,
    /// What we put into it.
    pub(super) says: &'static str,
}

impl Element {
    const fn of(
        owner: Owner,
        number: u16,
        name: &'static str,
        kind: Kind,
        says: &'static str,
    ) -> Self {
        Self {
            owner,
            number,
            name,
            kind,
            octets: match kind {
                Unsigned8 => 1,
                Unsigned16 => 2,
                Unsigned32 | Ipv4Address => 4,
                Unsigned64 | Milliseconds => 8,
                Ipv6Address => 16,
                Text => VARIABLE,
            },
            semantics: Semantics::Default,
            unit: Unit::None,
            says,
        }
    }

    /// In fewer octets than its type has (RFC 7011 §6.2).
    const fn reduced_to(self, octets: u16) -> Self {
        Self { octets, ..self }
    }

    const fn meaning(self, semantics: Semantics, unit: Unit) -> Self {
        Self {
            semantics,
            unit,
            ..self
        }
    }

    /// Its field specifier (RFC 7011 §3.2), with our enterprise number where it is one of ours.
    pub(super) fn specify(&self, enterprise: u32, out: &mut Vec<u8>) {
        const ENTERPRISE: u16 = 0x8000;
        let (bit, enterprise) = match self.owner {
            Iana => (0, None),
            Reverse => (ENTERPRISE, Some(REVERSE)),
            Own => (ENTERPRISE, Some(enterprise)),
        };
        out.extend_from_slice(&(self.number | bit).to_be_bytes());
        out.extend_from_slice(&self.octets.to_be_bytes());
        if let Some(enterprise) = enterprise {
            out.extend_from_slice(&enterprise.to_be_bytes());
        }
    }
}

/// Declares the fields of data records, and lists them.
macro_rules! fields {
    ($($name:ident = $element:expr;)*) => {
        /// A field of data records.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Field { $($name),* }

        impl Field {
            /// All of them.
            #[cfg(test)]
            pub(super) const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The element that it is.
            pub(super) const fn element(self) -> Element {
                match self { $(Self::$name => $element),* }
            }
        }
    };
}

fields! {
    Start = Element::of(Iana, 152, "flowStartMilliseconds", Milliseconds, "`start`, cut to milliseconds");
    End = Element::of(Iana, 153, "flowEndMilliseconds", Milliseconds, "`end`, cut to milliseconds");
    SrcV4 = Element::of(Iana, 8, "sourceIPv4Address", Ipv4Address, "`src_ip`");
    DstV4 = Element::of(Iana, 12, "destinationIPv4Address", Ipv4Address, "`dst_ip`");
    SrcV6 = Element::of(Iana, 27, "sourceIPv6Address", Ipv6Address, "`src_ip`");
    DstV6 = Element::of(Iana, 28, "destinationIPv6Address", Ipv6Address, "`dst_ip`");
    SrcPort = Element::of(Iana, 7, "sourceTransportPort", Unsigned16, "`src_port`");
    DstPort = Element::of(Iana, 11, "destinationTransportPort", Unsigned16, "`dst_port`");
    IcmpTypeV4 = Element::of(Iana, 176, "icmpTypeIPv4", Unsigned8, "`icmp_type`, of ICMP");
    IcmpCodeV4 = Element::of(Iana, 177, "icmpCodeIPv4", Unsigned8, "`icmp_code`, of ICMP");
    IcmpTypeV6 = Element::of(Iana, 178, "icmpTypeIPv6", Unsigned8, "`icmp_type`, of ICMPv6");
    IcmpCodeV6 = Element::of(Iana, 179, "icmpCodeIPv6", Unsigned8, "`icmp_code`, of ICMPv6");
    IcmpBothV4 = Element::of(Iana, 32, "icmpTypeCodeIPv4", Unsigned16, "256 times `icmp_type`, and `icmp_code`");
    IcmpBothV6 = Element::of(Iana, 139, "icmpTypeCodeIPv6", Unsigned16, "likewise");
    Protocol = Element::of(Iana, 4, "protocolIdentifier", Unsigned8, "`protocol`");
    Octets = Element::of(Iana, 1, "octetDeltaCount", Unsigned64, "`src_bytes`");
    Packets = Element::of(Iana, 2, "packetDeltaCount", Unsigned64, "`src_packets`");
    TcpFlags = Element::of(Iana, 6, "tcpControlBits", Unsigned16, "`src_tcp_flags`").reduced_to(1);
    ReverseOctets = Element::of(Reverse, 1, "reverseOctetDeltaCount", Unsigned64, "`dst_bytes`");
    ReversePackets = Element::of(Reverse, 2, "reversePacketDeltaCount", Unsigned64, "`dst_packets`");
    ReverseTcpFlags = Element::of(Reverse, 6, "reverseTcpControlBits", Unsigned16, "`dst_tcp_flags`").reduced_to(1);
    FlowEndReason = Element::of(Iana, 136, "flowEndReason", Unsigned8, "`end_reason`: 1 `idle`, 2 `active`, 3 `tcp_end`, 4 `end_of_input` and `epoch`, 5 `evicted`");
    BiflowDirection = Element::of(Iana, 239, "biflowDirection", Unsigned8, "`initiator`: 1 `syn`, 0 `first_seen`");
    FlowId = Element::of(Iana, 148, "flowId", Unsigned64, "`seq`");
    Vlan = Element::of(Iana, 58, "vlanId", Unsigned16, "the first of `vlans`; 0 for none");
    OuterVlan = Element::of(Iana, 243, "dot1qVlanId", Unsigned16, "the first of `vlans`; 0 for none");
    InnerVlan = Element::of(Iana, 245, "dot1qCustomerVlanId", Unsigned16, "the second of `vlans`; 0 for none");
    SrcCountry = Element::of(Own, 101, "sekishoSrcCountry", Text, "`src_country`; empty if not known");
    DstCountry = Element::of(Own, 102, "sekishoDstCountry", Text, "`dst_country`; empty if not known");
    Class = Element::of(Own, 103, "sekishoClass", Text, "`class`");
    Scope = Element::of(Own, 104, "sekishoScope", Text, "`scope`");
    Tunnels = Element::of(Own, 105, "sekishoTunnels", Text, "`tunnels`, joined by `,`");
    Vlans = Element::of(Own, 106, "sekishoVlans", Text, "`vlans`, joined by `,`");
    Flags = Element::of(Own, 107, "sekishoFlags", Text, "`flags`, joined by `,`");
    EndReason = Element::of(Own, 108, "sekishoEndReason", Text, "`end_reason`");
    Geo = Element::of(Own, 109, "sekishoGeo", Text, "`geo`");
    Sensor = Element::of(Own, 110, "sekishoSensor", Text, "`sensor`");
    Authorisation = Element::of(Own, 111, "sekishoAuthorisation", Text, "`authorisation`");
    WireOctets = Element::of(Own, 112, "sekishoWireOctets", Unsigned64, "`src_wire_bytes`").meaning(Semantics::Delta, Unit::Octets);
    ReverseWireOctets = Element::of(Own, 113, "sekishoReverseWireOctets", Unsigned64, "`dst_wire_bytes`").meaning(Semantics::Delta, Unit::Octets);
    StartNanoseconds = Element::of(Own, 114, "sekishoStartNanoseconds", Unsigned64, "`start`, in nanoseconds since 1970").meaning(Semantics::Default, Unit::Nanoseconds);
    EndNanoseconds = Element::of(Own, 115, "sekishoEndNanoseconds", Unsigned64, "`end`, likewise").meaning(Semantics::Default, Unit::Nanoseconds);
    Expiry = Element::of(Own, 116, "sekishoExpiresNanoseconds", Unsigned64, "`expires_at`, likewise; 0 for never").meaning(Semantics::Default, Unit::Nanoseconds);
    Reply = Element::of(Own, 117, "sekishoReply", Unsigned8, "0: from the initiator, as `src` in other formats; 1: the other way").meaning(Semantics::Identifier, Unit::None);
}

/// Elements of options records.
pub(super) mod options {
    use super::{Element, Iana, Text, Unsigned8, Unsigned16, Unsigned32, Unsigned64};

    pub(in crate::export::ipfix) const DOMAIN: Element = Element::of(
        Iana,
        149,
        "observationDomainId",
        Unsigned32,
        "scope: the number that stands for the sensor",
    );
    pub(in crate::export::ipfix) const SELECTOR: Element = Element::of(
        Iana,
        335,
        "selectorName",
        Text,
        "scope: the reason of an exclusion, as in the summary",
    );
    pub(in crate::export::ipfix) const IGNORED_PACKETS: Element = Element::of(
        Iana,
        164,
        "ignoredPacketTotalCount",
        Unsigned64,
        "packets excluded for this reason, or for any",
    );
    pub(in crate::export::ipfix) const IGNORED_OCTETS: Element = Element::of(
        Iana,
        165,
        "ignoredOctetTotalCount",
        Unsigned64,
        "their wire bytes",
    );
    pub(in crate::export::ipfix) const ALGORITHM: Element = Element::of(
        Iana,
        304,
        "selectorAlgorithm",
        Unsigned16,
        "5: property match filtering, packet by packet (RFC 5475)",
    );
    pub(in crate::export::ipfix) const OBSERVED: Element = Element::of(
        Iana,
        318,
        "selectorIdTotalPktsObserved",
        Unsigned64,
        "frames received",
    );
    pub(in crate::export::ipfix) const SELECTED: Element = Element::of(
        Iana,
        319,
        "selectorIdTotalPktsSelected",
        Unsigned64,
        "of these, admitted",
    );
    pub(in crate::export::ipfix) const DROPPED: Element = Element::of(
        Iana,
        135,
        "droppedPacketTotalCount",
        Unsigned64,
        "frames that the kernel or an interface dropped before",
    );
    pub(in crate::export::ipfix) const MESSAGES: Element = Element::of(
        Iana,
        41,
        "exportedMessageTotalCount",
        Unsigned64,
        "messages sent before this one",
    );
    pub(in crate::export::ipfix) const EXPORTED: Element = Element::of(
        Iana,
        42,
        "exportedFlowRecordTotalCount",
        Unsigned64,
        "flow records sent before this one",
    );
    pub(in crate::export::ipfix) const NOT_SENT_FLOWS: Element = Element::of(
        Iana,
        166,
        "notSentFlowTotalCount",
        Unsigned64,
        "records that were lost on the way out",
    );
    pub(in crate::export::ipfix) const NOT_SENT_PACKETS: Element = Element::of(
        Iana,
        167,
        "notSentPacketTotalCount",
        Unsigned64,
        "packets in these",
    );
    pub(in crate::export::ipfix) const NOT_SENT_OCTETS: Element = Element::of(
        Iana,
        168,
        "notSentOctetTotalCount",
        Unsigned64,
        "IP bytes in these",
    );
    pub(in crate::export::ipfix) const TEMPLATE: Element = Element::of(
        Iana,
        145,
        "templateId",
        Unsigned16,
        "scope: a template of data records",
    );
    pub(in crate::export::ipfix) const ELEMENT: Element = Element::of(
        Iana,
        303,
        "informationElementId",
        Unsigned16,
        "scope: an element",
    );
    pub(in crate::export::ipfix) const ANONYMISATION_FLAGS: Element = Element::of(
        Iana,
        285,
        "anonymizationFlags",
        Unsigned16,
        "3: the same address has the same pseudonym, as long as key and authorisations are the same",
    );
    pub(in crate::export::ipfix) const ANONYMISATION_TECHNIQUE: Element = Element::of(
        Iana,
        286,
        "anonymizationTechnique",
        Unsigned16,
        "5 permutation (`deterministic`), 6 structured permutation (`prefix`); of ends that may be at home",
    );
    pub(in crate::export::ipfix) const ENTERPRISE: Element = Element::of(
        Iana,
        346,
        "privateEnterpriseNumber",
        Unsigned32,
        "scope: ours",
    );
    pub(in crate::export::ipfix) const DATA_TYPE: Element = Element::of(
        Iana,
        339,
        "informationElementDataType",
        Unsigned8,
        "its type",
    );
    pub(in crate::export::ipfix) const SEMANTICS: Element = Element::of(
        Iana,
        344,
        "informationElementSemantics",
        Unsigned8,
        "its semantics",
    );
    pub(in crate::export::ipfix) const UNITS: Element =
        Element::of(Iana, 345, "informationElementUnits", Unsigned16, "its unit");
    pub(in crate::export::ipfix) const NAME: Element =
        Element::of(Iana, 341, "informationElementName", Text, "its name");
}
