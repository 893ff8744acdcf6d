//! Every number is the one that was counted.

use crate::client::{scrape, scrape_unix, send, series, serve};
use crate::sensor::{CountingLane, replay};
use sekisho::fate::{Class, Fate, NetworkGroup, ProtocolGroup, Reason};
use sekisho::metrics::{
    Board, Endpoint, GeoFigures, GeoSource, Identity, InterfaceFigures, Listen, Lost,
    OutputFigures, ProcessFigures, Reload, ReloadFigures, SandboxLayer,
};
use sekisho::tally::{Count, Tally};
use sekisho::time::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// A replay down three lanes of two interfaces, with a number of its own in every other place, and what
/// must be shown: written out here, apart from the product's table.
fn scene() -> (Arc<Board>, BTreeMap<String, f64>) {
    let board = Board::new(
        Timestamp::from_parts(1_790_000_000, 500_000_000),
        ["eth0", "eth1"],
        3,
    );
    let mut lanes = [(); 3].map(|()| CountingLane::new());
    let mut next = 0;
    for name in [
        "example.pcap",
        "tunnels.pcap",
        "fragments.pcap",
        "links.pcapng",
    ] {
        replay(name, |frame| {
            lanes[next % 3].interface = usize::from(next % 7 == 0);
            lanes[next % 3].feed(frame);
            next += 1;
        });
    }
    let mut shown = BTreeMap::new();
    let mut put = |series: &str, value: f64| {
        assert!(shown.insert(series.to_owned(), value).is_none(), "{series}");
    };
    let (mut tally, mut frames, mut open, mut evicted) = (Tally::default(), Count::default(), 0, 0);
    let mut by_interface = [0.0; 2];
    for (number, lane) in (0_u64..).zip(&mut lanes) {
        let [eth0, eth1] = &mut lane.figures.interfaces[..] else {
            panic!("two interfaces");
        };
        (eth0.kernel_dropped, eth1.kernel_dropped) = (11 + number, 100 * number);
        // The same in every lane.
        (eth0.interface_dropped, eth1.interface_dropped) = (21, 23);
        lane.figures.busy = Duration::from_millis(1_500 + number);
        lane.figures.recalled = 31 + number;
        lane.figures.recalled_packets = 41 + number;
        lane.figures.shed = Lost {
            records: 51 + number,
            packets: 61 + number,
        };
        let figures = lane.figures();
        tally += &figures.tally;
        let [eth0, eth1] = &figures.interfaces[..] else {
            panic!("two interfaces");
        };
        let of_lane = eth0.frames.plus(eth1.frames);
        frames += of_lane;
        by_interface[0] += eth0.frames.packets as f64;
        by_interface[1] += eth1.frames.packets as f64;
        open += figures.flows_open;
        evicted += figures.evicted;
        let label = format!("{{lane=\"{number}\"}}");
        put(
            &format!("sekisho_lane_packets_total{label}"),
            of_lane.packets as f64,
        );
        put(
            &format!("sekisho_lane_kernel_dropped_packets_total{label}"),
            (11 + 101 * number) as f64,
        );
        put(
            &format!("sekisho_lane_busy_seconds_total{label}"),
            (1_500 + number) as f64 / 1_000.0,
        );
        board.publish_lane(number as usize, figures);
    }
    assert!(tally.admitted().packets > 1_000 && tally.excluded().packets > 1_000);
    assert_eq!(tally.admitted().plus(tally.excluded()), frames);
    let latest = lanes
        .iter()
        .map(|lane| lane.figures.last_packet)
        .max()
        .unwrap();
    for (name, value) in [
        ("sekisho_frames_total", frames.packets as f64),
        ("sekisho_frame_bytes_total", frames.bytes as f64),
        ("sekisho_books_balanced", 1.0),
        ("sekisho_flows_open", open as f64),
        ("sekisho_flows_capacity", 3_000.0),
        ("sekisho_flows_evicted_total", evicted as f64),
        ("sekisho_flows_recalled_total", 96.0),
        ("sekisho_recalled_packets_total", 126.0),
        ("sekisho_records_lost_total{cause=\"queue\"}", 156.0),
        ("sekisho_lost_packets_total{cause=\"queue\"}", 186.0),
        (
            "sekisho_last_packet_timestamp_seconds",
            latest.nanos() as f64 / 1e9,
        ),
        ("sekisho_start_timestamp_seconds", 1_790_000_000.5),
        (
            "sekisho_interface_packets_total{interface=\"eth0\"}",
            by_interface[0],
        ),
        (
            "sekisho_interface_packets_total{interface=\"eth1\"}",
            by_interface[1],
        ),
        (
            "sekisho_interface_kernel_dropped_packets_total{interface=\"eth0\"}",
            36.0,
        ),
        (
            "sekisho_interface_kernel_dropped_packets_total{interface=\"eth1\"}",
            300.0,
        ),
        (
            "sekisho_interface_dropped_packets_total{interface=\"eth0\"}",
            21.0,
        ),
        (
            "sekisho_interface_dropped_packets_total{interface=\"eth1\"}",
            23.0,
        ),
        ("sekisho_scrapes_refused_total", 0.0),
        (
            concat!(
                "sekisho_build_info{version=\"",
                env!("CARGO_PKG_VERSION"),
                "\"}"
            ),
            1.0,
        ),
    ] {
        put(name, value);
    }
    for class in Class::ALL {
        let (count, id) = (tally.fate(Fate::Admitted(class)), class.id());
        put(
            &format!("sekisho_admitted_packets_total{{class=\"{id}\"}}"),
            count.packets as f64,
        );
        put(
            &format!("sekisho_admitted_bytes_total{{class=\"{id}\"}}"),
            count.bytes as f64,
        );
    }
    for reason in Reason::ALL {
        let (count, id) = (tally.fate(Fate::Excluded(reason)), reason.id());
        put(
            &format!("sekisho_excluded_packets_total{{reason=\"{id}\"}}"),
            count.packets as f64,
        );
        put(
            &format!("sekisho_excluded_bytes_total{{reason=\"{id}\"}}"),
            count.bytes as f64,
        );
    }
    for network in NetworkGroup::ALL {
        for protocol in ProtocolGroup::ALL {
            let cell = |fate| tally.cell(fate, network, protocol).packets as f64;
            let admitted: f64 = Class::ALL
                .map(|class| cell(Fate::Admitted(class)))
                .iter()
                .sum();
            let excluded: f64 = Reason::ALL
                .map(|reason| cell(Fate::Excluded(reason)))
                .iter()
                .sum();
            for (verdict, value) in [("admitted", admitted), ("excluded", excluded)] {
                let (network, protocol) = (network.id(), protocol.id());
                put(
                    &format!(
                        "sekisho_judged_packets_total{{verdict=\"{verdict}\",network=\"{network}\",protocol=\"{protocol}\"}}"
                    ),
                    value,
                );
            }
        }
    }
    publish_others(&board, &mut put);
    (Arc::new(board), shown)
}

/// What does not come from lanes.
fn publish_others(board: &Board, put: &mut impl FnMut(&str, f64)) {
    for (place, up, gaps, millis) in [(0, true, 71, 72_500), (1, false, 73, 74_000)] {
        let figures = InterfaceFigures {
            up,
            gaps,
            gap_time: Duration::from_millis(millis),
        };
        board.publish_interface(place, figures);
        let label = format!("{{interface=\"eth{place}\"}}");
        put(
            &format!("sekisho_interface_up{label}"),
            f64::from(u8::from(up)),
        );
        put(&format!("sekisho_interface_gaps_total{label}"), gaps as f64);
        put(
            &format!("sekisho_interface_gap_seconds_total{label}"),
            millis as f64 / 1_000.0,
        );
    }
    board.publish_output(OutputFigures {
        records: 81,
        packets: 82,
        bytes: 83,
        files: 84,
        errors: 85,
        failing: true,
        lost: Lost {
            records: 86,
            packets: 87,
        },
        queue: 88,
        queue_capacity: 89,
    });
    board.publish_geo(GeoFigures {
        digest: "00ff".into(),
        home: vec!["JP".into(), "GU".into()],
        epoch: 91,
        stale: true,
        sources: vec![
            GeoSource {
                name: "embedded".into(),
                kind: "tor".into(),
                date: Some("2026-09-23".into()),
                built: Some(Timestamp::from_parts(1_790_121_600, 0)),
                sha256: "aa".into(),
            },
            GeoSource {
                name: "x.mmdb".into(),
                kind: "mmdb".into(),
                sha256: "bb".into(),
                ..GeoSource::default()
            },
        ],
    });
    board.publish_reloads(ReloadFigures {
        done: 92,
        refused: 93,
        last: Some(Reload {
            at: Timestamp::from_parts(1_790_000_100, 0),
            done: false,
        }),
    });
    board.publish_sandbox(vec![
        SandboxLayer {
            id: "landlock",
            holds: true,
        },
        SandboxLayer {
            id: "seccomp",
            holds: false,
        },
    ]);
    board.publish_identity(Identity {
        sensor: "tokyo-1".into(),
        config: "c0ffee".into(),
    });
    board.publish_process(ProcessFigures {
        resident_bytes: Some(94),
        cpu: Some(Duration::from_millis(95_250)),
    });
    for (name, value) in [
        ("sekisho_records_written_total", 81.0),
        ("sekisho_written_packets_total", 82.0),
        ("sekisho_output_bytes_total", 83.0),
        ("sekisho_output_files_total", 84.0),
        ("sekisho_output_errors_total", 85.0),
        ("sekisho_output_failing", 1.0),
        ("sekisho_records_lost_total{cause=\"output\"}", 86.0),
        ("sekisho_lost_packets_total{cause=\"output\"}", 87.0),
        ("sekisho_queue_batches", 88.0),
        ("sekisho_queue_capacity", 89.0),
        ("sekisho_geo_info{digest=\"00ff\",home=\"JP,GU\"}", 1.0),
        ("sekisho_geo_epoch", 91.0),
        ("sekisho_geo_stale", 1.0),
        (
            "sekisho_geo_source_timestamp_seconds{source=\"0\"}",
            1_790_121_600.0,
        ),
        (
            "sekisho_geo_source_info{source=\"0\",name=\"embedded\",kind=\"tor\",date=\"2026-09-23\",sha256=\"aa\"}",
            1.0,
        ),
        (
            "sekisho_geo_source_info{source=\"1\",name=\"x.mmdb\",kind=\"mmdb\",date=\"\",sha256=\"bb\"}",
            1.0,
        ),
        ("sekisho_reloads_total{result=\"done\"}", 92.0),
        ("sekisho_reloads_total{result=\"refused\"}", 93.0),
        ("sekisho_last_reload_timestamp_seconds", 1_790_000_100.0),
        ("sekisho_last_reload_done", 0.0),
        ("sekisho_sandbox_layer{layer=\"landlock\"}", 1.0),
        ("sekisho_sandbox_layer{layer=\"seccomp\"}", 0.0),
        (
            "sekisho_config_info{digest=\"c0ffee\",sensor=\"tokyo-1\"}",
            1.0,
        ),
        ("process_resident_memory_bytes", 94.0),
        ("process_cpu_seconds_total", 95.25),
    ] {
        put(name, value);
    }
}

#[test]
fn every_number_is_that_of_the_tally_and_none_is_missing() {
    let (board, expected) = scene();
    let shown = series(&scrape(&serve(&board)));
    for (series, value) in &expected {
        assert_eq!(shown.get(series), Some(value), "{series}");
    }
    let unexpected: Vec<&String> = shown
        .keys()
        .filter(|key| !expected.contains_key(*key))
        .collect();
    assert!(unexpected.is_empty(), "{unexpected:?}");
}

#[test]
fn frames_that_are_in_no_fate_or_bytes_that_are_in_none_are_no_balance() {
    for wrong in [
        Count {
            packets: 1,
            bytes: 0,
        },
        Count {
            packets: 0,
            bytes: 1,
        },
    ] {
        let board = Arc::new(Board::new(Timestamp::ZERO, ["eth0"], 2));
        let mut lane = CountingLane::new();
        replay("example.pcap", |frame| lane.feed(frame));
        let mut figures = lane.figures();
        board.publish_lane(0, figures.clone());
        let serving = serve(&board);
        assert_eq!(series(&scrape(&serving))["sekisho_books_balanced"], 1.0);
        figures.interfaces[0].frames += wrong;
        board.publish_lane(1, figures);
        assert_eq!(series(&scrape(&serving))["sekisho_books_balanced"], 0.0);
    }
}

#[test]
fn before_anything_is_published_every_count_is_there_and_zero() {
    let board = Arc::new(Board::new(Timestamp::from_parts(7, 0), ["eth0"], 1));
    let shown = series(&scrape(&serve(&board)));
    assert_eq!(shown["sekisho_interface_up{interface=\"eth0\"}"], 1.0);
    assert_eq!(shown["sekisho_last_reload_timestamp_seconds"], 7.0);
    assert_eq!(shown["sekisho_last_reload_done"], 1.0);
    assert_eq!(shown["sekisho_books_balanced"], 1.0);
    assert_eq!(shown["sekisho_last_packet_timestamp_seconds"], 0.0);
    assert!(!shown.contains_key("process_resident_memory_bytes"));
    let moved: Vec<_> = shown
        .iter()
        .filter(|(key, value)| key.contains("_total") && **value != 0.0)
        .collect();
    assert!(moved.is_empty(), "{moved:?}");
}

#[test]
fn a_unix_socket_shows_the_same_and_is_gone_afterwards() {
    let (board, _) = scene();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metrics.sock");
    let place: Listen = format!("unix:{}", path.display()).parse().unwrap();
    let serving = Endpoint::bind(&place)
        .unwrap()
        .serve(Arc::clone(&board))
        .unwrap();
    let over_unix = scrape_unix(&serving);
    assert!(over_unix.ends_with(&scrape(&serve(&board))));
    drop(serving);
    assert!(!path.exists());
}

#[test]
fn pages_methods_and_types_are_as_they_should_be() {
    let (board, _) = scene();
    let serving = serve(&board);
    let ask = |request: &str| {
        send(
            &serving,
            format!("{request} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes(),
        )
    };
    let metrics = ask("GET /metrics");
    assert_eq!(metrics.status(), "200");
    assert_eq!(
        metrics.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    assert_eq!(metrics.header("connection"), Some("close"));
    assert_eq!(
        metrics.header("content-length"),
        Some(metrics.body.len().to_string().as_str())
    );
    assert_eq!(ask("GET /metrics?name=x").body, metrics.body);
    let head = ask("HEAD /metrics");
    assert_eq!((head.status(), head.body.as_str()), ("200", ""));
    assert_eq!(
        head.header("content-length"),
        metrics.header("content-length")
    );
    assert_eq!(ask("GET /").body, "sekisho: metrics are at /metrics\n");
    assert_eq!(ask("GET /healthz").body, "ok\n");
    for missing in [
        "GET /metrics/",
        "GET /favicon.ico",
        "GET /../metrics",
        "POST /x",
    ] {
        assert_eq!(ask(missing).status(), "404", "{missing}");
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW"] {
        let refused = ask(&format!("{method} /metrics"));
        assert_eq!(refused.status(), "405", "{method}");
        assert_eq!(refused.header("allow"), Some("GET, HEAD"));
    }
}
