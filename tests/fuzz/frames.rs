//! The frames of a capture, kept to be compared.

use std::ops::ControlFlow;

use sekisho::source::{End, Frame};

/// Bounds one run: a few bytes may unpack to gigabytes.
const MOST_FRAMES: usize = 20_000;

/// What was delivered of one frame.
type Kept = (u64, u32, u32, Vec<u8>);

/// What a reading delivered.
#[derive(Default, PartialEq, Eq)]
pub(crate) struct Frames(Vec<Kept>);

impl Frames {
    /// Takes a frame; no more once there are many.
    pub(crate) fn take(&mut self, frame: &Frame<'_>) -> ControlFlow<()> {
        self.0.push((
            frame.seen.nanos(),
            frame.wire_len,
            frame.link.0,
            frame.bytes.to_vec(),
        ));
        match self.0.len() < MOST_FRAMES {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    }

    /// Whether it begins as the other does.
    pub(crate) fn begins(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }
}

/// An end as text, which must not be a failure: memory cannot fail to be read.
pub(crate) fn told(end: &End) -> String {
    match end {
        End::Complete => "complete".to_owned(),
        End::Stopped => "stopped".to_owned(),
        End::Damaged(damage) => damage.to_string(),
        End::Failed(error) => panic!("memory cannot fail to be read: {error}"),
    }
}
