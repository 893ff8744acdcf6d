//! An output that never ends: a row of files in a folder, each complete when it has its name; or one
//! output all along.

use super::{Error, Format, Output, Written};
use crate::flow::Timestamp;
use std::path::{Path, PathBuf};

/// When a file of a folder is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    /// At this many bytes, or a little more.
    pub bytes: u64,
    /// This many nanoseconds after it was begun.
    pub nanos: u64,
}

/// Where the records of a live run go. Times are wall time, given by the caller.
pub struct Rotated {
    target: PathBuf,
    is_folder: bool,
    format: Format,
    rotation: Rotation,
    current: Option<Current>,
    /// Of the files that have their names.
    done: Written,
    /// Of the files that could not be completed.
    lost: Written,
    next_seq: u64,
}

struct Current {
    output: Output,
    begun: Timestamp,
}

impl Rotated {
    /// Opens `target` as [`Output::open`] does; but in a folder (existing, or with `/` at the end) files
    /// are begun when there is something to write, and named by the time of that.
    ///
    /// # Errors
    /// [`Error::Output`] or [`Error::Stdout`].
    pub fn open(
        target: &Path,
        format: Format,
        rotation: Rotation,
        at: Timestamp,
    ) -> Result<Self, Error> {
        let ends = target.as_os_str().as_encoded_bytes().ends_with(b"/");
        let is_folder = format != Format::Null && (ends || target.is_dir());
        let current = if is_folder {
            None
        } else {
            Some(Current {
                output: Output::open(target, format)?,
                begun: at,
            })
        };
        Ok(Self {
            target: target.to_owned(),
            is_folder,
            format,
            rotation,
            current,
            done: Written::default(),
            lost: Written::default(),
            next_seq: 0,
        })
    }

    /// The number of the next record.
    #[must_use]
    pub const fn next_seq(&self) -> u64 {
        self.next_seq
    }

    /// Whether files are begun and completed while the run goes on.
    #[must_use]
    pub const fn rotates(&self) -> bool {
        self.is_folder
    }

    /// Whether nobody reads any more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.current
            .as_ref()
            .is_some_and(|current| current.output.is_closed())
    }

    /// Writes what [`render`](super::render) made of these records, numbered from
    /// [`Self::next_seq`]. All of it or nothing; after an error the next call tries anew.
    ///
    /// # Errors
    /// [`Error::Output`] or [`Error::Stdout`].
    pub fn write(&mut self, rendered: &[u8], counts: &Written, at: Timestamp) -> Result<(), Error> {
        if self.current.is_none() {
            self.current = Some(Current {
                output: Output::open(&self.name(at), self.format)?,
                begun: at,
            });
        }
        if let Some(current) = &mut self.current {
            current.output.write_rendered(rendered, counts)?;
            self.next_seq += counts.records;
        }
        Ok(())
    }

    /// What was written so far, and not lost.
    #[must_use]
    pub fn written(&self) -> Written {
        let mut written = self.done;
        if let Some(current) = &self.current {
            add(&mut written, &current.output.written());
        }
        written
    }

    /// Completes the file if it is due.
    ///
    /// # Errors
    /// As [`Self::rotate`].
    pub fn tick(&mut self, at: Timestamp) -> Result<(), Error> {
        let Some(current) = self.current.as_ref().filter(|_| self.is_folder) else {
            return Ok(());
        };
        let age = at.nanos().saturating_sub(current.begun.nanos());
        if current.output.len() >= self.rotation.bytes || age >= self.rotation.nanos {
            return self.rotate();
        }
        Ok(())
    }

    /// Completes the file of a folder, if one is begun.
    ///
    /// # Errors
    /// [`Error::Output`]: then the file is gone, and its records are lost ([`Self::finish`]). What the
    /// disk did not take once, it is not asked to take again.
    pub fn rotate(&mut self) -> Result<(), Error> {
        if self.is_folder {
            return self.complete();
        }
        Ok(())
    }

    fn complete(&mut self) -> Result<(), Error> {
        let Some(Current { output, .. }) = self.current.take() else {
            return Ok(());
        };
        let written = output.written();
        match output.finish() {
            Ok(whole) => {
                add(&mut self.done, &whole);
                Ok(())
            }
            Err(error) => {
                add(&mut self.lost, &written);
                Err(error)
            }
        }
    }

    /// The end: completes what is begun. What was written, what was lost with files that could not be
    /// completed, and how the last of them failed.
    #[must_use]
    pub fn finish(mut self) -> (Written, Written, Option<Error>) {
        let error = self.complete().err();
        (self.done, self.lost, error)
    }

    /// A name by time, to the second and numbered within it; never one that is there already.
    fn name(&self, at: Timestamp) -> PathBuf {
        let time: String = at
            .to_string()
            .chars()
            .take_while(|letter| *letter != '.')
            .filter(|letter| !matches!(letter, '-' | ':'))
            .collect();
        let ending = self.format.ending();
        let named = |number: u32| {
            self.target
                .join(format!("flows-{time}Z-{number:04}.{ending}"))
        };
        let mut number = 0;
        while named(number).exists() {
            number += 1;
        }
        named(number)
    }
}

fn add(sum: &mut Written, more: &Written) {
    let Written {
        records,
        packets,
        bytes,
        wire_bytes,
        closed,
    } = *more;
    sum.records += records;
    sum.packets += packets;
    sum.bytes += bytes;
    sum.wire_bytes += wire_bytes;
    sum.closed |= closed;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::NANOS_PER_SEC;
    use std::fs;

    const SECOND: u64 = NANOS_PER_SEC;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_nanos(1_763_790_540 * SECOND + seconds * SECOND)
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn open(folder: &Path, bytes: u64, seconds: u64) -> Rotated {
        let rotation = Rotation {
            bytes,
            nanos: seconds * SECOND,
        };
        Rotated::open(folder, Format::Jsonl, rotation, at(0)).unwrap()
    }

    #[test]
    fn files_are_completed_by_size_and_by_time_and_sort_by_time() {
        let folder = tempfile::tempdir().unwrap();
        let mut rotated = open(folder.path(), 4, 60);
        assert!(names(folder.path()).is_empty());
        rotated.write(b"a\n", &Written::default(), at(0)).unwrap();
        rotated.tick(at(59)).unwrap();
        assert_eq!(
            names(folder.path()),
            ["flows-20251122T054900Z-0000.jsonl.tmp"]
        );
        rotated.write(b"b\n", &Written::default(), at(59)).unwrap();
        rotated.tick(at(59)).unwrap();
        rotated.write(b"c\n", &Written::default(), at(59)).unwrap();
        rotated.tick(at(118)).unwrap();
        rotated.tick(at(119)).unwrap();
        rotated.write(b"d\n", &Written::default(), at(119)).unwrap();
        rotated.rotate().unwrap();
        rotated.write(b"e\n", &Written::default(), at(119)).unwrap();
        let (_, lost, error) = rotated.finish();
        assert!(lost == Written::default() && error.is_none());
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        let names = names(folder.path());
        let texts: Vec<String> = names.iter().map(|name| read(name)).collect();
        assert_eq!(texts, ["a\nb\n", "c\n", "d\n", "e\n"]);
        assert_eq!(names[3], "flows-20251122T055059Z-0001.jsonl");
    }

    #[test]
    fn a_file_that_is_there_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let name = folder.path().join("flows-20251122T054900Z-0000.jsonl");
        fs::write(&name, "old").unwrap();
        let mut rotated = open(folder.path(), 100, 60);
        rotated.write(b"new\n", &Written::default(), at(0)).unwrap();
        let _ = rotated.finish();
        assert_eq!(fs::read_to_string(&name).unwrap(), "old");
        assert_eq!(names(folder.path()).len(), 2);
    }

    #[test]
    fn what_cannot_be_written_now_may_be_written_later() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("records/");
        let mut rotated = open(&folder, 100, 60);
        assert!(rotated.write(b"a\n", &Written::default(), at(0)).is_err());
        fs::create_dir(&folder).unwrap();
        rotated.write(b"b\n", &Written::default(), at(1)).unwrap();
        let (_, _, error) = rotated.finish();
        assert!(error.is_none());
        assert_eq!(names(&folder), ["flows-20251122T054901Z-0000.jsonl"]);
    }

    #[test]
    fn a_file_alone_is_not_rotated() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("flows.jsonl");
        let mut rotated = open(&target, 1, 1);
        rotated.write(b"a\n", &Written::default(), at(0)).unwrap();
        rotated.tick(at(5)).unwrap();
        rotated.rotate().unwrap();
        rotated.write(b"b\n", &Written::default(), at(9)).unwrap();
        let _ = rotated.finish();
        assert_eq!(fs::read_to_string(&target).unwrap(), "a\nb\n");
    }
}
