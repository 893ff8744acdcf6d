//! What happens to records when the country table or the policy is replaced while traffic passes
//! (rules §5 `recalled`, §7; FAULTS row 27): each record is of one epoch, what could be domestic by
//! either table is not let out, and the books close.
#![cfg(feature = "embedded-geo")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop where it is"
)]

use sekisho::demo::Traffic;
use sekisho::flow::{self, EndReason, Ended, Held};
use sekisho::gate::{Authorisation, IpVersion, PairVerdict, Policy};
use sekisho::geo::{self, CountryCode, Finding, Table};
use sekisho::lane::{Lane, Settings};
use sekisho::time::NANOS_PER_SEC;
use std::sync::Arc;

fn table(home: &[&str]) -> Arc<Table> {
    let settings = geo::Settings {
        home: home
            .iter()
            .filter_map(|code| CountryCode::new(code))
            .collect(),
        ..geo::Settings::default()
    };
    Arc::new(Table::build(&settings).unwrap())
}

fn settings(table: &Arc<Table>) -> Settings {
    Settings {
        table: Arc::clone(table),
        policy: Policy::new(Authorisation::ALL),
        flow: flow::Settings {
            idle: 60 * NANOS_PER_SEC,
            active: 300 * NANOS_PER_SEC,
            max_flows: 1 << 20,
            seed: 7,
        },
    }
}

/// Whether a packet from one end of a record to the other would pass by this table.
fn passes(table: &Table, ended: &Ended) -> bool {
    let find = |address: u128| -> Finding {
        match ended.version() {
            IpVersion::V4 => table.find_v4(address as u32),
            IpVersion::V6 => table.find_v6(address),
        }
    };
    let (src, dst) = (find(ended.src().address), find(ended.dst().address));
    let policy = Policy::new(Authorisation::ALL);
    [(src, dst), (dst, src)]
        .into_iter()
        .all(|(from, to)| matches!(policy.verdict(from, to), PairVerdict::Admit(_)))
}

#[derive(Default)]
struct Books {
    records: Vec<Ended>,
    recalled: Held,
}

/// Passes made-up traffic, replacing the table after every `every` frames by the next of these.
fn run(tables: &[Arc<Table>], every: u64, packets: u64) -> (Books, u64, u64, u64) {
    let mut lane = Lane::new(&settings(&tables[0]));
    let mut books = Books::default();
    let (mut frames, mut swaps) = (0_u64, 0_u64);
    Traffic::new(3, packets).for_each_frame(&mut |frame| {
        lane.feed(frame);
        frames += 1;
        if frames.is_multiple_of(every) {
            swaps += 1;
            let before = &tables[(swaps - 1) as usize % tables.len()];
            let after = &tables[swaps as usize % tables.len()];
            let recalled = lane.renew(Arc::clone(after), Policy::new(Authorisation::ALL));
            books.recalled += recalled;
            let mut ended = Vec::new();
            lane.flows().take_ended(&mut ended);
            assert_eq!(lane.flows().live(), 0, "a record spans two epochs");
            for record in &ended {
                assert!(passes(before, record) && passes(after, record));
            }
            books.records.extend(ended);
        }
    });
    let (flows, tally) = lane.finish();
    let (_, _, live) = flows.end(&mut books.records);
    books.records.extend(live.iter());
    (
        books,
        tally.admitted().packets,
        tally.admitted().bytes,
        swaps,
    )
}

#[test]
fn row_27_a_replaced_table_cuts_every_record_and_recalls_what_could_be_domestic_by_either() {
    let tables = [table(&["JP"]), table(&["JP", "US", "DE", "GB", "FR"])];
    let (books, packets, bytes, swaps) = run(&tables, 97, 100_000);
    assert!(swaps > 1_000, "{swaps}");
    let in_records: u64 = books.records.iter().map(Ended::packets).sum();
    let bytes_in_records: u64 = books.records.iter().map(Ended::wire_bytes).sum();
    assert!(books.recalled.records > 100, "{:?}", books.recalled);
    assert_eq!(in_records + books.recalled.packets, packets);
    assert_eq!(bytes_in_records + books.recalled.wire_bytes, bytes);
    let by_epoch = books.records.iter().filter(|ended| {
        let settings = settings(&tables[0]).flow;
        ended.end_reason(&settings, ended.end()) == EndReason::Epoch
    });
    assert!(by_epoch.count() > 1_000);
}

#[test]
fn the_same_table_again_recalls_only_what_cannot_be_judged_again() {
    let same = table(&["JP"]);
    let (books, packets, _, _) = run(&[Arc::clone(&same), same], 997, 100_000);
    let in_records: u64 = books.records.iter().map(Ended::packets).sum();
    assert_eq!(in_records + books.recalled.packets, packets);
    // Tunnels and quotes: of the pairs beside their own, a record keeps nothing.
    assert!(books.recalled.packets > 0);
    assert!(
        books.recalled.packets * 5 < packets,
        "{} of {packets}",
        books.recalled.packets
    );
}

#[test]
fn a_narrower_policy_recalls_what_it_does_not_authorise() {
    let table = table(&["JP"]);
    let mut lane = Lane::new(&settings(&table));
    Traffic::new(4, 20_000).for_each_frame(&mut |frame| lane.feed(frame));
    let admitted = lane.tally().admitted().packets;
    let recalled = lane.renew(table, Policy::new(Authorisation::NONE));
    let mut ended = Vec::new();
    lane.flows().take_ended(&mut ended);
    assert!(ended.is_empty());
    assert_eq!(recalled.packets, admitted);
    Traffic::new(5, 20_000).for_each_frame(&mut |frame| lane.feed(frame));
    assert_eq!(lane.tally().admitted().packets, admitted);
}
