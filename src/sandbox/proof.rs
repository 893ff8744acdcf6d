//! Tries what must fail: a layer that was put in force and does not hold is found out before the first frame.

use super::report::{Layer, Report};
use super::{capabilities, core_files};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};
use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};
use rustix::thread::{SecureComputingMode, no_new_privs, secure_computing_mode};
use std::fs::File;

/// Reads back and tries out; what fails the check does not hold.
pub(super) fn check(report: &mut Report) {
    let claims = [
        (
            Layer::Capabilities,
            capabilities::are_held() == Ok(false),
            "some are held after all",
        ),
        (
            Layer::NoNewPrivileges,
            no_new_privs() == Ok(true),
            "the kernel does not say so",
        ),
        (
            Layer::Seccomp,
            secure_computing_mode() == Ok(SecureComputingMode::Filter),
            "the kernel does not say so",
        ),
        (
            Layer::Seccomp,
            is_refused(AddressFamily::PACKET),
            "a packet socket can be opened",
        ),
        // Which needs no capability.
        (
            Layer::Seccomp,
            is_refused(AddressFamily::UNIX),
            "a socket can be opened",
        ),
        // Which this user may list, but for the sandbox.
        (
            Layer::Landlock,
            File::open("/").is_err(),
            "the root folder can be read",
        ),
        (
            Layer::Landlock,
            is_read_only("/etc/passwd"),
            "/etc/passwd can be written",
        ),
        (
            Layer::NotDumpable,
            is_not_dumpable(),
            "the kernel does not say so",
        ),
        (Layer::NoCoreFiles, is_without_core(), "the limit is higher"),
    ];
    for (layer, holds, otherwise) in claims {
        if !holds {
            report.refute(layer, otherwise);
        }
    }
}

pub(super) fn is_not_dumpable() -> bool {
    dumpable_behavior() == Ok(DumpableBehavior::NotDumpable)
}

pub(super) fn is_without_core() -> bool {
    let limit = getrlimit(Resource::Core);
    let low = |bytes: Option<u64>| bytes.is_some_and(|bytes| bytes <= core_files::LIMIT);
    low(limit.current) && low(limit.maximum)
}

fn is_refused(family: AddressFamily) -> bool {
    socket_with(family, SocketType::DGRAM, SocketFlags::CLOEXEC, None).err() == Some(Errno::PERM)
}

/// Opens it for writing, and writes nothing.
fn is_read_only(path: &str) -> bool {
    File::options().write(true).open(path).is_err()
}
