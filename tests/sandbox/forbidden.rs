//! What an attacker would call, as the kernel is called; and how a process crashes or is looked into.
#![expect(unsafe_code, reason = "system calls that no library makes")]

use libc::{c_long, c_ulong};
use std::ffi::CString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process;

/// Calls that must be refused whatever they are given, and what they are given.
const REFUSED: &[(&str, c_long, [c_ulong; 4])] = &[
    ("execve", libc::SYS_execve, [0; 4]),
    ("execveat", libc::SYS_execveat, [0; 4]),
    ("ptrace", libc::SYS_ptrace, [0; 4]),
    ("process_vm_readv", libc::SYS_process_vm_readv, [1, 0, 0, 0]),
    (
        "process_vm_writev",
        libc::SYS_process_vm_writev,
        [1, 0, 0, 0],
    ),
    ("pidfd_open", libc::SYS_pidfd_open, [1, 0, 0, 0]),
    ("pidfd_getfd", libc::SYS_pidfd_getfd, [0; 4]),
    ("pidfd_send_signal", libc::SYS_pidfd_send_signal, [0; 4]),
    ("bpf", libc::SYS_bpf, [0; 4]),
    ("perf_event_open", libc::SYS_perf_event_open, [0; 4]),
    ("userfaultfd", libc::SYS_userfaultfd, [0; 4]),
    ("io_uring_setup", libc::SYS_io_uring_setup, [1, 0, 0, 0]),
    ("keyctl", libc::SYS_keyctl, [0; 4]),
    ("add_key", libc::SYS_add_key, [0; 4]),
    ("memfd_create", libc::SYS_memfd_create, [0; 4]),
    ("mount", libc::SYS_mount, [0; 4]),
    ("umount2", libc::SYS_umount2, [0; 4]),
    ("move_mount", libc::SYS_move_mount, [0; 4]),
    ("pivot_root", libc::SYS_pivot_root, [0; 4]),
    ("chroot", libc::SYS_chroot, [0; 4]),
    (
        "unshare",
        libc::SYS_unshare,
        [libc::CLONE_NEWUSER as c_ulong, 0, 0, 0],
    ),
    ("setns", libc::SYS_setns, [0; 4]),
    (
        "clone of a process",
        libc::SYS_clone,
        [libc::SIGCHLD as c_ulong, 0, 0, 0],
    ),
    (
        "clone of a namespace",
        libc::SYS_clone,
        [(libc::CLONE_NEWUSER | libc::SIGCHLD) as c_ulong, 0, 0, 0],
    ),
    ("kexec_load", libc::SYS_kexec_load, [0; 4]),
    ("init_module", libc::SYS_init_module, [0; 4]),
    ("finit_module", libc::SYS_finit_module, [0; 4]),
    ("reboot", libc::SYS_reboot, [0; 4]),
    ("swapon", libc::SYS_swapon, [0; 4]),
    ("personality", libc::SYS_personality, [0; 4]),
    ("setuid", libc::SYS_setuid, [0; 4]),
    ("setresuid", libc::SYS_setresuid, [0; 4]),
    ("capset", libc::SYS_capset, [0; 4]),
    ("seccomp", libc::SYS_seccomp, [2, 0, 0, 0]),
    (
        "landlock_create_ruleset",
        libc::SYS_landlock_create_ruleset,
        [0, 0, 1, 0],
    ),
    ("open_by_handle_at", libc::SYS_open_by_handle_at, [0; 4]),
    ("truncate", libc::SYS_truncate, [0; 4]),
    ("fchmod", libc::SYS_fchmod, [1, 0o777, 0, 0]),
    ("fchmodat", libc::SYS_fchmodat, [0; 4]),
    ("fchownat", libc::SYS_fchownat, [0; 4]),
    ("fsetxattr", libc::SYS_fsetxattr, [0; 4]),
    ("utimensat", libc::SYS_utimensat, [0; 4]),
    ("mknodat", libc::SYS_mknodat, [0; 4]),
    ("symlinkat", libc::SYS_symlinkat, [0; 4]),
    ("linkat", libc::SYS_linkat, [0; 4]),
    (
        "socket AF_INET",
        libc::SYS_socket,
        [libc::AF_INET as c_ulong, libc::SOCK_STREAM as c_ulong, 0, 0],
    ),
    (
        "socket AF_INET6",
        libc::SYS_socket,
        [libc::AF_INET6 as c_ulong, libc::SOCK_DGRAM as c_ulong, 0, 0],
    ),
    (
        "socket AF_PACKET",
        libc::SYS_socket,
        [libc::AF_PACKET as c_ulong, libc::SOCK_RAW as c_ulong, 0, 0],
    ),
    (
        "socket AF_NETLINK",
        libc::SYS_socket,
        [libc::AF_NETLINK as c_ulong, libc::SOCK_RAW as c_ulong, 0, 0],
    ),
    (
        "socket AF_UNIX",
        libc::SYS_socket,
        [libc::AF_UNIX as c_ulong, libc::SOCK_STREAM as c_ulong, 0, 0],
    ),
    (
        "socketpair AF_TIPC",
        libc::SYS_socketpair,
        [30, libc::SOCK_STREAM as c_ulong, 0, 0],
    ),
    ("connect", libc::SYS_connect, [0; 4]),
    ("bind", libc::SYS_bind, [0; 4]),
    ("listen", libc::SYS_listen, [0; 4]),
    ("sendmsg", libc::SYS_sendmsg, [0; 4]),
    ("sendmmsg", libc::SYS_sendmmsg, [0; 4]),
    (
        "ring of a socket",
        libc::SYS_setsockopt,
        [
            0,
            libc::SOL_PACKET as c_ulong,
            libc::PACKET_RX_RING as c_ulong,
            0,
        ],
    ),
    ("options of IP", libc::SYS_setsockopt, [0, 0, 64, 0]),
    (
        "fcntl F_SETOWN",
        libc::SYS_fcntl,
        [0, libc::F_SETOWN as c_ulong, 1, 0],
    ),
    (
        "ioctl TIOCSTI",
        libc::SYS_ioctl,
        [0, libc::TIOCSTI as c_ulong, 0, 0],
    ),
    (
        "ioctl TIOCSTI, disguised",
        libc::SYS_ioctl,
        [0, 1 << 32 | libc::TIOCSTI as c_ulong, 0, 0],
    ),
    (
        "prctl PR_SET_DUMPABLE",
        libc::SYS_prctl,
        [libc::PR_SET_DUMPABLE as c_ulong, 1, 0, 0],
    ),
    (
        "prctl PR_SET_PTRACER",
        libc::SYS_prctl,
        [libc::PR_SET_PTRACER as c_ulong, c_ulong::MAX, 0, 0],
    ),
    (
        "prctl PR_CAP_AMBIENT_RAISE",
        libc::SYS_prctl,
        [libc::PR_CAP_AMBIENT as c_ulong, 2, 13, 0],
    ),
    ("kill of init", libc::SYS_kill, [1, 0, 0, 0]),
    ("kill of all", libc::SYS_kill, [c_ulong::MAX, 0, 0, 0]),
    ("kill of the group", libc::SYS_kill, [0; 4]),
    ("tgkill of init", libc::SYS_tgkill, [1, 1, 0, 0]),
    ("tkill", libc::SYS_tkill, [1, 0, 0, 0]),
    ("rt_sigqueueinfo", libc::SYS_rt_sigqueueinfo, [1, 0, 0, 0]),
    ("prlimit of init", libc::SYS_prlimit64, [1, 4, 0, 0]),
    (
        "memory for code",
        libc::SYS_mmap,
        [
            0,
            4096,
            (libc::PROT_READ | libc::PROT_EXEC) as c_ulong,
            (libc::MAP_PRIVATE | libc::MAP_ANONYMOUS) as c_ulong,
        ],
    ),
    (
        "memory into code",
        libc::SYS_mprotect,
        [0, 4096, (libc::PROT_READ | libc::PROT_EXEC) as c_ulong, 0],
    ),
    ("pkey_mprotect", libc::SYS_pkey_mprotect, [0; 4]),
];

/// Tries them all. `writable` is a file that may be written to.
pub(crate) fn all(writable: &Path) {
    let mut possible = Vec::new();
    for (name, number, arguments) in REFUSED {
        let errno = call(*number, *arguments);
        if errno != Some(libc::EPERM) {
            possible.push(format!("{name}: {errno:?}"));
        }
    }
    // The numbers of x32 programs, which have a bit of their own.
    #[cfg(target_arch = "x86_64")]
    for number in [libc::SYS_getpid, libc::SYS_socket, 520] {
        let errno = call(0x4000_0000 | number, [libc::AF_PACKET as c_ulong, 3, 0, 0]);
        if errno != Some(libc::EPERM) {
            possible.push(format!("call {number} of x32: {errno:?}"));
        }
    }
    #[cfg(target_arch = "x86_64")]
    for (name, number) in [
        ("fork", libc::SYS_fork),
        ("chmod", libc::SYS_chmod),
        ("creat", libc::SYS_creat),
    ] {
        let errno = call(number, [0; 4]);
        if errno != Some(libc::EPERM) {
            possible.push(format!("{name}: {errno:?}"));
        }
    }
    // A library that knows it goes back to `clone`.
    if call(libc::SYS_clone3, [0; 4]) != Some(libc::ENOSYS) {
        possible.push("clone3".to_owned());
    }
    let path = CString::new(writable.as_os_str().as_bytes()).unwrap();
    let truncating = (libc::O_RDONLY | libc::O_TRUNC) as c_ulong;
    let at = libc::AT_FDCWD as c_ulong;
    if call(
        libc::SYS_openat,
        [at, path.as_ptr() as c_ulong, truncating, 0],
    ) != Some(libc::EPERM)
    {
        possible.push("truncating while reading".to_owned());
    }
    let limit = libc::rlimit {
        rlim_cur: 1 << 20,
        rlim_max: 1 << 20,
    };
    let limit = &raw const limit as c_ulong;
    if call(libc::SYS_prlimit64, [0, libc::RLIMIT_CORE.into(), limit, 0]) != Some(libc::EPERM) {
        possible.push("prlimit".to_owned());
    }
    let mut pair = [0; 2];
    // SAFETY: two descriptors are written into an array of two.
    let made = unsafe { libc::socketpair(libc::AF_UNIX, libc::SOCK_DGRAM, 0, pair.as_mut_ptr()) };
    assert_eq!(made, 0);
    let to: [u8; 16] = [1; 16];
    // SAFETY: buffer and address live through the call and are as long as said.
    let sent = unsafe {
        libc::syscall(
            libc::SYS_sendto,
            pair[0],
            to.as_ptr(),
            1,
            0,
            to.as_ptr(),
            to.len(),
        )
    };
    if sent != -1 || io::Error::last_os_error().raw_os_error() != Some(libc::EPERM) {
        possible.push("sending to an address".to_owned());
    }
    for end in pair {
        // SAFETY: opened above, closed once.
        unsafe { libc::close(end) };
    }
    assert!(possible.is_empty(), "not refused: {}", possible.join(", "));
}

/// The error of a call; none where it succeeds.
fn call(number: c_long, [a, b, c, d]: [c_ulong; 4]) -> Option<i32> {
    // SAFETY: what is possible after all fails by null pointers, or harms this process only, whose test
    // has failed by then.
    let result = unsafe { libc::syscall(number, a, b, c, d, 0 as c_ulong, 0 as c_ulong) };
    (result == -1).then(|| io::Error::last_os_error().raw_os_error())?
}

/// `getpid` of a 32-bit program.
pub(crate) fn call_as_32_bit() {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: it takes no argument and gives a number back.
    unsafe {
        std::arch::asm!("int 0x80", inout("eax") 20 => _, options(nostack));
    }
}

/// Soft and hard limit as high as they may be.
pub(crate) fn allow_core_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let maximum = getrlimit(Resource::Core).maximum;
    let current = maximum;
    let _ = setrlimit(Resource::Core, Rlimit { current, maximum });
}

/// As a wild pointer would.
pub(crate) fn crash() {
    // SAFETY: a signal to this process, by its default: none was set before `main`.
    unsafe {
        libc::signal(libc::SIGSEGV, libc::SIG_DFL);
        libc::kill(process::id() as libc::pid_t, libc::SIGSEGV);
    }
}

/// An address where that process has memory.
pub(crate) fn somewhere(pid: &str) -> io::Result<u64> {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps"))?;
    let first = maps.split('-').next().unwrap_or_default();
    Ok(u64::from_str_radix(first, 16).unwrap())
}

/// Attaches as a debugger does, and lets go again.
pub(crate) fn attach(pid: libc::pid_t) -> io::Result<()> {
    // SAFETY: neither call touches the memory of this process.
    unsafe {
        if libc::ptrace(libc::PTRACE_ATTACH, pid, 0, 0) == -1 {
            return Err(io::Error::last_os_error());
        }
        libc::waitpid(pid, std::ptr::null_mut(), 0);
        libc::ptrace(libc::PTRACE_DETACH, pid, 0, 0);
    }
    Ok(())
}
