//! The thread that unpacks ahead: what it hands over, when, and that it ends.

use std::io::{self, Cursor, ErrorKind, Read, Write};
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, ThreadId};
use std::time::Duration;

use super::packed::PACKS;
use crate::source::ahead::{Ahead, PIECES};
use crate::source::stream::unpacker;
use crate::source::synth::{gzip, keep, plain_capture};
use crate::source::window::{Input as _, InputError};
use crate::source::{Compression, End, Input, Reader};

/// Long enough for a thread that is not stuck.
const PATIENCE: Duration = Duration::from_secs(20);

/// What was read, and the kind of error that ended it.
type Outcome = (Vec<u8>, Option<ErrorKind>);

fn unpacked_here(compression: Compression, packed: &[u8]) -> Outcome {
    let mut unpacker = unpacker(compression, Cursor::new(packed.to_vec())).unwrap();
    let (mut out, mut room) = (Vec::new(), [0; 97]);
    loop {
        match unpacker.read(&mut room) {
            Ok(0) => return (out, None),
            Ok(count) => out.extend(&room[..count]),
            Err(error) => return (out, Some(error.kind())),
        }
    }
}

fn unpacked_ahead(compression: Compression, packed: &[u8]) -> Outcome {
    let unpacker = unpacker(compression, Cursor::new(packed.to_vec())).unwrap();
    let mut ahead = Ahead::new(unpacker, InputError::Failed).unwrap();
    let (mut out, mut room) = (Vec::new(), [0; 1_000]);
    loop {
        match ahead.read(&mut room) {
            Ok(0) => {
                assert!(matches!(ahead.read(&mut room), Ok(0)), "it stays ended");
                return (out, None);
            }
            Ok(count) => out.extend(&room[..count]),
            Err(InputError::Failed(error)) => return (out, Some(error.kind())),
            Err(InputError::Damaged(_)) => panic!("nobody judged so"),
        }
    }
}

#[test]
fn unpacking_ahead_gives_the_same_bytes_and_ends_the_same_way() {
    let (file, _) = plain_capture(5);
    for (compression, pack) in PACKS {
        let packed = [pack(&file[..300]), pack(&file[300..])].concat();
        assert_eq!(unpacked_ahead(compression, &packed), (file.clone(), None));
        for at in 0..packed.len() {
            let mut flipped = packed.clone();
            flipped[at] ^= 0x40;
            for bytes in [&packed[..at], &flipped] {
                let (ahead, here) = (
                    unpacked_ahead(compression, bytes),
                    unpacked_here(compression, bytes),
                );
                assert!(ahead == here, "{compression}, {at} of {}", bytes.len());
            }
        }
    }
}

/// Gives its first bytes, and the others only once it was told that those have arrived.
struct Slow {
    now: Cursor<Vec<u8>>,
    later: Option<(Receiver<()>, Vec<u8>)>,
}

impl Read for Slow {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.now.position() == self.now.get_ref().len() as u64
            && let Some((arrived, bytes)) = self.later.take()
        {
            let waited = arrived.recv_timeout(PATIENCE);
            waited.map_err(|_| ErrorKind::TimedOut)?;
            self.now = Cursor::new(bytes);
        }
        self.now.read(out)
    }
}

/// Packs `bytes`, and says how much of the packed ones unpack to the first `first`.
fn flushed(compression: Compression, bytes: &[u8], first: usize) -> (Vec<u8>, usize) {
    fn both<W: Write>(
        mut encoder: W,
        [first, second]: [&[u8]; 2],
        packed: impl Fn(&W) -> usize,
    ) -> (W, usize) {
        encoder.write_all(first).unwrap();
        encoder.flush().unwrap();
        let at = packed(&encoder);
        encoder.write_all(second).unwrap();
        (encoder, at)
    }
    let parts = <[_; 2]>::from(bytes.split_at(first));
    match compression {
        Compression::Gzip => {
            let encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            let (encoder, at) = both(encoder, parts, |encoder| encoder.get_ref().len());
            (encoder.finish().unwrap(), at)
        }
        Compression::Zstd => {
            let encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
            let (encoder, at) = both(encoder, parts, |encoder| encoder.get_ref().len());
            (encoder.finish().unwrap(), at)
        }
        Compression::Lz4 => {
            let encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
            let (encoder, at) = both(encoder, parts, |encoder| encoder.get_ref().len());
            (encoder.finish().unwrap(), at)
        }
    }
}

#[test]
fn what_a_slow_pipe_gave_is_delivered_before_it_gives_more() {
    let (file, seen) = plain_capture(600);
    for count in [1, 500] {
        let first = plain_capture(count).0.len();
        for (compression, _) in PACKS {
            let (packed, at) = flushed(compression, &file, first);
            // Also where the pipe gave the beginning of what can be unpacked only later.
            for more in [0, 1, 10, 1_000] {
                let (now, later) = packed.split_at(at + more);
                let (tell, arrived) = channel();
                let slow = Slow {
                    now: Cursor::new(now.to_vec()),
                    later: Some((arrived, later.to_vec())),
                };
                let mut reader = Reader::new(&Input::Stdin, slow).unwrap();
                let mut got = Vec::new();
                let end = reader.read(|frame| {
                    got.push(keep(frame));
                    if got.len() == count as usize {
                        tell.send(()).unwrap();
                    }
                    ControlFlow::Continue(())
                });
                assert!(matches!(end, End::Complete), "{compression}: {end:?}");
                assert_eq!(got, seen);
                assert_eq!(reader.taken(), packed.len() as u64);
            }
        }
    }
}

#[test]
fn nothing_that_can_be_unpacked_waits_for_more() {
    let mut bytes = plain_capture(2).0;
    bytes.extend([7; 2_000]);
    let first = bytes.len();
    bytes.extend(plain_capture(2).0);
    for (compression, _) in PACKS {
        let (packed, at) = flushed(compression, &bytes, first);
        for cut in 0..packed.len() {
            let unpacked = |step| {
                let no_more = Slow {
                    now: Cursor::new(packed[..cut].to_vec()),
                    later: Some((channel().1, Vec::new())),
                };
                let mut unpacker = unpacker(compression, no_more).unwrap();
                let (mut out, mut room) = (Vec::<u8>::new(), vec![0; step]);
                while let Ok(count @ 1..) = unpacker.read(&mut room) {
                    out.extend(&room[..count]);
                }
                out
            };
            let at_once = unpacked(1 << 20);
            assert!(cut < at || at_once.len() >= first, "{compression}, {cut}");
            assert!(at_once == unpacked(1), "{compression}, {cut}");
        }
    }
}

/// Tells when it is dropped, that is when the thread that reads it ends.
struct Watched<R>(R, Sender<()>);

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.0.read(out)
    }
}

impl<R> Drop for Watched<R> {
    fn drop(&mut self) {
        let _ = self.1.send(());
    }
}

/// The same bytes again and again.
struct Endless(Cursor<Vec<u8>>);

impl Read for Endless {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.0.position() == self.0.get_ref().len() as u64 {
            self.0.set_position(0);
        }
        self.0.read(out)
    }
}

#[test]
fn a_reader_that_is_dropped_early_ends_its_thread() {
    for (compression, pack) in PACKS {
        let packed = pack(&plain_capture(400).0);
        for frames in [0, 1] {
            let (tell, dropped) = channel();
            let endless = Endless(Cursor::new(packed.clone()));
            let mut reader = Reader::new(&Input::Stdin, Watched(endless, tell)).unwrap();
            for _ in 0..frames {
                let end = reader.read(|_| ControlFlow::Break(()));
                assert!(matches!(end, End::Stopped), "{compression}: {end:?}");
            }
            assert!(dropped.try_recv().is_err(), "it has more to unpack");
            drop(reader);
            dropped.recv_timeout(PATIENCE).unwrap();
        }
    }
}

#[test]
fn the_thread_is_gone_once_the_end_is_told() {
    for (_, pack) in PACKS {
        let packed = pack(&plain_capture(400).0);
        for cut in [packed.len(), packed.len() - 1] {
            let (tell, dropped) = channel();
            let bytes = Watched(Cursor::new(packed[..cut].to_vec()), tell);
            let mut reader = Reader::new(&Input::Stdin, bytes).unwrap();
            let end = reader.read(|_| ControlFlow::Continue(()));
            assert_eq!(matches!(end, End::Complete), cut == packed.len());
            assert_eq!(dropped.try_recv(), Ok(()));
        }
    }
}

#[test]
fn only_a_few_pieces_are_unpacked_ahead() {
    struct Counted(Sender<()>);
    impl Read for Counted {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            self.0.send(()).unwrap();
            Ok(out.len())
        }
    }
    let (tell, reads) = channel();
    let mut ahead = Ahead::new(Counted(tell), InputError::Failed).unwrap();
    let idle = |wanted| {
        for _ in 0..wanted {
            reads.recv_timeout(PATIENCE).unwrap();
        }
        for _ in 0..1_000 {
            thread::yield_now();
            assert!(reads.try_recv().is_err(), "nobody gave a piece back");
        }
    };
    idle(PIECES);
    // The first read takes a piece, the second gives it back for the next one.
    for wanted in [0, 1, 1] {
        let mut room = vec![0; 1 << 20];
        assert!(ahead.read(&mut room).is_ok_and(|count| count > 0));
        idle(wanted);
    }
}

/// Remembers who asked it.
struct Asked<R>(R, Sender<ThreadId>);

impl<R: Read> Read for Asked<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let _ = self.1.send(thread::current().id());
        self.0.read(out)
    }
}

#[test]
fn a_plain_input_has_no_thread_of_its_own() {
    let (file, _) = plain_capture(40);
    for (bytes, threads) in [(file.clone(), 1), (gzip(&file), 2)] {
        let (tell, asked) = channel();
        let mut reader = Reader::new(&Input::Stdin, Asked(Cursor::new(bytes), tell)).unwrap();
        assert!(matches!(
            reader.read(|_| ControlFlow::Continue(())),
            End::Complete
        ));
        drop(reader);
        let mut asked: Vec<ThreadId> = asked.iter().collect();
        asked.dedup();
        assert_eq!(asked.len(), threads);
        assert_eq!(asked[0], thread::current().id(), "for the first bytes");
    }
}

#[test]
#[should_panic(expected = "a fault of the unpacker")]
fn a_fault_while_unpacking_is_the_readers() {
    struct Faulty(Cursor<Vec<u8>>);
    impl Read for Faulty {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            match self.0.read(out)? {
                0 => panic!("a fault of the unpacker"),
                count => Ok(count),
            }
        }
    }
    let packed = gzip(&plain_capture(40).0);
    let half = Cursor::new(packed[..packed.len() / 2].to_vec());
    let mut reader = Reader::new(&Input::Stdin, Faulty(half)).unwrap();
    let _ = reader.read(|_| ControlFlow::Continue(()));
}
