//! The rule (rules §2, §3) over every range on which neither a source nor a list changes.

use super::label::{Borders, Label};
use super::segments::{Address, Segments, sweep};
use super::{CountryCode, Evidence, Finding};

/// The layers of one address space.
pub(super) struct Layers<'s, A: Address> {
    /// Special blocks: a [`Label`]'s number plus one.
    pub(super) special: &'s Segments<A>,
    /// The operator's domestic list: not 0.
    pub(super) domestic: &'s Segments<A>,
    /// The operator's anycast list: not 0.
    pub(super) anycast: &'s Segments<A>,
    /// One for each source: [`Evidence`].
    pub(super) sources: &'s [&'s Segments<A>],
}

/// What compiling one address space gives.
pub(super) struct Compiled<A> {
    pub(super) borders: Borders<A>,
    /// Addresses by finding, in the order of [`Finding::ALL`]; wrappers of IPv4 not counted.
    pub(super) addresses: [u128; Finding::ALL.len()],
    pub(super) disagreement: Counts,
}

/// Addresses about which the sources differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Counts {
    /// Two sources name different countries.
    pub(super) differing: u128,
    /// Some source names home, and another does not.
    pub(super) about_home: u128,
    /// Some source names a country, and another is silent.
    pub(super) partial: u128,
}

/// Applies the rule everywhere.
pub(super) fn compile<A: Address>(layers: &Layers<'_, A>, home: &Home) -> Compiled<A> {
    let mut compiled = Compiled {
        borders: Borders::default(),
        addresses: [0; Finding::ALL.len()],
        disagreement: Counts::default(),
    };
    let mut all = vec![layers.special, layers.domestic, layers.anycast];
    all.extend_from_slice(layers.sources);
    let several = layers.sources.len() > 1;
    sweep(&all, |first: A, last: A, labels| {
        let [special, domestic, anycast, sources @ ..] = labels else {
            return;
        };
        let label = match special.checked_sub(1) {
            // The lists add what they know to what a wrapper of IPv4 holds; no source is asked.
            Some(number) if Label::from_number(number as u8).finding().is_none() => {
                match (*domestic != 0, *anycast != 0) {
                    (true, _) => Label::found(Finding::OperatorHome),
                    (_, true) => Label::found(Finding::Anycast),
                    _ => Label::from_number(number as u8),
                }
            }
            Some(number) => Label::from_number(number as u8),
            None => {
                if several {
                    compiled.disagreement.add(first, last, sources, home);
                }
                Label::found(decide(*domestic != 0, *anycast != 0, sources, home))
            }
        };
        if let Some(slot) = compiled.addresses.get_mut(usize::from(label.number())) {
            *slot = slot.saturating_add(first.count_to(last));
        }
        compiled.borders.push(first, label);
    });
    compiled
}

/// The rule for an address outside the special blocks. {F} needs a country abroad from every source;
/// any source that says home adds D, and the operator's lists can only add D or doubt.
#[inline]
pub(super) fn decide(domestic: bool, anycast: bool, sources: &[u16], home: &Home) -> Finding {
    let mut doubt_anycast = anycast;
    let mut contradicted = false;
    let mut silent = sources.is_empty();
    for &bits in sources {
        let evidence = Evidence::from_packed(bits);
        if home.is(evidence) {
            return Finding::Home;
        }
        doubt_anycast |= evidence.is_anycast();
        contradicted |= evidence.is_contradicted();
        silent |= evidence.country_bits() == 0;
    }
    if domestic {
        Finding::OperatorHome
    } else if doubt_anycast {
        Finding::Anycast
    } else if contradicted {
        Finding::SourceDisagreement
    } else if silent {
        Finding::Unlocated
    } else {
        Finding::Abroad
    }
}

/// The home countries, as evidence packs them.
pub(super) struct Home(Vec<u16>);

impl Home {
    pub(super) fn new<'c>(countries: impl IntoIterator<Item = &'c CountryCode>) -> Self {
        let pack = |code: &CountryCode| Evidence::country(*code).packed();
        Self(countries.into_iter().map(pack).collect())
    }

    /// Whether the evidence names a home country.
    #[inline]
    pub(super) fn is(&self, evidence: Evidence) -> bool {
        self.0.contains(&evidence.country_bits())
    }
}

impl Counts {
    fn add<A: Address>(&mut self, first: A, last: A, sources: &[u16], home: &Home) {
        let countries = || sources.iter().map(|bits| Evidence::from_packed(*bits));
        let mut named = countries()
            .map(Evidence::country_bits)
            .filter(|bits| *bits != 0);
        let Some(one) = named.next() else {
            return;
        };
        let addresses = first.count_to(last);
        if named.any(|bits| bits != one) {
            self.differing = self.differing.saturating_add(addresses);
        }
        let homes = countries().filter(|evidence| home.is(*evidence)).count();
        if homes != 0 && homes != sources.len() {
            self.about_home = self.about_home.saturating_add(addresses);
        }
        if countries().any(|evidence| evidence.country_bits() == 0) {
            self.partial = self.partial.saturating_add(addresses);
        }
    }
}
