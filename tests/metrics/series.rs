//! The number of series is that of the settings, and names from outside are harmless.

use crate::client::{scrape, series, serve};
use crate::sensor::CountingLane;
use sekisho::demo::rng::Rng;
use sekisho::metrics::{
    Board, Delivered, GeoFigures, GeoSource, Identity, InterfaceFigures, ProcessFigures,
    SandboxLayer,
};
use sekisho::source::{Frame, LinkType};
use sekisho::time::Timestamp;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// More series than this are too many for a sensor.
const MOST: usize = 500;

const LAYERS: [&str; 17] = [
    "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q",
];

/// A board with everything that may be absent, and more of it than is shown.
fn crowded(interfaces: usize, lanes: usize) -> Arc<Board> {
    let names: Vec<String> = (0..interfaces)
        .map(|number| format!("eth{number}"))
        .collect();
    let each = names.iter().map(String::as_str);
    let board = Board::new(Timestamp::ZERO, each, lanes);
    let sources = (0..30).map(|number| GeoSource {
        name: format!("{number}.mmdb"),
        built: Some(Timestamp::from_parts(number, 0)),
        ..GeoSource::default()
    });
    board.publish_geo(GeoFigures {
        sources: sources.collect(),
        ..GeoFigures::default()
    });
    let layers = LAYERS.map(|id| SandboxLayer { id, holds: true });
    board.publish_sandbox(layers.into());
    board.publish_process(ProcessFigures {
        resident_bytes: Some(1),
        cpu: Some(Duration::ZERO),
    });
    Arc::new(board)
}

#[test]
fn sixteen_interfaces_and_sixty_four_lanes_are_shown_each_and_make_no_more_than_500_series() {
    let shown = series(&scrape(&serve(&crowded(16, 64))));
    println!("{} series", shown.len());
    assert!(shown.len() <= MOST, "{}", shown.len());
    assert!(shown.contains_key("sekisho_lane_packets_total{lane=\"63\"}"));
    assert!(shown.contains_key("sekisho_interface_up{interface=\"eth15\"}"));
}

#[test]
fn more_than_that_are_shown_in_one_sum_and_no_packet_is_missing() {
    let board = crowded(40, 400);
    for lane in 0..400 {
        let mut figures = CountingLane::new().figures();
        figures.interfaces = vec![Delivered::default(); 40];
        figures.interfaces[lane % 40].frames.packets = 1 << (lane % 10);
        board.publish_lane(lane, figures);
    }
    let down = InterfaceFigures {
        up: false,
        ..InterfaceFigures::default()
    };
    board.publish_interface(39, down);
    let shown = series(&scrape(&serve(&board)));
    assert!(shown.len() <= MOST, "{}", shown.len());
    let frames = shown["sekisho_frames_total"];
    assert_eq!(frames, 40.0 * 1_023.0);
    for family in [
        "sekisho_lane_packets_total{",
        "sekisho_interface_packets_total{",
    ] {
        let parts = shown.iter().filter(|(key, _)| key.starts_with(family));
        assert_eq!(
            parts.map(|(_, value)| value).sum::<f64>(),
            frames,
            "{family}"
        );
    }
    assert_eq!(shown["sekisho_interface_up{interface=\"the rest\"}"], 0.0);
    assert_eq!(shown["sekisho_interface_up{interface=\"eth14\"}"], 1.0);
}

/// FAULTS row 49: nothing that traffic does makes a series.
#[test]
fn row_49_a_million_new_addresses_make_no_new_series() {
    let board = crowded(1, 1);
    let serving = serve(&board);
    let before: Vec<String> = series(&scrape(&serving)).into_keys().collect();
    let mut lane = CountingLane::new();
    let mut rng = Rng::new(49);
    let mut frame = [0; 60];
    // Ethernet, IPv4 or IPv6, any protocol, any address.
    for number in 0..1_000_000_u64 {
        for chunk in frame.chunks_mut(8) {
            chunk.copy_from_slice(&rng.next().to_le_bytes()[..chunk.len()]);
        }
        let (kind, first): ([u8; 2], u8) = if number % 2 == 0 {
            ([0x08, 0x00], 0x45)
        } else {
            ([0x86, 0xdd], 0x60)
        };
        frame[12..14].copy_from_slice(&kind);
        frame[14] = first;
        lane.feed(&Frame {
            seen: Timestamp::from_parts(1_790_000_000, number * 1_000),
            wire_len: 60,
            link: LinkType(1),
            bytes: &frame,
        });
    }
    let figures = lane.figures();
    assert!(figures.tally.admitted().packets > 1_000);
    board.publish_lane(0, figures);
    let text = scrape(&serving);
    assert!(series(&text)["sekisho_frames_total"] == 1e6);
    let after: Vec<String> = series(&text).into_keys().collect();
    assert_eq!(before, after);
}

/// FAULTS row 50: names come from outside.
#[test]
fn row_50_odd_names_are_escaped_and_the_text_stays_whole() {
    let odd = [
        "a\n\u{1b}[2Jsekisho_frames_total 666\n",
        "\"} 1\nsekisho_evil{x=\"",
        "back\\slash\\n\\\"",
        "</script><b>東京\u{202e}=cmd|' /C calc'!A0",
        "\u{0}\u{7f}\u{9b}2J\r\t",
        "",
        "{}",
    ];
    let board = Board::new(Timestamp::ZERO, odd.iter().copied(), 1);
    board.publish_identity(Identity {
        sensor: odd[0].into(),
        config: odd[1].into(),
    });
    let sources = odd.iter().map(|name| GeoSource {
        name: (*name).into(),
        kind: (*name).into(),
        date: Some((*name).into()),
        built: None,
        sha256: (*name).into(),
    });
    board.publish_geo(GeoFigures {
        digest: odd[2].into(),
        home: odd.iter().map(|name| (*name).into()).collect(),
        sources: sources.collect(),
        ..GeoFigures::default()
    });
    let text = scrape(&serve(&Arc::new(board)));
    let control = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
    assert!(!text.contains(control));
    let shown = series(&text);
    assert_eq!(shown["sekisho_frames_total"], 0.0);
    assert!(!text.lines().any(|line| line.starts_with("sekisho_evil")));
    let interfaces = shown
        .keys()
        .filter(|key| key.starts_with("sekisho_interface_up"));
    assert_eq!(interfaces.count(), odd.len());
    assert!(text.contains(r#"{interface="a\\u{a}\\u{1b}[2Jsekisho_frames_total 666\\u{a}"}"#));
    check_with_promtool(&text);
}

#[test]
fn promtool_finds_nothing_to_say_about_any_metric() {
    check_with_promtool(&scrape(&serve(&crowded(16, 64))));
}

/// `promtool check metrics` parses the text and judges names, types and help.
fn check_with_promtool(text: &str) {
    let child = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        println!("NOT TESTED: promtool is not installed (Debian: prometheus)");
        return;
    };
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success() && said.is_empty(), "{said}");
}
