//! The endpoint that Prometheus scrapes: HTTP/1 on a thread of its own. Whatever is sent to it, capture
//! goes on.

use super::board::Board;
use super::connections::{Admission, Connections};
use super::exposition::Exposition;
use super::listen::Listen;
use super::socket::{BindError, Node, Socket};
use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

/// After an error of the system in accepting, such as no free descriptor.
const PAUSE: Duration = Duration::from_millis(200);

/// A place that is listened at, before anybody is answered.
pub struct Endpoint {
    socket: Socket,
    place: Listen,
}

/// An endpoint that answers, until it is dropped.
pub struct Serving {
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    place: Listen,
}

impl Endpoint {
    /// Listens: to be called before privileges are given up.
    ///
    /// # Errors
    /// What keeps it from listening there, and what to do.
    pub fn bind(place: &Listen) -> Result<Self, BindError> {
        let socket = Socket::bind(place)?;
        let place = socket.place(place);
        Ok(Self { socket, place })
    }

    /// Where it listens, with the port that was free if any was asked for.
    #[must_use]
    pub const fn place(&self) -> &Listen {
        &self.place
    }

    /// Answers with what is on the board, from a thread of its own: to be called after privileges are given
    /// up.
    ///
    /// # Errors
    /// If the system gives no event queue or no thread.
    pub fn serve(self, board: Arc<Board>) -> io::Result<Serving> {
        let Self { socket, place } = self;
        let exposition = Arc::new(Exposition::new(&board)?);
        // The event queue is asked before every accept: who sends his request at once is heard before
        // the next one comes.
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .event_interval(1)
            .build()?;
        let (end, ended) = oneshot::channel();
        let node = start(&runtime, socket, board, exposition)?;
        let thread = thread::Builder::new()
            .name("metrics".into())
            .spawn(move || {
                // Told, or whoever could tell is gone.
                let _ = runtime.block_on(ended);
                // Only here: until then the name leads to somebody who answers.
                drop(node);
            })?;
        Ok(Serving {
            end: Some(end),
            thread: Some(thread),
            place,
        })
    }
}

impl Serving {
    /// Where it answers.
    #[must_use]
    pub const fn place(&self) -> &Listen {
        &self.place
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        if let Some(end) = self.end.take() {
            // Refused only by a thread that has ended.
            let _ = end.send(());
        }
        if let Some(thread) = self.thread.take() {
            // Its panic would have been told by the hook.
            let _ = thread.join();
        }
    }
}

/// Puts the accepting on a runtime that does not run yet.
fn start(
    runtime: &Runtime,
    socket: Socket,
    board: Arc<Board>,
    exposition: Arc<Exposition>,
) -> io::Result<Option<Node>> {
    let _entered = runtime.enter();
    match socket {
        Socket::Loopback(socket) => {
            runtime.spawn(accept(TcpListener::from_std(socket)?, board, exposition));
            Ok(None)
        }
        Socket::Unix(socket, node) => {
            runtime.spawn(accept(UnixListener::from_std(socket)?, board, exposition));
            Ok(Some(node))
        }
    }
}

async fn accept(listener: impl Listener, board: Arc<Board>, exposition: Arc<Exposition>) {
    let mut connections = Connections::default();
    loop {
        match listener.next().await {
            Ok(stream) => {
                if connections.admit(stream, &exposition) == Admission::InPlaceOfAnother {
                    board.count_refused_scrape();
                }
            }
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
        // Whoever was accepted is heard before the next one is.
        tokio::task::yield_now().await;
    }
}

/// What the two kinds of sockets have in common.
trait Listener: Send + 'static {
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    fn next(&self) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

impl Listener for TcpListener {
    type Stream = TcpStream;

    async fn next(&self) -> io::Result<TcpStream> {
        self.accept().await.map(|(stream, _)| stream)
    }
}

impl Listener for UnixListener {
    type Stream = UnixStream;

    async fn next(&self) -> io::Result<UnixStream> {
        self.accept().await.map(|(stream, _)| stream)
    }
}
