//! Frames that are longer than their interface takes: something joined packets before they were seen (GRO,
//! LRO). Octets are right then, and packets too few, which whoever runs the sensor should know.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

/// Octets around a packet of the greatest length: headers of the link and tags. *Guessed*: twice what any
/// usual link has.
const AROUND: u32 = 200;

/// What interfaces take, in their order.
pub(super) struct Lengths(Vec<Interface>);

struct Interface {
    name: String,
    /// Its MTU, if that is known.
    mtu: Option<u32>,
    is_told: AtomicBool,
}

impl Lengths {
    /// Asks what they take, which has to be done before the sandbox.
    pub(super) fn new(names: &[String]) -> Self {
        let interface = |name: &String| {
            let text = fs::read_to_string(format!("/sys/class/net/{name}/mtu"));
            Interface {
                name: name.clone(),
                mtu: text.ok().and_then(|text| text.trim().parse().ok()),
                is_told: AtomicBool::new(false),
            }
        };
        Self(names.iter().map(interface).collect())
    }

    /// Tells of frames that were joined, once for each interface. `longest` is what was seen of this one, in
    /// octets on the wire.
    pub(super) fn saw(&self, interface: usize, longest: u32) {
        let Some(Interface { name, mtu, is_told }) = self.0.get(interface) else {
            return;
        };
        if let Some(mtu) = mtu.filter(|mtu| are_joined(longest, *mtu))
            && !is_told.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(
                "frames longer than the interface takes: {name}: {longest} octets, and {mtu} fit: \
                 packets were joined before they were counted; ethtool -K {name} gro off lro off"
            );
        }
    }
}

/// Two packets in one are longer than this, unless they are short.
const fn are_joined(length: u32, mtu: u32) -> bool {
    length > mtu.saturating_add(mtu / 2).saturating_add(AROUND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_55_two_packets_of_full_length_are_too_long_and_one_in_a_tunnel_is_not() {
        assert!(!are_joined(1_514, 1_500) && !are_joined(1_600, 1_500));
        assert!(are_joined(2 * 1_448 + 66, 1_500) && are_joined(65_226, 1_500));
        assert!(!are_joined(65_550, 65_536) && !are_joined(9_022, 9_000));
    }
}
