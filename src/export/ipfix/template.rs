//! Templates: which fields the records of a kind have, in their order.

use super::elements::{Element, Field, options};
use crate::flow::IpVersion;

/// The other direction. It stands before the first: nfdump 1.7.1 takes the reverse of what it has no reverse
/// of (the TCP flags) for the thing itself, and the last one stays.
const BIFLOW: &[Field] = &[
    Field::ReverseOctets,
    Field::ReversePackets,
    Field::ReverseTcpFlags,
    Field::BiflowDirection,
    Field::ReverseWireOctets,
];
const UNIFLOW: &[Field] = &[Field::Reply];
const COUNTS: &[Field] = &[
    Field::Protocol,
    Field::Octets,
    Field::Packets,
    Field::TcpFlags,
    Field::WireOctets,
    Field::FlowEndReason,
    Field::FlowId,
    Field::Vlan,
    Field::OuterVlan,
    Field::InnerVlan,
    Field::StartNanoseconds,
    Field::EndNanoseconds,
    Field::Expiry,
];
const TEXTS: &[Field] = &[
    Field::SrcCountry,
    Field::DstCountry,
    Field::Class,
    Field::Scope,
    Field::Tunnels,
    Field::Vlans,
    Field::Flags,
    Field::EndReason,
    Field::Geo,
    Field::Sensor,
    Field::Authorisation,
];

/// What stands where others have ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transport {
    Ports,
    Icmp,
    Icmpv6,
}

/// The shape of a data record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) is_uniflow: bool,
    /// Of the addresses that are written.
    pub(super) version: IpVersion,
    pub(super) transport: Transport,
}

impl Shape {
    /// All shapes of a format.
    pub(super) fn all(is_uniflow: bool) -> impl Iterator<Item = Self> {
        let versions = [IpVersion::V4, IpVersion::V6].into_iter();
        versions.flat_map(move |version| {
            let transports = [Transport::Ports, Transport::Icmp, Transport::Icmpv6];
            transports.map(|transport| Self {
                is_uniflow,
                version,
                transport,
            })
        })
    }

    /// The shape of a template by its number.
    pub(super) fn of(id: u16) -> Option<Self> {
        let all = [false, true].into_iter().flat_map(Self::all);
        all.into_iter().find(|shape| shape.id() == id)
    }

    /// The number of its template: from 256 on.
    pub(super) const fn id(self) -> u16 {
        let version = match self.version {
            IpVersion::V4 => 0,
            IpVersion::V6 => 3,
        };
        let format = if self.is_uniflow { 6 } else { 0 };
        256 + format + version + self.transport as u16
    }

    /// Source and destination address.
    pub(super) const fn addresses(self) -> &'static [Field] {
        match self.version {
            IpVersion::V4 => &[Field::SrcV4, Field::DstV4],
            IpVersion::V6 => &[Field::SrcV6, Field::DstV6],
        }
    }

    /// Type and code of ICMP also in one: nfdump 1.7.1 reads only that.
    const fn ports(self) -> &'static [Field] {
        match self.transport {
            Transport::Ports => &[Field::SrcPort, Field::DstPort],
            Transport::Icmp => &[Field::IcmpTypeV4, Field::IcmpCodeV4, Field::IcmpBothV4],
            Transport::Icmpv6 => &[Field::IcmpTypeV6, Field::IcmpCodeV6, Field::IcmpBothV6],
        }
    }

    /// The fields of such a record, in their order.
    pub(super) fn fields(self) -> impl Iterator<Item = Field> {
        let times: &[Field] = &[Field::Start, Field::End];
        let ways = if self.is_uniflow { UNIFLOW } else { BIFLOW };
        let fields = [times, self.addresses(), self.ports(), ways, COUNTS, TEXTS];
        fields.into_iter().flatten().copied()
    }

    /// Its template record (RFC 7011 §3.4.1).
    pub(super) fn template(self, enterprise: u32) -> Vec<u8> {
        let elements: Vec<Element> = self.fields().map(Field::element).collect();
        let mut out = head(self.id(), elements.len());
        for element in elements {
            element.specify(enterprise, &mut out);
        }
        out
    }
}

/// A template of options records: its number, how many of its fields are scope, and its fields.
#[derive(Debug, Clone, Copy)]
pub(super) struct Options {
    pub(super) id: u16,
    pub(super) scopes: u16,
    pub(super) elements: &'static [Element],
}

/// What was excluded, by reason.
pub(super) const EXCLUDED: Options = Options {
    id: 320,
    scopes: 2,
    elements: &[
        options::DOMAIN,
        options::SELECTOR,
        options::IGNORED_PACKETS,
        options::IGNORED_OCTETS,
    ],
};

/// What a run counted, and what became of its records.
pub(super) const TOTALS: Options = Options {
    id: 321,
    scopes: 1,
    elements: &[
        options::DOMAIN,
        options::ALGORITHM,
        options::OBSERVED,
        options::SELECTED,
        options::IGNORED_PACKETS,
        options::IGNORED_OCTETS,
        options::DROPPED,
        options::MESSAGES,
        options::EXPORTED,
        options::NOT_SENT_FLOWS,
        options::NOT_SENT_PACKETS,
        options::NOT_SENT_OCTETS,
    ],
};

/// Which addresses are pseudonyms (RFC 6235).
pub(super) const ANONYMISED: Options = Options {
    id: 322,
    scopes: 2,
    elements: &[
        options::TEMPLATE,
        options::ELEMENT,
        options::ANONYMISATION_FLAGS,
        options::ANONYMISATION_TECHNIQUE,
    ],
};

/// What our own elements are (RFC 5610).
pub(super) const TYPES: Options = Options {
    id: 323,
    scopes: 2,
    elements: &[
        options::ENTERPRISE,
        options::ELEMENT,
        options::DATA_TYPE,
        options::SEMANTICS,
        options::UNITS,
        options::NAME,
    ],
};

impl Options {
    /// Those that are always told.
    pub(super) const ALWAYS: [Self; 3] = [EXCLUDED, TOTALS, TYPES];

    /// Its options template record (RFC 7011 §3.4.2).
    pub(super) fn template(self) -> Vec<u8> {
        let mut out = head(self.id, self.elements.len());
        out.extend_from_slice(&self.scopes.to_be_bytes());
        for element in self.elements {
            // None of them is ours.
            element.specify(0, &mut out);
        }
        out
    }
}

fn head(id: u16, fields: usize) -> Vec<u8> {
    let mut out = id.to_be_bytes().to_vec();
    out.extend_from_slice(&(fields as u16).to_be_bytes());
    out
}
