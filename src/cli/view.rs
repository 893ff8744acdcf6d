//! What the commands about places show, apart from how they show it.

use std::net::IpAddr;

use crate::geo::{CountryCode, Finding};

/// A loaded country table, as the commands see it.
pub trait Atlas {
    /// What the table is.
    fn table(&self) -> TableView;
    /// Where an address is, and what decided.
    fn address(&self, ip: IpAddr) -> AddressView;
}

/// What the loaded table is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableView {
    /// SHA-256 over everything that the findings depend on, in hex.
    pub digest: String,
    /// What it was made of.
    pub sources: Vec<SourceView>,
    /// The countries that are home.
    pub home: Vec<CountryCode>,
    /// Where private addresses are: `home` or `undetermined`.
    pub site: String,
    /// Ranges of IPv4 addresses with one finding each.
    pub ranges_v4: u64,
    /// Ranges of IPv6 addresses with one finding each.
    pub ranges_v6: u64,
    /// IPv4 addresses by finding, in the order of [`Finding::ALL`].
    pub addresses_v4: [u64; Finding::ALL.len()],
    /// Countries that the sources name.
    pub countries: u64,
    /// Addresses with a known answer that were asked, all of them answered rightly.
    pub probes: u64,
}

/// One thing that the table was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceView {
    /// `embedded`, or the file's name.
    pub name: String,
    /// Of what kind.
    pub kind: String,
    /// Its own date, `YYYY-MM-DD`, where it has one.
    pub date: Option<String>,
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
    /// The country, if a source names one.
    pub country: Option<CountryCode>,
    /// The source that decided: `embedded`, a file's name, or `special-purpose registry`.
    pub source: String,
    /// The rule that decided, in a few words.
    pub rule: String,
}

impl AddressView {
    /// The place in output: `excluded` where the address itself is a reason to exclude.
    #[must_use]
    pub fn place(&self) -> &'static str {
        self.finding.place().map_or("excluded", crate::geo::Place::id)
    }

    /// The section of docs/rules.md that decides.
    #[must_use]
    pub const fn section(&self) -> &'static str {
        match self.finding {
            Finding::Home | Finding::Abroad | Finding::Unlocated | Finding::SourceDisagreement => "§3.1",
            Finding::OperatorHome | Finding::Anycast => "§3.2",
            Finding::SiteHome | Finding::NonGlobal | Finding::Multicast | Finding::Martian => "§3.3",
        }
    }
}
