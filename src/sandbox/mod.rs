//! Least privilege: what a run can no longer do, even where something takes it over.
//!
//! Two steps, neither of which can be taken back: [`begin`] before sockets are opened, [`enter`] when they
//! all are, before the first frame is decoded and before a thread is started (threads inherit). In: a
//! [`Plan`] of files. Out: a [`Report`] of what holds, or [`Refused`]. It sees no frame and no address.
//! What it keeps from whom, and what it cannot: docs/sandbox.md.

#[cfg(feature = "live")]
mod calls;
#[cfg(feature = "live")]
mod capabilities;
mod core_files;
#[cfg(feature = "live")]
mod files;
#[cfg(feature = "live")]
mod filter;
mod mode;
#[cfg(feature = "live")]
mod plan;
#[cfg(feature = "live")]
mod proof;
#[cfg(feature = "live")]
mod report;
#[cfg(feature = "live")]
mod rings;

pub use core_files::forbid_core_files;
pub use mode::{Mode, under_systemd};
#[cfg(feature = "live")]
pub use plan::Plan;
#[cfg(feature = "live")]
pub use report::{Layer, Refused, Report};

#[cfg(feature = "live")]
use {
    report::Standing,
    rustix::process::{DumpableBehavior, set_dumpable_behavior},
    rustix::thread::{no_new_privs, set_no_new_privs},
    std::fs,
};

/// The first step: no core files, no looking in from other processes, no new privileges. What fails here
/// is found by [`enter`].
#[cfg(feature = "live")]
pub fn begin() {
    forbid_core_files();
    let _refused = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let _refused = set_no_new_privs(true);
}

/// The second step: no capabilities, no files but the planned, no system calls but the needed.
///
/// In this order: reading /proc, then giving up what could undo the rest, then Landlock, which needs calls
/// that the list of system calls does not have.
///
/// # Errors
/// [`Refused`], also by a run that is not strict, when the output could not be written to any more. The
/// process cannot go back, and has to end.
#[cfg(feature = "live")]
pub fn enter(plan: &Plan, mode: Mode) -> Result<Report, Refused> {
    begin();
    let mut report = Report::new();
    let grants = plan.grants(mode, &mut report)?;
    let others = other_threads();
    report.set(Layer::RingsNotDumped, rings::hide());
    report.set(Layer::Capabilities, capabilities::drop_all());
    plan.reachable(mode, &mut report)?;
    report.set(Layer::NoNewPrivileges, held(no_new_privs() == Ok(true)));
    report.set(Layer::NotDumpable, held(proof::is_not_dumpable()));
    report.set(Layer::NoCoreFiles, held(proof::is_without_core()));
    report.set(Layer::Landlock, files::restrict(&grants, &plan.ports()));
    report.set(Layer::Seccomp, filter::install(plan));
    proof::check(&mut report);
    if let Some(why) = others {
        for layer in [Layer::Capabilities, Layer::Landlock, Layer::Seccomp] {
            report.refute(layer, &why);
        }
    }
    report.judge(mode)
}

#[cfg(feature = "live")]
fn held(holds: bool) -> Standing {
    if holds {
        Standing::Holds(None)
    } else {
        Standing::missing("the kernel refused it")
    }
}

/// Why layers that hold for a thread and its children do not hold for the process.
#[cfg(feature = "live")]
fn other_threads() -> Option<String> {
    match fs::read_dir("/proc/self/task").map(Iterator::count) {
        Ok(0 | 1) => None,
        Ok(threads) => Some(format!("{} threads run without it", threads - 1)),
        Err(error) => Some(format!("whether other threads run is not known: {error}")),
    }
}
