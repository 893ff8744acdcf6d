-- From a topic into the table of schema.sql. Set brokers, topic and group, and as many consumers as the topic has
-- partitions, shared among the servers that read it.
--
--   clickhouse-client --multiquery < kafka.sql
--
-- Offsets are committed after the rows are in: a server that dies in between reads a batch again, which the
-- table's key makes harmless. What cannot be read goes to flows_rejected, and holds nothing else up.

CREATE TABLE IF NOT EXISTS sekisho.flows_queue
(
    start DateTime64(9, 'UTC'),
    end DateTime64(9, 'UTC'),
    src_ip IPv6,
    src_port UInt16,
    dst_ip IPv6,
    dst_port UInt16,
    protocol UInt8,
    icmp_type Nullable(UInt8),
    icmp_code Nullable(UInt8),
    src_place Enum8('domestic' = 1, 'foreign' = 2, 'undetermined' = 3),
    dst_place Enum8('domestic' = 1, 'foreign' = 2, 'undetermined' = 3),
    src_country LowCardinality(Nullable(FixedString(2))),
    dst_country LowCardinality(Nullable(FixedString(2))),
    class Enum8('' = 0, 'foreign_foreign' = 1, 'foreign_domestic' = 2, 'domestic_foreign' = 3,
                'foreign_undetermined' = 4, 'undetermined_foreign' = 5),
    scope Enum8('foreign_only' = 1, 'domestic_touching' = 2, 'undetermined' = 3),
    initiator Enum8('syn' = 1, 'first_seen' = 2),
    src_packets UInt64,
    src_bytes UInt64,
    dst_packets UInt64,
    dst_bytes UInt64,
    src_wire_bytes UInt64,
    dst_wire_bytes UInt64,
    src_tcp_flags UInt8,
    dst_tcp_flags UInt8,
    vlans Array(UInt16),
    tunnels Array(String),
    end_reason Enum8('idle' = 1, 'active' = 2, 'tcp_end' = 3, 'end_of_input' = 4, 'epoch' = 5, 'evicted' = 6),
    geo LowCardinality(String),
    sensor LowCardinality(String),
    seq UInt64,
    flags Array(String),
    authorisation LowCardinality(String),
    community_id Nullable(String),
    collected_at Nullable(DateTime64(9, 'UTC')),
    expires_at Nullable(DateTime64(9, 'UTC'))
)
ENGINE = Kafka
SETTINGS
    kafka_broker_list = 'localhost:9092',
    kafka_topic_list = 'flows',
    kafka_group_name = 'clickhouse-flows',
    kafka_format = 'JSONEachRow',
    kafka_num_consumers = 1,
    kafka_handle_error_mode = 'stream',
    date_time_input_format = 'best_effort';

-- What is no record: a message of somebody else's, or one with a value that the table has no name for.
CREATE TABLE IF NOT EXISTS sekisho.flows_rejected
(
    arrived DateTime DEFAULT now(),
    topic LowCardinality(String),
    partition UInt64,
    offset UInt64,
    error String,
    message String
)
ENGINE = MergeTree
ORDER BY (arrived, topic, partition, offset)
TTL arrived + INTERVAL 7 DAY;

CREATE MATERIALIZED VIEW IF NOT EXISTS sekisho.flows_rejected_from_queue TO sekisho.flows_rejected AS
SELECT _topic AS topic, _partition AS partition, _offset AS offset, _error AS error, _raw_message AS message
FROM sekisho.flows_queue
WHERE notEmpty(_error) OR class = '' OR sensor = '';

-- Last: from here on messages are read.
CREATE MATERIALIZED VIEW IF NOT EXISTS sekisho.flows_from_queue TO sekisho.flows AS
SELECT * FROM sekisho.flows_queue WHERE empty(_error) AND class != '' AND sensor != '';
