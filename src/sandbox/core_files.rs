//! No core files: the memory of a process that died may hold packets that were turned back.

use rustix::process::{Resource, Rlimit, setrlimit};

/// What the limit is set to, in bytes: 1, not 0. Linux gives a core to a program that `core_pattern` names
/// (systemd's, say) at any limit but this one, and writes none to a file below the size of a page.
pub(super) const LIMIT: u64 = 1;

/// Forbids the kernel to write a core file of this process, whatever killed it. Where even lowering the
/// limit is refused there is nothing more to be done here.
pub fn forbid_core_files() {
    let limit = Rlimit {
        current: Some(LIMIT),
        maximum: Some(LIMIT),
    };
    let _refused = setrlimit(Resource::Core, limit);
}
