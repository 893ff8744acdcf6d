//! Files in reach: the planned ones. Landlock also keeps this process from other hosts, but for the planned
//! ports, and from other processes.

use super::plan::{Grant, Right};
use super::report::Standing;
use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, LandlockStatus, NetPort, PathBeneath, PathFd,
    RestrictionStatus, Ruleset, RulesetAttr as _, RulesetCreatedAttr as _, RulesetError,
    RulesetStatus, Scope, make_bitflags,
};

/// The newest version whose rights are all denied unless granted; of an older kernel, those that it has.
/// What versions before 6 leave open (TCP, signals, abstract sockets, truncation), the list of system calls
/// closes as well.
const NEWEST: ABI = ABI::V9;

/// Denies everything but the grants and connections to these ports, to this thread and those that it starts.
pub(super) fn restrict(grants: &[Grant], ports: &[u16]) -> Standing {
    match restricted(grants, ports) {
        Ok(status) => standing(&status),
        Err(error) => Standing::missing(error),
    }
}

fn restricted(grants: &[Grant], ports: &[u16]) -> Result<RestrictionStatus, RulesetError> {
    // As much of it as the kernel has, which is the default of the crate.
    let mut rules = Ruleset::default()
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?;
    for grant in grants {
        // What went away in the meantime is in nobody's reach.
        if let Ok(place) = PathFd::new(&grant.path) {
            rules = rules.add_rule(PathBeneath::new(place, access(grant.right)))?;
        }
    }
    for port in ports {
        rules = rules.add_rule(NetPort::new(*port, AccessNet::ConnectTcp))?;
    }
    rules.restrict_self()
}

fn standing(status: &RestrictionStatus) -> Standing {
    match (&status.ruleset, status.landlock) {
        (_, LandlockStatus::NotEnabled) => Standing::missing("off in this kernel"),
        (_, LandlockStatus::NotImplemented) => {
            Standing::missing("this kernel has none, or a container or unit hides it")
        }
        (RulesetStatus::NotEnforced, LandlockStatus::Available { .. }) => {
            Standing::missing("not enforced")
        }
        (
            RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced,
            LandlockStatus::Available { effective_abi, .. },
        ) => Standing::Holds(Some(format!("ABI {effective_abi}"))),
    }
}

/// Nothing may be executed, and no links, devices, pipes or sockets made.
fn access(right: Right) -> BitFlags<AccessFs> {
    match right {
        Right::ReadBelow => make_bitflags!(AccessFs::{ReadFile | ReadDir}),
        Right::ReadFilesBelow | Right::ReadFile => AccessFs::ReadFile.into(),
        Right::WriteBelow => make_bitflags!(AccessFs::{
            ReadFile | ReadDir | WriteFile | Truncate | MakeReg | MakeDir | RemoveFile | RemoveDir | Refer
        }),
        Right::WriteFile => AccessFs::WriteFile.into(),
    }
}
