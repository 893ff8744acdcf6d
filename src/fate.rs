//! Every way a frame can end. A fate holds no address; counters are indexed by it, never by text.
//!
//! Sources: rules §2 (classes), §5 (reasons and their order), §7 (the books).

/// Direction of an admitted packet by the places of its ends (rules §2). Domestic–domestic has no
/// value here: what passes the gate cannot express it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Class {
    /// 外外: both ends abroad.
    ForeignForeign,
    /// 外内: from abroad to home.
    ForeignDomestic,
    /// 内外: from home to abroad.
    DomesticForeign,
    /// From abroad to an end whose place is not known.
    ForeignUndetermined,
    /// From an end whose place is not known to abroad.
    UndeterminedForeign,
}

impl Class {
    /// All classes, in the order of reports.
    pub const ALL: [Self; 5] = [
        Self::ForeignForeign,
        Self::ForeignDomestic,
        Self::DomesticForeign,
        Self::ForeignUndetermined,
        Self::UndeterminedForeign,
    ];

    /// The stable id in code and output.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::ForeignForeign => "foreign_foreign",
            Self::ForeignDomestic => "foreign_domestic",
            Self::DomesticForeign => "domestic_foreign",
            Self::ForeignUndetermined => "foreign_undetermined",
            Self::UndeterminedForeign => "undetermined_foreign",
        }
    }

    /// The class of the other direction of the same flow.
    #[must_use]
    pub const fn mirror(self) -> Self {
        match self {
            Self::ForeignForeign => Self::ForeignForeign,
            Self::ForeignDomestic => Self::DomesticForeign,
            Self::DomesticForeign => Self::ForeignDomestic,
            Self::ForeignUndetermined => Self::UndeterminedForeign,
            Self::UndeterminedForeign => Self::ForeignUndetermined,
        }
    }
}

/// Why a frame was excluded (rules §5): stable names, fixed number. The order of the variants is the
/// order that decides where several apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Reason {
    /// 内内: both ends of some layer, or of a quoted packet, are at home.
    DomesticPair,
    /// An end is in no database or has no country, and the other is not abroad.
    Unlocated,
    /// The sources contradict each other about an end, and the other is not abroad.
    SourceDisagreement,
    /// An end lies in a listed anycast prefix, and the other is not abroad.
    Anycast,
    /// An end is private, shared or link-local, and the other is not abroad.
    NonGlobal,
    /// Sent to a group or to all: the receivers are unknown.
    Multicast,
    /// An address that has no business on the wire.
    Martian,
    /// A layer other than the outermost could be domestic–domestic.
    TunnelDomestic,
    /// The packet quoted by an ICMP error could be domestic–domestic.
    QuotedDomestic,
    /// A class it could belong to is not authorised.
    ClassNotAuthorised,
    /// No authorisation is in force.
    NoAuthorisation,
    /// The table is too old to prove anybody foreign.
    GeoStale,
    /// Both ends at home, one of them only by the operator's list.
    OperatorDomestic,
    /// The authorised volume is used up.
    VolumeCap,
    /// Carries no IP (ARP, LLDP, spanning tree …).
    NonIp,
    /// A link type that is not decoded.
    UnsupportedLink,
    /// The capture ends before the addresses.
    Truncated,
    /// A header contradicts itself or its neighbour.
    Malformed,
    /// More layers or extension headers than the bound, or IP inside something that is not decoded.
    TooDeep,
    /// A later fragment whose first was not seen and whose inside cannot be known.
    Fragment,
}

impl Reason {
    /// All reasons, in the order that decides.
    pub const ALL: [Self; 20] = [
        Self::DomesticPair,
        Self::Unlocated,
        Self::SourceDisagreement,
        Self::Anycast,
        Self::NonGlobal,
        Self::Multicast,
        Self::Martian,
        Self::TunnelDomestic,
        Self::QuotedDomestic,
        Self::ClassNotAuthorised,
        Self::NoAuthorisation,
        Self::GeoStale,
        Self::OperatorDomestic,
        Self::VolumeCap,
        Self::NonIp,
        Self::UnsupportedLink,
        Self::Truncated,
        Self::Malformed,
        Self::TooDeep,
        Self::Fragment,
    ];

    /// The stable id in code and output.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::DomesticPair => "domestic_pair",
            Self::Unlocated => "unlocated",
            Self::SourceDisagreement => "source_disagreement",
            Self::Anycast => "anycast",
            Self::NonGlobal => "non_global",
            Self::Multicast => "multicast",
            Self::Martian => "martian",
            Self::TunnelDomestic => "tunnel_domestic",
            Self::QuotedDomestic => "quoted_domestic",
            Self::ClassNotAuthorised => "class_not_authorised",
            Self::NoAuthorisation => "no_authorisation",
            Self::GeoStale => "geo_stale",
            Self::OperatorDomestic => "operator_domestic",
            Self::VolumeCap => "volume_cap",
            Self::NonIp => "non_ip",
            Self::UnsupportedLink => "unsupported_link",
            Self::Truncated => "truncated",
            Self::Malformed => "malformed",
            Self::TooDeep => "too_deep",
            Self::Fragment => "fragment",
        }
    }

    /// The name in Japanese.
    #[must_use]
    pub const fn japanese(self) -> &'static str {
        match self {
            Self::DomesticPair => "内内",
            Self::Unlocated => "所在不明",
            Self::SourceDisagreement => "判定不一致",
            Self::Anycast => "エニーキャスト",
            Self::NonGlobal => "特殊用途アドレス",
            Self::Multicast => "マルチキャスト",
            Self::Martian => "不正アドレス",
            Self::TunnelDomestic => "内側内内",
            Self::QuotedDomestic => "引用内内",
            Self::ClassNotAuthorised => "承認範囲外",
            Self::NoAuthorisation => "承認なし",
            Self::GeoStale => "位置情報期限切れ",
            Self::OperatorDomestic => "事業者指定国内",
            Self::VolumeCap => "量的上限",
            Self::NonIp => "非IP",
            Self::UnsupportedLink => "未対応リンク",
            Self::Truncated => "切断",
            Self::Malformed => "不正形式",
            Self::TooDeep => "階層超過",
            Self::Fragment => "断片",
        }
    }

    /// What it means, in one line for people.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::DomesticPair => "both ends at home",
            Self::Unlocated => "an end is in no database, the other not abroad",
            Self::SourceDisagreement => "databases contradict each other about an end",
            Self::Anycast => "an end is anycast, the other not abroad",
            Self::NonGlobal => "an end is a private address, the other not abroad",
            Self::Multicast => "sent to a group: receivers unknown",
            Self::Martian => "an address that may not be on the wire",
            Self::TunnelDomestic => "a tunnel layer could be domestic-domestic",
            Self::QuotedDomestic => "an ICMP quote could be domestic-domestic",
            Self::ClassNotAuthorised => "a class it could belong to is not authorised",
            Self::NoAuthorisation => "no authorisation in force",
            Self::GeoStale => "the table is too old to prove anyone foreign",
            Self::OperatorDomestic => "home by the operator's list",
            Self::VolumeCap => "authorised volume used up",
            Self::NonIp => "carries no IP",
            Self::UnsupportedLink => "link type not decoded",
            Self::Truncated => "capture ends before the addresses",
            Self::Malformed => "headers contradict themselves",
            Self::TooDeep => "more layers than can be judged",
            Self::Fragment => "later fragment without its first",
        }
    }

    /// The section of `docs/rules.md` that it comes from.
    #[must_use]
    pub const fn section(self) -> &'static str {
        match self {
            Self::DomesticPair
            | Self::Unlocated
            | Self::SourceDisagreement
            | Self::Anycast
            | Self::NonGlobal
            | Self::OperatorDomestic => "§2.1",
            Self::ClassNotAuthorised | Self::NoAuthorisation | Self::VolumeCap => "§2.2",
            Self::Multicast | Self::Martian => "§3.3",
            Self::GeoStale => "§3.4",
            Self::TunnelDomestic
            | Self::QuotedDomestic
            | Self::NonIp
            | Self::UnsupportedLink
            | Self::Truncated
            | Self::Malformed
            | Self::TooDeep
            | Self::Fragment => "§4",
        }
    }
}

/// How a frame ended at the gate: exactly one of these for every frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fate {
    /// Admitted, counted in its own direction.
    Admitted(Class),
    /// Excluded by the law or the policy, or because it could not be judged.
    Excluded(Reason),
}

impl Fate {
    /// How many fates there are.
    pub const COUNT: usize = Class::ALL.len() + Reason::ALL.len();

    /// A dense index below [`Fate::COUNT`].
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::Admitted(class) => class as usize,
            Self::Excluded(reason) => Class::ALL.len() + reason as usize,
        }
    }
}

/// IP version of a frame's innermost judged layer, for the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum NetworkGroup {
    /// No IP layer was reached.
    None,
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl NetworkGroup {
    /// All groups.
    pub const ALL: [Self; 3] = [Self::None, Self::V4, Self::V6];

    /// The stable id in code and output.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::V4 => "ipv4",
            Self::V6 => "ipv6",
        }
    }
}

/// Coarse protocol of a frame's innermost judged layer, for the books: too coarse to tell anybody
/// apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ProtocolGroup {
    /// No IP layer was reached.
    None,
    /// TCP.
    Tcp,
    /// UDP and UDP-Lite.
    Udp,
    /// ICMP and `ICMPv6`.
    Icmp,
    /// Any other protocol over IP.
    Other,
}

impl ProtocolGroup {
    /// All groups.
    pub const ALL: [Self; 5] = [Self::None, Self::Tcp, Self::Udp, Self::Icmp, Self::Other];

    /// The stable id in code and output.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Icmp => "icmp",
            Self::Other => "other",
        }
    }

    /// The group of an IANA protocol number.
    #[inline]
    #[must_use]
    pub const fn of(protocol: u8) -> Self {
        // Looked up: which of them comes next, no branch can guess.
        const GROUPS: [ProtocolGroup; 256] = {
            let mut groups = [ProtocolGroup::Other; 256];
            groups[6] = ProtocolGroup::Tcp;
            groups[17] = ProtocolGroup::Udp;
            groups[136] = ProtocolGroup::Udp;
            groups[1] = ProtocolGroup::Icmp;
            groups[58] = ProtocolGroup::Icmp;
            groups
        };
        GROUPS[protocol as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_fate_has_its_own_index_and_name() {
        let fates: Vec<Fate> = Class::ALL
            .into_iter()
            .map(Fate::Admitted)
            .chain(Reason::ALL.into_iter().map(Fate::Excluded))
            .collect();
        assert_eq!(fates.len(), Fate::COUNT);
        for (position, fate) in fates.iter().enumerate() {
            assert_eq!(fate.index(), position);
        }
        let ids: HashSet<_> = Reason::ALL.map(Reason::id).into_iter().collect();
        assert_eq!(ids.len(), Reason::ALL.len());
    }

    #[test]
    fn mirroring_twice_changes_nothing() {
        for class in Class::ALL {
            assert_eq!(class.mirror().mirror(), class);
        }
    }
}
