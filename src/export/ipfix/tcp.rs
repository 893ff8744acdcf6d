//! Messages along a connection (RFC 7011 §10.4). What breaks off with it is lost, without being told which of
//! it: a collector says nothing.

use super::carrier::{Carrier, Sent};
use super::resolve::{first, resolve};
use super::stream::Stream;
use crate::export::target::Collector;
use crate::export::{Digested, Error, Figures, Opening, Written};
use crate::flow::Timestamp;
use crate::time::NANOS_PER_SEC;
use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

/// Octets of a message at most. *Guessed*: longer ones save nothing.
const LIMIT: usize = 16 << 10;

/// How long a connection may take to be made, and to take a message, in a capture: the queue before holds
/// more than that.
const PATIENCE: Duration = Duration::from_secs(1);

/// Likewise in a replay, which waits.
const REPLAY_PATIENCE: Duration = Duration::from_secs(30);

/// In a replay, so many tries to connect, and the rest before the second; before each other it is twice as
/// long.
const TRIES: u32 = 6;
const REST: Duration = Duration::from_millis(200);

/// In a capture, nanoseconds between the first tries to connect anew, and at most.
const BACK_OFF: u64 = NANOS_PER_SEC;
const BACK_OFF_MOST: u64 = 32 * NANOS_PER_SEC;

/// How often a collector is listened to before a message.
const MOST_HEARD: usize = 16;

pub(super) struct Tcp {
    places: Vec<SocketAddr>,
    stream: Stream,
    is_live: bool,
    connection: Option<TcpStream>,
    /// Whether templates were asked for on this connection.
    is_begun: bool,
    /// In a capture, when it was last tried to connect, and how long it is until that is tried again.
    tried: Timestamp,
    back_off: u64,
}

impl Tcp {
    /// Resolves and connects. In a capture, a collector that is not there yet is tried again later.
    pub(super) fn open(collector: &Collector, opening: &Opening) -> Result<Self, Error> {
        let mut tcp = Self {
            places: Vec::new(),
            stream: Stream::new(opening, "tcp"),
            is_live: opening.is_live,
            connection: None,
            is_begun: false,
            tried: Timestamp::ZERO,
            back_off: 0,
        };
        let failed = |error| tcp.stream.failed("find", error);
        tcp.places = resolve(collector).map_err(failed)?;
        match tcp.connect() {
            Err(error) if tcp.is_live => tracing::warn!("{error}: it is tried again"),
            result => result?,
        }
        Ok(tcp)
    }

    /// Connects: in a replay, waits for it a while.
    fn connect(&mut self) -> Result<(), Error> {
        let tries = if self.is_live { 1 } else { TRIES };
        let mut rest = REST;
        let mut tried = 1;
        loop {
            match self.try_connect() {
                Ok(connection) => {
                    self.connection = Some(connection);
                    self.is_begun = false;
                    self.back_off = 0;
                    return Ok(());
                }
                Err(error) if tried == tries => {
                    return Err(self.stream.failed("connect to", error));
                }
                Err(_) => {}
            }
            thread::sleep(rest);
            rest *= 2;
            tried += 1;
        }
    }

    fn try_connect(&self) -> io::Result<TcpStream> {
        let connect = |place: &SocketAddr| TcpStream::connect_timeout(place, PATIENCE);
        let connection = first(&self.places, connect)?;
        let patience = if self.is_live {
            PATIENCE
        } else {
            REPLAY_PATIENCE
        };
        connection.set_write_timeout(Some(patience))?;
        connection.set_nodelay(true)?;
        Ok(connection)
    }

    /// Connects anew when it is time for that: one that is closed as soon as it is made is not made anew at
    /// every message.
    fn reconnect(&mut self, at: Timestamp) -> Result<(), Error> {
        let back_off = self.back_off.max(BACK_OFF);
        if self.is_live && at.nanos().abs_diff(self.tried.nanos()) < back_off {
            let source = io::ErrorKind::NotConnected.into();
            return Err(self.stream.failed("send to", source));
        }
        self.tried = at;
        let result = self.connect();
        if result.is_err() {
            self.back_off = (self.back_off * 2).clamp(BACK_OFF, BACK_OFF_MOST);
        } else {
            tracing::warn!("connected again: {}", self.stream.target);
        }
        result
    }

    /// The connection, unless the other end is seen to have closed it.
    fn standing(&mut self) -> Option<&mut TcpStream> {
        if self.connection.as_ref().is_some_and(is_closed) {
            self.broken("closed by the collector");
        }
        self.connection.as_mut()
    }

    fn broken(&mut self, how: &str) {
        if let Some(connection) = self.connection.take() {
            // Half a message is worse than none: nothing comes after it.
            let _ = connection.shutdown(Shutdown::Both);
            let target = &self.stream.target;
            tracing::warn!("connection {how}: {target}: what was on its way may not have arrived");
        }
    }
}

/// Whether the other end has closed it. A collector sends nothing; what it sends all the same is passed over, a
/// little for each message: one that never stops talking must not hold up what it is told.
fn is_closed(mut connection: &TcpStream) -> bool {
    let mut heard = [0; 4096];
    if connection.set_nonblocking(true).is_err() {
        return true;
    }
    let mut is_closed = false;
    for _ in 0..MOST_HEARD {
        match connection.read(&mut heard) {
            Ok(0) => is_closed = true,
            Ok(_) => continue,
            Err(error) => match error.kind() {
                io::ErrorKind::Interrupted => continue,
                io::ErrorKind::WouldBlock => {}
                _ => is_closed = true,
            },
        }
        break;
    }
    is_closed || connection.set_nonblocking(false).is_err()
}

impl Carrier for Tcp {
    fn limit(&self) -> usize {
        LIMIT
    }

    fn send(&mut self, message: &[u8], holds: &Written, at: Timestamp) -> Result<Sent, Error> {
        let mut tries = if self.is_live { 1 } else { TRIES };
        loop {
            if self.standing().is_none() {
                self.reconnect(at)
                    .inspect_err(|_| self.stream.lost(holds))?;
            }
            if !std::mem::replace(&mut self.is_begun, true) {
                return Ok(Sent::First);
            }
            let Some(connection) = &mut self.connection else {
                continue;
            };
            let error = match connection.write_all(message) {
                Ok(()) => {
                    self.stream.sent(message, holds);
                    return Ok(Sent::Done);
                }
                Err(error) => error,
            };
            self.broken("broke off");
            tries -= 1;
            if tries == 0 {
                self.lose(holds);
                return Err(self.stream.failed("send to", error));
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
        if let Some(connection) = self.standing() {
            let _ = connection.shutdown(Shutdown::Write);
        }
        self.stream.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::super::stream::ONE;
    use super::*;
    use crate::export::{Format, Target};
    use std::net::TcpListener;

    fn open(place: SocketAddr, is_live: bool) -> Result<Tcp, Error> {
        let collector = Collector {
            host: place.ip().to_string(),
            port: place.port(),
        };
        let opening = Opening {
            is_live,
            ..Opening::new(Target::Tcp(collector.clone()), Format::Ipfix)
        };
        Tcp::open(&collector, &opening)
    }

    #[test]
    fn in_a_capture_what_comes_while_nobody_is_there_is_lost_at_once() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let place = listener.local_addr().unwrap();
        let mut tcp = open(place, true).unwrap();
        let at = |seconds: u64| Timestamp::from_nanos(seconds * NANOS_PER_SEC);
        assert_eq!(tcp.send(b"first", &ONE, at(100)).unwrap(), Sent::First);
        assert_eq!(tcp.send(b"first", &ONE, at(100)).unwrap(), Sent::Done);
        let mut heard = [0; 5];
        let (mut connection, _) = listener.accept().unwrap();
        connection.read_exact(&mut heard).unwrap();
        assert_eq!(&heard, b"first");
        drop((connection, listener));
        // Closed: noticed before anything is written.
        assert!(tcp.send(b"second", &ONE, at(101)).is_err());
        let figures = tcp.figures();
        assert_eq!((figures.written, figures.lost), (ONE, ONE));
        // It is back, but not asked yet.
        let listener = TcpListener::bind(place).unwrap();
        assert!(tcp.send(b"third", &ONE, at(101)).is_err());
        assert_eq!(tcp.figures().lost.records, 2);
        assert_eq!(tcp.send(b"fourth", &ONE, at(102)).unwrap(), Sent::First);
        assert_eq!(tcp.send(b"fourth", &ONE, at(102)).unwrap(), Sent::Done);
        let (mut connection, _) = listener.accept().unwrap();
        let mut heard = [0; 6];
        connection.read_exact(&mut heard).unwrap();
        assert_eq!(&heard, b"fourth");
    }

    #[test]
    fn a_collector_that_does_not_read_is_waited_for_a_second_and_then_left() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut tcp = open(listener.local_addr().unwrap(), true).unwrap();
        let _unread = listener.accept().unwrap();
        let at = Timestamp::from_nanos(NANOS_PER_SEC);
        assert_eq!(tcp.send(b"", &ONE, at).unwrap(), Sent::First);
        let message = vec![0; LIMIT];
        let mut sent = 0;
        let error = loop {
            match tcp.send(&message, &ONE, at) {
                Ok(_) => sent += 1,
                Err(error) => break error,
            }
            assert!(sent < 100_000);
        };
        let figures = tcp.figures();
        assert_eq!((figures.written.records, figures.lost.records), (sent, 1));
        assert!(matches!(error, Error::Collector { .. }));
        // Half a message may be on its way: nothing comes after it.
        assert!(tcp.connection.is_none());
    }

    #[test]
    fn a_collector_that_talks_without_end_is_sent_to_all_the_same() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut tcp = open(listener.local_addr().unwrap(), true).unwrap();
        let (mut collector, _) = listener.accept().unwrap();
        let mut talker = collector.try_clone().unwrap();
        let talks = thread::spawn(move || while talker.write_all(&[0; 1 << 16]).is_ok() {});
        let at = Timestamp::from_nanos(NANOS_PER_SEC);
        assert_eq!(tcp.send(b"", &ONE, at).unwrap(), Sent::First);
        let mut heard = [0; 7];
        for _ in 0..1_000 {
            assert_eq!(tcp.send(b"message", &ONE, at).unwrap(), Sent::Done);
            collector.read_exact(&mut heard).unwrap();
        }
        drop(tcp);
        drop(collector);
        talks.join().unwrap();
    }
}
