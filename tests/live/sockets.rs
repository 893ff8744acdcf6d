//! What the tests need of the kernel and no safe call gives: a socket that sends frames out of an
//! interface, another namespace for a thread, and a device of any link type.
#![expect(
    unsafe_code,
    reason = "bind, setns and ioctl with structures of the kernel's"
)]

use rustix::net::{
    AddressFamily, MMsgHdr, RecvFlags, SendAncillaryBuffer, SendFlags, SocketFlags, SocketType,
    recv, sendmmsg, socket_with,
};
use std::fs::{File, OpenOptions};
use std::io::{self, IoSlice};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::harness::now;

/// Frames that one call hands to the kernel.
const BATCH: usize = 64;

/// A way out of an interface, for whole frames. It receives nothing, unless it was opened for that.
pub(crate) struct Sender {
    socket: OwnedFd,
}

impl Sender {
    /// Out of an interface of the namespace that this thread is in; it stays there, whoever uses it.
    pub(crate) fn open(interface: &str) -> io::Result<Self> {
        Self::bound(interface, 0)
    }

    /// Likewise, and it receives what comes in there, as the kernel hands it over: without the outermost
    /// tag, which is beside the frame.
    pub(crate) fn listening(interface: &str) -> io::Result<Self> {
        Self::bound(interface, (libc::ETH_P_ALL as u16).to_be())
    }

    /// The next frame that came in, if one did.
    pub(crate) fn receive(&self) -> Option<Vec<u8>> {
        let mut frame = vec![0; 16 << 10];
        let (length, _) = recv(&self.socket, &mut frame[..], RecvFlags::DONTWAIT).ok()?;
        frame.truncate(length);
        Some(frame)
    }

    fn bound(interface: &str, sll_protocol: u16) -> io::Result<Self> {
        let socket = socket_with(
            AddressFamily::PACKET,
            SocketType::RAW,
            SocketFlags::CLOEXEC,
            // No protocol: nothing is received.
            None,
        )?;
        let index = rustix::net::netdevice::name_to_index(&socket, interface)?;
        let address = libc::sockaddr_ll {
            sll_family: libc::AF_PACKET as u16,
            sll_protocol,
            sll_ifindex: index as i32,
            sll_hatype: 0,
            sll_pkttype: 0,
            sll_halen: 0,
            sll_addr: [0; 8],
        };
        // SAFETY: `address` lives through the call and has the length that is given.
        let result = unsafe {
            libc::bind(
                socket.as_raw_fd(),
                (&raw const address).cast::<libc::sockaddr>(),
                size_of::<libc::sockaddr_ll>() as libc::socklen_t,
            )
        };
        ok(result)?;
        Ok(Self { socket })
    }

    /// Sends all of them, as fast as it goes; how many they are.
    pub(crate) fn send<F: AsRef<[u8]>>(&self, frames: &[F]) -> u64 {
        for batch in frames.chunks(BATCH) {
            self.send_batch(batch);
        }
        frames.len() as u64
    }

    fn send_batch<F: AsRef<[u8]>>(&self, batch: &[F]) {
        let slices: Vec<[IoSlice<'_>; 1]> = batch
            .iter()
            .map(|frame| [IoSlice::new(frame.as_ref())])
            .collect();
        let mut controls: Vec<SendAncillaryBuffer<'_, '_, '_>> = slices
            .iter()
            .map(|_| SendAncillaryBuffer::default())
            .collect();
        let mut messages: Vec<MMsgHdr<'_>> = slices
            .iter()
            .zip(&mut controls)
            .map(|(slice, control)| MMsgHdr::new(slice, control))
            .collect();
        let mut done = 0;
        while done < messages.len() {
            match sendmmsg(&self.socket, &mut messages[done..], SendFlags::empty()) {
                Ok(sent) => done += sent,
                // Full for now.
                Err(rustix::io::Errno::NOBUFS | rustix::io::Errno::AGAIN) => {
                    std::thread::yield_now();
                }
                Err(error) => panic!("cannot send: {error}"),
            }
        }
    }

    /// Sends them `times` times over.
    pub(crate) fn repeat<F: AsRef<[u8]>>(&self, frames: &[F], times: u64) -> u64 {
        (0..times).map(|_| self.send(frames)).sum()
    }

    /// Sends `part` frames each millisecond, beginning again after the last, until it is ended; counts
    /// what was sent.
    pub(crate) fn flow<F: AsRef<[u8]>>(
        &self,
        frames: &[F],
        part: usize,
        end: &AtomicBool,
        sent: &AtomicU64,
    ) {
        let begun = now();
        let mut parts = frames.chunks(part).cycle();
        for milliseconds in 1.. {
            if end.load(Ordering::Relaxed) {
                break;
            }
            let part = parts.next().unwrap();
            sent.fetch_add(self.send(part), Ordering::Relaxed);
            let due = begun + Duration::from_millis(milliseconds);
            std::thread::sleep(due.saturating_duration_since(now()));
        }
    }
}

/// Moves this thread, and nothing else, into the network namespace of this name.
pub(crate) fn enter(namespace: &str) -> io::Result<()> {
    let file = File::open(Path::new("/run/netns").join(namespace))?;
    // SAFETY: the call reads nothing but the descriptor, which is open.
    let result = unsafe { libc::setns(file.as_raw_fd(), libc::CLONE_NEWNET) };
    ok(result)
}

/// Gives a `tun` device that is down another link type (an `ARPHRD_` number); for as long as the file
/// that is returned is open, it has a carrier.
pub(crate) fn set_link_type(device: &str, link_type: u16) -> io::Result<File> {
    /// `_IOW('T', 202, int)` and `_IOW('T', 205, int)`.
    const TUNSETIFF: libc::Ioctl = 0x4004_54ca;
    const TUNSETLINK: libc::Ioctl = 0x4004_54cd;
    /// `IFF_TUN | IFF_NO_PI`.
    const TUN: u8 = 1;
    const NO_PI: u8 = 0x10;
    let tun = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/net/tun")?;
    // `struct ifreq`: the name, then a union, of which flags are the first two bytes.
    let mut request = [0_u8; 40];
    request[..device.len()].copy_from_slice(device.as_bytes());
    request[16..18].copy_from_slice(&u16::to_ne_bytes(u16::from(TUN) | u16::from(NO_PI) << 8));
    // SAFETY: `request` lives through the call and is as long as a `struct ifreq`.
    let result = unsafe { libc::ioctl(tun.as_raw_fd(), TUNSETIFF, request.as_mut_ptr()) };
    ok(result)?;
    // SAFETY: the kernel takes this argument as a number.
    let result =
        unsafe { libc::ioctl(tun.as_raw_fd(), TUNSETLINK, libc::c_ulong::from(link_type)) };
    ok(result)?;
    Ok(tun)
}

fn ok(result: libc::c_int) -> io::Result<()> {
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
