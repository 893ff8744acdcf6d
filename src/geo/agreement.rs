//! How far the sources of a table agree, and how each does against the truth, over the whole space.

use super::compile::{Home, decide};
use super::segments::{Address, Segments, sweep};
use super::{Place, Table, Truth};

/// By place: domestic, foreign, undetermined.
pub type Places = [u64; 3];

/// What was found in one address space, in addresses (IPv4) or /64 networks (IPv6). Special blocks, of
/// which no source is asked, are not in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Agreement {
    /// For each two sources, by number: by the place of the first, then of the second.
    pub between: Vec<(usize, usize, [Places; 3])>,
    /// For each source, then for all together: what is truly domestic and truly foreign, by place.
    pub truth: Vec<[Places; 2]>,
}

impl Table {
    /// Compares the sources over IPv4 and over IPv6, and with the truth where it is known.
    #[must_use]
    pub fn agreement(&self, truth: Option<&Truth>) -> [Agreement; 2] {
        let v4: Vec<_> = self.sources.iter().map(|source| &source.v4).collect();
        let v6: Vec<_> = self.sources.iter().map(|source| &source.v6).collect();
        let lists_v4 = [&self.special_v4, &self.domestic.v4, &self.anycast.v4];
        let lists_v6 = [&self.special_v6, &self.domestic.v6, &self.anycast.v6];
        [
            compare(
                lists_v4,
                truth.map(|truth| &truth.v4),
                &v4,
                &self.home_bits,
                0,
            ),
            compare(
                lists_v6,
                truth.map(|truth| &truth.v6),
                &v6,
                &self.home_bits,
                64,
            ),
        ]
    }
}

const fn number(place: Option<Place>) -> usize {
    match place {
        Some(Place::Domestic) => 0,
        Some(Place::Foreign) => 1,
        Some(Place::Undetermined) | None => 2,
    }
}

fn compare<A: Address>(
    [special, domestic, anycast]: [&Segments<A>; 3],
    truth: Option<&Segments<A>>,
    sources: &[&Segments<A>],
    home: &Home,
    host_bits: u32,
) -> Agreement {
    let count = sources.len();
    let nothing = Segments::from_ranges(&[], |_| 0);
    let mut layers = vec![special, domestic, anycast, truth.unwrap_or(&nothing)];
    layers.extend_from_slice(sources);
    let pairs: Vec<(usize, usize)> = (0..count)
        .flat_map(|one| (one + 1..count).map(move |other| (one, other)))
        .collect();
    let mut between = vec![[[0_u128; 3]; 3]; pairs.len()];
    let mut truths = vec![[[0_u128; 3]; 2]; count + 1];
    let mut places = vec![0; count];
    sweep(&layers, |first: A, last: A, labels| {
        let [0, domestic, anycast, truth, sources @ ..] = labels else {
            return;
        };
        let size = first.count_to(last);
        for (place, bits) in places.iter_mut().zip(sources) {
            *place = number(decide(false, false, &[*bits], home).place());
        }
        for ((one, other), found) in pairs.iter().zip(&mut between) {
            let cell = &mut found[places[*one]][places[*other]];
            *cell = cell.saturating_add(size);
        }
        if let Some(is_domestic) = Truth::of_label(*truth) {
            let all = number(decide(*domestic != 0, *anycast != 0, sources, home).place());
            for (place, found) in places.iter().chain([&all]).zip(&mut truths) {
                let cell = &mut found[usize::from(!is_domestic)][*place];
                *cell = cell.saturating_add(size);
            }
        }
    });
    let narrow =
        |places: [u128; 3]| places.map(|size| u64::try_from(size >> host_bits).unwrap_or(u64::MAX));
    Agreement {
        between: pairs
            .into_iter()
            .zip(between)
            .map(|((one, other), found)| (one, other, found.map(narrow)))
            .collect(),
        truth: match truth {
            Some(_) => truths.into_iter().map(|found| found.map(narrow)).collect(),
            None => Vec::new(),
        },
    }
}
