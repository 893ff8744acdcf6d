//! A cluster for a test, and what lies in its topics.

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::Message as _;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::{Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long a consumer waits for a cluster.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Cluster {
    pub(crate) mock: MockCluster<'static, DefaultProducerContext>,
}

/// What lies in a topic.
#[derive(Default)]
pub(crate) struct Held {
    /// By partition, in the order of offsets: key and value.
    pub(crate) partitions: BTreeMap<i32, Vec<(String, String)>>,
}

impl Cluster {
    /// Three brokers, and a topic of six partitions on all of them.
    pub(crate) fn with_topic(topic: &str) -> Self {
        let mock = MockCluster::new(3).unwrap();
        mock.create_topic(topic, 6, 3).unwrap();
        Self { mock }
    }

    /// As it is given to `-o`.
    pub(crate) fn target(&self, topic: &str) -> String {
        format!("kafka://{}/{topic}", self.mock.bootstrap_servers())
    }

    /// All that lies in a topic.
    pub(crate) fn read(&self, topic: &str) -> Held {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", self.mock.bootstrap_servers())
            .set("group.id", "readers")
            .set("enable.auto.commit", "false")
            .create()
            .unwrap();
        let metadata = consumer.fetch_metadata(Some(topic), PATIENCE).unwrap();
        let mut missing = 0;
        let mut wanted = TopicPartitionList::new();
        for partition in metadata.topics()[0].partitions() {
            let id = partition.id();
            let (low, high) = consumer.fetch_watermarks(topic, id, PATIENCE).unwrap();
            missing += high - low;
            wanted
                .add_partition_offset(topic, id, Offset::Beginning)
                .unwrap();
        }
        consumer.assign(&wanted).unwrap();
        let mut held = Held::default();
        while missing > 0 {
            let message = consumer.poll(PATIENCE).unwrap().unwrap();
            let text = |bytes: Option<&[u8]>| String::from_utf8(bytes.unwrap().to_vec()).unwrap();
            let record = (text(message.key()), text(message.payload()));
            let partition = held.partitions.entry(message.partition()).or_default();
            partition.push(record);
            missing -= 1;
        }
        held
    }
}

impl Held {
    /// The lines of the one partition in which they are, as they would be in a file.
    pub(crate) fn lines(&self, key: &str) -> String {
        assert!(self.partitions.len() <= 1, "more than one partition");
        let records = self.partitions.values().flatten();
        let lines = records.map(|(of, line)| {
            assert_eq!(of, key);
            format!("{line}\n")
        });
        lines.collect()
    }
}
