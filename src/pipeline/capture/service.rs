//! What a service manager is told: the notify protocol of systemd (sd_notify(3)), and its watchdog.

use rustix::time::{ClockId, clock_gettime};
use std::env;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// The line to whoever started this process and wants to know.
pub(super) struct Service {
    socket: Option<UnixDatagram>,
    /// How often a sign of life is due.
    watchdog: Option<Duration>,
}

impl Service {
    /// As the environment says: nobody listens, or `NOTIFY_SOCKET` does. Connected at once, since later
    /// the process may open no socket.
    pub(super) fn from_environment() -> Self {
        let socket = env::var_os("NOTIFY_SOCKET").and_then(|name| {
            let name = name.as_bytes();
            let address = match name.strip_prefix(b"@") {
                Some(name) => SocketAddr::from_abstract_name(name),
                None => SocketAddr::from_pathname(std::ffi::OsStr::from_bytes(name)),
            };
            let socket = UnixDatagram::unbound().ok()?;
            socket.connect_addr(&address.ok()?).ok()?;
            // Who does not read what it asked for must not hold up the sensor.
            socket.set_nonblocking(true).ok()?;
            Some(socket)
        });
        let number = |name: &str| env::var(name).ok()?.parse::<u64>().ok();
        let is_ours =
            number("WATCHDOG_PID").is_none_or(|process| process == u64::from(std::process::id()));
        let watchdog = number("WATCHDOG_USEC").filter(|micros| *micros > 0 && is_ours);
        Self {
            watchdog: watchdog
                .filter(|_| socket.is_some())
                .map(|micros| Duration::from_micros(micros) / 3),
            socket,
        }
    }

    /// How often [`Self::alive`] is due, if ever: three times in the time that is given.
    pub(super) const fn watchdog(&self) -> Option<Duration> {
        self.watchdog
    }

    /// Frames are being captured.
    pub(super) fn ready(&self, status: &str) {
        self.say(&format!("READY=1\nSTATUS={}", one_line(status)));
    }

    /// Settings are being read anew. [`Self::ready`] tells that it is over, however it went.
    pub(super) fn reloading(&self) {
        let now = clock_gettime(ClockId::Monotonic);
        let micros = i128::from(now.tv_sec) * 1_000_000 + i128::from(now.tv_nsec) / 1_000;
        self.say(&format!("RELOADING=1\nMONOTONIC_USEC={micros}"));
    }

    /// How it goes.
    pub(super) fn status(&self, status: &str) {
        self.say(&format!("STATUS={}", one_line(status)));
    }

    /// Every lane still moves.
    pub(super) fn alive(&self) {
        self.say("WATCHDOG=1");
    }

    /// The end has begun.
    pub(super) fn stopping(&self) {
        self.say("STOPPING=1\nSTATUS=writing what is left");
    }

    fn say(&self, text: &str) {
        if let Some(socket) = &self.socket {
            // Nobody there, or its queue full: a sensor does not depend on it.
            let _ = socket.send(text.as_bytes());
        }
    }
}

fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}
