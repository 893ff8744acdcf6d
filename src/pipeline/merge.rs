//! Joins the shards of a run into what one run over all its inputs would have given: records, summary
//! and ledger, byte for byte.
//!
//! Where the shards cannot show that joining is exact, the captures are read again as one run. So the
//! outcome is always that of one run, or an error.

use super::authority::REPLAY;
use super::job::{Job, Told, frames_of};
use super::output::{self, RunEnd};
use super::shard::{InputHead, PathHead, ShardFile, Shards};
use super::{Authorities, Failure, FailureKind, Outcome, Progress, entries, kept, probe};
use crate::config::Config;
use crate::export::{Order, Sorter, Target, heal};
use crate::fate::{Class, Fate};
use crate::flow::{PathId, Paths};
use crate::lane::could_give;
use crate::ledger::Mode;
use crate::time::Timestamp;
use std::path::PathBuf;

/// Joins the shards of a run. `config` is theirs ([`Shards::configuration`]), with where results go.
///
/// # Errors
/// What ended it before its end: tables or authorisations that are not those of the shards any more, or
/// captures that would have to be read again and are not there.
pub fn merge(
    config: &Config,
    shards: &Shards,
    progress: &dyn Progress,
) -> Result<Outcome, Failure> {
    probe(config)?;
    if let Target::Path(path) = &config.export.output
        && ShardFile::is_at(path)
    {
        return Err(Failure::new(
            FailureKind::Output,
            "output would overwrite a shard",
            path.display().to_string(),
            "name another file",
        ));
    }
    let authorities = Authorities::load(config, &[REPLAY.to_owned()])?;
    let inputs: Vec<PathBuf> = shards.inputs().map(|input| input.path.path()).collect();
    let job = super::job(config, inputs, &authorities)?;
    let run = shards.run();
    let changed = |what: &str, hint: &str| {
        let kind = FailureKind::Configuration;
        let place = "shards were made with others".to_owned();
        Err(Failure::new(kind, what, place, hint))
    };
    if run.version != env!("CARGO_PKG_VERSION") {
        let hint = "merge with the version that made the shards";
        return changed("another version of the program", hint);
    }
    if run.table != job.lane.table.digest_hex() {
        return changed("other country tables", "put the tables of the shards there");
    }
    if run.authority != authorities.digest() {
        return changed("other authorisations", "put those of the shards there");
    }
    let Some(doubt) = shards.doubt(&job.lane.flow) else {
        return kept(config, &job, &authorities, Mode::Replay, || {
            let outcome = join(&job, config, shards, progress);
            progress.end();
            outcome
        });
    };
    let reason = doubt.reason();
    if let Some(path) = shards.absent() {
        return Err(Failure::new(
            FailureKind::NoInput,
            format!("joining may not give what one run gives ({reason}), and a capture is gone"),
            path.display().to_string(),
            "put the captures where the shards read them",
        ));
    }
    let mut outcome = kept(config, &job, &authorities, Mode::Replay, || {
        job.run(progress)
    })?;
    outcome.notes.push(format!(
        "note: joining may not give what one run gives ({reason}): the captures were read again"
    ));
    Ok(outcome)
}

/// What the end of one run does, with the pieces of all shards.
fn join(
    job: &Job,
    config: &Config,
    shards: &Shards,
    progress: &dyn Progress,
) -> Result<Outcome, Failure> {
    let told: Vec<Told> = shards.inputs().map(InputHead::told).collect();
    refuse_if_nothing_opened(&told)?;
    let (intervals, tally) = shards.counts(entries::width(config))?;
    progress.begin(Some(shards.bytes()));
    let output = output::open(job)?;
    let mut paths = Paths::new();
    let mut pieces = Sorter::new(Order::Flow, Sorter::DEFAULT_LIMIT);
    let mut order = 0;
    let mut sums = [0u64; 3];
    let mut clock = Timestamp::from_nanos(0);
    let mut evicted = 0;
    for file in shards.files() {
        let head = &file.head;
        let ways = head.paths.iter().map(PathHead::path);
        let ways: Option<Vec<_>> = ways.collect();
        let ways = ways.ok_or_else(|| file.damaged())?;
        let numbers: Vec<PathId> = ways.iter().map(|path| paths.number(path)).collect();
        let mut passed = [0_u64; Class::ALL.len()];
        file.pieces(|piece| {
            if !could_give(&piece, &job.lane.table, &job.lane.policy) {
                return Err(file.damaged());
            }
            let class = piece.class();
            for (class, side) in [(class, piece.src()), (class.mirror(), piece.dst())] {
                // Their sum is checked below to be one of 64 bits.
                let sum = &mut passed[class as usize];
                *sum = sum.saturating_add(side.packets);
            }
            let number = numbers.get(piece.path().to_bits() as usize);
            let number = number.copied().unwrap_or(PathId::NOT_KEPT);
            let more = piece.checked_sums().ok_or_else(|| file.damaged())?;
            for (sum, more) in sums.iter_mut().zip(more) {
                *sum = sum.checked_add(more).ok_or_else(|| file.damaged())?;
            }
            pieces.push(piece.placed(order, number))?;
            order += 1;
            Ok(())
        })?;
        let counted = head.intervals.sums(entries::width(config));
        let (_, counted) = counted.ok_or_else(|| file.damaged())?;
        let of = |class| counted.fate(Fate::Admitted(class)).packets;
        if Class::ALL.map(of) != passed {
            return Err(file.damaged());
        }
        if let Some((_, latest)) = head.flows.seen {
            clock = clock.max(Timestamp::from_nanos(latest));
        }
        evicted += head.flows.evicted;
        progress.advance(file.length, head.records);
    }
    let settings = job.lane.flow.in_range();
    let mut records = Sorter::new(Order::of(&job.terms), Sorter::DEFAULT_LIMIT);
    heal(&mut pieces.finish()?, &settings, |record| {
        records.push(record)
    })?;
    let end = RunEnd {
        clock,
        settings,
        paths: paths.list(),
        evicted,
    };
    let totals = entries::told(frames_of(&told), &tally, 0);
    let recorded = output::write(job, output, &mut records.finish()?, &end, totals)?;
    let intervals = job.interval.map(|_| intervals);
    Ok(job.account(told, recorded, &tally, intervals))
}

/// Where not one input could be opened there was no run.
fn refuse_if_nothing_opened(told: &[Told]) -> Result<(), Failure> {
    let line = |told: &Told| told.complaint.clone().unwrap_or_default();
    match told.split_first() {
        Some((first, others)) if told.iter().all(|told| told.unopened.is_some()) => {
            let kind = first.unopened.unwrap_or(FailureKind::NoInput);
            Err(Failure::line(kind, line(first)).and(others.iter().map(line)))
        }
        _ => Ok(()),
    }
}
