//! The output of a run that never ends: files, each complete when it has its name; or a stream.
//!
//! It must never leave half a record in a file, replace a file, or count a record as written that is in
//! none. Whatever fails is tried anew with the next records; what it cost is counted.

mod files;
mod names;
mod pack;
mod recover;
#[cfg(test)]
mod tests;

use super::file::is_stream;
use super::{
    Collector, Digested, Error, Format, Opening, Output, Rendered, Target, Totals, Written,
    open_collector,
};
use crate::flow::Timestamp;
pub(super) use files::Files;
pub use pack::Compress;

/// When a file of a folder is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    /// At this many bytes on the disk, or a little more.
    pub bytes: u64,
    /// This many nanoseconds after it was begun.
    pub nanos: u64,
}

/// What an output did so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// What is in files or was taken by the stream. Goes down when a file is lost.
    pub written: Written,
    /// What was handed over and is nowhere.
    pub lost: Written,
    /// Bytes that went out, as they are on the disk.
    pub bytes: u64,
    /// Files that have their names.
    pub files: u64,
    /// Whether the last that was tried failed.
    pub failing: bool,
}

/// Where the records of a live run go. Times are wall time, given by the caller.
pub struct Rotated {
    place: Place,
    next_seq: u64,
}

enum Place {
    Stream(Box<Stream>),
    Files(Box<Files>),
    Collector(Box<dyn Collector>),
}

struct Stream {
    output: Output,
    figures: Figures,
}

impl Rotated {
    /// Opens an output: `-` is standard output; in a folder (existing, or with `/` at the end) files
    /// are begun when there is something to write, and named by the time of that; anything else is a
    /// file, begun at once. Only files are compressed. A file is `NAME.tmp` until it is complete, and
    /// its owner's alone (0600). What a killed run left is recovered first. With `digest`,
    /// [`Self::take_completed`] and [`Self::finish`] tell the digest of every file that is complete.
    ///
    /// # Errors
    /// [`Error::Output`] or [`Error::Stdout`].
    pub fn open(
        target: impl Into<Target>,
        format: Format,
        rotation: Rotation,
        compress: Compress,
        digest: bool,
        at: Timestamp,
    ) -> Result<Self, Error> {
        let opening = Opening {
            digest,
            is_live: true,
            rotation,
            ..Opening::new(target, format)
        };
        Self::open_as(&opening, compress, at)
    }

    /// Likewise, with all that is known; also what is no file of text.
    ///
    /// # Errors
    /// [`Error::Output`], [`Error::Stdout`], [`Error::Collector`] or [`Error::NoCollector`].
    pub fn open_as(opening: &Opening, compress: Compress, at: Timestamp) -> Result<Self, Error> {
        let format = opening.format;
        let is_text = format.is_text() || format == Format::Null;
        let place = if !is_text || opening.target.is_network() && format != Format::Null {
            Place::Collector(open_collector(opening)?)
        } else {
            match opening.target.path() {
                Some(path) if !is_stream(&opening.target, format) => {
                    let Opening {
                        rotation, digest, ..
                    } = opening;
                    let files = Files::open(path, format, *rotation, compress, *digest, at)?;
                    Place::Files(Box::new(files))
                }
                _ => Place::Stream(Box::new(Stream {
                    output: Output::open_as(opening)?,
                    figures: Figures::default(),
                })),
            }
        };
        Ok(Self { place, next_seq: 0 })
    }

    /// The number of the next record.
    #[must_use]
    pub const fn next_seq(&self) -> u64 {
        self.next_seq
    }

    /// Whether [`Self::rotate`] does something: the output is a file or a folder.
    #[must_use]
    pub const fn rotates(&self) -> bool {
        matches!(self.place, Place::Files(_) | Place::Collector(_))
    }

    /// Whether nobody reads any more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        match &self.place {
            Place::Stream(stream) => stream.output.is_closed(),
            Place::Collector(collector) => collector.figures().written.closed,
            Place::Files(_) => false,
        }
    }

    /// Writes what [`render`](super::render) made of these records, numbered from
    /// [`Self::next_seq`]; where files are compressed, with the next [`Self::tick`]. All of it or
    /// nothing.
    ///
    /// # Errors
    /// [`Error::Output`] or [`Error::Stdout`]: these records, and any that waited with them, are lost;
    /// their numbers are given again.
    pub fn write(
        &mut self,
        rendered: &Rendered,
        counts: &Written,
        at: Timestamp,
    ) -> Result<(), Error> {
        self.next_seq += counts.records;
        match &mut self.place {
            Place::Files(files) => {
                let result = files.write(&rendered.bytes, counts, at);
                self.take_back_numbers();
                result
            }
            Place::Collector(collector) => collector.take(rendered, counts, at),
            Place::Stream(stream) => {
                let Stream { output, figures } = &mut **stream;
                let result = output.write_rendered(rendered, counts);
                figures.failing = result.is_err();
                if result.is_ok() {
                    figures.bytes += rendered.bytes.len() as u64;
                } else {
                    figures.lost += *counts;
                    self.next_seq -= counts.records;
                }
                result
            }
        }
    }

    /// What happened so far.
    #[must_use]
    pub fn figures(&self) -> Figures {
        match &self.place {
            Place::Stream(stream) => Figures {
                written: stream.output.written(),
                ..stream.figures
            },
            Place::Files(files) => files.figures(),
            Place::Collector(collector) => collector.figures(),
        }
    }

    /// To be called several times a second: once a second, what waits is written and what was done to
    /// the file by others is noticed; and the file is completed if it is due.
    ///
    /// # Errors
    /// As [`Self::write`] and [`Self::rotate`]; [`Error::Disturbed`].
    pub fn tick(&mut self, at: Timestamp) -> Result<(), Error> {
        if let Place::Collector(collector) = &mut self.place {
            return collector.tick(at);
        }
        self.with_files(|files| files.tick(at))
    }

    /// What the run counted so far, for whoever is told.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn note(&mut self, totals: &Totals, at: Timestamp) -> Result<(), Error> {
        match &mut self.place {
            Place::Collector(collector) => collector.note(totals, at),
            Place::Files(_) | Place::Stream(_) => Ok(()),
        }
    }

    /// Completes the file, if there is something in it. Then another is begun when there is something
    /// to write.
    ///
    /// # Errors
    /// [`Error::Output`]. If it could not be made durable, it is gone and its records are lost: what the
    /// disk did not take once, it is not asked to take again. If it could not get its name, it goes on
    /// as it is.
    pub fn rotate(&mut self) -> Result<(), Error> {
        if let Place::Collector(collector) = &mut self.place {
            return collector.rotate();
        }
        self.with_files(Files::rotate)
    }

    /// The files that are complete since the last call, where their digests are wanted; also those that a
    /// killed run left and that were recovered.
    pub fn take_completed(&mut self) -> Vec<Digested> {
        match &mut self.place {
            Place::Files(files) => files.take_completed(),
            Place::Collector(collector) => collector.take_completed(),
            Place::Stream(_) => Vec::new(),
        }
    }

    /// The end: completes what is begun. What happened in all, what is complete since the last
    /// [`Self::take_completed`] (of a stream: what was written to it), and how the last of it failed. A file
    /// that cannot get its name is left for the next run, which recovers it; this one counts it as lost.
    #[must_use]
    pub fn finish(self) -> (Figures, Vec<Digested>, Option<Error>) {
        match self.place {
            Place::Files(files) => files.finish(),
            Place::Collector(collector) => collector.finish(),
            Place::Stream(stream) => {
                let Stream { output, figures } = *stream;
                let written = output.written();
                match output.finish() {
                    Ok(done) => {
                        let written = done.written;
                        (Figures { written, ..figures }, done.digested, None)
                    }
                    Err(error) => (Figures { written, ..figures }, Vec::new(), Some(error)),
                }
            }
        }
    }

    fn with_files(
        &mut self,
        act: impl FnOnce(&mut Files) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let Place::Files(files) = &mut self.place else {
            return Ok(());
        };
        let result = act(files);
        self.take_back_numbers();
        result
    }

    /// Records that waited and are lost had the last numbers.
    fn take_back_numbers(&mut self) {
        if let Place::Files(files) = &mut self.place {
            self.next_seq -= files.take_unused();
        }
    }
}
