//! Cuts the inputs of a run into pieces for its lanes.

use super::lanes::Piece;
use super::walk::Unit;
use crate::source::{Input, OpenError, PcapFile};
use std::path::Path;

/// The most bytes of one range. *Guessed*: a few hundredths of a second, by which lanes may end apart.
const RANGE_MAX: u64 = 64 << 20;

/// Ranges of a file for each lane, where it is large enough: what the fastest lane can take over from the
/// others is counted in ranges.
const RANGES: u64 = 16;

/// What a run reads, cut into pieces.
pub(super) struct Plan {
    /// In the order of the input.
    pub pieces: Vec<Piece>,
    /// Whether every input can be opened and read more than once: then lanes may speculate.
    pub rereadable: bool,
    /// Size of all inputs in bytes, where every one has a size.
    pub bytes: Option<u64>,
}

/// Plans the inputs for `lanes` lanes. Plain classic captures of at least two ranges of `range_bytes`
/// are cut; everything else is walked whole. Nothing is planned for
/// an input that is known not to open; what else cannot be opened is left for the walk to report.
pub(super) fn plan<'a>(
    inputs: impl Iterator<Item = Option<&'a Input>>,
    lanes: usize,
    range_bytes: u64,
) -> Plan {
    let mut plan = Plan {
        pieces: Vec::new(),
        rereadable: true,
        bytes: Some(0),
    };
    for (index, input) in inputs.enumerate() {
        let Some(input) = input else { continue };
        let size = match input {
            Input::Stdin => None,
            Input::File(path) => size_of_file(path),
        };
        plan.rereadable &= size.is_some();
        plan.bytes = plan.bytes.zip(size).map(|(sum, size)| sum + size);
        let ranges = match (input, size) {
            (Input::File(path), Some(size)) if lanes > 1 && size >= 2 * range_bytes => {
                split(path, size, lanes, range_bytes).unwrap_or_default()
            }
            _ => Vec::new(),
        };
        let units = match ranges.len() {
            0 | 1 => vec![Unit::Whole(input.clone())],
            _ => ranges,
        };
        plan.pieces
            .extend(units.into_iter().map(|unit| Piece { unit, input: index }));
    }
    plan
}

fn size_of_file(path: &Path) -> Option<u64> {
    let metadata = path.metadata().ok()?;
    metadata.is_file().then_some(metadata.len())
}

/// Ranges of a plain classic capture; none if it is something else.
fn split(path: &Path, size: u64, lanes: usize, range_bytes: u64) -> Result<Vec<Unit>, OpenError> {
    let Some(file) = PcapFile::open(path)? else {
        return Ok(Vec::new());
    };
    let wanted = (size / RANGE_MAX).max(RANGES * lanes as u64);
    let parts = wanted.min(size / range_bytes.max(1));
    // A file that cannot be read here cannot be read by the walk either, which says so.
    let ranges = file.split(parts).unwrap_or_default();
    Ok(ranges.into_iter().map(Unit::Range).collect())
}
