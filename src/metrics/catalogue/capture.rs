//! Interfaces and lanes: what was captured, and what was missed before it could be.

use super::{Entry, Kind, flag, number, seconds};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        name: "sekisho_interface_up",
        kind: Kind::Gauge,
        unit: "0 or 1",
        labels: &["interface"],
        help: "Whether the interface carries.",
        usage: "At 0 look at cable, switch and mirror session; capture goes on by itself (SekishoInterfaceDown).",
        read: |shown, out| {
            for interface in &shown.interfaces {
                out.with(&[&interface.name], flag(interface.figures.up));
            }
        },
    },
    Entry {
        name: "sekisho_interface_packets_total",
        kind: Kind::Counter,
        unit: "packets",
        labels: &["interface"],
        help: "Frames received from the interface, over all its lanes.",
        usage: "Hold it against the counter of the switch's mirror port: what is missing here was lost before.",
        read: |shown, out| {
            for interface in &shown.interfaces {
                out.with(&[&interface.name], number(interface.packets));
            }
        },
    },
    Entry {
        name: "sekisho_interface_kernel_dropped_packets_total",
        kind: Kind::Counter,
        unit: "packets",
        labels: &["interface"],
        help: "Frames that the kernel dropped since the ring of a lane was full.",
        usage: "Lost for good: more lanes, a larger ring, or less to do (SekishoKernelDrops).",
        read: |shown, out| {
            for interface in &shown.interfaces {
                out.with(&[&interface.name], number(interface.kernel_dropped));
            }
        },
    },
    Entry {
        name: "sekisho_interface_dropped_packets_total",
        kind: Kind::Counter,
        unit: "packets",
        labels: &["interface"],
        help: "Frames that the interface or its driver dropped.",
        usage: "Lost before the kernel saw them: ethtool -S and -g, interrupts, or a mirror faster than the port (SekishoInterfaceDrops).",
        read: |shown, out| {
            for interface in &shown.interfaces {
                out.with(&[&interface.name], number(interface.dropped));
            }
        },
    },
    Entry {
        name: "sekisho_interface_gaps_total",
        kind: Kind::Counter,
        unit: "gaps",
        labels: &["interface"],
        help: "How often the interface stopped carrying while it was captured from.",
        usage: "Each is a hole in the books; many are a loose cable or a switch that restarts (SekishoGap).",
        read: |shown, out| {
            for interface in &shown.interfaces {
                out.with(&[&interface.name], number(interface.figures.gaps));
            }
        },
    },
    Entry {
        name: "sekisho_interface_gap_seconds_total",
        kind: Kind::Counter,
        unit: "seconds",
        labels: &["interface"],
        help: "For how long in all the interface did not carry while it was captured from.",
        usage: "How much of the time a report does not cover.",
        read: |shown, out| {
            for interface in &shown.interfaces {
                out.with(&[&interface.name], interface.figures.gap_time.as_secs_f64());
            }
        },
    },
    Entry {
        name: "sekisho_lane_packets_total",
        kind: Kind::Counter,
        unit: "packets",
        labels: &["lane"],
        help: "Frames received by the lane.",
        usage: "If one lane gets most of it, few hosts or one tunnel make the traffic: more lanes will not help.",
        read: |shown, out| {
            for lane in &shown.lanes {
                out.with(&[&lane.name], number(lane.packets));
            }
        },
    },
    Entry {
        name: "sekisho_lane_kernel_dropped_packets_total",
        kind: Kind::Counter,
        unit: "packets",
        labels: &["lane"],
        help: "Frames that the kernel dropped since the lane's ring was full.",
        usage: "Tells whether all lanes are too slow or one is.",
        read: |shown, out| {
            for lane in &shown.lanes {
                out.with(&[&lane.name], number(lane.kernel_dropped));
            }
        },
    },
    Entry {
        name: "sekisho_lane_busy_seconds_total",
        kind: Kind::Counter,
        unit: "seconds",
        labels: &["lane"],
        help: "Time that the lane worked and did not wait for frames.",
        usage: "The rate is its busy share, from 0 to 1; near 1 the next burst is dropped (SekishoLaneSaturated).",
        read: |shown, out| {
            for lane in &shown.lanes {
                out.with(&[&lane.name], lane.busy.as_secs_f64());
            }
        },
    },
    Entry {
        name: "sekisho_last_packet_timestamp_seconds",
        kind: Kind::Gauge,
        unit: "seconds after 1970-01-01 UTC",
        labels: &[],
        help: "Packet time of the latest frame; 0 before the first.",
        usage: "time() less this is how long nothing came; far from zero under traffic, the clocks differ.",
        read: |shown, out| out.one(seconds(shown.last_packet)),
    },
];
