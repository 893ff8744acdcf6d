-- Parquet files of records (folders by date and class) into the table of schema.sql. The path is below the
-- server's user_files_path; from elsewhere: s3('https://…/*/*/*.parquet') or, through a pipe, clickhouse-local.

INSERT INTO sekisho.flows
    (start, end, src_ip, src_port, dst_ip, dst_port, protocol, icmp_type, icmp_code, src_place, dst_place,
     src_country, dst_country, class, scope, initiator, src_packets, src_bytes, dst_packets, dst_bytes,
     src_wire_bytes, dst_wire_bytes, src_tcp_flags, dst_tcp_flags, vlans, tunnels, end_reason, geo, sensor, seq,
     flags, authorisation, collected_at, expires_at)
SELECT
    start, end, src_ip, src_port, dst_ip, dst_port, protocol, icmp_type, icmp_code, src_place, dst_place,
    src_country, dst_country, class, scope, initiator, src_packets, src_bytes, dst_packets, dst_bytes,
    src_wire_bytes, dst_wire_bytes, src_tcp_flags, dst_tcp_flags, vlans, tunnels, end_reason, geo, sensor, seq,
    flags, authorisation, collected_at, expires_at
FROM file('records/date=*/class=*/*.parquet', Parquet);
