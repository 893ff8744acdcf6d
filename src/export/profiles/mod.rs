//! Records as other programs write them: each profile is a pure function from a record to a line of text, and
//! docs/formats.md holds what becomes of every field.
//!
//! It must never say what the record does not: no payload bytes, no history, no state that the flags do not
//! prove. In: records, as [`View`] shows them, pseudonyms and all. Out: a line each, at the end of a buffer.

mod ecs;
mod eve;
mod json;
mod ocsf;
#[cfg(test)]
mod tests;
mod uid;
mod zeek;

use super::pseudonym::Written;
use super::view::{RunContext, View, initiator, scope};
use crate::flow::{CountryCode, Ended, Side, Timestamp};
use json::Json;
pub(super) use zeek::HEADER as ZEEK_HEADER;

/// TCP.
const TCP: u8 = 6;

/// Flags of TCP.
mod flag {
    pub(super) const FIN: u8 = 1;
    pub(super) const SYN: u8 = 2;
    pub(super) const RST: u8 = 4;
    pub(super) const ACK: u8 = 16;
}

/// More than a usual line takes, in bytes; only a hint.
const USUAL: usize = 1024;

/// Which profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Profile {
    Zeek,
    ZeekJson,
    Ecs,
    Ocsf,
    Eve,
}

pub(super) fn render(
    profile: Profile,
    records: &[Ended],
    first_seq: u64,
    run: &RunContext<'_>,
    out: &mut Vec<u8>,
) {
    out.reserve(records.len() * USUAL);
    let line = match profile {
        Profile::Zeek => zeek::line,
        Profile::ZeekJson => zeek::json_line,
        Profile::Ecs => ecs::line,
        Profile::Ocsf => ocsf::line,
        Profile::Eve => eve::line,
    };
    for (seq, ended) in (first_seq..).zip(records) {
        line(&View::new(ended, seq, run), run, out);
    }
}

/// What no schema has a place for, under our own names and as in our own records, in an object that is open.
/// What a record does not have is left out.
fn ours(view: &View<'_>, run: &RunContext<'_>, json: &mut Json<'_>) {
    let (src, dst) = (&view.src, &view.dst);
    json.text("class", view.class.id());
    json.text("scope", scope(view.class));
    json.text("initiator", initiator(view.initiator));
    json.number("src_bytes", src.bytes);
    json.number("dst_bytes", dst.bytes);
    json.number("src_wire_bytes", src.wire_bytes);
    json.number("dst_wire_bytes", dst.wire_bytes);
    json.number("src_tcp_flags", u64::from(src.tcp_flags));
    json.number("dst_tcp_flags", u64::from(dst.tcp_flags));
    if let Some((kind, code)) = view.icmp {
        json.number("icmp_type", u64::from(kind));
        json.number("icmp_code", u64::from(code));
    }
    json.numbers("vlans", view.path.vlans());
    json.list(
        "tunnels",
        view.path.tunnels().iter().map(|tunnel| tunnel.name()),
    );
    json.text("end_reason", view.end_reason.id());
    json.text("geo", &run.geo);
    json.raw("sensor", &run.sensor_json);
    json.number("seq", view.seq);
    json.list("flags", view.flags());
    json.raw("authorisation", &run.authorisation_json);
    if let Some(expiry) = view.expiry {
        json.time("collected_at", view.end);
        json.time("expires_at", expiry);
    }
}

/// One end of a record, as schemas with an object for each see it.
struct End<'v> {
    side: Side,
    ip: Written,
    country: Option<&'v str>,
}

/// The source and the destination.
fn ends<'v>(view: &'v View<'_>) -> [End<'v>; 2] {
    let of = |side, ip, code: &'v Option<CountryCode>| End {
        side,
        ip,
        country: country(code.as_ref()),
    };
    [
        of(view.src, view.src_ip, &view.src_country),
        of(view.dst, view.dst_ip, &view.dst_country),
    ]
}

/// Begins the object of an end, with its address and its port.
fn open_end(name: &str, end: &End<'_>, view: &View<'_>, json: &mut Json<'_>) {
    json.open(name);
    json.address("ip", end.ip);
    if has_ports(view) {
        json.number("port", u64::from(end.side.port));
    }
}

/// Whether both ends have ports: one of them was seen, and it was not of ICMP.
fn has_ports(view: &View<'_>) -> bool {
    view.icmp.is_none() && (view.src.port != 0 || view.dst.port != 0)
}

/// The text of a country.
fn country(code: Option<&CountryCode>) -> Option<&str> {
    code.map(CountryCode::as_str)
}

/// Nanoseconds between the ends of a record.
fn duration(view: &View<'_>) -> u64 {
    view.end.nanos().saturating_sub(view.start.nanos())
}

/// Milliseconds since the epoch, cut.
fn millis(seen: Timestamp) -> u64 {
    seen.nanos() / 1_000_000
}

/// A protocol's keyword at IANA, in lower case, where it is one of the common ones.
const fn keyword(protocol: u8) -> Option<&'static str> {
    Some(match protocol {
        1 => "icmp",
        2 => "igmp",
        6 => "tcp",
        17 => "udp",
        33 => "dccp",
        47 => "gre",
        50 => "esp",
        51 => "ah",
        58 => "ipv6-icmp",
        103 => "pim",
        132 => "sctp",
        136 => "udplite",
        _ => return None,
    })
}
