//! Files of records, one after the other.

use super::names::Names;
use super::pack::{Compress, Packer};
use super::{Figures, Rotation, recover};
use crate::export::digest::{Digest, Digested};
use crate::export::inspect::inspect_as;
use crate::export::part::{Part, Standing, failed, sync_folder};
use crate::export::{Error, Format, Written};
use crate::flow::Timestamp;
use crate::time::NANOS_PER_SEC;
use std::path::Path;

/// Bytes of text that wait at most.
const WAITING: usize = 4 << 20;

/// Nanoseconds that they wait at most, and between two looks at what others did to the file.
const LOOK: u64 = NANOS_PER_SEC;

/// Files, of which at most one is begun.
pub(in crate::export) struct Files {
    names: Names,
    format: Format,
    rotation: Rotation,
    packer: Option<Packer>,
    /// Of names of files.
    ending: String,
    /// How they are packed.
    compress: Compress,
    /// Whether digests are wanted.
    digest: bool,
    /// Of files that are complete and were not asked for yet.
    completed: Vec<Digested>,
    current: Option<Begun>,
    /// What is not compressed yet, for the file that is begun or the next.
    waiting: Vec<u8>,
    /// What waits, counted.
    waits: Written,
    /// Of files that are complete. What is lost is here as soon as it is.
    figures: Figures,
    /// The numbers of so many records may be given again.
    unused: u64,
    now: Timestamp,
    looked: Timestamp,
    /// A file that is due could not get its name: not before the next look again.
    held_off: bool,
}

/// A file that is begun.
struct Begun {
    part: Part,
    at: Timestamp,
    /// What it holds.
    holds: Written,
    is_empty: bool,
    digest: Option<Digest>,
}

impl Files {
    pub(in crate::export) fn open(
        target: &Path,
        format: Format,
        rotation: Rotation,
        compress: Compress,
        digest: bool,
        at: Timestamp,
    ) -> Result<Self, Error> {
        let ends = target.as_os_str().as_encoded_bytes().ends_with(b"/");
        let is_folder = ends || target.is_dir();
        let packer = match compress {
            Compress::None => None,
            Compress::Zstd => Some(Packer::new().map_err(failed("compress", target))?),
        };
        let path = target.to_owned();
        let mut files = Self {
            names: if is_folder {
                Names::Folder(path)
            } else {
                Names::One(path)
            },
            format,
            rotation,
            packer,
            ending: format!("{}{}", format.ending(), compress.ending()),
            compress,
            digest,
            completed: Vec::new(),
            current: None,
            waiting: Vec::new(),
            waits: Written::default(),
            figures: Figures::default(),
            unused: 0,
            now: at,
            looked: at,
            held_off: false,
        };
        if is_folder {
            for path in recover::in_folder(&files.names, target) {
                files.note_recovered(&path);
            }
        } else {
            files.begin()?;
        }
        Ok(files)
    }

    pub(in crate::export) fn figures(&self) -> Figures {
        let mut figures = self.figures;
        if let Some(begun) = &self.current {
            figures.written += begun.holds;
        }
        figures
    }

    /// What is complete since the last call.
    pub(in crate::export) fn take_completed(&mut self) -> Vec<Digested> {
        std::mem::take(&mut self.completed)
    }

    /// Reads a recovered file for its digest.
    fn note_recovered(&mut self, path: &Path) {
        if !self.digest {
            return;
        }
        match inspect_as(path, self.format) {
            Ok(inspected) => self.completed.push(inspected.digested),
            Err(error) => tracing::warn!("recovered, but without a digest: {error}"),
        }
    }

    /// A file is complete.
    fn note_complete(&mut self, begun: Begun) {
        self.figures.written += begun.holds;
        if let Some(mut digest) = begun.digest {
            digest.count(&begun.holds);
            let format = format!("{}{}", self.format.id(), self.compress.ending());
            self.completed.push(digest.complete(&format));
        }
    }

    /// How many records were lost since the last call whose numbers are free again.
    pub(in crate::export) const fn take_unused(&mut self) -> u64 {
        std::mem::replace(&mut self.unused, 0)
    }

    pub(in crate::export) fn write(
        &mut self,
        rendered: &[u8],
        counts: &Written,
        at: Timestamp,
    ) -> Result<(), Error> {
        self.now = at;
        if self.packer.is_none() {
            return self.append(rendered, *counts);
        }
        self.waiting.extend_from_slice(rendered);
        self.waits += *counts;
        if self.waiting.len() < WAITING {
            return Ok(());
        }
        self.write_waiting()
    }

    fn write_waiting(&mut self) -> Result<(), Error> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let mut waiting = std::mem::take(&mut self.waiting);
        let waits = std::mem::take(&mut self.waits);
        let result = self.append(&waiting, waits);
        waiting.clear();
        self.waiting = waiting;
        result
    }

    fn append(&mut self, text: &[u8], counts: Written) -> Result<(), Error> {
        let result = self.try_append(text, counts);
        self.figures.failing = result.is_err();
        if result.is_err() {
            self.figures.lost += counts;
            self.unused += counts.records;
        }
        result
    }

    fn try_append(&mut self, text: &[u8], counts: Written) -> Result<(), Error> {
        if self.current.is_none() {
            self.begin()?;
        }
        if let Some(begun) = &mut self.current {
            let packer = self.packer.as_mut();
            self.figures.bytes += put(&mut begun.part, packer, begun.digest.as_mut(), text)?;
            begun.holds += counts;
            begun.is_empty &= text.is_empty();
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<(), Error> {
        let path = self.names.begin(self.now, &self.ending);
        if let Names::One(path) = &self.names
            && let Some(path) = recover::before(&self.names, path)?
        {
            self.note_recovered(&path);
        }
        let mut part = Part::create(path)?;
        let mut digest = Digest::wanted(self.digest);
        let header = self.format.header().as_bytes();
        if !header.is_empty() {
            let packer = self.packer.as_mut();
            let header = put(&mut part, packer, digest.as_mut(), header);
            self.figures.bytes += header.inspect_err(|_| part.remove())?;
        }
        self.current = Some(Begun {
            part,
            at: self.now,
            holds: Written::default(),
            is_empty: true,
            digest,
        });
        Ok(())
    }

    pub(in crate::export) fn tick(&mut self, at: Timestamp) -> Result<(), Error> {
        self.now = at;
        let mut result = Ok(());
        // The clock may step, either way.
        if at.nanos().abs_diff(self.looked.nanos()) >= LOOK {
            self.looked = at;
            self.held_off = false;
            result = self.look().and(self.write_waiting());
        }
        if self.is_due() {
            result = result.and(self.complete());
        }
        result
    }

    fn is_due(&self) -> bool {
        let Some(begun) = self.current.as_ref().filter(|begun| !begun.is_empty) else {
            return false;
        };
        let age = self.now.nanos().abs_diff(begun.at.nanos());
        matches!(self.names, Names::Folder(_))
            && !self.held_off
            && (begun.part.len() >= self.rotation.bytes || age >= self.rotation.nanos)
    }

    pub(in crate::export) fn rotate(&mut self) -> Result<(), Error> {
        let result = self.look().and(self.write_waiting());
        if self.is_empty() {
            return result;
        }
        result.and(self.complete())
    }

    /// These records are lost, which should have been written here.
    pub(in crate::export) fn lose(&mut self, counts: &Written) {
        self.figures.failing = true;
        self.figures.lost += *counts;
    }

    /// Whether no file is begun that holds something.
    pub(in crate::export) fn is_empty(&self) -> bool {
        self.current.as_ref().is_none_or(|begun| begun.is_empty)
    }

    fn remove_if_empty(&mut self) {
        if let Some(begun) = self.current.take_if(|begun| begun.is_empty) {
            begun.part.remove();
        }
    }

    /// What others did to the file. After anything the next is begun.
    fn look(&mut self) -> Result<(), Error> {
        let Some(begun) = &self.current else {
            return Ok(());
        };
        let standing = begun.part.standing();
        let what = match standing {
            Standing::Ours => return Ok(()),
            Standing::Moved => return self.let_go(),
            Standing::Removed => "removed",
            Standing::Altered => "changed",
        };
        if standing == Standing::Altered {
            begun.part.remove();
        }
        let path = begun.part.temporary().to_owned();
        self.lose_current();
        Err(Error::Disturbed { what, path })
    }

    /// The file has another name: it is somebody else's, as it is.
    fn let_go(&mut self) -> Result<(), Error> {
        let Some(begun) = &mut self.current else {
            return Ok(());
        };
        if let Err(error) = begun.part.sync() {
            self.lose_current();
            return Err(error);
        }
        let path = begun.part.temporary().display();
        let records = begun.holds.records;
        tracing::warn!("moved by someone else: {path}: its {records} records stay in it");
        if let Some(begun) = self.current.take() {
            self.note_complete(begun);
        }
        Ok(())
    }

    fn lose_current(&mut self) {
        if let Some(begun) = self.current.take() {
            self.figures.lost += begun.holds;
            self.figures.failing = true;
        }
    }

    fn complete(&mut self) -> Result<(), Error> {
        self.look()?;
        let Some(begun) = &mut self.current else {
            return Ok(());
        };
        let named = (|| {
            // What is torn may be mended later.
            begun.part.mend()?;
            if let Err(error) = begun.part.sync() {
                return Ok(Err(error));
            }
            self.names
                .give(begun.part.temporary(), begun.part.path())
                .map(Ok)
        })();
        self.figures.failing = !matches!(named, Ok(Ok(_)));
        match named {
            Err(error) => {
                self.held_off = true;
                Err(error)
            }
            Ok(Err(error)) => {
                begun.part.remove();
                self.lose_current();
                Err(error)
            }
            Ok(Ok(path)) => {
                self.figures.files += 1;
                if let Some(begun) = self.current.take() {
                    self.note_complete(begun);
                }
                // If this fails and the power goes, it has its temporary name again: nothing is lost.
                sync_folder(&path)
            }
        }
    }

    pub(in crate::export) fn finish(mut self) -> (Figures, Vec<Digested>, Option<Error>) {
        let mut result = self.look().and(self.write_waiting());
        // A run that found nothing says so with an empty file; no other file is empty.
        let says_nothing = matches!(self.names, Names::One(_)) && self.figures.files == 0;
        if says_nothing || !self.is_empty() {
            result = result.and(self.complete());
        }
        self.remove_if_empty();
        // What has no name now is left for the next run.
        self.lose_current();
        (self.figures, self.take_completed(), result.err())
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        self.remove_if_empty();
    }
}

/// Writes text; how many bytes that were.
fn put(
    part: &mut Part,
    packer: Option<&mut Packer>,
    digest: Option<&mut Digest>,
    text: &[u8],
) -> Result<u64, Error> {
    let before = part.len();
    let packed;
    let bytes = match packer {
        None => text,
        Some(packer) => {
            let frame = packer.frame(text);
            packed = frame.map_err(failed("compress", part.temporary()))?;
            &packed
        }
    };
    part.append(bytes)?;
    if let Some(digest) = digest {
        digest.add(bytes);
    }
    Ok(part.len() - before)
}
