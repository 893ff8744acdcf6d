//! Where records go, as it is named on the command line and in files.

use super::ipfix::IPFIX_ENTERPRISE;
use super::{Format, Rotation};
use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// Where records go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Standard output.
    Stdout,
    /// A file, replaced as a whole; a folder; or a pipe or device.
    Path(PathBuf),
    /// An IPFIX collector. Best effort: what the network drops, nobody knows.
    Udp(Collector),
    /// An IPFIX collector, over a connection (RFC 7011 §10.4).
    Tcp(Collector),
    /// A topic of a Kafka cluster. Needs the feature `kafka`.
    Kafka(Topic),
}

/// What is known when an output is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Where records go.
    pub target: Target,
    /// As what.
    pub format: Format,
    /// Whether the digests of complete files are wanted.
    pub digest: bool,
    /// Name of the sensor.
    pub sensor: String,
    /// First 16 hex digits of the country table's digest, as in records.
    pub geo: String,
    /// Whether the run is live: then what is not taken at once is lost. In a replay everything waits.
    pub is_live: bool,
    /// When a file of a folder is complete, in a live run.
    pub rotation: Rotation,
    /// IPFIX: the private enterprise number of our own elements.
    pub enterprise: u32,
    /// Where records wait while nobody takes them, in a live run; without it in memory alone.
    pub spool: Option<SpoolPlace>,
}

/// Where records may wait on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpoolPlace {
    /// A folder that is there.
    pub folder: PathBuf,
    /// Bytes that they may take up.
    pub bytes: u64,
}

impl Opening {
    /// Of a replay, with nothing known but where and as what.
    #[must_use]
    pub fn new(target: impl Into<Target>, format: Format) -> Self {
        Self {
            target: target.into(),
            format,
            digest: false,
            sensor: String::new(),
            geo: String::new(),
            is_live: false,
            rotation: Rotation {
                bytes: u64::MAX,
                nanos: u64::MAX,
            },
            enterprise: IPFIX_ENTERPRISE,
            spool: None,
        }
    }
}

/// Host and port of a collector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collector {
    /// A name, or an address without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
}

/// A topic and the brokers that know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// `HOST:PORT`, at least one.
    pub brokers: Vec<String>,
    /// The topic's name.
    pub name: String,
}

impl Target {
    /// Reads what was given: `-`, `udp://HOST:PORT`, `tcp://HOST:PORT`, `kafka://BROKER[,BROKER]/TOPIC`,
    /// or a path.
    ///
    /// # Errors
    /// What is wrong with it, and what to write instead.
    pub fn parse(text: &str) -> Result<Self, (String, &'static str)> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return Ok(Self::from(Path::new(text)));
        };
        match scheme {
            "udp" => Collector::parse(scheme, rest).map(Self::Udp),
            "tcp" => Collector::parse(scheme, rest).map(Self::Tcp),
            "kafka" => Topic::parse(rest).map(Self::Kafka),
            _ => Err((
                format!("no output is reached by `{scheme}://`"),
                "use a path, -, udp://HOST:PORT, tcp://HOST:PORT or kafka://HOST:PORT/TOPIC",
            )),
        }
    }

    /// The path, where it is one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Path(path) => Some(path),
            Self::Stdout | Self::Udp(_) | Self::Tcp(_) | Self::Kafka(_) => None,
        }
    }

    /// Whether records leave this machine's files and pipes for a network.
    #[must_use]
    pub const fn is_network(&self) -> bool {
        matches!(self, Self::Udp(_) | Self::Tcp(_) | Self::Kafka(_))
    }
}

impl Collector {
    fn parse(scheme: &str, text: &str) -> Result<Self, (String, &'static str)> {
        let wrong = || {
            (
                format!("no collector is named by `{scheme}://{text}`"),
                "write HOST:PORT, an IPv6 address in brackets",
            )
        };
        let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
        let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
        let host = match bare {
            Some(host) => host,
            None if host.contains([':', '/']) || host.is_empty() => return Err(wrong()),
            None => host,
        };
        Ok(Self {
            host: host.to_owned(),
            port: port.parse().ok().filter(|p| *p != 0).ok_or_else(wrong)?,
        })
    }
}

impl Topic {
    fn parse(text: &str) -> Result<Self, (String, &'static str)> {
        let wrong = || {
            (
                format!("no topic is named by `kafka://{text}`"),
                "write HOST:PORT[,HOST:PORT]/TOPIC, the topic of letters, digits, `.`, `_` and `-`",
            )
        };
        let (brokers, name) = text.split_once('/').ok_or_else(wrong)?;
        // Kafka's own rule for names of topics.
        let is_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        let brokers: Vec<String> = brokers.split(',').map(str::to_owned).collect();
        let has_port = |broker: &String| {
            host_and_port(broker).is_some_and(|(host, port)| !host.is_empty() && port != 0)
        };
        let is_good = (1..=249).contains(&name.len()) && name.bytes().all(is_name);
        if !is_good || !brokers.iter().all(has_port) {
            return Err(wrong());
        }
        Ok(Self {
            brokers,
            name: name.to_owned(),
        })
    }
}

impl Topic {
    /// The ports of the brokers, each once.
    #[must_use]
    pub fn ports(&self) -> Vec<u16> {
        let ports = self
            .brokers
            .iter()
            .filter_map(|broker| host_and_port(broker));
        let mut ports: Vec<u16> = ports.map(|(_, port)| port).collect();
        ports.sort_unstable();
        ports.dedup();
        ports
    }

    /// Whether a broker is known by name.
    #[must_use]
    pub fn has_names(&self) -> bool {
        let mut hosts = self
            .brokers
            .iter()
            .filter_map(|broker| host_and_port(broker));
        hosts.any(|(host, _)| {
            let bare = host.trim_start_matches('[').trim_end_matches(']');
            bare.parse::<IpAddr>().is_err()
        })
    }
}

fn host_and_port(broker: &str) -> Option<(&str, u16)> {
    let (host, port) = broker.rsplit_once(':')?;
    Some((host, port.parse().ok()?))
}

impl From<&Path> for Target {
    fn from(path: &Path) -> Self {
        match path.as_os_str() == "-" {
            true => Self::Stdout,
            false => Self::Path(path.to_owned()),
        }
    }
}

impl From<&PathBuf> for Target {
    fn from(path: &PathBuf) -> Self {
        Self::from(path.as_path())
    }
}

impl From<&Self> for Target {
    fn from(target: &Self) -> Self {
        target.clone()
    }
}

impl fmt::Display for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        match host.contains(':') {
            true => write!(f, "[{host}]:{port}"),
            false => write!(f, "{host}:{port}"),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdout => f.write_str("-"),
            Self::Path(path) => path.display().fmt(f),
            Self::Udp(collector) => write!(f, "udp://{collector}"),
            Self::Tcp(collector) => write!(f, "tcp://{collector}"),
            Self::Kafka(Topic { brokers, name }) => {
                write!(f, "kafka://{}/{name}", brokers.join(","))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_back_is_what_was_given() {
        for text in [
            "-",
            "flows.jsonl",
            "folder/",
            "udp://127.0.0.1:4739",
            "udp://[2001:db8::1]:4739",
            "tcp://collector.example:4739",
            "kafka://a:9092,b:9092/flows.v1",
        ] {
            assert_eq!(Target::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_topic_tells_what_is_connected_to() {
        let topic = |text: &str| match Target::parse(text) {
            Ok(Target::Kafka(topic)) => (topic.ports(), topic.has_names()),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            topic("kafka://192.0.2.1:9092,[2001:db8::1]:9093,192.0.2.2:9092/t"),
            (vec![9092, 9093], false)
        );
        assert_eq!(topic("kafka://a:1,192.0.2.1:1/t"), (vec![1], true));
    }

    #[test]
    fn what_names_nothing_is_refused() {
        for text in [
            "http://a:1",
            "udp://",
            "udp://a",
            "udp://:1",
            "udp://a:0",
            "udp://a:65536",
            "udp://::1:4739",
            "tcp://a:1/x",
            "kafka://a:9092",
            "kafka://a:9092/",
            "kafka:///t",
            "kafka://a/t",
            "kafka://a:0/t",
            "kafka://a:1,/t",
            "kafka://a:1/t t",
        ] {
            assert!(Target::parse(text).is_err(), "{text}");
        }
    }
}
