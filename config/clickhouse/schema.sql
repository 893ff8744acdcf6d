-- The records of all sensors, in ClickHouse 24.10 or later: one row each, under the names that they have in JSON
-- (sekisho.flow.v1). How it is used: docs/clickhouse.md.
--
--   clickhouse-client --multiquery < schema.sql
--
-- A record is (sensor, start, seq): what came twice (a batch that was sent again, a capture that was replayed
-- again) is one row, at the latest when parts are merged, and at once for who asks with FINAL. On a cluster,
-- write ReplicatedReplacingMergeTree for ReplacingMergeTree.

CREATE DATABASE IF NOT EXISTS sekisho;

CREATE TABLE IF NOT EXISTS sekisho.flows
(
    start DateTime64(9, 'UTC') CODEC(Delta, ZSTD),
    end DateTime64(9, 'UTC') CODEC(Delta, ZSTD),
    -- Of both families in one column, so that prefixes are compared in one way: IPv4 as ::ffff:a.b.c.d.
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
    -- Domestic to domestic has no name here either, and none is not one: such rows are refused.
    class Enum8('' = 0, 'foreign_foreign' = 1, 'foreign_domestic' = 2, 'domestic_foreign' = 3,
                'foreign_undetermined' = 4, 'undetermined_foreign' = 5),
    scope Enum8('foreign_only' = 1, 'domestic_touching' = 2, 'undetermined' = 3),
    initiator Enum8('syn' = 1, 'first_seen' = 2),
    src_packets UInt64 CODEC(T64, ZSTD),
    src_bytes UInt64 CODEC(T64, ZSTD),
    dst_packets UInt64 CODEC(T64, ZSTD),
    dst_bytes UInt64 CODEC(T64, ZSTD),
    src_wire_bytes UInt64 CODEC(T64, ZSTD),
    dst_wire_bytes UInt64 CODEC(T64, ZSTD),
    src_tcp_flags UInt8,
    dst_tcp_flags UInt8,
    vlans Array(UInt16),
    -- Names that may become more: no Enum.
    tunnels Array(LowCardinality(String)),
    end_reason Enum8('idle' = 1, 'active' = 2, 'tcp_end' = 3, 'end_of_input' = 4, 'epoch' = 5, 'evicted' = 6),
    geo LowCardinality(String),
    sensor LowCardinality(String),
    seq UInt64 CODEC(Delta, ZSTD),
    flags Array(LowCardinality(String)),
    authorisation LowCardinality(String),
    community_id Nullable(String) CODEC(ZSTD),
    collected_at Nullable(DateTime64(9, 'UTC')) CODEC(ZSTD),
    expires_at Nullable(DateTime64(9, 'UTC')) CODEC(ZSTD),

    -- When it came here. Not part of the record.
    arrived DateTime DEFAULT now(),

    -- The addresses as they are in JSON.
    src_address String ALIAS replaceRegexpOne(toString(src_ip), '^::ffff:(\\d+\\.\\d+\\.\\d+\\.\\d+)$', '\\1'),
    dst_address String ALIAS replaceRegexpOne(toString(dst_ip), '^::ffff:(\\d+\\.\\d+\\.\\d+\\.\\d+)$', '\\1'),

    CONSTRAINT is_a_record CHECK class != '' AND sensor != '',

    INDEX by_src src_ip TYPE bloom_filter GRANULARITY 4,
    INDEX by_dst dst_ip TYPE bloom_filter GRANULARITY 4,
    INDEX by_arrival arrived TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree
-- A day of UTC; a record and its double are always in the same one.
PARTITION BY toYYYYMMDD(start)
ORDER BY (sensor, start, seq)
-- Records that say when they expire go then, at the next merge: `ALTER TABLE … MATERIALIZE TTL` at once.
TTL toDateTime(least(ifNull(expires_at, toDateTime64('2106-01-01 00:00:00', 9, 'UTC')), toDateTime64('2106-01-01 00:00:00', 9, 'UTC'))) DELETE WHERE isNotNull(expires_at);
