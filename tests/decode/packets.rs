//! Packets made by hand, and a one-line form of what decoding makes of them.

use sekisho::decode::{Fragment, Headers, IpVersion, Pair, SidePair, Transport, decode};
use sekisho::source::{Frame, LinkType};
use sekisho::time::Timestamp;
use std::net::{Ipv4Addr, Ipv6Addr};

pub(crate) const ETHERNET: u32 = 1;
pub(crate) const RAW: u32 = 101;

pub(crate) fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

pub(crate) fn eth(ether_type: u16, payload: &[u8]) -> Vec<u8> {
    join(&[&[2; 6], &[4; 6], &ether_type.to_be_bytes(), payload])
}

/// IPv4 from 8.0.0.`src` to 9.0.0.`dst`.
pub(crate) fn ip4(src: u8, dst: u8, protocol: u8, payload: &[u8]) -> Vec<u8> {
    ip4_options(src, dst, protocol, &[], payload)
}

pub(crate) fn ip4_options(
    src: u8,
    dst: u8,
    protocol: u8,
    options: &[u8],
    payload: &[u8],
) -> Vec<u8> {
    let header = 20 + options.len();
    let total = (header + payload.len()) as u16;
    let [high, low] = total.to_be_bytes();
    let fixed = [
        0x40 | (header / 4) as u8,
        0,
        high,
        low,
        0x12,
        0x34,
        0,
        0,
        64,
        protocol,
        0,
        0,
        8,
        0,
        0,
        src,
        9,
        0,
        0,
        dst,
    ];
    join(&[&fixed, options, payload])
}

/// IPv6 from 2a00::`src` to 2b00::`dst`.
pub(crate) fn ip6(src: u8, dst: u8, next: u8, payload: &[u8]) -> Vec<u8> {
    let [high, low] = (payload.len() as u16).to_be_bytes();
    join(&[
        &[0x60, 0, 0, 0, high, low, next, 64],
        &address6(0x2a, src),
        &address6(0x2b, dst),
        payload,
    ])
}

pub(crate) fn address6(first: u8, last: u8) -> [u8; 16] {
    let mut address = [0; 16];
    (address[0], address[15]) = (first, last);
    address
}

pub(crate) fn udp(src: u16, dst: u16, payload: &[u8]) -> Vec<u8> {
    let length = (8 + payload.len()) as u16;
    join(&[
        &src.to_be_bytes(),
        &dst.to_be_bytes(),
        &length.to_be_bytes(),
        &[0, 0],
        payload,
    ])
}

/// A TCP SYN from port 1000 to port 80.
pub(crate) fn tcp() -> Vec<u8> {
    let mut header = vec![0; 20];
    header[..4].copy_from_slice(&[0x03, 0xe8, 0, 80]);
    (header[12], header[13]) = (0x50, 0x02);
    header
}

/// The packet that tunnels carry in these tests: TCP from 8.0.0.3 to 9.0.0.4.
pub(crate) fn inner() -> Vec<u8> {
    ip4(3, 4, 6, &tcp())
}

pub(crate) fn frame(link: u32, bytes: &[u8]) -> Frame<'_> {
    cut_frame(link, bytes, bytes.len())
}

pub(crate) fn cut_frame(link: u32, bytes: &[u8], wire_len: usize) -> Frame<'_> {
    Frame {
        seen: Timestamp::from_nanos(7),
        wire_len: wire_len as u32,
        link: LinkType(link),
        bytes,
    }
}

/// What decoding makes of a frame, in one line: layers, side pairs, ports, path, stop.
pub(crate) fn decoded(link: u32, bytes: &[u8]) -> String {
    decoded_frame(&frame(link, bytes))
}

pub(crate) fn decoded_frame(frame: &Frame<'_>) -> String {
    let mut headers = Headers::new();
    match decode(frame, &mut headers) {
        Ok(()) => describe(&headers),
        Err(undecodable) => format!("undecodable {:?}", undecodable.stop),
    }
}

pub(crate) fn describe(headers: &Headers) -> String {
    let mut words = Vec::new();
    for layer in headers.layers() {
        let fragment = match layer.fragment {
            Fragment::Whole => String::new(),
            Fragment::First { id, .. } => format!(" first({id:x})"),
            Fragment::Later { id, .. } => format!(" later({id:x})"),
        };
        words.push(format!(
            "{}:{}{fragment}",
            ends(&layer.pair),
            layer.protocol
        ));
    }
    for (pair, kind) in headers.side_pairs() {
        let kind = match kind {
            SidePair::Routed => "routed",
            SidePair::Quoted => "quoted",
        };
        words.push(format!("{kind} {}", ends(pair)));
    }
    let transport = headers.transport();
    if transport.has & Transport::PORTS != 0 {
        words.push(format!("{}-{}", transport.src_port, transport.dst_port));
    }
    if transport.has & Transport::ICMP != 0 {
        words.push(format!(
            "icmp {}.{}",
            transport.icmp_type, transport.icmp_code
        ));
    }
    for vlan in headers.path().vlans() {
        words.push(format!("vlan {vlan}"));
    }
    words.extend(
        headers
            .path()
            .tunnels()
            .iter()
            .map(|tunnel| tunnel.name().to_owned()),
    );
    words.push(format!("{:?}", headers.stop()));
    words.join(", ")
}

fn ends(pair: &Pair) -> String {
    match pair.version {
        IpVersion::V4 => {
            format!(
                "{}>{}",
                Ipv4Addr::from(pair.src as u32),
                Ipv4Addr::from(pair.dst as u32)
            )
        }
        IpVersion::V6 => format!("{}>{}", Ipv6Addr::from(pair.src), Ipv6Addr::from(pair.dst)),
    }
}

/// Every field of two results, for comparing the paths through `decode`.
pub(crate) fn same(left: &Headers, right: &Headers) -> bool {
    let layers = |headers: &Headers| {
        headers
            .layers()
            .iter()
            .map(|layer| {
                let pair = layer.pair;
                let fragment = format!("{:?}", layer.fragment);
                (
                    (pair.version, pair.src, pair.dst),
                    layer.protocol,
                    layer.ip_len,
                    fragment,
                )
            })
            .collect::<Vec<_>>()
    };
    left.seen() == right.seen()
        && left.wire_len() == right.wire_len()
        && layers(left) == layers(right)
        && left.side_pairs() == right.side_pairs()
        && left.transport() == right.transport()
        && left.path() == right.path()
        && left.stop() == right.stop()
}
