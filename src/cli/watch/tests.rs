//! Frames to the letter: sensors as they may be, drawn at sizes that terminals have, beside the golden
//! texts in `testdata/watch/`. `SEKISHO_ACCEPT=1` writes those anew.

mod picture;

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::style::{Color, Modifier};

use super::app::{App, Moment, Pressed};
use super::figures::Figures;
use super::frame;
use super::look::Look;
use super::trouble::Trouble;
use super::view::Condition;
use crate::cli::terminal::{Style, columns};
use crate::fate::{Class, Reason};

/// 2026-11-22 05:49 UTC.
const WALL: u64 = 1_795_326_540;

/// The sensor of the examples began so long before.
const UP: u64 = 3 * 86_400 + 4 * 3_600;

/// A sensor that says what it is told to say.
#[derive(Clone)]
struct Sensor {
    seconds: u64,
    start: u64,
    packets: u64,
    /// Packets a second of each lane.
    lanes: Vec<(u64, f64)>,
    interfaces: Vec<(String, bool)>,
    kernel_dropped: u64,
    lost_queue: u64,
    lost_output: u64,
    failing: bool,
    balanced: bool,
}

impl Sensor {
    fn new(lanes: &[(u64, f64)], interfaces: &[&str]) -> Self {
        Self {
            seconds: UP,
            start: WALL - UP,
            packets: 34_567_890_123,
            lanes: lanes.to_vec(),
            interfaces: interfaces
                .iter()
                .map(|name| ((*name).to_owned(), true))
                .collect(),
            kernel_dropped: 0,
            lost_queue: 0,
            lost_output: 0,
            failing: false,
            balanced: true,
        }
    }

    fn rate(&self) -> u64 {
        self.lanes.iter().map(|(rate, _)| rate).sum()
    }

    /// A second more, with so much of its traffic.
    fn go_on(&mut self, load: f64) {
        self.seconds += 1;
        self.packets += (self.rate() as f64 * load) as u64;
    }

    /// The text of its metrics.
    fn text(&self) -> String {
        let mut text = String::new();
        let mut say = |series: &str, value: f64| {
            writeln!(text, "{series} {value}").unwrap();
        };
        let frames = self.packets as f64;
        say("sekisho_build_info{version=\"0.1.0\"}", 1.0);
        say(
            "sekisho_config_info{digest=\"c0ffee\",sensor=\"tokyo-1\"}",
            1.0,
        );
        say("sekisho_start_timestamp_seconds", self.start as f64);
        say("sekisho_frames_total", frames);
        say("sekisho_frame_bytes_total", frames * 700.0);
        say(
            "sekisho_last_packet_timestamp_seconds",
            (self.start + self.seconds) as f64,
        );
        let classes = [0.13, 0.28, 0.279, 0.009, 0.0];
        for (class, share) in Class::ALL.iter().zip(classes) {
            let (id, packets) = (class.id(), (frames * share).floor());
            say(
                &format!("sekisho_admitted_packets_total{{class=\"{id}\"}}"),
                packets,
            );
            say(
                &format!("sekisho_admitted_bytes_total{{class=\"{id}\"}}"),
                packets * 800.0,
            );
        }
        let mut reasons = [0.0; Reason::ALL.len()];
        for (reason, share) in [
            (Reason::DomesticPair, 0.254),
            (Reason::Unlocated, 0.003),
            (Reason::NonGlobal, 0.006),
            (Reason::Multicast, 0.002),
            (Reason::TunnelDomestic, 0.016),
            (Reason::NonIp, 0.002),
            (Reason::Truncated, 0.0061),
            (Reason::Malformed, 0.0029),
            (Reason::TooDeep, 0.01),
        ] {
            reasons[reason as usize] = share;
        }
        for (reason, share) in Reason::ALL.iter().zip(reasons) {
            let (id, packets) = (reason.id(), (frames * share).floor());
            say(
                &format!("sekisho_excluded_packets_total{{reason=\"{id}\"}}"),
                packets,
            );
            say(
                &format!("sekisho_excluded_bytes_total{{reason=\"{id}\"}}"),
                packets * 460.0,
            );
        }
        say("sekisho_books_balanced", f64::from(u8::from(self.balanced)));
        for (at, (name, up)) in self.interfaces.iter().enumerate() {
            let of = |metric: &str| format!("sekisho_interface_{metric}{{interface=\"{name}\"}}");
            let share = frames / self.interfaces.len() as f64;
            say(&of("up"), f64::from(u8::from(*up)));
            say(&of("packets_total"), share.floor());
            let first = if at == 0 {
                self.kernel_dropped as f64
            } else {
                0.0
            };
            say(&of("kernel_dropped_packets_total"), first);
            say(&of("dropped_packets_total"), 0.0);
            let gaps = if *up { 0.0 } else { 2.0 };
            say(&of("gaps_total"), gaps);
            say(&of("gap_seconds_total"), gaps * 95.0);
        }
        for (at, (rate, busy)) in self.lanes.iter().enumerate() {
            let of = |metric: &str| format!("sekisho_lane_{metric}{{lane=\"{at}\"}}");
            let share = *rate as f64 / self.rate().max(1) as f64;
            say(&of("packets_total"), (frames * share).floor());
            let first = if at == 0 {
                self.kernel_dropped as f64
            } else {
                0.0
            };
            say(&of("kernel_dropped_packets_total"), first);
            say(&of("busy_seconds_total"), self.seconds as f64 * busy);
        }
        say("sekisho_flows_open", 1_234_567.0);
        say("sekisho_flows_capacity", 4_000_000.0);
        say("sekisho_flows_evicted_total", 0.0);
        say("sekisho_flows_recalled_total", 0.0);
        say("sekisho_records_written_total", (frames / 25.0).floor());
        say(
            "sekisho_records_lost_total{cause=\"queue\"}",
            self.lost_queue as f64,
        );
        say(
            "sekisho_records_lost_total{cause=\"output\"}",
            self.lost_output as f64,
        );
        say("sekisho_output_bytes_total", (frames * 26.0).floor());
        say("sekisho_output_files_total", 912.0);
        say(
            "sekisho_output_errors_total",
            f64::from(u8::from(self.failing)) * 3.0,
        );
        say("sekisho_output_failing", f64::from(u8::from(self.failing)));
        say(
            "sekisho_queue_batches",
            if self.failing { 64.0 } else { 1.0 },
        );
        say("sekisho_queue_capacity", 64.0);
        say(
            "sekisho_geo_info{digest=\"be986cd9f12037265ab1\",home=\"JP\"}",
            1.0,
        );
        say(
            "sekisho_geo_source_timestamp_seconds{source=\"0\"}",
            (WALL - 12 * 86_400) as f64,
        );
        say("sekisho_geo_stale", 0.0);
        say("sekisho_reloads_total{result=\"done\"}", 1.0);
        say("sekisho_reloads_total{result=\"refused\"}", 0.0);
        say(
            "sekisho_last_reload_timestamp_seconds",
            (WALL - 7_300) as f64,
        );
        say("sekisho_last_reload_done", 1.0);
        for layer in [
            "no_new_privileges",
            "capabilities",
            "landlock",
            "seccomp",
            "not_dumpable",
        ] {
            say(&format!("sekisho_sandbox_layer{{layer=\"{layer}\"}}"), 1.0);
        }
        say("process_resident_memory_bytes", 641_728_512.0);
        say("process_cpu_seconds_total", self.seconds as f64 * 0.83);
        text
    }

    fn figures(&self) -> Result<Box<Figures>, Trouble> {
        Figures::read(&self.text()).map(Box::new)
    }
}

/// A watch that has looked at a sensor once a second.
struct Watch {
    app: App,
    sensor: Sensor,
    now: Duration,
}

impl Watch {
    fn new(sensor: Sensor, style: Style) -> Self {
        Self {
            app: App::new("127.0.0.1:9317".to_owned(), Look::new(style)),
            sensor,
            now: Duration::ZERO,
        }
    }

    /// Looks once a second, so often; the sensor is changed before each look.
    fn look(&mut self, times: u32, change: impl Fn(&mut Sensor)) {
        for _ in 0..times {
            // The traffic rises and falls, with a bump.
            let second = self.now.as_secs_f64();
            let bump = if (second as u64 / 20).is_multiple_of(7) {
                0.35
            } else {
                0.0
            };
            self.sensor.go_on(1.0 + 0.3 * (second / 40.0).sin() + bump);
            change(&mut self.sensor);
            let figures = self.sensor.figures();
            self.app.take(self.now, figures);
            self.now += Duration::from_secs(1);
        }
    }

    fn moment(&self) -> Moment {
        Moment {
            now: self.now,
            wall: Duration::from_secs(self.sensor.start + self.sensor.seconds),
        }
    }

    fn press(&mut self, key: char) -> Pressed {
        let key = KeyEvent::new(KeyCode::Char(key), KeyModifiers::NONE);
        self.app.press(key, self.moment())
    }

    fn condition(&self) -> Condition {
        self.app.view(self.moment()).0.condition()
    }

    fn buffer(&self, width: u16, height: u16) -> Buffer {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let (view, help) = self.app.view(self.moment());
        terminal
            .draw(|frame| frame::draw(frame, &view, help))
            .unwrap();
        terminal.backend().buffer().clone()
    }

    fn text(&self, width: u16, height: u16) -> String {
        let text = text(&self.buffer(width, height));
        for line in text.lines() {
            assert!(columns(line) <= usize::from(width), "{line}");
        }
        text
    }
}

/// The letters of a frame, without blanks at the ends of lines.
fn text(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        let mut x = 0;
        while x < buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            line.push_str(symbol);
            // The second column of a wide letter.
            x += u16::try_from(columns(symbol)).unwrap().max(1);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

const COLOUR: Style = Style {
    colour: true,
    unicode: true,
};
const ASCII: Style = Style {
    colour: false,
    unicode: false,
};

/// Two busy lanes on one interface.
fn healthy() -> Watch {
    let sensor = Sensor::new(&[(61_728, 0.42), (58_301, 0.39)], &["eth1"]);
    let mut watch = Watch::new(sensor, COLOUR);
    watch.look(320, |_| ());
    watch
}

/// Compares with a golden frame.
#[track_caller]
fn golden(name: &str, got: &str) {
    same_as(&format!("testdata/watch/{name}"), got);
}

/// Compares with a file of the repository; `SEKISHO_ACCEPT=1` writes it.
#[track_caller]
fn same_as(name: &str, got: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os("SEKISHO_ACCEPT").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, got).unwrap();
    }
    let want = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        got == want,
        "{name} changed; SEKISHO_ACCEPT=1 accepts it:\n{got}"
    );
}

#[test]
fn a_sensor_that_is_well() {
    let watch = healthy();
    assert!(matches!(watch.condition(), Condition::Capturing));
    golden("healthy-80x24.txt", &watch.text(80, 24));
    golden("healthy-100x30.txt", &watch.text(100, 30));
    golden("healthy-160x40.txt", &watch.text(160, 40));
    golden("healthy-40x10.txt", &watch.text(40, 10));
    golden("healthy-55x16.txt", &watch.text(55, 16));
}

#[test]
fn a_terminal_without_colours_and_blocks() {
    let sensor = Sensor::new(&[(61_728, 0.42), (58_301, 0.39)], &["eth1"]);
    let mut watch = Watch::new(sensor, ASCII);
    watch.look(320, |_| ());
    let text = watch.text(80, 24);
    assert!(text.is_ascii(), "{text}");
    golden("ascii-80x24.txt", &text);
    for cell in &watch.buffer(80, 24).content {
        assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset));
    }
}

#[test]
fn a_sensor_that_loses_much() {
    let sensor = Sensor::new(&[(480_000, 0.99), (310_000, 0.71)], &["eth1", "eth2"]);
    let mut watch = Watch::new(sensor, COLOUR);
    watch.look(40, |_| ());
    watch.sensor.lost_output = 4_321;
    watch.look(20, |sensor| {
        sensor.kernel_dropped += 31_415;
        sensor.lost_queue += 271;
        sensor.failing = true;
    });
    assert_eq!(watch.condition(), Condition::Losing);
    golden("loss-80x24.txt", &watch.text(80, 24));
    golden("loss-160x40.txt", &watch.text(160, 40));
    golden("loss-40x10.txt", &watch.text(40, 10));
    let buffer = watch.buffer(80, 24);
    let red = |text: &str| {
        let row = (0..24).find(|y| {
            let line: String = (0..80).map(|x| buffer[(x, *y)].symbol()).collect();
            line.starts_with(text)
        });
        let cell = &buffer[(1, row.unwrap())];
        cell.fg == Color::Red && cell.modifier.contains(Modifier::REVERSED)
    };
    assert!(red("kernel dropped") && red("queue was full") && red(" OUTPUT IS FAILING"));
    assert!(!red("output failed"), "it does not grow");
}

#[test]
fn a_sensor_that_is_gone_shows_what_was_and_says_so() {
    let mut watch = healthy();
    let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
    for _ in 0..13 {
        watch.now += Duration::from_secs(1);
        watch.app.take(watch.now, Err(Trouble::of(&refused)));
    }
    golden("gone-80x24.txt", &watch.text(80, 24));
    let buffer = watch.buffer(80, 24);
    assert_eq!(buffer[(0, 10)].fg, Color::DarkGray, "old figures are faint");
    assert_eq!(buffer[(79, 0)].fg, Color::Red);
}

#[test]
fn a_sensor_that_never_answered_is_waited_for() {
    let mut watch = Watch::new(Sensor::new(&[], &[]), COLOUR);
    watch.now = Duration::from_secs(4);
    golden("first-80x24.txt", &watch.text(80, 24));
    let missing = std::io::Error::from(std::io::ErrorKind::NotFound);
    watch.app.take(watch.now, Err(Trouble::of(&missing)));
    golden("waiting-80x24.txt", &watch.text(80, 24));
    golden("waiting-40x10.txt", &watch.text(40, 10));
}

#[test]
fn many_lanes_and_interfaces() {
    let lanes: Vec<(u64, f64)> = (0..64)
        .map(|at| (9_000 + 137 * at, 0.2 + 0.011 * at as f64))
        .collect();
    let names: Vec<String> = (0..16).map(|at| format!("enp{at}s0f1")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut sensor = Sensor::new(&lanes, &names);
    sensor.interfaces[11].1 = false;
    let mut watch = Watch::new(sensor, COLOUR);
    watch.look(100, |_| ());
    golden("many-80x24.txt", &watch.text(80, 24));
    golden("many-160x50.txt", &watch.text(160, 50));
}

#[test]
fn books_that_do_not_balance_are_told_before_all_else() {
    let mut watch = healthy();
    watch.look(1, |sensor| sensor.balanced = false);
    assert_eq!(watch.condition(), Condition::Unbalanced);
    let text = watch.text(80, 24);
    assert!(
        text.lines()
            .next()
            .unwrap()
            .ends_with("BOOKS DO NOT BALANCE"),
        "{text}"
    );
}

#[test]
fn a_restart_is_said_and_makes_no_rate_below_zero() {
    let mut watch = healthy();
    watch.look(1, |sensor| {
        sensor.start += sensor.seconds - 1;
        sensor.seconds = 1;
        sensor.packets = 7;
    });
    assert!(matches!(watch.condition(), Condition::Restarted(_)));
    assert!(watch.text(80, 24).contains("restarted 1 s ago"));
    watch.look(2, |sensor| sensor.packets += 1_000);
    let text = watch.text(80, 24);
    assert!(
        !text.contains(" -") && text.contains("restarted 3 s ago"),
        "{text}"
    );
    let (view, _) = watch.app.view(watch.moment());
    let rate = view
        .history()
        .rate(|figures| figures.frames.packets)
        .unwrap();
    assert!(rate > 0.0 && rate < 500_000.0, "{rate}");
}

#[test]
fn silence_and_interfaces_that_are_down_are_told() {
    let mut watch = healthy();
    let last = watch.sensor.packets;
    for _ in 0..15 {
        watch.now += Duration::from_secs(1);
        let mut text = watch.sensor.text();
        watch.sensor.seconds += 1;
        text.push_str(&format!(
            "sekisho_last_packet_timestamp_seconds {}\n",
            WALL + 320
        ));
        let figures = Figures::read(&text).map(Box::new);
        watch.app.take(watch.now, figures);
    }
    assert_eq!(watch.sensor.packets, last);
    assert!(
        matches!(watch.condition(), Condition::Silent(_)),
        "{:?}",
        watch.condition()
    );
    watch.look(1, |sensor| sensor.interfaces[0].1 = false);
    assert_eq!(watch.condition(), Condition::Down);
}

/// Lanes publish once a second and are asked once a second: of a second that was published late nothing is
/// seen in a rate.
#[test]
fn a_rate_does_not_depend_on_when_figures_were_published() {
    let mut watch = healthy();
    let rate = |watch: &Watch| {
        let (view, _) = watch.app.view(watch.moment());
        view.history()
            .rate(|figures| figures.frames.packets)
            .unwrap()
    };
    let steady = |sensor: &mut Sensor, seconds: u64| {
        sensor.seconds += seconds;
        sensor.packets += 1_000 * seconds;
    };
    for seconds in [1, 1, 1, 1, 0, 2, 1, 1, 2, 0, 1] {
        steady(&mut watch.sensor, seconds);
        watch.now += Duration::from_secs(1);
        let figures = watch.sensor.figures();
        watch.app.take(watch.now, figures);
    }
    assert!((rate(&watch) - 1_000.0).abs() < 1.0, "{}", rate(&watch));
}

#[test]
fn keys_do_what_the_help_says() {
    let mut watch = healthy();
    let before = watch.text(80, 24);
    assert_eq!(watch.press('p'), Pressed::Changed);
    watch.look(5, |sensor| sensor.kernel_dropped += 10);
    let paused = watch.text(80, 24);
    assert!(
        paused.contains("PAUSED for 5 s") && paused.contains("nothing was lost"),
        "{paused}"
    );
    assert_eq!(before.lines().nth(4), paused.lines().nth(4));
    watch.press('p');
    let text = watch.text(80, 24);
    assert!(
        text.contains("kernel dropped") && text.contains("losses since the start"),
        "{text}"
    );
    watch.press('r');
    watch.look(3, |_| ());
    let text = watch.text(80, 24);
    assert!(
        text.contains("losses since 4 s ago") && text.contains("nothing was lost"),
        "{text}"
    );
    watch.press('s');
    assert!(watch.text(80, 24).contains("kernel dropped"));
    watch.press('?');
    golden("help-80x24.txt", &watch.text(80, 24));
    let esc = KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE);
    assert_eq!(watch.app.press(esc, watch.moment()), Pressed::Changed);
    assert_eq!(watch.app.press(esc, watch.moment()), Pressed::Quit);
    let control_c = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(watch.app.press(control_c, watch.moment()), Pressed::Quit);
    assert_eq!(watch.press('q'), Pressed::Quit);
    assert_eq!(watch.press('x'), Pressed::Nothing);
}

/// FAULTS row 50: names come from outside, and whoever answers may be nobody's friend.
#[test]
fn row_50_nothing_in_a_label_drives_the_terminal() {
    let odd = "a\u{1b}[2J\u{9b}1m\u{7}\r\u{202e}\\nb\\\"\\\\";
    let text = format!(
        "sekisho_build_info{{version=\"{odd}\"}} 1\n\
         sekisho_config_info{{sensor=\"{odd}\"}} 1\n\
         sekisho_geo_info{{digest=\"{odd}\",home=\"{odd}\"}} 1\n\
         sekisho_interface_up{{interface=\"{odd}\"}} 0\n\
         sekisho_lane_packets_total{{lane=\"{odd}\"}} 1\n\
         sekisho_sandbox_layer{{layer=\"{odd}\"}} 0\n"
    );
    let mut watch = Watch::new(Sensor::new(&[], &[]), COLOUR);
    watch
        .app
        .take(watch.now, Figures::read(&text).map(Box::new));
    for (width, height) in [(80, 24), (200, 60), (40, 10)] {
        let shown = watch.text(width, height);
        assert!(!shown.contains(|c: char| c.is_control() && c != '\n' || c == '\u{202e}'));
        assert!(shown.contains("\\u{1b}[2J"), "{shown}");
    }
    let (view, _) = watch.app.view(watch.moment());
    for line in frame::whole(&view, 80) {
        assert!(!line.to_string().contains(char::is_control));
    }
}

#[test]
fn what_is_no_sensor_is_named() {
    for (text, what) in [
        ("", "these are not the metrics of a sensor"),
        ("up 1\n", "these are not the metrics of a sensor"),
        (
            "<html>",
            "not the text format of Prometheus (line 1: no name of a metric)",
        ),
    ] {
        assert_eq!(Figures::read(text).unwrap_err().what, what);
    }
}

proptest! {
    /// Whatever a sensor says, at whatever size it is shown.
    #[test]
    fn no_figures_and_no_size_make_it_panic(
        values in proptest::collection::vec(
            prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(-1.0), Just(1e300), 0.0..1e12], 80),
        width in 0_u16..300, height in 0_u16..80, help: bool,
    ) {
        let mut watch = Watch::new(Sensor::new(&[(1_000, 0.5)], &["eth1"]), COLOUR);
        watch.look(2, |_| ());
        let mut values = values.into_iter().cycle();
        for _ in 0..3 {
            let text: String = watch.sensor.text().lines().map(|line| {
                let (series, _) = line.rsplit_once(' ').unwrap();
                format!("{series} {}\n", values.next().unwrap())
            }).collect();
            watch.now += Duration::from_secs(1);
            watch.app.take(watch.now, Figures::read(&text).map(Box::new));
        }
        if help {
            watch.press('?');
        }
        let _ = watch.text(width.max(1), height.max(1));
        let (view, _) = watch.app.view(watch.moment());
        let _ = frame::whole(&view, 80);
    }
}
