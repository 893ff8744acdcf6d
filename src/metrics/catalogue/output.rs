//! Records: written, waiting, lost.

use super::{Entry, Kind, flag, number};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        name: "sekisho_records_written_total",
        kind: Kind::Counter,
        unit: "records",
        labels: &[],
        help: "Flow records that an output took.",
        usage: "The rate is what comes after this sensor must take.",
        read: |shown, out| out.one(number(shown.output.records)),
    },
    Entry {
        name: "sekisho_written_packets_total",
        kind: Kind::Counter,
        unit: "packets",
        labels: &[],
        help: "Admitted packets in the records that were written.",
        usage: "Follows the admitted packets, behind by the flows that are open.",
        read: |shown, out| out.one(number(shown.output.packets)),
    },
    Entry {
        name: "sekisho_records_lost_total",
        kind: Kind::Counter,
        unit: "records",
        labels: &["cause"],
        help: "Finished records that were not written: the queue was full, or the output failed.",
        usage: "Lost for good: a faster or emptier disk for queue, the log for output (SekishoRecordsLost).",
        read: |shown, out| {
            out.with(&["queue"], number(shown.shed.records));
            out.with(&["output"], number(shown.output.lost.records));
        },
    },
    Entry {
        name: "sekisho_lost_packets_total",
        kind: Kind::Counter,
        unit: "packets",
        labels: &["cause"],
        help: "Admitted packets in the records that were lost.",
        usage: "How much of what was admitted is in no record.",
        read: |shown, out| {
            out.with(&["queue"], number(shown.shed.packets));
            out.with(&["output"], number(shown.output.lost.packets));
        },
    },
    Entry {
        name: "sekisho_output_bytes_total",
        kind: Kind::Counter,
        unit: "bytes",
        labels: &[],
        help: "Bytes that the output took.",
        usage: "The rate against the free space says when the disk is full.",
        read: |shown, out| out.one(number(shown.output.bytes)),
    },
    Entry {
        name: "sekisho_output_files_total",
        kind: Kind::Counter,
        unit: "files",
        labels: &[],
        help: "Files that were completed and have their final name.",
        usage: "If it stands still under traffic, whoever collects the files gets none.",
        read: |shown, out| out.one(number(shown.output.files)),
    },
    Entry {
        name: "sekisho_output_errors_total",
        kind: Kind::Counter,
        unit: "attempts",
        labels: &[],
        help: "Attempts to write that failed.",
        usage: "The log names the error and the place.",
        read: |shown, out| out.one(number(shown.output.errors)),
    },
    Entry {
        name: "sekisho_output_failing",
        kind: Kind::Gauge,
        unit: "0 or 1",
        labels: &[],
        help: "Whether the latest attempt to write failed.",
        usage: "At 1 records are being lost: free space or repair the place; writing goes on by itself (SekishoOutputFailing).",
        read: |shown, out| out.one(flag(shown.output.failing)),
    },
    Entry {
        name: "sekisho_queue_batches",
        kind: Kind::Gauge,
        unit: "batches",
        labels: &[],
        help: "Batches of records that wait to be written.",
        usage: "Over sekisho_queue_capacity, how near the next loss is (SekishoQueueFilling).",
        read: |shown, out| out.one(number(shown.output.queue)),
    },
    Entry {
        name: "sekisho_queue_capacity",
        kind: Kind::Gauge,
        unit: "batches",
        labels: &[],
        help: "Batches of records that can wait to be written.",
        usage: "Fixed; what comes on top is lost and counted.",
        read: |shown, out| out.one(number(shown.output.queue_capacity)),
    },
];
