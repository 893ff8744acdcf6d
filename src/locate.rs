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

    /// The findings for the pairs beside the layers.
    pub fn side_pairs(&self) -> impl Iterator<Item = (Ends, SidePair)> {
        self.headers
            .side_pairs()
            .iter()
            .zip(self.side_pairs)
            .map(|((_, kind), ends)| (ends, *kind))
    }

    /// Whether the outermost layer runs inside declared softwire prefixes, so that the layers within
    /// decide (RULES §4).
    #[must_use]
    pub const fn softwire(&self) -> bool {
        self.softwire
    }
}

/// Locates both ends of every pair in the headers.
#[must_use]
pub fn locate<'h>(headers: &'h Headers, table: &Table) -> Located<'h> {
    let mut located = Located {
        headers,
        layers: [NOWHERE; MAX_IP_LAYERS],
        side_pairs: [NOWHERE; MAX_SIDE_PAIRS],
        softwire: false,
    };
    let layers = headers.layers();
    for (slot, layer) in located.layers.iter_mut().zip(layers) {
        *slot = ends(&layer.pair, table);
    }
    for (slot, (pair, _)) in located.side_pairs.iter_mut().zip(headers.side_pairs()) {
        *slot = ends(pair, table);
    }
    if let [outer, _, ..] = layers {
        located.softwire = is_softwire(&outer.pair, table);
    }
    located
}

fn ends(pair: &Pair, table: &Table) -> Ends {
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
