//! IPFIX (RFC 7011): records as messages to a collector over UDP or TCP, or in files (RFC 5655).
//!
//! It must never tell more of a packet than its record says, and of what was excluded only counts. In: ended
//! records. Out: messages that any collector can read, with templates, what our own elements are (RFC 5610),
//! and what a run excluded or lost as options records.
//!
//! ```text
//!   render: Ended ─▶ piece (a data record, any thread) ─▶ Exporter: Message ─▶ Carrier: Udp, Tcp, file
//! ```
//!
//! Why the profile is as it is: docs/ipfix.md.

mod carrier;
mod elements;
mod exporter;
mod file;
mod message;
mod piece;
mod read;
mod record;
mod resolve;
mod stream;
mod tcp;
mod template;
#[cfg(test)]
mod tests;
mod udp;

use super::{Collector, Error, Format, Opening, Target};
use carrier::Carrier;
pub use elements::IPFIX_ENTERPRISE;
use exporter::{Exporter, Profile};
pub(super) use read::{measure, read};
pub(super) use record::render;
use sha2::{Digest as _, Sha256};
use tcp::Tcp;
use udp::Udp;

/// Opens what takes messages.
pub(super) fn open(opening: &Opening) -> Result<Box<dyn Collector>, Error> {
    let carrier: Box<dyn Carrier> = match &opening.target {
        Target::Udp(collector) => Box::new(Udp::open(collector, opening)?),
        Target::Tcp(collector) => Box::new(Tcp::open(collector, opening)?),
        Target::Stdout | Target::Path(_) => file::open(opening)?,
        Target::Kafka(_) => {
            return Err(Error::NoCollector {
                target: opening.target.to_string(),
            });
        }
    };
    let profile = Profile {
        is_uniflow: opening.format == Format::IpfixUniflow,
        domain: domain(&opening.sensor),
        enterprise: opening.enterprise,
    };
    Ok(Box::new(Exporter::new(profile, carrier)))
}

/// The observation domain of a sensor: the first 32 bits of its name's SHA-256. 0 would stand for no domain
/// (RFC 7011 §3.1).
fn domain(sensor: &str) -> u32 {
    let hash = Sha256::digest(sensor.as_bytes());
    let first = hash
        .first_chunk()
        .map_or(0, |first| u32::from_be_bytes(*first));
    first.max(1)
}
