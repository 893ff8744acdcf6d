//! Goes through a ledger from its first entry to its last and keeps what was in force when.
//!
//! Entries of a capture carry the wall clock; those of a replay do not, and get the packet time that the
//! intervals before them had reached.

use std::collections::BTreeMap;

use super::figures::{Happening, KindCount};
use super::happening::{self, happening};
use super::window::{PUBLISHED_SECONDS, Union, Window, floor};
use crate::ledger::{
    Authority, DropCause, Entry, Event, Export, Gap, GapCause, GeoInForce, Mode, Moment, Policy,
    Standing, Start,
};
use crate::time::Timestamp;

/// Something that was in force from one moment to another.
#[derive(Debug, Clone)]
pub(super) struct InForce<'a, T> {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    pub(super) what: &'a T,
}

/// Gaps of one cause, of one interface or of all.
#[derive(Debug, Clone, Default)]
pub(super) struct GapsOf {
    pub(super) count: u64,
    pub(super) time: Union,
}

/// What a walk found, inside a window.
#[derive(Debug, Default)]
pub(super) struct Walk<'a> {
    window: Window,
    /// The first and the last moment that belong to the report.
    pub(super) extent: Option<(Timestamp, Timestamp)>,
    pub(super) wall_clock: bool,
    pub(super) starts: Vec<&'a Start>,
    pub(super) configurations: Vec<&'a str>,
    pub(super) geo: Vec<InForce<'a, GeoInForce>>,
    pub(super) policies: Vec<InForce<'a, Policy>>,
    pub(super) authorities: Vec<InForce<'a, Authority>>,
    pub(super) without: Union,
    pub(super) self_authorised: Union,
    pub(super) gaps: BTreeMap<(&'static str, Option<&'a str>), GapsOf>,
    pub(super) blind: Union,
    pub(super) exports: Vec<&'a Export>,
    /// Packets and records that were lost at the output, by the hour in which that was entered.
    pub(super) lost: BTreeMap<Timestamp, [u64; 2]>,
    pub(super) recalled_records: u64,
    pub(super) recalled_packets: u64,
    pub(super) purged_files: u64,
    pub(super) purged_length: u64,
    kinds: BTreeMap<&'static str, u64>,
    pub(super) happenings: Vec<Happening>,
    pub(super) happenings_left_out: u64,
    state: State<'a>,
}

/// What holds while the walk goes on.
#[derive(Debug, Default)]
struct State<'a> {
    now: Timestamp,
    run: Option<&'a Start>,
    configured: Option<&'a str>,
    geo: Option<(Timestamp, &'a GeoInForce)>,
    policy: Option<(Timestamp, &'a Policy)>,
    authorities: BTreeMap<&'a str, (Timestamp, &'a Authority)>,
    /// When the run began.
    began: Option<Timestamp>,
    /// What the run's entries have said of output losses and recalls so far.
    said: Said,
    /// Since when the sensor has run without an authorisation in force.
    without: Option<Timestamp>,
}

/// Sums of a run, of which its end may know more than its entries said.
#[derive(Debug, Clone, Copy, Default)]
struct Said {
    lost_packets: u64,
    lost_records: u64,
    recalled_packets: u64,
    recalled_records: u64,
}

impl<'a> Walk<'a> {
    /// Through all entries, for what is inside a window.
    pub(super) fn through(entries: &'a [Entry], window: Window) -> Self {
        let mut walk = Self {
            window,
            ..Self::default()
        };
        walk.state.now = entries.iter().find_map(first_moment).unwrap_or_default();
        for (index, entry) in entries.iter().enumerate() {
            walk.step(index as u64, entry);
        }
        walk.end_of_run(walk.state.now);
        walk
    }

    fn step(&mut self, index: u64, entry: &'a Entry) {
        if let Some(Moment(at)) = entry.at {
            self.wall_clock = true;
            self.state.now = self.state.now.max(at);
        }
        let now = self.state.now;
        let inside = self.window.holds(now);
        if inside && !matches!(entry.event, Event::Interval(_)) {
            self.reach(now, now);
        }
        self.event(&entry.event, now, inside);
        if inside {
            let kind = entry.event.kind();
            let count = self.kinds.entry(kind).or_default();
            *count += 1;
            if let Some(told) = happening(index, now, &entry.event) {
                if *count <= happening::MOST_OF_A_KIND {
                    self.happenings.push(told);
                } else {
                    self.happenings_left_out += 1;
                }
            }
        }
    }

    fn event(&mut self, event: &'a Event, now: Timestamp, inside: bool) {
        match event {
            Event::Start(start) => {
                self.end_of_run(now);
                self.state.run = Some(start);
                self.state.began = Some(now);
                // A purge captures nothing.
                self.state.without = (start.mode != Mode::Purge).then_some(now);
                if inside {
                    self.starts.push(start);
                }
            }
            Event::Configured(configured) => {
                self.state.configured = Some(&configured.sha256);
                if inside {
                    self.configurations.push(&configured.sha256);
                }
            }
            Event::Policy(policy) => {
                self.close_policy(now);
                self.state.policy = Some((now, policy));
            }
            Event::Authority(authority) => self.authority(authority, now),
            Event::Geo(geo) => {
                self.close_geo(now);
                self.state.geo = Some((now, geo));
            }
            Event::Interval(interval) => {
                if self.window.holds(interval.from.0) {
                    self.reach(interval.from.0, interval.to.0);
                }
                if !self.wall_clock {
                    self.state.now = now.max(interval.to.0);
                }
            }
            Event::Export(export) if inside => self.exports.push(export),
            Event::Gap(gap) => {
                // A run that crashed held nothing in force any more.
                let began = self.state.began;
                if gap.cause == GapCause::Crashed && began.is_some_and(|at| at <= gap.from.0) {
                    self.end_of_run(gap.from.0);
                }
                self.gap(gap);
            }
            Event::Drop(drop) => match drop.cause {
                DropCause::Output => self.say(
                    Said {
                        lost_packets: drop.packets,
                        lost_records: drop.records,
                        ..Said::default()
                    },
                    inside,
                ),
                // In the intervals already.
                DropCause::Kernel => {}
            },
            Event::Recall(recall) => self.say(
                Said {
                    recalled_packets: recall.packets,
                    recalled_records: recall.records,
                    ..Said::default()
                },
                inside,
            ),
            Event::Purge(purge) if inside => {
                self.purged_files += purge.files.len() as u64;
                for file in &purge.files {
                    self.purged_length = self.purged_length.saturating_add(file.length);
                }
            }
            Event::Stop(stop) => {
                let said = self.state.said;
                self.say(
                    Said {
                        lost_packets: stop.totals.lost.packets.saturating_sub(said.lost_packets),
                        lost_records: stop.totals.lost_records.saturating_sub(said.lost_records),
                        recalled_packets: stop
                            .totals
                            .recalled
                            .packets
                            .saturating_sub(said.recalled_packets),
                        recalled_records: stop
                            .totals
                            .recalled_records
                            .saturating_sub(said.recalled_records),
                    },
                    inside,
                );
                self.end_of_run(now);
            }
            Event::Aborted {} => self.end_of_run(now),
            Event::Export(_)
            | Event::Purge(_)
            | Event::Reload(_)
            | Event::ClockStep { .. }
            | Event::CrashRecovered(_) => {}
        }
    }

    /// Of the run, and of the report where it is inside.
    fn say(&mut self, more: Said, inside: bool) {
        let Said {
            lost_packets,
            lost_records,
            recalled_packets,
            recalled_records,
        } = more;
        let said = &mut self.state.said;
        for (sum, more) in [
            (&mut said.lost_packets, lost_packets),
            (&mut said.lost_records, lost_records),
            (&mut said.recalled_packets, recalled_packets),
            (&mut said.recalled_records, recalled_records),
        ] {
            *sum = sum.saturating_add(more);
        }
        if inside {
            let hour = floor(self.state.now, PUBLISHED_SECONDS);
            let [packets, records] = self.lost.entry(hour).or_default();
            for (sum, more) in [
                (packets, lost_packets),
                (records, lost_records),
                (&mut self.recalled_packets, recalled_packets),
                (&mut self.recalled_records, recalled_records),
            ] {
                *sum = sum.saturating_add(more);
            }
        }
    }

    /// Kinds of entries, and how many of each, by name.
    pub(super) fn counts(&self) -> Vec<KindCount> {
        let count = |(kind, count): (&&'static str, &u64)| KindCount {
            kind,
            count: *count,
        };
        self.kinds.iter().map(count).collect()
    }

    /// Makes the report's time reach over a span.
    fn reach(&mut self, from: Timestamp, to: Timestamp) {
        if self.extent.is_none() {
            // What began before the window holds in it, too.
            if self.starts.is_empty() {
                self.starts.extend(self.state.run);
            }
            if self.configurations.is_empty() {
                self.configurations.extend(self.state.configured);
            }
        }
        let (first, last) = self.extent.unwrap_or((from, to));
        self.extent = Some((first.min(from), last.max(to)));
    }

    fn authority(&mut self, authority: &'a Authority, now: Timestamp) {
        if let Some((since, before)) = self.state.authorities.remove(authority.id.as_str()) {
            self.close_authority(since, now, before);
        }
        self.state
            .authorities
            .insert(&authority.id, (now, authority));
        let lets_through = |(_, authority): &(Timestamp, &Authority)| {
            matches!(
                authority.standing,
                Standing::InForce | Standing::SelfAuthorised
            )
        };
        let any = self.state.authorities.values().any(lets_through);
        match (any, self.state.without) {
            (true, Some(since)) => {
                self.close_without(since, now);
                self.state.without = None;
            }
            (false, None) if self.state.run.is_some() => self.state.without = Some(now),
            _ => {}
        }
    }

    fn gap(&mut self, gap: &'a Gap) {
        let Some((from, to)) = self.window.cut(gap.from.0, gap.to.0) else {
            return;
        };
        self.reach(from, to);
        let interface = gap.interface.as_deref();
        let of = self.gaps.entry((cause(gap.cause), interface)).or_default();
        of.count += 1;
        of.time.add(from, to);
        if interface.is_none() {
            self.blind.add(from, to);
        }
    }

    fn close_geo(&mut self, now: Timestamp) {
        let Some((since, what)) = self.state.geo.take() else {
            return;
        };
        // The same table in the next run is the same span.
        if let Some(last) = self.geo.last_mut().filter(|last| last.what == what) {
            if let Some((_, to)) = self.window.cut(since, now) {
                last.to = to;
            }
        } else {
            push(&mut self.geo, self.window, since, now, what);
        }
    }

    fn close_policy(&mut self, now: Timestamp) {
        if let Some((since, what)) = self.state.policy.take() {
            if let Some(last) = self.policies.last_mut().filter(|last| last.what == what) {
                if let Some((_, to)) = self.window.cut(since, now) {
                    last.to = to;
                }
            } else {
                push(&mut self.policies, self.window, since, now, what);
            }
        }
    }

    fn close_authority(&mut self, since: Timestamp, now: Timestamp, what: &'a Authority) {
        if what.standing == Standing::SelfAuthorised
            && let Some((from, to)) = self.window.cut(since, now)
        {
            self.self_authorised.add(from, to);
        }
        // As it stood last: in force, then used up, then in force again are three spans.
        let mut of_id = self.authorities.iter_mut().rev();
        let last = of_id.find(|last| last.what.id == what.id);
        if let Some(last) = last.filter(|last| last.what == what) {
            if let Some((_, to)) = self.window.cut(since, now) {
                last.to = to;
            }
        } else {
            push(&mut self.authorities, self.window, since, now, what);
        }
    }

    fn close_without(&mut self, since: Timestamp, now: Timestamp) {
        if let Some((from, to)) = self.window.cut(since, now) {
            self.without.add(from, to);
        }
    }

    /// Nothing is in force any more.
    fn end_of_run(&mut self, now: Timestamp) {
        self.close_geo(now);
        self.close_policy(now);
        for (since, what) in std::mem::take(&mut self.state.authorities).into_values() {
            self.close_authority(since, now, what);
        }
        if let Some(since) = self.state.without.take() {
            self.close_without(since, now);
        }
        self.state.run = None;
        self.state.began = None;
        self.state.said = Said::default();
    }
}

fn push<'a, T>(
    spans: &mut Vec<InForce<'a, T>>,
    window: Window,
    since: Timestamp,
    now: Timestamp,
    what: &'a T,
) {
    // A replay has no time before its first packet: what is in force for no time is shown all the same.
    let cut = window.cut(since, now);
    let cut = cut.or_else(|| (since == now && window.holds(since)).then_some((since, now)));
    if let Some((from, to)) = cut {
        spans.push(InForce { from, to, what });
    }
}

/// When an entry says that something was.
fn first_moment(entry: &Entry) -> Option<Timestamp> {
    match (&entry.at, &entry.event) {
        (Some(at), _) => Some(at.0),
        (None, Event::Interval(interval)) => Some(interval.from.0),
        (None, _) => None,
    }
}

/// The id of a cause of blindness.
pub(super) const fn cause(cause: GapCause) -> &'static str {
    match cause {
        GapCause::LinkDown => "link_down",
        GapCause::Stopped => "stopped",
        GapCause::Crashed => "crashed",
    }
}
