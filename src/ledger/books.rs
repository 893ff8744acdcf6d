//! The sums of a ledger: whether each interval adds up, each run's intervals and files add up to what its
//! `Stop` says, and nothing is missing between runs.

use super::entry::{
    Cell, DropCause, Entry, Event, Export, GapCause, Interval, Moment, Purge, Stop, Totals,
};
use super::verdict::Findings;
use crate::fate::{Fate, NetworkGroup, ProtocolGroup};
use crate::tally::Count;
use std::collections::{BTreeMap, BTreeSet};

/// Checks everything that entries say of each other.
pub(super) fn check(entries: &[Entry], findings: &mut Findings) {
    let mut last_at: Option<Moment> = None;
    let mut runs = Runs::default();
    let mut files = Files::default();
    for (index, entry) in (0..).zip(entries) {
        if entry.at.is_some() && entry.at < last_at {
            findings.add(index, "entry is earlier than the one before it".into());
        }
        last_at = entry.at.max(last_at);
        runs.entry(index, &entry.event, findings);
        match &entry.event {
            Event::Interval(interval) => check_interval(index, interval, findings),
            Event::Export(export) => files.export(index, export, findings),
            Event::Purge(purge) => files.purge(index, purge, findings),
            _ => {}
        }
    }
    runs.end(findings);
}

/// Frames of an interval are those of its cells, and each cell is one that there is.
fn check_interval(index: u64, interval: &Interval, findings: &mut Findings) {
    if interval.to < interval.from {
        findings.add(index, "interval ends before it begins".into());
    }
    let mut names = BTreeSet::new();
    for cell in &interval.cells {
        let fate = cell.fate();
        let network = NetworkGroup::ALL.iter().any(|group| group.id() == cell.ip);
        let protocol = ProtocolGroup::ALL
            .iter()
            .any(|group| group.id() == cell.protocol);
        if fate.is_none() || !network || !protocol {
            findings.add(
                index,
                "interval has a cell of a name that is not known".into(),
            );
        }
        let name = (&cell.class, &cell.reason, &cell.ip, &cell.protocol);
        if !names.insert(name) {
            findings.add(index, "interval has the same cell twice".into());
        }
        if cell.packets == 0 {
            findings.add(index, "interval has a cell of nothing".into());
        }
    }
    match sum(interval.cells.iter().map(Cell::count)) {
        Some(cells) if cells == interval.frames => {}
        Some(cells) => findings.add(
            index,
            format!(
                "interval does not balance: {} in frames, {} in cells",
                shown(interval.frames),
                shown(cells)
            ),
        ),
        None => findings.add(index, "interval does not balance: too much to add".into()),
    }
}

/// The sum; nothing, where it is more than can be.
fn sum(counts: impl Iterator<Item = Count>) -> Option<Count> {
    counts.into_iter().try_fold(Count::default(), add)
}

fn add(one: Count, other: Count) -> Option<Count> {
    Some(Count {
        packets: one.packets.checked_add(other.packets)?,
        bytes: one.bytes.checked_add(other.bytes)?,
    })
}

fn shown(count: Count) -> String {
    format!("{} packets of {} bytes", count.packets, count.bytes)
}

/// What entries of a run add up to. Everything saturates: what is that much was found in its interval.
#[derive(Debug, Default)]
struct Sums {
    totals: Totals,
    dropped_output: u64,
    dropped_kernel: u64,
}

/// The runs, one after the other.
#[derive(Debug, Default)]
struct Runs {
    /// Where the run that goes on began, and its sums.
    open: Option<(u64, Sums)>,
    /// The first entry that is not of a run that did not end, until that is said to have been a crash.
    crashed_at: Option<u64>,
    /// A gap that a crash left, directly before the entry that says so or the next start.
    gap_at: Option<u64>,
    /// The last run crashed, and no other has begun: files that it left may still be entered.
    is_after_crash: bool,
}

impl Runs {
    fn entry(&mut self, index: u64, event: &Event, findings: &mut Findings) {
        if !matches!(
            event,
            Event::Start(_) | Event::Gap(_) | Event::CrashRecovered(_)
        ) {
            self.gap_at = None;
        }
        match event {
            Event::Start(_) => {
                if self.open.take().is_some() {
                    self.crashed(index, findings);
                }
                self.gap_at = None;
                self.is_after_crash = false;
                self.open = Some((index, Sums::default()));
            }
            Event::CrashRecovered(crash) => {
                if let Some((begun, _)) = &self.open
                    && self.crashed_at.is_none()
                    && *begun < crash.entries
                {
                    // It comes before the start of the next run.
                    self.open = None;
                    self.crashed(index, findings);
                }
                let first = self.crashed_at.take().unwrap_or(0);
                self.is_after_crash = self.open.is_none();
                if !(first..=index).contains(&crash.entries) {
                    let what = "recovery names another number of entries than the crash left";
                    findings.add(index, what.into());
                }
                self.gap_at = None;
            }
            Event::Gap(gap) => {
                if gap.cause == GapCause::Crashed && self.gap_at.is_none() {
                    self.gap_at = Some(index);
                }
            }
            Event::Interval(interval) => {
                if let Some(sums) = self.sums(index, findings) {
                    sums.interval(interval);
                }
            }
            Event::Export(_) if self.is_after_crash => {}
            Event::Export(export) => {
                if let Some(sums) = self.sums(index, findings) {
                    sums.export(export);
                }
            }
            Event::Recall(recall) => {
                if let Some(sums) = self.sums(index, findings) {
                    let totals = &mut sums.totals;
                    totals.recalled_records =
                        totals.recalled_records.saturating_add(recall.records);
                    totals.recalled = totals.recalled.plus(Count {
                        packets: recall.packets,
                        bytes: recall.bytes,
                    });
                }
            }
            Event::Drop(drop) => {
                if let Some(sums) = self.sums(index, findings) {
                    let of = match drop.cause {
                        DropCause::Kernel => &mut sums.dropped_kernel,
                        DropCause::Output => &mut sums.dropped_output,
                    };
                    *of = of.saturating_add(drop.packets);
                }
            }
            Event::Stop(stop) => {
                self.unsaid(findings);
                match self.open.take() {
                    Some((_, sums)) => sums.check(index, stop, findings),
                    None => findings.add(index, "run ends that did not begin".into()),
                }
            }
            Event::Configured(_)
            | Event::Policy(_)
            | Event::Authority(_)
            | Event::Geo(_)
            | Event::Reload(_)
            | Event::ClockStep { .. }
            | Event::Purge(_) => {}
        }
    }

    /// The sums of the run that an entry belongs to.
    fn sums(&mut self, index: u64, findings: &mut Findings) -> Option<&mut Sums> {
        self.unsaid(findings);
        if self.open.is_none() {
            findings.add(index, "counts outside of a run".into());
        }
        self.open.as_mut().map(|(_, sums)| sums)
    }

    /// A run did not end by itself, and `first` is the first entry that is not its own.
    fn crashed(&mut self, first: u64, findings: &mut Findings) {
        self.unsaid(findings);
        self.crashed_at = Some(self.gap_at.unwrap_or(first));
    }

    /// A new run counts already, and nothing was said of how the one before ended.
    fn unsaid(&mut self, findings: &mut Findings) {
        if let Some(first) = self.crashed_at.take() {
            let what = "run before this has no end, and no recovery is entered";
            findings.add(first, what.into());
        }
    }

    fn end(&mut self, findings: &mut Findings) {
        // A run that began and counted nothing yet may still say it.
        if self.open.is_none() {
            self.unsaid(findings);
        }
    }
}

impl Sums {
    fn interval(&mut self, interval: &Interval) {
        let totals = &mut self.totals;
        totals.frames = totals.frames.plus(interval.frames);
        totals.kernel_dropped = totals
            .kernel_dropped
            .saturating_add(interval.kernel_dropped);
        for cell in &interval.cells {
            match cell.fate() {
                Some(Fate::Admitted(_)) => totals.admitted = totals.admitted.plus(cell.count()),
                Some(Fate::Excluded(_)) => totals.excluded = totals.excluded.plus(cell.count()),
                None => {}
            }
        }
    }

    fn export(&mut self, export: &Export) {
        let totals = &mut self.totals;
        totals.records = totals.records.saturating_add(export.records);
        totals.recorded = totals.recorded.plus(Count {
            packets: export.packets,
            bytes: export.bytes,
        });
    }

    /// Compares with what the run says itself.
    fn check(&self, index: u64, stop: &Stop, findings: &mut Findings) {
        let (ours, theirs) = (&self.totals, &stop.totals);
        let mut equal = |what: &str, ours: String, theirs: String| {
            if ours != theirs {
                findings.add(
                    index,
                    format!(
                        "run does not add up: {what}: {ours} in its entries, {theirs} in its end"
                    ),
                );
            }
        };
        for (what, ours, theirs) in [
            ("frames", ours.frames, theirs.frames),
            ("admitted", ours.admitted, theirs.admitted),
            ("excluded", ours.excluded, theirs.excluded),
            ("in records", ours.recorded, theirs.recorded),
        ] {
            equal(what, shown(ours), shown(theirs));
        }
        for (what, ours, theirs) in [
            ("records", ours.records, theirs.records),
            (
                "dropped by the kernel",
                ours.kernel_dropped,
                theirs.kernel_dropped,
            ),
        ] {
            equal(what, ours.to_string(), theirs.to_string());
        }
        if add(theirs.admitted, theirs.excluded) != Some(theirs.frames) {
            let what = "run does not balance: frames are not admitted and excluded";
            findings.add(index, what.into());
        }
        let right = add(theirs.recorded, theirs.recalled).and_then(|sum| add(sum, theirs.lost));
        if right != Some(theirs.admitted) {
            let what = "run does not balance: admitted is not recorded, recalled and lost";
            findings.add(index, what.into());
        }
        let exceeds = ours.recalled_records > theirs.recalled_records
            || ours.recalled.packets > theirs.recalled.packets
            || ours.recalled.bytes > theirs.recalled.bytes
            || self.dropped_output > theirs.lost.packets
            || self.dropped_kernel > theirs.kernel_dropped;
        if exceeds {
            let what = "run does not add up: more was recalled or lost than its end says";
            findings.add(index, what.into());
        }
        if !stop.balanced {
            findings.add(
                index,
                "run says itself that its books do not balance".into(),
            );
        }
    }
}

/// Files of records: how often each was exported and purged.
#[derive(Debug, Default)]
struct Files {
    known: BTreeMap<(String, u64), (u64, u64)>,
}

impl Files {
    fn export(&mut self, index: u64, export: &Export, findings: &mut Findings) {
        if !is_digest(&export.sha256) {
            findings.add(index, "file of records has no SHA-256".into());
        }
        let name = (export.sha256.clone(), export.length);
        self.known.entry(name).or_default().0 += 1;
    }

    fn purge(&mut self, index: u64, purge: &Purge, findings: &mut Findings) {
        for file in &purge.files {
            let name = (file.sha256.clone(), file.length);
            match self.known.get_mut(&name) {
                Some((exported, purged)) if *purged < *exported => *purged += 1,
                _ => findings.add(index, "purge of a file that was not exported before".into()),
            }
        }
    }
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'))
}
