//! Interfaces whose frames are not decoded are refused: a run on one would exclude everything.

use crate::decode;
use crate::pipeline::{Failure, FailureKind};
use crate::source::{LinkType, LiveHandle, link_name};

/// Link types are numbered up to here. *Given*: the highest in libpcap 1.10 is 301.
const HIGHEST: u32 = 400;

/// Checks the link type of each interface. `handles`: by lane, then by interface, as `names` are.
///
/// # Errors
/// [`FailureKind::NotACapture`], with the link types that are decoded.
pub(super) fn check(names: &[String], handles: &[Vec<LiveHandle>]) -> Result<(), Failure> {
    for (name, handle) in names.iter().zip(handles.iter().flatten()) {
        if !decode::knows(handle.link()) {
            return Err(refusal(name, handle.link()));
        }
    }
    Ok(())
}

fn refusal(name: &str, link: LinkType) -> Failure {
    let called = link_name(link).unwrap_or_else(|| "no name".to_owned());
    let known = (0..=HIGHEST)
        .map(LinkType)
        .filter(|link| decode::knows(*link));
    let known: Vec<String> = known.filter_map(link_name).collect();
    Failure::new(
        FailureKind::NotACapture,
        format!("link type is not decoded ({called}, {})", link.0),
        name,
        format!("known are {}", known.join(", ")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_20_a_link_type_that_is_not_decoded_is_named_with_those_that_are() {
        // Bluetooth.
        let refused = refusal("hci0", LinkType(187));
        assert_eq!(refused.kind(), FailureKind::NotACapture);
        let line = refused.to_string();
        let begin =
            "link type is not decoded (BLUETOOTH_HCI_H4, 187): hci0: known are NULL, EN10MB, ";
        assert!(line.starts_with(begin), "{line}");
        for name in ["RAW", "LINUX_SLL", "LINUX_SLL2", "IEEE802_11_RADIO", "PPP"] {
            assert!(line.contains(&format!(" {name}")), "{line}");
        }
        assert!(
            !line.ends_with("BLUETOOTH_HCI_H4") && !line.contains("CAN_"),
            "{line}"
        );
    }
}
