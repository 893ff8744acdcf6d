//! Frames, and how they ended at the gate.

use super::{Entry, Kind, flag, number};
use crate::fate::{Class, Fate, NetworkGroup, ProtocolGroup, Reason};
use crate::tally::Count;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        name: "sekisho_frames_total",
        kind: Kind::Counter,
        unit: "packets",
        labels: &[],
        help: "Frames that the program received.",
        usage: "The rate is the load; at zero the mirror port is silent (SekishoNoPackets).",
        read: |shown, out| out.one(number(shown.frames.packets)),
    },
    Entry {
        name: "sekisho_frame_bytes_total",
        kind: Kind::Counter,
        unit: "bytes on the wire",
        labels: &[],
        help: "Bytes on the wire of the frames that the program received.",
        usage: "Times eight, the rate is the bandwidth to hold against that of the mirrored link.",
        read: |shown, out| out.one(number(shown.frames.bytes)),
    },
    Entry {
        name: "sekisho_admitted_packets_total",
        kind: Kind::Counter,
        unit: "packets",
        labels: &["class"],
        help: "Packets that passed the gate, by the class of their own direction.",
        usage: "If one direction of a pair of classes is missing, so is one direction of the mirror (SekishoOneDirection).",
        read: |shown, out| {
            for class in Class::ALL {
                let count = shown.tally.fate(Fate::Admitted(class));
                out.with(&[class.id()], number(count.packets));
            }
        },
    },
    Entry {
        name: "sekisho_admitted_bytes_total",
        kind: Kind::Counter,
        unit: "bytes on the wire",
        labels: &["class"],
        help: "Bytes on the wire of the packets that passed the gate, by class.",
        usage: "The volume that may be kept, to plan storage and to report.",
        read: |shown, out| {
            for class in Class::ALL {
                let count = shown.tally.fate(Fate::Admitted(class));
                out.with(&[class.id()], number(count.bytes));
            }
        },
    },
    Entry {
        name: "sekisho_excluded_packets_total",
        kind: Kind::Counter,
        unit: "packets",
        labels: &["reason"],
        help: "Packets that the gate turned back, by the reason that decided.",
        usage: "A share that moves at once after a change tells what the change did; geo_stale and no_authorisation mean that nothing is kept.",
        read: |shown, out| {
            for reason in Reason::ALL {
                let count = shown.tally.fate(Fate::Excluded(reason));
                out.with(&[reason.id()], number(count.packets));
            }
        },
    },
    Entry {
        name: "sekisho_excluded_bytes_total",
        kind: Kind::Counter,
        unit: "bytes on the wire",
        labels: &["reason"],
        help: "Bytes on the wire of the packets that the gate turned back, by reason.",
        usage: "For reports; what law and policy turn back is never a loss.",
        read: |shown, out| {
            for reason in Reason::ALL {
                let count = shown.tally.fate(Fate::Excluded(reason));
                out.with(&[reason.id()], number(count.bytes));
            }
        },
    },
    Entry {
        name: "sekisho_judged_packets_total",
        kind: Kind::Counter,
        unit: "packets",
        labels: &["verdict", "network", "protocol"],
        help: "Packets by verdict, IP version and protocol group of the innermost layer that was judged.",
        usage: "Shows a mirror without IPv6, or a flood in one protocol.",
        read: |shown, out| {
            for (verdict, fates) in verdicts() {
                for network in NetworkGroup::ALL {
                    for protocol in ProtocolGroup::ALL {
                        let cells = fates.iter();
                        let count: Count = cells
                            .map(|fate| shown.tally.cell(*fate, network, protocol))
                            .sum();
                        let labels = [verdict, network.id(), protocol.id()];
                        out.with(&labels, number(count.packets));
                    }
                }
            }
        },
    },
    Entry {
        name: "sekisho_books_balanced",
        kind: Kind::Gauge,
        unit: "0 or 1",
        labels: &[],
        help: "Whether frames = admitted + excluded held in every lane when it last counted, in packets and bytes.",
        usage: "At 0 no number of this sensor can be believed: stop it, keep what it wrote and report a bug (SekishoBooksDoNotBalance).",
        read: |shown, out| out.one(flag(shown.balanced)),
    },
];

fn verdicts() -> [(&'static str, Vec<Fate>); 2] {
    [
        ("admitted", Class::ALL.map(Fate::Admitted).into()),
        ("excluded", Reason::ALL.map(Fate::Excluded).into()),
    ]
}
