//! Two ways to do the same work, timed in turn: what they cost, and how many times more the other costs.

use std::hint::black_box;
use std::time::Instant;

/// The median of this many pairs counts.
const ROUNDS: usize = 15;

/// Times both, each of which does `items` pieces of work and returns something of all of them, and prints
/// one line.
pub(crate) fn ratio(
    what: &str,
    items: usize,
    mut ours: impl FnMut() -> u64,
    other: &str,
    mut theirs: impl FnMut() -> u64,
) {
    let mut rounds: Vec<[f64; 3]> = (0..ROUNDS)
        .map(|_| {
            let (ours, theirs) = (timed(&mut ours), timed(&mut theirs));
            [ours, theirs, theirs / ours]
        })
        .collect();
    let mut median = |column: usize| {
        rounds.sort_by(|one, another| one[column].total_cmp(&another[column]));
        rounds[ROUNDS / 2][column]
    };
    let (ours, theirs, times) = (median(0), median(1), median(2));
    let each = |seconds: f64| seconds * 1e9 / items as f64;
    println!(
        "ratio: {what}: {:.1} ns, {other} {:.1} ns: {times:.1} times",
        each(ours),
        each(theirs)
    );
}

fn timed(work: &mut impl FnMut() -> u64) -> f64 {
    #[expect(clippy::disallowed_methods, reason = "a bench reads the clock")]
    let begin = Instant::now();
    black_box(work());
    begin.elapsed().as_secs_f64()
}
