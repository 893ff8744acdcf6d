//! Where a descent through a frame's headers ended. Every stop has a name; none holds an address.

/// Why decoding went no deeper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stop {
    /// The transport header of the innermost layer, or a protocol that carries no IP: all is known.
    Transport,
    /// A later fragment: what it carries is only known from its first.
    LaterFragment,
    /// Encrypted from here (ESP, WireGuard, QUIC, DTLS): judged by the layers there are.
    Opaque,
    /// Something known not to be IP.
    NotIp(NotIp),
    /// A link type that is not decoded.
    UnsupportedLink,
    /// The capture ends inside this header, before the next layer's addresses.
    Truncated(Header),
    /// This header contradicts itself or the one around it.
    Malformed(Header),
    /// A fifth IP layer, or more headers than any packet has use for.
    TooManyLayers,
    /// A ninth extension header, or too many routed addresses.
    TooManyExtensions,
    /// IP is carried by design, in a form that is not decoded.
    NotDecoded(Carrier),
}

/// Payloads known not to be IP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum NotIp {
    Arp,
    Lldp,
    /// A number that we do not know; inside a tunnel it may be someone's way to carry IP.
    Llc,
    /// Likewise.
    EtherType,
    PppControl,
    PppoeControl,
    Ieee80211,
    TunnelControl,
    Other,
}

/// Headers that a stop can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum Header {
    Link,
    Vlan,
    Llc,
    Mpls,
    Ppp,
    Pppoe,
    Ieee80211,
    Ipv4,
    Ipv6,
    Extension,
    Authentication,
    Gre,
    Erspan,
    Vxlan,
    Geneve,
    Gtpu,
    Teredo,
    L2tp,
    Nsh,
    Other,
}

/// Protocols that carry IP by design and are not decoded, or not in this form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum Carrier {
    Ipcomp,
    L2tpv3,
    Gre,
    Geneve,
    Other,
}
