//! Asks an endpoint for its metrics: one request over HTTP/1.1, on loopback or on a Unix socket.
//!
//! It must never wait or read without a bound: whoever answers may be slow, endless or somebody else.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, socket_with};

use super::clock;
use super::trouble::Trouble;
use crate::metrics::Listen;

/// For the whole exchange. *Guessed*: a scrape takes a few milliseconds, on a busy machine some hundred.
const DEADLINE: Duration = Duration::from_secs(2);

/// Of head and body. A sensor with 500 series answers with less than 100 kB.
const LONGEST: usize = 4 << 20;

/// Fields of the head at most; ours has five.
const FIELDS: usize = 64;

const REQUEST: &[u8] =
    b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: text/plain; version=0.0.4\r\n\
    User-Agent: sekisho-watch\r\nConnection: close\r\n\r\n";

/// The text of the metrics.
///
/// # Errors
/// Whatever keeps them from being told, and what to do.
pub(super) fn fetch(place: &Listen) -> Result<String, Trouble> {
    let end = clock::now() + DEADLINE;
    let body = match (place.unix_path(), place.loopback()) {
        (Some(path), _) => connect_unix(path, end)
            .map_err(|e| Trouble::of(&e))
            .and_then(|wire| exchange(wire, end)),
        (None, Some(address)) => connect(address).and_then(|wire| exchange(wire, end)),
        (None, None) => return Err(Trouble::answer("no place to ask")),
    }?;
    String::from_utf8(body).map_err(|_| Trouble::answer("the answer is no text"))
}

fn connect(address: SocketAddr) -> Result<TcpStream, Trouble> {
    TcpStream::connect_timeout(&address, DEADLINE).map_err(|e| Trouble::of(&e))
}

/// Where too many wait to be accepted, the system waits with us, but not without a bound.
fn connect_unix(path: &Path, end: Instant) -> io::Result<UnixStream> {
    let address = SocketAddrUnix::new(path)?;
    let socket = socket_with(
        AddressFamily::UNIX,
        SocketType::STREAM,
        SocketFlags::CLOEXEC,
        None,
    )?;
    loop {
        set_socket_timeout(&socket, Timeout::Send, Some(left(end)?))?;
        match rustix::net::connect(&socket, &address) {
            Err(Errno::INTR) => {}
            result => return Ok(result.map(|()| UnixStream::from(socket))?),
        }
    }
}

/// How long is left.
fn left(end: Instant) -> io::Result<Duration> {
    let left = end.saturating_duration_since(clock::now());
    if left.is_zero() {
        return Err(io::ErrorKind::TimedOut.into());
    }
    Ok(left)
}

/// What the two kinds of sockets have in common.
trait Wire: Read + Write {
    /// Waits no longer than this, from now on.
    fn limit(&self, wait: Duration) -> io::Result<()>;
}

impl Wire for TcpStream {
    fn limit(&self, wait: Duration) -> io::Result<()> {
        self.set_read_timeout(Some(wait))?;
        self.set_write_timeout(Some(wait))
    }
}

impl Wire for UnixStream {
    fn limit(&self, wait: Duration) -> io::Result<()> {
        self.set_read_timeout(Some(wait))?;
        self.set_write_timeout(Some(wait))
    }
}

/// Sends the request and reads until the answer is whole.
fn exchange(mut wire: impl Wire, end: Instant) -> Result<Vec<u8>, Trouble> {
    let limit = |wire: &dyn Wire| wire.limit(left(end)?);
    limit(&wire)
        .and_then(|()| wire.write_all(REQUEST))
        .map_err(|e| Trouble::of(&e))?;
    let mut answer = Vec::new();
    let mut chunk = [0; 16 << 10];
    loop {
        let read = limit(&wire).and_then(|()| wire.read(&mut chunk));
        let read = match read {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read.map_err(|e| Trouble::of(&e))?,
        };
        answer.extend_from_slice(&chunk[..read]);
        if let Some(body) = body(&answer, read == 0)? {
            return Ok(body);
        }
        if answer.len() > LONGEST {
            return Err(Trouble::answer("the answer has no end"));
        }
    }
}

/// The body of what was read so far; nothing if more is needed.
fn body(answer: &[u8], ended: bool) -> Result<Option<Vec<u8>>, Trouble> {
    let cut = || {
        if ended {
            Err(Trouble::answer("the answer is cut short"))
        } else {
            Ok(None)
        }
    };
    let mut fields = [httparse::EMPTY_HEADER; FIELDS];
    let mut head = httparse::Response::new(&mut fields);
    let length = match head.parse(answer) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return cut(),
        Err(_) => return Err(Trouble::answer("the answer is not HTTP")),
    };
    if head.code != Some(200) {
        let code = head.code.unwrap_or_default();
        return Err(Trouble::answer(&format!("the answer is status {code}")));
    }
    let body = answer.get(length..).unwrap_or_default();
    let field = |name: &str| {
        let mut fields = head.headers.iter();
        fields.find(|field| field.name.eq_ignore_ascii_case(name))
    };
    if let Some(coding) = field("transfer-encoding") {
        if !coding.value.eq_ignore_ascii_case(b"chunked") {
            return Err(Trouble::answer("the answer is in an unknown coding"));
        }
        return unchunked(body)?.map_or_else(cut, |body| Ok(Some(body)));
    }
    let Some(length) = field("content-length") else {
        return Ok(ended.then(|| body.to_vec()));
    };
    let length = str::from_utf8(length.value)
        .ok()
        .and_then(|text| text.trim().parse::<usize>().ok());
    let length = length.ok_or_else(|| Trouble::answer("the answer is of no known length"))?;
    body.get(..length)
        .map_or_else(cut, |body| Ok(Some(body.to_vec())))
}

/// What was sent in chunks, joined; nothing if the last one has not come.
fn unchunked(mut rest: &[u8]) -> Result<Option<Vec<u8>>, Trouble> {
    let mut joined = Vec::new();
    loop {
        match httparse::parse_chunk_size(rest) {
            Ok(httparse::Status::Complete((_, 0))) => return Ok(Some(joined)),
            Ok(httparse::Status::Complete((start, size))) => {
                // With the end of line after it.
                let end = usize::try_from(size)
                    .unwrap_or(usize::MAX)
                    .saturating_add(start);
                let Some(chunk) = rest.get(start..end) else {
                    return Ok(None);
                };
                joined.extend_from_slice(chunk);
                let Some(after) = rest.get(end.saturating_add(2)..) else {
                    return Ok(None);
                };
                rest = after;
            }
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(_) => return Err(Trouble::answer("the answer has a chunk without a size")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;

    #[test]
    fn a_socket_where_too_many_wait_is_not_waited_for_without_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.sock");
        let listener = UnixListener::bind(&path).unwrap();
        // Room for one, whom nobody accepts.
        rustix::net::listen(&listener, 0).unwrap();
        let _first = UnixStream::connect(&path).unwrap();
        let place: Listen = format!("unix:{}", path.display()).parse().unwrap();
        let begun = clock::now();
        let trouble = fetch(&place).unwrap_err();
        assert_eq!(trouble.what, "no answer in time");
        assert!(begun.elapsed() < 3 * DEADLINE, "{:?}", begun.elapsed());
    }
}
