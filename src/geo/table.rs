//! The compiled table.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::compile::{Compiled, Home, Layers, compile};
use super::embedded::{self, Inside};
use super::finder_v4::FinderV4;
use super::finder_v6::FinderV6;
use super::identity::Hasher;
use super::label::{Label, MAX_BORDERS};
use super::list::List;
use super::segments::Segments;
use super::source::{self, Source};
use super::{CountryCode, Error, Evidence, Finding, Prefix, Settings, Site, probe, special};

/// Where every address is. Immutable; shared by all lanes.
pub struct Table {
    finder_v4: FinderV4,
    finder_v6: FinderV6,
    pub(super) nat64: Vec<Prefix>,
    softwires: Vec<Prefix>,
    digest: [u8; 32],
    /// Nanoseconds after the epoch beyond which the oldest source is too old.
    fresh_until: Option<u64>,
    pub(super) home: BTreeSet<CountryCode>,
    pub(super) home_bits: Home,
    pub(super) site: Site,
    pub(super) sources: Vec<Source>,
    pub(super) domestic: List,
    pub(super) anycast: List,
    pub(super) special_v4: Segments<u32>,
    pub(super) special_v6: Segments<u128>,
    pub(super) statistics: Statistics,
}

/// Counts made while compiling, for people.
pub(super) struct Statistics {
    pub(super) borders_v4: usize,
    pub(super) borders_v6: usize,
    pub(super) addresses_v4: [u128; Finding::ALL.len()],
    pub(super) addresses_v6: [u128; Finding::ALL.len()],
    pub(super) disagreement_v4: super::compile::Counts,
    pub(super) disagreement_v6: super::compile::Counts,
    pub(super) probes: usize,
}

impl Table {
    /// Reads the sources and lists, compiles them and asks for known answers.
    ///
    /// # Errors
    /// If a file cannot be read or is damaged, is of a kind without countries, or the table fails a
    /// known answer: then there is no table, and nothing may start with it (rules §3).
    pub fn build(settings: &Settings) -> Result<Self, Error> {
        let table = Self::build_to_look_at(settings)?;
        probe::home_is_there(&table)?;
        Ok(table)
    }

    /// As [`Table::build`], but lets a table pass in which no address is at home, as a warning of
    /// [`Table::info`]. For commands that show what a table says and judge no packet.
    ///
    /// # Errors
    /// As [`Table::build`].
    pub fn build_to_look_at(settings: &Settings) -> Result<Self, Error> {
        Self::build_of(settings, None)
    }

    /// One table for each source of this one alone, by the settings that it was built by, in the order of
    /// [`Table::agreement`], to measure them by. No packet may be judged by one of these where the others are
    /// configured too.
    ///
    /// # Errors
    /// As [`Table::build`].
    pub fn build_each(&self, settings: &Settings) -> Result<Vec<Self>, Error> {
        let sources = 0..self.sources.len();
        sources
            .map(|number| Self::build_of(settings, Some(number)))
            .collect()
    }

    fn build_of(settings: &Settings, only: Option<usize>) -> Result<Self, Error> {
        if settings.home.is_empty() {
            return Err(Error::NoHome);
        }
        if settings.sources.is_empty() {
            return Err(Error::NoSource);
        }
        embedded::check_nat64(&settings.nat64_prefixes)?;
        let home_bits = Home::new(&settings.home);
        let mut sources = source::read_all(&settings.sources, &home_bits)?;
        if let Some(number) = only {
            sources = sources.into_iter().skip(number).take(1).collect();
        }
        for source in &mut sources {
            source.v4.index();
            source.v6.index();
        }
        let domestic = List::read(&settings.domestic_lists)?;
        let anycast = List::read(&settings.anycast_lists)?;
        let (special_v4, special_v6) = special::layers(settings.site, &settings.nat64_prefixes);

        // The two address spaces have nothing in common: on two cores, half the time.
        let (v4, v6): (Compiled<u32>, Compiled<u128>) = std::thread::scope(|scope| {
            let v4 = scope.spawn(|| {
                let sources: Vec<_> = sources.iter().map(|source| &source.v4).collect();
                let layers = Layers {
                    special: &special_v4,
                    domestic: &domestic.v4,
                    anycast: &anycast.v4,
                    sources: &sources,
                };
                compile(&layers, &home_bits)
            });
            let sources: Vec<_> = sources.iter().map(|source| &source.v6).collect();
            let layers = Layers {
                special: &special_v6,
                domestic: &domestic.v6,
                anycast: &anycast.v6,
                sources: &sources,
            };
            let v6 = compile(&layers, &home_bits);
            // A panic over there is a panic here.
            let v4 = v4
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            (v4, v6)
        });
        if v4.borders.len().max(v6.borders.len()) > MAX_BORDERS {
            return Err(Error::TooFine);
        }
        let digest = digest(settings, &sources, &domestic, &anycast);
        let mut table = Self {
            finder_v4: FinderV4::new(&v4.borders),
            finder_v6: FinderV6::new(&v6.borders),
            nat64: settings.nat64_prefixes.clone(),
            softwires: settings.softwire_prefixes.clone(),
            digest,
            fresh_until: fresh_until(settings, &sources),
            home: settings.home.clone(),
            home_bits,
            site: settings.site,
            sources,
            domestic,
            anycast,
            special_v4,
            special_v6,
            statistics: Statistics {
                borders_v4: v4.borders.len(),
                borders_v6: v6.borders.len(),
                addresses_v4: v4.addresses,
                addresses_v6: v6.addresses,
                disagreement_v4: v4.disagreement,
                disagreement_v6: v6.disagreement,
                probes: 0,
            },
        };
        table.statistics.probes = probe::run(&table)?;
        Ok(table)
    }

    /// The finding for an IPv4 address.
    #[inline]
    #[must_use]
    pub fn find_v4(&self, address: u32) -> Finding {
        self.finder_v4.find(address)
    }

    /// The finding for an IPv6 address, embedded IPv4 addresses included (rules §3).
    #[inline]
    #[must_use]
    pub fn find_v6(&self, address: u128) -> Finding {
        self.finding_of(address, self.finder_v6.find(address))
    }

    #[inline]
    fn finding_of(&self, address: u128, label: Label) -> Finding {
        match label.finding() {
            Some(finding) => finding,
            None => self.find_inside(address, label),
        }
    }

    fn find_inside(&self, address: u128, label: Label) -> Finding {
        match embedded::inside(address, label, &self.nat64) {
            Some(Inside::One(v4)) => self.find_v4(v4),
            Some(Inside::Teredo { client, server }) => {
                embedded::union(self.find_v4(client), self.find_v4(server))
            }
            None => Finding::Unlocated,
        }
    }

    /// What an IPv6 address holds.
    pub(super) fn inside(&self, address: u128) -> Option<Inside> {
        embedded::inside(address, self.finder_v6.find(address), &self.nat64)
    }

    /// The finding for an address of either version.
    #[must_use]
    pub fn find(&self, address: IpAddr) -> Finding {
        match address {
            IpAddr::V4(v4) => self.find_v4(v4.into()),
            IpAddr::V6(v6) => self.find_v6(v6.into()),
        }
    }

    /// The country of an IPv4 address, for records; not on the packet path. Home if any source says
    /// so, else what the first source that names one says.
    #[must_use]
    pub fn country_v4(&self, address: u32) -> Option<CountryCode> {
        if self.special_v4.find(address).label != 0 {
            return None;
        }
        let evidence = self
            .sources
            .iter()
            .map(|source| source.v4.find(address).label);
        self.choose(evidence)
    }

    /// The country of an IPv6 address, for records; embedded IPv4 addresses included.
    #[must_use]
    pub fn country_v6(&self, address: u128) -> Option<CountryCode> {
        match self.inside(address) {
            Some(Inside::One(v4)) => return self.country_v4(v4),
            Some(Inside::Teredo { client, server }) => {
                let country = self.country_v4(client);
                return country.filter(|_| country == self.country_v4(server));
            }
            None => {}
        }
        if self.special_v6.find(address).label != 0 {
            return None;
        }
        let evidence = self
            .sources
            .iter()
            .map(|source| source.v6.find(address).label);
        self.choose(evidence)
    }

    fn choose(&self, evidence: impl Iterator<Item = u16>) -> Option<CountryCode> {
        let mut first = Evidence::NONE;
        for bits in evidence {
            let evidence = Evidence::from_packed(bits);
            if self.home_bits.is(evidence) {
                return evidence.country_code();
            }
            if first.country_bits() == 0 {
                first = evidence;
            }
        }
        first.country_code()
    }

    /// Whether an access softwire (rules §4) may run between these: both lie in declared prefixes.
    #[must_use]
    pub fn is_softwire_v4(&self, a: u32, b: u32) -> bool {
        let declared = |address| {
            self.softwires
                .iter()
                .any(|prefix| prefix.contains_v4(address))
        };
        declared(a) && declared(b)
    }

    /// Likewise for IPv6.
    #[must_use]
    pub fn is_softwire_v6(&self, a: u128, b: u128) -> bool {
        let declared = |address| {
            self.softwires
                .iter()
                .any(|prefix| prefix.contains_v6(address))
        };
        declared(a) && declared(b)
    }

    /// SHA-256 over everything that the findings depend on.
    #[must_use]
    pub const fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// Whether a record that starts `nanos` after the epoch is too late for this table's age: some
    /// source was older than `max_age` at that time, or does not say how old it is.
    #[must_use]
    pub fn is_stale_at(&self, nanos: u64) -> bool {
        self.fresh_until.is_some_and(|until| nanos > until)
    }

    /// The last nanosecond since the epoch at which it is not stale; nothing if it never is.
    #[must_use]
    pub const fn fresh_until(&self) -> Option<u64> {
        self.fresh_until
    }

    /// Memory of the structures on the packet path, in bytes.
    #[must_use]
    pub fn hot_bytes(&self) -> usize {
        self.finder_v4.bytes() + self.finder_v6.bytes()
    }
}

/// Raised whenever the same inputs would give other findings.
const FORMAT: &[u8] = b"sekisho.geo.v1";

fn digest(settings: &Settings, sources: &[Source], domestic: &List, anycast: &List) -> [u8; 32] {
    let mut hasher = Hasher::new();
    hasher.part(FORMAT);
    for source in sources {
        for origin in &source.origins {
            hasher.part(b"source");
            hasher.part(&origin.sha256);
        }
    }
    for (name, list) in [(b"domestic", domestic), (b"anycast_", anycast)] {
        hasher.part(name);
        for file in &list.files {
            hasher.part(&file.sha256);
        }
    }
    for country in &settings.home {
        hasher.part(b"home");
        hasher.part(country.as_str().as_bytes());
    }
    hasher.part(match settings.site {
        Site::Undetermined => b"site undetermined",
        Site::Home => b"site home",
    });
    for (name, prefixes) in [
        (b"nat64___", &settings.nat64_prefixes),
        (b"softwire", &settings.softwire_prefixes),
    ] {
        for prefix in prefixes {
            hasher.part(name);
            hasher.part(prefix.to_string().as_bytes());
        }
    }
    hasher.finish()
}

/// The instant until which every source is young enough, in nanoseconds after the epoch; 0 if a
/// source does not say when it was made.
fn fresh_until(settings: &Settings, sources: &[Source]) -> Option<u64> {
    let max_age = settings.max_age?.as_secs();
    sources
        .iter()
        .flat_map(|source| &source.origins)
        .map(|origin| {
            origin.built.map_or(0, |built| {
                built.saturating_add(max_age).saturating_mul(1_000_000_000)
            })
        })
        .min()
}
