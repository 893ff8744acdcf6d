//! The connections that are open at once: few, none for long, and the one that says nothing makes room for
//! one that may.
//!
//! What this does not stop: a process of this host that opens sixteen connections faster than a scraper sends
//! its request after connecting. Capture does not notice either.

use super::answer::answer;
use super::exposition::Exposition;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::AbortHandle;

/// Connections at once. *Given* by what may scrape one sensor: two Prometheis, a watch, a probe, twice over.
const AT_ONCE: usize = 16;

/// From the beginning of a connection to its end: a scrape takes milliseconds.
const WHOLE: Duration = Duration::from_secs(5);

/// Bytes of a request's head at most: the least that the HTTP library can be told.
const HEAD: usize = 8_192;

/// Header fields of a request at most; Prometheus sends six.
const FIELDS: usize = 32;

/// At most [`AT_ONCE`], from the oldest to the newest.
#[derive(Default)]
pub(super) struct Connections {
    open: Vec<Open>,
}

struct Open {
    /// Whether its request has come.
    heard: Arc<AtomicBool>,
    task: AbortHandle,
}

/// How a connection came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// There was room.
    Free,
    /// Another one was closed unanswered, or in the middle of its answer.
    InPlaceOfAnother,
}

impl Connections {
    /// Attends to one more. Where there are too many, the oldest of which nothing was heard is closed; if all
    /// were heard, the oldest: what is not written to it at once, it does not read.
    pub(super) fn admit<S>(&mut self, stream: S, exposition: &Arc<Exposition>) -> Admission
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        self.open.retain(|open| !open.task.is_finished());
        let mut admission = Admission::Free;
        if self.open.len() >= AT_ONCE {
            let silent = |open: &Open| !open.heard.load(Ordering::Relaxed);
            let victim = self.open.iter().position(silent).unwrap_or(0);
            self.open.remove(victim).task.abort();
            admission = Admission::InPlaceOfAnother;
        }
        let heard = Arc::default();
        let attending = attend(stream, Arc::clone(&heard), Arc::clone(exposition));
        self.open.push(Open {
            heard,
            task: tokio::spawn(attending).abort_handle(),
        });
        admission
    }
}

/// Answers one request and closes.
async fn attend<S>(stream: S, heard: Arc<AtomicBool>, exposition: Arc<Exposition>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(|request| {
        heard.store(true, Ordering::Relaxed);
        let response = answer(&request, &exposition);
        async { Ok::<_, Infallible>(response) }
    });
    let mut http = http1::Builder::new();
    http.keep_alive(false)
        .max_buf_size(HEAD)
        .max_headers(FIELDS);
    let connection = http.serve_connection(TokioIo::new(stream), service);
    // How it ended concerns the other side alone.
    let _ = tokio::time::timeout(WHOLE, connection).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Board;
    use crate::time::Timestamp;
    use std::io;
    use std::pin::Pin;
    use std::sync::Mutex;
    use std::task::{Context, Poll};
    use tokio::io::ReadBuf;

    /// A peer that sends this, once, and never reads. Says when it is let go.
    struct Peer {
        name: usize,
        sends: &'static [u8],
        gone: Arc<Mutex<Vec<usize>>>,
    }

    impl AsyncRead for Peer {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            to: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            if self.sends.is_empty() {
                return Poll::Pending;
            }
            to.put_slice(std::mem::take(&mut self.sends));
            Poll::Ready(Ok(()))
        }
    }

    impl AsyncWrite for Peer {
        fn poll_write(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &[u8],
        ) -> Poll<io::Result<usize>> {
            Poll::Pending
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Pending
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    impl Drop for Peer {
        fn drop(&mut self) {
            self.gone.lock().unwrap().push(self.name);
        }
    }

    #[test]
    fn the_silent_make_room_first_then_those_that_do_not_read_and_the_oldest_of_them() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let board = Arc::new(Board::new(Timestamp::ZERO, ["eth0"], 1));
        let exposition = Arc::new(Exposition::new(&board).unwrap());
        let gone = Arc::default();
        let mut connections = Connections::default();
        let mut admit = |name: usize| {
            let asks = !matches!(name, 3 | 7 | 20..);
            let peer = Peer {
                name,
                sends: if asks { b"GET / HTTP/1.1\r\n\r\n" } else { b"" },
                gone: Arc::clone(&gone),
            };
            let admission = connections.admit(peer, &exposition);
            (admission, connections.open.len())
        };
        runtime.block_on(async {
            for name in 0..AT_ONCE {
                assert_eq!(admit(name), (Admission::Free, name + 1));
                tokio::task::yield_now().await;
            }
            // Two are silent, then none is, then each newest.
            for (name, leaves) in [
                (16, 3),
                (17, 7),
                (18, 0),
                (19, 1),
                (20, 2),
                (21, 20),
                (22, 21),
            ] {
                assert_eq!(admit(name), (Admission::InPlaceOfAnother, AT_ONCE));
                tokio::task::yield_now().await;
                assert_eq!(gone.lock().unwrap().last(), Some(&leaves));
            }
        });
    }
}
