//! The four ends of a reading.

use std::io::{self, Cursor, Read};
use std::ops::ControlFlow;

use crate::source::synth::{gzip, keep, lz4, plain_capture, zstd};
use crate::source::{End, Input, OpenError, Reader};

#[test]
fn a_reading_that_was_stopped_goes_on_with_the_next_frame() {
    let (file, seen) = plain_capture(9);
    for bytes in [file.clone(), zstd(&file)] {
        let mut reader = Reader::new(&Input::Stdin, Cursor::new(bytes)).unwrap();
        let mut got = Vec::new();
        for _ in 0..seen.len() {
            let end = reader.read(|frame| {
                got.push(keep(frame));
                ControlFlow::Break(())
            });
            assert!(matches!(end, End::Stopped));
        }
        assert_eq!(got, seen);
        for _ in 0..2 {
            assert!(matches!(
                reader.read(|_| ControlFlow::Break(())),
                End::Complete
            ));
        }
        assert_eq!(reader.offset(), file.len() as u64);
    }
}

/// Gives its bytes and then an error of the operating system; interrupts every other read.
struct Failing {
    bytes: Cursor<Vec<u8>>,
    interrupt: bool,
}

impl Read for Failing {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.interrupt = !self.interrupt;
        if self.interrupt {
            return Err(io::ErrorKind::Interrupted.into());
        }
        match self.bytes.read(out)? {
            0 => Err(io::Error::from_raw_os_error(5)),
            count => Ok(count),
        }
    }
}

#[test]
fn an_error_of_the_operating_system_is_neither_the_end_nor_damage() {
    let (file, seen) = plain_capture(30);
    for bytes in [file.clone(), gzip(&file), zstd(&file)] {
        let cut = bytes.len() - bytes.len() / 8;
        let bytes = Cursor::new(bytes[..cut].to_vec());
        let mut reader = Reader::new(
            &Input::Stdin,
            Failing {
                bytes,
                interrupt: false,
            },
        )
        .unwrap();
        let mut got = Vec::new();
        let end = reader.read(|frame| {
            got.push(keep(frame));
            ControlFlow::Continue(())
        });
        assert!(matches!(end, End::Failed(_)), "{end:?}");
        assert_eq!(got, seen[..got.len()]);
        assert!(matches!(
            reader.read(|_| ControlFlow::Continue(())),
            End::Failed(_)
        ));
    }
    // An lz4 block that is not whole gives nothing, so this one fails before it is known for a capture.
    let block = Cursor::new(lz4(&file)[..9_000].to_vec());
    let failing = Failing {
        bytes: block,
        interrupt: false,
    };
    assert!(matches!(
        Reader::new(&Input::Stdin, failing),
        Err(OpenError::Io { .. })
    ));
    let nothing = Failing {
        bytes: Cursor::new(Vec::new()),
        interrupt: false,
    };
    assert!(matches!(
        Reader::new(&Input::Stdin, nothing),
        Err(OpenError::Io { .. })
    ));
}
