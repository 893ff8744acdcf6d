//! One lane's socket: opened refusing everything, joined to its group, then given the user's filter.

use super::error::{LiveError, interfaces};
use super::options::{self, Group};
use super::wrap::{Drops, Wrapping};
use super::{fanout, links};
use crate::source::{Frame, LinkType};
use crate::time::Timestamp;
use ::pcap::{Active, Capture, Precision};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::time::Duration;

/// How one interface is captured from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveSettings {
    /// Its name.
    pub interface: String,
    /// What is captured, in the language of pcap-filter(7); empty for everything.
    pub filter: String,
    /// Bytes kept of each frame; its length on the wire is known all the same.
    pub snaplen: u32,
    /// Bytes of the ring of each handle, up to 2³¹ − 1.
    pub ring_bytes: u32,
    /// Whether frames to others are seen too.
    pub promisc: bool,
    /// Decides which handle gets which frames; the same for all interfaces of a run, and nobody else's.
    pub secret: u32,
}

/// A socket on one interface, and its ring.
///
/// No `Debug`: its ring may hold excluded packets.
pub struct LiveHandle {
    capture: Capture<Active>,
    settings: LiveSettings,
    link: LinkType,
    kernel: Wrapping,
    interface: Wrapping,
}

impl LiveHandle {
    /// After this time at the latest, a frame that the kernel took is delivered (a block of the ring is
    /// handed over when it is full, or then). *Guessed*: short against what people wait for, long
    /// against the cost of waking up.
    pub const LATENCY: Duration = Duration::from_millis(50);

    /// How long frames may gather in the ring between two readings while many come: under load a reader
    /// that waits for every block wakes up for every block. A ring of the default size is far from full by
    /// then at any rate that one thread reads; smaller ones are read sooner.
    #[must_use]
    pub fn gathering(&self) -> Duration {
        const USUAL: u32 = 64 << 20;
        Duration::from_millis(5) * self.settings.ring_bytes.min(USUAL) / USUAL
    }

    /// Opens `count` handles that share the frames of one interface. Frames between the same two ends
    /// come to the handle of the same place, on whatever interface. They deliver nothing until
    /// [`Self::begin`].
    ///
    /// # Errors
    /// That there is no such interface, no permission, no memory, or that the filter is none.
    pub fn open(settings: &LiveSettings, count: usize) -> Result<Vec<Self>, LiveError> {
        if links::index(&settings.interface).is_none() {
            return Err(LiveError::NoSuchInterface {
                name: settings.interface.clone(),
                known: interfaces(),
            });
        }
        may_capture(&settings.interface)?;
        let mut handles = Vec::with_capacity(count);
        let mut group = None;
        for _ in 0..count {
            let handle = Self::activate(settings)?;
            if count > 1 {
                handle.join(&mut group)?;
            }
            handles.push(handle);
        }
        // What came in before each of them refused everything: the last of it when its block is full
        // or has waited for as long as a block may.
        poll_for([], 2 * Self::LATENCY).map_err(|e| failed(settings, "wait", &e))?;
        for handle in &mut handles {
            while handle.read(usize::from(u16::MAX), |_| {})? > 0 {}
        }
        Ok(handles)
    }

    fn activate(settings: &LiveSettings) -> Result<Self, LiveError> {
        let failed = |error: ::pcap::Error| match text(error) {
            down if down.is_empty() || down.contains("not up") => LiveError::Down {
                name: settings.interface.clone(),
            },
            reason => LiveError::Failed {
                name: settings.interface.clone(),
                what: "open the interface",
                reason,
            },
        };
        let capture = Capture::from_device(settings.interface.as_str())
            .map_err(failed)?
            .snaplen(settings.snaplen as i32)
            .promisc(settings.promisc)
            .buffer_size(settings.ring_bytes as i32)
            .immediate_mode(false)
            .timeout(Self::LATENCY.as_millis() as i32)
            // Linux has both precisions for every interface.
            .precision(Precision::Nano)
            .open()
            .and_then(Capture::setnonblock)
            .map_err(failed)?;
        let handle = Self {
            // The numbers differ from those of LINKTYPE_ for raw IP only, of which decode knows both.
            link: LinkType(capture.get_datalink().0 as u32),
            capture,
            settings: settings.clone(),
            kernel: Wrapping::default(),
            interface: Wrapping::default(),
        };
        handle.refuse_more()?;
        match handle.capture.compile(&settings.filter, true) {
            Ok(_) => Ok(handle),
            Err(error) => Err(handle.bad_filter(error)),
        }
    }

    /// How its frames begin.
    #[must_use]
    pub const fn link(&self) -> LinkType {
        self.link
    }

    fn join(&self, group: &mut Option<Group>) -> Result<(), LiveError> {
        let socket = self.capture.as_fd();
        match *group {
            Some(group) => options::join_group(socket, group),
            None => options::open_group(socket, fanout::program(self.settings.secret))
                .map(|new| *group = Some(new)),
        }
        .map_err(|e| failed(&self.settings, "share the interface between lanes", &e))
    }

    /// Lets frames in, and counts drops from here. (The empty filter lets everything in, and no more
    /// than `snaplen` bytes of it: payload is never copied.)
    ///
    /// # Errors
    /// As libpcap's.
    pub fn begin(&mut self) -> Result<(), LiveError> {
        if let Err(error) = self.capture.filter(&self.settings.filter, true) {
            return Err(self.bad_filter(error));
        }
        let stat = self.stat()?;
        self.kernel = Wrapping::from(stat.dropped);
        self.interface = Wrapping::from(stat.if_dropped);
        Ok(())
    }

    /// Waits until there is something to read in one of these, or for so long. Early returns are
    /// harmless.
    ///
    /// # Errors
    /// As the system's.
    pub fn wait(handles: &[Self], at_most: Duration) -> Result<(), LiveError> {
        let Some(first) = handles.first() else {
            return Ok(());
        };
        let sockets = handles.iter().map(|handle| handle.capture.as_fd());
        poll_for(sockets, at_most).map_err(|e| failed(&first.settings, "wait", &e))
    }

    /// Delivers what is there, up to so many frames (at least 1), without waiting; how many.
    ///
    /// # Errors
    /// [`LiveError::Gone`] when the interface was removed. That it is down is no error.
    pub fn read(
        &mut self,
        at_most: usize,
        mut deliver: impl FnMut(&Frame<'_>),
    ) -> Result<usize, LiveError> {
        let link = self.link;
        let result = self.capture.dispatch(Some(at_most), |packet| {
            let header = packet.header;
            deliver(&Frame {
                seen: Timestamp::from_parts(
                    header.ts.tv_sec.max(0) as u64,
                    // Nanoseconds, as asked for.
                    header.ts.tv_usec.max(0) as u64,
                ),
                wire_len: header.len,
                link,
                bytes: packet.data,
            });
        });
        result.map_err(|error| match text(error) {
            gone if gone.contains("disappeared") => LiveError::Gone {
                name: self.settings.interface.clone(),
            },
            reason => LiveError::Failed {
                name: self.settings.interface.clone(),
                what: "read on",
                reason,
            },
        })
    }

    /// Lets no more frames in. What is in the ring can still be read, the last of it after
    /// [`Self::LATENCY`].
    ///
    /// # Errors
    /// As the system's.
    pub fn refuse_more(&self) -> Result<(), LiveError> {
        options::refuse_all(self.capture.as_fd()).map_err(|e| failed(&self.settings, "filter", &e))
    }

    /// What was dropped since [`Self::begin`]. To be called now and then: the counters behind it wrap.
    ///
    /// # Errors
    /// As libpcap's.
    pub fn drops(&mut self) -> Result<Drops, LiveError> {
        let stat = self.stat()?;
        self.kernel.read(stat.dropped);
        self.interface.read(stat.if_dropped);
        Ok(Drops {
            kernel: self.kernel.total(),
            interface: self.interface.total(),
        })
    }

    fn stat(&mut self) -> Result<::pcap::Stat, LiveError> {
        self.capture.stats().map_err(|error| LiveError::Failed {
            name: self.settings.interface.clone(),
            what: "read the counters",
            reason: text(error),
        })
    }

    fn bad_filter(&self, error: ::pcap::Error) -> LiveError {
        const SHOWN: usize = 80;
        let filter = &self.settings.filter;
        let mut shown: String = filter.chars().take(SHOWN).collect();
        if shown.len() < filter.len() {
            shown.push('…');
        }
        LiveError::Filter {
            filter: shown,
            reason: text(error),
        }
    }
}

/// What libpcap calls a link type, if it knows it.
#[must_use]
pub fn link_name(link: LinkType) -> Option<String> {
    ::pcap::Linktype(link.0 as i32).get_name().ok()
}

/// Finds out whether this user may open packet sockets: libpcap says so in prose only.
fn may_capture(interface: &str) -> Result<(), LiveError> {
    let flags = SocketFlags::CLOEXEC;
    match socket_with(AddressFamily::PACKET, SocketType::RAW, flags, None) {
        Err(rustix::io::Errno::PERM | rustix::io::Errno::ACCESS) => Err(LiveError::Permission {
            name: interface.to_owned(),
        }),
        Ok(_) | Err(_) => Ok(()),
    }
}

fn poll_for<'a>(
    sockets: impl IntoIterator<Item = BorrowedFd<'a>>,
    at_most: Duration,
) -> io::Result<()> {
    let mut sockets: Vec<PollFd<'_>> = sockets
        .into_iter()
        .map(|socket| PollFd::from_borrowed_fd(socket, PollFlags::IN))
        .collect();
    // What does not fit is longer than anybody waits.
    let timeout = Timespec::try_from(at_most).ok();
    match poll(&mut sockets, timeout.as_ref()) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn failed(settings: &LiveSettings, what: &'static str, error: &io::Error) -> LiveError {
    LiveError::Failed {
        name: settings.interface.clone(),
        what,
        reason: error.to_string(),
    }
}

/// What libpcap says, on one line.
fn text(error: ::pcap::Error) -> String {
    match error {
        ::pcap::Error::PcapError(text) => text.replace('\n', " "),
        other => other.to_string(),
    }
}
