//! The ledger of a run: opened before anything is read, so that a run that cannot be accounted for does
//! not begin.

use super::authority::{Authorities, Standings};
use super::{Account, Failure, FailureKind, Outcome, entries, purge};
use crate::config::Config;
use crate::export::Digested;
use crate::geo::Table;
use crate::ledger::{
    self, CrashRecovered, Event, Fault, Gap, GapCause, Key, Ledger, Moment, Opened, Stop,
};
use crate::time::Timestamp;
use std::path::PathBuf;

/// A ledger that is added to.
pub(super) struct Keeper {
    folder: PathBuf,
    ledger: Ledger,
    opened: Opened,
}

impl Keeper {
    /// Opens what the configuration names, and makes it where it is not there.
    pub(super) fn open(config: &Config) -> Result<Option<Self>, Failure> {
        let settings = &config.ledger;
        let (Some(folder), Some(key)) = (&settings.folder, settings.key_file()) else {
            return Ok(None);
        };
        let key = Key::load_or_create(&key, &super::ledger_name(config))?;
        let (ledger, opened) = Ledger::open(folder, &key)?;
        Ok(Some(Self {
            folder: folder.clone(),
            ledger,
            opened,
        }))
    }

    /// Entries that it had when it was opened.
    #[cfg(feature = "live")]
    pub(super) const fn entries(&self) -> u64 {
        self.opened.entries
    }

    /// What stands at the begin of a run. That the one before broke off, how long nothing was seen, and the
    /// files that it left and that were recovered, is noted first.
    pub(super) fn begin(
        &mut self,
        at: Option<Timestamp>,
        recovered: &[Digested],
        events: Vec<Event>,
    ) -> Result<(), Failure> {
        if at.is_some() {
            purge::prepare(&self.folder).map_err(|error| {
                let place = self.folder.display().to_string();
                let what = format!("cannot make a folder in the ledger's ({error})");
                Failure::new(
                    FailureKind::Output,
                    what,
                    place,
                    "check who may write there",
                )
            })?;
        }
        let broke_off = !self.opened.is_ended;
        if broke_off {
            let entries = self.opened.entries;
            self.note(at, Event::CrashRecovered(CrashRecovered { entries }))?;
        }
        // A replay has no time of its own in which it could have seen something.
        if let (Some(now), Some(from)) = (at, self.opened.last_known()) {
            let gap = Gap {
                cause: if broke_off {
                    GapCause::Crashed
                } else {
                    GapCause::Stopped
                },
                from,
                to: Moment(now).max(from),
                interface: None,
            };
            self.note(at, Event::Gap(gap))?;
        }
        let recovered = recovered.iter().map(entries::export);
        for event in recovered.chain(events) {
            self.note(at, event)?;
        }
        self.commit()
    }

    /// The end of a run over captures, in whatever way.
    pub(super) fn end(
        mut self,
        outcome: &Result<Outcome, Failure>,
        authorities: &Authorities,
        table: &Table,
    ) -> Result<(), Failure> {
        match outcome {
            Ok(Outcome {
                account: Some(account),
                summary,
                exports,
                ..
            }) => {
                let Account { intervals, totals } = account;
                let mut standings = Standings::default();
                for (begin, counts) in intervals.iter() {
                    let at = Timestamp::from_nanos(begin);
                    for event in entries::leave(&mut standings, authorities, table, at) {
                        self.note(None, event)?;
                    }
                    let end = begin.saturating_add(intervals.width());
                    self.note(None, entries::interval(begin, end, counts, 0))?;
                }
                for event in entries::exports(exports, totals) {
                    self.note(None, event)?;
                }
                self.note(
                    None,
                    Event::Stop(Stop {
                        totals: *totals,
                        balanced: summary.balanced,
                    }),
                )?;
            }
            // Its records are not there either.
            Ok(Outcome { account: None, .. }) | Err(_) => self.note(None, Event::Aborted {})?,
        }
        self.commit()
    }

    /// Something to be written with the next [`Keeper::commit`].
    pub(super) fn note(&mut self, at: Option<Timestamp>, event: Event) -> Result<(), Failure> {
        self.ledger.append(at.map(Moment), event)?;
        Ok(())
    }

    /// Enters the deletions that wait for it, and signs them.
    #[cfg(feature = "live")]
    pub(super) fn enter_purges(&mut self, at: Timestamp) -> Result<(), Failure> {
        let waiting = purge::waiting(&self.folder);
        if waiting.is_empty() {
            return Ok(());
        }
        let (paths, events): (Vec<_>, Vec<_>) = waiting.into_iter().unzip();
        for event in events {
            self.note(Some(at), event)?;
        }
        self.commit()?;
        for path in paths {
            // Entered once more, it would show.
            let _ = std::fs::remove_file(path);
        }
        Ok(())
    }

    /// Durable and signed: nothing is written that is not.
    pub(super) fn commit(&mut self) -> Result<(), Failure> {
        Ok(self.ledger.commit()?)
    }
}

impl From<ledger::Error> for Failure {
    fn from(error: ledger::Error) -> Self {
        let kind = match error.fault() {
            Fault::Usage | Fault::Damaged | Fault::Configuration => FailureKind::Configuration,
            Fault::NoInput | Fault::Output => FailureKind::Output,
            Fault::Busy => FailureKind::Busy,
            Fault::Permission => FailureKind::Permission,
        };
        Self::line(kind, error.to_string())
    }
}
