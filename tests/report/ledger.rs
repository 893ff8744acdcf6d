//! A made-up ledger of a sensor: seeded, with days and nights, tables, authorisations, gaps and a crash.

use sekisho::fate::{Class, Fate, NetworkGroup, ProtocolGroup, Reason};
use sekisho::ledger::{
    Authority, Cell, Configured, CrashRecovered, Drop, DropCause, Entry, Event, Export, Finding,
    Gap, GapCause, GeoInForce, GeoSource, Interval, List, Mode, Moment, Policy, Profile, Purge,
    Purged, Recall, Reload, SCHEMA, Standing, Start, Stop, Totals, Verification, Volume,
};
use sekisho::tally::Count;
use sekisho::time::Timestamp;
use std::collections::BTreeMap;

/// 2026-11-16T00:00:00Z, a Monday.
pub(crate) const BEGIN: u64 = 1_794_787_200;

pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) const fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

pub(crate) const fn moment(seconds: u64) -> Moment {
    Moment(Timestamp::from_parts(seconds, 0))
}

/// So many hex digits.
fn digest(dice: &mut Dice) -> String {
    (0..4).map(|_| format!("{:016x}", dice.next())).collect()
}

pub(crate) struct Ledger {
    pub(crate) entries: Vec<Entry>,
    dice: Dice,
    now: u64,
}

impl Ledger {
    pub(crate) const fn new(seed: u64) -> Self {
        Self {
            entries: Vec::new(),
            dice: Dice::new(seed),
            now: BEGIN,
        }
    }

    pub(crate) fn say(&mut self, event: Event) {
        self.entries.push(Entry {
            schema: SCHEMA.to_owned(),
            at: Some(moment(self.now)),
            event,
        });
    }

    pub(crate) fn begin(&mut self, version: &str) {
        self.say(Event::Start(Start {
            mode: Mode::Capture,
            version: version.to_owned(),
            sensor: "tokyo-ix-1".to_owned(),
            interval_secs: 60,
            interfaces: vec!["enp65s0f0".to_owned(), "enp65s0f1".to_owned()],
            inputs: 0,
        }));
        let mut settings = Dice::new(7);
        self.say(Event::Configured(Configured {
            sha256: digest(&mut settings),
        }));
    }

    pub(crate) fn rules(&mut self, profile: Profile, standing: Standing, id: &str) {
        let classes = ["foreign_foreign", "foreign_domestic", "domestic_foreign"];
        let classes: Vec<String> = classes.map(str::to_owned).into();
        let lets = matches!(standing, Standing::InForce | Standing::SelfAuthorised);
        self.say(Event::Policy(Policy {
            profile,
            classes: if lets { classes.clone() } else { Vec::new() },
        }));
        let named = standing != Standing::SelfAuthorised;
        let mut file = Dice::new(id.len() as u64);
        self.say(Event::Authority(Authority {
            standing,
            id: id.to_owned(),
            authority: named.then(|| "Example authority".to_owned()),
            purpose: named.then(|| "Trial operation on an exchange's mirror port".to_owned()),
            classes: if named { classes } else { Vec::new() },
            interfaces: Vec::new(),
            not_before: named.then(|| moment(BEGIN)),
            not_after: named.then(|| moment(BEGIN + 5 * 86_400)),
            volume: named.then_some(Volume {
                packets: Some(50_000_000_000),
                bytes: Some(1 << 45),
            }),
            sha256: named.then(|| digest(&mut file)),
            keys: if named {
                vec!["example-authority+5f2c1a90".to_owned()]
            } else {
                Vec::new()
            },
        }));
    }

    fn table(&mut self, age: u64) {
        let source = |name: &str, source: &str, date: &str, seed: u64| GeoSource {
            name: name.to_owned(),
            source: source.to_owned(),
            date: Some(date.to_owned()),
            sha256: digest(&mut Dice::new(seed)),
        };
        let second = ["2026-11-10", "2026-11-17", "2026-11-19"][age as usize % 3];
        self.say(Event::Geo(GeoInForce {
            sha256: digest(&mut Dice::new(100 + age)),
            home: vec!["JP".to_owned()],
            sources: vec![
                source("embedded", "tor-geoip-db", "2026-09-23", 11),
                source(
                    "delegated-apnic-extended-latest",
                    "delegated-extended",
                    second,
                    20 + age,
                ),
            ],
            lists: vec![List {
                list: if age < 2 { "anycast" } else { "domestic" }.to_owned(),
                sha256: digest(&mut Dice::new(31)),
            }],
        }));
    }

    /// Packets of an interval at a time of day, of about so many at noon.
    pub(crate) fn interval(&mut self, noon: u64) {
        let hour = (self.now + 9 * 3_600) % 86_400 / 3_600;
        let shape = [
            30, 22, 16, 12, 10, 12, 20, 35, 50, 60, 66, 70, 74, 70, 68, 68, 70, 74, 82, 92, 100,
            96, 76, 50,
        ][hour as usize];
        let dice = &mut self.dice;
        let mut cells = Vec::new();
        let fates: [(Fate, u64); 18] = [
            (Fate::Admitted(Class::ForeignForeign), 310),
            (Fate::Admitted(Class::ForeignDomestic), 1_450),
            (Fate::Admitted(Class::DomesticForeign), 1_130),
            (Fate::Admitted(Class::ForeignUndetermined), 46),
            (Fate::Admitted(Class::UndeterminedForeign), 38),
            (Fate::Excluded(Reason::DomesticPair), 6_400),
            (Fate::Excluded(Reason::Unlocated), 120),
            (Fate::Excluded(Reason::SourceDisagreement), 64),
            (Fate::Excluded(Reason::Anycast), 210),
            (Fate::Excluded(Reason::NonGlobal), 34),
            (Fate::Excluded(Reason::Multicast), 22),
            (Fate::Excluded(Reason::Martian), 3),
            (Fate::Excluded(Reason::TunnelDomestic), 41),
            (Fate::Excluded(Reason::QuotedDomestic), 9),
            (Fate::Excluded(Reason::NonIp), 16),
            (Fate::Excluded(Reason::Truncated), 1),
            (Fate::Excluded(Reason::Malformed), 1),
            (Fate::Excluded(Reason::Fragment), 2),
        ];
        for (fate, weight) in fates {
            for (network, part) in [(NetworkGroup::V4, 62), (NetworkGroup::V6, 38)] {
                let kinds = [
                    (ProtocolGroup::Tcp, 58),
                    (ProtocolGroup::Udp, 39),
                    (ProtocolGroup::Icmp, 2),
                    (ProtocolGroup::Other, 1),
                ];
                for (protocol, of) in kinds {
                    let about = noon * weight * shape * part * of / (10_000 * 100 * 100 * 100);
                    let packets =
                        about * (85 + dice.below(30)) / 100 + dice.below(3) * u64::from(about > 0);
                    if packets == 0 {
                        continue;
                    }
                    let (network, protocol) = if fate == Fate::Excluded(Reason::NonIp) {
                        (NetworkGroup::None, ProtocolGroup::None)
                    } else {
                        (network, protocol)
                    };
                    let bytes = packets * (64 + dice.below(900));
                    let openings = if protocol == ProtocolGroup::Tcp {
                        packets / 37
                    } else {
                        0
                    };
                    let same = |cell: &&mut Cell| {
                        cell.fate() == Some(fate)
                            && cell.ip == network.id()
                            && cell.protocol == protocol.id()
                    };
                    if let Some(cell) = cells.iter_mut().find(same) {
                        cell.packets += packets;
                        cell.bytes += bytes;
                    } else {
                        cells.push(Cell::new(
                            fate,
                            network,
                            protocol,
                            Count { packets, bytes },
                            openings,
                        ));
                    }
                }
            }
        }
        let kernel_dropped = if dice.below(300) == 0 {
            dice.below(4_000)
        } else {
            0
        };
        let from = self.now;
        self.now += 60;
        self.say(Event::Interval(Interval {
            from: moment(from),
            to: moment(from + 60),
            frames: cells.iter().map(Cell::count).sum(),
            cells,
            kernel_dropped,
        }));
        if kernel_dropped > 0 {
            self.say(Event::Drop(Drop {
                cause: DropCause::Kernel,
                packets: kernel_dropped,
                records: 0,
            }));
        }
    }

    fn file(&mut self) {
        let records = 40 + self.dice.below(9);
        let sha256 = digest(&mut self.dice);
        self.say(Event::Export(Export {
            format: "jsonl.zst".to_owned(),
            sha256,
            length: records * 61,
            records,
            packets: records * 29,
            bytes: records * 18_000,
        }));
    }

    fn gap(&mut self, cause: GapCause, seconds: u64, interface: Option<&str>) {
        let from = self.now;
        if interface.is_none() {
            self.now += seconds;
        }
        let from = if interface.is_some() {
            from - seconds
        } else {
            from
        };
        self.say(Event::Gap(Gap {
            cause,
            from: moment(from),
            to: moment(from + seconds),
            interface: interface.map(str::to_owned),
        }));
    }

    /// The end of a run: its last file holds what no other does.
    fn end(&mut self) {
        let begun = self
            .entries
            .iter()
            .rposition(|entry| matches!(entry.event, Event::Start(_)));
        let mut totals = Totals::default();
        for entry in &self.entries[begun.unwrap()..] {
            match &entry.event {
                Event::Interval(interval) => {
                    totals.frames += interval.frames;
                    totals.kernel_dropped += interval.kernel_dropped;
                    for cell in &interval.cells {
                        match cell.fate().unwrap() {
                            Fate::Admitted(_) => totals.admitted += cell.count(),
                            Fate::Excluded(_) => totals.excluded += cell.count(),
                        }
                    }
                }
                Event::Export(export) => {
                    totals.records += export.records;
                    totals.recorded.packets += export.packets;
                    totals.recorded.bytes += export.bytes;
                }
                Event::Recall(recall) => {
                    totals.recalled_records += recall.records;
                    totals.recalled.packets += recall.packets;
                    totals.recalled.bytes += recall.bytes;
                }
                Event::Drop(drop) if drop.cause == DropCause::Output => {
                    totals.lost_records += drop.records;
                    totals.lost.packets += drop.packets;
                    totals.lost.bytes += drop.packets * 500;
                }
                _ => {}
            }
        }
        let left = |of: fn(&Count) -> u64| {
            of(&totals.admitted) - of(&totals.recorded) - of(&totals.recalled) - of(&totals.lost)
        };
        let (packets, bytes) = (left(|count| count.packets), left(|count| count.bytes));
        let sha256 = digest(&mut self.dice);
        self.say(Event::Export(Export {
            format: "jsonl.zst".to_owned(),
            sha256,
            length: packets * 2,
            records: packets / 29,
            packets,
            bytes,
        }));
        totals.records += packets / 29;
        totals.recorded = totals.recorded.plus(Count { packets, bytes });
        self.say(Event::Stop(Stop {
            totals,
            balanced: true,
        }));
    }
}

/// So many minutes with about so many packets each at the busiest time.
pub(crate) fn quiet(seed: u64, minutes: u64, packets: u64) -> Vec<Entry> {
    let mut ledger = Ledger::new(seed);
    ledger.begin("0.1.0");
    ledger.rules(
        Profile::Standard,
        Standing::SelfAuthorised,
        "self-authorised",
    );
    ledger.table(0);
    for minute in 0..minutes {
        ledger.interval(packets);
        if minute == 4 {
            ledger.say(Event::Reload(Reload { done: false }));
            ledger.gap(GapCause::LinkDown, 30, Some("enp65s0f1"));
            ledger.file();
        }
    }
    ledger.end();
    ledger.entries
}

/// A week.
pub(crate) fn week(seed: u64) -> Vec<Entry> {
    let mut ledger = Ledger::new(seed);
    ledger.begin("0.1.0");
    ledger.rules(Profile::Statutory, Standing::InForce, "EX-2026-0417");
    ledger.table(0);
    while ledger.now < BEGIN + 7 * 86_400 {
        let minute = (ledger.now - BEGIN) / 60;
        ledger.interval(9_000_000);
        match minute {
            m if m % 360 == 359 => ledger.file(),
            1_500 => ledger.gap(GapCause::LinkDown, 5_400, None),
            2_100 => {
                ledger.say(Event::Reload(Reload { done: true }));
                ledger.table(1);
                ledger.say(Event::Recall(Recall {
                    records: 1_204,
                    packets: 18_220,
                    bytes: 9_202_114,
                }));
            }
            2_900 => ledger.say(Event::Reload(Reload { done: false })),
            3_300 => ledger.gap(GapCause::LinkDown, 600, Some("enp65s0f1")),
            4_000 => ledger.say(Event::ClockStep { nanos: 83_000_000 }),
            4_400 => ledger.say(Event::Drop(Drop {
                cause: DropCause::Output,
                packets: 4_821,
                records: 310,
            })),
            5_000 => {
                let entries = ledger.entries.len() as u64;
                ledger.gap(GapCause::Crashed, 7_260, None);
                ledger.say(Event::CrashRecovered(CrashRecovered { entries }));
                ledger.begin("0.1.1");
                ledger.rules(Profile::Statutory, Standing::InForce, "EX-2026-0417");
                ledger.table(2);
            }
            7_079 => ledger.rules(Profile::Statutory, Standing::Expired, "EX-2026-0417"),
            7_198 => {
                ledger.say(Event::Reload(Reload { done: true }));
                ledger.rules(
                    Profile::Standard,
                    Standing::SelfAuthorised,
                    "self-authorised",
                );
            }
            8_000 => {
                let files = (0..12).map(|_| Purged {
                    sha256: digest(&mut ledger.dice),
                    length: 2_600_000 + ledger.dice.below(9_000),
                });
                let files = files.collect();
                ledger.say(Event::Purge(Purge {
                    expired_before: moment(BEGIN - 86_400),
                    files,
                }));
            }
            _ => {}
        }
    }
    ledger.end();
    ledger.entries
}

/// As if all held.
pub(crate) fn holds(entries: &[Entry]) -> Verification {
    Verification {
        origin: "example.org/sekisho/tokyo-ix-1".to_owned(),
        entries: entries.len() as u64,
        signed: entries.len() as u64,
        unsigned: BTreeMap::new(),
        root: "q1T9mFzPzX0v5y3bqk2v8o6kqkq2bq4d1c3cE5Vb0mQ=".to_owned(),
        key: "example.org/sekisho/tokyo-ix-1+7a1e03cc+AZ0uV4c9b7hQ2kq3y0n3pWq8u1c4m5s6t7v8w9x0y1z2"
            .to_owned(),
        findings: Vec::new(),
    }
}

/// As if something were wrong.
pub(crate) fn broken(entries: &[Entry]) -> Verification {
    Verification {
        signed: entries.len() as u64 / 2,
        findings: vec![
            Finding {
                index: Some(17),
                what: "the hash of the entry is not the one in the tree".to_owned(),
            },
            Finding {
                index: None,
                what: "the last checkpoint is of fewer entries than there are".to_owned(),
            },
        ],
        ..holds(entries)
    }
}
