-- Sums over the table of schema.sql that stay right when records come twice.
--
--   clickhouse-client --multiquery < views.sql
--
-- Not the usual materialised view: that one adds up what is inserted, batch by batch, before the table finds out
-- that a batch was there already, and would count it twice for ever. Here, hours are counted anew from the table
-- itself, with FINAL, and the newest count of an hour stands.

-- Each record once, whatever came how often.
CREATE VIEW IF NOT EXISTS sekisho.flows_once AS
SELECT *, src_address, dst_address FROM sekisho.flows FINAL;

CREATE TABLE IF NOT EXISTS sekisho.hours
(
    hour DateTime('UTC'),
    sensor LowCardinality(String),
    -- Of the records, which is the class of what their sources sent; what came back has its mirror's.
    class Enum8('foreign_foreign' = 1, 'foreign_domestic' = 2, 'domestic_foreign' = 3,
                'foreign_undetermined' = 4, 'undetermined_foreign' = 5),
    records UInt64,
    src_packets UInt64,
    src_bytes UInt64,
    src_wire_bytes UInt64,
    dst_packets UInt64,
    dst_bytes UInt64,
    dst_wire_bytes UInt64,
    counted DateTime64(3)
)
ENGINE = ReplacingMergeTree(counted)
PARTITION BY toYYYYMM(hour)
ORDER BY (hour, sensor, class);

-- The hours to which something came in the last day, also where that is the replay of an old capture. Hours whose
-- records have expired since keep their counts, which name nobody.
CREATE MATERIALIZED VIEW IF NOT EXISTS sekisho.hours_counted
REFRESH EVERY 10 MINUTE APPEND TO sekisho.hours AS
SELECT
    toStartOfHour(toDateTime(start, 'UTC')) AS hour,
    sensor,
    class,
    count() AS records,
    sum(flows.src_packets) AS src_packets,
    sum(flows.src_bytes) AS src_bytes,
    sum(flows.src_wire_bytes) AS src_wire_bytes,
    sum(flows.dst_packets) AS dst_packets,
    sum(flows.dst_bytes) AS dst_bytes,
    sum(flows.dst_wire_bytes) AS dst_wire_bytes,
    now64(3) AS counted
FROM sekisho.flows FINAL
WHERE (sensor, toStartOfHour(toDateTime(start, 'UTC'))) IN
(
    SELECT DISTINCT sensor, toStartOfHour(toDateTime(start, 'UTC'))
    FROM sekisho.flows
    WHERE arrived >= now() - INTERVAL 1 DAY
)
GROUP BY hour, sensor, class;

-- Records by their class; packets and bytes by that of their own direction, as in a summary's `by_class`.
CREATE VIEW IF NOT EXISTS sekisho.class_by_hour AS
SELECT
    hour,
    class,
    sum(records) AS records,
    sum(packets) AS packets,
    sum(bytes) AS bytes,
    sum(wire_bytes) AS wire_bytes
FROM
(
    SELECT hour, toString(class) AS class, records,
           src_packets AS packets, src_bytes AS bytes, src_wire_bytes AS wire_bytes
    FROM sekisho.hours FINAL
    UNION ALL
    SELECT hour, arrayStringConcat(arrayReverse(splitByChar('_', toString(class))), '_') AS class, 0,
           dst_packets, dst_bytes, dst_wire_bytes
    FROM sekisho.hours FINAL
)
GROUP BY hour, class;
