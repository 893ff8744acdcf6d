//! Suricata's EVE flow event, one JSON object a line. Its bytes are whole frames, as Suricata counts them.

use super::json::Json;
use super::uid::Uid;
use super::{TCP, flag, has_ports, ours};
use crate::export::view::{RunContext, View};
use crate::flow::{EndReason, IpVersion, Timestamp};
use crate::time::NANOS_PER_SEC;
use std::io::Write as _;

/// Flags by Suricata's names, lowest first.
const FLAGS: [&str; 8] = ["fin", "syn", "rst", "psh", "ack", "urg", "ecn", "cwr"];

pub(super) fn line(view: &View<'_>, run: &RunContext<'_>, out: &mut Vec<u8>) {
    let (src, dst) = (&view.src, &view.dst);
    let mut json = Json::begin(out);
    // When the flow was known to have ended, in packet time.
    json.with("timestamp", |out| moment(view.end, out));
    json.number("flow_id", Uid::of(view, run).number());
    json.raw("host", &run.sensor_json);
    json.text("event_type", "flow");
    if !view.path.vlans().is_empty() {
        json.numbers("vlan", view.path.vlans());
    }
    json.address("src_ip", view.src_ip);
    if has_ports(view) {
        json.number("src_port", u64::from(src.port));
    }
    json.address("dest_ip", view.dst_ip);
    if has_ports(view) {
        json.number("dest_port", u64::from(dst.port));
    }
    json.number(
        "ip_v",
        match view.version {
            IpVersion::V4 => 4,
            IpVersion::V6 => 6,
        },
    );
    match name(view.protocol) {
        Some(name) => json.text("proto", name),
        None => json.with("proto", |out| {
            // Writing to a Vec cannot fail.
            let _ = write!(out, "{:03}", view.protocol);
        }),
    }
    if let Some((kind, code)) = view.icmp {
        json.number("icmp_type", u64::from(kind));
        json.number("icmp_code", u64::from(code));
    }
    json.maybe("community_id", view.community_id());
    json.open("flow");
    json.number("pkts_toserver", src.packets);
    json.number("pkts_toclient", dst.packets);
    json.number("bytes_toserver", src.wire_bytes);
    json.number("bytes_toclient", dst.wire_bytes);
    json.with("start", |out| moment(view.start, out));
    json.with("end", |out| moment(view.end, out));
    let seconds = |seen: Timestamp| seen.nanos() / NANOS_PER_SEC;
    json.number("age", seconds(view.end).saturating_sub(seconds(view.start)));
    json.text("state", state(view));
    json.text("reason", reason(view.end_reason));
    json.close();
    if view.protocol == TCP {
        tcp(src.tcp_flags, dst.tcp_flags, &mut json);
    }
    json.open("sekisho");
    // The schema's times are microseconds.
    json.time("start", view.start);
    json.time("end", view.end);
    ours(view, run, &mut json);
    json.close();
    json.end();
}

fn tcp(src: u8, dst: u8, json: &mut Json<'_>) {
    json.open("tcp");
    for (name, flags) in [
        ("tcp_flags", src | dst),
        ("tcp_flags_ts", src),
        ("tcp_flags_tc", dst),
    ] {
        // Writing to a Vec cannot fail.
        json.with(name, |out| {
            let _ = write!(out, "{flags:02x}");
        });
    }
    for (bit, name) in FLAGS.into_iter().enumerate() {
        if (src | dst) >> bit & 1 == 1 {
            json.truth(name, true);
        }
    }
    json.close();
}

/// RFC 3339 with six digits and an offset without a colon: Suricata's way.
fn moment(seen: Timestamp, out: &mut Vec<u8>) {
    let mut text = [0; 30];
    seen.write_rfc3339(&mut text);
    out.extend_from_slice(&text[..26]);
    out.extend_from_slice(b"+0000");
}

/// Of TCP what the flags say, of anything else whether both ends were seen.
fn state(view: &View<'_>) -> &'static str {
    let (src, dst) = (&view.src, &view.dst);
    if view.protocol != TCP {
        return match dst.packets {
            0 => "new",
            _ => "established",
        };
    }
    let (either, both) = (src.tcp_flags | dst.tcp_flags, src.tcp_flags & dst.tcp_flags);
    if either & flag::RST != 0 || both & flag::FIN != 0 {
        "closed"
    } else if both & flag::ACK != 0 {
        "established"
    } else {
        "new"
    }
}

/// Suricata's word for it: it has fewer.
const fn reason(reason: EndReason) -> &'static str {
    match reason {
        EndReason::Idle | EndReason::Active | EndReason::TcpEnd => "timeout",
        EndReason::Epoch | EndReason::Evicted => "forced",
        EndReason::EndOfInput => "shutdown",
    }
}

/// Suricata's name of a protocol; others are three digits.
const fn name(protocol: u8) -> Option<&'static str> {
    Some(match protocol {
        1 => "ICMP",
        2 => "IGMP",
        6 => "TCP",
        17 => "UDP",
        33 => "DCCP",
        47 => "GRE",
        50 => "ESP",
        51 => "AH",
        58 => "IPv6-ICMP",
        103 => "PIM",
        132 => "SCTP",
        _ => return None,
    })
}
