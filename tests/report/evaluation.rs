//! A report with an evaluation of country tables: what it shows, what it refuses, what is left out for
//! everybody.

use std::fs;

use super::golden::golden;
use super::html::{Piece, exact, pieces, section, words};
use super::{PUBLISH, command, json, ledger, report};
use sekisho::evaluation::{
    Confusion, Evaluation, FlowErrors, Judged, Rate, Space, TableName, Traffic, Truth, Weight,
};
use sekisho::report::{LONGEST_EVALUATION, Language, Measured, Options, Report};
use serde_json::{Value, json as made};

const fn weight(packets: u64, openings: u64) -> Weight {
    Weight {
        packets,
        bytes: packets * 100,
        openings,
    }
}

/// Of two tables; the first one is in force in the ledger of the tests.
fn found() -> Evaluation {
    let in_force = json(&report(&ledger::quiet(1, 2, 900), &Options::default()));
    let in_force = &in_force["geo"]["shown"][0]["sources"][0]["sha256"];
    let table = |name: &str, sha256: &str| TableName {
        name: name.to_owned(),
        date: Some("2026-09-23".to_owned()),
        sha256: vec![sha256.to_owned()],
    };
    let space = |ip: &str, scale: u64| Space {
        one: 0,
        other: 1,
        ip: ip.to_owned(),
        places: [[180, 9, 1], [4, 3_000, 12], [2, 3, 400]].map(|row| row.map(|n| n * scale)),
    };
    let judged = |one: &str, other: &str, weight: Weight| Judged {
        one: 0,
        other: 1,
        one_class: one.to_owned(),
        other_class: other.to_owned(),
        weight,
    };
    let confusion = |table: Option<usize>, kept: u64| Confusion {
        table,
        ipv4: [[9_000, 40, 12], [7, 20_000, 100]],
        ipv6: [[0; 3]; 2],
        flows: Some(FlowErrors {
            false_keep: Rate::new(kept, 1_200),
            false_exclude: Rate::new(2, 19),
        }),
    };
    Evaluation {
        schema: sekisho::evaluation::SCHEMA.to_owned(),
        version: "0.1.0".to_owned(),
        home: vec!["JP".to_owned()],
        tables: vec![
            table("embedded", in_force.as_str().unwrap()),
            table("geoip.mmdb", &"ab".repeat(32)),
        ],
        by_space: vec![space("ipv4", 1_000_000), space("ipv6", 1_u64 << 50)],
        by_traffic: Some(Traffic {
            frames: weight(11_007, 547),
            pairs: vec![
                judged("excluded", "excluded", weight(9_000, 400)),
                judged("excluded", "foreign_foreign", weight(7, 2)),
                judged("foreign_domestic", "foreign_domestic", weight(1_500, 120)),
                judged("foreign_foreign", "excluded", weight(500, 25)),
            ],
        }),
        truth: Some(Truth {
            sha256: "cd".repeat(32),
            prefixes: 321,
            tables: vec![
                confusion(Some(0), 3),
                confusion(Some(1), 60),
                confusion(None, 0),
            ],
        }),
    }
}

fn with(found: &Evaluation, options: &Options) -> Report {
    let measured = Measured::read(&serde_json::to_vec(found).unwrap()).unwrap();
    report(&ledger::quiet(1, 8, 40_000), options).with_evaluation(&measured)
}

pub(crate) fn to_look_at(folder: &str) {
    for language in Language::ALL {
        let page = with(&found(), &Options::default())
            .to_html(language)
            .unwrap();
        fs::write(format!("{folder}/evaluation.{}.html", language.tag()), page).unwrap();
    }
}

fn whole(page: &str) -> String {
    format!("<!DOCTYPE html>\n{}</section>", section(page, "evaluation"))
}

#[test]
fn a_report_with_an_evaluation_is_as_reviewed() {
    let report = with(&found(), &Options::default());
    let mut text = serde_json::to_string_pretty(&json(&report)["evaluation"]).unwrap();
    text.push('\n');
    golden("evaluation.json", &text);
    for language in Language::ALL {
        let page = report.to_html(language).unwrap();
        pieces(&page);
        golden(
            &format!("evaluation.{}.html", language.tag()),
            &whole(&page),
        );
    }
}

#[test]
fn both_languages_are_whole_and_say_what_it_is_not() {
    let report = with(&found(), &Options::default());
    let [english, japanese] = Language::ALL.map(|language| report.to_html(language).unwrap());
    assert_eq!(exact(&english), exact(&japanese));
    assert!(english.find("id=\"geo\"").unwrap() < english.find("id=\"evaluation\"").unwrap());
    assert!(english.find("id=\"evaluation\"").unwrap() < english.find("id=\"authority\"").unwrap());
    for (page, says) in [
        (
            &english,
            [
                "signature does not cover it",
                "Not among the country tables in force above, by SHA-256: table 1.",
                "no vendor",
            ],
        ),
        (
            &japanese,
            [
                "署名の対象ではない",
                "一致しない表：表1。",
                "公表値は引用していない",
            ],
        ),
    ] {
        for what in says {
            assert!(whole(page).contains(what), "{what}");
        }
    }
    assert!(!english.contains("This report does not measure how often"));
    let is_japanese = |c: char| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}');
    assert!(!words(&whole(&english)).contains(is_japanese));
    let known = ["sekisho", "SHA", "IPv", "TCP", "KiB", "MiB"];
    for word in words(&whole(&japanese)).split(|c: char| !c.is_ascii_alphabetic()) {
        assert!(word.len() < 3 || known.contains(&word), "{word}");
    }
    // Without one, there is nothing of it.
    let none = super::report(&ledger::quiet(1, 8, 40_000), &Options::default());
    assert!(
        !none
            .to_html(Language::English)
            .unwrap()
            .contains("id=\"evaluation\"")
    );
    assert!(json(&none).get("evaluation").is_none());
}

#[test]
fn a_table_s_name_can_do_nothing() {
    for name in [
        "</svg><script>x</script>",
        "\u{1b}[2J\u{202e}",
        "\"><img src=x>&amp;",
    ] {
        let mut found = found();
        found.tables[0].name = name.to_owned();
        found.tables[1].date = Some(name.to_owned());
        found.version = name.to_owned();
        let report = with(&found, &Options::default());
        for language in Language::ALL {
            let page = report.to_html(language).unwrap();
            for piece in pieces(&page) {
                assert!(!matches!(piece, Piece::Open("script" | "img", _)));
            }
            assert!(!page.contains(|c: char| c == '\u{202e}' || c.is_control() && c != '\n'));
        }
        assert_eq!(json(&report)["evaluation"]["tables"][0]["name"], name);
    }
}

#[test]
fn what_is_published_does_not_depend_on_what_it_leaves_out() {
    let one = found();
    let mut other = found();
    let traffic = other.by_traffic.as_mut().unwrap();
    traffic.pairs[1].weight = weight(13, 5);
    traffic.frames = weight(11_013, 550);
    for row in &mut other.truth.as_mut().unwrap().tables {
        row.flows.as_mut().unwrap().false_exclude = Rate::new(5, 7);
    }
    let flows = &mut other.truth.as_mut().unwrap().tables[0].flows;
    flows.as_mut().unwrap().false_keep = Rate::new(17, 1_200);
    let (one, other) = (with(&one, &PUBLISH), with(&other, &PUBLISH));
    assert_eq!(one.to_json().unwrap(), other.to_json().unwrap());
    for language in Language::ALL {
        assert_eq!(
            one.to_html(language).unwrap(),
            other.to_html(language).unwrap()
        );
    }
    let published = &json(&one)["evaluation"];
    assert_eq!(published["by_traffic"]["pairs"][1]["packets"], "<20");
    assert_eq!(published["by_traffic"]["frames"]["packets"], 11_000);
    assert_eq!(
        published["truth"]["tables"][0]["false_exclude"],
        Value::Null
    );
    let kept = |at: usize| &published["truth"]["tables"][at]["false_keep"];
    assert_eq!(*kept(0), Value::Null);
    assert_eq!(
        (&kept(1)["events"], &kept(2)["events"]),
        (&made!(60), &made!(0))
    );
    assert_eq!(
        published["by_space"],
        json(&with(&found(), &Options::default()))["evaluation"]["by_space"]
    );
    // All but a few, and what one table keeps and all together do not.
    for (events, shown) in [
        ([1_190, 60, 0], [false, true, true]),
        ([100, 100, 80], [true; 3]),
        ([100, 100, 81], [false; 3]),
        ([100, 300, 319], [false; 3]),
    ] {
        let mut found = found();
        let rows = &mut found.truth.as_mut().unwrap().tables;
        for (row, events) in rows.iter_mut().zip(events) {
            row.flows.as_mut().unwrap().false_keep = Rate::new(events, 1_200);
        }
        let published = json(&with(&found, &PUBLISH));
        let rows = published["evaluation"]["truth"]["tables"].as_array();
        let is_shown = |row: &Value| !row["false_keep"].is_null();
        let got: Vec<bool> = rows.unwrap().iter().map(is_shown).collect();
        assert_eq!(got, shown, "{events:?}");
    }
    // Three tables: marginals of one pair would tell of another.
    let mut three = found();
    three.tables.push(three.tables[1].clone());
    let published = &json(&with(&three, &PUBLISH))["evaluation"]["by_traffic"];
    assert_eq!(
        (&published["withheld"], &published["pairs"]),
        (&made!(true), &made!([]))
    );
}

#[test]
fn what_cannot_be_is_refused() {
    let good = serde_json::to_value(found()).unwrap();
    let refused = |path: &str, value: Value| {
        let mut bad = good.clone();
        *bad.pointer_mut(path).unwrap() = value;
        let error = Measured::read(bad.to_string().as_bytes())
            .unwrap_err()
            .to_string();
        assert!(!error.contains('\n'));
        error
    };
    assert!(Measured::read(good.to_string().as_bytes()).is_ok());
    for (path, value, says) in [
        (
            "/schema",
            made!("sekisho.evaluation.v2"),
            "not of schema sekisho.evaluation.v1",
        ),
        ("/home", made!({"x": 1}), "damaged"),
        ("/home", made!([]), "home"),
        (
            "/tables/0",
            made!({"name": "a", "sha256": ["00"]}),
            "SHA-256",
        ),
        (
            "/tables/0",
            made!({"name": "a", "sha256": [], "more": 1}),
            "field",
        ),
        ("/tables/0/name", made!("a".repeat(2_000)), "too long"),
        (
            "/by_space/0/places/0/0",
            made!(1_u64 << 33),
            "address space",
        ),
        ("/by_space/1/places/0/0", made!(u64::MAX), "address space"),
        ("/by_space/0/places", made!([[1]]), "damaged"),
        ("/by_space/0/places/0/0", made!(-1), "damaged"),
        ("/by_space/0/other", made!(2), "pair"),
        ("/by_space/0/one", made!(1), "pair"),
        ("/by_space/0/ip", made!("ipv6"), "twice"),
        ("/by_space/0/ip", made!("ipx"), "neither"),
        ("/by_traffic/frames/packets", made!(11_008), "not all"),
        (
            "/by_traffic/pairs/0/one_class",
            made!("domestic_domestic"),
            "unknown",
        ),
        (
            "/by_traffic/pairs/0/weight/openings",
            made!(9_001),
            "openings",
        ),
        (
            "/by_traffic/pairs/0/weight/bytes",
            made!(u64::MAX),
            "more than",
        ),
        ("/truth/tables/0/table", made!(7), "no table"),
        (
            "/truth/tables/0/flows/false_keep/high_ppm",
            made!(0),
            "rate",
        ),
        (
            "/truth/tables/0/flows/false_keep/events",
            made!(1_201),
            "rate",
        ),
    ] {
        let error = refused(path, value);
        assert!(error.contains(says), "{path}: {error}");
    }
    for text in [
        &b""[..],
        b"[",
        b"null",
        b"[]",
        b"\xff",
        &b"[".repeat(100_000),
    ] {
        assert!(Measured::read(text).is_err());
    }
    let long = format!("{}{}", good, " ".repeat(LONGEST_EVALUATION as usize));
    assert!(
        Measured::read(long.as_bytes())
            .unwrap_err()
            .to_string()
            .contains("1 MiB")
    );
}

#[test]
fn the_command_takes_a_file_or_says_why_not() {
    let folder = tempfile::tempdir().unwrap();
    command::write(&folder.path().join("ledger"), &ledger::quiet(1, 8, 40_000));
    let put = |name: &str, text: &[u8]| fs::write(folder.path().join(name), text).unwrap();
    put("good.json", &serde_json::to_vec(&found()).unwrap());
    put("bad.json", b"{");
    put("long.json", &vec![b' '; LONGEST_EVALUATION as usize + 1]);
    let ask = |file: &str| {
        command::sekisho(
            folder.path(),
            &["ledger", "--json", "-", "--evaluation", file],
        )
    };
    let done = ask("good.json");
    assert_eq!(done.status.code(), Some(0));
    let report: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(
        report["evaluation"]["by_space"][0]["disputed_home"],
        16_000_000
    );
    for (file, code, says) in [
        ("none.json", 66, "cannot read the evaluation"),
        ("bad.json", 65, "evaluation is not JSON: bad.json"),
        (
            "long.json",
            65,
            "evaluation is longer than 1 MiB: long.json",
        ),
        ("ledger", 65, "not a plain file: ledger"),
    ] {
        let done = ask(file);
        let said = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), Some(code), "{said}");
        assert!(said.contains(says) && said.lines().count() == 1, "{said}");
        assert!(done.stdout.is_empty());
    }
}
