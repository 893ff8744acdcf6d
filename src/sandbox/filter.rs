//! Puts the list of system calls in force.

use super::calls::{self, Calls};
use super::plan::Plan;
use super::report::Standing;
use rustix::io::Errno;
use seccompiler::{BpfProgram, Error, SeccompAction, SeccompFilter, TargetArch, apply_filter};
use std::env::consts::ARCH;
use std::process;

/// Refuses every call that is not listed, to this thread and those that it starts.
///
/// Refuses, not kills: a sensor that dies because a library has learnt a new call loses its books, and one
/// that goes on says what failed. A call by another architecture's numbers kills: no part of this program
/// makes one. (Those of x32 are other numbers of the same architecture, and not listed.)
pub(super) fn install(plan: &Plan) -> Standing {
    match installed(plan) {
        Ok(()) => Standing::Holds(None),
        Err(error) => Standing::missing(error),
    }
}

fn installed(plan: &Plan) -> Result<(), Error> {
    use SeccompAction::{Allow, Errno as Refuse};
    // The stricter answer of all filters counts; of two that refuse, that of the last one.
    let mut listed = calls::allowed(process::id())?;
    if !plan.connect.is_empty() {
        calls::allow_connections(&mut listed, plan.resolve)?;
    }
    let listed = compiled(listed, refusal(Errno::PERM), Allow)?;
    let absent = compiled(calls::absent(), Allow, refusal(Errno::NOSYS))?;
    apply_filter(&absent)?;
    return apply_filter(&listed);

    fn refusal(errno: Errno) -> SeccompAction {
        Refuse(errno.raw_os_error() as u32)
    }
}

fn compiled(
    calls: Calls,
    others: SeccompAction,
    these: SeccompAction,
) -> Result<BpfProgram, Error> {
    let here: TargetArch = ARCH.try_into()?;
    Ok(SeccompFilter::new(calls, others, these, here)?.try_into()?)
}
