//! Messages as datagrams (RFC 7011 §10.3). Best effort: nobody answers, and nobody knows what was dropped.

use super::carrier::{Carrier, Sent};
use super::resolve::resolve;
use super::stream::Stream;
use crate::export::{Digested, Error, Figures, Opening, Target, Written};
use crate::flow::Timestamp;
use crate::time::NANOS_PER_SEC;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::thread;
use std::time::Duration;

/// Octets of a message at most, so that it fits into a packet of 1500 with any usual tunnel around it.
const LIMIT: usize = 1_400;

/// Messages between two times that templates are sent, at most. *Guessed*.
const MESSAGES: u32 = 1_000;

/// In a capture, also after this many nanoseconds.
const REFRESH: u64 = 60 * NANOS_PER_SEC;

/// In a replay, messages between two rests, and how long a rest is: 4 000 messages a second at most.
/// *Measured*: nfcapd on the same machine loses none of them.
const BURST: u32 = 8;
const REST: Duration = Duration::from_millis(2);

/// How long an answer that nobody listens may take after the last message.
const ANSWER: Duration = Duration::from_millis(50);

pub(super) struct Udp {
    socket: UdpSocket,
    target: String,
    stream: Stream,
    is_live: bool,
    /// Messages since templates were sent, and when that was; nothing before the first time.
    since: Option<(u32, Timestamp)>,
    messages: u32,
    /// The message before, while an answer that nobody listens may still come.
    last: Written,
    /// That nobody listens was said.
    told: bool,
}

impl Udp {
    pub(super) fn open(
        collector: &crate::export::target::Collector,
        opening: &Opening,
    ) -> Result<Self, Error> {
        let target = Target::Udp(collector.clone()).to_string();
        let failed = |what| {
            let target = target.clone();
            move |source| Error::Collector {
                what,
                target,
                source,
            }
        };
        let places = resolve(collector).map_err(failed("find"))?;
        let socket = connect(&places).and_then(|socket| {
            // Capture waits for nobody.
            socket.set_nonblocking(opening.is_live)?;
            Ok(socket)
        });
        Ok(Self {
            socket: socket.map_err(failed("open a socket to"))?,
            target,
            stream: Stream::new(opening, "udp"),
            is_live: opening.is_live,
            since: None,
            messages: 0,
            last: Written::default(),
            told: false,
        })
    }

    /// Sends. An answer that nobody listened to the message before is noticed now, and keeps the system
    /// from sending this one.
    fn try_send(&mut self, message: &[u8]) -> io::Result<bool> {
        let mut was_refused = false;
        loop {
            match self.socket.send(message) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused && !was_refused => {
                    was_refused = true;
                    self.refused();
                }
                result => return result.map(|_| was_refused),
            }
        }
    }

    /// Nobody listened to a message: to which is not told, so the last is taken for it.
    fn refused(&mut self) {
        let last = std::mem::take(&mut self.last);
        self.stream.take_back(&last);
        if !std::mem::replace(&mut self.told, true) {
            tracing::warn!("nobody listens: {}: records are lost", self.target);
        }
    }
}

impl Carrier for Udp {
    fn limit(&self) -> usize {
        LIMIT
    }

    fn send(&mut self, message: &[u8], holds: &Written, at: Timestamp) -> Result<Sent, Error> {
        let due = match &mut self.since {
            None => Sent::First,
            Some((sent, since)) if *sent >= MESSAGES || is_past(*since, at) => Sent::Again,
            Some((sent, _)) => {
                *sent += 1;
                Sent::Done
            }
        };
        if due != Sent::Done {
            self.since = Some((0, at));
            return Ok(due);
        }
        match self.try_send(message) {
            Ok(was_refused) => {
                self.stream.sent(message, holds);
                self.stream.figures.failing = was_refused;
                self.last = *holds;
                self.messages = self.messages.wrapping_add(1);
                if !self.is_live && self.messages.is_multiple_of(BURST) {
                    thread::sleep(REST);
                }
                Ok(Sent::Done)
            }
            Err(source) => {
                self.lose(holds);
                Err(Error::Collector {
                    what: "send to",
                    target: self.target.clone(),
                    source,
                })
            }
        }
    }

    fn lose(&mut self, holds: &Written) {
        self.stream.lost(holds);
    }

    fn figures(&self) -> Figures {
        self.stream.figures
    }

    fn finish(mut self: Box<Self>) -> (Figures, Vec<Digested>, Option<Error>) {
        if self.messages > 0 {
            thread::sleep(ANSWER);
        }
        if let Ok(Some(error)) = self.socket.take_error()
            && error.kind() == io::ErrorKind::ConnectionRefused
        {
            self.refused();
        }
        let (figures, digested) = self.stream.finish();
        (figures, digested, None)
    }
}

/// A socket to the first place that there is a way to.
fn connect(places: &[SocketAddr]) -> io::Result<UdpSocket> {
    let mut result = Err(io::ErrorKind::AddrNotAvailable.into());
    for place in places {
        let any: SocketAddr = match place {
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        result = UdpSocket::bind(any).and_then(|socket| socket.connect(place).map(|()| socket));
        if result.is_ok() {
            break;
        }
    }
    result
}

/// Whether templates are due by time: in a replay, where there is none, never.
fn is_past(since: Timestamp, at: Timestamp) -> bool {
    at.nanos().abs_diff(since.nanos()) >= REFRESH
}
