//! IPv4 addresses inside IPv6 addresses (rules §3): country tables answer for the wrapper, we for
//! what is in it.

use super::label::Label;
use super::{Error, Finding, Place, Prefix};

/// What an IPv6 address holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Inside {
    /// One IPv4 address.
    One(u32),
    /// A Teredo client and its server.
    Teredo {
        /// The client's address outside its NAT.
        client: u32,
        /// The server it registered with.
        server: u32,
    },
}

/// What the address holds, by its label; nothing for labels that are findings.
pub(super) fn inside(address: u128, label: Label, nat64: &[Prefix]) -> Option<Inside> {
    match label {
        Label::MAPPED => Some(Inside::One(address as u32)),
        Label::SIX_TO_FOUR => Some(Inside::One((address >> 80) as u32)),
        Label::NAT64 => {
            let prefix = nat64
                .iter()
                .filter(|prefix| prefix.contains_v6(address))
                .max_by_key(|prefix| prefix.length());
            // The well-known prefix is not in the list of configured ones.
            let length = prefix.map_or(96, Prefix::length);
            Some(Inside::One(from_nat64(address, length)))
        }
        Label::TEREDO => Some(Inside::Teredo {
            // RFC 4380 §4: the client's bits are inverted.
            client: !(address as u32),
            server: (address >> 64) as u32,
        }),
        _ => None,
    }
}

/// The union of a Teredo client's and its server's place; undetermined if either is special.
pub(super) fn union(client: Finding, server: Finding) -> Finding {
    match (client.place(), server.place()) {
        (None, _) | (_, None) => Finding::Unlocated,
        (Some(a), Some(b)) if a == b => client,
        (Some(Place::Undetermined), Some(_)) => client,
        (Some(_), Some(Place::Undetermined)) => server,
        (Some(Place::Domestic | Place::Foreign), Some(Place::Domestic | Place::Foreign)) => {
            Finding::SourceDisagreement
        }
    }
}

/// The IPv4 address in an address of a NAT64 prefix (RFC 6052 §2.2). With a prefix shorter than 96
/// bits it begins right behind the prefix and leaves out bits 64 to 71.
fn from_nat64(address: u128, length: u8) -> u32 {
    if length == 96 {
        return address as u32;
    }
    let without_octet = (address >> 64 << 64) | ((address << 72) >> 64);
    ((without_octet << length) >> 96) as u32
}

/// Refuses a prefix that RFC 6052 §2.2 does not allow.
pub(super) fn check_nat64(prefixes: &[Prefix]) -> Result<(), Error> {
    for prefix in prefixes {
        let octet_is_zero = prefix
            .range_v6()
            .is_some_and(|(first, _)| (first >> 56) as u8 == 0);
        if !octet_is_zero || !matches!(prefix.length(), 32 | 40 | 48 | 56 | 64 | 96) {
            return Err(Error::Nat64 { prefix: *prefix });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    #[test]
    fn extracts_the_examples_of_rfc_6052() {
        // RFC 6052 §2.4, table 2: 192.0.2.33 in each form.
        for (length, address) in [
            (32, "2001:db8:c000:221::"),
            (40, "2001:db8:1c0:2:21::"),
            (48, "2001:db8:122:c000:2:2100::"),
            (56, "2001:db8:122:3c0:0:221::"),
            (64, "2001:db8:122:344:c0:2:2100::"),
            (96, "2001:db8:122:344::192.0.2.33"),
        ] {
            let address: Ipv6Addr = address.parse().unwrap();
            assert_eq!(
                Ipv4Addr::from(from_nat64(address.into(), length)),
                Ipv4Addr::new(192, 0, 2, 33),
                "{length}"
            );
        }
    }

    #[test]
    fn allows_only_the_lengths_of_rfc_6052() {
        for (prefix, allowed) in [
            ("2001:db8::/32", true),
            ("2001:db8:64::/96", true),
            ("2001:db8::/33", false),
            ("2001:db8:0:0:100::/96", false),
            ("192.0.2.0/24", false),
        ] {
            let prefix: Prefix = prefix.parse().unwrap();
            assert_eq!(check_nat64(&[prefix]).is_ok(), allowed, "{prefix}");
        }
    }

    #[test]
    fn a_teredo_address_is_where_both_its_ends_are() {
        use Finding::*;
        for (client, server, expected) in [
            (Home, Home, Place::Domestic),
            (OperatorHome, Home, Place::Domestic),
            (Abroad, Abroad, Place::Foreign),
            (Home, Abroad, Place::Undetermined),
            (Abroad, Home, Place::Undetermined),
            (Abroad, Martian, Place::Undetermined),
            (Multicast, Abroad, Place::Undetermined),
            (NonGlobal, Abroad, Place::Undetermined),
            (Abroad, Unlocated, Place::Undetermined),
        ] {
            assert_eq!(
                union(client, server).place(),
                Some(expected),
                "{client:?} {server:?}"
            );
        }
    }
}
