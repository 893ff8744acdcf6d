//! OCSF network activity (class 4001), one JSON object a line.

use super::json::Json;
use super::uid::Uid;
use super::{TCP, duration, ends, keyword, millis, open_end, ours};
use crate::export::view::{RunContext, View, scope};
use crate::flow::{Class, Initiator, IpVersion};

/// The version of the schema whose names these are.
const VERSION: &str = "1.6.0";

/// Traffic: a report of a flow, whatever became of the connection.
const ACTIVITY: u64 = 6;

/// Network activity, in the category of the network.
const CLASS: u64 = 4001;

pub(super) fn line(view: &View<'_>, run: &RunContext<'_>, out: &mut Vec<u8>) {
    let (src, dst) = (&view.src, &view.dst);
    let mut json = Json::begin(out);
    json.number("activity_id", ACTIVITY);
    json.number("category_uid", CLASS / 1000);
    json.number("class_uid", CLASS);
    json.number("type_uid", CLASS * 100 + ACTIVITY);
    // Informational.
    json.number("severity_id", 1);
    json.number("time", millis(view.start));
    json.number("start_time", millis(view.start));
    json.number("end_time", millis(view.end));
    json.number("duration", duration(view) / 1_000_000);
    json.open("metadata");
    json.text("version", VERSION);
    json.open("product");
    json.text("name", "sekisho");
    json.text("vendor_name", "sekisho");
    json.text("version", env!("CARGO_PKG_VERSION"));
    json.close();
    json.raw("log_provider", &run.sensor_json);
    json.number("sequence", view.seq);
    json.close();
    for (name, end) in ["src_endpoint", "dst_endpoint"].into_iter().zip(ends(view)) {
        open_end(name, &end, view, &mut json);
        if let Some(country) = end.country {
            json.open("location");
            json.text("country", country);
            json.close();
        }
        json.close();
    }
    json.truth(
        "is_src_dst_assignment_known",
        view.initiator == Initiator::Syn,
    );
    json.open("connection_info");
    let uid = Uid::of(view, run).text();
    json.with("uid", |out| out.extend_from_slice(&uid));
    json.maybe("community_uid", view.community_id());
    json.number("protocol_num", u64::from(view.protocol));
    json.maybe("protocol_name", keyword(view.protocol));
    json.number(
        "protocol_ver_id",
        match view.version {
            IpVersion::V4 => 4,
            IpVersion::V6 => 6,
        },
    );
    let (direction_id, direction) = direction(view.class);
    json.number("direction_id", direction_id);
    json.text("direction", direction);
    let (boundary_id, boundary) = boundary(view.class);
    json.number("boundary_id", boundary_id);
    json.text("boundary", boundary);
    if view.protocol == TCP {
        json.number("tcp_flags", u64::from(src.tcp_flags | dst.tcp_flags));
    }
    json.close();
    json.open("traffic");
    // Out is from the source, in is to it.
    json.number("packets_out", src.packets);
    json.number("packets_in", dst.packets);
    json.number("packets", src.packets + dst.packets);
    json.number("bytes_out", src.bytes);
    json.number("bytes_in", dst.bytes);
    json.number("bytes", src.bytes + dst.bytes);
    json.close();
    json.open("unmapped");
    json.open("sekisho");
    // The schema's times are milliseconds.
    json.time("start", view.start);
    json.time("end", view.end);
    ours(view, run, &mut json);
    json.close();
    json.close();
    json.end();
}

/// Seen from home: inbound, outbound, and what the schema has no number for.
const fn direction(class: Class) -> (u64, &'static str) {
    match class {
        Class::ForeignDomestic => (1, "Inbound"),
        Class::DomesticForeign => (2, "Outbound"),
        Class::ForeignForeign => (99, "foreign_foreign"),
        Class::ForeignUndetermined | Class::UndeterminedForeign => (0, "Unknown"),
    }
}

/// External is between two ends outside; for one that crosses the border the schema has no number.
const fn boundary(class: Class) -> (u64, &'static str) {
    match class {
        Class::ForeignForeign => (3, "External"),
        Class::ForeignDomestic | Class::DomesticForeign => (99, scope(class)),
        Class::ForeignUndetermined | Class::UndeterminedForeign => (0, "Unknown"),
    }
}
