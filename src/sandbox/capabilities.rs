//! Gives up every capability, for good.
//!
//! Of a thread, not of the process: the threads that are started later have none to inherit.

use super::report::Standing;
use rustix::io::{Errno, Result};
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, capability_is_in_ambient_set,
    capability_is_in_bounding_set, clear_ambient_capability_set,
    remove_capability_from_bounding_set, set_capabilities,
};

const NONE: CapabilitySets = CapabilitySets {
    effective: CapabilitySet::empty(),
    permitted: CapabilitySet::empty(),
    inheritable: CapabilitySet::empty(),
};

/// Empties all sets. The bounding set first: that takes a capability itself, and who does not have it
/// cannot use the set, since nothing that is executed gets new privileges.
pub(super) fn drop_all() -> Standing {
    let bounded = known().map(remove_capability_from_bounding_set);
    let bounded: Result<()> = bounded.collect();
    let dropped = clear_ambient_capability_set().and_then(|()| set_capabilities(None, NONE));
    match (dropped, are_held(), bounded) {
        (_, Ok(true), _) => Standing::missing("some are still held"),
        (Err(error), ..) | (_, Err(error), _) => Standing::missing(error),
        (Ok(()), Ok(false), Ok(())) => Standing::Holds(None),
        (Ok(()), Ok(false), Err(_)) => Standing::Holds(Some(
            "(the bounding set stays: no CAP_SETPCAP to empty it)".to_owned(),
        )),
    }
}

/// Whether any is in a set that counts: what was given up is read back.
pub(super) fn are_held() -> Result<bool> {
    if capabilities(None)? != NONE {
        return Ok(true);
    }
    for one in known() {
        if capability_is_in_ambient_set(one)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Those that this kernel knows.
fn known() -> impl Iterator<Item = CapabilitySet> {
    (0..u64::BITS)
        .map(|number| CapabilitySet::from_bits_retain(1 << number))
        .take_while(|one| capability_is_in_bounding_set(*one) != Err(Errno::INVAL))
}
