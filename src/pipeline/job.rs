//! One run: inputs through the lanes, records out, books closed.

use super::books::{Books, Losses};
use super::entries;
use super::lanes::Join;
use super::outcome::{Account, Outcome, Progress, note_on_halves};
use super::output::{Gathered, Recorded, Records};
use super::plan::plan;
use super::summary::{Authorisation, Input as InputBooks};
use super::walk::{Trouble, Walked};
use super::{Failure, FailureKind};
use crate::export::{Format, IpEncoding, LedgerPlace, Opening, Order, Target, Terms};
use crate::gate::FragmentTimes;
use crate::lane::{Lane, Settings};
use crate::source::{Frame, Input, OpenError, expand};
use crate::spelling::reason;
use crate::tally::{Count, Intervals, Tally};
use std::path::PathBuf;

/// A run over captures, apart from where its records go.
pub struct Job {
    /// Files, folders, `-` for standard input; in this order.
    pub inputs: Vec<PathBuf>,
    /// What every lane is built of.
    pub lane: Settings,
    /// Lanes that work beside each other; at least 1.
    pub lanes: usize,
    /// Bytes of a plain classic capture that are worth a lane of their own.
    pub range_bytes: u64,
    /// How records are rendered.
    pub format: Format,
    /// Where they go.
    pub target: Target,
    /// IPFIX: the private enterprise number of our own elements.
    pub ipfix_enterprise: u32,
    /// How Parquet files hold addresses.
    pub ip_encoding: IpEncoding,
    /// The name of the ledger, if one is kept.
    pub ledger: Option<String>,
    /// Name of this sensor, in every record.
    pub sensor: String,
    /// Under what records are collected.
    pub terms: Terms,
    /// Whether the digest of what is written is wanted.
    pub digest: bool,
    /// SHA-256 of the settings in force, in hex.
    pub config: String,
    /// Nanoseconds of an interval, if the run is to be accounted for by intervals.
    pub interval: Option<u64>,
    /// What it is authorised by.
    pub authorisation: Authorisation,
}

/// What is known of one input while a run goes on.
pub(super) struct Read {
    pub input: Input,
    frames: Count,
    trouble: Option<Trouble>,
    /// When there were fragments in it.
    pub fragments: FragmentTimes,
}

/// What is told of one input when a run is over.
pub(super) struct Told {
    pub books: InputBooks,
    pub frames: Count,
    /// One line on what is wrong with it.
    pub complaint: Option<String>,
    /// Where it could not be opened, of what kind that is.
    pub unopened: Option<FailureKind>,
}

impl Job {
    /// Runs.
    ///
    /// # Errors
    /// Where nothing could be read at all, or nothing can be written any more.
    pub fn run(&self, progress: &dyn Progress) -> Result<Outcome, Failure> {
        let mut reads = expand_all(&self.inputs);
        refuse_if_nothing_opens(&reads)?;
        let mut records = Records::new(self)?;
        let order = Order::of(&self.terms);
        let first = self.lane();
        let lane = self.walk(&mut reads, first, order, &mut records.gathered, progress);
        let outcome = self.close(lane, reads, records);
        progress.end();
        outcome
    }

    /// Takes a lane over all inputs, with others beside it where that pays. Records go to `gathered`, by that
    /// order.
    pub(super) fn walk(
        &self,
        reads: &mut [Read],
        first: Lane,
        order: Order,
        gathered: &mut Gathered,
        progress: &dyn Progress,
    ) -> Lane {
        let plan = plan(
            reads.iter().map(Read::to_read),
            self.lanes,
            self.range_bytes,
        );
        progress.begin(plan.bytes);
        let mut note = |index: usize, walked: Walked| {
            if let Some(read) = reads.get_mut(index) {
                read.add(walked);
            }
        };
        let report = |bytes, packets| progress.advance(bytes, packets);
        // The model of the lanes of later pieces: what they number, the first one knows.
        let model = first.for_range(0);
        let mut join = Join::new(first, order, gathered, &mut note, &report);
        if self.lanes > 1 && plan.pieces.len() > 1 && plan.rereadable {
            let max_flows = self.lane.flow.max_flows;
            join.walk_together(&plan.pieces, self.lanes, &model, max_flows);
        } else {
            join.walk_alone(&plan.pieces);
        }
        join.into_lane()
    }

    /// Runs frames that come from no input: `feed` gives them, one by one, to what it is given.
    ///
    /// # Errors
    /// As [`Job::run`].
    pub fn run_frames(
        &self,
        name: &str,
        feed: impl FnOnce(&mut dyn FnMut(&Frame<'_>)),
    ) -> Result<Outcome, Failure> {
        let mut lane = self.lane();
        let mut records = Records::new(self)?;
        let mut frames = Count::default();
        feed(&mut |frame| {
            frames.packets += 1;
            frames.bytes += u64::from(frame.wire_len);
            lane.feed(frame);
            if frames.packets.is_multiple_of(1 << 16) {
                records.gathered.take(lane.flows());
            }
        });
        let read = Read {
            frames,
            ..Read::new(Input::File(name.into()))
        };
        self.close(lane, vec![read], records)
    }

    /// How its output is opened.
    pub(super) fn opening(&self) -> Opening {
        let mut geo = self.lane.table.digest_hex();
        geo.truncate(16);
        Opening {
            digest: self.digest,
            sensor: self.sensor.clone(),
            geo,
            enterprise: self.ipfix_enterprise,
            ip_encoding: self.ip_encoding,
            // How long it is depends on more than this run.
            ledger: self.ledger.clone().map(|name| LedgerPlace {
                name,
                entries: None,
            }),
            ..Opening::new(&self.target, self.format)
        }
    }

    /// The lane that a run begins with.
    pub(super) fn lane(&self) -> Lane {
        let mut lane = Lane::new(&self.lane);
        if let Some(width) = self.interval {
            lane.count_by(width);
        }
        lane
    }

    fn close(
        &self,
        mut lane: Lane,
        reads: Vec<Read>,
        records: Records,
    ) -> Result<Outcome, Failure> {
        refuse_if_nothing_opens(&reads)?;
        let intervals = lane.take_intervals();
        let (flows, tally) = lane.finish();
        let told: Vec<Told> = reads.into_iter().map(Read::told).collect();
        let totals = entries::told(frames_of(&told), &tally, 0);
        let recorded = records.finish(self, flows, totals)?;
        Ok(self.account(told, recorded, &tally, intervals))
    }

    /// Closes the books of a run that is over.
    pub(super) fn account(
        &self,
        told: Vec<Told>,
        recorded: Recorded,
        tally: &Tally,
        intervals: Option<Intervals>,
    ) -> Outcome {
        let frames = frames_of(&told);
        let mut damaged = Vec::new();
        let mut inputs = Vec::with_capacity(told.len());
        for input in told {
            damaged.extend(input.complaint);
            let books = input.books;
            tracing::info!(input = ?books.path, packets = books.packets, complete = books.complete);
            inputs.push(books);
        }
        let losses = Losses::of(&recorded);
        let account = intervals.map(|intervals| Account {
            intervals,
            totals: entries::totals(frames, tally, &recorded, &losses),
        });
        let authorisation = self.lane.policy.ever();
        let notes = note_on_halves(&recorded.written, authorisation);
        let books = Books {
            frames,
            tally,
            recorded: &recorded,
            inputs,
            authorisation: self.authorisation.clone(),
        };
        Outcome {
            summary: books.close(&self.sensor, self.config.clone(), &self.lane.table, losses),
            damaged,
            notes: notes.into_iter().collect(),
            exports: recorded.digested,
            ended_by: None,
            account,
        }
    }
}

/// Frames of all inputs together.
pub(super) fn frames_of(told: &[Told]) -> Count {
    told.iter().fold(Count::default(), |mut sum, input| {
        sum += input.frames;
        sum
    })
}

/// How many captures these names are.
pub(super) fn count(names: &[PathBuf]) -> u64 {
    let found = names.iter().map(|name| expand(&[name]));
    found
        .map(|found| found.map_or(1, |found| found.inputs.len() as u64))
        .sum()
}

/// Expands every name on its own, so that one that is missing does not keep the others from being read.
pub(super) fn expand_all(names: &[PathBuf]) -> Vec<Read> {
    let mut reads = Vec::new();
    for name in names {
        match expand(&[name]) {
            Ok(found) => {
                if found.skipped > 0 {
                    let (skipped, folder) = (found.skipped, name);
                    tracing::warn!(
                        "left out, since they are no captures: {skipped} entries of {folder:?}"
                    );
                }
                reads.extend(found.inputs.into_iter().map(Read::new));
            }
            Err(error) => reads.push(Read {
                trouble: Some(Trouble::Unopened(error)),
                ..Read::new(Input::File(name.clone()))
            }),
        }
    }
    reads
}

/// Where not one input could be opened there is no run: the first one decides the exit code, and each
/// has its line.
fn refuse_if_nothing_opens(reads: &[Read]) -> Result<(), Failure> {
    let mut errors = Vec::new();
    for read in reads {
        match &read.trouble {
            Some(Trouble::Unopened(error)) => errors.push(error),
            None | Some(Trouble::Damaged(_) | Trouble::Failed(_)) => return Ok(()),
        }
    }
    match errors.split_first() {
        Some((first, others)) => {
            Err(Failure::from(*first).and(others.iter().map(ToString::to_string)))
        }
        None => Ok(()),
    }
}

impl Read {
    const fn new(input: Input) -> Self {
        Self {
            input,
            frames: Count {
                packets: 0,
                bytes: 0,
            },
            trouble: None,
            fragments: FragmentTimes {
                firsts: None,
                unsure: None,
            },
        }
    }

    fn add(&mut self, walked: Walked) {
        self.frames += walked.frames;
        self.fragments = self.fragments.with(walked.fragments);
        self.trouble = self.trouble.take().or(walked.trouble);
    }

    /// The input, unless it is known already that it cannot be read.
    pub(super) const fn to_read(&self) -> Option<&Input> {
        match self.trouble {
            None => Some(&self.input),
            Some(_) => None,
        }
    }

    /// One line on what is wrong with the input: what, where.
    fn complaint(&self) -> Option<String> {
        Some(match self.trouble.as_ref()? {
            Trouble::Unopened(error) => error.to_string(),
            Trouble::Damaged(damage) => {
                let input = &self.input;
                format!("damaged input: {input}: {damage}: what was whole before it was read")
            }
            Trouble::Failed(error) => {
                let input = &self.input;
                let reason = reason(error);
                format!("cannot read on ({reason}): {input}: what came before was read")
            }
        })
    }

    /// What there is to tell of it.
    pub(super) fn told(self) -> Told {
        Told {
            complaint: self.complaint(),
            unopened: match &self.trouble {
                Some(Trouble::Unopened(error)) => Some(Failure::from(error).kind()),
                None | Some(Trouble::Damaged(_) | Trouble::Failed(_)) => None,
            },
            frames: self.frames,
            books: InputBooks {
                path: match self.input {
                    Input::Stdin => "-".to_owned(),
                    Input::File(path) => path.display().to_string(),
                },
                packets: self.frames.packets,
                complete: self.trouble.is_none(),
            },
        }
    }
}

impl From<&OpenError> for Failure {
    fn from(error: &OpenError) -> Self {
        let kind = match error {
            OpenError::NoSuchInput(_) => FailureKind::NoInput,
            OpenError::NotACapture(_)
            | OpenError::Version(_)
            | OpenError::Packed { .. }
            | OpenError::NoCaptures(_) => FailureKind::NotACapture,
            OpenError::Permission(_) => FailureKind::Permission,
            OpenError::Io { .. } => FailureKind::Output,
        };
        Self::line(kind, error.to_string())
    }
}
