//! Tells when an interface goes down, comes up again, or is removed: what the kernel says of it, so that
//! no gap is missed, however short.

use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType, bind, recv, socket_with};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// `RTMGRP_LINK`: messages about interfaces.
const GROUP_LINK: u32 = 1;
const NEW_LINK: u16 = 16;
const DEL_LINK: u16 = 17;
/// `IFF_RUNNING`: up, and with a carrier.
const RUNNING: u32 = 0x40;

/// What became of an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkChange {
    /// It carries nothing any more.
    Down(usize),
    /// It carries again.
    Up(usize),
    /// It was removed.
    Gone(usize),
}

/// Watches interfaces, which are numbered in the order given.
pub struct LinkWatch {
    socket: OwnedFd,
    links: Vec<Link>,
}

struct Link {
    index: u32,
    is_up: bool,
}

impl LinkWatch {
    /// Watches interfaces by name; one that is not there is never heard of.
    ///
    /// # Errors
    /// As the system's.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> io::Result<Self> {
        let socket = socket_with(
            AddressFamily::NETLINK,
            SocketType::RAW,
            SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
            // NETLINK_ROUTE is protocol 0.
            None,
        )?;
        bind(&socket, &SocketAddrNetlink::new(0, GROUP_LINK))?;
        let links = names.into_iter().map(|name| Link {
            index: index(name).unwrap_or(0),
            // A handle was opened on it.
            is_up: true,
        });
        Ok(Self {
            links: links.collect(),
            socket,
        })
    }

    /// What has changed since the last call.
    pub fn changes(&mut self) -> Vec<LinkChange> {
        let mut changes = Vec::new();
        let mut buffer = [0_u8; 16 << 10];
        // An error is that there is no more, or that messages were lost, which the next ones make good.
        while let Ok((_, len)) = recv(&self.socket, &mut buffer[..], RecvFlags::DONTWAIT) {
            let message = buffer.get(..len).unwrap_or_default();
            if message.is_empty() {
                break;
            }
            self.read(message, &mut changes);
        }
        changes
    }

    /// Reads messages: a header of 16 bytes (length, kind, …), then index and flags of the interface.
    fn read(&mut self, mut messages: &[u8], changes: &mut Vec<LinkChange>) {
        while let Some(length) = word(messages, 0) {
            let kind = word(messages, 4).unwrap_or(0) as u16;
            if let (NEW_LINK | DEL_LINK, Some(index), Some(flags)) =
                (kind, word(messages, 20), word(messages, 24))
                && let Some(at) = self.links.iter().position(|link| link.index == index)
                && let Some(link) = self.links.get_mut(at)
            {
                let is_up = flags & RUNNING != 0;
                match (kind, link.is_up, is_up) {
                    (DEL_LINK, ..) => changes.push(LinkChange::Gone(at)),
                    (_, true, false) => changes.push(LinkChange::Down(at)),
                    (_, false, true) => changes.push(LinkChange::Up(at)),
                    _ => {}
                }
                link.is_up = is_up;
            }
            // Lengths are rounded up to words; a header is never shorter than itself.
            let next = (length.max(16) as usize).next_multiple_of(4);
            messages = messages.get(next..).unwrap_or_default();
        }
    }
}

impl AsFd for LinkWatch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// The number of an interface.
pub(super) fn index(name: &str) -> Option<u32> {
    let socket = socket_with(
        AddressFamily::UNIX,
        SocketType::DGRAM,
        SocketFlags::CLOEXEC,
        None,
    );
    rustix::net::netdevice::name_to_index(socket.ok()?, name).ok()
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let word = bytes.get(at..)?.first_chunk::<4>()?;
    Some(u32::from_ne_bytes(*word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u16, index: u32, flags: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        for word in [32, u32::from(kind), 0, 0, 0, index, flags, 0] {
            bytes.extend_from_slice(&word.to_ne_bytes());
        }
        bytes
    }

    #[test]
    fn only_changes_of_watched_interfaces_are_told() {
        let Ok(mut watch) = LinkWatch::new(["none"]) else {
            println!("NOT TESTED: no netlink socket here");
            return;
        };
        watch.links = vec![
            Link {
                index: 7,
                is_up: true,
            },
            Link {
                index: 8,
                is_up: true,
            },
        ];
        let mut changes = Vec::new();
        let all = [
            message(NEW_LINK, 7, RUNNING),
            message(NEW_LINK, 7, 1),
            message(NEW_LINK, 7, 1),
            message(NEW_LINK, 9, 0),
            message(NEW_LINK, 7, RUNNING),
            message(DEL_LINK, 8, 0),
            vec![1, 2, 3],
        ];
        watch.read(&all.concat(), &mut changes);
        assert_eq!(
            changes,
            [LinkChange::Down(0), LinkChange::Up(0), LinkChange::Gone(1)]
        );
    }
}
