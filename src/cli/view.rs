//! What the commands about places show, apart from how they show it.

use std::net::IpAddr;

use crate::geo::{CountryCode, Finding};

/// What the loaded table is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableView {
    /// SHA-256 over everything that the findings depend on, in hex.
    pub digest: String,
    /// What it was made of.
    pub sources: Vec<SourceView>,
    /// The operator's lists.
    pub lists: Vec<ListView>,
    /// The countries that are home.
    pub home: Vec<CountryCode>,
    /// Where private addresses are: `home` or `undetermined`.
    pub site: String,
    /// Ranges of IPv4 addresses with one finding each.
    pub ranges_v4: u64,
    /// Ranges of IPv6 addresses with one finding each.
    pub ranges_v6: u64,
    /// IPv4 addresses by finding id, in the order to show; none of those that are 0.
    pub addresses_v4: Vec<(String, u64)>,
    /// IPv4 addresses about which the sources differ in whether they are at home.
    pub disputed_v4: u64,
    /// Addresses with a known answer that were asked, all of them answered rightly.
    pub probes: u64,
    /// What the operator should know, one sentence each.
    pub warnings: Vec<String>,
}

/// One thing that the table was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceView {
    /// `embedded`, or the file's name.
    pub name: String,
    /// What the data calls itself, or of what kind it is.
    pub title: String,
    /// Its own date, `YYYY-MM-DD`, where it has one.
    pub date: Option<String>,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
    /// Ranges with a country, IPv4 and IPv6 together.
    pub ranges: u64,
    /// Countries that it names.
    pub countries: u64,
}

/// A list of the operator's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListView {
    /// `domestic` or `anycast`.
    pub kind: String,
    /// The file.
    pub name: String,
    /// Prefixes in it.
    pub prefixes: u64,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
}

/// Where an address is, and what decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressView {
    /// The address that was asked for.
    pub ip: IpAddr,
    /// The finding; its place follows from it.
    pub finding: Finding,
    /// The country, if one is named.
    pub country: Option<CountryCode>,
    /// The rule and source that decided, as a sentence without a full stop.
    pub rule: String,
    /// First and last address of the range over which nothing changes.
    pub range: (IpAddr, IpAddr),
    /// What each source says: its name and the country, if it names one.
    pub sources: Vec<(String, Option<CountryCode>)>,
    /// The addresses inside, where they decide (NAT64, 6to4, Teredo …).
    pub inside: Vec<Self>,
}

impl AddressView {
    /// The place in output: `excluded` where the address itself is a reason to exclude.
    #[must_use]
    pub fn place(&self) -> &'static str {
        self.finding
            .place()
            .map_or("excluded", crate::geo::Place::id)
    }

    /// The section of docs/rules.md that decides.
    #[must_use]
    pub const fn section(&self) -> &'static str {
        match self.finding {
            Finding::Home | Finding::Abroad | Finding::Unlocated | Finding::SourceDisagreement => {
                "§3.1"
            }
            Finding::OperatorHome | Finding::Anycast => "§3.2",
            Finding::SiteHome | Finding::NonGlobal | Finding::Multicast | Finding::Martian => {
                "§3.3"
            }
        }
    }
}
