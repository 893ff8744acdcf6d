//! The end of a live run: what every part counted, as one set of books.

use super::control::Watched;
use super::worker::Worked;
use super::writer::Wrote;
use crate::flow::Held;
use crate::ledger::Totals;
use crate::pipeline::books::{Books, Losses};
use crate::pipeline::entries;
use crate::pipeline::outcome::note_on_halves;
use crate::pipeline::output::Recorded;
use crate::pipeline::summary::{Input, Lost};
use crate::pipeline::{Failure, FailureKind, Outcome};
use crate::source::LiveError;
use crate::tally::{Count, Tally};

/// Closes the books over all lanes and interfaces.
pub(super) fn close(
    watched: &Watched,
    sensor: &str,
    worked: Vec<Worked>,
    wrote: &Wrote,
) -> (Outcome, Totals) {
    let Watched {
        gaps,
        config,
        table,
        authorities,
    } = watched;
    let names = &config.capture.interfaces;
    let mut interfaces: Vec<Interface> = names.iter().map(|_| Interface::default()).collect();
    let mut tally = Tally::default();
    let mut shed = wrote.lost;
    let mut recalled = Held::default();
    let (mut evicted, mut clock_steps) = (0, 0);
    for lane in worked {
        tally += &lane.tally;
        shed += lane.shed;
        recalled += lane.recalled;
        evicted += lane.evicted;
        clock_steps = clock_steps.max(lane.clock_steps);
        let counts = lane.frames.iter().zip(&lane.drops);
        for (interface, (frames, drops)) in interfaces.iter_mut().zip(counts) {
            interface.frames += *frames;
            interface.dropped_by_kernel += drops.kernel;
            // Of the interface: each of its handles has counted the same.
            interface.dropped_by_itself = interface.dropped_by_itself.max(drops.interface);
        }
        if let Some((at, error)) = lane.trouble
            && let Some(interface) = interfaces.get_mut(at)
        {
            interface.trouble.get_or_insert(error);
        }
    }
    let mut frames = Count::default();
    let mut kernel_dropped = 0;
    let mut damaged = Vec::new();
    let mut inputs = Vec::new();
    let mut ended_by = None;
    for ((name, interface), gaps) in names.iter().zip(interfaces).zip(gaps) {
        frames += interface.frames;
        kernel_dropped += interface.dropped_by_kernel + interface.dropped_by_itself;
        inputs.push(Input {
            path: name.clone(),
            packets: interface.frames.packets,
            complete: interface.trouble.is_none() && gaps.count == 0,
        });
        if gaps.count > 0 {
            let (times, seconds) = (gaps.count, gaps.total.as_secs_f64());
            damaged.push(format!(
                "gap in the capture: {name}: it carried nothing {times} times, {seconds:.1} s in all"
            ));
        }
        if let Some(error) = interface.trouble {
            damaged.push(error.to_string());
            ended_by = ended_by.or(Some(kind_of(&error, true)));
        }
    }
    if clock_steps > 0 {
        damaged.push(format!(
            "clock set back: this machine: {clock_steps} times; flows were cut there"
        ));
    }
    damaged.extend(wrote.error.as_ref().map(ToString::to_string));
    let recorded = Recorded {
        written: wrote.written,
        lost: crate::export::Written::default(),
        digested: Vec::new(),
        evicted,
        stale: wrote.stale,
    };
    let books = Books {
        frames,
        tally: &tally,
        recorded: &recorded,
        inputs,
        authorisation: authorities.shown(),
    };
    let losses = Losses {
        kernel_dropped,
        lost: Lost {
            packets: shed.packets,
            records: shed.records,
        },
        lost_bytes: shed.wire_bytes,
        recalled,
    };
    let totals = entries::totals(frames, &tally, &recorded, &losses);
    let outcome = Outcome {
        summary: books.close(sensor, config.digest(), table, losses),
        damaged,
        notes: note_on_halves(&wrote.written, config.authorisation)
            .into_iter()
            .collect(),
        exports: wrote.completed.clone(),
        ended_by,
        account: None,
    };
    (outcome, totals)
}

/// What all lanes counted on one interface.
#[derive(Default)]
struct Interface {
    frames: Count,
    dropped_by_kernel: u64,
    dropped_by_itself: u64,
    trouble: Option<LiveError>,
}

/// How a failed source is told to other programs, before a run began or while it went on.
const fn kind_of(error: &LiveError, running: bool) -> FailureKind {
    match error {
        LiveError::Gone { .. } => FailureKind::InterfaceGone,
        _ if running => FailureKind::InterfaceGone,
        LiveError::NoSuchInterface { .. } | LiveError::Down { .. } => FailureKind::NoInput,
        LiveError::Permission { .. } => FailureKind::Permission,
        LiveError::Filter { .. } => FailureKind::Configuration,
        LiveError::Failed { .. } => FailureKind::Output,
    }
}

impl From<LiveError> for Failure {
    fn from(error: LiveError) -> Self {
        let kind = kind_of(&error, false);
        let mut line = error.to_string();
        if kind == FailureKind::Permission {
            let program = std::env::current_exe();
            let program =
                program.map_or_else(|_| "sekisho".into(), |path| path.display().to_string());
            line.push_str(&format!(
                ": setcap cap_net_raw+ep {program}, or AmbientCapabilities=CAP_NET_RAW in its systemd unit"
            ));
        }
        Self::line(kind, line)
    }
}
