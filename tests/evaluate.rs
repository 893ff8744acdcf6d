//! `sekisho evaluate`: what it says of traffic is what a run says of it, and its rates are of the truth.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop where it is"
)]
#![cfg(feature = "embedded-geo")]

mod common;

use common::Sandbox;
use serde_json::Value;

const CAPTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/example.pcap");
const EVERYWHERE: &str = "0.0.0.0/0,PLACE\n::/0,PLACE\n";
/// Registry statistics in which one block of the embedded table's home is abroad, and another one of
/// abroad at home.
const OTHER: &str = "2|test|20260101|2|19830101|20260101|+0000\n\
    test|US|ipv4|1.0.16.0|4096|20100101|allocated|x\n\
    test|JP|ipv4|8.8.8.0|256|20100101|allocated|x\n";

fn evaluate(sandbox: &Sandbox, more: &[&str]) -> Value {
    let mut arguments = vec!["evaluate", "--json", "-"];
    arguments.extend(more);
    let run = sandbox.run(&arguments, None).expect_code(0);
    serde_json::from_slice(&run.stdout).unwrap()
}

fn number(value: &Value, pointer: &str) -> u64 {
    value.pointer(pointer).unwrap().as_u64().unwrap()
}

/// Openings of the capture in a ledger of it: all, and those admitted.
fn openings(sandbox: &Sandbox) -> (u64, u64) {
    let arguments = ["replay", CAPTURE, "--format", "null", "--ledger", "books"];
    sandbox.run(&arguments, None).expect_code(0);
    let bundles = sandbox.work().join("books/tile/entries/000.p");
    let bundle = std::fs::read_dir(bundles).unwrap().next().unwrap().unwrap();
    let mut rest = &std::fs::read(bundle.path()).unwrap()[..];
    let (mut all, mut admitted) = (0, 0);
    while let Some((length, behind)) = rest.split_first_chunk::<2>() {
        let (entry, behind) = behind.split_at(u16::from_be_bytes(*length).into());
        rest = behind;
        let entry: Value = serde_json::from_slice(entry).unwrap();
        for cell in entry["cells"].as_array().into_iter().flatten() {
            let count = cell["openings"].as_u64().unwrap_or(0);
            all += count;
            admitted += if cell["class"].is_null() { 0 } else { count };
        }
    }
    (all, admitted)
}

#[test]
fn two_tables_differ_where_they_do() {
    let sandbox = Sandbox::new();
    let other = sandbox.put("other.txt", OTHER.as_bytes());
    let other = other.to_str().unwrap();
    let both = ["--geo", "embedded", "--geo", other, CAPTURE];
    let found = evaluate(&sandbox, &both);
    let ipv4 = &found["by_space"][0]["places"];
    assert_eq!(ipv4[0][1], 4_096, "{ipv4}");
    assert_eq!(ipv4[1][0], 256, "{ipv4}");
    assert_eq!(found["by_space"][0]["ip"], "ipv4");
    // Each frame is judged once by each; most is placed by the first only.
    let pairs = found["by_traffic"]["pairs"].as_array().unwrap();
    let packets: u64 = pairs
        .iter()
        .map(|pair| number(pair, "/weight/packets"))
        .sum();
    assert_eq!(packets, number(&found, "/by_traffic/frames/packets"));
    assert!(
        pairs
            .iter()
            .any(|pair| pair["one_class"] != pair["other_class"])
    );
    let alone = evaluate(&sandbox, &["--geo", "embedded"]);
    assert_eq!(alone["by_space"].as_array().unwrap().len(), 0);
    assert!(alone["by_traffic"].is_null());
}

#[test]
fn rates_are_of_flows_whose_truth_is_known() {
    let sandbox = Sandbox::new();
    let (all, admitted) = openings(&sandbox);
    assert!(admitted > 0 && admitted < all);
    let flows = |truth: &str| {
        let list = sandbox.put("truth.csv", truth.as_bytes());
        let found = evaluate(&sandbox, &["--truth", list.to_str().unwrap(), CAPTURE]);
        assert_eq!(number(&found, "/by_traffic/frames/openings"), all);
        // The last one is of all tables together, which judge as a run does.
        let tables = found["truth"]["tables"].as_array().unwrap();
        tables.last().unwrap()["flows"].clone()
    };
    let home = flows(&EVERYWHERE.replace("PLACE", "domestic"));
    assert_eq!(number(&home, "/false_keep/of"), all);
    assert_eq!(number(&home, "/false_keep/events"), admitted);
    assert_eq!(number(&home, "/false_exclude/of"), 0);
    let abroad = flows(&EVERYWHERE.replace("PLACE", "US"));
    assert_eq!(number(&abroad, "/false_keep/of"), 0);
    assert_eq!(number(&abroad, "/false_exclude/of"), all);
    let wrong = number(&abroad, "/false_exclude/events");
    assert!(wrong > 0 && wrong <= all - admitted);
    assert!(number(&abroad, "/false_exclude/low_ppm") < number(&abroad, "/false_exclude/ppm"));
    let none = flows("192.0.2.0/24,foreign\n");
    assert_eq!(
        number(&none, "/false_keep/of") + number(&none, "/false_exclude/of"),
        0
    );
}

#[test]
fn a_list_of_the_truth_that_is_not_understood_is_refused_with_its_line() {
    let sandbox = Sandbox::new();
    let list = sandbox.put("truth.csv", b"prefix,place\n8.8.8.0/24,abroad\n");
    let arguments = ["evaluate", "--truth", list.to_str().unwrap()];
    let run = sandbox.run(&arguments, None).expect_code(78);
    let said = String::from_utf8(run.stderr).unwrap();
    assert!(
        said.contains("truth.csv:2: a place is domestic, foreign or a country"),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1);
}

#[test]
fn no_address_is_in_what_it_says() {
    let sandbox = Sandbox::new();
    let list = sandbox.put("truth.csv", b"8.8.8.0/24,US\n");
    let arguments = ["evaluate", "--truth", list.to_str().unwrap(), CAPTURE];
    let run = sandbox.run(&arguments, None).expect_code(0);
    let text = String::from_utf8(run.stdout).unwrap();
    let words = text.split(|c: char| c.is_whitespace() || ",;()/".contains(c));
    let addresses: Vec<&str> = words
        .filter(|word| word.parse::<std::net::IpAddr>().is_ok())
        .collect();
    assert_eq!(addresses, Vec::<&str>::new());
}
