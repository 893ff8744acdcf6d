//! A client that sends what it is told to, byte for byte.

use sekisho::metrics::{Endpoint, Listen, Serving};
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

/// Longest wait for anything here.
pub(crate) const LONG: Duration = Duration::from_secs(30);

/// Serves a board at a port that is free.
pub(crate) fn serve(board: &Arc<sekisho::metrics::Board>) -> Serving {
    let place: Listen = "127.0.0.1:0".parse().unwrap();
    let endpoint = Endpoint::bind(&place).unwrap();
    endpoint.serve(Arc::clone(board)).unwrap()
}

/// Connects to wherever it is served.
pub(crate) fn connect(serving: &Serving) -> TcpStream {
    let stream = TcpStream::connect(serving.place().to_string()).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream
}

/// What came back: the head, and the body after the first empty line.
pub(crate) struct Response {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Response {
    fn of(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        Self {
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    pub(crate) fn status(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(field, _)| field.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }
}

/// Sends bytes and reads until the other side closes. A connection that it resets has ended too.
pub(crate) fn send(serving: &Serving, request: &[u8]) -> Response {
    let mut stream = connect(serving);
    // Refused in the middle: what came back by then counts.
    let _ = stream.write_all(request);
    Response::of(&read_all(&mut stream))
}

pub(crate) fn read_all(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut part = [0; 4_096];
    while let Ok(length @ 1..) = stream.read(&mut part) {
        bytes.extend_from_slice(&part[..length]);
    }
    bytes
}

/// As Prometheus asks.
pub(crate) const SCRAPE: &[u8] = b"GET /metrics HTTP/1.1\r\nHost: localhost:9317\r\n\
User-Agent: Prometheus/2.42.0\r\nAccept: application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5\r\n\
Accept-Encoding: gzip\r\nX-Prometheus-Scrape-Timeout-Seconds: 10\r\n\r\n";

/// A scrape that must succeed.
#[track_caller]
pub(crate) fn scrape(serving: &Serving) -> String {
    let response = send(serving, SCRAPE);
    assert_eq!(response.status(), "200", "{}", response.head);
    response.body
}

/// The same over a Unix socket.
pub(crate) fn scrape_unix(serving: &Serving) -> String {
    let place = serving.place();
    let mut stream = UnixStream::connect(place.unix_path().unwrap()).unwrap();
    stream.write_all(SCRAPE).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

/// The series of an exposition, each with its value. Fails if one stands twice.
#[track_caller]
pub(crate) fn series(text: &str) -> BTreeMap<String, f64> {
    let mut found = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (series, value) = line.rsplit_once(' ').unwrap();
        let before = found.insert(series.to_owned(), value.parse().unwrap());
        assert!(before.is_none(), "{series} stands twice");
    }
    found
}
