//! The listening socket: opened before privileges are given up, removed at the end.

use super::listen::{Listen, Place};
use crate::spelling::reason;
use rustix::fd::OwnedFd;
use rustix::fs::{CWD, Mode, OFlags, chmod, fchmod, fstat, openat};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, connect, listen, socket_with,
    sockopt,
};
use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

/// Connections that wait to be accepted at most. *Guessed*: a burst of idle ones shall not keep a scraper
/// from the queue.
const BACKLOG: i32 = 1_024;

/// Owner and group may connect.
const MODE: Mode = Mode::from_raw_mode(0o660);

/// Why there is no socket: what, where, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {place}: {hint}")]
pub struct BindError {
    what: String,
    place: String,
    hint: &'static str,
    permission: bool,
}

impl BindError {
    /// Whether a permission is missing.
    #[must_use]
    pub const fn is_permission(&self) -> bool {
        self.permission
    }
}

/// A socket that is listened on.
pub(super) enum Socket {
    Loopback(TcpListener),
    Unix(UnixListener, Node),
}

impl Socket {
    /// Begins to listen. Nothing is accepted yet.
    pub(super) fn bind(place: &Listen) -> Result<Self, BindError> {
        let bound = match &place.0 {
            Place::Loopback(address) => loopback(*address).map(Self::Loopback),
            Place::Unix(path) => unix(path).map(|(socket, node)| Self::Unix(socket, node)),
        };
        bound.map_err(|refusal| refusal.at(place))
    }

    /// Where it listens: as given, with the port that was free if none was.
    pub(super) fn place(&self, given: &Listen) -> Listen {
        match self {
            Self::Loopback(socket) => socket
                .local_addr()
                .map_or_else(|_| given.clone(), |at| Listen(Place::Loopback(at))),
            Self::Unix(..) => given.clone(),
        }
    }
}

/// Why not, before it is said where.
enum Refusal {
    /// Somebody else is there.
    Taken,
    /// Something else is there.
    NoSocket,
    System(io::Error),
}

impl<E: Into<io::Error>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self::System(error.into())
    }
}

impl Refusal {
    fn at(self, place: &Listen) -> BindError {
        let error = |what: String, hint| BindError {
            what,
            place: place.to_string(),
            hint,
            permission: false,
        };
        match self {
            Self::Taken => error(
                "something listens there already".into(),
                "end it, or show metrics at another place",
            ),
            Self::NoSocket => error(
                "what is there is no socket".into(),
                "remove it, or name another path",
            ),
            Self::System(cause) => {
                let hint = match cause.kind() {
                    io::ErrorKind::NotFound => "create the folder first",
                    io::ErrorKind::PermissionDenied => {
                        "choose a place that this user may listen at"
                    }
                    io::ErrorKind::AddrNotAvailable => {
                        "bring the loopback interface up: ip link set lo up"
                    }
                    _ => "show metrics at another place",
                };
                BindError {
                    permission: cause.kind() == io::ErrorKind::PermissionDenied,
                    ..error(format!("cannot listen ({})", reason(&cause)), hint)
                }
            }
        }
    }
}

fn stream(family: AddressFamily) -> rustix::io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    socket_with(family, SocketType::STREAM, flags, None)
}

fn loopback(address: SocketAddr) -> Result<TcpListener, Refusal> {
    let family = if address.is_ipv4() {
        AddressFamily::INET
    } else {
        AddressFamily::INET6
    };
    let socket = stream(family)?;
    // Connections of the run before may still be in their last state.
    sockopt::set_socket_reuseaddr(&socket, true)?;
    match bind(&socket, &address) {
        Err(Errno::ADDRINUSE) => return Err(Refusal::Taken),
        other => other?,
    }
    listen(&socket, BACKLOG)?;
    Ok(TcpListener::from(socket))
}

fn unix(path: &Path) -> Result<(UnixListener, Node), Refusal> {
    remove_stale(path)?;
    let socket = stream(AddressFamily::UNIX)?;
    // Before it has a name: there is no moment at which others could connect.
    fchmod(&socket, MODE)?;
    match bind(&socket, &SocketAddrUnix::new(path)?) {
        Err(Errno::ADDRINUSE) => return Err(Refusal::Taken),
        other => other?,
    }
    let node = Node::new(path)?;
    listen(&socket, BACKLOG)?;
    Ok((UnixListener::from(socket), node))
}

/// Removes what a run that was killed has left: a socket that nobody listens on, and nothing else.
fn remove_stale(path: &Path) -> Result<(), Refusal> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
        Ok(there) if !there.file_type().is_socket() => return Err(Refusal::NoSocket),
        Ok(_) => {}
    }
    // It does not block, as a listener with a full queue would make it.
    match connect(&stream(AddressFamily::UNIX)?, &SocketAddrUnix::new(path)?) {
        Err(Errno::CONNREFUSED) => Ok(fs::remove_file(path)?),
        Ok(()) | Err(Errno::AGAIN) => Err(Refusal::Taken),
        Err(error) => Err(error.into()),
    }
}

/// The name of a Unix socket; removed when dropped, if it still is this socket's.
pub(super) struct Node {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl Node {
    /// Of the socket that was bound to this path, with its mode as it shall be: the umask may have taken
    /// from it.
    fn new(path: &Path) -> Result<Self, Refusal> {
        // Not followed: the path could lead elsewhere by now.
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let bound = openat(CWD, path, flags, Mode::empty())?;
        let status = fstat(&bound)?;
        let node = Self {
            path: path.to_owned(),
            device: status.st_dev,
            inode: status.st_ino,
        };
        chmod(format!("/proc/self/fd/{}", bound.as_raw_fd()), MODE)?;
        Ok(node)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let same = fs::symlink_metadata(&self.path)
            .is_ok_and(|there| (there.dev(), there.ino()) == (self.device, self.inode));
        // A folder that may no longer be written keeps it: the next run replaces it.
        if same && fs::remove_file(&self.path).is_err() {
            tracing::debug!("the socket for metrics stays: {}", self.path.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::net::UnixStream;

    fn at(path: &Path) -> Listen {
        format!("unix:{}", path.display()).parse().unwrap()
    }

    fn refused(place: &Listen) -> String {
        match Socket::bind(place) {
            Ok(_) => panic!("{place} was not refused"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_unix_socket_is_open_to_owner_and_group_and_gone_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.sock");
        let socket = Socket::bind(&at(&path)).unwrap();
        let mode = path.symlink_metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o660);
        UnixStream::connect(&path).unwrap();
        drop(socket);
        assert!(!path.exists());
    }

    #[test]
    fn a_socket_that_a_killed_run_left_is_replaced_and_one_in_use_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.sock");
        drop(UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        let first = Socket::bind(&at(&path)).unwrap();
        assert!(refused(&at(&path)).starts_with("something listens there already: unix:/"));
        UnixStream::connect(&path).unwrap();
        drop(first);
    }

    #[test]
    fn what_is_no_socket_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("records.jsonl");
        fs::write(&file, "kept").unwrap();
        assert!(refused(&at(&file)).starts_with("what is there is no socket: unix:/"));
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert!(refused(&at(&link)).starts_with("what is there is no socket"));
        assert_eq!(fs::read_to_string(&file).unwrap(), "kept");
        let nowhere = refused(&at(&folder.path().join("no/metrics.sock")));
        assert!(nowhere.ends_with("create the folder first"), "{nowhere}");
    }

    #[test]
    fn a_name_that_another_run_took_over_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.sock");
        let socket = Socket::bind(&at(&path)).unwrap();
        fs::remove_file(&path).unwrap();
        let other = UnixListener::bind(&path).unwrap();
        drop(socket);
        assert!(path.exists());
        drop(other);
    }

    #[test]
    fn a_port_that_is_taken_is_refused_with_what_to_do() {
        let any: Listen = "127.0.0.1:0".parse().unwrap();
        let socket = Socket::bind(&any).unwrap();
        let place = socket.place(&any);
        assert_ne!(place, any);
        assert!(refused(&place).starts_with(&format!("something listens there already: {place}")));
    }
}
