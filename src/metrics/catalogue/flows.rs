//! The flow table.

use super::{Entry, Kind, number};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        name: "sekisho_flows_open",
        kind: Kind::Gauge,
        unit: "flows",
        labels: &[],
        help: "Flows that are open, over all lanes.",
        usage: "Over sekisho_flows_capacity, how full the flow table is (SekishoFlowTableNearlyFull).",
        read: |shown, out| out.one(number(shown.flows_open)),
    },
    Entry {
        name: "sekisho_flows_capacity",
        kind: Kind::Gauge,
        unit: "flows",
        labels: &[],
        help: "Flows that can be open, over all lanes.",
        usage: "Set by flow.max_flows; about 150 bytes of memory each.",
        read: |shown, out| out.one(number(shown.flows_capacity)),
    },
    Entry {
        name: "sekisho_flows_evicted_total",
        kind: Kind::Counter,
        unit: "flows",
        labels: &[],
        help: "Flows exported early since the flow table was full.",
        usage: "Nothing is lost, but long flows fall into several records: raise flow.max_flows or look for a scan (SekishoFlowsEvicted).",
        read: |shown, out| out.one(number(shown.evicted)),
    },
    Entry {
        name: "sekisho_flows_recalled_total",
        kind: Kind::Counter,
        unit: "flows",
        labels: &[],
        help: "Flows dropped unexported since a newer geo table or policy does not admit them.",
        usage: "Grows at reloads only; very many mean that the new table or policy differs much from the old.",
        read: |shown, out| out.one(number(shown.recalled)),
    },
    Entry {
        name: "sekisho_recalled_packets_total",
        kind: Kind::Counter,
        unit: "packets",
        labels: &[],
        help: "Admitted packets in the flows that were recalled.",
        usage: "Part of the books: admitted = in records + recalled + lost + in open flows.",
        read: |shown, out| out.one(number(shown.recalled_packets)),
    },
];
