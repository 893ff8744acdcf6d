//! `sekisho replay --audit`: a stored capture judged anew, beside what its ledger says was done then.

use std::fmt::Write as _;
use std::path::Path;

use super::exit::Exit;
use super::number::grouped;
use super::talk::{Problem, Talk, escaped};
use crate::fate::{Class, Fate, Reason};
use crate::ledger::{self, Entry, Event, VerifyOptions};
use crate::pipeline::Summary;
use crate::tally::Count;

const FATES: usize = Fate::COUNT;

/// What a run of the ledger counted.
#[derive(Default)]
struct Then {
    table: String,
    frames: Count,
    packets: [u64; FATES],
    /// Whether the run ended by itself.
    ended: bool,
}

/// Reads the ledger, before anything is replayed.
pub(super) struct Audit {
    runs: Vec<Then>,
    folder: String,
}

impl Audit {
    pub(super) fn open(folder: &Path) -> Result<Self, Problem> {
        let shown = folder.display().to_string();
        let (entries, verification) = ledger::verify(folder, &VerifyOptions::default())?;
        if let Some(finding) = verification.findings.first() {
            return Err(Problem::new(
                Exit::Books,
                &format!("the ledger does not hold ({})", finding.what),
                &shown,
                "see sekisho verify; nothing can be compared with it",
            ));
        }
        Ok(Self {
            runs: runs(&entries),
            folder: shown,
        })
    }

    /// Says what became of the same frames then and now. Counts only: which frames changed sides, nobody
    /// kept.
    pub(super) fn compare(&self, now: &Summary, talk: &mut Talk) -> Result<(), Problem> {
        let same = |run: &&Then| run.ended && run.frames == now.frames;
        let Some(then) = self.runs.iter().rev().find(same) else {
            return Err(Problem::new(
                Exit::Books,
                &format!(
                    "no run in the ledger read these {} frames",
                    grouped(now.frames.packets)
                ),
                &self.folder,
                "give the capture and the ledger of one and the same run",
            ));
        };
        talk.block(&render(then, now, &self.folder));
        Ok(())
    }
}

fn runs(entries: &[Entry]) -> Vec<Then> {
    let mut runs: Vec<Then> = Vec::new();
    for entry in entries {
        if matches!(entry.event, Event::Start(_)) {
            runs.push(Then::default());
        }
        let Some(run) = runs.last_mut() else {
            continue;
        };
        match &entry.event {
            Event::Geo(geo) => run.table.clone_from(&geo.sha256),
            Event::Interval(interval) => {
                for cell in &interval.cells {
                    if let Some(fate) = cell.fate() {
                        let sum = &mut run.packets[fate.index()];
                        *sum = sum.saturating_add(cell.packets);
                    }
                }
            }
            Event::Stop(stop) => {
                run.frames = stop.totals.frames;
                run.ended = true;
            }
            Event::Start(_)
            | Event::Configured(_)
            | Event::Policy(_)
            | Event::Authority(_)
            | Event::Export(_)
            | Event::Reload(_)
            | Event::Gap(_)
            | Event::Drop(_)
            | Event::Recall(_)
            | Event::ClockStep { .. }
            | Event::Purge(_)
            | Event::CrashRecovered(_)
            | Event::Aborted {} => {}
        }
    }
    runs
}

fn render(then: &Then, now: &Summary, folder: &str) -> String {
    let classes = Class::ALL.into_iter().zip(&now.admitted.by_class.0);
    let classes = classes.map(|(class, count)| (Fate::Admitted(class), class.id(), count.packets));
    let reasons = Reason::ALL.into_iter().zip(&now.excluded.by_reason.0);
    let reasons =
        reasons.map(|(reason, count)| (Fate::Excluded(reason), reason.id(), count.packets));
    let mut out = String::new();
    let digits = |digest: &str| digest.chars().take(16).collect::<String>();
    // Writing into a String cannot fail.
    let _ = writeln!(
        out,
        "audit      {}: by table {} then, {} now",
        escaped(folder),
        digits(&then.table),
        digits(&now.geo.digest)
    );
    let _ = writeln!(
        out,
        "{:<26}{:>14}{:>14}{:>14}",
        "packets", "then", "now", "change"
    );
    let mut row = |name: &str, before: u64, after: u64| {
        let change = match after.checked_sub(before) {
            Some(0) => "0".to_owned(),
            Some(more) => format!("+{}", grouped(more)),
            None => format!("-{}", grouped(before - after)),
        };
        let _ = writeln!(
            out,
            "{name:<26}{:>14}{:>14}{change:>14}",
            grouped(before),
            grouped(after)
        );
    };
    let kept: u64 = Class::ALL
        .into_iter()
        .map(|class| then.packets[Fate::Admitted(class).index()])
        .fold(0, u64::saturating_add);
    row("kept", kept, now.admitted.packets);
    for (fate, id, after) in classes {
        row(&format!("  {id}"), then.packets[fate.index()], after);
    }
    row(
        "excluded",
        then.frames.packets.saturating_sub(kept),
        now.excluded.packets,
    );
    for (fate, id, after) in reasons {
        let before = then.packets[fate.index()];
        if before > 0 || after > 0 {
            row(&format!("  {id}"), before, after);
        }
    }
    let net = kept.saturating_sub(now.admitted.packets);
    let _ = writeln!(
        out,
        "of what was kept then, {} packets or more would be excluded now",
        grouped(net)
    );
    out
}
