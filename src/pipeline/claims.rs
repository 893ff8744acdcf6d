//! Who walks which pieces: every lane goes on from piece to piece as long as nobody else has begun
//! there, and one that has come to an end begins anew in the middle of the longest stretch that is left.
//! So lanes of unequal speed end together, and what they found needs few joins.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Pieces beyond the joined ones that lanes may begin, for each of them. Bounds what is walked in vain
/// where a join does not hold, and how long the lanes' own tables live.
const AHEAD: usize = 16;

/// The pieces of a run, handed to lanes.
pub(super) struct Claims {
    ahead: usize,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    claimed: Vec<bool>,
    /// The piece that each lane is at.
    fronts: Vec<usize>,
    /// All pieces before this one are joined.
    joined: usize,
    is_stopped: bool,
}

impl Claims {
    pub(super) fn new(pieces: usize, lanes: usize) -> Self {
        Self {
            ahead: lanes * AHEAD,
            state: Mutex::new(State {
                claimed: vec![false; pieces],
                fronts: Vec::new(),
                joined: 0,
                is_stopped: false,
            }),
            changed: Condvar::new(),
        }
    }

    /// A piece for a lane to begin with. Waits where too much is walked and not joined; nothing once
    /// no lane is needed any more.
    pub(super) fn begin(&self) -> Option<usize> {
        let mut state = self.lock();
        loop {
            if state.is_stopped {
                return None;
            }
            if let Some(piece) = state.best_start(self.ahead) {
                state.claimed[piece] = true;
                state.fronts.push(piece);
                return Some(piece);
            }
            if state.joined + self.ahead >= state.claimed.len() {
                return None;
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Whether the lane that is at `piece` may go on with the next one; if not, its run is over.
    pub(super) fn go_on(&self, piece: usize) -> bool {
        let mut state = self.lock();
        let next = piece + 1;
        state.fronts.retain(|front| *front != piece);
        let is_free = !state.is_stopped && next < state.end(self.ahead) && !state.claimed[next];
        if is_free {
            state.claimed[next] = true;
            state.fronts.push(next);
        }
        is_free
    }

    /// No lane goes on or begins any more.
    pub(super) fn stop(&self) {
        self.lock().is_stopped = true;
        self.changed.notify_all();
    }

    /// All pieces before this one are joined.
    pub(super) fn joined(&self, piece: usize) {
        self.lock().joined = piece;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Each change is whole before anything that could panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The first piece that nobody may begin yet.
    fn end(&self, ahead: usize) -> usize {
        self.claimed.len().min(self.joined + ahead)
    }

    /// Where one more lane helps most: at the start of a stretch that nobody walks towards, else in
    /// the middle of the longest one. A single piece is left to whoever comes to it.
    fn best_start(&self, ahead: usize) -> Option<usize> {
        let end = self.end(ahead);
        let mut best: Option<(usize, usize)> = None;
        let mut at = self.joined;
        while at < end {
            let start = at;
            while at < end && !self.claimed[at] {
                at += 1;
            }
            let length = at - start;
            if length > 0 {
                let is_next = start > 0 && self.fronts.contains(&(start - 1));
                if !is_next {
                    return Some(start);
                }
                if length > best.map_or(1, |(length, _)| length) {
                    best = Some((length, start + length / 2));
                }
            }
            at += 1;
        }
        best.map(|(_, start)| start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_begin_far_apart_go_on_and_share_what_is_left() {
        let claims = Claims::new(16, 2);
        assert_eq!(claims.begin(), Some(0));
        assert_eq!(claims.begin(), Some(8));
        for piece in 0..7 {
            assert!(claims.go_on(piece));
        }
        assert!(!claims.go_on(7), "the other lane has begun there");
        // The other one is still at 8: of 9 to 15, the upper half is taken.
        assert_eq!(claims.begin(), Some(12));
        for piece in [8, 9, 10, 12, 13, 14] {
            assert!(claims.go_on(piece));
        }
        assert!(!claims.go_on(11));
        assert_eq!(claims.begin(), None);
        assert!(!claims.go_on(15));
    }

    #[test]
    fn nobody_goes_on_once_it_is_stopped() {
        let claims = Claims::new(8, 1);
        assert_eq!(claims.begin(), Some(0));
        assert!(claims.go_on(0));
        claims.stop();
        assert!(!claims.go_on(1));
        assert_eq!(claims.begin(), None);
    }

    #[test]
    fn nobody_runs_far_ahead_of_the_join() {
        let claims = Claims::new(100, 1);
        assert_eq!(claims.begin(), Some(0));
        for piece in 0..AHEAD - 1 {
            assert!(claims.go_on(piece));
        }
        assert!(!claims.go_on(AHEAD - 1));
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| claims.begin());
            claims.joined(AHEAD);
            assert_eq!(waiting.join().unwrap(), Some(AHEAD));
        });
    }
}
