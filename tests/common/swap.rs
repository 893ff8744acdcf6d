//! Turns packets round: source and destination change places in every layer, as if the other side had
//! sent them. Written for frames that `sekisho::demo` makes.

use sekisho::demo::OwnedFrame;

/// UDP ports that name a tunnel or a service that is recognised by them: they stay where they are.
const TUNNELS: [u16; 7] = [4_789, 4_790, 6_081, 2_152, 3_544, 1_701, 6_635];

/// The same frame the other way round; `None` where that would be another kind of packet (groups,
/// routes by way of others).
pub(crate) fn swapped(frame: &OwnedFrame) -> Option<OwnedFrame> {
    let mut frame = frame.clone();
    ethernet(&mut frame.bytes)?;
    Some(frame)
}

fn ethernet(bytes: &mut [u8]) -> Option<()> {
    if bytes.len() < 14 {
        return Some(());
    }
    let kind = u16::from_be_bytes([bytes[12], bytes[13]]);
    ether_type(kind, &mut bytes[14..])
}

fn ether_type(kind: u16, bytes: &mut [u8]) -> Option<()> {
    match kind {
        0x0800 | 0x86dd => ip(bytes),
        0x8100 | 0x88a8 | 0x9100 if bytes.len() > 4 => {
            let inner = u16::from_be_bytes([bytes[2], bytes[3]]);
            ether_type(inner, &mut bytes[4..])
        }
        0x8847 => mpls(bytes),
        0x8864 if bytes.len() > 8 => ppp(&mut bytes[6..]),
        0x6558 => ethernet(bytes),
        // LLC and SNAP.
        ..=1500 if bytes.starts_with(&[0xaa, 0xaa, 3]) && bytes.len() > 8 => {
            let inner = u16::from_be_bytes([bytes[6], bytes[7]]);
            ether_type(inner, &mut bytes[8..])
        }
        _ => Some(()),
    }
}

fn mpls(mut bytes: &mut [u8]) -> Option<()> {
    while bytes.len() > 4 {
        let bottom = bytes[2] & 1 == 1;
        bytes = &mut bytes[4..];
        if bottom {
            return ip(bytes);
        }
    }
    Some(())
}

fn ppp(bytes: &mut [u8]) -> Option<()> {
    let skipped = if bytes.starts_with(&[0xff, 3]) { 4 } else { 2 };
    bytes.get_mut(skipped..).map_or(Some(()), ip)
}

fn ip(bytes: &mut [u8]) -> Option<()> {
    match bytes.first().map(|first| first >> 4) {
        Some(4) if bytes.len() >= 20 => ipv4(bytes),
        Some(6) if bytes.len() >= 40 => ipv6(bytes),
        _ => Some(()),
    }
}

fn ipv4(bytes: &mut [u8]) -> Option<()> {
    let header = usize::from(bytes[0] & 15) * 4;
    // Options here are source routes.
    if bytes[16] >= 224 || header > 20 {
        return None;
    }
    let (src, dst) = bytes[12..20].split_at_mut(4);
    src.swap_with_slice(dst);
    let later = u16::from_be_bytes([bytes[6], bytes[7]]) & 0x1fff != 0;
    let protocol = bytes[9];
    match bytes.get_mut(header..) {
        Some(rest) if !later && header == 20 => transport(protocol, rest),
        _ => Some(()),
    }
}

fn ipv6(bytes: &mut [u8]) -> Option<()> {
    if bytes[24] == 0xff {
        return None;
    }
    let (src, dst) = bytes[8..40].split_at_mut(16);
    src.swap_with_slice(dst);
    let (mut next, mut rest) = (bytes[6], &mut bytes[40..]);
    loop {
        let size = match (next, rest.len()) {
            (_, 0..8) => return Some(()),
            (43, _) => return None,
            (44, _) if rest[2..4] > [0, 7][..] => return Some(()),
            (44, _) => 8,
            (0 | 60, _) => (usize::from(rest[1]) + 1) * 8,
            _ => return transport(next, rest),
        };
        next = rest[0];
        rest = match rest.get_mut(size..) {
            Some(inner) => inner,
            None => return Some(()),
        };
    }
}

fn transport(protocol: u8, bytes: &mut [u8]) -> Option<()> {
    match protocol {
        4 | 41 => ip(bytes),
        6 | 132 if bytes.len() >= 4 => {
            swap_ports(bytes);
            Some(())
        }
        17 if bytes.len() >= 8 => udp(bytes),
        // What an error quotes went the other way, and still does.
        1 if bytes.len() > 8 && matches!(bytes[0], 3 | 11) => ip(&mut bytes[8..]),
        58 if bytes.len() > 8 && bytes[0] < 128 => ip(&mut bytes[8..]),
        47 if bytes.len() >= 4 => gre(bytes),
        51 if bytes.len() >= 12 => {
            let (next, size) = (bytes[0], (usize::from(bytes[1]) + 2) * 4);
            bytes
                .get_mut(size..)
                .map_or(Some(()), |rest| transport(next, rest))
        }
        97 if bytes.len() > 2 => ethernet(&mut bytes[2..]),
        137 => mpls(bytes),
        _ => Some(()),
    }
}

fn swap_ports(bytes: &mut [u8]) {
    let (src, dst) = bytes[..4].split_at_mut(2);
    src.swap_with_slice(dst);
}

fn gre(bytes: &mut [u8]) -> Option<()> {
    let (flags, kind) = (bytes[0], u16::from_be_bytes([bytes[2], bytes[3]]));
    let fields = [0x80, 0x20, 0x10]
        .iter()
        .filter(|bit| flags & **bit != 0)
        .count();
    let mirror = match (kind, flags & 0x10) {
        (0x88be, 0x10) => 8,
        (0x22eb, _) => 20,
        _ => 0,
    };
    match bytes.get_mut(4 + fields * 4 + mirror..) {
        Some(rest) if matches!(kind, 0x88be | 0x22eb) => ethernet(rest),
        Some(rest) => ether_type(kind, rest),
        None => Some(()),
    }
}

fn udp(bytes: &mut [u8]) -> Option<()> {
    let port = u16::from_be_bytes([bytes[2], bytes[3]]);
    if !TUNNELS.contains(&port) {
        swap_ports(bytes);
        return Some(());
    }
    let inner = &mut bytes[8..];
    if inner.len() < 8 {
        return Some(());
    }
    let at = |offset: usize, inner: &mut [u8], next: fn(&mut [u8]) -> Option<()>| {
        inner.get_mut(offset..).map_or(Some(()), next)
    };
    match port {
        4_789 => at(8, inner, ethernet),
        4_790 => at(8, inner, ip),
        6_081 => {
            let kind = u16::from_be_bytes([inner[2], inner[3]]);
            let offset = 8 + usize::from(inner[0] & 0x3f) * 4;
            inner
                .get_mut(offset..)
                .map_or(Some(()), |rest| ether_type(kind, rest))
        }
        2_152 => at(if inner[0] & 4 != 0 { 16 } else { 8 }, inner, ip),
        3_544 => at(if inner[..2] == [0, 1] { 21 } else { 0 }, inner, ip),
        1_701 if inner[1] & 15 == 2 => at(if inner[0] == 0 { 6 } else { 16 }, inner, ppp),
        1_701 => Some(()),
        _ => mpls(inner),
    }
}
