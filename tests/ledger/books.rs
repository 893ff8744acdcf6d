//! Ledgers that are signed and whole, and say what cannot be: the sums are checked, whoever signed them.

use crate::made::{
    Numbers, append, files, findings, folder, interval, key, moment, open, run, start,
};
use sekisho::ledger::{
    Cell, CrashRecovered, Drop, DropCause, Entry, Event, Export, Gap, GapCause, Interval, Moment,
    Purge, Purged, Recall, SCHEMA, Stop, Totals, VerifyOptions, verify,
};
use sekisho::time::Timestamp;
use std::fs;

type Events = Vec<(Option<Moment>, Event)>;

/// What is found in a ledger of these events.
fn found(events: &Events) -> Vec<String> {
    let work = folder();
    append(work.path(), events, 1000);
    findings(work.path(), &VerifyOptions::default())
}

/// A run of entries 0 to 25: intervals at 5, 7 … 23, each with its file behind it, the end at 25.
fn good() -> Events {
    run(4, 0, 10)
}

fn changed(change: impl FnOnce(&mut Events)) -> Vec<String> {
    let mut events = good();
    change(&mut events);
    found(&events)
}

fn interval_of(events: &mut Events) -> &mut Interval {
    let full = events.iter_mut().find_map(|(_, event)| match event {
        Event::Interval(interval) if interval.cells.len() > 1 => Some(interval),
        _ => None,
    });
    full.unwrap()
}

fn export_of(events: &mut Events) -> &mut Export {
    let Event::Export(export) = &mut events[6].1 else {
        panic!("not the file")
    };
    export
}

fn totals_of(events: &mut Events) -> &mut Totals {
    let Some((_, Event::Stop(Stop { totals, .. }))) = events.last_mut() else {
        panic!("not the end")
    };
    totals
}

/// Each finding without its numbers.
#[track_caller]
fn says(found: &[String], expected: &[&str]) {
    let short = |line: &String| {
        let sums = line.find(" packets of ").map(|_| line.rfind(": ").unwrap());
        sums.map_or(line.clone(), |end| line[..end].to_owned())
    };
    let found: Vec<String> = found.iter().map(short).collect();
    assert_eq!(found, expected);
}

#[test]
fn an_interval_that_does_not_add_up_is_named() {
    assert_eq!(found(&good()), Vec::<String>::new());
    let at = good().iter().position(
        |(_, event)| matches!(event, Event::Interval(interval) if interval.cells.len() > 1),
    );
    let at = at.unwrap();
    let twice = changed(|events| {
        let interval = interval_of(events);
        let cell = interval.cells[0].clone();
        interval.cells[1] = cell;
        interval.frames = interval.cells.iter().map(Cell::count).sum();
    });
    assert_eq!(twice[0], format!("{at} interval has the same cell twice"));
    for (name, number) in [
        ("class", 0),
        ("reason", 1),
        ("both", 2),
        ("ip", 3),
        ("protocol", 4),
    ] {
        let unknown = changed(|events| {
            let cell = &mut interval_of(events).cells[0];
            match number {
                0 => (cell.class, cell.reason) = (Some("domestic_domestic".into()), None),
                1 => (cell.class, cell.reason) = (None, Some("because".into())),
                2 => (cell.class, cell.reason) = (None, None),
                3 => cell.ip = "ipv5".into(),
                _ => cell.protocol = "sctp".into(),
            }
        });
        let line = format!("{at} interval has a cell of a name that is not known");
        assert_eq!(unknown[0], line, "{name}");
    }
    for number in 0..3 {
        let unbalanced = changed(|events| match number {
            0 => interval_of(events).frames.bytes += 1,
            1 => interval_of(events).frames.packets -= 1,
            _ => interval_of(events).cells[0].packets = u64::MAX,
        });
        let line = format!("{at} interval does not balance: ");
        assert!(unbalanced[0].starts_with(&line), "{unbalanced:?}");
    }
    let backwards = changed(|events| interval_of(events).to = Moment(Timestamp::ZERO));
    assert_eq!(backwards, [format!("{at} interval ends before it begins")]);
}

#[test]
fn a_run_that_does_not_add_up_is_named_at_its_end() {
    says(
        &changed(|events| drop(events.remove(5))),
        &[
            "24 run does not add up: frames",
            "24 run does not add up: excluded",
        ],
    );
    says(
        &changed(|events| export_of(events).records += 1),
        &["25 run does not add up: records: 31 in its entries, 30 in its end"],
    );
    let lost = changed(|events| totals_of(events).lost.packets += 1);
    says(
        &lost,
        &["25 run does not balance: admitted is not recorded, recalled and lost"],
    );
    let frames = changed(|events| totals_of(events).frames.bytes += 1);
    assert_eq!(frames.len(), 2);
    assert_eq!(
        frames[1],
        "25 run does not balance: frames are not admitted and excluded"
    );
    let kernel = changed(|events| totals_of(events).kernel_dropped += 1);
    assert!(kernel[0].starts_with("25 run does not add up: dropped by the kernel: "));
    says(
        &changed(|events| {
            let Some((_, Event::Stop(stop))) = events.last_mut() else {
                return;
            };
            stop.balanced = false;
        }),
        &["25 run says itself that its books do not balance"],
    );
    let more = "25 run does not add up: more was recalled or lost than its end says";
    let recall = Event::Recall(Recall {
        records: 1,
        packets: 0,
        bytes: 0,
    });
    let cause = DropCause::Output;
    let dropped = Event::Drop(Drop {
        cause,
        packets: 1,
        records: 1,
    });
    for event in [recall, dropped] {
        says(&changed(|events| events[4].1 = event), &[more]);
    }
}

#[test]
fn what_is_recalled_and_lost_is_part_of_the_sum() {
    let balanced = changed(|events| {
        let cause = DropCause::Output;
        let moved = export_of(events).clone();
        export_of(events).packets = 0;
        export_of(events).bytes = 0;
        let totals = totals_of(events);
        totals.recorded.packets -= moved.packets;
        totals.recorded.bytes -= moved.bytes;
        totals.lost.packets += moved.packets;
        totals.lost.bytes += moved.bytes;
        let dropped = Drop {
            cause,
            packets: moved.packets,
            records: 1,
        };
        events[3].1 = Event::Drop(dropped);
    });
    assert_eq!(balanced, Vec::<String>::new());
}

#[test]
fn a_run_without_an_end_is_the_last_one_or_said_to_have_crashed() {
    let mut crashed = good();
    crashed.pop();
    assert_eq!(found(&crashed), Vec::<String>::new());
    let next = run(9, 1000, 3);
    let unsaid = [crashed.clone(), next.clone()].concat();
    says(
        &found(&unsaid),
        &["25 run before this has no end, and no recovery is entered"],
    );

    let at = Some(moment(50_000));
    let recovered = |entries| (at, Event::CrashRecovered(CrashRecovered { entries }));
    let (cause, from, to) = (GapCause::Crashed, moment(600), moment(50_000));
    let gap = (
        at,
        Event::Gap(Gap {
            cause,
            from,
            to,
            interface: None,
        }),
    );
    let left = Export {
        format: "jsonl".into(),
        sha256: "c".repeat(64),
        length: 5,
        records: 7,
        packets: 8,
        bytes: 9,
    };
    let left = (at, Event::Export(left));
    // Before the next start, and what the crash left behind it; or as its first entries.
    let before = [
        crashed.clone(),
        vec![recovered(25), gap.clone(), left],
        next.clone(),
    ]
    .concat();
    assert_eq!(found(&before), Vec::<String>::new());
    let gap_first = [
        crashed.clone(),
        vec![gap.clone(), recovered(25)],
        next.clone(),
    ]
    .concat();
    assert_eq!(found(&gap_first), Vec::<String>::new());
    let mut within = [crashed.clone(), next.clone()].concat();
    within.splice(26..26, [recovered(25), gap]);
    assert_eq!(found(&within), Vec::<String>::new());
    let wrong = [crashed, vec![recovered(24)], next].concat();
    says(
        &found(&wrong),
        &["25 recovery names another number of entries than the crash left"],
    );
}

#[test]
fn entries_out_of_place_are_named() {
    let counted = Event::Interval(interval(&mut Numbers::new(1), 3));
    says(
        &found(&vec![(None, counted)]),
        &["0 counts outside of a run"],
    );
    let balanced = true;
    let end = Event::Stop(Stop {
        totals: Totals::default(),
        balanced,
    });
    says(
        &found(&vec![(None, end)]),
        &["0 run ends that did not begin"],
    );
    let purge = |sha256: String, length| {
        let files = vec![Purged { sha256, length }];
        let expired_before = moment(0);
        (
            None,
            Event::Purge(Purge {
                expired_before,
                files,
            }),
        )
    };
    let mut events = good();
    let exported = export_of(&mut events).clone();
    events.push(purge(exported.sha256.clone(), exported.length));
    assert_eq!(found(&events), Vec::<String>::new());
    events.push(purge(exported.sha256, exported.length));
    events.push(purge("d".repeat(64), 1));
    let unknown = "purge of a file that was not exported before";
    says(
        &found(&events),
        &[&format!("27 {unknown}"), &format!("28 {unknown}")],
    );
}

#[test]
fn a_clock_that_is_set_back_does_not_show_and_a_forged_one_does() {
    let work = folder();
    let (mut ledger, _) = open(work.path(), &key(1));
    for seconds in [100, 50, 100] {
        ledger.append(Some(moment(seconds)), start()).unwrap();
    }
    ledger.commit().unwrap();
    drop(ledger);
    let (entries, _) = verify(work.path(), &VerifyOptions::default()).unwrap();
    assert!(entries.iter().all(|entry| entry.at == Some(moment(100))));
    // By hand: one that the writer would not write. The signature is taken away with what it was over.
    let entry = |seconds| {
        let (schema, at) = (SCHEMA.to_owned(), Some(moment(seconds)));
        let entry = Entry {
            schema,
            at,
            event: Event::ClockStep { nanos: 1 },
        };
        serde_json::to_value(entry)
            .unwrap()
            .to_string()
            .into_bytes()
    };
    let mut bundle = Vec::new();
    for bytes in [entry(100), entry(50)] {
        bundle.extend((bytes.len() as u16).to_be_bytes());
        bundle.extend(bytes);
    }
    for (name, _) in files(work.path()) {
        if name.starts_with("tile") {
            fs::remove_file(work.path().join(name)).unwrap();
        }
    }
    fs::write(work.path().join("tile/entries/000.p/2"), bundle).unwrap();
    fs::remove_file(work.path().join("checkpoint")).unwrap();
    let found = findings(work.path(), &VerifyOptions::default());
    assert_eq!(
        found,
        [
            "1 entry is earlier than the one before it",
            "- checkpoint is missing, or is none"
        ]
    );
}
