//! The system calls that a running sensor needs: everything that is not here is refused.
//!
//! A call is in the list because a part of the program makes it after its sockets are open, or because the C
//! library may at any time. Before one is added: what could be done with it by whoever took this process
//! over?

use libc::c_long;
use seccompiler::SeccompCmpArgLen::{Dword, Qword};
use seccompiler::SeccompCmpOp::{Eq, MaskedEq};
use seccompiler::{BackendError, SeccompCmpArgLen, SeccompCondition, SeccompRule};
use std::collections::BTreeMap;

/// Calls by number, each with the ways to make it; none for any way.
pub(super) type Calls = BTreeMap<i64, Vec<SeccompRule>>;

/// Whatever their arguments.
const ALWAYS: &[c_long] = &[
    // Memory. (mmap and mprotect: not for code.)
    libc::SYS_brk,
    libc::SYS_madvise,
    libc::SYS_membarrier,
    libc::SYS_mremap,
    libc::SYS_munmap,
    // Threads: their ends, locks and places.
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_futex,
    libc::SYS_getcpu,
    libc::SYS_gettid,
    libc::SYS_restart_syscall,
    libc::SYS_rseq,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_set_robust_list,
    libc::SYS_set_tid_address,
    // Signals to itself.
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_rt_sigtimedwait,
    libc::SYS_sigaltstack,
    // Clocks and chance.
    libc::SYS_clock_getres,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_getrandom,
    libc::SYS_gettimeofday,
    libc::SYS_nanosleep,
    // About itself and the machine.
    libc::SYS_capget,
    libc::SYS_getcwd,
    libc::SYS_getegid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getpid,
    libc::SYS_getppid,
    libc::SYS_getrusage,
    libc::SYS_getuid,
    libc::SYS_sysinfo,
    libc::SYS_times,
    libc::SYS_uname,
    // Files: which ones is Landlock's to say. No modes, owners, times, links or attributes: over those
    // Landlock has no say. (openat: see below.)
    libc::SYS_close,
    libc::SYS_dup,
    libc::SYS_dup3,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_fadvise64,
    libc::SYS_fallocate,
    libc::SYS_fdatasync,
    libc::SYS_flock,
    libc::SYS_fstat,
    libc::SYS_fstatfs,
    libc::SYS_fsync,
    libc::SYS_ftruncate,
    libc::SYS_getdents64,
    libc::SYS_lseek,
    libc::SYS_mkdirat,
    libc::SYS_newfstatat,
    libc::SYS_pread64,
    libc::SYS_preadv,
    libc::SYS_pwrite64,
    libc::SYS_pwritev,
    libc::SYS_read,
    libc::SYS_readlinkat,
    libc::SYS_readv,
    libc::SYS_renameat,
    libc::SYS_renameat2,
    libc::SYS_statfs,
    libc::SYS_statx,
    libc::SYS_unlinkat,
    libc::SYS_write,
    libc::SYS_writev,
    // Waiting.
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_epoll_pwait2,
    libc::SYS_eventfd2,
    libc::SYS_pipe2,
    libc::SYS_ppoll,
    libc::SYS_pselect6,
    // Sockets that are there already. None is made or connected, and nothing is sent to an address (sendto:
    // see below; sendmsg would hide one from this list).
    libc::SYS_accept4,
    libc::SYS_getpeername,
    libc::SYS_getsockname,
    libc::SYS_recvfrom,
    libc::SYS_recvmmsg,
    libc::SYS_recvmsg,
    libc::SYS_shutdown,
];

/// Older spellings of the same, which only x86-64 has; some C libraries prefer them.
#[cfg(target_arch = "x86_64")]
const ALWAYS_HERE: &[c_long] = &[
    libc::SYS_access,
    libc::SYS_dup2,
    libc::SYS_epoll_create,
    libc::SYS_epoll_wait,
    libc::SYS_eventfd,
    libc::SYS_lstat,
    libc::SYS_mkdir,
    libc::SYS_pipe,
    libc::SYS_poll,
    libc::SYS_readlink,
    libc::SYS_rename,
    libc::SYS_rmdir,
    libc::SYS_select,
    libc::SYS_stat,
    libc::SYS_time,
    libc::SYS_unlink,
];
#[cfg(not(target_arch = "x86_64"))]
const ALWAYS_HERE: &[c_long] = &[];

/// Calls that only some arguments are allowed for: number of the call, number of the argument, values.
#[allow(
    clippy::unnecessary_cast,
    reason = "C libraries differ in the type of requests"
)]
const BY_VALUE: &[(c_long, u8, &[u64])] = &[
    // Nothing that sends signals on input (F_SETOWN, F_SETSIG), leases or seals.
    (
        libc::SYS_fcntl,
        1,
        &[
            libc::F_DUPFD as u64,
            libc::F_DUPFD_CLOEXEC as u64,
            libc::F_GETFD as u64,
            libc::F_SETFD as u64,
            libc::F_GETFL as u64,
            libc::F_SETFL as u64,
            libc::F_GETLK as u64,
            libc::F_SETLK as u64,
            libc::F_SETLKW as u64,
            libc::F_OFD_GETLK as u64,
            libc::F_OFD_SETLK as u64,
            libc::F_OFD_SETLKW as u64,
        ],
    ),
    // Whether it is a terminal and how wide, blocking or not, how much there is to read, and what libpcap
    // asks to tell an interface that is down from one that is gone. No typing into a terminal (TIOCSTI).
    (
        libc::SYS_ioctl,
        1,
        &[
            libc::TCGETS as u64,
            TCGETS2,
            libc::TIOCGWINSZ as u64,
            libc::FIONBIO as u64,
            libc::FIONREAD as u64,
            libc::FIOCLEX as u64,
            libc::SIOCGIFFLAGS as u64,
            libc::SIOCGIFINDEX as u64,
            libc::SIOCGIFNAME as u64,
        ],
    ),
    // Names of threads and memory, and what stands about this process.
    (
        libc::SYS_prctl,
        0,
        &[
            libc::PR_SET_NAME as u64,
            libc::PR_GET_NAME as u64,
            libc::PR_SET_VMA as u64,
            libc::PR_GET_DUMPABLE as u64,
            libc::PR_GET_SECCOMP as u64,
            libc::PR_GET_NO_NEW_PRIVS as u64,
            libc::PR_CAPBSET_READ as u64,
        ],
    ),
    // Counters of packet sockets and errors; of the rest, what connections need.
    (
        libc::SYS_getsockopt,
        1,
        &[
            libc::SOL_SOCKET as u64,
            libc::SOL_PACKET as u64,
            libc::IPPROTO_TCP as u64,
        ],
    ),
    // Filters of packet sockets, and what connections need. No new rings, groups or modes.
    (
        libc::SYS_setsockopt,
        1,
        &[libc::SOL_SOCKET as u64, libc::IPPROTO_TCP as u64],
    ),
    // Both ends in this process.
    (libc::SYS_socketpair, 0, &[libc::AF_UNIX as u64]),
];

/// As newer C libraries ask for a terminal.
const TCGETS2: u64 = 0x802c_542a;

/// The list, for the process with this number.
pub(super) fn allowed(process: u32) -> Result<Calls, BackendError> {
    let mut calls: Calls = ALWAYS
        .iter()
        .chain(ALWAYS_HERE)
        .map(|call| (*call, Vec::new()))
        .collect();
    for (call, argument, values) in BY_VALUE {
        let ways = values.iter().map(|value| one(eq(*argument, Dword, *value)));
        calls.insert(*call, ways.collect::<Result<_, _>>()?);
    }
    // New threads, not processes, and none with namespaces of its own.
    calls.insert(libc::SYS_clone, vec![one(bits(0, Qword, CLONE, THREAD))?]);
    // The caller is told that there is none (`absent`): its flags are out of a filter's sight.
    calls.insert(libc::SYS_clone3, Vec::new());
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        calls.insert(call, vec![one(bits(2, Qword, libc::PROT_EXEC as u64, 0))?]);
    }
    calls.insert(libc::SYS_openat, opening(2)?);
    #[cfg(target_arch = "x86_64")]
    calls.insert(libc::SYS_open, opening(1)?);
    // Along an existing connection.
    calls.insert(libc::SYS_sendto, vec![one(eq(4, Qword, 0))?]);
    // To end itself with.
    for call in [libc::SYS_kill, libc::SYS_tgkill] {
        calls.insert(call, vec![one(eq(0, Dword, process.into()))?]);
    }
    // Limits are read, not set, and only its own.
    calls.insert(
        libc::SYS_prlimit64,
        vec![SeccompRule::new(vec![eq(0, Dword, 0)?, eq(2, Qword, 0)?])?],
    );
    let is_set = libc::PR_CAP_AMBIENT_IS_SET as u64;
    let ambient = [
        eq(0, Dword, libc::PR_CAP_AMBIENT as u64)?,
        eq(1, Qword, is_set)?,
    ];
    if let Some(ways) = calls.get_mut(&libc::SYS_prctl) {
        ways.push(SeccompRule::new(ambient.into())?);
    }
    Ok(calls)
}

/// Also connections that this process begins: which ports is Landlock's to say, as far as the kernel's has a
/// say in it. Of sockets, TCP; where names are asked for, also UDP, which sends to anywhere.
pub(super) fn allow_connections(calls: &mut Calls, resolve: bool) -> Result<(), BackendError> {
    let mut kinds = vec![libc::SOCK_STREAM];
    kinds.extend(resolve.then_some(libc::SOCK_DGRAM));
    let mut sockets = Vec::new();
    for family in [libc::AF_INET, libc::AF_INET6] {
        for kind in &kinds {
            // Beside the kind there may be flags.
            let kind = bits(1, Dword, 0xf, *kind as u64)?;
            let family = eq(0, Dword, family as u64)?;
            sockets.push(SeccompRule::new(vec![family, kind])?);
        }
    }
    calls.insert(libc::SYS_socket, sockets);
    calls.insert(libc::SYS_connect, Vec::new());
    // Not with the first bytes of a connection that is not there: that would begin it past Landlock.
    let along = bits(2, Dword, libc::MSG_FASTOPEN as u64, 0);
    calls.insert(libc::SYS_sendmsg, vec![one(along)?]);
    if resolve {
        calls.insert(libc::SYS_sendmmsg, Vec::new());
    }
    Ok(())
}

/// Calls that a program does without when a kernel does not have them.
pub(super) fn absent() -> Calls {
    Calls::from([(libc::SYS_clone3, Vec::new())])
}

/// The bits of `clone` that matter, and how they must be.
const CLONE: u64 = THREAD
    | libc::CLONE_NEWNS as u64
    | libc::CLONE_NEWCGROUP as u64
    | libc::CLONE_NEWUTS as u64
    | libc::CLONE_NEWIPC as u64
    | libc::CLONE_NEWUSER as u64
    | libc::CLONE_NEWPID as u64
    | libc::CLONE_NEWNET as u64;
const THREAD: u64 = libc::CLONE_THREAD as u64;

/// Opening files: a truncation is a way to write, also where Landlock (before ABI 3) has no say in it.
fn opening(flags: u8) -> Result<Vec<SeccompRule>, BackendError> {
    let truncate = libc::O_TRUNC as u64;
    let mode = truncate | libc::O_ACCMODE as u64;
    [
        bits(flags, Dword, truncate, 0),
        bits(flags, Dword, mode, truncate | libc::O_WRONLY as u64),
        bits(flags, Dword, mode, truncate | libc::O_RDWR as u64),
    ]
    .into_iter()
    .map(one)
    .collect()
}

type Condition = Result<SeccompCondition, BackendError>;

fn one(condition: Condition) -> Result<SeccompRule, BackendError> {
    SeccompRule::new(vec![condition?])
}

fn eq(argument: u8, length: SeccompCmpArgLen, value: u64) -> Condition {
    SeccompCondition::new(argument, length, Eq, value)
}

fn bits(argument: u8, length: SeccompCmpArgLen, mask: u64, value: u64) -> Condition {
    SeccompCondition::new(argument, length, MaskedEq(mask), value)
}
