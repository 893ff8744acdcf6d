//! Messages as datagrams (RFC 7011 §10.3). Best effort: nobody answers, and nobody knows what was dropped.

use super::carrier::{Carrier, Sent};
use super::resolve::{first, resolve};
use super::stream::Stream;
use crate::export::{Digested, Error, Figures, Opening, Written};
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
        let stream = Stream::new(opening, "udp");
        let places = resolve(collector).map_err(|error| stream.failed("find", error))?;
        let socket = first(&places, connect).and_then(|socket| {
            // Capture waits for nobody.
            socket.set_nonblocking(opening.is_live)?;
            Ok(socket)
        });
        Ok(Self {
            socket: socket.map_err(|error| stream.failed("open a socket to", error))?,
            stream,
            is_live: opening.is_live,
            since: None,
            messages: 0,
            last: Written::default(),
            told: false,
        })
    }

    /// Sends. An answer that nobody listened to the message before is noticed now, and keeps the system
    /// from sending this one: where records were lost, whoever listens now is told everything before it.
    fn try_send(&mut self, message: &[u8], holds: &Written) -> io::Result<Sent> {
        let mut was_refused = false;
        loop {
            match self.socket.send(message) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused && !was_refused => {
                    was_refused = true;
                    let were_records = self.refused();
                    if were_records && holds.records > 0 {
                        return Ok(Sent::Again);
                    }
                }
                result => {
                    result?;
                    self.stream.sent(message, holds);
                    self.stream.figures.failing = was_refused;
                    return Ok(Sent::Done);
                }
            }
        }
    }

    /// Who comes late is told everything before the next message. Not after templates that were lost, which
    /// would never end.
    const fn repeat_templates_if(&mut self, were_records: bool) {
        if were_records && let Some((sent, _)) = &mut self.since {
            *sent = MESSAGES;
        }
    }

    /// Nobody listened to a message: to which is not told, so the last is taken for it. Whether it had records.
    fn refused(&mut self) -> bool {
        let last = std::mem::take(&mut self.last);
        self.stream.take_back(&last);
        self.repeat_templates_if(last.records > 0);
        if !std::mem::replace(&mut self.told, true) {
            tracing::warn!("nobody listens: {}: records are lost", self.stream.target);
        }
        last.records > 0
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
        match self.try_send(message, holds) {
            Ok(Sent::Done) => {
                self.last = *holds;
                self.messages = self.messages.wrapping_add(1);
                if !self.is_live && self.messages.is_multiple_of(BURST) {
                    thread::sleep(REST);
                }
                Ok(Sent::Done)
            }
            Ok(again) => {
                self.since = Some((0, at));
                Ok(again)
            }
            Err(source) => {
                self.lose(holds);
                // Perhaps these were templates: the next message tries them anew.
                self.repeat_templates_if(true);
                Err(self.stream.failed("send to", source))
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
        self.stream.finish()
    }
}

/// A socket to a place, if there is a way there.
fn connect(place: &SocketAddr) -> io::Result<UdpSocket> {
    let any: SocketAddr = match place {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(any)?;
    socket.connect(place)?;
    Ok(socket)
}

/// Whether templates are due by time: in a replay, where there is none, never.
fn is_past(since: Timestamp, at: Timestamp) -> bool {
    at.nanos().abs_diff(since.nanos()) >= REFRESH
}

#[cfg(test)]
mod tests {
    use super::super::stream::ONE;
    use super::*;
    use crate::export::target::Collector;
    use crate::export::{Format, Target};

    #[test]
    fn what_nobody_listened_to_is_lost_and_who_comes_late_gets_templates() {
        let listener = UdpSocket::bind("127.0.0.1:0").unwrap();
        let place = listener.local_addr().unwrap();
        drop(listener);
        let collector = Collector {
            host: "127.0.0.1".to_owned(),
            port: place.port(),
        };
        let opening = Opening {
            is_live: true,
            ..Opening::new(Target::Udp(collector.clone()), Format::Ipfix)
        };
        let mut udp = Udp::open(&collector, &opening).unwrap();
        let at = Timestamp::from_nanos(NANOS_PER_SEC);
        let nothing = Written::default();
        assert_eq!(udp.send(b"first", &ONE, at).unwrap(), Sent::First);
        assert_eq!(udp.send(b"templates", &nothing, at).unwrap(), Sent::Done);
        assert_eq!(udp.send(b"first", &ONE, at).unwrap(), Sent::Done);
        // Loopback answers at once, and the next message hears it.
        assert_eq!(udp.send(b"second", &ONE, at).unwrap(), Sent::Again);
        let figures = udp.figures();
        assert_eq!((figures.written, figures.lost), (nothing, ONE));
        assert!(figures.failing);
        assert_eq!(udp.send(b"templates", &nothing, at).unwrap(), Sent::Done);
        // Of templates that were lost nobody is told once more: that would never end.
        assert_eq!(udp.send(b"second", &ONE, at).unwrap(), Sent::Done);
        assert!(udp.figures().failing);
        // It is back, and hears of nothing without what is needed to read it.
        let listener = UdpSocket::bind(place).unwrap();
        assert_eq!(udp.send(b"third", &ONE, at).unwrap(), Sent::Again);
        assert_eq!(udp.send(b"templates", &nothing, at).unwrap(), Sent::Done);
        assert_eq!(udp.send(b"third", &ONE, at).unwrap(), Sent::Done);
        let figures = udp.figures();
        assert_eq!((figures.written, figures.lost.records), (ONE, 2));
        assert!(!figures.failing);
        let mut heard = [0; 64];
        for expected in [b"templates".as_slice(), b"third"] {
            let length = listener.recv(&mut heard).unwrap();
            assert_eq!(&heard[..length], expected);
        }
    }

    #[test]
    fn templates_come_again_after_a_minute_or_a_thousand_messages() {
        let listener = UdpSocket::bind("127.0.0.1:0").unwrap();
        let collector = Collector {
            host: "127.0.0.1".to_owned(),
            port: listener.local_addr().unwrap().port(),
        };
        let opening = Opening {
            is_live: true,
            ..Opening::new(Target::Udp(collector.clone()), Format::Ipfix)
        };
        let mut udp = Udp::open(&collector, &opening).unwrap();
        let at = |seconds: u64| Timestamp::from_nanos(seconds * NANOS_PER_SEC);
        assert_eq!(udp.send(b"a", &ONE, at(100)).unwrap(), Sent::First);
        assert_eq!(udp.send(b"a", &ONE, at(159)).unwrap(), Sent::Done);
        assert_eq!(udp.send(b"a", &ONE, at(160)).unwrap(), Sent::Again);
        for _ in 0..MESSAGES {
            assert_eq!(udp.send(b"a", &ONE, at(160)).unwrap(), Sent::Done);
            let _ = listener.recv(&mut [0; 64]).unwrap();
        }
        assert_eq!(udp.send(b"a", &ONE, at(160)).unwrap(), Sent::Again);
    }
}
