//! Walks units with several lanes at once and joins them in order.
//!
//! Every unit is walked by a lane that assumes nothing lies before it. The join, in the order of the
//! input, checks the assumption: the unit must begin where the one before it ended, no later fragment
//! in it may have its first before it, and the flow table must have room for both. Where it does not
//! hold, the joined lane walks that unit itself; so the outcome is that of one lane, always.

use super::walk::{Unit, Walked, walk};
use crate::lane::Lane;
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use std::collections::BTreeMap;
use std::thread;

/// A unit and where it belongs.
pub(super) struct Piece {
    /// What to walk.
    pub unit: Unit,
    /// Which input it is part of.
    pub input: usize,
}

/// A unit, walked by a lane of its own.
struct Speculation {
    lane: Box<Lane>,
    walked: Walked,
}

/// The join: one lane that has seen everything so far, and where the next range must begin.
pub(super) struct Join<'a> {
    lane: Lane,
    /// The input of the last piece, with the offset where it ended or `None` where it ended for good.
    last: Option<(usize, Option<u64>)>,
    /// Takes the ended records of the joined lane.
    drain: &'a mut dyn FnMut(&mut Lane),
    /// Takes how the walk of each piece ended.
    note: &'a mut dyn FnMut(usize, Walked),
    report: &'a (dyn Fn(u64, u64) + Sync),
}

impl<'a> Join<'a> {
    pub(super) fn new(
        lane: Lane,
        drain: &'a mut dyn FnMut(&mut Lane),
        note: &'a mut dyn FnMut(usize, Walked),
        report: &'a (dyn Fn(u64, u64) + Sync),
    ) -> Self {
        Self {
            lane,
            last: None,
            drain,
            note,
            report,
        }
    }

    pub(super) fn into_lane(self) -> Lane {
        self.lane
    }

    /// Walks every piece in order with the joined lane alone.
    pub(super) fn walk_alone(&mut self, pieces: &[Piece]) {
        for piece in pieces {
            if let Some(unit) = self.due(piece) {
                self.walk_here(piece.input, &unit, true);
            }
        }
    }

    /// Walks the pieces with `lanes` threads and joins them in order. Each unit must be readable more
    /// than once. `model` has seen nothing and is what the lanes of the pieces are made after.
    pub(super) fn walk_together(&mut self, pieces: &[Piece], lanes: usize, model: &Lane) {
        let report = self.report;
        thread::scope(|scope| {
            let (work, todo) = unbounded::<usize>();
            let (done, results) = bounded::<(usize, Speculation)>(lanes);
            for _ in 0..lanes.min(pieces.len()) {
                let (todo, done): (Receiver<usize>, Sender<_>) = (todo.clone(), done.clone());
                scope.spawn(move || {
                    for index in todo {
                        let lane = model.for_range(index as u32 + 1);
                        let speculation = speculate(&pieces[index], lane, report);
                        if done.send((index, speculation)).is_err() {
                            return;
                        }
                    }
                });
            }
            drop((todo, done));
            // One piece more than lanes is handed out beyond the joined ones: memory is bounded by
            // that many pieces, whatever the length of the input.
            let mut handed_out = 0;
            let mut waiting = BTreeMap::new();
            for (index, piece) in pieces.iter().enumerate() {
                while handed_out < pieces.len() && handed_out <= index + lanes {
                    // The receivers live as long as this scope.
                    let _ = work.send(handed_out);
                    handed_out += 1;
                }
                let speculation = loop {
                    if let Some(speculation) = waiting.remove(&index) {
                        break Some(speculation);
                    }
                    match results.recv() {
                        Ok((number, speculation)) => waiting.insert(number, speculation),
                        Err(_) => break None,
                    };
                };
                self.join(piece, speculation);
            }
            drop(work);
        });
    }

    fn join(&mut self, piece: &Piece, speculation: Option<Speculation>) {
        let Some(unit) = self.due(piece) else { return };
        let started_right = match (&unit, &piece.unit) {
            (Unit::Range(due), Unit::Range(guessed)) => due.start == guessed.start,
            (Unit::Whole(_), _) | (_, Unit::Whole(_)) => true,
        };
        let accepted = speculation.and_then(|mut speculation| {
            let holds = started_right && self.lane.accepts(&mut speculation.lane);
            holds.then_some(speculation)
        });
        match accepted {
            Some(Speculation { lane, walked }) => {
                self.lane.absorb(*lane);
                (self.drain)(&mut self.lane);
                self.ended(piece.input, &unit, walked);
            }
            None => self.walk_here(piece.input, &unit, false),
        }
    }

    /// The unit as it really begins; nothing if its input has already ended.
    fn due(&self, piece: &Piece) -> Option<Unit> {
        match (&piece.unit, self.last) {
            (Unit::Range(range), Some((input, end))) if input == piece.input => {
                let start = end?;
                // The piece before it may have run over all of this one.
                (start < range.limit).then(|| {
                    let mut range = range.clone();
                    range.start = start;
                    Unit::Range(range)
                })
            }
            (unit, _) => Some(unit.clone()),
        }
    }

    fn walk_here(&mut self, input: usize, unit: &Unit, first_time: bool) {
        let Self {
            lane,
            drain,
            report,
            ..
        } = self;
        let walked = walk(unit, lane, &mut |lane, bytes, packets| {
            drain(lane);
            if first_time {
                report(bytes, packets);
            }
        });
        self.ended(input, unit, walked);
    }

    fn ended(&mut self, input: usize, unit: &Unit, walked: Walked) {
        let goes_on = matches!(unit, Unit::Range(_)) && walked.trouble.is_none();
        self.last = Some((input, goes_on.then_some(walked.offset)));
        (self.note)(input, walked);
    }
}

fn speculate(piece: &Piece, lane: Lane, report: &(dyn Fn(u64, u64) + Sync)) -> Speculation {
    let mut lane = Box::new(lane);
    let walked = walk(&piece.unit, &mut lane, &mut |_, bytes, packets| {
        report(bytes, packets);
    });
    Speculation { lane, walked }
}
