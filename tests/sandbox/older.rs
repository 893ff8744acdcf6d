//! A kernel that lacks a layer: the same, with a filter that answers in its place.

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, apply_filter,
};

pub(crate) fn take_away(case: &str) {
    let any = Vec::new();
    let (call, ways, errno) = match case {
        "without_landlock" => (libc::SYS_landlock_create_ruleset, any, libc::ENOSYS),
        "with_landlock_off" => (libc::SYS_landlock_create_ruleset, any, libc::EOPNOTSUPP),
        "without_seccomp" => (libc::SYS_seccomp, any, libc::EINVAL),
        "without_capset" => (libc::SYS_capset, any, libc::EPERM),
        "dumpable" => (libc::SYS_prctl, option(libc::PR_SET_DUMPABLE), libc::EPERM),
        other => panic!("no such layer: {other}"),
    };
    let filter = SeccompFilter::new(
        [(call, ways)].into(),
        SeccompAction::Allow,
        SeccompAction::Errno(errno as u32),
        std::env::consts::ARCH.try_into().unwrap(),
    );
    let filter: BpfProgram = filter.unwrap().try_into().unwrap();
    apply_filter(&filter).unwrap();
}

fn option(option: libc::c_int) -> Vec<SeccompRule> {
    let (length, equal) = (SeccompCmpArgLen::Dword, SeccompCmpOp::Eq);
    let condition = SeccompCondition::new(0, length, equal, option as u64).unwrap();
    vec![SeccompRule::new(vec![condition]).unwrap()]
}
