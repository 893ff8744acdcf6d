//! Where metrics are shown: on loopback, or on a Unix socket. Nowhere else: they tell much about a network,
//! and nobody is asked who he is.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The port that is meant where none is given.
pub const PORT: u16 = 9317;

/// Longest path of a Unix socket in bytes, *given* by Linux (`sun_path` less the terminating zero).
const LONGEST_PATH: usize = 107;

/// A place that other machines cannot reach. Written as `127.0.0.1:9317`, `[::1]:9317` or `unix:/PATH`; a
/// port that is left out is [`PORT`], and 0 is any that is free.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen(pub(super) Place);

/// The two kinds. Private: an address that is not loopback cannot be put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Loopback(SocketAddr),
    Unix(PathBuf),
}

/// A place that is refused: what, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {place}: {hint}")]
pub struct ListenError {
    /// What is wrong with it.
    pub what: &'static str,
    /// As it was given, with nothing in it that could move a cursor.
    pub place: String,
    /// What to do.
    pub hint: &'static str,
}

impl Listen {
    /// The address and port, if it is none of a Unix socket.
    #[must_use]
    pub const fn loopback(&self) -> Option<SocketAddr> {
        match &self.0 {
            Place::Loopback(address) => Some(*address),
            Place::Unix(_) => None,
        }
    }

    /// The path of the Unix socket, if it is one: the sandbox must let it be removed.
    #[must_use]
    pub fn unix_path(&self) -> Option<&Path> {
        match &self.0 {
            Place::Loopback(_) => None,
            Place::Unix(path) => Some(path),
        }
    }
}

impl Default for Listen {
    /// `127.0.0.1:9317`.
    fn default() -> Self {
        Self(Place::Loopback(SocketAddr::from(([127, 0, 0, 1], PORT))))
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Loopback(address) => write!(f, "{address}"),
            Place::Unix(path) => write!(f, "unix:{}", path.display().to_string().escape_debug()),
        }
    }
}

impl FromStr for Listen {
    type Err = ListenError;

    fn from_str(text: &str) -> Result<Self, ListenError> {
        let refuse = |what, hint| {
            let place = text.escape_debug().to_string();
            Err(ListenError { what, place, hint })
        };
        if let Some(path) = text.strip_prefix("unix:") {
            let path = Path::new(path);
            if !path.is_absolute() || path.file_name().is_none() {
                return refuse(
                    "no place for a socket",
                    "give a whole path, like unix:/run/sekisho/metrics.sock",
                );
            }
            if path.as_os_str().len() > LONGEST_PATH || text.contains('\0') {
                return refuse(
                    "no path that a socket can have",
                    "give at most 107 bytes, none of them zero",
                );
            }
            return Ok(Self(Place::Unix(path.to_owned())));
        }
        let Some(address) = address(text) else {
            return refuse(
                "no place to show metrics at",
                "give 127.0.0.1:9317, [::1]:9317 or unix:/PATH",
            );
        };
        if !address.ip().is_loopback() {
            return refuse(
                "metrics would be open to other machines",
                "give 127.0.0.1, [::1] or unix:/PATH, and put a reverse proxy that asks for a password in front",
            );
        }
        Ok(Self(Place::Loopback(address)))
    }
}

/// An address with or without a port, and with or without brackets if it is of version 6.
fn address(text: &str) -> Option<SocketAddr> {
    let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
    let with_port = || {
        let ip = bare.unwrap_or(text).parse().ok()?;
        Some(SocketAddr::new(ip, PORT))
    };
    text.parse().ok().or_else(with_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_and_unix_sockets_are_understood_and_written_back() {
        for (given, written) in [
            ("127.0.0.1:9317", "127.0.0.1:9317"),
            ("127.0.0.1", "127.0.0.1:9317"),
            ("127.8.9.10:80", "127.8.9.10:80"),
            ("127.0.0.1:0", "127.0.0.1:0"),
            ("[::1]:9000", "[::1]:9000"),
            ("[::1]", "[::1]:9317"),
            ("::1", "[::1]:9317"),
            ("unix:/run/a b.sock", "unix:/run/a b.sock"),
        ] {
            let listen: Listen = given.parse().unwrap();
            assert_eq!(listen.to_string(), written);
            assert_eq!(written.parse::<Listen>().unwrap(), listen);
        }
        assert_eq!(Listen::default().to_string(), "127.0.0.1:9317");
    }

    #[test]
    fn what_other_machines_could_reach_is_refused_with_what_to_do() {
        for given in [
            "0.0.0.0:9317",
            "0.0.0.0",
            "[::]:9317",
            "::",
            "192.0.2.1:9317",
            "[2001:db8::1]:9317",
            "[::ffff:127.0.0.1]:9317",
            "126.255.255.255:9317",
            "128.0.0.0",
        ] {
            let error = given.parse::<Listen>().unwrap_err().to_string();
            assert!(error.starts_with("metrics would be open to other machines: "));
            assert!(error.contains(given) && error.contains("reverse proxy"));
        }
    }

    #[test]
    fn what_is_no_place_is_refused_in_one_line() {
        let long = format!("unix:/{}", "a".repeat(107));
        for given in [
            "",
            "9317",
            ":9317",
            "localhost:9317",
            "127.0.0.1:70000",
            "127.0.0.1:",
            "unix:",
            "unix:/",
            "unix:metrics.sock",
            "unix:/run/..",
            "unix:/a\0b",
            "tcp://127.0.0.1:9317",
            "127.0.0.1:9317\n\u{1b}[2J",
            &long,
        ] {
            let error = given.parse::<Listen>().unwrap_err().to_string();
            assert!(!error.contains(char::is_control), "{error:?}");
        }
        assert!(long[..long.len() - 1].parse::<Listen>().is_ok());
    }
}
