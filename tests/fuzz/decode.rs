//! Any bytes behind any link type: decoding ends, never panics, says the same by both of its paths, into
//! new headers and into used ones, and of half the frame nothing else than of the whole. The first byte
//! chooses the link type, the next two how many bytes a snap length cut off.

use sekisho::decode::{
    Headers, MAX_IP_LAYERS, MAX_SIDE_PAIRS, NotIp, SidePair, Stop, Transport, decode, general,
    knows,
};
use sekisho::source::{Frame, LinkType};
use sekisho::time::Timestamp;

/// Every link type that is decoded, Ethernet more often, and one that is not.
const LINKS: [u32; 40] = [
    1, 1, 1, 1, 1, 0, 6, 8, 9, 10, 11, 12, 14, 50, 51, 101, 104, 105, 107, 108, 109, 113, 117, 119,
    122, 123, 127, 138, 163, 166, 192, 204, 219, 228, 229, 239, 240, 276, 101, 9999,
];

/// Ports of UDP at which something else begins, at either end, and at the receiver's.
const EITHER: [u16; 9] = [1701, 2152, 3544, 4341, 5072, 5247, 2268, 3386, 434];
const TO: [u16; 9] = [4789, 8472, 4790, 6081, 6635, 4754, 6080, 4342, 37008];

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
    let half = Frame {
        seen: Timestamp::from_nanos(u64::MAX),
        bytes: &bytes[..bytes.len() / 2],
        ..frame
    };
    let (mut used, mut new) = (Headers::new(), Headers::new());
    let _ = decode(&half, &mut used);
    let in_half: Vec<_> = used.layers().iter().map(|layer| layer.pair).collect();
    let beside_half = used.side_pairs().to_vec();
    let (half_stop, is_told) = (used.stop(), tells_tunnels(&used));

    let decoded = decode(&frame, &mut used);
    assert!(decoded == general(&frame, &mut new));
    assert_same(&used, &new);
    assert!(new.layers().len() <= MAX_IP_LAYERS && new.side_pairs().len() <= MAX_SIDE_PAIRS);
    assert_eq!(new.layers().is_empty(), decoded.is_err());
    assert!(knows(frame.link) || decoded.is_err());

    // A shorter snap length may hide addresses, never show others; what it hides is known to be hidden.
    for (short, whole) in in_half.iter().zip(new.layers()) {
        assert!(*short == whole.pair);
    }
    if is_all(half_stop) && is_told && !in_half.is_empty() {
        let (stop, layers) = (new.stop(), new.layers().len());
        // Behind a quoted header that contradicts itself, options are looked for as far as the capture goes.
        let mut beside = new.side_pairs().iter();
        let was_there = beside.all(|pair| pair.1 == SidePair::Quoted || beside_half.contains(pair));
        // A fifth indication of Teredo where no packet would fit is no fifth layer.
        let is_known = is_all(stop)
            || stop == Stop::TooManyLayers && layers < MAX_IP_LAYERS
            || matches!(
                stop,
                Stop::Opaque | Stop::Malformed(_) | Stop::TooManyExtensions
            );
        assert!(
            is_known && was_there && layers <= in_half.len(),
            "half {half_stop:?}, whole {stop:?}"
        );
    }
}

/// Whether the layers there are decide, for nothing that could be IP lies below them.
fn is_all(stop: Stop) -> bool {
    match stop {
        Stop::NotIp(NotIp::EtherType | NotIp::Llc) => false,
        // Sealed, which bytes that were not captured might prove to be open.
        Stop::Opaque => false,
        Stop::Transport | Stop::LaterFragment | Stop::NotIp(_) => true,
        _ => false,
    }
}

/// Whether it was seen if there is a tunnel below: not where a capture ends before the ports, nor where those
/// of UDP are nobody's, and Teredo between peers may begin behind them. That decides nothing (RULES §4), or
/// short snap lengths would leave nothing of UDP.
fn tells_tunnels(headers: &Headers) -> bool {
    let Transport {
        src_port,
        dst_port,
        has,
        ..
    } = headers.transport();
    match headers.innermost().map(|layer| layer.protocol) {
        Some(17 | 136) => {
            EITHER.contains(&src_port) || EITHER.contains(&dst_port) || TO.contains(&dst_port)
        }
        Some(6) => has & Transport::PORTS != 0,
        _ => true,
    }
}

/// Every field.
fn assert_same(one: &Headers, other: &Headers) {
    assert!((one.seen(), one.wire_len()) == (other.seen(), other.wire_len()));
    assert_eq!(one.layers().len(), other.layers().len());
    for (left, right) in one.layers().iter().zip(other.layers()) {
        assert!(left.pair == right.pair && left.protocol == right.protocol);
        assert!(left.ip_len == right.ip_len && left.fragment == right.fragment);
    }
    assert_eq!(one.only_layer().is_some(), other.only_layer().is_some());
    assert!(one.side_pairs() == other.side_pairs());
    assert!(one.transport() == other.transport() && one.path() == other.path());
    assert!(one.stop() == other.stop());
}
