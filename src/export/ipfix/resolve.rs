//! Names of collectors as addresses: once, when an output is opened. A capture cannot ask for them later.

use crate::export::target::Collector;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};

/// All addresses of a collector, at least one.
pub(super) fn resolve(collector: &Collector) -> io::Result<Vec<SocketAddr>> {
    let Collector { host, port } = collector;
    let places: Vec<SocketAddr> = (host.as_str(), *port).to_socket_addrs()?.collect();
    if places.is_empty() {
        return Err(io::Error::new(io::ErrorKind::NotFound, "no such host"));
    }
    Ok(places)
}

/// What the first of the places gives where that does not fail; else how the last failed.
pub(super) fn first<T>(
    places: &[SocketAddr],
    connect: impl Fn(&SocketAddr) -> io::Result<T>,
) -> io::Result<T> {
    let mut result = Err(io::ErrorKind::AddrNotAvailable.into());
    for place in places {
        result = connect(place);
        if result.is_ok() {
            break;
        }
    }
    result
}
