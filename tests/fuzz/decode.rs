//! Any bytes behind any link type: decoding ends, never panics, and says the same by both of its
//! paths. The first byte chooses the link type, the next two how many bytes a snap length cut off.

use sekisho::decode::{Headers, MAX_IP_LAYERS, MAX_SIDE_PAIRS, decode, general};
use sekisho::source::{Frame, LinkType};
use sekisho::time::Timestamp;

/// Every link type that is decoded, Ethernet more often, and one that is not.
const LINKS: [u32; 40] = [
    1, 1, 1, 1, 1, 0, 6, 8, 9, 10, 11, 12, 14, 50, 51, 101, 104, 105, 107, 108, 109, 113, 117, 119,
    122, 123, 127, 138, 163, 166, 192, 204, 219, 228, 229, 239, 240, 276, 101, 9999,
];

/// What must hold for any input.
pub(crate) fn check(data: &[u8]) {
    let Some(([link, high, low], bytes)) = data.split_first_chunk() else {
        return;
    };
    let cut = u32::from(u16::from_be_bytes([*high, *low]));
    let frame = Frame {
        seen: Timestamp::ZERO,
        wire_len: (bytes.len() as u32).saturating_add(cut),
        link: LinkType(LINKS[usize::from(*link) % LINKS.len()]),
        bytes,
    };
    let (mut one, mut other) = (Headers::new(), Headers::new());
    let decoded = decode(&frame, &mut one);
    assert!(decoded == general(&frame, &mut other));
    assert!(one.layers().len() <= MAX_IP_LAYERS && one.side_pairs().len() <= MAX_SIDE_PAIRS);
    assert_eq!(one.layers().is_empty(), decoded.is_err());
    assert_eq!(one.layers().len(), other.layers().len());
    for (left, right) in one.layers().iter().zip(other.layers()) {
        assert!(left.pair == right.pair && left.protocol == right.protocol);
        assert!(left.ip_len == right.ip_len && left.fragment == right.fragment);
    }
    assert!(one.side_pairs() == other.side_pairs());
    assert!(one.transport() == other.transport() && one.path() == other.path());
    assert!(one.stop() == other.stop());
}
