//! Faults of a cluster, with the queue and the spool in hand.

#[path = "../../../tests/kafka/cluster.rs"]
mod cluster;

use super::*;
use crate::export::{SpoolPlace, Target};
use cluster::{Cluster, Held};
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use sha2::{Digest as _, Sha256};
use std::path::Path;

const TOPIC: &str = "flows";

/// What a test needs of an output: the queue of its client is small, and a replay loses patience at once.
struct Bench {
    cluster: Cluster,
    spool: Option<SpoolPlace>,
    is_live: bool,
}

impl Bench {
    fn new(is_live: bool) -> Self {
        Self {
            cluster: Cluster::with_topic(TOPIC),
            spool: None,
            is_live,
        }
    }

    /// 1 MiB of spool.
    fn spooling(folder: &Path) -> Self {
        Self {
            spool: Some(SpoolPlace {
                folder: folder.to_owned(),
                bytes: 1 << 20,
            }),
            ..Self::new(true)
        }
    }

    fn open(&self) -> Box<Kafka> {
        self.open_at(&self.cluster.target(TOPIC))
    }

    fn open_at(&self, target: &str) -> Box<Kafka> {
        let target = Target::parse(target).unwrap();
        let opening = Opening {
            digest: true,
            sensor: "tokyo-1".to_owned(),
            is_live: self.is_live,
            spool: self.spool.clone(),
            ..Opening::new(&target, Format::Jsonl)
        };
        let Target::Kafka(topic) = &target else {
            panic!("{target}")
        };
        let mut config = settings(topic);
        config
            .set("queue.buffering.max.kbytes", "128")
            .set("linger.ms", "5")
            .set("retry.backoff.ms", "20")
            .set("reconnect.backoff.ms", "20")
            .set("reconnect.backoff.max.ms", "50");
        let kafka = Kafka::with(config, topic, &opening).unwrap();
        Box::new(Kafka {
            patience: Duration::from_secs(1),
            ..kafka
        })
    }

    fn read(&self) -> Held {
        self.cluster.read(TOPIC)
    }
}

/// A record of some length, and what it holds.
fn record(seq: u64) -> (String, Written) {
    let line = format!("{{\"seq\":{seq},\"padding\":\"{seq:0400}\"}}\n");
    let holds = Written {
        records: 1,
        packets: seq + 1,
        bytes: 40 * seq,
        wire_bytes: 60 * seq,
        answered: seq % 2,
        one_way: 0,
        closed: false,
    };
    (line, holds)
}

/// Hands over these records, ten at a time.
fn give(kafka: &mut Kafka, seqs: std::ops::Range<u64>) -> Result<(), Error> {
    let mut result = Ok(());
    let (mut rendered, mut counts) = (Rendered::default(), Written::default());
    let end = seqs.end;
    for seq in seqs {
        let (line, holds) = record(seq);
        rendered.bytes.extend_from_slice(line.as_bytes());
        rendered.each.push(holds);
        counts += holds;
        if counts.records == 10 || seq + 1 == end {
            let taken = kafka.take(&rendered, &counts, Timestamp::ZERO);
            if taken.is_err() && !kafka.is_live {
                return taken;
            }
            result = result.and(taken);
            rendered.clear();
            counts = Written::default();
        }
    }
    result
}

fn sum(seqs: impl Iterator<Item = u64>) -> Written {
    seqs.fold(Written::default(), |mut sum, seq| {
        sum += record(seq).1;
        sum
    })
}

/// The records that arrived, which must be each once, in order, and as they were given.
fn seqs(held: &Held) -> Vec<u64> {
    let lines = held.lines("tokyo-1");
    let found: Vec<u64> = lines
        .lines()
        .map(|line| {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            let seq = value["seq"].as_u64().unwrap();
            assert_eq!(format!("{line}\n"), record(seq).0);
            seq
        })
        .collect();
    assert!(found.is_sorted_by(|a, b| a < b), "twice or out of order");
    found
}

/// Ticks until a condition holds.
fn until(kafka: &mut Kafka, holds: impl Fn(&Kafka) -> bool) {
    for _ in 0..3_000 {
        let _told = kafka.tick(Timestamp::ZERO);
        if holds(kafka) {
            return;
        }
        kafka.producer.poll(STEP);
    }
    panic!("never: {:?}", kafka.figures());
}

/// Books and topic agree: what is counted as written is there, once; gives what is.
fn agree(bench: &Bench, figures: &Figures, handed: u64) -> Vec<u64> {
    let arrived = seqs(&bench.read());
    assert_eq!(figures.written, sum(arrived.iter().copied()));
    let gone = (0..handed).filter(|seq| !arrived.contains(seq));
    assert_eq!(figures.lost, sum(gone));
    arrived
}

#[test]
fn errors_that_pass_cost_nothing_and_the_digest_is_that_of_the_topic() {
    use RDKafkaRespErr::{
        RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
        RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
    };
    for is_live in [false, true] {
        let bench = Bench::new(is_live);
        let mut kafka = bench.open();
        for _ in 0..3 {
            bench.cluster.mock.request_errors(
                RDKafkaApiKey::Produce,
                &[
                    RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                    RD_KAFKA_RESP_ERR__TRANSPORT,
                    RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
                    RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
                ],
            );
        }
        for from in (0..1_000).step_by(100) {
            give(&mut kafka, from..from + 100).unwrap();
            until(&mut kafka, |kafka| kafka.figures().written.records > from);
        }
        let (figures, digested, error) = kafka.finish();
        assert!(error.is_none(), "{error:?}");
        assert_eq!(agree(&bench, &figures, 1_000).len(), 1_000);
        let lines = bench.read().lines("tokyo-1");
        assert_eq!(figures.bytes, lines.len() as u64 - 1_000);
        let [digested] = digested.as_slice() else {
            panic!("{digested:?}")
        };
        let expected = crate::spelling::hex(&Sha256::digest(&lines));
        assert_eq!(digested.sha256, expected);
        assert_eq!(
            (digested.records, digested.length, digested.format.as_str()),
            (1_000, lines.len() as u64, "jsonl")
        );
    }
}

#[test]
fn row_36_while_brokers_are_away_a_capture_spools_then_loses_the_newest_and_counts_them() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::spooling(folder.path());
    let mut kafka = bench.open();
    give(&mut kafka, 0..50).unwrap();
    until(&mut kafka, |kafka| kafka.figures().written.records == 50);
    bench.cluster.mock.broker_down(-1).unwrap();
    // 128 KiB in memory and 1 MiB on the disk are less than 4000 records.
    let told = give(&mut kafka, 50..4_000).unwrap_err();
    assert!(told.to_string().contains("spool is full"), "{told}");
    let lost = kafka.figures().lost.records;
    assert!((1_000..2_000).contains(&lost), "{lost}");
    assert!(kafka.spool.as_ref().unwrap().bytes() <= 1 << 20);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    bench.cluster.mock.broker_up(-1).unwrap();
    let waiting = 4_000 - lost;
    until(&mut kafka, |kafka| {
        kafka.figures().written.records == waiting
    });
    // What comes later goes behind what waited.
    give(&mut kafka, 4_000..4_100).unwrap();
    let (figures, _, error) = kafka.finish();
    assert!(error.is_none(), "{error:?}");
    let arrived = agree(&bench, &figures, 4_100);
    let oldest: Vec<u64> = (0..waiting).chain(4_000..4_100).collect();
    assert_eq!(arrived, oldest);
}

#[test]
fn row_36_slow_brokers_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::spooling(folder.path());
    let mut kafka = bench.open();
    let slow = Duration::from_millis(300);
    bench.cluster.mock.broker_round_trip_time(-1, slow).unwrap();
    for from in (0..1_500).step_by(50) {
        give(&mut kafka, from..from + 50).unwrap();
        kafka.tick(Timestamp::ZERO).unwrap();
    }
    until(&mut kafka, |kafka| kafka.figures().written.records == 1_500);
    let (figures, _, error) = kafka.finish();
    assert!(error.is_none(), "{error:?}");
    assert_eq!(agree(&bench, &figures, 1_500).len(), 1_500);
}

#[test]
fn a_replay_waits_for_brokers_that_come_back() {
    let bench = Bench::new(false);
    let mut kafka = bench.open();
    kafka.patience = Duration::from_secs(60);
    bench.cluster.mock.broker_down(-1).unwrap();
    let replay = std::thread::spawn(move || {
        // Many times what the queue holds.
        give(&mut kafka, 0..3_000).unwrap();
        kafka
    });
    std::thread::sleep(Duration::from_millis(700));
    assert!(!replay.is_finished());
    bench.cluster.mock.broker_up(-1).unwrap();
    let kafka = replay.join().unwrap();
    let (figures, _, error) = kafka.finish();
    assert!(error.is_none(), "{error:?}");
    assert_eq!(agree(&bench, &figures, 3_000).len(), 3_000);
}

#[test]
fn where_there_is_no_broker_a_replay_fails_and_a_capture_counts_everything_as_lost() {
    let nowhere = "kafka://127.0.0.1:1/flows";
    let bench = Bench::new(false);
    let mut kafka = bench.open_at(nowhere);
    let error = give(&mut kafka, 0..1_000).unwrap_err().to_string();
    assert!(
        error.contains("none arrived in 1 s") && error.contains(nowhere),
        "{error}"
    );
    let mut kafka = bench.open_at(nowhere);
    give(&mut kafka, 0..10).unwrap();
    let (figures, _, error) = kafka.finish();
    assert!(error.is_some());
    assert_eq!((figures.written.records, figures.lost), (0, sum(0..10)));

    let bench = Bench::new(true);
    let mut kafka = bench.open_at(nowhere);
    let told = give(&mut kafka, 0..1_000).unwrap_err().to_string();
    assert!(told.contains("the queue is full"), "{told}");
    assert!(kafka.figures().failing && kafka.figures().lost.records > 500);
    let (figures, _, error) = kafka.finish();
    assert!(error.unwrap().to_string().contains("did not arrive"));
    assert_eq!((figures.written.records, figures.lost), (0, sum(0..1_000)));
}

#[test]
fn what_brokers_refuse_is_lost_and_counted_and_the_rest_arrives() {
    for is_live in [false, true] {
        let bench = Bench::new(is_live);
        let mut kafka = bench.open();
        bench.cluster.mock.request_errors(
            RDKafkaApiKey::Produce,
            &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE],
        );
        give(&mut kafka, 0..10).unwrap();
        for _ in 0..500 {
            kafka.producer.poll(STEP);
            if kafka.figures().lost.records > 0 {
                break;
            }
        }
        if is_live {
            let told = kafka.tick(Timestamp::ZERO).unwrap_err().to_string();
            assert!(told.contains("MessageSizeTooLarge"), "{told}");
            kafka.tick(Timestamp::ZERO).unwrap();
        }
        give(&mut kafka, 10..100).unwrap();
        let (figures, _, error) = kafka.finish();
        assert!(error.is_none(), "{error:?}");
        let arrived = agree(&bench, &figures, 100);
        assert!(arrived.len() >= 90 && figures.lost.records > 0);
    }
}

#[test]
fn a_client_that_has_given_up_is_replaced_in_a_capture_and_fails_a_replay() {
    for is_live in [false, true] {
        let bench = Bench::new(is_live);
        bench.cluster.mock.request_errors(
            RDKafkaApiKey::InitProducerId,
            &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED],
        );
        let mut kafka = bench.open();
        let first = give(&mut kafka, 0..10);
        for _ in 0..500 {
            if kafka.producer.client().fatal_error().is_some() {
                break;
            }
            kafka.producer.poll(STEP);
        }
        if !is_live {
            let error = first.and_then(|()| give(&mut kafka, 10..20)).unwrap_err();
            assert!(matches!(error, Error::Collector { .. }), "{error}");
            continue;
        }
        let _told = kafka.tick(Timestamp::ZERO);
        let _told = give(&mut kafka, 10..100);
        until(&mut kafka, |kafka| kafka.figures().written.records >= 90);
        let (figures, _, _) = kafka.finish();
        assert!(agree(&bench, &figures, 100).len() >= 90);
    }
}
