//! The options of a packet socket that no safe call sets: all that is `unsafe` about live capture.
#![expect(
    unsafe_code,
    reason = "setsockopt and getsockopt with structures of the kernel's"
)]

use libc::{c_int, c_void, sock_filter, sock_fprog, socklen_t};
use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd};

/// The sockets of an interface that share its frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Group(u16);

/// By a program that the sockets bring.
const MODE_PROGRAM: u32 = libc::PACKET_FANOUT_CBPF;
/// The kernel chooses a number that no other group has.
const UNIQUE: u32 = 0x2000;

/// Opens a group with this socket in it, of a number that nobody else uses. Frames go to the socket whose
/// number, in the order of joining, is what the program returns, modulo how many there are.
///
/// Without the flag for defragmentation: it would hand over reassembled packets, not what was on the
/// wire.
pub(super) fn open_group(
    socket: BorrowedFd<'_>,
    mut program: Vec<sock_filter>,
) -> io::Result<Group> {
    set(
        socket,
        libc::SOL_PACKET,
        libc::PACKET_FANOUT,
        &((MODE_PROGRAM | UNIQUE) << 16),
    )?;
    let program = sock_fprog {
        len: program.len() as u16,
        filter: program.as_mut_ptr(),
    };
    set(socket, libc::SOL_PACKET, libc::PACKET_FANOUT_DATA, &program)?;
    let mut value: u32 = 0;
    let mut len = size_of::<u32>() as socklen_t;
    // SAFETY: `value` and `len` live through the call; `len` is the size of `value`, beyond which the
    // kernel does not write.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_PACKET,
            libc::PACKET_FANOUT,
            (&raw mut value).cast::<c_void>(),
            &raw mut len,
        )
    };
    ok(result)?;
    Ok(Group(value as u16))
}

/// Joins a group that another socket of this process opened.
pub(super) fn join_group(socket: BorrowedFd<'_>, group: Group) -> io::Result<()> {
    let value = MODE_PROGRAM << 16 | u32::from(group.0);
    set(socket, libc::SOL_PACKET, libc::PACKET_FANOUT, &value)
}

/// From now on the kernel gives this socket nothing; what is in its ring stays there. (A filter set
/// through libpcap would be applied to the ring too.)
pub(super) fn refuse_all(socket: BorrowedFd<'_>) -> io::Result<()> {
    let mut program = [sock_filter {
        code: (libc::BPF_RET | libc::BPF_K) as u16,
        jt: 0,
        jf: 0,
        k: 0,
    }];
    let program = sock_fprog {
        len: 1,
        filter: program.as_mut_ptr(),
    };
    set(socket, libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, &program)
}

/// Sets an option to a plain structure.
fn set<T>(socket: BorrowedFd<'_>, level: c_int, name: c_int, value: &T) -> io::Result<()> {
    // SAFETY: `value` lives through the call and has the length that is given; the kernel copies it,
    // and the program that a `sock_fprog` points to, before it returns. Every caller gives an option
    // the type it is defined with.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            name,
            std::ptr::from_ref(value).cast::<c_void>(),
            size_of::<T>() as socklen_t,
        )
    };
    ok(result)
}

fn ok(result: c_int) -> io::Result<()> {
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
