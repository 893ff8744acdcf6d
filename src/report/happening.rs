//! Entries as lines of a list of events: by kind and figures, without words.

use std::collections::BTreeMap;

use super::figures::Happening;
use super::walk::cause;
use super::window::seconds;
use crate::ledger::{DropCause, Event, Mode, Moment, Standing};
use crate::time::Timestamp;

/// Of each kind that many are listed, and the rest is counted: no kind may push out another.
pub(super) const MOST_OF_A_KIND: u64 = 40;

/// An entry as an event; nothing of those that have a section of their own, or are many.
pub(super) fn happening(index: u64, at: Timestamp, event: &Event) -> Option<Happening> {
    let mut line = Happening {
        index,
        at: Moment(at),
        kind: event.kind(),
        how: None,
        name: None,
        figures: BTreeMap::new(),
    };
    let mut figure = |name, figure: u64| line.figures.insert(name, figure);
    match event {
        Event::Interval(_) | Event::Export(_) | Event::Configured(_) | Event::Policy(_) => {
            return None;
        }
        Event::Start(start) => {
            line.how = Some(mode(start.mode));
            line.name = Some(start.version.clone());
        }
        Event::Authority(authority) => {
            line.how = Some(standing(authority.standing));
            line.name = Some(authority.id.clone());
        }
        Event::Geo(geo) => {
            line.name = Some(geo.sha256.clone());
            figure("sources", geo.sources.len() as u64);
            figure("lists", geo.lists.len() as u64);
        }
        Event::Reload(reload) => line.how = Some(if reload.done { "done" } else { "refused" }),
        Event::Gap(gap) => {
            figure("seconds", seconds(gap.from.0, gap.to.0));
            line.how = Some(cause(gap.cause));
            line.name.clone_from(&gap.interface);
        }
        Event::Drop(drop) => {
            figure("packets", drop.packets);
            if drop.cause == DropCause::Output {
                figure("records", drop.records);
            }
            line.how = Some(match drop.cause {
                DropCause::Kernel => "kernel",
                DropCause::Output => "output",
            });
        }
        Event::Recall(recall) => {
            figure("records", recall.records);
            figure("packets", recall.packets);
        }
        Event::ClockStep { nanos } => {
            figure("nanos", *nanos);
        }
        Event::Purge(purge) => {
            let bytes = |sum: u64, file: &crate::ledger::Purged| sum.saturating_add(file.length);
            figure("files", purge.files.len() as u64);
            figure("bytes", purge.files.iter().fold(0, bytes));
        }
        Event::CrashRecovered(crash) => {
            figure("entries", crash.entries);
        }
        Event::Aborted {} => {}
        Event::Stop(stop) => {
            line.how = Some(if stop.balanced {
                "balanced"
            } else {
                "unbalanced"
            });
        }
    }
    Some(line)
}

/// The id of a mode.
pub(super) const fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Capture => "capture",
        Mode::Replay => "replay",
        Mode::Demo => "demo",
        Mode::Purge => "purge",
    }
}

/// The id of a standing.
pub(super) const fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::InForce => "in_force",
        Standing::NotYet => "not_yet",
        Standing::Expired => "expired",
        Standing::Exhausted => "exhausted",
        Standing::SelfAuthorised => "self_authorised",
        Standing::Missing => "missing",
    }
}
