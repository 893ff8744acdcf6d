//! One JSON object a line, written by hand: what `serde_json` gives for a
//! [`FlowRecord`](super::FlowRecord), byte for byte, without allocating.

use super::text::{address, number, time};
use super::view::{RunContext, View, initiator, places, scope};
use crate::flow::{CountryCode, Ended};

/// More than a usual record takes, in bytes; only a hint.
const USUAL: usize = 640;

pub(super) fn render(records: &[Ended], first_seq: u64, run: &RunContext<'_>, out: &mut Vec<u8>) {
    out.reserve(records.len() * USUAL);
    for (seq, ended) in (first_seq..).zip(records) {
        line(&View::new(ended, seq, run), run, out);
    }
}

fn line(view: &View<'_>, run: &RunContext<'_>, out: &mut Vec<u8>) {
    let (src, dst) = (&view.src, &view.dst);
    let (src_place, dst_place) = places(view.class);
    out.extend_from_slice(b"{\"start\":\"");
    time(view.start, out);
    out.extend_from_slice(b"\",\"end\":\"");
    time(view.end, out);
    out.extend_from_slice(b"\",\"src_ip\":\"");
    address(view.src_ip, out);
    out.extend_from_slice(b"\",\"src_port\":");
    number(u64::from(src.port), out);
    out.extend_from_slice(b",\"dst_ip\":\"");
    address(view.dst_ip, out);
    out.extend_from_slice(b"\",\"dst_port\":");
    number(u64::from(dst.port), out);
    out.extend_from_slice(b",\"protocol\":");
    number(u64::from(view.protocol), out);
    match view.icmp {
        None => out.extend_from_slice(b",\"icmp_type\":null,\"icmp_code\":null"),
        Some((kind, code)) => {
            out.extend_from_slice(b",\"icmp_type\":");
            number(u64::from(kind), out);
            out.extend_from_slice(b",\"icmp_code\":");
            number(u64::from(code), out);
        }
    }
    text(b",\"src_place\":\"", src_place.id(), out);
    text(b"\",\"dst_place\":\"", dst_place.id(), out);
    country(b"\",\"src_country\":", view.src_country.as_ref(), out);
    country(b",\"dst_country\":", view.dst_country.as_ref(), out);
    text(b",\"class\":\"", view.class.id(), out);
    text(b"\",\"scope\":\"", scope(view.class), out);
    text(b"\",\"initiator\":\"", initiator(view.initiator), out);
    out.push(b'"');
    for (name, value) in [
        (b",\"src_packets\":".as_slice(), src.packets),
        (b",\"src_bytes\":", src.bytes),
        (b",\"dst_packets\":", dst.packets),
        (b",\"dst_bytes\":", dst.bytes),
        (b",\"src_wire_bytes\":", src.wire_bytes),
        (b",\"dst_wire_bytes\":", dst.wire_bytes),
        (b",\"src_tcp_flags\":", u64::from(src.tcp_flags)),
        (b",\"dst_tcp_flags\":", u64::from(dst.tcp_flags)),
    ] {
        out.extend_from_slice(name);
        number(value, out);
    }
    out.extend_from_slice(b",\"vlans\":[");
    for (nth, vlan) in view.path.vlans().iter().enumerate() {
        if nth > 0 {
            out.push(b',');
        }
        number(u64::from(*vlan), out);
    }
    out.extend_from_slice(b"],\"tunnels\":[");
    list(view.path.tunnels().iter().map(|tunnel| tunnel.name()), out);
    text(b"],\"end_reason\":\"", view.end_reason.id(), out);
    text(b"\",\"geo\":\"", &run.geo, out);
    text(b"\",\"sensor\":", &run.sensor_json, out);
    out.extend_from_slice(b",\"seq\":");
    number(view.seq, out);
    out.extend_from_slice(b",\"flags\":[");
    list(view.flags(), out);
    text(b"],\"authorisation\":", &run.authorisation_json, out);
    if let Some(expiry) = view.expiry {
        out.extend_from_slice(b",\"collected_at\":\"");
        time(view.end, out);
        out.extend_from_slice(b"\",\"expires_at\":\"");
        time(expiry, out);
        out.push(b'"');
    }
    if let Some(id) = view.community_id() {
        text(b",\"community_id\":\"", id, out);
        out.push(b'"');
    }
    out.extend_from_slice(b"}\n");
}

/// A literal, then a text that needs no escapes.
#[inline]
fn text(before: &[u8], value: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(before);
    out.extend_from_slice(value.as_bytes());
}

fn country(before: &[u8], code: Option<&CountryCode>, out: &mut Vec<u8>) {
    out.extend_from_slice(before);
    match code {
        None => out.extend_from_slice(b"null"),
        Some(code) => {
            text(b"\"", code.as_str(), out);
            out.push(b'"');
        }
    }
}

fn list(names: impl Iterator<Item = &'static str>, out: &mut Vec<u8>) {
    for (nth, name) in names.enumerate() {
        text(if nth > 0 { b",\"" } else { b"\"" }, name, out);
        out.push(b'"');
    }
}
