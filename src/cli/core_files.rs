//! No core files: the memory of a process that died may hold packets that were turned back.

use rustix::process::{Resource, Rlimit, setrlimit};

/// Forbids the kernel to write a core file of this process, whatever killed it.
///
/// A limit of 1 byte, not 0: Linux gives a core to a program that `core_pattern` names (systemd's, say)
/// at any limit but this one, and writes none to a file below the size of a page. Where even lowering the
/// limit is refused there is nothing more to be done here.
pub(super) fn forbid() {
    let one = Rlimit {
        current: Some(1),
        maximum: Some(1),
    };
    let _refused = setrlimit(Resource::Core, one);
}
