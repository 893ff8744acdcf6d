//! Why an interface cannot be captured from, or no more.

use std::fs;

/// A live source failed. Never says anything of a packet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LiveError {
    /// There is no interface of this name.
    #[error("no such interface: {name}: {}", hint(known))]
    NoSuchInterface {
        /// As given.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// This user may not capture.
    #[error("no permission to capture: {name}")]
    Permission {
        /// The interface.
        name: String,
    },
    /// The interface is down.
    #[error("interface is down: {name}: ip link set {name} up")]
    Down {
        /// The interface.
        name: String,
    },
    /// libpcap does not understand the filter.
    #[error("bad filter ({reason}): {filter}: see pcap-filter(7)")]
    Filter {
        /// The filter, cut where it is long.
        filter: String,
        /// What libpcap says.
        reason: String,
    },
    /// The socket could not be set up, or it failed later.
    #[error("cannot {what} ({reason}): {name}: check the interface, and memory for --ring-mib")]
    Failed {
        /// The interface.
        name: String,
        /// What was tried.
        what: &'static str,
        /// What libpcap or the system says.
        reason: String,
    },
    /// The interface was removed while frames were captured from it.
    #[error("interface disappeared: {name}: what came before was kept")]
    Gone {
        /// The interface.
        name: String,
    },
}

fn hint(known: &[String]) -> String {
    if known.is_empty() {
        "there is no interface here".to_owned()
    } else {
        format!("there are {}", known.join(", "))
    }
}

/// The names of the interfaces of this system, sorted; needs no permission.
#[must_use]
pub fn interfaces() -> Vec<String> {
    let mut names: Vec<String> = match ::pcap::Device::list() {
        // Some of libpcap's devices are not interfaces: `any`, `nflog`, D-Bus and the like.
        Ok(devices) => devices.into_iter().map(|device| device.name).collect(),
        Err(_) => Vec::new(),
    };
    names.retain(|name| super::links::index(name).is_some());
    if names.is_empty() {
        let entries = fs::read_dir("/sys/class/net")
            .into_iter()
            .flatten()
            .flatten();
        names = entries
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
    }
    names.sort();
    names
}
