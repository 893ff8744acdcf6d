//! One frame as text, from whatever answers.

use crate::{refused, watch};
use sekisho::fate::{Class, Fate, NetworkGroup, ProtocolGroup, Reason};
use sekisho::metrics::{
    Board, Delivered, Endpoint, GeoFigures, Identity, InterfaceFigures, LaneFigures, Listen,
    OutputFigures, SandboxLayer, Serving,
};
use sekisho::tally::{Count, Tally};
use sekisho::time::Timestamp;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A board to which, ten times a second, two lanes add what they did since.
pub(crate) struct Sensor {
    pub(crate) board: Arc<Board>,
    pub(crate) serving: Option<Serving>,
    end: Arc<AtomicBool>,
    lanes: Option<JoinHandle<()>>,
}

impl Sensor {
    pub(crate) fn at(place: &str) -> Self {
        let place: Listen = place.parse().unwrap();
        let names = ["eth1", "e\u{1b}[31mth2"];
        let board = Arc::new(Board::new(wall(), names, 2));
        board.publish_identity(Identity {
            sensor: "tokyo\n\u{1b}]0;owned\u{7}-1".into(),
            config: "c0ffee".into(),
        });
        board.publish_geo(GeoFigures {
            digest: "be986cd9f1203726".into(),
            home: vec!["JP".into()],
            epoch: 1,
            ..GeoFigures::default()
        });
        board.publish_sandbox(vec![SandboxLayer {
            id: "landlock",
            holds: true,
        }]);
        board.publish_output(OutputFigures {
            queue_capacity: 64,
            ..OutputFigures::default()
        });
        board.publish_interface(
            1,
            InterfaceFigures {
                up: false,
                gaps: 1,
                gap_time: Duration::from_secs(5),
            },
        );
        let serving = Endpoint::bind(&place)
            .unwrap()
            .serve(Arc::clone(&board))
            .unwrap();
        let end = Arc::new(AtomicBool::new(false));
        let lanes = {
            let (board, end) = (Arc::clone(&board), Arc::clone(&end));
            thread::spawn(move || work(&board, &end))
        };
        Self {
            board,
            serving: Some(serving),
            end,
            lanes: Some(lanes),
        }
    }

    pub(crate) fn place(&self) -> String {
        self.serving.as_ref().unwrap().place().to_string()
    }
}

impl Drop for Sensor {
    fn drop(&mut self) {
        self.end.store(true, Ordering::Relaxed);
        self.lanes.take().unwrap().join().unwrap();
    }
}

/// 100 frames at each turn of each lane: 60 of them kept.
fn work(board: &Board, end: &AtomicBool) {
    let mut tally = Tally::default();
    let mut frames = Count::default();
    while !end.load(Ordering::Relaxed) {
        for _ in 0..60 {
            let fate = Fate::Admitted(Class::ForeignDomestic);
            tally.count(fate, NetworkGroup::V4, ProtocolGroup::Tcp, 1_000);
        }
        for _ in 0..40 {
            let fate = Fate::Excluded(Reason::DomesticPair);
            tally.count(fate, NetworkGroup::V6, ProtocolGroup::Udp, 1_000);
        }
        frames.packets += 100;
        frames.bytes += 100_000;
        for lane in 0..2 {
            board.publish_lane(
                lane,
                LaneFigures {
                    tally: tally.clone(),
                    interfaces: vec![
                        Delivered {
                            frames,
                            ..Delivered::default()
                        },
                        Delivered::default(),
                    ],
                    flows_open: 12,
                    flows_capacity: 1_000,
                    last_packet: wall(),
                    ..LaneFigures::default()
                },
            );
        }
        thread::sleep(Duration::from_millis(100));
    }
}

fn wall() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp::from_nanos(u64::try_from(since.as_nanos()).unwrap())
}

#[test]
fn a_frame_tells_what_the_sensor_does_on_either_kind_of_socket() {
    let folder = tempfile::tempdir().unwrap();
    let socket = format!("unix:{}", folder.path().join("metrics.sock").display());
    let config = folder.path().join("sekisho.toml");
    std::fs::write(&config, format!("[metrics]\nlisten = \"{socket}\"\n")).unwrap();
    let (tcp, unix) = (Sensor::at("127.0.0.1:0"), Sensor::at(&socket));
    for args in [
        &["--once", &tcp.place()][..],
        &["--once", &unix.place()],
        &["--once", "-c", config.to_str().unwrap()],
    ] {
        let (code, out, err) = watch(args);
        assert_eq!((code, err.as_str()), (0, ""), "{out}");
        // FAULTS row 50: names from outside.
        assert!(
            !out.contains(|c: char| c.is_control() && c != '\n'),
            "{out:?}"
        );
        let line = |start: &str| {
            let mut lines = out.lines();
            let found = lines.find(|line| line.trim_start().starts_with(start));
            found.unwrap_or_else(|| panic!("no {start}: {out}"))
        };
        assert!(line("sekisho").contains("capturing"), "{out}");
        assert!(line("table be986cd9f1203726").contains("sandbox 1 of 1"));
        assert!(line("kept").contains("60.0%") && line("excluded").contains("40.0%"));
        assert!(line("foreign_domestic").ends_with("外内 abroad to home"));
        assert!(line("domestic_pair").ends_with("both ends at home"));
        assert!(line("nothing was lost").len() == 16);
        assert!(line("flows").contains("24 open of 2,000"));
        assert!(line("e\\u{1b}").contains("DOWN"));
        assert!(line("lane 0").contains("lane 1"));
        // Some 2,000 a second, on a machine that has other things to do.
        let rate = line("packets/s")
            .split_whitespace()
            .nth(1)
            .unwrap()
            .replace(',', "");
        let rate: f64 = rate.parse().unwrap();
        assert!((50.0..=2_200.0).contains(&rate), "{rate}");
        for line in out.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}

#[test]
fn what_does_not_answer_as_a_sensor_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let socket = format!("unix:{}", folder.path().join("none.sock").display());
    let start = "start a sensor with --metrics, or name its place";
    refused(
        &["--once", &socket],
        66,
        &format!("no such socket: {socket}: {start}"),
    );
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string();
    refused(
        &["--once", &free],
        66,
        &format!("nobody answers: {free}: {start}"),
    );
    let name = "name the place that a sensor was given with --metrics";
    let long = "HTTP/1.1 200 OK\r\n\r\n".to_owned() + &"x".repeat(5 << 20);
    for (answer, what) in [
        ("SSH-2.0-OpenSSH\r\n", "the answer is not HTTP"),
        ("", "the answer is cut short"),
        ("HTTP/1.1 404 Not Found\r\n\r\n", "the answer is status 404"),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nup 1\n",
            "the answer is cut short",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nup 1\n",
            "these are not the metrics of a sensor",
        ),
        (
            "HTTP/1.1 200 OK\r\n\r\n\u{1b}[2J{",
            "not the text format of Prometheus (line 1: no name of a metric)",
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nup{}\r\n3\r\n 1\n\r\n0\r\n\r\n",
            "these are not the metrics of a sensor",
        ),
        (&long, "the answer has no end"),
    ] {
        let place = answering(answer.to_owned());
        refused(&["--once", &place], 65, &format!("{what}: {place}: {name}"));
    }
}

/// A place where one question gets this answer.
fn answering(answer: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 1_024]);
        // Who asked may have heard enough.
        let _ = stream.write_all(answer.as_bytes());
    });
    place
}

#[test]
fn who_accepts_and_says_nothing_is_not_waited_for_for_long() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = silent.local_addr().unwrap().to_string();
    let hint = "see whether the sensor runs or is stopped";
    refused(
        &["--once", &place],
        66,
        &format!("no answer in time: {place}: {hint}"),
    );
}

#[test]
fn places_that_cannot_be_asked_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("sekisho.toml");
    std::fs::write(&config, "[flow]\nidle = 60\n").unwrap();
    let name = config.to_str().unwrap();
    let line =
        format!("no metrics to watch: {name}: set `listen` in [metrics], and restart the sensor");
    refused(&["--once", "-c", name], 78, &line);
    let line = "no port to ask at: 127.0.0.1:0: name the port at which the sensor listens";
    refused(&["--once", "127.0.0.1:0"], 2, line);
    let (code, _, err) = watch(&["192.0.2.1:9317"]);
    assert!(
        code == 2 && err.contains("192.0.2.1:9317") && err.lines().count() == 1,
        "{err}"
    );
    let line = "no terminal to show figures on: standard output: use --once for one frame as text";
    refused(&[], 2, line);
}
