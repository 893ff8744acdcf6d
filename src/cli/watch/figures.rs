//! What a sensor said at one moment: the samples of one answer, by what they mean.
//!
//! Names are those of `docs/metrics.md`; what is not known here is passed over, what is missing counts as
//! none. It must never keep text as it came: every name is escaped here, before anything else sees it.

use super::text::{Sample, samples};
use super::trouble::Trouble;
use crate::cli::talk::escaped;
use crate::fate::{Class, Reason};
use crate::pipeline::Count;

/// Everything that is shown, as of one answer. Counts are since the start of the sensor.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Figures {
    pub(super) sensor: String,
    pub(super) version: String,
    /// Seconds after 1970-01-01 UTC, as all moments here.
    pub(super) start: f64,
    pub(super) balanced: bool,
    pub(super) frames: Count,
    /// By [`Class::ALL`].
    pub(super) classes: [Count; Class::ALL.len()],
    /// By [`Reason::ALL`].
    pub(super) reasons: [Count; Reason::ALL.len()],
    /// Of the latest frame, by its own time; 0 before the first.
    pub(super) last_packet: f64,
    pub(super) interfaces: Vec<Interface>,
    pub(super) lanes: Vec<Lane>,
    pub(super) flows: Flows,
    pub(super) output: Output,
    pub(super) geo: Geo,
    pub(super) reload: Reload,
    /// Layers of the sandbox, and whether they hold.
    pub(super) layers: Vec<(String, bool)>,
    /// Resident, in bytes.
    pub(super) memory: Option<u64>,
    /// Processor time in seconds.
    pub(super) cpu: Option<f64>,
}

/// One interface.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Interface {
    pub(super) name: String,
    pub(super) up: bool,
    pub(super) packets: u64,
    pub(super) kernel_dropped: u64,
    pub(super) dropped: u64,
    pub(super) gaps: u64,
    pub(super) gap_seconds: f64,
}

/// One lane.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Lane {
    pub(super) name: String,
    pub(super) packets: u64,
    pub(super) kernel_dropped: u64,
    pub(super) busy_seconds: f64,
}

/// The flow table.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Flows {
    pub(super) open: u64,
    pub(super) capacity: u64,
    pub(super) evicted: u64,
    pub(super) recalled: u64,
}

/// Records on their way out.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Output {
    pub(super) records: u64,
    pub(super) bytes: u64,
    pub(super) files: u64,
    pub(super) failing: bool,
    pub(super) errors: u64,
    /// Records lost since the queue was full.
    pub(super) lost_queue: u64,
    /// Records lost since the output failed.
    pub(super) lost_output: u64,
    pub(super) queue: u64,
    pub(super) queue_capacity: u64,
}

/// The geo table in force.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Geo {
    pub(super) digest: String,
    pub(super) home: String,
    pub(super) stale: bool,
    /// When the oldest of its sources was made, where one says so.
    pub(super) made: Option<f64>,
}

/// The latest reload.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Reload {
    /// The start of the sensor before the first.
    pub(super) at: f64,
    pub(super) done: bool,
    pub(super) done_count: u64,
    pub(super) refused_count: u64,
}

impl Figures {
    /// Out of the text of the metrics.
    ///
    /// # Errors
    /// If it is not in the format, or not a sensor's.
    pub(super) fn read(text: &str) -> Result<Self, Trouble> {
        let mut figures = Self {
            balanced: true,
            reload: Reload {
                done: true,
                ..Reload::default()
            },
            ..Self::default()
        };
        for sample in samples(text) {
            figures.take(&sample?);
        }
        if figures.version.is_empty() {
            return Err(Trouble::answer("these are not the metrics of a sensor"));
        }
        Ok(figures)
    }

    /// All dropped before this program could see them: by the kernel, and by interfaces.
    pub(super) fn dropped(&self) -> (u64, u64) {
        let sum =
            |of: fn(&Interface) -> u64| self.interfaces.iter().map(of).fold(0, u64::saturating_add);
        (sum(|each| each.kernel_dropped), sum(|each| each.dropped))
    }

    /// What passed the gate, and what was turned back.
    pub(super) fn judged(&self) -> (Count, Count) {
        let sum = |counts: &[Count]| counts.iter().copied().fold(Count::default(), Count::plus);
        (sum(&self.classes), sum(&self.reasons))
    }

    fn take(&mut self, sample: &Sample<'_>) {
        let label = |name| escaped(sample.label(name).unwrap_or_default());
        // As a cast has it: no number and what is below zero are 0, what is too large is the largest.
        let count = sample.value as u64;
        let value = if sample.value.is_finite() {
            sample.value
        } else {
            0.0
        };
        let yes = sample.value == 1.0;
        match sample.name {
            "sekisho_frames_total" => self.frames.packets = count,
            "sekisho_frame_bytes_total" => self.frames.bytes = count,
            "sekisho_admitted_packets_total" => {
                if let Some(class) = self.class(sample) {
                    class.packets = count;
                }
            }
            "sekisho_admitted_bytes_total" => {
                if let Some(class) = self.class(sample) {
                    class.bytes = count;
                }
            }
            "sekisho_excluded_packets_total" => {
                if let Some(reason) = self.reason(sample) {
                    reason.packets = count;
                }
            }
            "sekisho_excluded_bytes_total" => {
                if let Some(reason) = self.reason(sample) {
                    reason.bytes = count;
                }
            }
            "sekisho_books_balanced" => self.balanced = yes,
            "sekisho_interface_up" => self.interface(label("interface")).up = yes,
            "sekisho_interface_packets_total" => self.interface(label("interface")).packets = count,
            "sekisho_interface_kernel_dropped_packets_total" => {
                self.interface(label("interface")).kernel_dropped = count;
            }
            "sekisho_interface_dropped_packets_total" => {
                self.interface(label("interface")).dropped = count;
            }
            "sekisho_interface_gaps_total" => self.interface(label("interface")).gaps = count,
            "sekisho_interface_gap_seconds_total" => {
                self.interface(label("interface")).gap_seconds = value;
            }
            "sekisho_lane_packets_total" => self.lane(label("lane")).packets = count,
            "sekisho_lane_kernel_dropped_packets_total" => {
                self.lane(label("lane")).kernel_dropped = count;
            }
            "sekisho_lane_busy_seconds_total" => self.lane(label("lane")).busy_seconds = value,
            "sekisho_last_packet_timestamp_seconds" => self.last_packet = value,
            "sekisho_flows_open" => self.flows.open = count,
            "sekisho_flows_capacity" => self.flows.capacity = count,
            "sekisho_flows_evicted_total" => self.flows.evicted = count,
            "sekisho_flows_recalled_total" => self.flows.recalled = count,
            "sekisho_records_written_total" => self.output.records = count,
            "sekisho_records_lost_total" => match sample.label("cause") {
                Some("queue") => self.output.lost_queue = count,
                // A cause of a later version is a loss too.
                _ => self.output.lost_output = self.output.lost_output.saturating_add(count),
            },
            "sekisho_output_bytes_total" => self.output.bytes = count,
            "sekisho_output_files_total" => self.output.files = count,
            "sekisho_output_errors_total" => self.output.errors = count,
            "sekisho_output_failing" => self.output.failing = yes,
            "sekisho_queue_batches" => self.output.queue = count,
            "sekisho_queue_capacity" => self.output.queue_capacity = count,
            "sekisho_geo_info" => {
                self.geo.digest = label("digest");
                self.geo.home = label("home").replace(',', " ");
            }
            "sekisho_geo_source_timestamp_seconds" => {
                let oldest = self.geo.made.map_or(value, |made| made.min(value));
                self.geo.made = Some(oldest);
            }
            "sekisho_geo_stale" => self.geo.stale = yes,
            "sekisho_build_info" => self.version = label("version"),
            "sekisho_config_info" => self.sensor = label("sensor"),
            "sekisho_start_timestamp_seconds" => self.start = value,
            "sekisho_reloads_total" => match sample.label("result") {
                Some("refused") => self.reload.refused_count = count,
                _ => self.reload.done_count = count,
            },
            "sekisho_last_reload_timestamp_seconds" => self.reload.at = value,
            "sekisho_last_reload_done" => self.reload.done = yes,
            "sekisho_sandbox_layer" => self.layers.push((label("layer"), yes)),
            "process_resident_memory_bytes" => self.memory = Some(count),
            "process_cpu_seconds_total" => self.cpu = Some(value),
            _ => {}
        }
    }

    fn class(&mut self, sample: &Sample<'_>) -> Option<&mut Count> {
        let id = sample.label("class")?;
        let at = Class::ALL.iter().position(|class| class.id() == id)?;
        self.classes.get_mut(at)
    }

    fn reason(&mut self, sample: &Sample<'_>) -> Option<&mut Count> {
        let id = sample.label("reason")?;
        let at = Reason::ALL.iter().position(|reason| reason.id() == id)?;
        self.reasons.get_mut(at)
    }

    fn interface(&mut self, name: String) -> &mut Interface {
        let new = |name| Interface {
            name,
            ..Interface::default()
        };
        named(&mut self.interfaces, name, |each| &each.name, new)
    }

    fn lane(&mut self, name: String) -> &mut Lane {
        let new = |name| Lane {
            name,
            ..Lane::default()
        };
        named(&mut self.lanes, name, |each| &each.name, new)
    }
}

/// The one of this name, put at the end if it is new.
fn named<T>(
    all: &mut Vec<T>,
    name: String,
    name_of: impl Fn(&T) -> &String,
    new: impl FnOnce(String) -> T,
) -> &mut T {
    let at = all.iter().position(|each| *name_of(each) == name);
    let at = at.unwrap_or_else(|| {
        all.push(new(name));
        all.len() - 1
    });
    &mut all[at]
}
