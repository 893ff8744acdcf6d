//! Asks again and again, on a thread of its own: whatever an answer takes, the screen goes on.

use std::io;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::figures::Figures;
use super::trouble::Trouble;
use super::{client, clock};
use crate::metrics::Listen;

/// What came of one question.
pub(super) struct Answer {
    pub(super) at: Instant,
    pub(super) figures: Result<Box<Figures>, Trouble>,
}

/// Asks at once and then at every interval, until nobody listens.
pub(super) fn start(place: Listen, interval: Duration) -> io::Result<Receiver<Answer>> {
    let (tell, told) = channel();
    thread::Builder::new()
        .name("asking".to_owned())
        .spawn(move || {
            let mut next = clock::now();
            loop {
                let figures = client::fetch(&place)
                    .and_then(|text| Figures::read(&text))
                    .map(Box::new);
                let at = clock::now();
                if tell.send(Answer { at, figures }).is_err() {
                    return;
                }
                // After an answer that was long in coming, the next question is not hurried.
                next = (next + interval).max(at);
                thread::sleep(next.saturating_duration_since(at));
            }
        })?;
    Ok(told)
}
