//! One input from its first byte to its last: the reading loop.

use std::fs::File;
use std::io::{self, Read};
use std::ops::ControlFlow;

use super::end::{Compression, Damage, End, Fault};
use super::pcap::{FILE_HEADER, PcapFormat};
use super::pcapng::{self, Section};
use super::stream::{Stream, Unopened};
use super::window::{Stop, Window};
use super::{Frame, Input, OpenError};

/// Opens an input and looks at its beginning, through one layer of compression.
///
/// # Errors
///
/// What cannot be read or is no capture. An input that begins as a capture and is cut inside its
/// header opens, and then is [`End::Damaged`] without a frame.
pub fn open(input: &Input) -> Result<Reader, OpenError> {
    let bytes: Box<dyn Read + Send> = match input {
        Input::Stdin => Box::new(io::stdin()),
        Input::File(path) => {
            Box::new(File::open(path).map_err(|error| OpenError::at(path, error))?)
        }
    };
    Reader::new(input, bytes)
}

/// Reads one capture, of any supported container.
pub struct Reader {
    window: Window<Stream>,
    format: Format,
    /// Where and why the reading ended, if it did so.
    damage: Option<Damage>,
}

enum Format {
    Pcap(PcapFormat),
    Pcapng(Section),
    /// Damaged before the first record.
    Headless(Fault),
}

impl Reader {
    /// Reads `bytes`, calling them `input` in errors. Needs no seeking: pipes and sockets do.
    ///
    /// # Errors
    ///
    /// As [`open`].
    pub fn new(input: &Input, bytes: impl Read + Send + 'static) -> Result<Self, OpenError> {
        let stream = Stream::new(Box::new(bytes)).map_err(|unopened| match unopened {
            Unopened::Foreign(method) => OpenError::Packed {
                input: input.clone(),
                method,
            },
            Unopened::Failed(error) => OpenError::from_io(input.clone(), error),
        })?;
        let mut window = Window::new(stream, 0);
        window.fill(FILE_HEADER);
        let format = match window.filled() {
            [a, b, c, d, ..] if [*a, *b, *c, *d] == pcapng::MAGIC => Format::Pcapng(Section::new()),
            [a, b, c, d, ..] if PcapFormat::knows([*a, *b, *c, *d]) => {
                match window.filled().first_chunk().map(PcapFormat::parse) {
                    Some(Some(format)) => {
                        window.consume(FILE_HEADER);
                        Format::Pcap(format)
                    }
                    Some(None) => return Err(OpenError::Version(input.clone())),
                    None => Format::Headless(Fault::CutFileHeader {
                        have: window.filled().len() as u64,
                        need: FILE_HEADER as u64,
                    }),
                }
            }
            // Nothing can be told of a stream that cannot be unpacked so far.
            filled => match (filled.len() < 4).then(|| window.finish()) {
                Some(Stop::Damaged { fault, .. }) => Format::Headless(fault),
                Some(Stop::Failed(error)) => {
                    return Err(OpenError::from_io(input.clone(), error));
                }
                Some(Stop::Complete | Stop::Stopped) | None => {
                    return Err(OpenError::NotACapture(input.clone()));
                }
            },
        };
        Ok(Self {
            window,
            format,
            damage: None,
        })
    }

    /// Lends frames to `deliver` until it breaks or the input ends.
    ///
    /// After [`End::Stopped`] another call goes on with the next frame. After any other end it ends
    /// the same way again.
    #[inline]
    pub fn read<F>(&mut self, mut deliver: F) -> End
    where
        F: FnMut(&Frame<'_>) -> ControlFlow<()>,
    {
        if let Some(damage) = &self.damage {
            return End::Damaged(damage.clone());
        }
        let stop = match &mut self.format {
            Format::Pcap(format) => format.walk(&mut self.window, u64::MAX, &mut deliver),
            Format::Pcapng(section) => section.walk(&mut self.window, &mut deliver),
            Format::Headless(fault) => self.window.cut(*fault),
        };
        let compression = self.compression();
        match stop {
            Stop::Complete => End::Complete,
            Stop::Stopped => End::Stopped,
            Stop::Damaged { fault, offset } => {
                let damage = Damage {
                    offset,
                    compression,
                    fault,
                };
                self.damage = Some(damage.clone());
                End::Damaged(damage)
            }
            Stop::Failed(error) => End::Failed(error),
        }
    }

    /// What the input is packed with, if it is.
    #[must_use]
    pub fn compression(&self) -> Option<Compression> {
        self.window.input().compression()
    }

    /// Offset in bytes of the next record in the unpacked stream.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.window.offset()
    }

    /// Bytes of memory between the stream and the walker.
    #[cfg(test)]
    pub(super) fn buffered(&self) -> usize {
        self.window.capacity()
    }

    /// Bytes taken from the input so far, still packed: for a progress bar over file sizes.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.window.input().taken()
    }
}
