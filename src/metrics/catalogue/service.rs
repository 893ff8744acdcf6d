//! The program: which it is, since when, how its reloads went, what confines it.

use super::super::board::LAYERS_SHOWN;
use super::{Entry, Kind, flag, number, seconds};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        name: "sekisho_build_info",
        kind: Kind::Gauge,
        unit: "always 1",
        labels: &["version"],
        help: "The version of the program.",
        usage: "Shows which sensors an update has not reached.",
        read: |_, out| out.with(&[env!("CARGO_PKG_VERSION")], 1.0),
    },
    Entry {
        name: "sekisho_config_info",
        kind: Kind::Gauge,
        unit: "always 1",
        labels: &["digest", "sensor"],
        help: "SHA-256 of the settings in force, and the name of the sensor.",
        usage: "A digest that changed without a change that you made is worth a question.",
        read: |shown, out| {
            let identity = &shown.identity;
            out.with(&[&identity.config, &identity.sensor], 1.0);
        },
    },
    Entry {
        name: "sekisho_start_timestamp_seconds",
        kind: Kind::Gauge,
        unit: "seconds after 1970-01-01 UTC",
        labels: &[],
        help: "When the run began.",
        usage: "Changes at every restart, and every restart is a gap (SekishoRestarting).",
        read: |shown, out| out.one(seconds(shown.start)),
    },
    Entry {
        name: "sekisho_reloads_total",
        kind: Kind::Counter,
        unit: "reloads",
        labels: &["result"],
        help: "Reloads by result: done, or refused with the old settings and table still in force.",
        usage: "Tells whether somebody reloads at all.",
        read: |shown, out| {
            out.with(&["done"], number(shown.reloads.done));
            out.with(&["refused"], number(shown.reloads.refused));
        },
    },
    Entry {
        name: "sekisho_last_reload_timestamp_seconds",
        kind: Kind::Gauge,
        unit: "seconds after 1970-01-01 UTC",
        labels: &[],
        help: "When the latest reload ended; the start of the run before the first.",
        usage: "Since when the settings and the table are in force, if it was done.",
        read: |shown, out| {
            let last = shown.reloads.last.map_or(shown.start, |reload| reload.at);
            out.one(seconds(last));
        },
    },
    Entry {
        name: "sekisho_last_reload_done",
        kind: Kind::Gauge,
        unit: "0 or 1",
        labels: &[],
        help: "Whether the latest reload was done; 1 before the first.",
        usage: "At 0 the files on disk are not what is in force: sekisho check says what is wrong with them (SekishoReloadRefused).",
        read: |shown, out| out.one(flag(shown.reloads.last.is_none_or(|reload| reload.done))),
    },
    Entry {
        name: "sekisho_sandbox_layer",
        kind: Kind::Gauge,
        unit: "0 or 1",
        labels: &["layer"],
        help: "Whether a layer of the sandbox holds.",
        usage: "At 0 a kernel or a unit does not give what it should: see the log of the start (SekishoSandboxLayerMissing).",
        read: |shown, out| {
            for layer in shown.sandbox.iter().take(LAYERS_SHOWN) {
                out.with(&[layer.id], flag(layer.holds));
            }
        },
    },
    Entry {
        name: "sekisho_scrapes_refused_total",
        kind: Kind::Counter,
        unit: "connections",
        labels: &[],
        help: "Connections to this endpoint that were closed unanswered since there were too many.",
        usage: "Should stay 0: something on this host opens connections and asks nothing (SekishoScrapesRefused).",
        read: |shown, out| out.one(number(shown.scrapes_refused)),
    },
    Entry {
        name: "process_resident_memory_bytes",
        kind: Kind::Gauge,
        unit: "bytes",
        labels: &[],
        help: "Resident memory of the process; absent where it is not known.",
        usage: "Flat after warm-up; grows with open flows up to flow.max_flows.",
        read: |shown, out| {
            if let Some(bytes) = shown.process.resident_bytes {
                out.one(number(bytes));
            }
        },
    },
    Entry {
        name: "process_cpu_seconds_total",
        kind: Kind::Counter,
        unit: "seconds",
        labels: &[],
        help: "Processor time of the process, of user and system; absent where it is not known.",
        usage: "The rate is the number of processors in use; by packet, what one costs.",
        read: |shown, out| {
            if let Some(time) = shown.process.cpu {
                out.one(time.as_secs_f64());
            }
        },
    },
];
