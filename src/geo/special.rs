//! The special-purpose blocks, which no country table can place (rules §3).
//!
//! From the IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890 and its updates). Blocks
//! there that are globally reachable (192.31.196.0/24, 2001:4:112::/48, 2620:4f:8000::/48 …) are left
//! to the sources.

use super::label::Label;
use super::segments::Segments;
use super::{Finding, Prefix, Site};

/// A block and what an address in it is.
pub(super) struct Block {
    pub(super) prefix: &'static str,
    pub(super) kind: Kind,
    pub(super) name: &'static str,
}

/// What an address in a special block is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Has no business on the wire.
    Martian,
    /// A group, or all.
    Multicast,
    /// Private, shared or link-local.
    Site,
    /// Stands for no place in the world, or for one that cannot be known.
    Placeless,
    /// Holds an IPv4 address.
    Mapped,
    /// Holds an IPv4 address.
    SixToFour,
    /// Holds an IPv4 address.
    Nat64,
    /// Holds the IPv4 addresses of a client and a server.
    Teredo,
}

impl Kind {
    pub(super) const fn label(self, site: Site) -> Label {
        match (self, site) {
            (Self::Martian, _) => Label::found(Finding::Martian),
            (Self::Multicast, _) => Label::found(Finding::Multicast),
            (Self::Site, Site::Home) => Label::found(Finding::SiteHome),
            (Self::Site, Site::Undetermined) => Label::found(Finding::NonGlobal),
            (Self::Placeless, _) => Label::found(Finding::Unlocated),
            (Self::Mapped, _) => Label::MAPPED,
            (Self::SixToFour, _) => Label::SIX_TO_FOUR,
            (Self::Nat64, _) => Label::NAT64,
            (Self::Teredo, _) => Label::TEREDO,
        }
    }
}

const fn block(prefix: &'static str, kind: Kind, name: &'static str) -> Block {
    Block { prefix, kind, name }
}

/// The blocks; where two overlap, the longer prefix decides.
pub(super) const BLOCKS: &[Block] = &[
    block("0.0.0.0/8", Kind::Martian, "this network (RFC 791)"),
    block("10.0.0.0/8", Kind::Site, "private use (RFC 1918)"),
    block(
        "100.64.0.0/10",
        Kind::Site,
        "shared address space (RFC 6598)",
    ),
    block("127.0.0.0/8", Kind::Martian, "loopback (RFC 1122)"),
    block("169.254.0.0/16", Kind::Site, "link-local (RFC 3927)"),
    block("172.16.0.0/12", Kind::Site, "private use (RFC 1918)"),
    // Its few reachable addresses (192.0.0.9, 192.0.0.10: anycast, RFC 7723, RFC 8155) are no
    // exception: rules §3 excludes what is reserved, and anycast has no place to be right about.
    block(
        "192.0.0.0/24",
        Kind::Martian,
        "IETF protocol assignments (RFC 6890)",
    ),
    block("192.0.2.0/24", Kind::Martian, "documentation (RFC 5737)"),
    block("192.168.0.0/16", Kind::Site, "private use (RFC 1918)"),
    block("198.18.0.0/15", Kind::Martian, "benchmarking (RFC 2544)"),
    block("198.51.100.0/24", Kind::Martian, "documentation (RFC 5737)"),
    block("203.0.113.0/24", Kind::Martian, "documentation (RFC 5737)"),
    block("224.0.0.0/4", Kind::Multicast, "multicast (RFC 5771)"),
    block("240.0.0.0/4", Kind::Martian, "reserved (RFC 1112)"),
    block(
        "255.255.255.255/32",
        Kind::Multicast,
        "limited broadcast (RFC 8190)",
    ),
    // Unspecified, loopback, and the IPv4-compatible addresses of RFC 4291 §2.5.5.1, whose place a
    // country table gives as the embedded address's.
    block(
        "::/96",
        Kind::Martian,
        "IPv4-compatible, unspecified, loopback (RFC 4291)",
    ),
    block("::ffff:0:0/96", Kind::Mapped, "IPv4-mapped (RFC 4291)"),
    block("64:ff9b::/96", Kind::Nat64, "NAT64 (RFC 6052)"),
    block(
        "64:ff9b:1::/48",
        Kind::Placeless,
        "local-use NAT64 (RFC 8215)",
    ),
    block("100::/64", Kind::Martian, "discard-only (RFC 6666)"),
    block("100:0:0:1::/64", Kind::Placeless, "dummy prefix (RFC 9780)"),
    block("2001::/32", Kind::Teredo, "Teredo (RFC 4380)"),
    block("2001:2::/48", Kind::Martian, "benchmarking (RFC 5180)"),
    block(
        "2001:10::/28",
        Kind::Martian,
        "ORCHID, deprecated (RFC 4843)",
    ),
    block("2001:20::/28", Kind::Placeless, "ORCHIDv2 (RFC 7343)"),
    block(
        "2001:30::/28",
        Kind::Placeless,
        "drone remote identification (RFC 9374)",
    ),
    block("2001:db8::/32", Kind::Martian, "documentation (RFC 3849)"),
    block("2002::/16", Kind::SixToFour, "6to4 (RFC 3056)"),
    block("3fff::/20", Kind::Martian, "documentation (RFC 9637)"),
    block(
        "5f00::/16",
        Kind::Placeless,
        "segment routing SIDs (RFC 9602)",
    ),
    block("fc00::/7", Kind::Site, "unique local (RFC 4193)"),
    block("fe80::/10", Kind::Site, "link-local (RFC 4291)"),
    block(
        "fec0::/10",
        Kind::Placeless,
        "site-local, deprecated (RFC 3879)",
    ),
    block("ff00::/8", Kind::Multicast, "multicast (RFC 4291)"),
];

/// The blocks as two layers; a label is a [`Label`]'s number plus one.
pub(super) fn layers(site: Site, nat64: &[Prefix]) -> (Segments<u32>, Segments<u128>) {
    let mut v4 = Vec::new();
    let mut v6 = Vec::new();
    let fixed = BLOCKS.iter().filter_map(|block| {
        // Constants above; a test reads each.
        Some((block.prefix.parse::<Prefix>().ok()?, block.kind))
    });
    // The longer prefix decides; at equal length a fixed block stands before a configured one.
    let mut blocks: Vec<(Prefix, Kind)> = fixed
        .chain(nat64.iter().map(|prefix| (*prefix, Kind::Nat64)))
        .collect();
    blocks.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.length()));
    for (prefix, kind) in blocks {
        let label = u16::from(kind.label(site).number()) + 1;
        v4.extend(prefix.range_v4().map(|(first, last)| (first, last, label)));
        v6.extend(prefix.range_v6().map(|(first, last)| (first, last, label)));
    }
    // Equal ranks: the earlier of two overlapping blocks wins, that is the longer prefix.
    (
        Segments::from_ranges(&v4, |_| 0),
        Segments::from_ranges(&v6, |_| 0),
    )
}

/// The block that decides an address, for explanations.
pub(super) fn block_of(address: std::net::IpAddr) -> Option<(&'static Block, Prefix)> {
    BLOCKS
        .iter()
        .filter_map(|block| Some((block, block.prefix.parse::<Prefix>().ok()?)))
        .filter(|(_, prefix)| prefix.contains(address))
        .max_by_key(|(_, prefix)| prefix.length())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_block_is_a_prefix_without_host_bits() {
        for block in BLOCKS {
            assert_eq!(
                block
                    .prefix
                    .parse::<Prefix>()
                    .map(|p| p.length().to_string()),
                Ok(block.prefix.split_once("/").unwrap().1.to_owned())
            );
        }
    }
}
