//! Walks pieces with several lanes at once and joins what they found, in order.
//!
//! A lane that begins in the middle assumes that nothing lies before it. The join, in the order of the
//! input, checks the assumption: its first piece must begin where the one before it ended, no later
//! fragment in it may have its first before it, and the flow table must have room for both. Where it does
//! not hold, the joined lane walks those pieces itself; so the outcome is that of one lane, always. It also
//! walks alone where flows are so many that tables beside its own would cost more than they give.

use super::claims::Claims;
use super::output::{Aside, Gathered};
use super::walk::{Unit, Walked, walk};
use crate::export::Order;
use crate::lane::Lane;
use crossbeam_channel::{Sender, unbounded};
use std::collections::BTreeMap;
use std::thread;

/// A unit and where it belongs.
pub(super) struct Piece {
    /// What to walk.
    pub unit: Unit,
    /// Which input it is part of.
    pub input: usize,
}

/// Takes how the walk of each piece ended: the number of its input, and the end.
pub(super) type Note<'a> = dyn FnMut(usize, Walked) + 'a;

/// Takes bytes of input and frames, now and then.
pub(super) type Report<'a> = dyn Fn(u64, u64) + Sync + 'a;

/// A lane, and where in the input it is.
struct Walker {
    lane: Lane,
    /// The input of the last piece, with the offset where it ended or `None` where it ended for good.
    last: Option<(usize, Option<u64>)>,
}

impl Walker {
    /// Walks a piece, unless its input has already ended. `tick` as for [`walk`].
    fn walk(&mut self, piece: &Piece, tick: &mut dyn FnMut(&mut Lane, u64, u64)) -> Option<Walked> {
        let unit = self.due(piece)?;
        let walked = walk(&unit, &mut self.lane, tick);
        let goes_on = matches!(unit, Unit::Range(_)) && walked.trouble.is_none();
        self.last = Some((piece.input, goes_on.then_some(walked.offset)));
        Some(walked)
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

    /// Whether the piece begins where its cut guessed.
    fn begins_as_guessed(&self, piece: &Piece) -> bool {
        match (self.due(piece), &piece.unit) {
            (Some(Unit::Range(due)), Unit::Range(guessed)) => due.start == guessed.start,
            (due, _) => due.is_some(),
        }
    }
}

/// Open records of all lanes together, beyond which the joined lane walks on alone: its table is the one
/// that a run needs, and the others come on top. *Guessed*: 580 MB; the largest table by default.
const LIVE_MAX: usize = 1 << 22;

/// Neighbouring pieces, walked by a lane that began with the first of them.
struct Stretch {
    walker: Box<Walker>,
    aside: Aside,
    first: usize,
    /// The first piece behind it.
    end: usize,
    /// How the walk of each piece ended.
    ends: Vec<(usize, Walked)>,
}

/// The join: one lane that has seen everything so far.
pub(super) struct Join<'a> {
    joined: Walker,
    /// Of the records that lanes give.
    order: Order,
    records: &'a mut Gathered,
    note: &'a mut Note<'a>,
    report: &'a Report<'a>,
}

impl<'a> Join<'a> {
    pub(super) fn new(
        lane: Lane,
        order: Order,
        records: &'a mut Gathered,
        note: &'a mut Note<'a>,
        report: &'a Report<'a>,
    ) -> Self {
        Self {
            joined: Walker { lane, last: None },
            order,
            records,
            note,
            report,
        }
    }

    pub(super) fn into_lane(self) -> Lane {
        self.joined.lane
    }

    /// Walks every piece in order with the joined lane alone.
    pub(super) fn walk_alone(&mut self, pieces: &[Piece]) {
        self.walk_here(pieces, true);
    }

    /// Walks the pieces with `lanes` threads and joins them in order. Each unit must be readable more
    /// than once. `model` has seen nothing and is what the lanes of the pieces are made after;
    /// `max_flows` is what its table may hold.
    pub(super) fn walk_together(
        &mut self,
        pieces: &[Piece],
        lanes: usize,
        model: &Lane,
        max_flows: usize,
    ) {
        let report = self.report;
        let live_max = max_flows.min(LIVE_MAX) / lanes;
        let claims = &Claims::new(pieces.len(), lanes);
        let order = &self.order.clone();
        let mut at = 0;
        thread::scope(|scope| {
            let (done, results) = unbounded::<Stretch>();
            for _ in 0..lanes.min(pieces.len()) {
                let done = done.clone();
                scope.spawn(move || {
                    walk_stretches(pieces, claims, live_max, model, order, report, &done);
                });
            }
            drop(done);
            let mut waiting = BTreeMap::new();
            while at < pieces.len() {
                let stretch = loop {
                    if let Some(stretch) = waiting.remove(&at) {
                        break stretch;
                    }
                    match results.recv() {
                        Ok(stretch) => waiting.insert(stretch.first, stretch),
                        // All lanes have stopped before the end.
                        Err(_) => return,
                    };
                };
                at = stretch.end;
                self.join(pieces, stretch);
                claims.joined(at);
            }
        });
        self.walk_here(&pieces[at..], true);
    }

    fn join(&mut self, pieces: &[Piece], mut stretch: Stretch) {
        let (first, end) = (stretch.first, stretch.end);
        let holds = self.joined.begins_as_guessed(&pieces[first])
            && self.joined.lane.accepts(&mut stretch.walker.lane);
        if !holds {
            return self.walk_here(&pieces[first..end], false);
        }
        let Walker { lane, last } = *stretch.walker;
        self.joined.lane.absorb(lane);
        self.joined.last = last;
        self.records.take(self.joined.lane.flows());
        self.records.adopt(stretch.aside);
        for (input, walked) in stretch.ends {
            (self.note)(input, walked);
        }
    }

    fn walk_here(&mut self, pieces: &[Piece], first_time: bool) {
        for piece in pieces {
            let walked = self.joined.walk(piece, &mut |lane, bytes, packets| {
                self.records.take(lane.flows());
                if first_time {
                    (self.report)(bytes, packets);
                }
            });
            if let Some(walked) = walked {
                (self.note)(piece.input, walked);
            }
        }
    }
}

/// What each lane's thread does.
fn walk_stretches(
    pieces: &[Piece],
    claims: &Claims,
    live_max: usize,
    model: &Lane,
    order: &Order,
    report: &Report<'_>,
    done: &Sender<Stretch>,
) {
    while let Some(first) = claims.begin() {
        let mut walker = Box::new(Walker {
            lane: model.for_range(first as u32 + 1),
            last: None,
        });
        let mut aside = Aside::new(order.clone());
        let mut ends = Vec::new();
        let mut at = first;
        loop {
            let piece = &pieces[at];
            let walked = walker.walk(piece, &mut |lane, bytes, packets| {
                aside.take(lane.flows());
                report(bytes, packets);
            });
            ends.extend(walked.map(|walked| (piece.input, walked)));
            if walker.lane.flows().live() > live_max {
                claims.stop();
            }
            if !claims.go_on(at) {
                break;
            }
            at += 1;
        }
        let stretch = Stretch {
            walker,
            aside,
            first,
            end: at + 1,
            ends,
        };
        if done.send(stretch).is_err() {
            return;
        }
    }
}
