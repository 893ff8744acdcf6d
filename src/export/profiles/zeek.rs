//! Zeek's conn.log: tab-separated with a header, or one JSON object a line. The same columns in both, Zeek's
//! own in its order and ours behind them, as packages of Zeek add theirs.

use super::json::Json;
use super::uid::Uid;
use super::{TCP, country, duration, flag, has_ports};
use crate::export::community_id::IcmpPorts;
use crate::export::pseudonym::Written;
use crate::export::text::{self, number};
use crate::export::view::{RunContext, View, initiator, places, scope};
use crate::flow::{Initiator, Place, Timestamp};
use crate::time::NANOS_PER_SEC;

const UDP: u8 = 17;

/// What stands at the begin of every file: what a reader of Zeek's logs needs to know. There is no `#open`: it
/// would be the time of the run.
pub(in crate::export) const HEADER: &str = "#separator \\x09\n\
#set_separator\t,\n\
#empty_field\t(empty)\n\
#unset_field\t-\n\
#path\tconn\n\
#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\t\
conn_state\tlocal_orig\tlocal_resp\tmissed_bytes\thistory\torig_pkts\torig_ip_bytes\tresp_pkts\tresp_ip_bytes\t\
tunnel_parents\tip_proto\tvlan\tinner_vlan\tcommunity_id\torig_cc\tresp_cc\tsekisho.class\tsekisho.scope\t\
sekisho.initiator\tsekisho.src_wire_bytes\tsekisho.dst_wire_bytes\tsekisho.src_tcp_flags\t\
sekisho.dst_tcp_flags\tsekisho.vlans\tsekisho.tunnels\tsekisho.end_reason\tsekisho.geo\tsekisho.sensor\t\
sekisho.seq\tsekisho.flags\tsekisho.authorisation\tsekisho.collected_at\tsekisho.expires_at\n\
#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\tcount\tcount\tstring\tbool\tbool\tcount\t\
string\tcount\tcount\tcount\tcount\tset[string]\tcount\tint\tint\tstring\tstring\tstring\tstring\tstring\t\
string\tcount\tcount\tcount\tcount\tvector[count]\tvector[string]\tstring\tstring\tstring\tcount\tset[string]\t\
string\tstring\tstring\n";

/// A value of a column.
enum Cell<'a> {
    Unset,
    /// A text of ours: nothing in it is special.
    Text(&'a str),
    /// A text from outside, and the same as JSON.
    Outside(&'a str, &'a str),
    Number(u64),
    Numbers(&'a [u16]),
    Names(&'a mut dyn Iterator<Item = &'static str>),
    Truth(bool),
    Address(Written),
    /// Seconds since the epoch, or of an interval, from nanoseconds.
    Seconds(u64),
    /// RFC 3339.
    Moment(Timestamp),
}

pub(super) fn line(view: &View<'_>, run: &RunContext<'_>, out: &mut Vec<u8>) {
    cells(view, run, |_, cell| {
        tab_separated(cell, out);
        out.push(b'\t');
    });
    // The one behind the last.
    out.pop();
    out.push(b'\n');
}

pub(super) fn json_line(view: &View<'_>, run: &RunContext<'_>, out: &mut Vec<u8>) {
    let mut json = Json::begin(out);
    cells(view, run, |name, cell| match cell {
        Cell::Unset => {}
        Cell::Text(value) => json.text(name, value),
        Cell::Outside(_, value) => json.raw(name, value),
        Cell::Number(value) => json.number(name, value),
        Cell::Numbers(values) => json.numbers(name, values),
        Cell::Names(names) => json.list(name, names),
        Cell::Truth(value) => json.truth(name, value),
        Cell::Address(address) => json.address(name, address),
        Cell::Seconds(nanos) => json.bare(name, |out| seconds(nanos, out)),
        Cell::Moment(seen) => json.time(name, seen),
    });
    json.end();
}

/// All columns, in the order of [`HEADER`].
fn cells(view: &View<'_>, run: &RunContext<'_>, mut put: impl FnMut(&'static str, Cell<'_>)) {
    let (src, dst) = (&view.src, &view.dst);
    let maybe = |text| Option::map_or(text, Cell::Unset, Cell::Text);
    let (src_place, dst_place) = places(view.class);
    let uid = Uid::of(view, run).text();
    let (src_port, dst_port) = ports(view);
    put("ts", Cell::Seconds(view.start.nanos()));
    put(
        "uid",
        Cell::Text(std::str::from_utf8(&uid).unwrap_or_default()),
    );
    put("id.orig_h", Cell::Address(view.src_ip));
    put("id.orig_p", Cell::Number(u64::from(src_port)));
    put("id.resp_h", Cell::Address(view.dst_ip));
    put("id.resp_p", Cell::Number(u64::from(dst_port)));
    put(
        "proto",
        Cell::Text(match view.protocol {
            TCP => "tcp",
            UDP => "udp",
            1 | 58 => "icmp",
            _ => "unknown_transport",
        }),
    );
    put("service", Cell::Unset);
    put("duration", Cell::Seconds(duration(view)));
    // Payload, which no record knows.
    put("orig_bytes", Cell::Unset);
    put("resp_bytes", Cell::Unset);
    put("conn_state", maybe(state(view)));
    put("local_orig", local(src_place));
    put("local_resp", local(dst_place));
    put("missed_bytes", Cell::Unset);
    put("history", Cell::Unset);
    put("orig_pkts", Cell::Number(src.packets));
    put("orig_ip_bytes", Cell::Number(src.bytes));
    put("resp_pkts", Cell::Number(dst.packets));
    put("resp_ip_bytes", Cell::Number(dst.bytes));
    // Names of connections around it, which are no records here.
    put("tunnel_parents", Cell::Unset);
    put("ip_proto", Cell::Number(u64::from(view.protocol)));
    let vlan = |nth| {
        let vlan: Option<&u16> = view.path.vlans().get(nth);
        vlan.map_or(Cell::Unset, |vlan| Cell::Number(u64::from(*vlan)))
    };
    put("vlan", vlan(0));
    put("inner_vlan", vlan(1));
    put("community_id", maybe(view.community_id()));
    put("orig_cc", maybe(country(view.src_country.as_ref())));
    put("resp_cc", maybe(country(view.dst_country.as_ref())));
    put("sekisho.class", Cell::Text(view.class.id()));
    put("sekisho.scope", Cell::Text(scope(view.class)));
    put("sekisho.initiator", Cell::Text(initiator(view.initiator)));
    put("sekisho.src_wire_bytes", Cell::Number(src.wire_bytes));
    put("sekisho.dst_wire_bytes", Cell::Number(dst.wire_bytes));
    put(
        "sekisho.src_tcp_flags",
        Cell::Number(u64::from(src.tcp_flags)),
    );
    put(
        "sekisho.dst_tcp_flags",
        Cell::Number(u64::from(dst.tcp_flags)),
    );
    put("sekisho.vlans", Cell::Numbers(view.path.vlans()));
    let mut tunnels = view.path.tunnels().iter().map(|tunnel| tunnel.name());
    put("sekisho.tunnels", Cell::Names(&mut tunnels));
    put("sekisho.end_reason", Cell::Text(view.end_reason.id()));
    put("sekisho.geo", Cell::Text(&run.geo));
    put(
        "sekisho.sensor",
        Cell::Outside(run.run.sensor, &run.sensor_json),
    );
    put("sekisho.seq", Cell::Number(view.seq));
    put("sekisho.flags", Cell::Names(&mut view.flags()));
    let authorisation = run.run.terms.authorisation.as_str();
    put(
        "sekisho.authorisation",
        Cell::Outside(authorisation, &run.authorisation_json),
    );
    let [collected, expires] = match view.expiry {
        None => [Cell::Unset, Cell::Unset],
        Some(expiry) => [view.end, expiry].map(Cell::Moment),
    };
    put("sekisho.collected_at", collected);
    put("sekisho.expires_at", expires);
}

/// Of ICMP the type and what Zeek puts beside it.
fn ports(view: &View<'_>) -> (u16, u16) {
    match (view.protocol, view.icmp) {
        (1 | 58, Some(icmp)) => {
            let ports = IcmpPorts::of(view.protocol, icmp);
            (ports.src, ports.dst)
        }
        _ if has_ports(view) => (view.src.port, view.dst.port),
        _ => (0, 0),
    }
}

const fn local(place: Place) -> Cell<'static> {
    match place {
        Place::Domestic => Cell::Truth(true),
        Place::Foreign => Cell::Truth(false),
        Place::Undetermined => Cell::Unset,
    }
}

/// Zeek's word for what became of the connection, as far as the OR of all flags proves it: it does not tell the
/// order. Nothing where several words could be meant.
fn state(view: &View<'_>) -> Option<&'static str> {
    use flag::{ACK, FIN, RST, SYN};
    let (src, dst) = (&view.src, &view.dst);
    match view.protocol {
        TCP => {}
        UDP if dst.packets == 0 => return Some("S0"),
        UDP => return Some("SF"),
        _ => return Some("OTH"),
    }
    let told = FIN | SYN | RST | ACK;
    let (s, d) = (src.tcp_flags & told, dst.tcp_flags & told);
    if (s | d) & (SYN | FIN | RST) == 0 {
        // In the middle of it.
        return Some("OTH");
    }
    if view.initiator != Initiator::Syn {
        return None;
    }
    if dst.packets == 0 {
        return match s {
            SYN => Some("S0"),
            _ if s == SYN | RST => Some("RSTOS0"),
            _ => None,
        };
    }
    if s == SYN && d & RST != 0 && d & (SYN | FIN) == 0 {
        return Some("REJ");
    }
    let is_established = s & (SYN | ACK) == SYN | ACK && d & (SYN | ACK) == SYN | ACK;
    if !is_established {
        return None;
    }
    match (s & (FIN | RST), d & (FIN | RST)) {
        (0, 0) => Some("S1"),
        (FIN, 0) => Some("S2"),
        (0, FIN) => Some("S3"),
        (FIN, FIN) => Some("SF"),
        (RST, 0) => Some("RSTO"),
        (0, RST) => Some("RSTR"),
        // Whether the FIN or the RST came first decides.
        _ => None,
    }
}

/// Seconds with six digits, cut: Zeek's precision.
fn seconds(nanos: u64, out: &mut Vec<u8>) {
    number(nanos / NANOS_PER_SEC, out);
    let mut micros = nanos % NANOS_PER_SEC / 1000;
    let mut digits = *b".000000";
    for digit in digits.iter_mut().skip(1).rev() {
        *digit = b'0' + (micros % 10) as u8;
        micros /= 10;
    }
    out.extend_from_slice(&digits);
}

fn tab_separated(cell: Cell<'_>, out: &mut Vec<u8>) {
    match cell {
        Cell::Unset => out.push(b'-'),
        Cell::Text(value) => out.extend_from_slice(value.as_bytes()),
        Cell::Outside(value, _) => escaped(value, out),
        Cell::Number(value) => number(value, out),
        Cell::Numbers([]) => out.extend_from_slice(b"(empty)"),
        Cell::Numbers(values) => {
            for (nth, value) in values.iter().enumerate() {
                if nth > 0 {
                    out.push(b',');
                }
                number(u64::from(*value), out);
            }
        }
        Cell::Names(names) => {
            let before = out.len();
            for name in names {
                if out.len() > before {
                    out.push(b',');
                }
                out.extend_from_slice(name.as_bytes());
            }
            if out.len() == before {
                out.extend_from_slice(b"(empty)");
            }
        }
        Cell::Truth(value) => out.push(if value { b'T' } else { b'F' }),
        Cell::Address(address) => text::address(address, out),
        Cell::Seconds(nanos) => seconds(nanos, out),
        Cell::Moment(seen) => text::time(seen, out),
    }
}

/// A text from outside as a field: what would be read as something else is `\x` and two digits.
pub(super) fn escaped(value: &str, out: &mut Vec<u8>) {
    if value.is_empty() {
        out.extend_from_slice(b"(empty)");
        return;
    }
    let is_taken = matches!(value, "-" | "(empty)");
    for (at, byte) in value.bytes().enumerate() {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            0..=0x1f | 0x7f => hex(byte, out),
            _ if is_taken && at == 0 => hex(byte, out),
            _ => out.push(byte),
        }
    }
}

fn hex(byte: u8, out: &mut Vec<u8>) {
    let digit = |nibble: u8| b"0123456789abcdef"[usize::from(nibble & 15)];
    out.extend_from_slice(&[b'\\', b'x', digit(byte >> 4), digit(byte)]);
}
