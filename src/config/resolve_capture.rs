//! What sections `[capture]` and `[metrics]` mean.

use super::error::Error;
use super::given::Given;
use super::layer::{CaptureLayer, MetricsLayer};
use super::resolve::From;
use super::values::SandboxMode;
use super::{Capture, Metrics};

/// The longest name of an interface, *given* by Linux (`IFNAMSIZ` less the terminating zero).
const LONGEST_NAME: usize = 15;

/// The longest filter, in bytes. *Guessed*: libpcap takes minutes for one of a megabyte.
const LONGEST_FILTER: usize = 16_384;

impl From<'_> {
    /// Resolves the section.
    pub(super) fn capture(self, layer: CaptureLayer, default: Capture) -> Result<Capture, Error> {
        let CaptureLayer {
            interfaces,
            filter,
            snaplen,
            ring_mib,
            promisc,
            lanes,
            sandbox,
        } = layer;
        let mut names = Vec::new();
        for given in interfaces.map(|given| given.value).unwrap_or_default() {
            let name = self.interface(given, &names)?;
            names.push(name);
        }
        let filter = match filter {
            None => default.filter,
            Some(given) if given.value.len() <= LONGEST_FILTER => given.value,
            Some(given) => {
                return Err(self.forbid(
                    &given.origin,
                    format!("`filter` has {} bytes", given.value.len()),
                    format!("give at most {LONGEST_FILTER}"),
                ));
            }
        };
        let whole = |given, name: &str, range, unit: &str, default: u32| {
            self.number(given, name, range, unit, u64::from(default))
                .map(|number| number as u32)
        };
        Ok(Capture {
            interfaces: names,
            filter,
            snaplen: whole(snaplen, "snaplen", 128..=262_144, " bytes", default.snaplen)?,
            ring_mib: whole(ring_mib, "ring_mib", 1..=2047, " MiB", default.ring_mib)?,
            promisc: promisc.map_or(default.promisc, |given| given.value),
            lanes: whole(lanes, "lanes", 1..=64, "", default.lanes as u32)? as usize,
            sandbox: match sandbox {
                None => default.sandbox,
                Some(given) => self.choice(
                    &given,
                    "sandbox",
                    &[SandboxMode::Auto, SandboxMode::Strict, SandboxMode::Lenient],
                    SandboxMode::id,
                )?,
            },
        })
    }

    /// Resolves section `[metrics]`. What an address may be, the endpoint knows.
    pub(super) fn metrics(layer: MetricsLayer, default: Metrics) -> Metrics {
        let MetricsLayer { listen } = layer;
        Metrics {
            listen: listen.map_or(default.listen, |given| given.value),
        }
    }

    fn interface(self, given: Given<String>, before: &[String]) -> Result<String, Error> {
        let name = given.value;
        let odd = |c: char| c == '/' || c.is_whitespace() || c.is_control();
        if name.is_empty() || name.len() > LONGEST_NAME || name.contains(odd) {
            return Err(self.refuse(
                &given.origin,
                format!("`{name}` is no name of an interface"),
                "ip link lists those that there are",
            ));
        }
        if before.contains(&name) {
            return Err(self.refuse(
                &given.origin,
                format!("interface `{name}` stands twice"),
                "name it once: every frame would be counted twice",
            ));
        }
        Ok(name)
    }
}
