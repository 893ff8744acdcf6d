//! RFC 4180 with a header line: lists joined by `;`, nothing for null.

use super::text::{address, number, time};
use super::view::{RunContext, View, initiator, places, scope};
use crate::flow::{CountryCode, Ended};

/// The header line: the names of [`FlowRecord`](super::FlowRecord), in order.
pub(super) const HEADER: &str = "start,end,src_ip,src_port,dst_ip,dst_port,protocol,icmp_type,icmp_code,src_place,dst_place,src_country,dst_country,class,scope,initiator,src_packets,src_bytes,dst_packets,dst_bytes,src_wire_bytes,dst_wire_bytes,src_tcp_flags,dst_tcp_flags,vlans,tunnels,end_reason,geo,sensor,seq,flags,authorisation,collected_at,expires_at,community_id\r\n";

/// More than a usual record takes, in bytes; only a hint.
const USUAL: usize = 320;

pub(super) fn render(records: &[Ended], first_seq: u64, run: &RunContext<'_>, out: &mut Vec<u8>) {
    out.reserve(records.len() * USUAL);
    for (seq, ended) in (first_seq..).zip(records) {
        line(&View::new(ended, seq, run), run, out);
    }
}

fn line(view: &View<'_>, run: &RunContext<'_>, out: &mut Vec<u8>) {
    let (src, dst) = (&view.src, &view.dst);
    let (src_place, dst_place) = places(view.class);
    time(view.start, out);
    out.push(b',');
    time(view.end, out);
    for (ip, side) in [(view.src_ip, src), (view.dst_ip, dst)] {
        out.push(b',');
        address(ip, out);
        out.push(b',');
        number(u64::from(side.port), out);
    }
    out.push(b',');
    number(u64::from(view.protocol), out);
    match view.icmp {
        None => out.extend_from_slice(b",,"),
        Some((kind, code)) => {
            for value in [kind, code] {
                out.push(b',');
                number(u64::from(value), out);
            }
        }
    }
    for text in [
        src_place.id(),
        dst_place.id(),
        view.src_country.as_ref().map_or("", CountryCode::as_str),
        view.dst_country.as_ref().map_or("", CountryCode::as_str),
        view.class.id(),
        scope(view.class),
        initiator(view.initiator),
    ] {
        out.push(b',');
        out.extend_from_slice(text.as_bytes());
    }
    for value in [
        src.packets,
        src.bytes,
        dst.packets,
        dst.bytes,
        src.wire_bytes,
        dst.wire_bytes,
        u64::from(src.tcp_flags),
        u64::from(dst.tcp_flags),
    ] {
        out.push(b',');
        number(value, out);
    }
    out.push(b',');
    for (nth, vlan) in view.path.vlans().iter().enumerate() {
        if nth > 0 {
            out.push(b';');
        }
        number(u64::from(*vlan), out);
    }
    out.push(b',');
    list(view.path.tunnels().iter().map(|tunnel| tunnel.name()), out);
    for text in [view.end_reason.id(), &run.geo, &run.sensor_csv] {
        out.push(b',');
        out.extend_from_slice(text.as_bytes());
    }
    out.push(b',');
    number(view.seq, out);
    out.push(b',');
    list(view.flags(), out);
    out.push(b',');
    out.extend_from_slice(run.authorisation_csv.as_bytes());
    out.push(b',');
    if let Some(expiry) = view.expiry {
        time(view.end, out);
        out.push(b',');
        time(expiry, out);
    } else {
        out.push(b',');
    }
    out.push(b',');
    out.extend_from_slice(view.community_id().unwrap_or_default().as_bytes());
    out.extend_from_slice(b"\r\n");
}

fn list(names: impl Iterator<Item = &'static str>, out: &mut Vec<u8>) {
    for (nth, name) in names.enumerate() {
        if nth > 0 {
            out.push(b';');
        }
        out.extend_from_slice(name.as_bytes());
    }
}

/// A text as a field: in quotes where it needs them.
pub(super) fn field(text: &str) -> String {
    if text.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
