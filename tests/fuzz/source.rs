//! Arbitrary bytes as an input: every container and compression. Nothing may panic, hang, or lend a
//! frame longer than the largest; reading on after the end must end the same way.
use std::io::Cursor;
use std::ops::ControlFlow;

use sekisho::source::{End, Input, MAX_CAPTURED, Reader};

/// Bounds one run: a few bytes may unpack to gigabytes.
const MOST_FRAMES: u64 = 100_000;

/// What must hold for any input.
pub(crate) fn check(data: &[u8]) {
    let Ok(mut reader) = Reader::new(&Input::Stdin, Cursor::new(data.to_vec())) else {
        return;
    };
    let mut frames = 0;
    let end = reader.read(|frame| {
        assert!(frame.bytes.len() <= MAX_CAPTURED as usize);
        frames += 1;
        if frames < MOST_FRAMES {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });
    let again = |reader: &mut Reader| reader.read(|_| unreachable!("a frame after the end"));
    match end {
        End::Complete => assert!(matches!(again(&mut reader), End::Complete)),
        End::Damaged(damage) => {
            assert!(!damage.to_string().is_empty());
            assert!(matches!(again(&mut reader), End::Damaged(same) if same == damage));
        }
        End::Stopped => {}
        End::Failed(error) => panic!("memory cannot fail to be read: {error}"),
    }
}
