//! Asks the table where the ends of every layer are.
//!
//! It decides nothing. In: [`Headers`] and a [`Table`]. Out: [`Located`], the headers with a finding
//! for each end of each pair that the gate must judge.

use crate::decode::{Headers, IpVersion, MAX_IP_LAYERS, MAX_SIDE_PAIRS, Pair, SidePair};
use crate::geo::{Finding, Table};

/// The findings for the two ends of a pair.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    /// Of the sender.
    pub src: Finding,
    /// Of the receiver.
    pub dst: Finding,
}

const NOWHERE: Ends = Ends {
    src: Finding::Unlocated,
    dst: Finding::Unlocated,
};

/// Headers with the findings for every pair in them. No `Debug`: it may belong to an excluded packet.
pub struct Located<'h> {
    headers: &'h Headers,
    layers: [Ends; MAX_IP_LAYERS],
    side_pairs: [Ends; MAX_SIDE_PAIRS],
    softwire: bool,
}

impl<'h> Located<'h> {
    #[inline]
    const fn of_one(headers: &'h Headers, ends: Ends) -> Self {
        let mut layers = [NOWHERE; MAX_IP_LAYERS];
        layers[0] = ends;
        Self {
            headers,
            layers,
            side_pairs: [NOWHERE; MAX_SIDE_PAIRS],
            softwire: false,
        }
    }

    /// The headers that were located.
    #[must_use]
    pub const fn headers(&self) -> &'h Headers {
        self.headers
    }

    /// The findings for the layers, outermost first.
    #[must_use]
    pub fn layers(&self) -> &[Ends] {
        &self.layers[..self.headers.layers().len()]
    }

    /// The findings for the outermost layer.
    #[inline]
    #[must_use]
    pub const fn outermost(&self) -> Ends {
        let [ends, ..] = self.layers;
        ends
    }

    /// The findings for the pairs beside the layers.
    pub fn side_pairs(&self) -> impl Iterator<Item = (Ends, SidePair)> {
        self.headers
            .side_pairs()
            .iter()
            .zip(self.side_pairs)
            .map(|((_, kind), ends)| (ends, *kind))
    }

    /// Whether the outermost layer runs inside declared softwire prefixes, so that the layers within
    /// decide (rules §4).
    #[must_use]
    pub const fn softwire(&self) -> bool {
        self.softwire
    }
}

/// Locates both ends of every pair in the headers.
#[inline]
#[must_use]
pub fn locate<'h>(headers: &'h Headers, table: &Table) -> Located<'h> {
    if let Some(layer) = headers.only_layer() {
        return Located::of_one(headers, ends(&layer.pair, table));
    }
    let mut located = Located::of_one(headers, NOWHERE);
    locate_all(&mut located, table);
    located
}

/// Locates both ends of every pair in many headers, and hands each on in order; faster than one by
/// one, because look-ups with nothing between them wait for memory together.
#[inline]
pub fn locate_each<'h, const N: usize>(
    headers: &'h [Headers; N],
    table: &Table,
    mut hand_on: impl FnMut(&Located<'h>),
) {
    let found = find_usual(headers, table);
    for (place, headers) in headers.iter().enumerate() {
        let mut located = Located::of_one(headers, found[place]);
        if headers.only_layer().is_none() {
            locate_all(&mut located, table);
        }
        hand_on(&located);
    }
}

/// The findings for the usual packets among these.
fn find_usual<const N: usize>(headers: &[Headers; N], table: &Table) -> [Ends; N] {
    let mut found = [NOWHERE; N];
    for (found, headers) in found.iter_mut().zip(headers) {
        if let Some(layer) = headers.only_layer() {
            *found = ends(&layer.pair, table);
        }
    }
    found
}

#[inline(never)]
fn locate_all(located: &mut Located<'_>, table: &Table) {
    let layers = located.headers.layers();
    for (slot, layer) in located.layers.iter_mut().zip(layers) {
        *slot = ends(&layer.pair, table);
    }
    let side_pairs = located.headers.side_pairs();
    for (slot, (pair, _)) in located.side_pairs.iter_mut().zip(side_pairs) {
        *slot = ends(pair, table);
    }
    if let [outer, _, ..] = layers {
        located.softwire = is_softwire(&outer.pair, table);
    }
}

/// Locates both ends of one pair.
#[inline]
#[must_use]
pub fn ends(pair: &Pair, table: &Table) -> Ends {
    match pair.version {
        IpVersion::V4 => Ends {
            src: table.find_v4(pair.src as u32),
            dst: table.find_v4(pair.dst as u32),
        },
        IpVersion::V6 => Ends {
            src: table.find_v6(pair.src),
            dst: table.find_v6(pair.dst),
        },
    }
}

fn is_softwire(pair: &Pair, table: &Table) -> bool {
    match pair.version {
        IpVersion::V4 => table.is_softwire_v4(pair.src as u32, pair.dst as u32),
        IpVersion::V6 => table.is_softwire_v6(pair.src, pair.dst),
    }
}
