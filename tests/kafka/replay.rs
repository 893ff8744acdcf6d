//! The real program, with a capture and a cluster.

use crate::cluster::Cluster;
use crate::common::{Run, Sandbox};
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use serde_json::Value;
use std::path::Path;

const SENSOR: &str = "tokyo-1";

/// A folder with the settings of a sensor.
struct Replay {
    sandbox: Sandbox,
    config: String,
    example: String,
}

impl Replay {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        let text = format!("sensor = \"{SENSOR}\"\n");
        let config = sandbox.put("sekisho.toml", text.as_bytes());
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/example.pcap");
        Self {
            config: config.to_str().unwrap().to_owned(),
            example: example.to_str().unwrap().to_owned(),
            sandbox,
        }
    }

    fn run(&self, output: &str, more: &[&str]) -> Run {
        let mut arguments = vec!["replay", "-c", &self.config, &self.example, "-o", output];
        arguments.extend(["--summary", "summary.json"]);
        arguments.extend(more);
        self.sandbox.run(&arguments, None)
    }

    /// What a file would hold, and the summary of that run.
    fn of_a_file(&self) -> (String, Vec<u8>) {
        self.run("flows.jsonl", &[]).expect_code(0);
        let lines = String::from_utf8(self.sandbox.read("flows.jsonl")).unwrap();
        assert!(lines.lines().count() > 100);
        (lines, self.sandbox.read("summary.json"))
    }
}

#[test]
fn what_a_consumer_reads_is_what_a_file_would_hold_and_the_ledger_knows_it() {
    let cluster = Cluster::with_topic("flows");
    let replay = Replay::new();
    let (file, summary) = replay.of_a_file();
    let run = replay.run(&cluster.target("flows"), &["--ledger", "ledger"]);
    let said = String::from_utf8(run.expect_code(0).stderr).unwrap();
    assert!(said.contains("sent to kafka://"), "{said}");
    // Nothing that the client says, at any level, has an address of a record in it.
    let record: Value = serde_json::from_str(file.lines().next().unwrap()).unwrap();
    assert!(!said.contains(record["src_ip"].as_str().unwrap()), "{said}");
    let lines = cluster.read("flows").lines(SENSOR);
    assert_eq!(lines, file);
    assert_eq!(replay.sandbox.read("summary.json"), summary);
    let held = replay.sandbox.put("held.jsonl", lines.as_bytes());
    let held = held.to_str().unwrap();
    let verify = ["verify", "ledger", "--records", held];
    replay.sandbox.run(&verify, None).expect_code(0);
}

#[test]
fn row_37_what_is_sent_again_is_known_by_sensor_start_and_seq() {
    let cluster = Cluster::with_topic("flows");
    let replay = Replay::new();
    let (file, _) = replay.of_a_file();
    for _ in 0..2 {
        replay.run(&cluster.target("flows"), &[]).expect_code(0);
    }
    let lines = cluster.read("flows").lines(SENSOR);
    assert_eq!(lines, format!("{file}{file}"));
    let key = |line: &str| {
        let record: Value = serde_json::from_str(line).unwrap();
        (
            record["sensor"].as_str().unwrap().to_owned(),
            record["start"].as_str().unwrap().to_owned(),
            record["seq"].as_u64().unwrap(),
        )
    };
    let keys: std::collections::BTreeSet<_> = lines.lines().map(key).collect();
    assert_eq!(keys.len(), file.lines().count());
}

#[test]
fn row_36_a_replay_outlasts_a_cluster_in_trouble() {
    use RDKafkaRespErr::{
        RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
        RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
    };
    let cluster = Cluster::with_topic("flows");
    let replay = Replay::new();
    let (file, summary) = replay.of_a_file();
    let slow = std::time::Duration::from_millis(200);
    cluster.mock.broker_round_trip_time(-1, slow).unwrap();
    cluster.mock.broker_down(1).unwrap();
    cluster.mock.request_errors(
        RDKafkaApiKey::Produce,
        &[
            RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
            RD_KAFKA_RESP_ERR__TRANSPORT,
            RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
        ],
    );
    let target = cluster.target("flows");
    std::thread::scope(|scope| {
        let run = scope.spawn(|| replay.run(&target, &[]));
        std::thread::sleep(10 * slow);
        cluster.mock.broker_up(1).unwrap();
        run.join().unwrap().expect_code(0);
    });
    assert_eq!(cluster.read("flows").lines(SENSOR), file);
    assert_eq!(replay.sandbox.read("summary.json"), summary);
}

#[test]
fn what_brokers_refuse_is_counted_as_lost() {
    let cluster = Cluster::with_topic("flows");
    let replay = Replay::new();
    let (file, _) = replay.of_a_file();
    cluster.mock.request_errors(
        RDKafkaApiKey::Produce,
        &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE],
    );
    let run = replay.run(&cluster.target("flows"), &["--ledger", "ledger"]);
    let said = String::from_utf8(run.expect_code(3).stderr).unwrap();
    assert!(said.contains("MessageSizeTooLarge"), "{said}");
    let summary = replay.sandbox.read("summary.json");
    let summary: Value = serde_json::from_slice(&summary).unwrap();
    let arrived = cluster.read("flows").lines(SENSOR).lines().count();
    let lost = summary["lost"]["records"].as_u64().unwrap() as usize;
    assert_eq!(summary["balanced"], true);
    assert_eq!(summary["flows"]["exported"], arrived);
    assert_eq!((lost > 0, arrived + lost), (true, file.lines().count()));
    replay
        .sandbox
        .run(&["verify", "ledger"], None)
        .expect_code(0);
}

#[test]
fn a_cluster_that_lets_nobody_in_fails_a_replay() {
    let cluster = Cluster::with_topic("flows");
    cluster.mock.request_errors(
        RDKafkaApiKey::InitProducerId,
        &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED],
    );
    let replay = Replay::new();
    let target = cluster.target("flows");
    let run = replay.run(&target, &[]).expect_code(74);
    let said = String::from_utf8(run.stderr).unwrap();
    assert!(
        said.contains("cannot send records") && said.contains(&target),
        "{said}"
    );
    assert!(cluster.read("flows").partitions.is_empty());
}
