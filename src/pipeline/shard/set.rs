//! All shards of a run: whether they belong together, and that none is missing.

use super::file::ShardFile;
use super::head::{Head, InputHead, Name, RunHead};
use super::is_configuration;
use super::proof::{self, Doubt};
use super::split::ListDigest;
use crate::config::Config;
use crate::flow::Settings;
use crate::pipeline::{Failure, FailureKind};
use crate::tally::{Count, Intervals, Tally};
use std::path::PathBuf;

/// The shards of a run, each whole and each once.
pub struct Shards {
    /// In the order of the inputs.
    files: Vec<ShardFile>,
    run: RunHead,
}

impl Shards {
    /// Reads shards, given in any order.
    ///
    /// # Errors
    /// One that is none, or torn; one that is missing or there twice; shards of different runs.
    pub fn open(paths: &[PathBuf]) -> Result<Self, Failure> {
        let mut files: Vec<ShardFile> = Vec::new();
        let mut first: Option<RunHead> = None;
        for path in paths {
            let file = ShardFile::open(path)?;
            let run = first.get_or_insert_with(|| file.head.run.clone());
            if let Some(failure) = stranger(run, &file, files.first()) {
                return Err(failure);
            }
            files.push(file);
        }
        files.sort_by_key(|file| file.head.shard.nth());
        let Some(run) = first else {
            return Err(incomplete("no shard given", String::new()));
        };
        let shards = Self { files, run };
        shards.check_complete()?;
        Ok(shards)
    }

    fn check_complete(&self) -> Result<(), Failure> {
        let of = self.files.first().map_or(0, |file| file.head.shard.of());
        for pair in self.files.windows(2) {
            if let [one, other] = pair
                && one.head.shard == other.head.shard
            {
                let place = format!("{} and {}", one.place(), other.place());
                let what = format!("shard {} is given twice", one.head.shard);
                return Err(incomplete(&what, place));
            }
        }
        if self.files.len() as u64 != u64::from(of) {
            let found = |nth: &u32| self.files.iter().all(|file| file.head.shard.nth() != *nth);
            let missing: Vec<u32> = (1..=of).filter(found).take(3).collect();
            let missing: Vec<String> = missing.iter().map(|nth| format!("{nth}/{of}")).collect();
            let count = u64::from(of) - self.files.len() as u64;
            let what = format!("{count} of {of} shards are missing");
            return Err(incomplete(&what, missing.join(", ")));
        }
        if let Some(first) = self.files.first()
            && !is_configuration(&self.run.configuration)
        {
            return Err(first.damaged());
        }
        let mut next = 0;
        let mut list = ListDigest::default();
        for file in &self.files {
            let head = &file.head;
            if head.first != next {
                return Err(file.damaged());
            }
            next += head.part.len() as u64;
            for input in &head.part {
                list.add(&input.path.path(), input.size);
            }
        }
        match self.files.last() {
            Some(last) if next != self.run.inputs || list.hex() != self.run.list => {
                Err(last.damaged())
            }
            _ => Ok(()),
        }
    }

    /// The settings of the run as the text of a configuration file. They name no place that is written to.
    #[must_use]
    pub fn configuration(&self) -> &str {
        &self.run.configuration
    }

    /// Whether they were made with these settings, wherever results go.
    #[must_use]
    pub fn were_made_with(&self, config: &Config) -> bool {
        self.run.configuration == super::configuration(config)
    }

    pub(in crate::pipeline) const fn run(&self) -> &RunHead {
        &self.run
    }

    pub(in crate::pipeline) fn files(&self) -> &[ShardFile] {
        &self.files
    }

    /// Bytes of all files.
    pub(in crate::pipeline) fn bytes(&self) -> u64 {
        self.files
            .iter()
            .fold(0, |sum, file| sum.saturating_add(file.length))
    }

    /// All inputs, in order.
    pub(in crate::pipeline) fn inputs(&self) -> impl Iterator<Item = &InputHead> {
        self.files.iter().flat_map(|file| &file.head.part)
    }

    /// Why joining cannot be shown to be exact; nothing where it is.
    pub(in crate::pipeline) fn doubt(&self, settings: &Settings) -> Option<Doubt> {
        let heads: Vec<&Head> = self.files.iter().map(|file| &file.head).collect();
        proof::doubt(&heads, settings)
    }

    /// The first capture that is not where the shards found it, as they found it.
    pub(in crate::pipeline) fn absent(&self) -> Option<PathBuf> {
        let as_it_was = |path: &PathBuf, size: Option<u64>| match path.metadata() {
            // What is no plain file cannot be read twice.
            Ok(there) => there.is_file() && size == Some(there.len()),
            Err(_) => size.is_none(),
        };
        self.inputs()
            .map(|input| (Name::path(&input.path), input.size))
            .find_map(|(path, size)| (!as_it_was(&path, size)).then_some(path))
    }

    /// What all shards counted by interval, its sum, and the frames that their inputs delivered.
    pub(in crate::pipeline) fn counts(&self, width: u64) -> Result<(Intervals, Tally), Failure> {
        let mut all = Intervals::new(width);
        let mut tally = Tally::default();
        let (mut frames, mut ended) = (Count::default(), Count::default());
        for file in &self.files {
            let intervals = &file.head.intervals;
            let sums = intervals.sums(width).and_then(|(counted, sum)| {
                ended = ended.checked_plus(counted)?;
                Some(sum)
            });
            let read = file
                .head
                .part
                .iter()
                .try_fold(frames, |sum, input| sum.checked_plus(input.frames));
            let (Some(sum), Some(read)) = (sums, read) else {
                return Err(file.damaged());
            };
            frames = read;
            tally += &sum;
            all.absorb(intervals.clone());
        }
        Ok((all, tally))
    }
}

fn incomplete(what: &str, place: String) -> Failure {
    let hint = "give every shard of one run once";
    Failure::new(FailureKind::NotACapture, what, place, hint)
}

/// That a shard is of another run than the first.
fn stranger(run: &RunHead, file: &ShardFile, first: Option<&ShardFile>) -> Option<Failure> {
    let first = first?;
    let RunHead {
        version,
        configuration,
        table,
        authority,
        inputs,
        list,
    } = run;
    let other = &file.head.run;
    let kind = FailureKind::Configuration;
    let (kind, what) = if *version != other.version {
        (kind, "shards of two versions of the program")
    } else if first.head.shard.of() != file.head.shard.of() {
        (FailureKind::NotACapture, "shards of two splits")
    } else if (inputs, list) != (&other.inputs, &other.list) {
        (FailureKind::NotACapture, "shards of different inputs")
    } else if *configuration != other.configuration {
        (kind, "shards with different settings")
    } else if *table != other.table {
        (kind, "shards with different country tables")
    } else if *authority != other.authority {
        (kind, "shards under different authorisations")
    } else {
        return None;
    };
    let place = format!("{} and {}", first.place(), file.place());
    let hint = "make them with the same inputs, settings, tables and version";
    Some(Failure::new(kind, what, place, hint))
}
