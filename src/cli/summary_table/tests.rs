//! The table as text, to the letter.

use super::*;
use crate::config::Config;
use crate::pipeline::{
    Admitted, ByClass, ByReason, Excluded, Flows, Geo, GeoSource, Input, Lost, Outcome, SCHEMA,
};

const PLAIN: Style = Style {
    colour: false,
    unicode: true,
};
const ASCII: Style = Style {
    colour: false,
    unicode: false,
};

/// A run of 100,000 frames that went well.
pub(in crate::cli) fn example() -> Outcome {
    let mut by_reason = ByReason::default();
    for (reason, packets, bytes) in [
        (Reason::DomesticPair, 30_000, 20_000_000),
        (Reason::Unlocated, 5_000, 1_500_000),
        (Reason::Multicast, 3_000, 600_000),
        (Reason::ClassNotAuthorised, 790, 99_000),
        (Reason::NonIp, 7, 420),
    ] {
        by_reason.0[reason as usize] = Count { packets, bytes };
    }
    Outcome {
        summary: Summary {
            schema: SCHEMA,
            version: "0.0.0",
            sensor: "sekisho".to_owned(),
            config: "00".to_owned(),
            authorisation: crate::pipeline::Authorisation::default(),
            frames: Count {
                packets: 100_000,
                bytes: 62_299_420,
            },
            kernel_dropped: 0,
            admitted: Admitted {
                packets: 61_203,
                bytes: 40_100_000,
                by_class: ByClass([
                    Count {
                        packets: 20_000,
                        bytes: 12_000_000,
                    },
                    Count {
                        packets: 25_000,
                        bytes: 18_000_000,
                    },
                    Count {
                        packets: 16_000,
                        bytes: 10_000_000,
                    },
                    Count {
                        packets: 203,
                        bytes: 100_000,
                    },
                    Count::default(),
                ]),
            },
            excluded: Excluded {
                packets: 38_797,
                bytes: 22_199_420,
                by_reason,
            },
            flows: Flows {
                exported: 4_321,
                recalled: 0,
                evicted: 0,
            },
            recalled: Count::default(),
            lost: Lost::default(),
            inputs: vec![Input {
                path: "capture.pcap".to_owned(),
                packets: 100_000,
                complete: true,
            }],
            geo: Geo {
                digest: "6f2a".repeat(16),
                sources: vec![GeoSource {
                    name: "embedded".to_owned(),
                    kind: "embedded".to_owned(),
                    date: Some("2026-09-23".to_owned()),
                    sha256: "ab".repeat(32),
                }],
                home: vec!["JP".to_owned()],
                stale: false,
            },
            balanced: true,
        },
        damaged: Vec::new(),
        notes: Vec::new(),
        exports: Vec::new(),
        ended_by: None,
        account: None,
    }
}

fn table(outcome: &Outcome, style: Style) -> String {
    let text = render(&outcome.summary, &Config::default().export, style);
    for line in text.lines() {
        assert!(columns(line) <= WIDTH, "{} columns: {line}", columns(line));
        assert_eq!(line.trim_end(), line);
    }
    text
}

#[test]
fn a_run_that_went_well() {
    assert_eq!(
        table(&example(), PLAIN),
        "
sekisho                    packets    bytes  share
frames read                100,000  62.3 MB 100.0% ██████
kept                        61,203  40.1 MB  61.2% ███▋
  foreign_foreign           20,000  12.0 MB  20.0% █▎     外外 abroad to abroad
  foreign_domestic          25,000  18.0 MB  25.0% █▌     外内 abroad to home
  domestic_foreign          16,000  10.0 MB  16.0% █      内外 home to abroad
  foreign_undetermined         203 100.0 kB   0.2% ▏      abroad to unknown
excluded                    38,797  22.2 MB  38.8% ██▍
  domestic_pair             30,000  20.0 MB  30.0% █▊     both ends at home
  unlocated                  5,000   1.5 MB   5.0% ▎      an end has no country
  multicast                  3,000 600.0 kB   3.0% ▏      sent to a group
  class_not_authorised         790  99.0 kB   0.8% ▏      class not authorised
  non_ip                         7    420 B  <0.1% ▏      carries no IP

flows      4,321 records written to standard output
inputs     1 input, read to the end
table      6f2a6f2a6f2a6f2a, home JP, from embedded 2026-09-23
authorised self-authorised (profile standard)
books      balance: 100,000 read = 61,203 kept + 38,797 excluded
"
    );
}

#[test]
fn without_utf_8_there_is_only_ascii() {
    let text = table(&example(), ASCII);
    assert!(text.is_ascii());
    assert!(
        text.contains("  foreign_domestic          25,000  18.0 MB  25.0% ##     abroad to home\n")
    );
}

#[test]
fn everything_wrong_is_said_loudly() {
    let mut outcome = example();
    let summary = &mut outcome.summary;
    summary.balanced = false;
    summary.frames.packets += 7;
    summary.kernel_dropped = 1_234;
    summary.lost = Lost {
        packets: 5,
        records: 1,
    };
    summary.flows = Flows {
        exported: 1,
        recalled: 2,
        evicted: 3_000,
    };
    summary.geo.stale = true;
    summary.inputs[0].complete = false;
    let text = table(&outcome, PLAIN);
    let tail = text.split("\n\n").last().unwrap();
    assert_eq!(
        tail,
        "flows      1 record written to standard output
           3,000 ended early: the flow table was full (raise --max-flows)
           2 dropped: no longer admitted by a newer table or policy
inputs     1 input, 1 not read to the end
table      6f2a6f2a6f2a6f2a, home JP, from embedded 2026-09-23
           too old for some of these packets: use a newer one
authorised self-authorised (profile standard)
dropped    1,234 frames dropped by the kernel before they were read
lost       LOST 5 packets and 1 records
books      DO NOT BALANCE: trust no number of this run, and report it
           100,007 read, 61,203 kept + 38,797 excluded
           7 frames in no bucket
"
    );
}

#[test]
fn an_empty_capture_has_no_shares() {
    let mut outcome = example();
    outcome.summary.frames = Count::default();
    outcome.summary.admitted = Admitted::default();
    outcome.summary.excluded = Excluded::default();
    let text = table(&outcome, PLAIN);
    assert!(text.starts_with("\nsekisho                    packets    bytes  share\nframes read                      0      0 B\n"));
    assert!(text.contains("books      balance: 0 read = 0 kept + 0 excluded\n"));
}

#[test]
fn the_largest_numbers_stay_in_80_columns() {
    let mut outcome = example();
    let most = u64::MAX / 4;
    outcome.summary.frames = Count {
        packets: u64::MAX,
        bytes: u64::MAX,
    };
    outcome.summary.admitted.by_class = ByClass(
        [Count {
            packets: most,
            bytes: most,
        }; 5],
    );
    outcome.summary.excluded.by_reason = ByReason(
        [Count {
            packets: most,
            bytes: most,
        }; 20],
    );
    outcome.summary.balanced = false;
    outcome.summary.geo.sources[0].name = "国".repeat(60);
    let _checked = table(&outcome, PLAIN);
}

#[test]
fn colour_adds_nothing_but_colour() {
    let plain = table(&example(), PLAIN);
    let coloured = render(
        &example().summary,
        &Config::default().export,
        Style {
            colour: true,
            unicode: true,
        },
    );
    assert!(coloured.contains("\u{1b}[1m"));
    let mut stripped = String::new();
    for (position, part) in coloured.split("\u{1b}[").enumerate() {
        stripped.push_str(if position == 0 {
            part
        } else {
            part.split_once('m').unwrap().1
        });
    }
    assert_eq!(stripped, plain);
}

#[test]
fn every_short_meaning_fits_its_column() {
    for reason in Reason::ALL {
        assert!(short(reason).len() <= 22, "{}", short(reason));
    }
    for class in Class::ALL {
        assert!(columns(class_note(class, true)) <= 22);
    }
}
