//! Unpacks a compressed input on a thread of its own, while the lane walks what came before.
//!
//! ```text
//!   input ─▶ unpack ──pieces──▶ Ahead ──read──▶ window
//!              ▲────used ones─────┘
//! ```
//!
//! One for each reader, and whoever walks has one reader at a time: at most two threads for a lane.

use std::io::{self, Read};
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

use super::window::{Input, InputError};

/// Bytes of a piece: the largest block of zstd. *Measured*: pieces of 512 KiB are no faster.
const PIECE: usize = 128 * 1024;

/// Pieces in all: one is walked, one is filled, the others wait. *Measured*: two make a replay slower by
/// two fifths; three to sixteen are alike.
pub(super) const PIECES: usize = 4;

/// Unpacked bytes, some at the beginning of `bytes`.
struct Piece {
    bytes: Box<[u8]>,
    filled: usize,
}

/// The unpacked bytes of an input, as an unpacker on another thread hands them over.
///
/// When it is dropped, the thread ends as soon as it has unpacked the piece that it is at. Nobody
/// waits for that: it may be in a read of a pipe whose writer waits for us.
pub(super) struct Ahead {
    pieces: Receiver<Piece>,
    used: SyncSender<Box<[u8]>>,
    piece: Piece,
    /// How much of the piece was read.
    read: usize,
    /// Ends with how the stream did. None once that was told.
    thread: Option<JoinHandle<Result<(), InputError>>>,
}

impl Ahead {
    /// Starts to unpack. `judge` says whose fault an error of `unpacker` is.
    ///
    /// # Errors
    ///
    /// The operating system's, if it has no thread for us.
    pub(super) fn new<J>(unpacker: impl Read + Send + 'static, judge: J) -> io::Result<Self>
    where
        J: FnOnce(io::Error) -> InputError + Send + 'static,
    {
        let (filled, pieces) = sync_channel(PIECES);
        let (used, spare) = sync_channel(PIECES);
        let thread = Builder::new()
            .name("unpack".to_owned())
            .spawn(move || unpack(unpacker, &spare, &filled).map_err(judge))?;
        Ok(Self {
            pieces,
            used,
            piece: Piece {
                bytes: Box::default(),
                filled: 0,
            },
            read: 0,
            thread: Some(thread),
        })
    }

    /// Waits for the next piece; false if there is none.
    fn next(&mut self) -> bool {
        let used = std::mem::take(&mut self.piece.bytes);
        if !used.is_empty() {
            // There is room for all pieces, and a thread that has ended needs none.
            let _ = self.used.try_send(used);
        }
        (self.piece.filled, self.read) = (0, 0);
        let Ok(piece) = self.pieces.recv() else {
            return false;
        };
        self.piece = piece;
        true
    }

    /// How the stream ended.
    fn end(&mut self) -> Result<(), InputError> {
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(end)) => end,
            // Its fault is ours.
            Some(Err(panic)) => resume_unwind(panic),
            None => Ok(()),
        }
    }
}

impl Input for Ahead {
    fn read(&mut self, out: &mut [u8]) -> Result<usize, InputError> {
        if self.read == self.piece.filled && !self.next() {
            return self.end().map(|()| 0);
        }
        let ready = self.piece.bytes.get(self.read..self.piece.filled);
        let ready = ready.unwrap_or_default();
        let count = ready.len().min(out.len());
        if let Some((room, ready)) = out.get_mut(..count).zip(ready.get(..count)) {
            room.copy_from_slice(ready);
        }
        self.read += count;
        Ok(count)
    }
}

/// Unpacks until the stream or its reader ends.
///
/// Each piece is what one read gave, full or not: the next one may have to wait for a slow pipe.
fn unpack(
    mut unpacker: impl Read,
    spare: &Receiver<Box<[u8]>>,
    filled: &SyncSender<Piece>,
) -> io::Result<()> {
    let mut made = 0;
    loop {
        let mut bytes = match spare.try_recv() {
            Ok(bytes) => bytes,
            Err(_) if made < PIECES => {
                made += 1;
                vec![0; PIECE].into_boxed_slice()
            }
            Err(_) => match spare.recv() {
                Ok(bytes) => bytes,
                Err(_) => return Ok(()),
            },
        };
        let count = unpacker.read(&mut bytes)?;
        let piece = Piece {
            bytes,
            filled: count,
        };
        if count == 0 || filled.send(piece).is_err() {
            return Ok(());
        }
    }
}
