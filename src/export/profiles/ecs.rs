//! Elastic Common Schema 9, one JSON object a line.

use super::json::Json;
use super::uid::Uid;
use super::{duration, ends, keyword, open_end, ours};
use crate::export::view::{RunContext, View};
use crate::flow::{Class, IpVersion};

/// The version of the schema whose names these are.
const VERSION: &str = "9.0.0";

pub(super) fn line(view: &View<'_>, run: &RunContext<'_>, out: &mut Vec<u8>) {
    let (src, dst) = (&view.src, &view.dst);
    let mut json = Json::begin(out);
    json.time("@timestamp", view.start);
    json.open("ecs");
    json.text("version", VERSION);
    json.close();
    json.open("event");
    let uid = Uid::of(view, run).text();
    json.with("id", |out| out.extend_from_slice(&uid));
    json.text("kind", "event");
    json.list("category", std::iter::once("network"));
    json.list("type", std::iter::once("connection"));
    json.text("action", "network_flow");
    json.text("dataset", "sekisho.flow");
    json.text("module", "sekisho");
    json.time("start", view.start);
    json.time("end", view.end);
    json.number("duration", duration(view));
    json.close();
    for (name, end) in ["source", "destination"].into_iter().zip(ends(view)) {
        open_end(name, &end, view, &mut json);
        json.number("packets", end.side.packets);
        json.number("bytes", end.side.bytes);
        if let Some(country) = end.country {
            json.open("geo");
            json.text("country_iso_code", country);
            json.close();
        }
        json.close();
    }
    json.open("network");
    json.text(
        "type",
        match view.version {
            IpVersion::V4 => "ipv4",
            IpVersion::V6 => "ipv6",
        },
    );
    json.maybe("transport", keyword(view.protocol));
    json.digits("iana_number", u64::from(view.protocol));
    json.text("direction", direction(view.class));
    json.number("packets", src.packets + dst.packets);
    json.number("bytes", src.bytes + dst.bytes);
    json.maybe("community_id", view.community_id());
    let mut vlans = view.path.vlans().iter();
    if let Some(outer) = vlans.next() {
        json.open("vlan");
        json.digits("id", u64::from(*outer));
        json.close();
    }
    if let Some(inner) = vlans.next() {
        json.open("inner");
        json.open("vlan");
        json.digits("id", u64::from(*inner));
        json.close();
        json.close();
    }
    json.close();
    json.open("observer");
    json.raw("name", &run.sensor_json);
    json.text("type", "sensor");
    json.text("vendor", "sekisho");
    json.text("product", "sekisho");
    json.text("version", env!("CARGO_PKG_VERSION"));
    json.close();
    json.open("sekisho");
    ours(view, run, &mut json);
    json.close();
    json.end();
}

/// Seen from home. The schema has `external` for two ends outside the perimeter, and nothing for an end of which
/// it is not known.
const fn direction(class: Class) -> &'static str {
    match class {
        Class::ForeignForeign => "external",
        Class::ForeignDomestic => "inbound",
        Class::DomesticForeign => "outbound",
        Class::ForeignUndetermined | Class::UndeterminedForeign => "unknown",
    }
}
