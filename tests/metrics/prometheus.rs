//! A real Prometheus scrapes sensors that are well and sensors that are not, and every expression of the alert
//! rules and of the dashboard is asked of it.

use crate::client::{LONG, connect};
use crate::sensor::{CountingLane, geo_figures, publish_rest, replay, wall};
use sekisho::fate::{Class, Fate, NetworkGroup, ProtocolGroup, Reason};
use sekisho::metrics::{
    Board, Endpoint, Identity, InterfaceFigures, Listen, Lost, OutputFigures, Reload,
    ReloadFigures, SandboxLayer, Serving,
};
use sekisho::source::Frame;
use sekisho::time::{NANOS_PER_SEC, Timestamp};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// Between two scrapes.
const SCRAPE: Duration = Duration::from_millis(200);

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn text(name: &str) -> String {
    fs::read_to_string(file(name)).unwrap()
}

/// Runs promtool, unless it is not there; what it says is shown where it is not content.
fn promtool(arguments: &[&str]) {
    let output = Command::new("promtool").args(arguments).output();
    let Ok(output) = output else {
        println!("NOT TESTED: promtool is not installed (Debian: prometheus)");
        return;
    };
    let said = [output.stdout, output.stderr].concat();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&said)
    );
}

#[test]
fn every_alert_fires_when_it_should_and_only_then() {
    let tests = file("config/prometheus/alerts.test.yml");
    promtool(&["test", "rules", tests.to_str().unwrap()]);
    let scrape = file("config/prometheus/scrape.yml");
    promtool(&["check", "config", "--syntax-only", scrape.to_str().unwrap()]);
}

#[test]
fn every_alert_is_tested_both_ways_and_has_its_paragraph() {
    let (rules, tests) = (
        text("config/prometheus/alerts.yml"),
        text("config/prometheus/alerts.test.yml"),
    );
    let page = text("docs/monitoring.md");
    let alerts: Vec<&str> = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "))
        .collect();
    assert!(alerts.len() > 20);
    for alert in &alerts {
        let cases: Vec<&str> = tests.split("- alertname: ").skip(1).collect();
        let of_this = |case: &&&str| case.lines().next() == Some(*alert);
        let (quiet, firing): (Vec<&&str>, Vec<&&str>) = cases
            .iter()
            .filter(of_this)
            .partition(|case| case.contains("exp_alerts: []"));
        assert!(!quiet.is_empty() && !firing.is_empty(), "{alert}");
        assert!(
            page.contains(&format!("\n### {alert}\n")),
            "{alert} is not explained"
        );
        let anchor = format!("docs/monitoring.md#{}", alert.to_lowercase());
        assert!(rules.contains(&anchor), "{anchor}");
    }
    for heading in page.lines().filter_map(|line| line.strip_prefix("### ")) {
        assert!(alerts.contains(&heading), "{heading} is no alert");
    }
    let reference = text("docs/metrics.md");
    for named in reference.split("(Sekisho").skip(1) {
        let alert = format!("Sekisho{}", named.split(')').next().unwrap());
        assert!(
            alerts.contains(&alert.as_str()),
            "{alert} is named but is no alert"
        );
    }
}

/// The panels of the dashboard that show something.
fn panels(dashboard: &Value) -> impl Iterator<Item = &Value> {
    let panels = dashboard["panels"].as_array().unwrap();
    panels.iter().filter(|panel| panel["type"] != "row")
}

#[test]
fn the_dashboard_is_in_order() {
    let dashboard: Value = serde_json::from_str(&text("config/grafana/sekisho.json")).unwrap();
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    let sources = variables
        .iter()
        .filter(|variable| variable["type"] == "datasource");
    assert_eq!(sources.count(), 1);
    assert!(dashboard["schemaVersion"].as_u64().unwrap() >= 41);
    assert_eq!(dashboard["id"], Value::Null);
    let mut ids = BTreeSet::new();
    let mut taken = BTreeSet::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        let title = &panel["title"];
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{title}: id");
        let place = |side: &str| panel["gridPos"][side].as_u64().unwrap();
        let (x, y) = (place("x"), place("y"));
        assert!(x + place("w") <= 24, "{title}");
        for cell in (x..x + place("w")).flat_map(|x| (y..y + place("h")).map(move |y| (x, y))) {
            assert!(taken.insert(cell), "{title} lies over another");
        }
    }
    for panel in panels(&dashboard) {
        let title = &panel["title"];
        assert!(
            panel["description"]
                .as_str()
                .is_some_and(|text| text.len() > 10),
            "{title}"
        );
        let unit = &panel["fieldConfig"]["defaults"]["unit"];
        assert!(
            unit.as_str().is_some_and(|unit| !unit.is_empty()),
            "{title}: unit"
        );
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "{title}");
        let targets = panel["targets"].as_array().unwrap();
        let names: BTreeSet<_> = targets
            .iter()
            .map(|target| target["refId"].as_str())
            .collect();
        assert!(
            names.len() == targets.len() && !targets.is_empty(),
            "{title}"
        );
    }
    let rows: Vec<&str> = dashboard["panels"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|panel| panel["type"] == "row")
        .filter_map(|row| row["title"].as_str())
        .collect();
    println!("{} panels in rows {rows:?}", panels(&dashboard).count());
}

/// A Prometheus on loopback with a folder of its own; gone after the test.
struct Prometheus {
    child: Child,
    place: String,
    _folder: tempfile::TempDir,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // It has ended by itself, or does now.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that nobody listens on.
fn free_place() -> String {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    socket.local_addr().unwrap().to_string()
}

impl Prometheus {
    /// Starts one that scrapes these, or says why not.
    fn start(targets: &[&str]) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let quoted: Vec<String> = targets
            .iter()
            .map(|target| format!("\"{target}\""))
            .collect();
        let config = format!(
            "global:\n  scrape_interval: {millis}ms\n  scrape_timeout: {millis}ms\n  evaluation_interval: 1s\n\
             rule_files:\n  - {rules}\nscrape_configs:\n  - job_name: sekisho\n    static_configs:\n      - targets: [{targets}]\n",
            millis = SCRAPE.as_millis(),
            rules = file("config/prometheus/alerts.yml").display(),
            targets = quoted.join(", ")
        );
        let path = folder.path().join("prometheus.yml");
        fs::write(&path, config).unwrap();
        let place = free_place();
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", path.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.path().join("data").display()
            ))
            .arg(format!("--web.listen-address={place}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        let Ok(child) = child else {
            println!("NOT TESTED: prometheus is not installed (Debian: prometheus)");
            return None;
        };
        let prometheus = Self {
            child,
            place,
            _folder: folder,
        };
        let begin = Instant::now();
        while prometheus
            .get("/-/ready")
            .is_none_or(|answer| !answer.contains("Ready"))
        {
            assert!(begin.elapsed() < LONG, "prometheus does not start");
            thread::sleep(Duration::from_millis(100));
        }
        Some(prometheus)
    }

    fn get(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(&self.place).ok()?;
        write!(stream, "GET {path} HTTP/1.0\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        answer
            .split_once("\r\n\r\n")
            .map(|(_, body)| body.to_owned())
    }

    #[track_caller]
    fn api(&self, path: &str) -> Value {
        let answer = self.get(&format!("/api/v1/{path}")).unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer["status"], "success", "{path}: {answer}");
        answer["data"].clone()
    }

    /// What an expression gives now: labels and value of each.
    #[track_caller]
    fn query(&self, expression: &str) -> Vec<(Value, f64)> {
        let escaped: String = expression
            .bytes()
            .map(|byte| format!("%{byte:02x}"))
            .collect();
        let data = self.api(&format!("query?query={escaped}"));
        let results = data["result"]
            .as_array()
            .unwrap_or_else(|| panic!("{expression}: {data}"));
        let each = results.iter().map(|result| {
            let value = result["value"][1].as_str().unwrap().parse().unwrap();
            (result["metric"].clone(), value)
        });
        each.collect()
    }

    /// Waits until an expression gives something.
    #[track_caller]
    fn await_that(&self, expression: &str) {
        let begin = Instant::now();
        while self.query(expression).is_empty() {
            assert!(begin.elapsed() < LONG, "{expression} does not come true");
            thread::sleep(SCRAPE / 2);
        }
    }
}

/// A sensor that is well: all of a replay, nothing lost.
struct Well {
    board: Arc<Board>,
    lane: CountingLane,
    begin: Instant,
}

impl Well {
    fn new() -> Self {
        let board = Arc::new(Board::new(wall(), ["eth0"], 1));
        publish_rest(&board);
        board.publish_identity(Identity {
            sensor: "\"tokyo\"\\1\n".into(),
            config: "c0ffee".into(),
        });
        Self {
            board,
            lane: CountingLane::new(),
            begin: Instant::now(),
        }
    }

    fn step(&mut self) {
        replay("example.pcap", |frame| self.lane.feed(frame));
        let mut figures = self.lane.figures();
        figures.last_packet = wall();
        figures.busy = self.begin.elapsed() / 10;
        // The same capture again and again: what its times do to flows is no matter here.
        (figures.evicted, figures.flows_open) = (0, 400);
        self.board.publish_lane(0, figures);
    }
}

/// A sensor with every trouble at once.
struct Troubled {
    board: Arc<Board>,
    lane: CountingLane,
    begin: Instant,
    steps: u64,
}

impl Troubled {
    fn new() -> Self {
        let board = Arc::new(Board::new(wall(), ["eth0"], 1));
        publish_rest(&board);
        Self {
            board,
            lane: CountingLane::new(),
            begin: Instant::now(),
            steps: 0,
        }
    }

    fn step(&mut self) {
        self.steps += 1;
        let steps = self.steps;
        let mut scratch = CountingLane::new();
        replay("example.pcap", |frame| {
            // The mirror has one direction only, and cuts some frames.
            if scratch.pass(frame) == Fate::Admitted(Class::DomesticForeign) {
                return;
            }
            self.lane.feed(frame);
            let bytes = &frame.bytes[..frame.bytes.len().min(20)];
            self.lane.feed(&Frame { bytes, ..*frame });
        });
        let figures = &mut self.lane.figures;
        figures.interfaces[0].kernel_dropped = 1_000 * steps;
        figures.interfaces[0].interface_dropped = 100 * steps;
        figures.recalled = 3 * steps;
        figures.recalled_packets = 9 * steps;
        figures.shed = Lost {
            records: 7 * steps,
            packets: 70 * steps,
        };
        let mut figures = self.lane.figures();
        figures.flows_open = 990;
        figures.evicted = 5 * steps;
        // Over five minutes, of which there are only seconds here.
        figures.busy = self.begin.elapsed() * 300;
        let ahead = Timestamp::from_nanos(wall().nanos() + 120 * NANOS_PER_SEC);
        figures.last_packet = ahead;
        for _ in 0..steps {
            let fate = Fate::Excluded(Reason::NoAuthorisation);
            figures
                .tally
                .count(fate, NetworkGroup::V4, ProtocolGroup::Tcp, 60);
        }
        self.board.publish_lane(0, figures);
        self.board.publish_interface(
            0,
            InterfaceFigures {
                up: false,
                gaps: steps,
                gap_time: Duration::from_secs(steps),
            },
        );
        self.board.publish_output(OutputFigures {
            records: 10 * steps,
            packets: 100 * steps,
            bytes: 1_000 * steps,
            files: 1,
            errors: steps,
            failing: true,
            lost: Lost {
                records: steps,
                packets: 2 * steps,
            },
            queue: 60,
            queue_capacity: 64,
        });
        let mut geo = geo_figures(Timestamp::from_nanos(
            wall().nanos() - 40 * 86_400 * NANOS_PER_SEC,
        ));
        (geo.stale, geo.epoch) = (true, 2);
        self.board.publish_geo(geo);
        self.board.publish_reloads(ReloadFigures {
            done: 1,
            refused: steps,
            last: Some(Reload {
                at: wall(),
                done: false,
            }),
        });
        self.board.publish_sandbox(vec![SandboxLayer {
            id: "landlock",
            holds: false,
        }]);
    }
}

fn serve_at(place: &str, board: &Arc<Board>) -> Serving {
    let place: Listen = place.parse().unwrap();
    let begin = Instant::now();
    loop {
        match Endpoint::bind(&place) {
            Ok(endpoint) => return endpoint.serve(Arc::clone(board)).unwrap(),
            Err(error) => assert!(begin.elapsed() < LONG, "{error}"),
        }
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_real_prometheus_finds_something_for_every_expression_and_each_alert_its_trouble() {
    let [well_at, troubled_at, silent_at, down_at] = [(); 4].map(|()| free_place());
    let targets = [&*well_at, &troubled_at, &silent_at, &down_at];
    let Some(prometheus) = Prometheus::start(&targets) else {
        return;
    };
    let mut well = Well::new();
    let _well = serve_at(&well_at, &well.board);
    let silent = Arc::new(Board::new(wall(), ["eth0"], 1));
    let _silent = serve_at(&silent_at, &silent);
    for start in 1..=4 {
        let board = Arc::new(Board::new(Timestamp::from_parts(start, 0), ["eth0"], 1));
        let _restarts = serve_at(&troubled_at, &board);
        prometheus.await_that(&format!(
            "sekisho_start_timestamp_seconds{{instance=\"{troubled_at}\"}} == {start}"
        ));
    }
    let mut troubled = Troubled::new();
    let serving = serve_at(&troubled_at, &troubled.board);
    prometheus.await_that(&format!(
        "sekisho_scrapes_refused_total{{instance=\"{troubled_at}\"}} == 0"
    ));
    for _ in 0..10 {
        well.step();
        troubled.step();
        thread::sleep(SCRAPE * 3 / 2);
    }
    let _idle: Vec<TcpStream> = (0..40).map(|_| connect(&serving)).collect();
    prometheus.await_that("sekisho_scrapes_refused_total > 0");
    let last = well.lane.figures().interfaces[0].frames.packets;
    prometheus.await_that(&format!(
        "sekisho_frames_total{{instance=\"{well_at}\"}} == {last}"
    ));

    let names = prometheus.query(&format!("sekisho_config_info{{instance=\"{well_at}\"}}"));
    assert_eq!(names[0].0["sensor"], "\"tokyo\"\\1\\u{a}");
    check_alerts(&prometheus, &well_at, &targets);
    check_dashboard(&prometheus);
}

/// Every alert's expression is true for some sensor, and none for the one that is well.
fn check_alerts(prometheus: &Prometheus, well_at: &str, targets: &[&str]) {
    let mut asked = 0;
    for group in prometheus.api("rules")["groups"].as_array().unwrap() {
        for rule in group["rules"].as_array().unwrap() {
            let (name, expression) = (&rule["name"], rule["query"].as_str().unwrap());
            assert_eq!(rule["health"], "ok", "{name}: {}", rule["lastError"]);
            let found = prometheus.query(expression);
            let at: BTreeSet<&str> = found
                .iter()
                .filter_map(|(labels, _)| labels["instance"].as_str())
                .collect();
            assert!(!at.is_empty(), "{name} finds no trouble: {expression}");
            assert!(
                !at.contains(well_at),
                "{name} finds trouble where there is none: {found:?}"
            );
            assert!(
                at.iter().all(|instance| targets.contains(instance)),
                "{name}: {at:?}"
            );
            asked += 1;
        }
    }
    println!("{asked} alerts were asked for");
    assert!(asked > 20);
}

/// Every expression of the dashboard gives something.
fn check_dashboard(prometheus: &Prometheus) {
    let dashboard: Value = serde_json::from_str(&text("config/grafana/sekisho.json")).unwrap();
    let mut asked = 0;
    for panel in panels(&dashboard) {
        for target in panel["targets"].as_array().unwrap() {
            // As Grafana puts them in.
            let expression = target["expr"]
                .as_str()
                .unwrap()
                .replace("$__rate_interval", "1m")
                .replace("$__range", "5m")
                .replace("$instance", ".+");
            assert!(!expression.contains('$'), "{expression}");
            let found = prometheus.query(&expression);
            assert!(!found.is_empty(), "{}: {expression}", panel["title"]);
            let numbers = found.iter().any(|(_, value)| value.is_finite());
            assert!(numbers, "{}: {expression}: {found:?}", panel["title"]);
            asked += 1;
        }
    }
    println!("{asked} expressions of the dashboard were asked");
}
